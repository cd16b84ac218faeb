#include <edgeworth.h>
#include <stdio.h>

int main(void)
{
    ew_context *ctx = ew_context_new();
    ew_network *net;
    ew_result *res = NULL;
    ew_status status = ew_network_new(&net, ctx);
    if (status == EW_OK)
        status = ew_network_set(net, "quantity", "V", ctx);
    if (status == EW_OK)
        status = ew_derive(&res, net, ctx);
    puts(status == EW_OK ? ew_result_text(res, "result.equations[0].rhs") : ew_context_error(ctx));
    ew_result_free(res);
    ew_network_free(net);
    ew_context_free(ctx);
    ew_thread_cleanup();
    return ew_exit_code(status);
}

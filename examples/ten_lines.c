#include <edgeworth.h>
#include <stdio.h>

int main(void)
{
    ew_network *net;
    ew_result *res;
    double v, lo, hi;
    ew_context *ctx = ew_context_new();
    if (ew_network_new(&net, ctx) || ew_network_set(net, "activation", "tanh", ctx) ||
        ew_network_set(net, "depth", "10", ctx) || ew_cumulants(&res, net, ctx) ||
        ew_result_double(&v, &lo, &hi, res, "result.layers[9].V"))
        return fprintf(stderr, "%s\n", ew_context_error(ctx)), 1;
    printf("V of layer 10 is %.15g, in [%.17g, %.17g]\n", v, lo, hi);
    ew_result_free(res), ew_network_free(net), ew_context_free(ctx), ew_thread_cleanup();
    return 0;
}

/* The functions of a header: which are wanted, and their texts. */
#include <stdlib.h>
#include <string.h>

#include "library/header.h"

void ew_function_list_clear(ew_function_list *f)
{
    for (size_t i = 0; i < f->n; i++)
        ew_header_functions_clear(f->family + i);
    free(f->shared);
}

ew_status ew_header_put_functions(json_t *root, const ew_function_list *f, ew_context *ctx)
{
    json_t *list = json_array();
    int bad = list == NULL;
    if (f->n > 0)
        bad |= json_array_append_new(list, json_string(f->shared));
    for (size_t i = 0; i < f->n; i++)
        bad |= json_array_append_new(list, json_string(f->family[i].text));
    bad |= json_object_set_new(root, "functions", list);
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

ew_status ew_header_all_functions(ew_function_list *f, const ew_network *net,
                                  const char *prefix, ew_context *ctx)
{
    (void) f;
    (void) prefix;
    if (!ew_network_get(net, "functions"))
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "functions: not available in this version");
}

/* The functions of a header: which are wanted, and their texts. */
#include <stdlib.h>
#include <string.h>

#include "library/header.h"
#include "library/value.h"

#define SEED 1     /* of the probes */
#define PROBES 100 /* random ones of a function */

enum { SINGLE, DUAL, STEP };

void ew_function_list_clear(ew_function_list *f)
{
    for (size_t i = 0; i < f->n; i++)
        ew_header_functions_clear(f->family + i);
    free(f->shared);
}

/* Which families the words stand for; dual needs single. */
static ew_status wanted_families(int wanted[EW_HEADER_FAMILIES], const ew_network *net,
                                 ew_context *ctx)
{
    ew_items list;
    ew_status status =
        ew_value_items(&list, "functions", ew_network_get(net, "functions"), ctx);
    memset(wanted, 0, EW_HEADER_FAMILIES * sizeof *wanted);
    for (slong i = 0; status == EW_OK && i < list.n; i++) {
        const char *word = list.item[i];
        wanted[SINGLE] = 1;
        wanted[DUAL] |= strcmp(word, "dual") == 0 || strcmp(word, "ntk") == 0;
        wanted[STEP] |= strcmp(word, "step") == 0;
    }
    ew_items_clear(&list);
    return status;
}

static ew_status make_functions(ew_function_list *f, const ew_setup *s, const ew_network *net,
                                const char *prefix, ew_context *ctx)
{
    typedef ew_status (*make_fn)(ew_header_functions *, const ew_header_request *,
                                 ew_context *);
    static const make_fn make[EW_HEADER_FAMILIES] = {ew_header_single, ew_header_dual,
                                                     ew_header_step};
    ew_header_request r = {.net = &s->net, .prefix = prefix, .seed = SEED, .probes = PROBES};
    int wanted[EW_HEADER_FAMILIES];
    ew_status status = wanted_families(wanted, net, ctx);
    if (status == EW_OK && ew_network_get(net, "domain"))
        status = ew_header_read_domain(&r.k_min, &r.k_max, ew_network_get(net, "domain"), ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&r.E, s->activation, s->method, ctx);
    if (status == EW_OK && !(f->shared = ew_header_shared(prefix, ctx)))
        status = ew_recorded(ctx);
    for (int i = 0; status == EW_OK && i < EW_HEADER_FAMILIES; i++)
        if (wanted[i])
            status = make[i](f->family + f->n++, &r, ctx);
    ew_evaluator_free(r.E);
    return status;
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
    ew_setup *s = NULL;
    if (!ew_network_get(net, "functions"))
        return EW_OK;
    ew_status status = ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL, ctx);
    if (status == EW_OK)
        status = make_functions(f, s, net, prefix, ctx);
    ew_setup_free(s);
    return status;
}

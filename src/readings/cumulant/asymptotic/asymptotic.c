#include "readings/cumulant/asymptotic/asymptotic.h"

#include <stdlib.h>
#include <string.h>

#include "chain/residual.h"
#include "readings/cumulant/asymptotic/entry.h"

void ew_asymptotics_free(ew_asymptotics *a)
{
    if (!a)
        return;
    for (slong i = 0; i < a->n; i++) {
        ew_asymptotic_entry *e = &a->entry[i];
        ew_asymptotic_sum_clear(&e->in_k);
        ew_asymptotic_sum_clear(&e->in_l);
        free(e->name);
        free(e->latex);
        free(e->law);
        free(e->law_latex);
    }
    for (slong i = 0; i < a->constants; i++) {
        free(a->constant[i].name);
        free(a->constant[i].latex);
        free(a->constant[i].meaning);
    }
    free(a->entry);
    free(a->constant);
    free(a->variable);
    free(a);
}

const ew_asymptotic_entry *ew_asymptotic_named(const ew_asymptotics *a, const char *name)
{
    for (slong i = 0; i < a->n; i++)
        if (strcmp(a->entry[i].name, name) == 0)
            return &a->entry[i];
    return NULL;
}

static int uniform(const ew_setting *net)
{
    return net->cw.n == 1 && net->cb.n == 1 && net->lambda_w.n == 1 && net->lambda_b.n == 1 &&
           net->widths < 2;
}

static ew_status check(const ew_setting *net, const ew_asymptotic_options *opt, ew_context *ctx)
{
    if (net->inputs != 1)
        return ew_fail(ctx, EW_UNABLE, "asymptotics: one input only, not %ld",
                       (long) net->inputs);
    if (net->directions)
        return ew_fail(ctx, EW_UNABLE, "asymptotics: not with input derivatives");
    if (!net->residual && !uniform(net))
        return ew_fail(ctx, EW_UNABLE, "asymptotics: the layers must have the same parameters");
    if (opt->order < 1 || opt->terms < 1 || opt->terms > EW_MAX_ASYMPTOTIC_TERMS)
        return ew_fail(ctx, EW_USAGE, "asymptotics: from 1 to %d terms",
                       EW_MAX_ASYMPTOTIC_TERMS);
    return EW_OK;
}

ew_status ew_cumulant_asymptotics(ew_asymptotics **out, const ew_setting *net,
                                  const ew_asymptotic_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_hierarchy *h = NULL;
    ew_family family = {.order = opt->order,
                        .inputs = 1,
                        .descent = opt->descent,
                        .ensemble = ew_setting_transition(net)};
    ew_status status = check(net, opt, ctx);
    if (status == EW_OK)
        status = ew_hierarchy_family(&h, &family, ctx);
    if (status == EW_OK)
        status = (opt->class == EW_AT_ZERO ? ew_asymptotic_zero
                                           : ew_asymptotic_fixed)(out, h, net, opt, ctx);
    ew_hierarchy_free(h);
    return status;
}

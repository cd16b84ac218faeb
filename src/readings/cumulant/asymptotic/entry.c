#include "readings/cumulant/asymptotic/entry.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/names.h"

slong ew_asymptotic_mean(const ew_hierarchy *h, slong field)
{
    ew_pairs list = {1, {0}};
    if (field < 0 || field >= h->fields->n)
        return -1;
    list.p[0] = ew_pair_of(h->fields, field, field);
    return ew_hierarchy_find(h, &list, 0);
}

/* The field of the first tangent alone, -1 without tangents. */
static slong tangent_field(const ew_fields *f)
{
    for (slong i = 0; i < f->n; i++)
        for (slong g = 0; g < f->generators; g++)
            if (f->kind[g] == EW_TANGENT && ew_fields_at(f, i).set == UWORD(1) << g)
                return i;
    return -1;
}

/* How often tangents and directions occur in a list. */
static void count(slong *tangents, slong *directions, const ew_pairs *list, const ew_fields *f)
{
    slong weight[EW_MAX_GENERATORS];
    *tangents = *directions = 0;
    ew_pairs_weight(weight, list, f);
    for (slong g = 0; g < f->generators; g++)
        *(f->kind[g] == EW_TANGENT ? tangents : directions) += weight[g];
}

int ew_asymptotic_norm(ew_norm *n, const ew_hierarchy *h, slong i)
{
    const ew_unknown *u = &h->unknown[i];
    slong tangents, directions;
    count(&tangents, &directions, &u->list, h->fields);
    n->at = ew_asymptotic_mean(h, tangent_field(h->fields));
    n->theta = tangents / 2;
    n->k = u->list.n - n->theta;
    if (strcmp(u->name, "U") == 0)
        n->k = 0; /* PDLT's, and theory.md's: U/Theta^3 */
    return directions == 0 && i != n->at && i != ew_asymptotic_mean(h, 0) &&
           (n->theta == 0 || n->at >= 0);
}

char *ew_asymptotic_symbol(const ew_hierarchy *h, slong i, int latex, ew_context *ctx)
{
    const ew_unknown *u = &h->unknown[i];
    return (latex ? ew_cumulant_symbol_latex : ew_cumulant_symbol)(h->fields, &u->list,
                                                                   u->order, ctx);
}

static char *power(const char *x, slong p, int latex, ew_context *ctx)
{
    if (p == 0)
        return ew_strdup("", ctx);
    if (p == 1)
        return ew_strdup(x, ctx);
    return ew_format(ctx, latex ? "%s^{%ld}" : "%s^%ld", x, (long) p);
}

char *ew_asymptotic_ratio_name(const ew_hierarchy *h, slong i, const ew_norm *n, int latex,
                               ew_context *ctx)
{
    const char *space = latex ? "\\," : " ";
    char *x = ew_asymptotic_symbol(h, i, latex, ctx);
    char *over = power("K", n->k < 0 ? -n->k : 0, latex, ctx);
    char *k = power("K", n->k > 0 ? n->k : 0, latex, ctx);
    char *theta = power(latex ? "\\Theta" : "Theta", n->theta, latex, ctx);
    char *name = NULL;
    if (x && over && k && theta) {
        int both = *k && *theta;
        name = ew_format(ctx, "%s%s%s/%s%s%s%s%s", over, *over ? space : "", x, both ? "(" : "",
                         k, both ? space : "", theta, both ? ")" : "");
    }
    free(x);
    free(over);
    free(k);
    free(theta);
    return name;
}

ew_asymptotic_entry *ew_asymptotic_add(ew_asymptotics *a, char *name, char *latex,
                                       int normalised, ew_context *ctx)
{
    ew_asymptotic_entry *more =
        name && latex ? ew_realloc(a->entry, (size_t) (a->n + 1) * sizeof *more, ctx) : NULL;
    if (!more) {
        free(name);
        free(latex);
        return NULL;
    }
    a->entry = more;
    ew_asymptotic_entry *e = &a->entry[a->n++];
    memset(e, 0, sizeof *e);
    e->name = name;
    e->latex = latex;
    e->normalised = normalised;
    return e;
}

ew_status ew_asymptotic_set_law(ew_asymptotic_entry *e, ew_context *ctx)
{
    e->law = ew_asymptotic_leading(&e->in_l, 'l', 0, ctx);
    e->law_latex = ew_asymptotic_leading(&e->in_l, 'l', 1, ctx);
    return e->law && e->law_latex ? EW_OK : EW_MEMORY;
}

ew_status ew_asymptotic_add_constant(ew_asymptotics *a, const char *name, const char *latex,
                                     char *meaning, ew_context *ctx)
{
    ew_asymptotic_constant *more =
        meaning ? ew_realloc(a->constant, (size_t) (a->constants + 1) * sizeof *more, ctx)
                : NULL;
    if (!more) {
        free(meaning);
        return EW_MEMORY;
    }
    a->constant = more;
    ew_asymptotic_constant *c = &a->constant[a->constants++];
    c->name = ew_strdup(name, ctx);
    c->latex = ew_strdup(latex, ctx);
    c->meaning = meaning;
    return c->name && c->latex ? EW_OK : EW_MEMORY;
}

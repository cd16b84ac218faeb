#include "readings/cumulant/solve/independent.h"

/* A partition of the inputs: set[a] is the least input of the set that a is in. */
typedef struct {
    slong inputs;
    slong set[EW_MAX_INPUTS];
} clusters;

static void join(clusters *c, slong a, slong b)
{
    slong keep = FLINT_MIN(c->set[a], c->set[b]), drop = FLINT_MAX(c->set[a], c->set[b]);
    for (slong i = 0; i < c->inputs; i++)
        if (c->set[i] == drop)
            c->set[i] = keep;
}

static void inputs_of(slong *a, slong *b, const ew_fields *f, slong pair)
{
    ew_pair_fields(a, b, f, pair);
    *a /= f->sets;
    *b /= f->sets;
}

/* Inputs with a covariance that is not exactly 0 stand together. */
static void dependent(clusters *c, const ew_fields *f, arb_srcptr ghat)
{
    slong a, b;
    c->inputs = f->inputs;
    for (slong i = 0; i < c->inputs; i++)
        c->set[i] = i;
    for (slong p = 0; p < f->pairs; p++) {
        inputs_of(&a, &b, f, p);
        if (!arb_is_zero(ghat + p))
            join(c, a, b);
    }
}

/* f_p of a pair of two inputs ties their sets together. */
static int falls_apart(const ew_pairs *list, const ew_fields *f, const clusters *together)
{
    clusters c = *together;
    slong a, b, first;
    for (slong i = 0; i < list->n; i++) {
        inputs_of(&a, &b, f, list->p[i]);
        join(&c, a, b);
    }
    inputs_of(&first, &b, f, list->p[0]);
    for (slong i = 1; i < list->n; i++) {
        inputs_of(&a, &b, f, list->p[i]);
        if (c.set[a] != c.set[first])
            return 1;
    }
    return 0;
}

/* The rows of a Haar frame depend on each other. */
void ew_cumulant_apart(char *apart, const ew_hierarchy *h, arb_srcptr ghat)
{
    clusters together;
    if (h->ensemble != EW_ENSEMBLE_GAUSSIAN)
        return;
    dependent(&together, h->fields, ghat);
    for (slong i = 0; i < h->unknowns; i++)
        apart[i] = (char) falls_apart(&h->unknown[i].list, h->fields, &together);
}

/* How fast polynomial solutions grow: X(l+1) = X(l) + source(l), so the degree is one more than
 * the source's. */
#include "readings/cumulant/asymptotic/fixed.h"

#include <stdlib.h>

enum { UNSEEN = -2, IN_PROGRESS = -3, ZERO = -1 };

typedef struct {
    ew_fixed_solver *s;
    const char *zero; /* [law variable]: is 0 at the fixed point */
    slong par, perp;  /* the atoms D<s^2> and <s'^2>: chi_par/C_W and chi_perp/C_W */
    ew_context *ctx;
} walk;

static slong find_atom(const ew_law *law, int first, int second, int derivatives)
{
    ew_atom x = {{{0}}, {0}};
    x.e[0][first]++;
    x.e[0][second]++;
    x.m[0] = (unsigned char) derivatives;
    return ew_law_atom(law, &x);
}

/* Of blocks: is it X_i times what depends on K alone?  (blocks.c has the sum of such terms.) */
static int is_block_own(const walk *w, const ulong *e, slong i)
{
    const ew_hierarchy *h = w->s->h;
    slong K = ew_asymptotic_mean(h, 0);
    for (slong j = 0; j < h->unknowns; j++)
        if (j != K && e[h->law->extra + j] != (j == i))
            return 0;
    return 1;
}

/* Is the term C_W^n chi-atoms^n X_i, that is 1 times X_i? */
static int is_own(const walk *w, const ulong *e, slong i, const fmpq_t c)
{
    const ew_law *law = w->s->h->law;
    ulong chis = 0;
    if (law->block)
        return is_block_own(w, e, i);
    for (slong v = 0; v < law->variables; v++) {
        if (v == w->par || v == w->perp)
            chis += e[v];
        else if (v == law->extra + i ? e[v] != 1 : v != EW_CW && e[v] != 0)
            return 0;
    }
    return chis == e[EW_CW] && fmpq_is_one(c);
}

static ew_status degree_of(walk *w, slong i);

/* The degree in l of the term with exponents e, ZERO if it vanishes. */
static ew_status term_degree(slong *degree, walk *w, const ulong *e)
{
    const ew_law *law = w->s->h->law;
    *degree = 0;
    for (slong v = 0; v < law->variables; v++)
        if (e[v] && w->zero[v])
            *degree = ZERO;
    for (slong j = 0; j < w->s->h->unknowns && *degree >= 0; j++) {
        if (!e[law->extra + j])
            continue;
        ew_status status = degree_of(w, j);
        if (status != EW_OK)
            return status;
        slong d = w->s->degree[j];
        *degree = d < 0 ? ZERO : *degree + d * (slong) e[law->extra + j];
    }
    return EW_OK;
}

/* The largest degree among the terms of the source. */
static ew_status source_degree(slong *most, int *own, walk *w, slong i)
{
    const ew_law *law = w->s->h->law;
    const fmpq_mpoly_struct *f = &w->s->h->next[i];
    ew_status status = EW_OK;
    fmpq_t c;
    fmpq_init(c);
    ulong *e = ew_alloc((size_t) law->variables * sizeof *e, w->ctx);
    *most = ZERO;
    if (!e)
        status = EW_MEMORY;
    for (slong t = 0; t < fmpq_mpoly_length(f, law->ring) && status == EW_OK; t++) {
        slong degree;
        fmpq_mpoly_get_term_exp_ui(e, f, t, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, law->ring);
        if (is_own(w, e, i, c)) {
            *own = 1;
            continue;
        }
        status = term_degree(&degree, w, e);
        *most = FLINT_MAX(*most, degree);
    }
    free(e);
    fmpq_clear(c);
    return status;
}

/* K is constant; what is not a mean starts at 0, and stays there without a source. */
static ew_status degree_of(walk *w, slong i)
{
    slong *degree = &w->s->degree[i], most;
    const ew_unknown *u = &w->s->h->unknown[i];
    int own = 0, mean = u->list.n == 1 && u->order == 0;
    if (*degree == IN_PROGRESS)
        return ew_fail(w->ctx, EW_UNABLE,
                       "asymptotics: the equations of %s and others are coupled", u->name);
    if (*degree != UNSEEN)
        return EW_OK;
    *degree = 0;
    if (i == ew_asymptotic_mean(w->s->h, 0))
        return EW_OK;
    *degree = IN_PROGRESS;
    ew_status status = source_degree(&most, &own, w, i);
    if (status == EW_OK && !own)
        status =
            ew_fail(w->ctx, EW_UNABLE, "asymptotics: the equation of %s is not %s' = %s + ...",
                    u->name, u->name, u->name);
    *degree = most >= 0 ? most + 1 : mean ? 0 : ZERO;
    return status;
}

ew_status ew_fixed_degrees(ew_fixed_solver *s, const char *zero, ew_context *ctx)
{
    const ew_hierarchy *h = s->h;
    walk w = {.s = s, .zero = zero, .ctx = ctx};
    w.par = find_atom(h->law, 0, 0, 2);
    w.perp = find_atom(h->law, 1, 1, 0);
    ew_status status = EW_OK;
    for (slong i = 0; i < h->unknowns; i++)
        s->degree[i] = UNSEEN;
    s->layers = 1;
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++) {
        status = degree_of(&w, i);
        s->layers = FLINT_MAX(s->layers, s->degree[i] + 1);
    }
    return status;
}

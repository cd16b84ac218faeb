#include "expect/axis.h"

#include <math.h>
#include <string.h>

static ew_status open_bounds(ew_profile *b, const ew_profile *p, ew_context *ctx)
{
    b->rung = ew_alloc_zero((size_t) p->rungs, sizeof *b->rung, ctx);
    if (!b->rung)
        return EW_MEMORY;
    b->rungs = p->rungs;
    for (slong i = 0; i < b->rungs; i++)
        ew_majorant_init(&b->rung[i].m);
    return EW_OK;
}

static void add_bounds(ew_profile *b, const ew_profile *p, const fmpq_t coef)
{
    arb_t c;
    mag_t size;
    for (; b->rungs > p->rungs; b->rungs--)
        ew_majorant_clear(&b->rung[b->rungs - 1].m);
    arb_init(c);
    mag_init(size);
    arb_set_fmpq(c, coef, 53);
    arb_get_mag(size, c);
    for (slong i = 0; i < b->rungs; i++) {
        ew_majorant *m = &b->rung[i].m;
        const ew_majorant *t = &p->rung[i].m;
        mag_addmul(m->c, size, t->c);
        m->p = t->p > m->p ? t->p : m->p;
        m->q = fmax(m->q, t->q);
        b->rung[i].d = p->rung[i].d;
        b->rung[i].log2c = mag_get_d_log2_approx(m->c);
    }
    arb_clear(c);
    mag_clear(size);
}

ew_status ew_axis_set(ew_axis *a, ew_evaluator *E, const ew_jetsum *F, ew_context *ctx)
{
    ew_status status = EW_OK;
    memset(a, 0, sizeof *a);
    a->F = F;
    a->parity = F->n > 0 ? ew_monomial_parity(F->m, E->s->parity) : 1;
    for (slong i = 0; i < F->n && status == EW_OK; i++) {
        const ew_profile *p;
        slong len = ew_monomial_len(F->m + i);
        a->len = len > a->len ? len : a->len;
        status = ew_grid_profile(&p, E, F->m + i, ctx);
        if (status == EW_OK && i == 0)
            status = open_bounds(&a->bounds, p, ctx);
        if (status == EW_OK)
            add_bounds(&a->bounds, p, F->coef + i);
    }
    return status;
}

void ew_axis_clear(ew_axis *a)
{
    ew_profile_clear(&a->bounds);
}

ew_status ew_axis_values(arb_ptr v, const ew_axis *a, ew_nodes *N, int sign, slong n,
                         slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_t c;
    arb_init(c);
    _arb_vec_zero(v, n);
    for (slong i = 0; i < a->F->n && status == EW_OK; i++) {
        arb_srcptr each = ew_nodes_product(N, a->F->m + i, sign, n, prec, ctx);
        arb_set_fmpq(c, a->F->coef + i, prec);
        if (each)
            _arb_vec_scalar_addmul(v, each, n, c, prec);
        else
            status = EW_MEMORY;
    }
    arb_clear(c);
    return status;
}

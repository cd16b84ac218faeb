/* The norms from which bounds in two variables are made. */
#include "expect/two.h"

#include <stdlib.h>

enum { LOW_BITS = 40 };

/* sum_i c_i <m_i>_K from above, at low precision. */
static ew_status jetsum_bound(mag_t bound, ew_evaluator *E, const ew_jetsum *f, const arb_t K,
                              ew_context *ctx)
{
    arb_t total, c;
    ew_status status = EW_OK;
    arb_init(total);
    arb_init(c);
    arb_ptr v = _arb_vec_init(f->n);
    ew_atom1 *atoms = ew_alloc((size_t) f->n * sizeof *atoms, ctx);
    if (!atoms) {
        status = EW_MEMORY;
    } else {
        for (slong i = 0; i < f->n; i++)
            atoms[i] = (ew_atom1){f->m[i], 0};
        status = ew_expect_one(v, NULL, E, atoms, f->n, K, LOW_BITS, ctx);
    }
    for (slong i = 0; i < f->n && status == EW_OK; i++) {
        arb_set_fmpq(c, f->coef + i, LOW_BITS);
        arb_addmul(total, c, v + i, LOW_BITS);
    }
    arb_get_mag(bound, total);
    free(atoms);
    _arb_vec_clear(v, f->n);
    arb_clear(total);
    arb_clear(c);
    return status;
}

static ew_status compute_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                              const arb_t K, ew_context *ctx)
{
    ew_jetsum g;
    ew_jetsum_init(&g);
    ew_status status = EW_OK;
    for (slong k = 0; k < F->F.n && status == EW_OK; k++)
        status = ew_jetsum_add(&g, F->F.coef + k, F->F.m + k, ctx);
    if (status == EW_OK)
        status = ew_jetsum_derive(&g, i, ctx);
    if (status == EW_OK)
        status = ew_jetsum_square(&g, p, ctx);
    E->regular = i > 0; /* jumps are counted apart */
    if (status == EW_OK)
        status = jetsum_bound(norm, E, &g, K, ctx);
    E->regular = 0;
    if (status == EW_DOMAIN || status == EW_UNABLE) { /* a delta function, or out of reach */
        ew_clear(ctx);
        mag_inf(norm);
        status = EW_OK;
    }
    mag_sqrt(norm, norm);
    ew_jetsum_clear(&g);
    return status;
}

void ew_norms_forget(ew_evaluator *E)
{
    for (slong k = 0; k < E->norms; k++) {
        arb_clear(E->norm[k].K);
        mag_clear(E->norm[k].norm);
    }
    E->norms = 0;
}

/* Many atoms share the functions on either side: each norm is found once a call. */
ew_status ew_jets_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                       const arb_t K, ew_context *ctx)
{
    slong order = i + (F->expanded ? F->shift : 0);
    for (slong k = 0; k < E->norms; k++) {
        const ew_norm *t = E->norm + k;
        if (t->i == order && t->p == p && ew_monomial_equal(&t->f, F->f) &&
            arb_equal(t->K, K)) {
            mag_set(norm, t->norm);
            return EW_OK;
        }
    }
    ew_status status = compute_norm(norm, E, F, i, p, K, ctx);
    ew_norm *grow = NULL;
    if (status == EW_OK) {
        grow = ew_realloc(E->norm, (size_t) (E->norms + 1) * sizeof *grow, ctx);
        status = grow ? EW_OK : EW_MEMORY;
    }
    if (status == EW_OK) {
        E->norm = grow;
        ew_norm *t = grow + E->norms++;
        *t = (ew_norm){.f = *F->f, .i = order, .p = p};
        arb_init(t->K);
        arb_set(t->K, K);
        mag_init(t->norm);
        mag_set(t->norm, norm);
    }
    return status;
}

ew_status ew_side_norm(mag_t norm, ew_evaluator *E, const ew_side *F, slong i, slong p,
                       const arb_t K, ew_context *ctx)
{
    if (!F->has_halves)
        return ew_jets_norm(norm, E, F, i, p, K, ctx);
    ew_halves h;
    mag_t k;
    mag_init(k);
    arb_get_mag(k, K);
    ew_halves_init(&h);
    ew_halves_copy(&h, &F->halves);
    for (slong j = 0; j < i; j++)
        ew_halves_derive_regular(&h);
    ew_halves_norm(norm, &h, p, k);
    ew_halves_clear(&h);
    mag_clear(k);
    return EW_OK;
}

#include "chain/psd.h"

#include <stdlib.h>

typedef struct {
    slong *pivot; /* pivot[0..rank): rows eliminated, proved positive in turn */
    slong *rest;  /* rest[0..n - rank): the others */
    slong n, rank;
    int negative; /* a Schur complement's diagonal entry is certainly negative */
} elimination;

static void swap_order(slong *order, slong i, slong j)
{
    slong t = order[i];
    order[i] = order[j];
    order[j] = t;
}

/* Symmetric elimination in balls; a is destroyed.  At every step the largest diagonal entry
 * that is certainly positive is the pivot, so the pivots' principal minor is proved positive
 * definite. */
static void eliminate(elimination *e, arb_ptr a, slong *order, slong prec)
{
    slong n = e->n, k;
    arb_t t;
    arb_init(t);
    for (k = 0; k < n; k++)
        order[k] = k;
    for (k = 0; k < n && !e->negative; k++) {
        slong best = -1;
        for (slong i = k; i < n; i++) {
            arb_srcptr d = a + order[i] * (n + 1);
            e->negative |= arb_is_negative(d);
            if (arb_is_positive(d) &&
                (best < 0 || arf_cmp(arb_midref(d), arb_midref(a + order[best] * (n + 1))) > 0))
                best = i;
        }
        if (best < 0)
            break;
        swap_order(order, k, best);
        slong p = order[k];
        for (slong i = k + 1; i < n && !e->negative; i++) {
            slong r = order[i];
            arb_div(t, a + r * n + p, a + p * n + p, prec);
            for (slong j = k + 1; j <= i; j++) {
                slong c = order[j];
                arb_submul(a + r * n + c, t, a + c * n + p, prec);
                if (c != r)
                    arb_set(a + c * n + r, a + r * n + c);
            }
        }
    }
    arb_clear(t);
    e->rank = k;
    e->pivot = order;
    e->rest = order + k;
}

ew_status ew_psd_balls(int *verdict, arb_srcptr a, slong n, slong prec, ew_context *ctx)
{
    slong *order = ew_alloc((size_t) n * sizeof *order, ctx);
    if (!order)
        return EW_MEMORY;
    elimination e = {.n = n};
    arb_ptr w = _arb_vec_init(n * n);
    for (slong i = 0; i < n * n; i++)
        arb_set(w + i, a + i);
    eliminate(&e, w, order, prec);
    *verdict = e.negative ? 0 : e.rank == n ? 1 : -1;
    _arb_vec_clear(w, n * n);
    free(order);
    return EW_OK;
}

/* The exact Schur complement of the pivots: s = A_JJ - A_JI A_II^-1 A_IJ, by p-adic lifting. */
static void schur(fmpq_mat_t s, const fmpq_mat_t a, const elimination *e)
{
    slong r = e->rank, m = e->n - r;
    fmpq_mat_t aii, aij, x;
    fmpq_mat_init(aii, r, r);
    fmpq_mat_init(aij, r, m);
    fmpq_mat_init(x, r, m);
    for (slong i = 0; i < r; i++) {
        for (slong j = 0; j < r; j++)
            fmpq_set(fmpq_mat_entry(aii, i, j), fmpq_mat_entry(a, e->pivot[i], e->pivot[j]));
        for (slong j = 0; j < m; j++)
            fmpq_set(fmpq_mat_entry(aij, i, j), fmpq_mat_entry(a, e->pivot[i], e->rest[j]));
    }
    fmpq_mat_solve_dixon(x, aii, aij);
    for (slong i = 0; i < m; i++)
        for (slong j = 0; j < m; j++) {
            fmpq *v = fmpq_mat_entry(s, i, j);
            fmpq_set(v, fmpq_mat_entry(a, e->rest[i], e->rest[j]));
            for (slong k = 0; k < r; k++)
                fmpq_submul(v, fmpq_mat_entry(aij, k, i), fmpq_mat_entry(x, k, j));
        }
    fmpq_mat_clear(aii);
    fmpq_mat_clear(aij);
    fmpq_mat_clear(x);
}

/* The signs of the diagonal decide when none is positive: -1 otherwise. */
static int by_diagonal(const fmpq_mat_t a)
{
    slong n = fmpq_mat_nrows(a);
    int positive = 0;
    for (slong i = 0; i < n; i++) {
        int sign = fmpq_sgn(fmpq_mat_entry(a, i, i));
        if (sign < 0)
            return 0;
        positive |= sign > 0;
    }
    return positive ? -1 : fmpq_mat_is_zero(a);
}

/* A matrix with a positive definite principal minor A_II is semi-definite if and only if the
 * Schur complement of A_II is.  Balls find a large I quickly; what they leave is computed
 * exactly and is smaller, so the loop ends. */
ew_status ew_psd_rational(int *psd, const fmpq *entries, slong n, ew_context *ctx)
{
    const slong prec = 192;
    ew_status status = EW_OK;
    fmpq_mat_t a, s;
    slong *order = ew_alloc((size_t) (n > 0 ? n : 1) * sizeof *order, ctx);
    if (!order)
        return EW_MEMORY;
    fmpq_mat_init(a, n, n);
    for (slong i = 0; i < n * n; i++)
        fmpq_set(fmpq_mat_entry(a, i / n, i % n), entries + i);
    *psd = -1;
    while (*psd < 0 && (*psd = by_diagonal(a)) < 0 && (status = ew_poll(ctx)) == EW_OK) {
        slong m = fmpq_mat_nrows(a);
        elimination e = {.n = m};
        arb_ptr w = _arb_vec_init(m * m);
        for (slong i = 0; i < m * m; i++)
            arb_set_fmpq(w + i, fmpq_mat_entry(a, i / m, i % m), prec);
        eliminate(&e, w, order, prec);
        _arb_vec_clear(w, m * m);
        if (e.negative || e.rank == m) {
            *psd = !e.negative;
        } else {
            fmpq_mat_init(s, m - e.rank, m - e.rank);
            schur(s, a, &e);
            fmpq_mat_swap(a, s);
            fmpq_mat_clear(s);
        }
    }
    fmpq_mat_clear(a);
    free(order);
    return status;
}

/* Haar frames as a differential operator on Gaussian rows (theory.md section 7).
 *
 * The first rows X of sqrt(N) times a Haar matrix of O(N) have E F(X) = < W F > over standard
 * normal rows, W a series in 1/N whose coefficients are polynomials in the power sums p_j = tr
 * D^j, D_ab = sum_k d_ak d_bk for rows a, b. */
#ifndef EW_CHAIN_HAAR_H
#define EW_CHAIN_HAAR_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    slong order;
    fmpq_mpoly_ctx_t ring;     /* 1/N, p_1, ..., p_(order+1) */
    fmpq_mpoly_t exponent;     /* ln W to 1/N^order */
    fmpq_mpoly_struct *series; /* [order + 1]: the coefficients of W, in the p's alone */
} ew_haar;

ew_status ew_haar_new(ew_haar **out, slong order, ew_context *ctx);
void ew_haar_free(ew_haar *w);

/* The coefficient of N^-grade for `rows` rows, in D_ab, a <= b, variable ew_haar_entry of
 * `ring`; out must be initialised there. */
ew_status ew_haar_rows(fmpq_mpoly_t out, const ew_haar *w, slong grade, slong rows,
                       const fmpq_mpoly_ctx_t ring, ew_context *ctx);
/* rows (rows + 1) / 2 of them */
slong ew_haar_entry(slong rows, slong a, slong b);

#endif

/* The transition law of a residual block: conditional cumulants of H', H_AB = h_A.h_B / d, as
 * polynomials (theory.md section 6).
 *
 * Given h and Qhat, the rows of R = V s are independent N(0, Qhat), and
 *   H' = H + alpha (h^T R + R^T h)/d + alpha^2 R^T R/d
 * is quadratic in them.  Qhat itself is one layer of the plain chain: the mean over m inner
 * neurons with covariance G, which is C_b + C_W H and its like for derived fields. */
#ifndef EW_CHAIN_RESIDUAL_LAW_H
#define EW_CHAIN_RESIDUAL_LAW_H

#include "arith/keys.h"
#include "chain/law.h"

/* Polynomials by lists of numbers, each computed once. */
typedef struct {
    ew_keys keys;
    slong room;
    fmpq_mpoly_struct *value; /* [key] */
} ew_residual_memory;

/* The ring is that of the outer layer's law: there C_W is C_V and lambda_W V's rate, the atoms
 * and derived covariances are those of G.  Its extra variables, from the first: alpha^2, 1/d,
 * 1/m, then H_p and Qhat_p for every pair p. */
typedef struct {
    ew_law *law;
    slong alpha2, per_d, per_m, h, q;
    int wide;   /* m = oo: Qhat is its mean */
    slong most; /* powers of 1/m kept; -1: all */
    /* Known so far: moments of Qhat; cumulants given Qhat; moments of these, and their joint
     * cumulants. */
    ew_residual_memory moment, given, mean, joint;
} ew_residual_law;

/* Which one, and what of it. */
typedef struct {
    int wide, at_limit; /* at_limit: as in ew_law_new_at_limit */
    slong most;
    const slong *derivatives; /* [list] in G, of what its cumulant is made of */
} ew_residual_scope;

/* Entries of a joint cumulant, at most. */
#define EW_RESIDUAL_ENTRIES 17

/* For the joint cumulants wanted[0..n), exact for every d and m, and `derivatives` derivatives
 * in G of what they are made of.  EW_UNABLE: more than EW_RESIDUAL_ENTRIES entries.  `fields`
 * must outlive it. */
ew_status ew_residual_law_new(ew_residual_law **out, const ew_fields *fields,
                              const ew_pairs *wanted, slong n, slong derivatives,
                              ew_context *ctx);
/* The same of less than all. */
ew_status ew_residual_law_scoped(ew_residual_law **out, const ew_residual_scope *scope,
                                 const ew_fields *fields, const ew_pairs *wanted, slong n,
                                 ew_context *ctx);
void ew_residual_law_free(ew_residual_law *r);

/* kappa(H'_p1, ..., H'_pk | H, Qhat), in law->ring; k = 1..EW_RESIDUAL_ENTRIES. */
void ew_residual_law_given(fmpq_mpoly_t out, const ew_residual_law *r, const ew_pairs *list);
/* kappa(H'_p1, ..., H'_pk | H), exact for every d and m: polynomials without Qhat_p.  EW_UNABLE
 * when the list was not wanted. */
ew_status ew_residual_law_cumulant(fmpq_mpoly_t out, ew_residual_law *r, const ew_pairs *list,
                                   ew_context *ctx);
/* Their part linear in alpha^2: the drift and the diffusion of the limit L -> oo at beta = 1/2.
 * May alias. */
ew_status ew_residual_law_rate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_residual_law *r,
                               ew_context *ctx);

#endif

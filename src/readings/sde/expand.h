/* Expansion of a transition law in the small parameter e of a scaling (theory.md section 6). */
#ifndef EW_READINGS_SDE_EXPAND_H
#define EW_READINGS_SDE_EXPAND_H

#include "chain/law.h"
#include "readings/sde/sde.h"

#define EW_SDE_MAX_ORDER 24

/* How activation and C_W depend on e, where e^order = 1/n (or 1/L):
 * smooth: s(x) = sum_k phi_k x^k / k! (e^weight / a)^(k-1), phi_1 = 1;
 * kinked: s(x) = (1 + c_+ e^weight) max(x, 0) + (1 + c_- e^weight) min(x, 0);
 * homogeneous: sqrt(C_W) s(x) = mu x + eta |x|, mu^2 + eta^2 = 1, whatever e is.
 * C_W = unit / <s^2> at variance `unit`, which is 1 or its limit 0.
 * Numbers of variables of the equation's ring; -1 where there is none (then 1/a is 1). */
typedef struct {
    int kinked, homogeneous;
    slong mu, eta;
    slong order, weight, unit;
    slong phi2; /* phi_2, phi_3, ... follow each other */
    slong inverse_a;
    slong c_plus, c_minus;
    slong lambda_w, lambda_b; /* of the rates, which are e^order times these */
    slong kink[EW_MAX_INPUTS][EW_MAX_INPUTS], angle[EW_MAX_INPUTS][EW_MAX_INPUTS];
    slong root[EW_MAX_INPUTS][EW_MAX_INPUTS], inverse[EW_MAX_INPUTS];
    int orthogonal; /* rows of the weights are orthogonal (theory.md section 7) */
} ew_scaling;

/* phi_2 to phi_k are needed: those of weight at most `order`. */
slong ew_scaling_highest(const ew_scaling *x);

/* Set drift and diffusion of an open equation from the one-step mean and covariance of the
 * pairs of `fields`: E[G'_p - G_p] = e^order b_p + ..., n Cov = S + ...  (S = 0 for the depth
 * clock). EW_UNABLE when the mean moves at a lower order: then there is no limit. */
ew_status ew_sde_expand(ew_sde *sde, const ew_scaling *scaling, const ew_fields *fields,
                        ew_context *ctx);

/* The mean alone: drift[p] = the coefficient of e^0 of E[G'_p - G_p], of an open equation. */
ew_status ew_sde_expand_mean(ew_sde *sde, const ew_scaling *scaling, const ew_fields *fields,
                             ew_context *ctx);

/* ---- sums of products of powers of x_a and of k_a = |x_a| and its derivatives --------------
 */

/* The ring of an expansion: that of the equation, and e as the last variable. */
typedef struct {
    const ew_sde *sde;
    const ew_scaling *scaling;
    fmpq_mpoly_ctx_t ring;
    slong e, inputs;
    slong keep;  /* powers of e up to this one are kept */
    slong *base; /* [inputs * inputs]: state entry of V_ab */
    ulong *exp;  /* [e + 1]: scratch */
    ew_context *ctx;
} ew_expansion;

/* Of an open equation; x is cleared also after a failure. */
ew_status ew_expansion_init(ew_expansion *x, const ew_sde *sde, const ew_scaling *scaling,
                            const ew_fields *fields, slong keep, ew_context *ctx);
void ew_expansion_clear(ew_expansion *x);
/* The special functions of every two inputs that kinks call for. */
ew_status ew_sde_add_functions(ew_sde *sde, ew_scaling *scaling, const ew_fields *fields,
                               ew_context *ctx);
/* V11, V12, ...; V1_2u between fields; Theta12 between tangents. */
ew_status ew_sde_name_pairs(ew_sde *sde, const ew_fields *fields, ew_context *ctx);

/* Drop powers of e beyond those kept. */
void ew_expansion_truncate(fmpq_mpoly_t f, const ew_expansion *x);
/* f = the coefficient of e^power, in the equation's ring. */
void ew_expansion_coefficient(fmpq_mpoly_t f, const fmpq_mpoly_t g, slong power,
                              const ew_expansion *x);
/* c = the value of an atom of the law. */
ew_status ew_expansion_atom(fmpq_mpoly_t c, const ew_atom *atom, const ew_expansion *x);

#endif

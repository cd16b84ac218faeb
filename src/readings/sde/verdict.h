/* What becomes of V: Feller's tests for a one-dimensional diffusion. */
#ifndef EW_READINGS_SDE_VERDICT_H
#define EW_READINGS_SDE_VERDICT_H

#include "readings/sde/sde.h"

/* For dV = p(V) dt + sqrt(c) V dB on (0, oo), p(V) = p_1 V + p_2 V^2 (c = 0: an ordinary
 * differential equation). */
typedef enum {
    EW_EXPLODES,       /* V -> oo in finite time, with positive probability */
    EW_VANISHES,       /* V -> 0 almost surely as t -> oo, never in finite time */
    EW_GROWS,          /* V -> oo almost surely as t -> oo, never in finite time */
    EW_STATIONARY,     /* the law of V tends to a gamma law, or to `law` */
    EW_NULL_RECURRENT, /* V returns everywhere, and tends to 0 in probability only */
    EW_RECURRENT,      /* V returns everywhere; no more is known */
    EW_CONVERGES,      /* c = 0: V tends to -p_1/p_2 */
    EW_CONSTANT        /* c = 0 and p = 0 */
} ew_fate;

const char *ew_fate_name(ew_fate fate); /* "explodes", "vanishes", "stationary", ... */

/* A derived number: beta, a1, ... */
typedef struct {
    const char *name, *latex;
    fmpq_mpoly_struct f; /* in the constants of the equation */
} ew_sde_number;

typedef struct {
    const ew_sde *sde; /* of one input; must outlive the verdict */
    ew_fate fate;
    int certain;           /* explodes: with probability 1 */
    const char *condition; /* under which this is so, in the derived numbers: "beta > 0" */
    const char *meaning;   /* one sentence */
    const char *law;       /* a stationary law that is not a gamma law, in words; or NULL */
    slong numbers;         /* at most 3 */
    ew_sde_number number[3];
    fmpq_mpoly_struct p1, p2, c; /* in the constants */
} ew_sde_verdict;

/* From an equation of one input without derivative fields: of this form, or of a residual
 * network.  v0 (may be NULL: 1) matters where c
 * = 0 only.  EW_UNABLE when a number is not told from its threshold, or the equation has
 * another form. */
ew_status ew_sde_verdict_new(ew_sde_verdict **out, const ew_sde *one, const ew_expr *v0,
                             ew_context *ctx);
/* The part of it for residual networks with moments (sde->moments). */
ew_status ew_sde_judge_residual(ew_sde_verdict *v, ew_context *ctx);
void ew_sde_verdict_free(ew_sde_verdict *v);

/* The probability of explosion from V_0 = v0 > 0 (0 unless it explodes). */
ew_status ew_sde_explosion(arb_t probability, const ew_sde_verdict *v, const arb_t v0,
                           slong prec, ew_context *ctx);
/* The stationary gamma law: density proportional to V^(shape-1) e^(-rate V). */
ew_status ew_sde_stationary(arb_t shape, arb_t rate, const ew_sde_verdict *v, slong prec,
                            ew_context *ctx);

/* A boundary of the correlation. */
typedef enum {
    EW_BOUNDARY_NATURAL,  /* neither reached nor left in finite time */
    EW_BOUNDARY_ENTRANCE, /* left at once, and not reached */
    EW_BOUNDARY_CROSSED /* the drift leads out of [-1, 1] or the noise does not vanish there */
} ew_boundary;
const char *ew_boundary_name(ew_boundary b);
/* Of the equation of rho alone, at rho = side (1 or -1). */
ew_status ew_sde_boundary(ew_boundary *b, const ew_sde *rho, int side, ew_context *ctx);

#endif

/* What can be said about a function f, real on the real line, on the half strip
 *     S = { x + iy : x >= R, |y| <= d },  R >= 1:
 * the abstract values of the proof at an unbounded end (theory.md section 9), with the
 * arithmetic on them.  Every statement a value makes holds at every point of S. */
#ifndef EW_ACTIVATION_HALF_STRIP_H
#define EW_ACTIVATION_HALF_STRIP_H

#include "activation/growth.h"

/* The half strip. */
typedef struct {
    slong R;
    arb_t d;
    int real; /* d = 0: S is a half line and f real on it */
} ew_half;

/* Why a rule could not be applied; the value it was to produce is then meaningless. */
typedef enum {
    EW_END_OK,
    EW_END_UNABLE,    /* no rule, or R too small */
    EW_END_UNDEFINED, /* d = 0 and provably undefined on all of the half line */
    EW_END_MEMORY     /* recorded in the context */
} ew_end_status;

/* f is analytic on a neighbourhood of S, and on S
 *     f(z) = P(z) e^{rate z} + r(z),  P = exact + ball a real polynomial,  |r| <= rest,
 *     lower <= |f| <= upper,
 *     below <= Re f <= above,  |Im f| <= swing,
 *     sign != 0:  f = sign |f| e^{i phi}, |phi| <= arg < pi (in particular f is not zero).
 * rest, upper and lower are laws in x, the three lines lines in x = Re z.
 * steep: on the real line |f| exceeds e^{kappa x^2} from some x on, for some kappa > 0. */
typedef struct {
    fmpq_poly_t exact;
    arb_poly_t ball;
    fmpq_t rate;
    ew_growth rest;
    ew_growth upper;
    ew_growth lower;
    ew_line above;
    ew_line below;
    ew_line swing;
    int sign;
    arb_t arg;
    int steep;
} ew_value;

void ew_value_init(ew_value *v); /* knows nothing: rest and upper infinite */
void ew_value_clear(ew_value *v);
void ew_value_set(ew_value *v, const ew_value *a);
void ew_value_swap(ew_value *v, ew_value *a);

/* Leaves. */
void ew_value_rational(ew_value *v, const fmpq_t c, const ew_half *S);
void ew_value_ball(ew_value *v, const arb_t c, const ew_half *S);
void ew_value_variable(ew_value *v, int side, const ew_half *S); /* side * z */

/* A value known by |f| <= upper only. */
void ew_value_bounded(ew_value *v, const ew_growth *upper, const ew_half *S);

/* Draw every conclusion one part of a value allows about another. */
void ew_value_conclude(ew_value *v, const ew_half *S);

/* Arithmetic; v may alias an argument. */
void ew_value_add(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S);
void ew_value_sub(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S);
void ew_value_mul(ew_value *v, const ew_value *a, const ew_value *b, const ew_half *S);
void ew_value_neg(ew_value *v, const ew_value *a);
void ew_value_scale(ew_value *v, const ew_value *a, slong num, ulong den, const ew_half *S);
ew_end_status ew_value_inv(ew_value *v, const ew_value *a, const ew_half *S);
/* a to a real power: `exact` the exponent if rational, else NULL; `power` its ball. */
ew_end_status ew_value_pow(ew_value *v, const ew_value *a, const arb_t power,
                           const fmpq_t exact, const ew_half *S);

/* Parts of a value, for the rules of the functions. */
slong ew_value_degree(const ew_value *v); /* of P; -1 when P = 0 */
void ew_value_coeff(arb_t c, const ew_value *v, slong k);
void ew_value_lead(ew_growth *g, const ew_value *v, const ew_half *S); /* |P e^{rate z}| <= g */
void ew_value_set_constant(ew_value *v, const arb_t c);                /* P = c */
/* 1 if f = A e^{rate z} (1 + delta) with a constant A != 0 and |delta| <= theta(x), where
 * theta0 = sup theta < 1. */
int ew_value_near_exponential(arb_t A, ew_growth *theta, arb_t theta0, const ew_value *v,
                              const ew_half *S);
/* The sign of Re f if it provably has one on S, else 0. */
int ew_value_real_sign(const ew_value *v, const ew_half *S);

#endif

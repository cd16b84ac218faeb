/* Growth laws c x^p e^{qx} and straight lines a + b x on the half line x >= R, R >= 1: the two
 * kinds of bound from which the proof at an unbounded end is built. */
#ifndef EW_ACTIVATION_GROWTH_H
#define EW_ACTIVATION_GROWTH_H

#include "arith/flint.h"

#define EW_GROWTH_PREC 128

/* c x^p e^{qx}; c >= 0 is a ball that contains an admissible constant (so every step is
 * ordinary ball arithmetic and no rounding direction can be forgotten).  As an upper bound c =
 * +inf means "none known"; as a lower bound a c that is not certainly positive means the same.
 */
typedef struct {
    arb_t c;
    fmpq_t p;
    fmpq_t q;
} ew_growth;

void ew_growth_init(ew_growth *g); /* the zero law */
void ew_growth_clear(ew_growth *g);
void ew_growth_set(ew_growth *g, const ew_growth *a);
void ew_growth_swap(ew_growth *g, ew_growth *a);
void ew_growth_zero(ew_growth *g);
void ew_growth_infinite(ew_growth *g);
void ew_growth_constant(ew_growth *g, const arb_t c);

int ew_growth_is_zero(const ew_growth *g);
int ew_growth_is_finite(const ew_growth *g);
int ew_growth_is_positive(const ew_growth *g);

/* Order as x -> infinity, by (q, p): negative, zero or positive. */
int ew_growth_order(const ew_growth *a, const ew_growth *b);

/* sup and inf of the law over x >= R; +inf and 0 where that is the value. */
void ew_growth_sup(arb_t s, const ew_growth *g, slong R);
void ew_growth_inf(arb_t s, const ew_growth *g, slong R);

/* Laws that dominate the sum of two and equal their product and quotient.  Aliasing allowed. */
void ew_growth_add(ew_growth *g, const ew_growth *a, const ew_growth *b, slong R);
void ew_growth_mul(ew_growth *g, const ew_growth *a, const ew_growth *b);
void ew_growth_div(ew_growth *g, const ew_growth *a, const ew_growth *b);
void ew_growth_scale(ew_growth *g, const arb_t factor);

/* The law raised to a real power: an upper (side = 1) or lower (side = -1) bound of it, the
 * exponents rounded that way when the power is not exactly rational. */
void ew_growth_pow(ew_growth *g, const ew_growth *a, const arb_t power, const fmpq_t exact,
                   int side);

/* Keep in g the better of two upper (lower) bounds: the one smaller (larger) as x -> infinity.
 */
void ew_growth_improve_upper(ew_growth *g, const ew_growth *a);
void ew_growth_improve_lower(ew_growth *g, const ew_growth *a);

/* a + b x; a as c above. */
typedef struct {
    int known;
    arb_t a;
    fmpq_t b;
} ew_line;

void ew_line_init(ew_line *l); /* not known */
void ew_line_clear(ew_line *l);
void ew_line_set(ew_line *l, const ew_line *k);
void ew_line_constant(ew_line *l, const arb_t a);

/* The line through (R, end of `at`) with a slope beyond `slope`, above both balls (side = 1) or
 * below them (-1); not known if anything is not finite. */
void ew_line_through(ew_line *l, const arb_t at, const arb_t slope, slong R, int side);

void ew_line_neg(ew_line *l, const ew_line *k);
void ew_line_add(ew_line *l, const ew_line *k, const ew_line *m);
/* Scale by a nonnegative ball; the exact rational, if known, keeps the slope exact. */
void ew_line_scale(ew_line *l, const arb_t factor, const fmpq_t exact, slong R, int side);

/* The limit of the line on x >= R in direction `side`: its sup (1) or inf (-1), possibly
 * infinite; infinite also when not known. */
void ew_line_limit(arb_t s, const ew_line *l, slong R, int side);

/* Keep the better of two upper (side = 1) or lower (-1) lines. */
void ew_line_improve(ew_line *l, const ew_line *k, int side);

/* An upper line of an upper law (not known if it grows faster than x), and a lower line of a
 * lower law, the tangent at R where the law is convex. */
void ew_line_above(ew_line *l, const ew_growth *g, slong R);
void ew_line_below(ew_line *l, const ew_growth *g, slong R);

/* e^{a + bx} as a law. */
void ew_growth_exp(ew_growth *g, const ew_line *l);

#endif

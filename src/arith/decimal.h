/* Balls and rationals to decimal text and back. */
#ifndef EW_ARITH_DECIMAL_H
#define EW_ARITH_DECIMAL_H

#include "arith/context.h"
#include "arith/flint.h"

/* What rounding a ball to a number of digits can end in. */
typedef enum {
    EW_ROUNDED,  /* every point of the ball rounds to the same decimal */
    EW_ZERO,     /* the ball is exactly zero */
    EW_TIE,      /* the ball is exact and lies on a rounding boundary */
    EW_UNDECIDED /* more precision is needed */
} ew_rounding;

/* Round x to `digits` significant digits (half to even on an exact tie).  On EW_ROUNDED,
 * EW_ZERO and EW_TIE *mid and *rad are fresh strings: rad is half a unit of mid's last digit,
 * one unit for a tie, "0" for zero.  On EW_UNDECIDED both are NULL, as they are when memory is
 * exhausted.  A ball that is not finite, or whose ends lie beyond 2^(+-2^20), is EW_UNDECIDED.
 * The text does not depend on the locale or on how x was computed: plain notation for decimal
 * exponents in [-5, digits + 5], otherwise d.ddde-N; rad is always in the form 5e-16. */
ew_rounding ew_round(char **mid, char **rad, const arb_t x, slong digits);

/* The same for a rational: never EW_UNDECIDED. */
ew_rounding ew_round_rational(char **mid, char **rad, const fmpq_t x, slong digits);

/* The ball excludes zero but its middle lies beyond 2^(+-2^20): it is never written out. */
int ew_beyond_writing(const arb_t x);

/* The tie decimal nearest to the middle of a ball that straddles a boundary at every precision
 * tried: mid is the even neighbour, rad one unit, the same text as for an exact tie.  Both are
 * NULL unless the ball contains a tie and is narrower than a quarter of a unit. */
void ew_round_tie(char **mid, char **rad, const arb_t x, slong digits);

/* A small upper bound as decimal text d.deN, at least x; "0" for zero.  NULL if x is infinite
 * or exceeds 2^(2^20), or when memory is exhausted. */
char *ew_mag_text(const mag_t x);

/* The largest k with 10^k <= x, x > 0 finite (for tiny and huge x, one with 10^k <= x). */
slong ew_mag_decimal_exponent(const mag_t x);

/* Read a number: an integer, p/q, or a decimal with optional exponent (0.1, 1e-3), as an exact
 * rational; the whole string must be used.  0 on success, -1 if malformed (also nan, inf, "")
 * or if the exponent exceeds 10^4 in size. */
int ew_rational_read(fmpq_t x, const char *text);

/* The rational as "p" or "p/q", a fresh string; NULL when memory is exhausted. */
char *ew_rational_text(const fmpq_t x);

/* A decimal "mid" and "rad" read back as a ball that contains [mid - rad, mid + rad]; -1 if
 * malformed or an exponent exceeds 10^6 in size. */
int ew_ball_read(arb_t x, const char *mid, const char *rad, slong prec);

#endif

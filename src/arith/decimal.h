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

/* Round x to `digits` significant digits (half to even on an exact tie).  On EW_ROUNDED, EW_ZERO and
 * EW_TIE *mid and *rad are fresh strings: rad is half a unit of mid's last digit, one unit for a
 * tie, "0" for zero.  On EW_UNDECIDED both are NULL.  Non-finite x is EW_UNDECIDED.  The text does
 * not depend on the locale or on how x was computed: plain notation for decimal exponents in
 * [-5, digits + 5], otherwise d.ddde-N; rad is always in the form 5e-16. */
ew_rounding ew_round(char **mid, char **rad, const arb_t x, slong digits);

/* The tie decimal nearest to the middle of a ball that straddles a boundary at every precision
 * tried: mid is the even neighbour, rad one unit. */
void ew_round_tie(char **mid, char **rad, const arb_t x, slong digits);

/* A small upper bound as decimal text d.de±N, at least x. */
char *ew_mag_text(const mag_t x);

/* Read a number: an integer, p/q, or a decimal with optional exponent (0.1, 1e-3), as an exact
 * rational; the whole string must be used.  0 on success, -1 if malformed (also nan, inf, "") or
 * if the exponent exceeds 10^4 in size. */
int ew_rational_read(fmpq_t x, const char *text);

/* The rational as "p" or "p/q", a fresh string. */
char *ew_rational_text(const fmpq_t x);

/* A decimal "mid" and "rad" read back as the exact ball; -1 if malformed. */
int ew_ball_read(arb_t x, const char *mid, const char *rad, slong prec);

#endif

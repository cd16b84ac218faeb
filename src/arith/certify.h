/* The precision loop: raise the working precision until every digit asked is decided. */
#ifndef EW_ARITH_CERTIFY_H
#define EW_ARITH_CERTIFY_H

#include "arith/context.h"
#include "arith/flint.h"

/* A certified number (design.md, "Certified numbers"): the true value lies in mid +- rad, both
 * read as exact decimals. */
typedef struct {
    char *mid;
    char *rad;
    char *exact;        /* an exact form in the activation language, or NULL */
    const char *method; /* static: "closed form", "trapezoid", ...; or NULL */
    int absolute;       /* not separable from zero: rad is absolute */
} ew_certified;

void ew_certified_init(ew_certified *x);
void ew_certified_clear(ew_certified *x);
/* n numbers, none there yet; NULL with the failure recorded.  ew_certified_free takes NULL. */
ew_certified *ew_certified_new(slong n, ew_context *ctx);
void ew_certified_free(ew_certified *x, slong n);
/* Clears *to and moves *from there; *from is then none. */
void ew_certified_move(ew_certified *to, ew_certified *from);
/* mid as the nearest double; NaN when there is no number. */
double ew_certified_double(const ew_certified *x);

/* Evaluate n values as balls at a working precision of `prec` bits.  values[i] must contain the
 * true value.  scales[i] (initially 0) may be set to a bound of the sum of absolute values of
 * the terms that make up values[i]; 0 means |values[i]|'s own size.  Anything but EW_OK ends
 * the loop. */
typedef ew_status (*ew_ball_fn)(arb_ptr values, mag_ptr scales, slong prec, void *data,
                                ew_context *ctx);

/* Certify n values to `digits` significant digits each: mid correctly rounded, rad half a unit.
 * An exactly zero ball gives mid 0, rad 0, exact "0".  A value not separable from zero at
 * 4 digits + 64 gives "absolute".  EW_UNABLE when EW_MAX_BITS does not suffice.  out[0..n) must
 * be initialised; on failure they are left cleared.  Only mid, rad, absolute (and exact "0")
 * are set. */
ew_status ew_certify(ew_certified *out, slong n, slong digits, ew_ball_fn fn, void *data,
                     ew_context *ctx);

/* The same for a rational: mid, rad, and exact. */
ew_status ew_certify_rational(ew_certified *out, const fmpq_t x, slong digits, ew_context *ctx);

#endif

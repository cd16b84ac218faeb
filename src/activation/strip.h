/* Where a smooth expression is analytic, and how it grows there (theory.md section 9). */
#ifndef EW_ACTIVATION_STRIP_H
#define EW_ACTIVATION_STRIP_H

#include "activation/expr.h"

/* |f(x + iy)| <= c (1 + |x|)^p e^{q|x|} on the region it was computed for; q >= 0 is exact. */
typedef struct {
    mag_t c;
    ulong p;
    double q;
} ew_majorant;

void ew_majorant_init(ew_majorant *m);
void ew_majorant_clear(ew_majorant *m);
void ew_majorant_set(ew_majorant *m, const ew_majorant *a);

/* m bounds a product: m = a * b. */
void ew_majorant_mul(ew_majorant *m, const ew_majorant *a, const ew_majorant *b);

/* From a bound of f on |y| <= d + eta to one of f^(i) on |y| <= d: Cauchy on discs of radius eta. */
void ew_majorant_cauchy(ew_majorant *m, const ew_majorant *a, slong i, double eta);

/* A real interval with constant ends; NULL is infinite. */
typedef struct {
    const ew_expr *lo;
    const ew_expr *hi;
} ew_interval;

/* Prove that f is analytic on a neighbourhood of { lo <= x <= hi, |y| <= d } and bound it there.
 * f kink-free, d >= 0 (d = 0: the real interval, for growth and tails).
 * EW_UNABLE: not proved for this d (a nearer singularity, or the boxes ran out).
 * EW_DOMAIN: at d = 0, f is not finite on the interval or outgrows every e^{q|x|}: one line that says
 * which and where ("1/z is not finite near z = 0", "exp(z^2) outgrows the Gaussian weight"). */
ew_status ew_strip_majorant(ew_majorant *m, const ew_expr *f, ew_interval range, double d,
                            ew_context *ctx);

/* The same for one unbounded end: f on { x >= r } (side = 1) or { x <= -r } (side = -1), |y| <= d,
 * r >= 1.  The bound is in |x|. */
ew_status ew_end_majorant(ew_majorant *m, const ew_expr *f, int side, double r, double d,
                          ew_context *ctx);

/* Widths proved for f on the whole real line, widest last: a ladder d_0 < d_1 < ... built lazily by
 * trying d = 2^(k/4), k = -16..24, and refined towards the nearest singularity (within 5%).  Cached
 * in the object; not thread-safe. */
typedef struct ew_strip ew_strip;
ew_status ew_strip_new(ew_strip **out, const ew_expr *f, ew_context *ctx);
void ew_strip_free(ew_strip *s);

/* The rungs: their number, and rung i's width and majorant of f.  Only proved rungs are listed. */
slong ew_strip_rungs(const ew_strip *s);
double ew_strip_width(const ew_strip *s, slong i);
const ew_majorant *ew_strip_bound(const ew_strip *s, slong i);

#endif

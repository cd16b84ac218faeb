/* Taylor coefficients of a smooth expression at a point or over a box: the one place that knows how
 * each primitive is evaluated. */
#ifndef EW_ACTIVATION_JET_H
#define EW_ACTIVATION_JET_H

#include "activation/expr.h"

/* out[i] = f^(i)(z) / i!, i < len, for kink-free f and complex z (a box is fine).  With analytic
 * nonzero, out[0] is non-finite unless f is analytic on an open neighbourhood of the box z: every
 * primitive with a cut or pole is evaluated by an analytic form.  Real z gives real output. */
void ew_jet(acb_ptr out, const ew_expr *f, const acb_t z, slong len, int analytic, slong prec);

/* Compiled program for doubles, blocks of points at a time. */
typedef struct ew_program ew_program;

/* Any expression, kinks allowed (at a kink: the value from the right; derivatives of each branch). */
ew_program *ew_program_new(const ew_expr *f, ew_context *ctx);
void ew_program_free(ew_program *p);

/* out[i * count + k] = f^(i)(z[k]) (derivatives, not Taylor coefficients), i < len <= 8, k < count.
 * No error bound: for sampling only.  Thread-safe on one program.  Results do not depend on how
 * points are split over calls. */
ew_status ew_program_jet(double *out, const ew_program *p, const double *z, size_t count, int len,
                         ew_context *ctx);

#endif

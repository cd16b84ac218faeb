/* The hierarchy at a fixed K with chi_par = chi_perp = 1, where every unknown is a polynomial
 * in the layer; internal to the asymptotics. */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_FIXED_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_FIXED_H

#include "readings/cumulant/asymptotic/entry.h"
#include "readings/cumulant/solve/run.h"

typedef struct {
    const ew_hierarchy *h;
    const ew_setting *net;
    ew_cumulant_run *run;
    slong *degree;           /* [unknown]: a bound of its degree in l */
    slong layers;            /* that determine all polynomials */
    fmpq_poly_struct *exact; /* [unknown], or NULL where not all is rational */
} ew_fixed_solver;

/* Degrees, and the polynomials where they are rational.  EW_UNABLE: an equation is not X' = X +
 * source of unknowns before it. */
ew_status ew_fixed_open(ew_fixed_solver *s, const ew_hierarchy *h, const ew_setting *net,
                        ew_method method, ew_context *ctx);
void ew_fixed_close(ew_fixed_solver *s);

/* The polynomials in balls; scale[i] bounds the terms that made the coefficients of number i.
 */
ew_status ew_fixed_balls(arb_poly_struct *p, mag_ptr scale, const ew_fixed_solver *s,
                         slong prec, ew_context *ctx);

/* The bound of the degrees alone. */
ew_status ew_fixed_degrees(ew_fixed_solver *s, const char *zero, ew_context *ctx);

#endif

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
    fmpq_t growth;           /* g of residual blocks, else 1 */
    fmpq_poly_struct *exact; /* [unknown], or NULL where not all is rational */
} ew_fixed_solver;

/* Degrees, and the polynomials where they are rational; of residual blocks those of X/g^(k l).
 * EW_UNABLE: an equation is not X' = X + source of unknowns before it, g^k X for blocks; these
 * have numbers that are not rational. */
ew_status ew_fixed_open(ew_fixed_solver *s, const ew_hierarchy *h, const ew_setting *net,
                        ew_method method, ew_context *ctx);
void ew_fixed_close(ew_fixed_solver *s);

/* The polynomials in balls; scale[i] bounds the terms that made the coefficients of number i.
 */
ew_status ew_fixed_balls(arb_poly_struct *p, mag_ptr scale, const ew_fixed_solver *s,
                         slong prec, ew_context *ctx);

/* The growth of residual blocks and the polynomials, the degrees being known; zero[variable] is
 * set first where a parameter or an atom is 0. */
ew_status ew_fixed_blocks_zero(char *zero, ew_fixed_solver *s, ew_context *ctx);
ew_status ew_fixed_blocks_solve(ew_fixed_solver *s, ew_context *ctx);
/* p = the polynomial of degree < n with p(l) = value[(l-1) * stride]. */
void ew_fixed_interpolate(fmpq_poly_t p, const fmpq *value, slong stride, slong n);
/* The unknowns of layer 1, if they are rational; the others 0. */
ew_status ew_fixed_first(fmpq *state, int *known, const ew_fixed_solver *s, ew_context *ctx);

/* The bound of the degrees alone. */
ew_status ew_fixed_degrees(ew_fixed_solver *s, const char *zero, ew_context *ctx);

#endif

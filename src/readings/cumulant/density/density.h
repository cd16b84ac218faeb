/* Edgeworth density and distribution function of one output at width n, one input (theory.md
 * sections 5, 7; density/derive.h).  With t = x/sqrt(K) the density is
 *   phi_K(x) (1 + sum_{k=1..M} n^-k sum_{j=1..2k} c_kj He_2j(t)).
 * Given Ghat an output of Gaussian weights is N(0, Ghat), and c_kj = [n^-k] E[delta^j] / (j!
 * (2K)^j) with delta = Ghat - K; orthogonal weights add what their rows' law given Ghat has.  Of
 * a residual network the output is w.h/sqrt(n), w standard normal: H stands for Ghat. */
#ifndef EW_READINGS_CUMULANT_DENSITY_H
#define EW_READINGS_CUMULANT_DENSITY_H

#include "arith/certify.h"
#include "readings/cumulant/solve/run.h"

/* c_kj stands at index k(k-1) + j-1, j = 1..2k; there are M(M+1) of them. */
typedef struct {
    const ew_setting *net;
    slong order;
    ulong width; /* n, that of the first hidden layer */
    ew_hierarchy *h;
    ew_cumulant_run *run;
    ew_poly_program
        *program; /* c_kj K^j, then the cumulants' coefficients: polynomials in the unknowns */
    slong terms;
    char **formula;             /* [terms]: c_kj as text in the letters of the recursion */
    slong prec;                 /* of what follows; 0: nothing yet */
    arb_t K;                    /* of the output */
    arb_ptr c, state;           /* c_kj, then the cumulants' coefficients */
    mag_ptr c_size, state_size; /* sums of absolute terms */
} ew_output_density;

/* net: one input, one width or more.  EW_DOMAIN: the output is 0 at infinite width.  net must
 * outlive the answer. */
ew_status ew_density_new(ew_output_density **out, const ew_setting *net, slong order,
                         ew_method method, ew_context *ctx);
void ew_density_free(ew_output_density *d);

/* Hold K and all c_kj to at least `prec` bits. */
ew_status ew_density_need(ew_output_density *d, slong prec, ew_context *ctx);
/* The density of order k over the Gaussian one, as a polynomial in t; and what is subtracted
 * from the distribution function, over phi(t): it has He_{2j-1} for He_2j and no 1. */
void ew_density_polynomials(arb_poly_t density, arb_poly_t distribution,
                            const ew_output_density *d, slong k, slong prec);

/* ---- certified answers --------------------------------------------------------------------
 */

/* K; kappa_2j, j = 1..M+1: cumulants of the output at this width; c_kj; and size_k, k = 1..M:
 * n^-k (sum_j (2j)! c_kj^2)^(1/2), the norm of the k-th term relative to the Gaussian in
 * L2(Gaussian), which by Cauchy and Schwarz is at least the integral of its absolute value. */
slong ew_density_numbers(const ew_output_density *d); /* how many: 1 + (M+1) + M(M+1) + M */
ew_status ew_density_certify(ew_certified *out, ew_output_density *d, slong digits,
                             ew_context *ctx);

/* Abscissae: x = point[i], or, point NULL, t = x/sqrt(K) from `from` to `to` in n equal steps
 * (n = 1: `from`). */
typedef struct {
    slong n;
    const ew_scalar *point, *from, *to;
} ew_density_grid;

/* Per abscissa: t, x, phi_K(x), the densities of order 1..M, Phi(t), the distribution functions
 * of order 1..M: 4 + 2M numbers. */
slong ew_density_columns(const ew_output_density *d);
ew_status ew_density_at(ew_certified *out, ew_output_density *d, const ew_density_grid *grid,
                        slong digits, ew_context *ctx);

/* Where the density of order k is negative: |x| in (end[0], end[1]), (end[2], end[3]), ...;
 * after an odd number of ends the last interval is unbounded. */
typedef struct {
    int decided; /* 0: a double root or nearly one */
    slong n;
    ew_certified *end;
} ew_density_sign;
ew_status ew_density_negative(ew_density_sign *out, ew_output_density *d, slong k, slong digits,
                              ew_context *ctx);
void ew_density_sign_clear(ew_density_sign *s);

#endif

/* Piecewise polynomials whose only kink is 0, with at most a point mass there: closed under
 * products and under differentiation as distributions. */
#ifndef EW_EXPECT_HALVES_H
#define EW_EXPECT_HALVES_H

#include "expect/expect.h"

/* F(z) = side[0](z) for z < 0, side[1](z) for z > 0, plus mass * delta(z).  Exactly over Q when
 * s has rational coefficients; otherwise in balls. */
typedef struct {
    int rational;
    int whole; /* one polynomial on the whole line */
    fmpq_poly_t q[2];
    fmpq_t q_mass;
    arb_poly_t b[2];
    arb_t b_mass;
    slong prec;
} ew_halves;

void ew_halves_init(ew_halves *f);
void ew_halves_clear(ew_halves *f);
void ew_halves_copy(ew_halves *f, const ew_halves *g);

/* Does s have this form? */
int ew_halves_apply(const ew_activation *s);
/* f = the monomial m in the jets of s (between kinks: no mass).  0 if s has not this form or
 * the degree is beyond reach (more than 400). */
int ew_halves_set(ew_halves *f, const ew_activation *s, const ew_monomial *m, slong prec);
/* f = f'.  0, f undefined, if f has a mass. */
int ew_halves_derive(ew_halves *f);
/* f = f' between kinks: jumps and mass forgotten. */
void ew_halves_derive_regular(ew_halves *f);
slong ew_halves_degree(const ew_halves *f);
/* An upper bound of sqrt(<(z^p F)^2>_K) over all K <= kmax, masses left out. */
void ew_halves_norm(mag_t bound, const ew_halves *f, slong p, const mag_t kmax);
/* Upper bound of the size of the jump F(0+) - F(0-). */
void ew_halves_jump(mag_t bound, const ew_halves *f);
int ew_halves_has_mass(const ew_halves *f);

#endif

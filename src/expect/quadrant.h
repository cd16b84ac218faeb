/* Exact expectations of products of two piecewise polynomials with a kink at 0: Wick's theorem
 * and the arc-cosine kernels of every order, from one recursion. */
#ifndef EW_EXPECT_QUADRANT_H
#define EW_EXPECT_QUADRANT_H

#include "expect/halves.h"

/* r[0] + r[1] asin(rho)/pi + r[2] sqrt(det)/pi + r[3] sqrt(kaa/(2 pi)) + r[4] sqrt(kbb/(2 pi)),
 * det = kaa kbb - kab^2, rho = kab/sqrt(kaa kbb). */
#define EW_QUADRANT_BASIS 5

/* <F(u) G(v)> for rational kaa, kbb > 0 and det >= 0; r rational.  0 if F and G are not both
 * rational, or both have a mass and det = 0 (a density at a point: infinite). */
int ew_quadrant_rational(fmpq *r, const ew_halves *F, const ew_halves *G, const fmpq_t kaa,
                         const fmpq_t kab, const fmpq_t kbb);
/* The same with coefficients in balls, for F and G that are both not rational. */
int ew_quadrant_ball(arb_ptr r, const ew_halves *F, const ew_halves *G, const fmpq_t kaa,
                     const fmpq_t kab, const fmpq_t kbb, slong prec);
/* The number a vector of coefficients stands for. */
void ew_quadrant_value(arb_t x, arb_srcptr r, const fmpq_t kaa, const fmpq_t kab,
                       const fmpq_t kbb, slong prec);
/* Its rational value, when it has one: 1 and x set. */
int ew_quadrant_is_rational(fmpq_t x, const fmpq *r, const fmpq_t kaa, const fmpq_t kab,
                            const fmpq_t kbb);
/* Its text in the activation language; fresh string, NULL (recorded) without memory. */
char *ew_quadrant_text(const fmpq *r, const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb,
                       ew_context *ctx);

#endif

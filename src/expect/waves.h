/* Closed forms for sums of c z^p exp(b z - q z^2) [erf(alpha z)]: erf, GELU, sin, cos, exp,
 * Gaussians, Hermite functions, and their products where they stay in the class. */
#ifndef EW_EXPECT_WAVES_H
#define EW_EXPECT_WAVES_H

#include "expect/jetsum.h"

/* c z^p exp(b z - q z^2), times erf(alpha z) when with_erf. */
typedef struct {
    acb_t c, b;
    arb_t q, alpha;
    slong p;
    int with_erf;
} ew_wave;

typedef struct {
    slong n, room;
    ew_wave *w;
} ew_waves;

void ew_waves_init(ew_waves *f);
void ew_waves_clear(ew_waves *f);

/* *known = 1 and f = the function F, in balls of precision prec; *known = 0 when it is not seen
 * to lie in the class. */
ew_status ew_waves_set(ew_waves *f, int *known, const ew_activation *s, const ew_jetsum *F,
                       slong prec, ew_context *ctx);

/* x = <F(u) G(v)>, kaa, kbb >= 0 and kaa kbb >= kab^2; *known = 0 when there is no closed form
 * (erf against an exponential). */
ew_status ew_waves_expect(arb_t x, int *known, const ew_waves *F, const ew_waves *G,
                          const arb_t kaa, const arb_t kab, const arb_t kbb, slong prec,
                          ew_context *ctx);
/* The same for u = v of variance K >= 0: x = <F G>_K. */
ew_status ew_waves_expect_same(arb_t x, int *known, const ew_waves *F, const ew_waves *G,
                               const arb_t K, slong prec, ew_context *ctx);

/* D^(j+shift) <F>_K of each atom over the ball K > 0, as ew_expect_one returns it; scales may
 * be NULL.  *known = 0 unless all atoms have a closed form: waves, at most two to a product. */
ew_status ew_waves_atoms(arb_ptr values, mag_ptr scales, int *known, const ew_activation *s,
                         const ew_atom1 *atoms, slong n, slong shift, const arb_t K, slong prec,
                         ew_context *ctx);

/* <f(u) g(v)> as exact text for f = g = s at a positive semi-definite rational covariance,
 * where s is erf, exp, sin, cos, sinh or cosh of a z or exp(-a z^2), a rational; else NULL.
 * Fresh string. */
char *ew_waves_text(const ew_activation *s, const ew_monomial *f, const ew_monomial *g,
                    const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb, ew_context *ctx);

#endif

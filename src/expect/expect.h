/* Certified Gaussian expectations (theory.md section 9), the atoms of every formula. */
#ifndef EW_EXPECT_EXPECT_H
#define EW_EXPECT_EXPECT_H

#include "activation/activation.h"

#define EW_JETS 24 /* s, s', ..., s^(23) */

/* z^z * prod_i (s^(i))^e[i]. */
typedef struct {
    unsigned short z;
    unsigned char e[EW_JETS];
} ew_monomial;

/* D_K^j <f>_K, z ~ N(0, K). */
typedef struct {
    ew_monomial f;
    slong j;
} ew_atom1;

/* D_aa^jaa D_ab^jab D_bb^jbb <f(u) g(v)>, (u, v) ~ N(0, [[kaa, kab], [kab, kbb]]); D_ab is the
 * derivative in the one number kab (= kba). */
typedef struct {
    ew_monomial f, g;
    slong jaa, jab, jbb;
} ew_atom2;

#define EW_MANY 8 /* variables of one expectation */

/* <prod_a f_a^(m_a)(z_a)>, each f_a of one variable; m_a counts derivatives in z_a. */
typedef struct {
    ew_monomial f[EW_MANY];
    unsigned char m[EW_MANY];
} ew_atom_many;

typedef enum {
    EW_AUTO,    /* closed form, else trapezoid, else panels, else adaptive */
    EW_CLOSED,  /* piecewise polynomials; the named closed forms of theory.md section 4 */
    EW_GRID,    /* trapezoid on the shared grid: activations analytic in a strip */
    EW_PANELS,  /* Gauss-Legendre panels between kinks, jets shared over all K */
    EW_ADAPTIVE, /* acb_calc_integrate: slow, independent; tests and verify */
    EW_PLANE     /* two variables by quadrature in the plane; one variable as EW_AUTO */
} ew_method;

/* Evaluator for one activation: owns grids, jets, strips and majorants.  Not thread-safe; no global
 * state.  The activation must outlive it. */
typedef struct ew_expect_s ew_evaluator;

ew_status ew_evaluator_new(ew_evaluator **out, const ew_activation *s, ew_method method,
                           ew_context *ctx);
void ew_evaluator_free(ew_evaluator *E);

/* values[i] contains atoms[i] at every K in the ball K >= 0; scales[i] (may be NULL) bounds from
 * above, and approximates, <|f| ...>: the size to which prec is relative.  When K is exact the radius is
 * at most 2^-prec * scale (best effort otherwise EW_UNABLE).  A ball K costs |d atom/dK| rad(K) and no
 * more: evaluated at mid(K).  K = 0 exactly: values at z = 0 (heat form).  Symbols s^(i) of kinked
 * activations are the functions between the kinks: i >= 2 next to a kink in s', or i >= 1 next to a
 * jump, is refused as EW_DOMAIN ("a delta function at z = 0"). */
ew_status ew_expect_one(arb_ptr values, mag_ptr scales, ew_evaluator *E, const ew_atom1 *atoms,
                        slong n, const arb_t K, slong prec, ew_context *ctx);

/* Two variables, any |rho| <= 1: closed forms, kab = 0, u = v, u = -v, a zero variance; else
 * quadrature in the plane, for all atoms together; else the Mehler series (which the methods of
 * one variable ask for by name). */
ew_status ew_expect_two(arb_ptr values, mag_ptr scales, ew_evaluator *E, const ew_atom2 *atoms,
                        slong n, const arb_t kaa, const arb_t kab, const arb_t kbb, slong prec,
                        ew_context *ctx);

/* Three variables and more (any number up to EW_MANY), smooth activations: gram is variables *
 * variables, row-major, positive semi-definite, singular ones included.  The scale is a product of
 * norms, by Hoelder's inequality.  The cost grows by a factor of 50 to 100 with each variable.
 * EW_UNABLE: kinks, a covariance that needs too many nodes. */
ew_status ew_expect_many(arb_ptr values, mag_ptr scales, ew_evaluator *E,
                         const ew_atom_many *atoms, slong n, arb_srcptr gram, slong variables,
                         slong prec, ew_context *ctx);

/* The exact rational value where the closed form is rational (polynomials; piecewise homogeneous of
 * even total degree): 1 if set, 0 if there is none. */
int ew_expect_one_rational(fmpq_t value, const ew_activation *s, const ew_atom1 *atom,
                           const fmpq_t K);
int ew_expect_two_rational(fmpq_t value, const ew_activation *s, const ew_atom2 *atom,
                           const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb);

/* An exact form in the activation language where one is known (rational, or with pi, sqrt, asin,
 * ...), for rational covariances; NULL if none is known.  Fresh string. */
char *ew_expect_one_exact(const ew_activation *s, const ew_atom1 *atom, const fmpq_t K,
                          ew_context *ctx);
char *ew_expect_two_exact(const ew_activation *s, const ew_atom2 *atom, const fmpq_t kaa,
                          const fmpq_t kab, const fmpq_t kbb, ew_context *ctx);

/* How the last call obtained its values: "closed form", "trapezoid", "Gauss-Legendre panels",
 * "adaptive Gauss-Legendre", "two-dimensional trapezoid", "Mehler series".  Static. */
const char *ew_evaluator_method(const ew_evaluator *E);

#endif

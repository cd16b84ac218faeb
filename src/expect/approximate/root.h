/* The dual of a homogeneous activation, s = a max(z, 0) + b min(z, 0), in doubles with a proved
 * bound.  K is a factor, and with t = 1 - |rho| in [0, 1] what surface.h tabulates is
 *     base - sqrt(t) P(t) for rho >= 0,   base + sqrt(t) P(t) for rho <= 0.
 * For D = <s'(u) s'(v)>, base is a^2/2 + b^2/2, then a b, and by Sheppard's formula
 *     sqrt(t) P(t) = (a - b)^2 arccos(1 - t)/(2 pi):
 * P is a power series of radius 2 whose coefficients have one sign; that of the averages of D
 * has each of them divided by some number >= 3/2.  So both are bounded by P of D at R, in |t|
 * <= R. */
#ifndef EW_EXPECT_APPROXIMATE_ROOT_H
#define EW_EXPECT_APPROXIMATE_ROOT_H

#include "expect/approximate/surface.h"

#define EW_ROOT_MOST 40

typedef struct {
    slong degree;
    double coef[2][EW_ROOT_MOST]; /* P of D, and of its averages */
    double base[2];               /* on either side */
    double opposite;              /* <s s>/K at rho = -1 */
    /* By EW_SURFACE_DD, ...: bounds of the error, and of the relative one (infinite where the
     * function may vanish). */
    double error[EW_SURFACE_MOST], relative[EW_SURFACE_MOST];
    double base_error, opposite_error;
} ew_root;

ew_status ew_root_new(ew_root *out, ew_evaluator *E, const ew_activation *s, ew_context *ctx);
double ew_root_at(const ew_root *x, slong f, double t);

#endif

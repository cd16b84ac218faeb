/* A network and its input Jacobian together, at infinite width: their joint covariance and the
 * Jacobian NTK (theory.md sections 2 and 4; Kim and Yang, JAC).
 *
 * For m inputs and d directions both are matrices of m (1 + d) rows,
 *   [[K, d'K], [dK, d d'K]]   and   [[Theta, d'Theta], [d Theta, d d'Theta]] :
 * row a, a < m, is f(x_a), and row m + a d + g the derivative of f at x_a along direction g.
 * They are read off fields (a, S) whose generators are directions and one tangent, so that the
 * step from layer to layer is the chain's own law and no formula of this reading. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_H
#define EW_READINGS_KERNEL_JACOBIAN_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

typedef struct ew_jacobian ew_jacobian;

/* The row of input a's derivative along direction g of d, among m inputs. */
static inline slong ew_jacobian_row(slong m, slong d, slong a, slong g)
{
    return m + a * d + g;
}

/* What exists: the covariance of Jacobians needs s' to be a function, the Jacobian NTK s'' at
 * coinciding points.  EW_DOMAIN with the reason; tangent: of the Jacobian NTK. */
ew_status ew_jacobian_exists(const ew_setting *net, int tangent, ew_context *ctx);

/* `net` must outlive it; its directions are those of differentiation, at least one.  tangent =
 * 0: no Jacobian NTK. */
ew_status ew_jacobian_new(ew_jacobian **out, const ew_setting *net, int tangent,
                          ew_method method, ew_context *ctx);
void ew_jacobian_free(ew_jacobian *j);
slong ew_jacobian_rows(const ew_jacobian *j); /* m (1 + d) */

/* Both matrices in balls, rows x rows, initialised: layer 1, and the step from `layer` to the
 * next. ntk is not touched, and may be NULL, without a tangent.  No aliasing. */
ew_status ew_jacobian_first(arb_mat_t nngp, arb_mat_t ntk, ew_jacobian *j, slong prec,
                            ew_context *ctx);
ew_status ew_jacobian_step(arb_mat_t nngp_next, arb_mat_t ntk_next, ew_jacobian *j,
                           const arb_mat_t nngp, const arb_mat_t ntk, slong layer, slong prec,
                           ew_context *ctx);
/* The network's last layer, which is its output.  Of a set of points X and others x, H_XX and
 * H_xX are submatrices: give all of them as inputs. */
ew_status ew_jacobian_output(arb_mat_t nngp, arb_mat_t ntk, ew_jacobian *j, slong prec,
                             ew_context *ctx);
/* How expectations were obtained so far; static. */
const char *ew_jacobian_method(const ew_jacobian *j);

/* Certified digits of every layer. */
typedef struct {
    slong layers, rows, inputs, directions;
    ew_certified *nngp; /* [(l * rows + i) * rows + k], l from 0 */
    ew_certified *ntk;  /* the same, or NULL */
    const char *method;
} ew_jacobian_table;

ew_status ew_jacobian_solve(ew_jacobian_table **out, const ew_setting *net, int tangent,
                            slong digits, ew_method method, ew_context *ctx);
void ew_jacobian_table_free(ew_jacobian_table *t);

/* Without biases and with a homogeneous s, f(c x) = c^degree f(x) for c > 0, hence x.J f =
 * degree f: where the directions span an input the covariance is singular, and the Jacobian NTK
 * too unless biases are trained. */
typedef struct {
    slong input;  /* the first one spanned; -1: none, or not known to be */
    slong degree; /* -1: too large a number */
    int ntk;
} ew_jacobian_relation;
ew_jacobian_relation ew_jacobian_singular(const ew_setting *net);
/* The same for directions that span everything: `input` is 0 or -1, and inputs do not count. */
ew_jacobian_relation ew_jacobian_homogeneous(const ew_setting *net);

#endif

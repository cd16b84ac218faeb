/* Inside ew_kernel_solve: the state that balls and rationals share. */
#ifndef EW_READINGS_KERNEL_SOLVER_H
#define EW_READINGS_KERNEL_SOLVER_H

#include "readings/kernel/kernel.h"
#include "readings/kernel/recursion.h"

/* Flat order of one layer's numbers: K and Theta (upper triangles by rows), chi_par, chi_perp.
 */
typedef struct {
    const ew_setting *net;
    ew_mean_map map;
    ew_evaluator *E;
    slong m, triangle, stride;
    slong *same;        /* [a]: the first input with the same layer-1 variance, exactly */
    ew_relation *first; /* [pair]: at layer 1 */
    ew_relation *now;
    char *below;    /* [l * m + a]: chi_perp < 1 in the last run */
    slong alone;    /* unless 0: inputs from this one on are not paired with each other */
    int depth_only; /* values are correlation depths, one a layer and input */
    const char *used;
    ew_certified *flat;
} ew_kernel_solver;

/* Index of (a, b), a <= b, in an upper triangle by rows. */
static inline slong ew_triangle_index(slong m, slong a, slong b)
{
    return a * m - a * (a - 1) / 2 + (b - a);
}

/* Where layer l begins in `flat`. */
static inline slong ew_kernel_row(const ew_kernel_solver *s, slong l)
{
    return l * s->stride;
}

/* EW_USAGE, EW_DOMAIN: depth, an activation without NTK, impossible inputs. */
ew_status ew_kernel_check(const ew_setting *net, int tangent, ew_context *ctx);

/* Of a zeroed solver.  Cleared also on failure. */
ew_status ew_kernel_solver_init(ew_kernel_solver *s, const ew_setting *net, int tangent,
                                ew_method method, ew_context *ctx);
void ew_kernel_solver_clear(ew_kernel_solver *s);

/* An ew_ball_fn, `data` the solver: the whole recursion at one precision, values in the order
 * of `flat`. */
ew_status ew_kernel_run(arb_ptr values, mag_ptr scales, slong prec, void *data,
                        ew_context *ctx);

/* Every number of the table that is rational and within reach, into `flat`. */
ew_status ew_kernel_exact(const ew_kernel_solver *s, slong digits, ew_context *ctx);

#endif

/* Inside ew_expect_two: the two-dimensional trapezoidal rule for smooth activations.
 *
 * With u of the larger variance K, v = c u + w where |c| <= 1 and w of variance
 * tau = kbb - kab^2/kaa is independent of u.  The nodes are u = i h and, on each line u =
 * const, either v = j h' (one list of jets serves every line and every covariance) or, where
 * tau is small, w = j h'.  Every error is one of the iterated rule: I - S_u S_w = (I_u - S_u)
 * I_w + S_u (I_w - S_w), bounded by the one-dimensional bounds with |F(u) G(cu + w)| <= A(u)
 * B(w) on strips. */
#ifndef EW_EXPECT_PLANE_H
#define EW_EXPECT_PLANE_H

#include "expect/axis.h"
#include "expect/two.h"

/* One expectation asked for: x = <F(u) G(v)>, radius at most 2^-prec scale. */
typedef struct {
    const ew_side *F, *G;
    arb_ptr x;
    mag_srcptr scale;
} ew_pair;

/* EW_UNABLE when no strip serves or the nodes are too many. */
ew_status ew_plane_trapezoid(const ew_pair *pair, slong n, ew_evaluator *E, const ew_box *box,
                             slong prec, ew_context *ctx);

/* ---- the parts ---- */

/* w = 2^scale y, scale <= 0, so that y has an ordinary variance. */
typedef struct {
    fmpq_t qk, qc, qtau; /* c >= 0: its sign is kept apart */
    int sign;            /* of c */
    int swapped;         /* u is the second variable */
    slong scale;
    arb_t k, tau; /* tau: of y */
    double kd, cd, taud;
} ew_frame;

void ew_frame_init(ew_frame *f);
void ew_frame_clear(ew_frame *f);
void ew_frame_set(ew_frame *f, const ew_box *box);

/* A function on one of the axes, and its values F(z) + F(-z), F(z) - F(-z) at the nodes. */
typedef struct {
    const ew_side *side;
    ew_axis axis;
    slong n;
    arb_ptr v[2];   /* even, odd; NULL: zero or not needed */
    arb_ptr row[2]; /* inner functions: the sums over the lines */
} ew_axis_fn;

typedef struct {
    slong f, g;           /* outer and inner function */
    double target, scale; /* log2 */
    ew_edge edge_u, edge_w;
} ew_plane_task;

typedef struct {
    ew_frame frame;
    slong fs, gs, tasks;
    ew_axis_fn *f, *g;
    ew_plane_task *task;
    int lattice; /* nodes v = j h', else w = j h' */
    slong level_u, level_w;
    double h_u, h_w; /* h_w in y unless lattice */
    slong n_u;       /* u = i h_u, 0 <= i < n_u, and mirrored */
    double reach_w;  /* in the units of h_w */
    slong m;         /* not lattice: |j| <= m */
    slong n_v;       /* lattice: 0 <= j < n_v */
} ew_plane;

/* The tasks of the pairs, to prec bits each.  Clear P also on failure. */
ew_status ew_plane_set(ew_plane *P, const ew_pair *pair, slong n, ew_evaluator *E,
                       const ew_box *box, slong prec, ew_context *ctx);
void ew_plane_clear(ew_plane *P);

/* Steps and cut-offs for every task's target. */
ew_status ew_plane_plan(ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx);

/* err[i] bounds the errors of discretisation and truncation of task i. */
ew_status ew_plane_errors(mag_ptr err, const ew_plane *P, ew_context *ctx);

/* x[i] = the sums of task i, errors of rounding only. */
ew_status ew_plane_sums(arb_ptr x, ew_plane *P, ew_evaluator *E, slong prec, ew_context *ctx);

#endif

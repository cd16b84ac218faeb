/* Inside ew_expect_two: piecewise analytic functions, integrated over cells of the plane.
 *
 * With u of the larger variance K and v = c u + w as in plane.h, the lines u = kink and
 * v = kink cut the rectangle |u| <= U, |w| <= W into regions where F(u) G(v) is analytic.
 * Between two values of w at which lines cross, a region lies between neighbouring lines
 *     u = L_0(w) and u = L_1(w), both straight,
 * and is the image of a square: u = (1-s) L_0 + s L_1.  There the tensor product of two
 * Gauss-Legendre rules converges geometrically, whatever the correlation: near |rho| = 1 the
 * strip |w| <= W is narrow, and nothing else changes.
 *
 * Derivatives in the covariance are taken on the density (by parts), so no function needs one:
 * <F^(p)(u) G^(q)(v)> = <F G Q> with
 *     Q = sum_r C(p,r) (-c)^r K^(-(p-r)/2) tau^(-(q+r)/2) He_(p-r)(u/sqrt K) He_(q+r)(w/sqrt
 * tau). */
#ifndef EW_EXPECT_CELLS_H
#define EW_EXPECT_CELLS_H

#include "expect/plane.h"

/* u = a + b w and v = d + e w along the line. */
typedef struct {
    arb_t a, b, d, e;
    int of_v; /* v is constant along it, else u */
} ew_line2;

/* Between two neighbouring lines, and the pieces of s that hold for u and for v. */
typedef struct {
    slong from, to;
    const ew_expr *f, *g;
} ew_region;

/* All regions over an interval of w. */
typedef struct {
    arb_t lo, hi;
    slong n;
    ew_region *region;
} ew_strip2;

typedef struct {
    ew_frame frame;
    arb_t K, c, tau, root_tau, root_k; /* c with its sign, at full precision */
    arb_t U, W;
    slong fine; /* the precision of the lines and their crossings */
    int flat;   /* tau = 0: w = 0 only */
    int half;   /* by symmetry w >= 0 is enough */
    slong lines, strips;
    ew_line2 *line;
    ew_strip2 *strip;
    mag_t blur; /* P(w or u in the gaps between places that cannot be told apart), at most */
} ew_layout;

/* One expectation: outer monomial f (shift p), inner monomial g (shift q). */
typedef struct {
    slong f, g, p, q;
    fmpq_t coef;   /* of the product of the monomials */
    arb_ptr score; /* ew_score_set's, NULL when Q = 1 */
    double target; /* log2 of the absolute error allowed */
    mag_t error;   /* so far */
    arb_t sum;
} ew_cell_task;

typedef struct {
    ew_layout L;
    slong fs, gs, tasks, len_f, len_g;
    ew_monomial *f, *g;
    ew_cell_task *task;
    slong room;
    mag_ptr bound; /* ||F||_4 ||G||_4 ||Q||_4 of each task */
    double bits;   /* the rectangle leaves out about 2^-bits of it */
    double spare;  /* cells are left out if below their share of the target by -spare bits */
    slong order, prec; /* of the rule on [-1, 1] */
    arb_ptr x, w;
    slong boxes;
} ew_cells;

/* The square [s0, s1] x [t0, t1] of a region; t runs over the strip's interval of w. */
typedef struct {
    const ew_strip2 *strip;
    const ew_region *region;
    double s0, s1, t0, t1; /* short dyadic numbers */
} ew_cell;

ew_status ew_layout_set(ew_layout *L, const ew_activation *s, const ew_box *box, double bits_u,
                        double bits_w, slong prec, ew_context *ctx);
void ew_layout_init(ew_layout *L);
void ew_layout_clear(ew_layout *L);

typedef enum { EW_ON_CELL, EW_AROUND_S, EW_AROUND_T } ew_where;

/* The corners of a region: u, v at (s, t) in {0, 1}^2, w and the distance of the lines at t. */
typedef struct {
    arb_t u[2][2], v[2][2], w[2], gap[2], width; /* width: of the strip */
    int u_fixed, v_fixed;                        /* do not depend on t */
} ew_corners;

void ew_corners_init(ew_corners *c);
void ew_corners_clear(ew_corners *c);
void ew_corners_set(ew_corners *c, const ew_layout *L, const ew_cell *cell, slong prec);

/* sup[i] >= |integrand of task i| times the Jacobian, in the units of the square: on the cell,
 * or with s (t) on the ellipse about its side with sum of semi-axes 4 half sides.  0 if not
 * proved analytic. */
int ew_cell_sup(mag_ptr sup, ew_cells *C, const ew_cell *cell, ew_where where);

/* Adds the cell's tensor rule to the sums. */
ew_status ew_cell_sum(ew_cells *C, const ew_cell *cell, ew_context *ctx);

/* Q = sum over r of coef[r] He_(p-r)(u/sqrt K) He_(q+r)(w/sqrt tau), r <= p. */
void ew_score_set(arb_ptr coef, const ew_layout *L, slong p, slong q, slong prec);

/* One expectation of a piecewise analytic pair: x = <F^(shift)(u) G^(shift)(v)>.  scale holds a
 * bound of sqrt(<F^2> <G^2>), and becomes the size to which x is good to prec bits. */
typedef struct {
    const ew_side *F, *G;
    arb_ptr x;
    mag_ptr scale;
} ew_cell_pair;

/* The tasks for absolute errors 2^target, with rule, precision and rectangle.  Clear C also on
 * failure. */
ew_status ew_cells_plan(ew_cells *C, const ew_cell_pair *pair, const double *target, slong n,
                        ew_evaluator *E, const ew_box *box, ew_context *ctx);
void ew_cells_clear(ew_cells *C);

/* The pairs' x by the plan, all errors included.  EW_UNABLE when the cells are too many. */
ew_status ew_cells_run(const ew_cell_pair *pair, ew_cells *C, ew_evaluator *E,
                       const ew_box *box, ew_context *ctx);

/* EW_UNABLE when the cells are too many. */
ew_status ew_plane_cells(const ew_cell_pair *pair, slong n, ew_evaluator *E, const ew_box *box,
                         slong prec, ew_context *ctx);

#endif

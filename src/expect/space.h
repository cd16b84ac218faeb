/* Inside ew_expect_many: the iterated trapezoidal rule in any number of variables, for smooth
 * activations.
 *
 * The covariance is R diag(tau) R^T, R unit lower triangular with entries of at most 1 (pivots
 * of largest conditional variance first), so that z_a = zeta_a + sum_(b<a) R_ab zeta_b with
 * independent zeta_a of variance tau_a.  Variable a runs over the lattice h_a Z whatever those
 * before it are: one list of jets serves every line and every covariance.  Where tau_a = 0 it
 * is a function of those before.
 *
 * With I_a the integral over zeta_a, S_a its sum over nodes and A_b a bound of F_b on a strip
 * that contains z_b while zeta_a moves in it (|R_ba| <= 1),
 *     I_1 ... I_r - S_1 ... S_r = sum_a S_1 ... S_(a-1) (I_a - S_a) I_(a+1) ... I_r,
 * and A_b(z_b) <= c prod_(j<=b) (1 + |zeta_j|)^p e^(q |R_bj zeta_j|): every error is a product
 * of one-dimensional bounds. */
#ifndef EW_EXPECT_SPACE_H
#define EW_EXPECT_SPACE_H

#include "expect/axis.h"

/* R, tau exact; place a belongs to variable order[a]. */
typedef struct {
    slong n, rank;
    slong order[EW_MANY];
    arb_ptr R;   /* [n * n] by places */
    arb_ptr tau; /* [n]: positive for places before rank, then 0 */
    double Rd[EW_MANY][EW_MANY], taud[EW_MANY]; /* R from above */
    mag_ptr off; /* [n * n] by variables: bounds |gram - R diag(tau) R^T| */
} ew_space_frame;

void ew_space_frame_init(ew_space_frame *f, slong n);
void ew_space_frame_clear(ew_space_frame *f);
/* From balls, `prec` bits of which count: conditional variances below 2^-prec of the largest
 * variance become 0. */
void ew_space_frame_set(ew_space_frame *f, arb_srcptr gram, slong prec);

/* (f)^(shift) of the variable of one place. */
typedef struct {
    ew_monomial f;
    slong shift;
    ew_jetsum F;
    ew_axis axis;
    arb_ptr v; /* at z = i h, |i| <= reach of the place: v[i + reach] */
} ew_space_fn;

typedef struct {
    slong fn[EW_MANY];     /* by places */
    ew_edge edge[EW_MANY]; /* of each rule */
    double target, scale;  /* log2 */
    int vanishes;          /* by parity */
} ew_space_task;

typedef struct {
    slong level, reach, fns;
    double h, cut; /* |zeta| <= cut at least; bounded from cut - h on */
    ew_space_fn *fn;
} ew_space_place;

typedef struct {
    const ew_space_frame *frame;
    ew_space_place place[EW_MANY];
    slong tasks;
    ew_space_task *task;
    int mirror; /* all functions have a parity: half of the first axis is enough */
} ew_space;

/* Steps and cut-offs for every task's target.  EW_UNABLE: no strip serves, too many nodes. */
ew_status ew_space_plan(ew_space *S, slong prec, ew_context *ctx);
/* err[i] bounds the errors of discretisation and truncation of task i. */
void ew_space_errors(mag_ptr err, const ew_space *S);
/* x[i] = the sums of task i, errors of rounding only. */
ew_status ew_space_sums(arb_ptr x, ew_space *S, ew_evaluator *E, slong prec, ew_context *ctx);

#endif

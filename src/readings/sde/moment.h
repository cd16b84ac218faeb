/* Gaussian expectations in an equation: what the drift of a residual network is made of when
 * its activation has no closed form.  In balls they are atoms of the chain's law; in doubles,
 * tables. */
#ifndef EW_READINGS_SDE_MOMENT_H
#define EW_READINGS_SDE_MOMENT_H

#include "chain/evaluate.h"
#include "chain/residual_law.h"
#include "readings/sde/sde.h"

#define EW_SDE_PIECES 15 /* of a table */
#define EW_SDE_POINTS 13 /* Chebyshev coefficients of a piece */
#define EW_SDE_MOST 63   /* Hermite coefficients at most */

typedef struct {
    double (*piece)[EW_SDE_POINTS]; /* [EW_SDE_PIECES]: Chebyshev coefficients */
    double low, slope, bend;        /* below: low + slope K, and bend K^2 where low = 0 */
    double power, main, less;       /* above: K^power (main + less/sqrt K) */
} ew_sde_table;

/* sqrt(k!)^-1 <s^(i) He_k> for k <= top[piece], and the root of what they leave of <s^(i)^2>.
 */
typedef struct {
    slong top[EW_SDE_PIECES];
    double (*coef)[EW_SDE_POINTS][EW_SDE_MOST + 1]; /* [EW_SDE_PIECES] */
    ew_sde_table rest, square;
} ew_sde_hermite;

struct ew_sde_moments {
    const ew_activation *s;
    ew_fields *fields;
    ew_residual_law *law;
    ew_poly_program *program;
    ew_atom_plan *plan;
    slong inputs, cw, cb;
    slong atoms;     /* of the equation */
    slong *variable; /* [atoms]: of the law; -1: no moment */
    double w, b;     /* C_W, C_b */
    int tabulated;
    ew_sde_table *one;     /* [atoms]: moments of one input */
    ew_sde_hermite jet[2]; /* s, s' */
};

typedef struct ew_sde_moments ew_sde_moments;

/* For an equation whose moments are the atoms of `law` that `used` marks, at covariance C_b +
 * C_W V, variables of the constants (C_b: -1 for 0).  Takes fields and law over, also on
 * failure. */
ew_status ew_sde_moments_new(ew_sde *sde, ew_fields *fields, ew_residual_law *law,
                             const char *used, const ew_activation *s, slong cw, slong cb,
                             ew_context *ctx);
const ew_activation *ew_sde_moments_activation(const ew_sde_moments *m);
void ew_sde_moments_free(ew_sde_moments *m);
void ew_sde_tables_free(ew_sde_moments *m);

/* v[i] for every variable i of sde that is a moment, from those of state and constants. */
ew_status ew_sde_moments_ball(arb_ptr v, const ew_sde *sde, slong prec, ew_context *ctx);
/* Atom i of sde at V_aa = x, V_ab = y, V_bb = z; NaN before ew_sde_tabulate. */
double ew_sde_moment_double(const ew_sde *sde, slong i, double x, double y, double z);

#endif

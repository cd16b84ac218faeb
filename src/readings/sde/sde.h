/* Reading 3 (theory.md section 6): the stochastic differential equation
 *     dX = b(X, t) dt + S(X, t)^(1/2) dB
 * that the covariance chain converges to, as data: polynomials over Q in the state, time, named
 * constants and special functions of the state. */
#ifndef EW_READINGS_SDE_SDE_H
#define EW_READINGS_SDE_SDE_H

#include "chain/atom.h"
#include "chain/setting.h"

/* Special functions ("atoms") of up to three arguments x, y, z.  N is the part of <|u| |v|>
 * that is not linear: for u, v of variances x, z and covariance y, <|u| |v|> = y + 4 N(x, y,
 * z), N = [sqrt(xz - y^2) - y arccos(rho)] / (2 pi),   rho = y / sqrt(xz) in [-1, 1]. */
typedef enum {
    EW_SDE_KINK,    /* N(x, y, z) */
    EW_SDE_ANGLE,   /* A = arccos(rho) / (2 pi) = -dN/dy */
    EW_SDE_ROOT,    /* R = 1 / (2 pi sqrt(xz - y^2)) = d^2N/dy^2 */
    EW_SDE_SQRT,    /* sqrt(x) */
    EW_SDE_INVERSE, /* 1/x */
    EW_SDE_MOMENT,  /* a Gaussian expectation of the activation at covariance C_b + C_W V */
    EW_SDE_FUNCTIONS
} ew_sde_function;

#define EW_SDE_ONE (-1) /* the argument 1 */

typedef struct {
    ew_sde_function f;
    slong arg[3];   /* variables before this one, or EW_SDE_ONE; KINK: x, y, z */
    ew_atom moment; /* of the inputs; z: zero */
} ew_sde_atom;

/* A named number.  The variable stands for 1/value when `inverse` (so that a formula in 1/a is
 * a polynomial). */
typedef struct {
    char *name, *latex, *meaning;
    ew_scalar value; /* without an expression, its data are `owned` */
    void *owned;     /* plain data, freed with the constant */
    size_t owned_size;
    int inverse;
    int internal; /* of the derivation only: the formulas are free of it */
    int exact;    /* the value is `rational` */
    fmpq_t rational;
    double approx; /* of the value */
} ew_sde_constant;

/* What the entries of the state are. */
typedef enum {
    EW_SDE_COVARIANCE,  /* pairs of fields: V11, V12, V22, ... by rows of the upper triangle */
    EW_SDE_CORRELATION, /* rho of two inputs alone */
    EW_SDE_TRIPLE,      /* (V11, rho, V22), where rho is not autonomous */
    EW_SDE_ANGLE_STATE  /* q_ab = l^2 (1 - rho_ab) of an unshaped homogeneous network */
} ew_sde_state;

typedef enum {
    EW_CLOCK_WIDTH, /* t = l/n */
    EW_CLOCK_DEPTH  /* t = l/L, L << n: S = 0 */
} ew_clock;

/* Immutable once derived: threads may share it.
 * Variables of the ring, in this order: state [0, n), time, constants, atoms. */
typedef struct {
    ew_sde_state state;
    ew_clock clock;
    slong inputs,
        fields; /* of a covariance: fields >= inputs of them, n = fields (fields+1)/2 */
    slong n;
    char **name, **latex; /* [n] of the state entries */
    slong time, constant0, constants, atom0, atoms, variables;
    ew_sde_constant *constant;
    ew_sde_atom *atom;
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_struct *drift;     /* [n] */
    fmpq_mpoly_struct *diffusion; /* [n (n+1)/2], upper triangle by rows */
    int wishart; /* S_ab,cd = V_ac V_bd + V_ad V_bc, identically: dV = b dt + V^(1/2) (X + X^T)
                    V^(1/2) / sqrt(2), X of independent N(0, dt) */
    int uses_time;
    int residual; /* S_ab,cd = (V_ac Q_bd + V_ad Q_bc + V_bc Q_ad + V_bd Q_ac)/d, Q the drift */
    double dimension;               /* d */
    struct ew_sde_moments *moments; /* of EW_SDE_MOMENT, or NULL (readings/sde/moment.h) */
    slong programs; /* n + n (n+1)/2 flat programs for doubles: drift, then diffusion */
    struct ew_sde_program *program;
    char *needed; /* [2 * atoms]: by the drift, by the diffusion */
} ew_sde;

void ew_sde_free(ew_sde *sde);

/* The index of S_ij in diffusion[]. */
slong ew_sde_entry(const ew_sde *sde, slong i, slong j);
/* The state entry of fields a and b (covariance). */
slong ew_sde_pair(const ew_sde *sde, slong a, slong b);
/* The constant of that name, or NULL. */
const ew_sde_constant *ew_sde_find(const ew_sde *sde, const char *name);

/* In doubles, `count` points at a time: x[i * count + k] is entry i at point k; b[i * count +
 * k]; s[(entry of S) * count + k], upper triangle by rows.  rho is clamped to [-1, 1] inside
 * special functions.  b, s must not overlap x; thread-safe.  Moments need ew_sde_tabulate
 * first. */
void ew_sde_drift(double *b, const ew_sde *sde, double t, const double *x, size_t count);
void ew_sde_diffusion(double *s, const ew_sde *sde, double t, const double *x, size_t count);

/* Tabulate the moments for doubles: Hermite coefficients of the activation at variances up to
 * 2^10, to 1e-10 of the square where 64 of them leave no more (smooth activations at variances
 * of order 1); what they leave is put at one power of rho, so that equal inputs have what one
 * input has.  Measured: tests/readings/sde/test_residual.c.
 * EW_UNABLE: moments of other kinds than <f_a> and <s_a^(i) s_b^(j)>. */
ew_status ew_sde_tabulate(ew_sde *sde, ew_context *ctx);

/* In balls, at one point; b[n], s[n (n+1)/2].  t may be NULL unless uses_time. */
ew_status ew_sde_drift_ball(arb_ptr b, const ew_sde *sde, const arb_t t, arb_srcptr x,
                            slong prec, ew_context *ctx);
ew_status ew_sde_diffusion_ball(arb_ptr s, const ew_sde *sde, const arb_t t, arb_srcptr x,
                                slong prec, ew_context *ctx);
/* The value of a constant (not inverted). */
ew_status ew_sde_constant_ball(arb_t x, const ew_sde_constant *c, slong prec, ew_context *ctx);

/* As formulas in the state and the constants; with `specialise` constants that are rational are
 * multiplied out.  Fresh strings. */
typedef struct {
    int latex, specialise;
} ew_sde_style;
char *ew_sde_drift_text(const ew_sde *sde, slong i, ew_sde_style style, ew_context *ctx);
char *ew_sde_diffusion_text(const ew_sde *sde, slong i, slong j, ew_sde_style style,
                            ew_context *ctx);

#endif

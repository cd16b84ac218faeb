/* The hierarchy at a zero fixed point, solved in log-power series; internal to the asymptotics.
 *
 * With t = s/s'(0), C_W = 1/s'(0)^2 and C_b = 0 every derived equation reads the same with t, 1
 * and w = lambda_W s'(0)^2 in the places of s, C_W and lambda_W, because a rate always comes
 * with two factors s.  The variable is k = -a_1 K, for which k' = k - k^2 + ... */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_SOLVE_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_SOLVE_H

#include "readings/cumulant/asymptotic/series.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

/* The constants of the coefficients' ring. */
enum {
    EW_SHIFT = EW_LN + 1, /* c: 1/k = l + c + ... */
    EW_RATE_W,            /* lambda_W s'(0)^2, where it is not rational */
    EW_RATE_B,            /* lambda_b, likewise */
    EW_FREE               /* of unknown i: EW_FREE + i */
};

/* One product of unknowns and rates in an equation, and the power series in k before it. */
typedef struct {
    ulong *e; /* lambda_W, lambda_b, then the unknowns */
    fmpq_poly_t light;
} ew_asymptotic_group;

typedef struct {
    slong n, room;
    ew_asymptotic_group *g;
} ew_asymptotic_equation;

typedef struct {
    const ew_hierarchy *h;
    slong k;      /* the unknown K */
    slong len;    /* power series in k are known below k^len */
    fmpq *taylor; /* t^(i)(0)/i! */
    slong taylors;
    fmpq_t a1;
    fmpq_t rate[2]; /* w and lambda_b */
    int known[2];   /* they are rational */
    ew_logring R;
    fmpq_poly_struct *light; /* [law variable] */
    ew_asymptotic_equation *equation;
    ew_logseries log_step; /* ln(k'/k) */
    ew_logseries *x;       /* [unknown] */
    char *state;           /* [unknown]: 0 to do, 1 in progress, 2 done */
} ew_asymptotic_solver;

/* The length of t's Taylor series that `len` powers of k take. */
slong ew_asymptotic_taylors(const ew_hierarchy *h, slong len);

/* Solve for all unknowns.  h, k, len, taylor, taylors, rate and known are set by the caller;
 * the rest is cleared by ew_asymptotic_solver_clear, also after failure.  EW_UNABLE when a_1 is
 * not negative or an equation is not of the form X' = m X + source. */
ew_status ew_asymptotic_solve(ew_asymptotic_solver *s, ew_context *ctx);
void ew_asymptotic_solver_clear(ew_asymptotic_solver *s);

/* ln(k l) as a series in 1/l: the depth at which k is reached, inverted. */
ew_status ew_asymptotic_depth(ew_logseries *log_g, ew_asymptotic_solver *s);

/* x(k') = m x(k) + source, m = 1 + m_1 k + ...: the particular solution without free term, plus
 * `constant` (a ring variable; -1: none) times the homogeneous one, k^(-m_1) + .... */
ew_status ew_asymptotic_difference(ew_logseries *x, const ew_logseries *m,
                                   const ew_logseries *source, slong constant,
                                   const ew_logseries *log_step, ew_logring *R);

/* D^j <F>_K of an atom of one input as a power series in k, K = k/(-a_1). */
void ew_asymptotic_atom(fmpq_poly_t out, const ew_atom *x, const ew_asymptotic_solver *s);

#endif

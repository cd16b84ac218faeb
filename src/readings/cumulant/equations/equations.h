/* The recursions as formulas: derived, specialised, printed (design.md, `derive`). */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_H
#define EW_READINGS_CUMULANT_EQUATIONS_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

typedef struct {
    ew_family family;                /* at least these fields; a quantity may need more */
    const char *quantity;            /* NULL: every coefficient of the family */
    int susceptibilities;            /* write chi_par, chi_perp and h (one input) */
    int steps;                       /* also the steps of the derivation */
    const ew_activation *activation; /* NULL: any; else atoms known exactly are replaced */
    /* NULL: stays a symbol.  A parameter that is rational is replaced by its value; any other
     * only in certified numbers. */
    const ew_scalar *cw, *cb, *lambda_w, *lambda_b;
    /* of residual blocks: C_V, alpha^2, and r = n/m; V's rate is lambda_W. */
    const ew_scalar *cv, *alpha2, *ratio;
    /* NULL, or the covariance, upper triangle by rows: coefficients become certified numbers.
     * Those of residual blocks need C_W and C_b, too. */
    const ew_scalar *gram;
    slong gram_inputs;
    slong digits;
    ew_method method;
} ew_equation_options;

typedef struct {
    char *name;              /* "V", "V_2", "k[a.b,a.b]_1" */
    char *lhs, *rhs, *latex; /* latex: rows of an align* environment */
    slong terms;             /* with gram: rhs = sum of c * of */
    char **of, **of_latex;   /* "V[l]", "1" */
    ew_certified *c;
} ew_equation;

typedef struct {
    slong n, steps;
    ew_equation *equation, *step;
} ew_equations;

/* EW_USAGE: unknown quantity, or one that vanishes or begins at a higher order.  EW_UNABLE: too
 * large, or a number that is not certified. */
ew_status ew_cumulant_equations(ew_equations **out, const ew_equation_options *opt,
                                ew_context *ctx);
void ew_equations_free(ew_equations *e);

/* What the options say of parameter v of the law, or NULL. */
const ew_scalar *ew_equation_parameter(const ew_equation_options *opt, const ew_law *law,
                                       slong v);

#endif

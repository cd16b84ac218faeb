/* An activation function with the properties the rest needs, all derived from its expression. */
#ifndef EW_ACTIVATION_ACTIVATION_H
#define EW_ACTIVATION_ACTIVATION_H

#include "activation/expr.h"
#include "activation/strip.h"

/* A maximal interval between kinks, and the kink-free expression that s equals there.  If that
 * expression is a polynomial in z, coef[0..degree] are its coefficients (constant expressions);
 * otherwise degree = -1 (the zero polynomial has degree 0). */
typedef struct {
    ew_interval range; /* ends owned by the activation */
    ew_expr *f;
    slong degree;
    ew_expr **coef;
} ew_piece;

typedef enum { EW_PARITY_NONE, EW_PARITY_EVEN, EW_PARITY_ODD } ew_parity;

typedef struct ew_activation {
    char *text; /* as the user wrote it */
    ew_expr *expr;
    slong n; /* pieces, in order along the real line; smooth activation: 1 */
    ew_piece *piece;
    slong kinks; /* number of breakpoints = n - 1 */
    ew_expr **kink;
    int continuous;       /* across every kink: value jumps make s' a delta (step, sign) */
    ew_parity parity;     /* proved, else NONE */
    int polynomial;       /* one polynomial piece */
    int piecewise_poly;   /* every piece a polynomial */
    int rational;         /* piecewise_poly with rational coefficients and kinks */
    int homogeneous;      /* s = a max(z,0) + b min(z,0), a and b constants */
    ew_majorant growth;   /* of s on the real line */
} ew_activation;

/* Parse and analyse.  EW_USAGE with caret: syntax.  EW_DOMAIN: not finite on the real line, not
 * Gaussian-integrable, a kink at a place that is not a constant.  EW_UNABLE: the proof failed. */
ew_status ew_activation_new(ew_activation **out, const char *text, ew_context *ctx);
void ew_activation_free(ew_activation *a);

/* Taylor coefficients s^(k)(0)/k! at 0 for k < len when s is smooth at 0 (EW_UNABLE otherwise), as
 * balls, and exactly where rational: exact[k] set and known[k] = 1 (exact and known may be NULL). */
ew_status ew_activation_taylor(arb_ptr coef, fmpq *exact, int *known, const ew_activation *a,
                               slong len, slong prec, ew_context *ctx);

/* Built-in activations and functions, for `edgeworth help activations`: NULL-terminated names. */
const char *const *ew_builtin_names(void);

#endif

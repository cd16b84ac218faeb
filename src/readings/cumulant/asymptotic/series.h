/* Log-power series: finite sums of c(L) x^q + O(x^cut), q rational, L = ln x, c a polynomial
 * over Q in L and in named constants.  The form of every large-depth expansion (theory.md
 * section 5). */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_SERIES_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_SERIES_H

#include "arith/context.h"
#include "arith/flint.h"

/* The coefficients' ring: variable 0 is L, then the named constants.  A constant may have an
 * inverse, a variable of its own: products are reduced by v (1/v) = 1.  `failed` sticks once
 * memory is exhausted (recorded in ctx). */
typedef struct {
    fmpq_mpoly_ctx_t ring;
    slong variables;
    slong *inverse; /* [v]: the variable that is 1/v, or -1 */
    ew_context *ctx;
    int failed;
} ew_logring;

#define EW_LN 0

ew_status ew_logring_init(ew_logring *R, slong variables, ew_context *ctx);
void ew_logring_clear(ew_logring *R);

typedef struct {
    fmpq_t q;
    fmpq_mpoly_t c; /* not zero */
} ew_logterm;

typedef struct {
    slong n, room;
    ew_logterm *t; /* ascending in q, all below cut */
    fmpq_t cut;
} ew_logseries;

/* The cut of a sum without an error term. */
#define EW_LOG_EXACT 1000000

void ew_logseries_init(ew_logseries *x, const ew_logring *R);
void ew_logseries_clear(ew_logseries *x, const ew_logring *R);
/* x = 0, exactly. */
void ew_logseries_zero(ew_logseries *x, const ew_logring *R);
void ew_logseries_set(ew_logseries *x, const ew_logseries *y, ew_logring *R);
void ew_logseries_swap(ew_logseries *x, ew_logseries *y);
/* Lower the cut to `cut` where it is higher. */
void ew_logseries_cut(ew_logseries *x, const fmpq_t cut, const ew_logring *R);

/* The smallest exponent; cut when there is no term. */
void ew_logseries_low(fmpq_t q, const ew_logseries *x);

/* x += c x^q.  All outputs below may alias inputs. */
void ew_logseries_add_term(ew_logseries *x, const fmpq_t q, const fmpq_mpoly_t c,
                           ew_logring *R);
void ew_logseries_add(ew_logseries *x, const ew_logseries *y, ew_logring *R);
void ew_logseries_sub(ew_logseries *x, const ew_logseries *y, ew_logring *R);
void ew_logseries_mul(ew_logseries *z, const ew_logseries *x, const ew_logseries *y,
                      ew_logring *R);
/* x *= c var^q */
void ew_logseries_scale(ew_logseries *x, const fmpq_mpoly_t c, const fmpq_t q, ew_logring *R);

/* g = 1 + (positive powers): y = ln g, and y = e^(p ln g) from it. */
void ew_logseries_log(ew_logseries *y, const ew_logseries *g, ew_logring *R);
void ew_logseries_power(ew_logseries *y, const ew_logseries *log_g, const fmpq_t p,
                        ew_logring *R);

/* y = X(x g) where X is a series in its argument, given log_g = ln g. */
void ew_logseries_compose(ew_logseries *y, const ew_logseries *X, const ew_logseries *log_g,
                          ew_logring *R);

/* y = x^p for whole p.  0 unless the leading coefficient is one monomial free of L whose
 * constants have inverses (or p >= 0). */
int ew_logseries_whole_power(ew_logseries *y, const ew_logseries *x, slong p, ew_logring *R);

/* c *= d, reduced. */
void ew_logring_mul(fmpq_mpoly_t c, const fmpq_mpoly_t d, const ew_logring *R);

#endif

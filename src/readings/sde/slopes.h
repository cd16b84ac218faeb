/* The slopes of s(x) = s_+ max(x, 0) + s_- min(x, 0) as expressions. */
#ifndef EW_READINGS_SDE_SLOPES_H
#define EW_READINGS_SDE_SLOPES_H

#include "activation/activation.h"

/* Owned references. */
typedef struct {
    ew_expr *plus, *minus;
} ew_slopes;

/* EW_USAGE unless the activation is of this form. */
ew_status ew_slopes_read(ew_slopes *s, const ew_activation *a, ew_context *ctx);
void ew_slopes_clear(ew_slopes *s);

/* s_+^k + s_-^k, and kap = (s_+^2 + s_-^2)/2; NULL with the failure recorded. */
ew_expr *ew_slopes_power_sum(const ew_slopes *s, slong k, ew_context *ctx);
ew_expr *ew_slopes_kappa(const ew_slopes *s, ew_context *ctx);

/* mu and eta of s(x)/sqrt(kap) = mu x + eta |x|; mu^2 + eta^2 = 1.  Of them
 * M = E s'^4/(E s'^2)^2 = 1 + 4 mu^2 eta^2 and g = (s_+ - s_-)^2/kap = 4 eta^2. */
ew_expr *ew_slopes_mu(const ew_slopes *s, ew_context *ctx);
ew_expr *ew_slopes_eta(const ew_slopes *s, ew_context *ctx);
ew_expr *ew_slopes_fourth(const ew_slopes *s, ew_context *ctx); /* M */
ew_expr *ew_slopes_bend(const ew_slopes *s, ew_context *ctx);   /* g */

#endif

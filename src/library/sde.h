/* sde: what was asked, and the equations derived for it. */
#ifndef EW_LIBRARY_SDE_H
#define EW_LIBRARY_SDE_H

#include "library/command.h"
#include "library/residual.h"
#include "readings/sde/derive.h"
#include "readings/sde/verdict.h"

typedef struct {
    ew_sde_model model; /* its activation and numbers belong to the request */
    slong digits;
    ew_activation *activation; /* NULL: not given (relu shaping) */
    ew_expr *a, *c_plus, *c_minus, *lambda_w, *lambda_b;
    ew_residual *residual; /* NULL: a plain network */
    ew_expr *cw, *cb, *width; /* of a residual network; cb: NULL for 0 */
    ew_scalar_list gram;   /* initial covariance, upper triangle by rows; n = 0: not given */
    slong known;           /* fields that the initial covariance is of: the inputs, or all */
    ew_sde *all;           /* the inputs asked for; NULL where only those below have limits */
    ew_sde *one;           /* one input, no derivative fields */
    ew_sde *pair; /* two inputs: of the correlation, or of q = l^2 (1 - rho); else NULL */
    ew_sde_verdict *verdict; /* of `one` */
} ew_sde_request;

/* Read the options and derive the equations and the verdict. */
ew_status ew_sde_request_new(ew_sde_request **out, const ew_network *net, ew_context *ctx);
void ew_sde_request_free(ew_sde_request *r);

/* The network as understood; the equations, their numbers and the verdict.  NULL with the
 * failure recorded. */
json_t *ew_sde_network_json(const ew_sde_request *r, ew_context *ctx);
json_t *ew_sde_equations_json(const ew_sde_request *r, ew_context *ctx);

#endif

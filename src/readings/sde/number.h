/* Polynomials in the constants of an equation as numbers. */
#ifndef EW_READINGS_SDE_NUMBER_H
#define EW_READINGS_SDE_NUMBER_H

#include "readings/sde/sde.h"

/* f (no variable but constants) as a ball. */
ew_status ew_sde_number_ball(arb_t x, const ew_sde *sde, const fmpq_mpoly_t f, slong prec,
                             ew_context *ctx);
/* f as an expression in its simplest spelling, a fresh reference; NULL (EW_OK) where a constant
 * is known by balls only. */
ew_status ew_sde_number_expr(ew_expr **e, const ew_sde *sde, const fmpq_mpoly_t f,
                             ew_context *ctx);
/* The sign of f: by algebra where its constants are expressions, else by balls.  EW_UNABLE when
 * it is not told from zero; `what` names it there. */
ew_status ew_sde_number_sign(int *sign, const ew_sde *sde, const fmpq_mpoly_t f,
                             const char *what, ew_context *ctx);

#endif

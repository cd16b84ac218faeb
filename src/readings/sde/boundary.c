/* Ends of the correlation's interval.  Near rho = side let d = 1 - side rho.  Where S is about
 * s d^2: with an inward drift b_0 > 0 at the end, the scale density e^(2 b_0/(s d)) is not
 * integrable while the speed density e^(-2 b_0/(s d))/d^2 is: an entrance.  With b_0 = 0 the
 * drift is linear in d to leading order, and log d moves like a Brownian motion with drift:
 * natural. */
#include <stdlib.h>

#include "readings/sde/number.h"
#include "readings/sde/verdict.h"

const char *ew_boundary_name(ew_boundary b)
{
    static const char *const name[] = {[EW_BOUNDARY_NATURAL] = "natural",
                                       [EW_BOUNDARY_ENTRANCE] = "entrance",
                                       [EW_BOUNDARY_CROSSED] = "crossed"};
    return name[b];
}

/* f at rho = side, with N(1, 1, 1) = 0 and N(1, -1, 1) = 1/2. */
static ew_status at_end(fmpq_mpoly_t g, const fmpq_mpoly_t f, int side, const ew_sde *rho,
                        ew_context *ctx)
{
    fmpq_t x;
    int ok = 1;
    fmpq_init(x);
    fmpq_set_si(x, side, 1);
    fmpq_mpoly_set(g, f, rho->ring);
    ok = fmpq_mpoly_evaluate_one_fmpq(g, g, 0, x, rho->ring);
    for (slong i = 0; i < rho->atoms && ok; i++) {
        fmpq_set_si(x, side < 0, 2);
        ok = rho->atom[i].f == EW_SDE_KINK && rho->atom[i].arg[0] == EW_SDE_ONE &&
             rho->atom[i].arg[2] == EW_SDE_ONE && rho->atom[i].arg[1] == 0 &&
             fmpq_mpoly_evaluate_one_fmpq(g, g, rho->atom0 + i, x, rho->ring);
    }
    fmpq_clear(x);
    return ok ? EW_OK
              : ew_fail(ctx, EW_UNABLE, "verdict: a function without known value at the end");
}

/* S vanishes at the end to second order: S and dS/drho are zero there. */
static ew_status noise_vanishes(int *yes, int side, const ew_sde *rho, ew_context *ctx)
{
    fmpq_mpoly_t f, g;
    fmpq_mpoly_init(f, rho->ring);
    fmpq_mpoly_init(g, rho->ring);
    *yes = 1;
    ew_status status = EW_OK;
    fmpq_mpoly_set(f, rho->diffusion, rho->ring);
    for (slong i = 0; i < rho->atoms; i++)
        *yes = *yes && fmpq_mpoly_degree_si(f, rho->atom0 + i, rho->ring) <= 0;
    for (int order = 0; order < 2 && *yes && status == EW_OK; order++) {
        status = at_end(g, f, side, rho, ctx);
        *yes = fmpq_mpoly_is_zero(g, rho->ring);
        fmpq_mpoly_derivative(f, f, 0, rho->ring);
    }
    fmpq_mpoly_clear(f, rho->ring);
    fmpq_mpoly_clear(g, rho->ring);
    return status;
}

ew_status ew_sde_boundary(ew_boundary *b, const ew_sde *rho, int side, ew_context *ctx)
{
    int vanishes, sign = 0;
    *b = EW_BOUNDARY_CROSSED;
    if (rho->state != EW_SDE_CORRELATION)
        return ew_fail(ctx, EW_USAGE, "verdict: the boundaries are those of rho alone");
    ew_status status = noise_vanishes(&vanishes, side, rho, ctx);
    if (status != EW_OK || !vanishes)
        return status;
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, rho->ring);
    status = at_end(g, rho->drift, side, rho, ctx);
    if (status == EW_OK)
        status = ew_sde_number_sign(&sign, rho, g, "the drift of rho at its end", ctx);
    fmpq_mpoly_clear(g, rho->ring);
    if (status == EW_OK && sign == 0)
        *b = EW_BOUNDARY_NATURAL;
    else if (status == EW_OK && sign * side < 0)
        *b = EW_BOUNDARY_ENTRANCE;
    return status;
}

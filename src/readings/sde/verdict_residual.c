/* One input of a residual network: dV = Q(V) dt + 2 (V Q(V)/d)^(1/2) dB, whatever Q > 0 is.
 *
 * In the time tau with d tau = Q(V) dt/d this is dV = d dtau + 2 V^(1/2) dB, the squared
 * distance from 0 of a Brownian motion in d dimensions.  So the scale density is V^(-d/2); and
 * Feller's integrals of the time are, at oo for d > 2 and at 0 for d < 2, those of dV/Q(V).
 * The speed density is V^(d/2-1)/Q(V). */
#include "readings/sde/verdict.h"

#include "activation/polynomial.h"
#include "readings/sde/moment.h"
#include "readings/sde/number.h"

/* How Q grows: at most linearly; Q ~ V^degree where `degree` is known, else -1. */
typedef struct {
    int linear;
    slong degree;
} growth;

static growth growth_of(const ew_activation *s)
{
    growth g = {s->growth.q == 0 && s->growth.p <= 1, -1};
    if (s->piecewise_poly) {
        slong left = s->piece[0].degree, right = s->piece[s->n - 1].degree;
        g.degree = left > right ? left : right;
        g.linear = g.degree <= 1;
    } else if (s->growth.q == 0 && s->growth.p == 0)
        g.degree = 0;
    return g;
}

/* Does Q(V) vanish with V?  Where s has a jump and there are no biases Q(0+) > 0 may hold all
 * the same. */
static ew_status vanishes_at_zero(int *yes, const ew_sde *sde, ew_context *ctx)
{
    const ew_activation *s = ew_sde_moments_activation(sde->moments);
    const ew_sde_constant *cb = ew_sde_find(sde, "C_b");
    int sign = 0;
    ew_status status = EW_OK;
    *yes = 0;
    if (cb)
        status = ew_constant_sign(&sign, cb->value.e, ctx);
    if (status != EW_OK || sign)
        return status;
    if (!s->continuous)
        return ew_fail(ctx, EW_UNABLE, "verdict: %.60s has a jump, and there are no biases",
                       s->text);
    ew_expr *zero = ew_expr_si(0, ctx), *at = NULL;
    if (zero)
        at = ew_constant_canonical(ew_expr_substitute(s->expr, zero, ctx), ctx);
    ew_expr_free(zero);
    if (!at)
        return ew_recorded(ctx);
    status = ew_constant_sign(&sign, at, ctx);
    ew_expr_free(at);
    *yes = status == EW_OK && sign == 0;
    return status;
}

static void decide(ew_sde_verdict *v, ew_fate fate, const char *condition, const char *meaning)
{
    v->fate = fate;
    v->condition = condition;
    v->meaning = meaning;
}

static ew_status decide_above(ew_sde_verdict *v, growth g, ew_context *ctx)
{
    if (g.linear)
        decide(v, EW_GROWS, "d > 2 and Q(V) <= c (1 + V)",
               "V -> oo almost surely as t -> oo, not in finite time");
    else if (g.degree > 1) {
        decide(v, EW_EXPLODES, "d > 2, and 1/Q is integrable at infinity",
               "V reaches infinity in finite time almost surely");
        v->certain = 1;
    } else
        return ew_fail(ctx, EW_UNABLE,
                       "verdict: whether 1/Q is integrable at infinity is not known");
    return EW_OK;
}

static void decide_at(ew_sde_verdict *v, growth g, int zero)
{
    if (!zero && !g.linear && g.degree > 1) {
        decide(v, EW_STATIONARY, "d = 2, and 1/Q is integrable",
               "the law of V tends to the one given");
        v->law = "density proportional to 1/Q(V)";
    } else if (zero || g.linear)
        decide(v, EW_NULL_RECURRENT, "d = 2, and 1/Q is not integrable",
               "V comes back near every value; there is no stationary law");
    else
        decide(v, EW_RECURRENT, "d = 2", "V comes back near every value");
}

/* V reaches 0, and goes on, where Q(0) > 0.  V^(d/2-1-degree) is integrable at infinity for d <
 * 2 degree. */
static void decide_below(ew_sde_verdict *v, growth g, int zero)
{
    if (zero)
        decide(v, EW_VANISHES, "d < 2 and Q(0) = 0",
               "V -> 0 almost surely as t -> oo, not in finite time");
    else if (g.degree > 0) {
        decide(v, EW_STATIONARY, "d < 2 and Q(0) > 0, and V^(d/2-1)/Q is integrable",
               "the law of V tends to the one given; V reaches 0 and goes on from there");
        v->law = "density proportional to V^(d/2-1)/Q(V)";
    } else if (g.degree == 0)
        decide(v, EW_NULL_RECURRENT, "d < 2 and Q(0) > 0, and V^(d/2-1)/Q is not integrable",
               "V comes back to every value and to 0; there is no stationary law");
    else
        decide(v, EW_RECURRENT, "d < 2 and Q(0) > 0", "V comes back to every value and to 0");
}

/* The sign of d - 2, by that of 1 - 2/d. */
static ew_status compare_width(int *sign, const ew_sde *sde, ew_context *ctx)
{
    const ew_sde_constant *d = ew_sde_find(sde, "d");
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, sde->ring);
    fmpq_mpoly_gen(f, sde->constant0 + (d - sde->constant), sde->ring);
    fmpq_mpoly_scalar_mul_si(f, f, -2, sde->ring);
    fmpq_mpoly_add_si(f, f, 1, sde->ring);
    ew_status status = ew_sde_number_sign(sign, sde, f, "d - 2", ctx);
    fmpq_mpoly_clear(f, sde->ring);
    return status;
}

/* C_V = 0, or s = 0. */
static ew_status is_still(int *still, const ew_sde *sde, ew_context *ctx)
{
    const ew_activation *s = ew_sde_moments_activation(sde->moments);
    int sign = 1;
    ew_status status = ew_constant_sign(&sign, ew_sde_find(sde, "C_V")->value.e, ctx);
    *still = sign == 0;
    if (status == EW_OK && !*still && s->polynomial && s->piece->degree == 0) {
        status = ew_constant_sign(&sign, s->piece->coef[0], ctx);
        *still = sign == 0;
    }
    return status;
}

ew_status ew_sde_judge_residual(ew_sde_verdict *v, ew_context *ctx)
{
    const ew_sde *sde = v->sde;
    int zero, width, still;
    growth g = growth_of(ew_sde_moments_activation(sde->moments));
    ew_status status = is_still(&still, sde, ctx);
    if (status == EW_OK && still) {
        decide(v, EW_CONSTANT, "the drift is zero", "V stays V_0");
        return EW_OK;
    }
    if (status == EW_OK)
        status = vanishes_at_zero(&zero, sde, ctx);
    if (status == EW_OK)
        status = compare_width(&width, sde, ctx);
    if (status != EW_OK)
        return status;
    if (width > 0)
        return decide_above(v, g, ctx);
    if (width == 0)
        decide_at(v, g, zero);
    else
        decide_below(v, g, zero);
    return EW_OK;
}

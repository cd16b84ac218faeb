/* With u_k = 2 p_k / c, the scale density is s'(V) = V^-u_1 e^(-u_2 V), the speed density m(V)
 * = V^(u_1 - 2) e^(u_2 V) (both up to constants): at oo: the scale is finite, and oo reached in
 * finite time, iff u_2 > 0 (the integrand of the time is about V^-2); for u_2 = 0 the scale is
 * finite iff u_1 > 1, and the time infinite; at 0:  the scale is finite iff u_1 < 1, and the
 * time infinite (the integrand is about 1/V). Neither end attracting: recurrent, with
 * stationary law m iff m is integrable: u_1 > 1, u_2 < 0.
 */
#include "readings/sde/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "activation/polynomial.h"
#include "readings/sde/number.h"

const char *ew_fate_name(ew_fate fate)
{
    static const char *const name[] = {[EW_EXPLODES] = "explodes",
                                       [EW_VANISHES] = "vanishes",
                                       [EW_GROWS] = "grows",
                                       [EW_STATIONARY] = "stationary",
                                       [EW_NULL_RECURRENT] = "null-recurrent",
                                       [EW_RECURRENT] = "recurrent",
                                       [EW_CONVERGES] = "converges",
                                       [EW_CONSTANT] = "constant"};
    return name[fate];
}

/* ---- the coefficients ---------------------------------------------------------------------
 */

/* g = the coefficient of V^power in f; 0 when it is not a polynomial in V and constants. */
static int coefficient(fmpq_mpoly_t g, const fmpq_mpoly_t f, ulong power, ulong *exp,
                       const ew_sde *sde)
{
    fmpq_t c;
    int ok = 1;
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        ok = ok && exp[sde->time] == 0;
        for (slong v = sde->atom0; v < sde->variables; v++)
            ok = ok && exp[v] == 0;
        if (exp[0] != power)
            continue;
        exp[0] = 0;
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, sde->ring);
    }
    fmpq_mpoly_sort_terms(g, sde->ring);
    fmpq_mpoly_combine_like_terms(g, sde->ring);
    fmpq_clear(c);
    return ok;
}

static ew_status read_equation(ew_sde_verdict *v, ew_context *ctx)
{
    const ew_sde *sde = v->sde;
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_t none;
    fmpq_mpoly_init(none, sde->ring);
    int ok =
        coefficient(&v->p1, sde->drift, 1, exp, sde) &&
        coefficient(&v->p2, sde->drift, 2, exp, sde) &&
        coefficient(&v->c, sde->diffusion, 2, exp, sde) &&
        coefficient(none, sde->drift, 0, exp, sde) && fmpq_mpoly_is_zero(none, sde->ring) &&
        fmpq_mpoly_degree_si(sde->drift, 0, sde->ring) <= 2 &&
        (fmpq_mpoly_is_zero(sde->diffusion, sde->ring) ||
         fmpq_mpoly_length(&v->c, sde->ring) == fmpq_mpoly_length(sde->diffusion, sde->ring));
    fmpq_mpoly_clear(none, sde->ring);
    free(exp);
    return ok ? EW_OK
              : ew_fail(ctx, EW_UNABLE,
                        "verdict: the equation is not dV = (p1 V + p2 V^2) dt + sqrt(c) V dB");
}

/* Names for the coefficients: beta when p = beta V (V - 1), a1 when p = a1 V^2. */
static void name_numbers(ew_sde_verdict *v)
{
    const fmpq_mpoly_ctx_struct *ring = v->sde->ring;
    fmpq_mpoly_t sum;
    fmpq_mpoly_init(sum, ring);
    fmpq_mpoly_add(sum, &v->p1, &v->p2, ring);
    ew_sde_number *n = v->number;
    if (fmpq_mpoly_is_zero(&v->p1, ring) && fmpq_mpoly_is_zero(&v->p2, ring))
        v->numbers = 0;
    else if (fmpq_mpoly_is_zero(sum, ring) || fmpq_mpoly_is_zero(&v->p1, ring)) {
        int shaped = fmpq_mpoly_is_zero(sum, ring);
        v->numbers = 1;
        n->name = shaped ? "beta" : "a1";
        n->latex = shaped ? "\\beta" : "a_1";
        fmpq_mpoly_init(&n->f, ring);
        fmpq_mpoly_set(&n->f, &v->p2, ring);
    } else {
        v->numbers = 2;
        n[0] = (ew_sde_number){.name = "p1", .latex = "p_1"};
        n[1] = (ew_sde_number){.name = "p2", .latex = "p_2"};
        for (int i = 0; i < 2; i++) {
            fmpq_mpoly_init(&n[i].f, ring);
            fmpq_mpoly_set(&n[i].f, i ? &v->p2 : &v->p1, ring);
        }
    }
    fmpq_mpoly_clear(sum, ring);
}

/* ---- the decision -------------------------------------------------------------------------
 */

static void decide(ew_sde_verdict *v, ew_fate fate, const char *meaning)
{
    v->fate = fate;
    v->meaning = meaning;
}

/* One of three wordings, by the names of the numbers. */
static const char *wording(const ew_sde_verdict *v, const char *beta, const char *a1,
                           const char *p)
{
    if (v->numbers == 0)
        return "the drift is zero";
    if (v->numbers == 2)
        return p;
    return strcmp(v->number[0].name, "beta") == 0 ? beta : a1;
}

/* By the signs of u_2 and u_1 - 1. */
static void decide_noisy(ew_sde_verdict *v, int up, int low)
{
    if (up > 0) {
        decide(v, EW_EXPLODES,
               low < 0 ? "V reaches infinity in finite time with the probability given, else V "
                         "-> 0 as t -> oo"
                       : "V reaches infinity in finite time almost surely");
        v->certain = low >= 0;
        v->condition = wording(v, "beta > 0", "a1 > 0", "p2 > 0");
    } else if (low < 0) {
        decide(
            v, EW_VANISHES,
            v->numbers == 0
                ? "V -> 0 almost surely as t -> oo while E V stays V_0; V neither explodes nor "
                  "vanishes in finite time"
                : "V -> 0 almost surely as t -> oo, not in finite time; no explosion");
        v->condition = wording(v, "-1 < beta <= 0", "a1 <= 0", "p2 <= 0 and 2 p1 < c");
    } else if (up < 0 && low > 0) {
        decide(v, EW_STATIONARY, "the law of V tends to the gamma law given");
        v->condition = wording(v, "beta < -1", "", "p2 < 0 and 2 p1 > c");
    } else if (up == 0 && low > 0) {
        decide(v, EW_GROWS, "V -> oo almost surely as t -> oo, not in finite time");
        v->condition = wording(v, "", "", "p2 = 0 and 2 p1 > c");
    } else if (up == 0) {
        decide(
            v, EW_NULL_RECURRENT,
            "log V is a Brownian motion: V returns to every value, and there is no stationary "
            "law");
        v->condition = wording(v, "", "", "p2 = 0 and 2 p1 = c");
    } else {
        decide(v, EW_NULL_RECURRENT,
               "V returns to every value and tends to 0 in probability only; there is no "
               "stationary law");
        v->condition = wording(v, "beta = -1", "", "p2 < 0 and 2 p1 = c");
    }
}

/* dV = V (p_1 + p_2 V) dt: the sign of p at V_0 says which way, and fixed points where to. */
static void decide_ordinary(ew_sde_verdict *v, int low, int up, int at)
{
    if (low == 0 && up == 0) {
        decide(v, EW_CONSTANT, "V stays V_0");
        v->condition = "the drift is zero";
    } else if (at == 0) {
        decide(v, EW_CONSTANT, "V stays V_0, a fixed point");
        v->condition = wording(v, "V_0 = 1", "", "p1 + p2 V_0 = 0");
    } else if (at > 0 && up > 0) {
        decide(v, EW_EXPLODES, "V reaches infinity in finite time");
        v->certain = 1;
        v->condition = wording(v, "beta > 0 and V_0 > 1", "a1 > 0", "p2 > 0, p1 + p2 V_0 > 0");
    } else if (at > 0 && up == 0) {
        decide(v, EW_GROWS, "V grows exponentially");
        v->condition = "p1 > 0 and p2 = 0";
    } else if (low > 0) {
        decide(v, EW_CONVERGES,
               "V tends to the fixed point -p1/p2 (1 where p = beta V (V - 1))");
        v->condition = wording(v, "beta < 0", "", "p1 > 0 and p2 < 0");
    } else {
        decide(v, EW_VANISHES, "V -> 0 as t -> oo, not in finite time");
        v->condition = wording(v, "beta > 0 and V_0 < 1", "a1 < 0", "p1 <= 0, p1 + p2 V_0 < 0");
    }
}

/* The sign of p_1 + p_2 v0. */
static ew_status sign_at(int *sign, const ew_sde_verdict *v, const ew_expr *v0, ew_context *ctx)
{
    ew_expr *a, *b = NULL;
    ew_status status = ew_sde_number_expr(&a, v->sde, &v->p1, ctx);
    if (status == EW_OK)
        status = ew_sde_number_expr(&b, v->sde, &v->p2, ctx);
    if (status == EW_OK && (!a || !b))
        status = ew_fail(ctx, EW_UNABLE, "verdict: the drift at V_0 is not known exactly");
    if (status == EW_OK) {
        ew_expr *x = v0 ? ew_expr_ref(v0) : ew_expr_si(1, ctx);
        a = ew_expr_2(EW_ADD, a, ew_expr_2(EW_MUL, ew_expr_ref(b), x, ctx), ctx);
        status = a ? ew_constant_sign(sign, a, ctx) : ew_recorded(ctx);
    }
    ew_expr_free(a);
    ew_expr_free(b);
    return status;
}

static ew_status judge(ew_sde_verdict *v, const ew_expr *v0, ew_context *ctx)
{
    const ew_sde *sde = v->sde;
    int noise, up, low, at = 0;
    fmpq_mpoly_t u;
    fmpq_mpoly_init(u, sde->ring);
    ew_status status = ew_sde_number_sign(&noise, sde, &v->c, "the diffusion", ctx);
    if (status == EW_OK)
        status = ew_sde_number_sign(&up, sde, &v->p2,
                                    v->numbers == 1 ? v->number[0].name : "p2", ctx);
    fmpq_mpoly_add(u, &v->p1, &v->p1, sde->ring);
    fmpq_mpoly_sub(u, u, &v->c, sde->ring);
    if (status == EW_OK)
        status = ew_sde_number_sign(&low, sde, noise ? u : &v->p1,
                                    noise ? "2 p1 - c (the threshold beta = -1)" : "p1", ctx);
    if (status == EW_OK && noise)
        decide_noisy(v, up, low);
    if (status == EW_OK && !noise && (up || low))
        status = sign_at(&at, v, v0, ctx);
    if (status == EW_OK && !noise)
        decide_ordinary(v, low, up, at);
    fmpq_mpoly_clear(u, sde->ring);
    return status;
}

ew_status ew_sde_verdict_new(ew_sde_verdict **out, const ew_sde *one, const ew_expr *v0,
                             ew_context *ctx)
{
    *out = NULL;
    if (one->n != 1 || one->state != EW_SDE_COVARIANCE)
        return ew_fail(ctx, EW_USAGE, "verdict: of an equation of one input");
    ew_sde_verdict *v = ew_alloc_zero(1, sizeof *v, ctx);
    if (!v)
        return EW_MEMORY;
    v->sde = one;
    fmpq_mpoly_init(&v->p1, one->ring);
    fmpq_mpoly_init(&v->p2, one->ring);
    fmpq_mpoly_init(&v->c, one->ring);
    int moments = one->residual && one->moments;
    ew_status status = moments ? ew_sde_judge_residual(v, ctx) : read_equation(v, ctx);
    if (status == EW_OK && !moments) {
        name_numbers(v);
        status = judge(v, v0, ctx);
    }
    if (status != EW_OK) {
        ew_sde_verdict_free(v);
        return status;
    }
    *out = v;
    return EW_OK;
}

void ew_sde_verdict_free(ew_sde_verdict *v)
{
    if (!v)
        return;
    for (slong i = 0; i < v->numbers; i++)
        fmpq_mpoly_clear(&v->number[i].f, v->sde->ring);
    fmpq_mpoly_clear(&v->p1, v->sde->ring);
    fmpq_mpoly_clear(&v->p2, v->sde->ring);
    fmpq_mpoly_clear(&v->c, v->sde->ring);
    free(v);
}

/* ---- numbers ------------------------------------------------------------------------------
 */

/* u_1 and u_2 as balls. */
static ew_status exponents(arb_t u1, arb_t u2, const ew_sde_verdict *v, slong prec,
                           ew_context *ctx)
{
    arb_t c;
    arb_init(c);
    ew_status status = ew_sde_number_ball(c, v->sde, &v->c, prec, ctx);
    if (status == EW_OK)
        status = ew_sde_number_ball(u1, v->sde, &v->p1, prec, ctx);
    if (status == EW_OK)
        status = ew_sde_number_ball(u2, v->sde, &v->p2, prec, ctx);
    arb_mul_2exp_si(c, c, -1);
    arb_div(u1, u1, c, prec);
    arb_div(u2, u2, c, prec);
    arb_clear(c);
    return status;
}

/* (s(V_0) - s(0))/(s(oo) - s(0)) = gamma(1 - u_1, u_2 V_0)/Gamma(1 - u_1) */
ew_status ew_sde_explosion(arb_t probability, const ew_sde_verdict *v, const arb_t v0,
                           slong prec, ew_context *ctx)
{
    arb_t u1, u2;
    if (v->fate != EW_EXPLODES || v->certain) {
        arb_set_si(probability, v->fate == EW_EXPLODES);
        return EW_OK;
    }
    arb_init(u1);
    arb_init(u2);
    ew_status status = exponents(u1, u2, v, prec, ctx);
    arb_sub_ui(u1, u1, 1, prec);
    arb_neg(u1, u1);
    arb_mul(u2, u2, v0, prec);
    if (status == EW_OK)
        arb_hypgeom_gamma_lower(probability, u1, u2, 1, prec);
    arb_clear(u1);
    arb_clear(u2);
    return status;
}

/* m(V) = V^(u_1 - 2) e^(u_2 V) */
ew_status ew_sde_stationary(arb_t shape, arb_t rate, const ew_sde_verdict *v, slong prec,
                            ew_context *ctx)
{
    if (v->fate != EW_STATIONARY || v->law)
        return ew_fail(ctx, EW_UNABLE, "verdict: there is no stationary law");
    ew_status status = exponents(shape, rate, v, prec, ctx);
    arb_sub_ui(shape, shape, 1, prec);
    arb_neg(rate, rate);
    return status;
}

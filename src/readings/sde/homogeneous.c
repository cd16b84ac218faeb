/* Unshaped networks of s(x) = s_+ max(x, 0) + s_- min(x, 0) at criticality, C_W = 1/kap, kap =
 * (s_+^2 + s_-^2)/2.
 *
 * One input: one layer multiplies V by an independent factor of mean 1 and, <s^4>/<s^2>^2 being
 * 3 M, of variance (3 M - 1)/n.
 *
 * Two inputs: C_W <s_a s_b> = V_ab + ((s_+ - s_-)^2/kap) N(V_aa, V_ab, V_bb) takes rho to 1
 * within layers l = O(1), while V moves within l = O(n).  With d = 1 - rho, N is (2 d)^(3/2)/(6
 * pi) per unit of variance: d falls by c d^(3/2) a layer, so that q = l^2 d stays of order 1
 * and t = l/n is its clock.  The noise at small d: s_a - s_b = s'(x) (x_a - x_b) up to terms
 * that vanish with d, x_a
 * - x_b being independent of x to that order.  For D = V_aa + V_bb - 2 V_ab this gives the
 * relative (co)variances, times n, D: 3 M - 1,   D and V: M - 1,   V: 3 M - 1, and 4 M V D for
 * the variance of V_aa - V_bb.  Since d = [D - (sqrt V_aa - sqrt V_bb)^2]/(2 V) at V_aa = V_bb
 * = V, Ito's formula gives d the drift (3 M - 1) - (M - 1) - M = M and the variance (3 M - 1) -
 * 2 (M - 1) + (3 M - 1) = 4 M, both relative and times n. */
#include <stdlib.h>

#include "readings/sde/build.h"
#include "readings/sde/derive.h"
#include "readings/sde/slopes.h"

/* M = E s'^4/(E s'^2)^2 = 2 (s_+^4 + s_-^4)/(s_+^2 + s_-^2)^2 */
static ew_expr *fourth(const ew_slopes *s, ew_context *ctx)
{
    ew_expr *square =
        ew_expr_2(EW_POW, ew_slopes_power_sum(s, 2, ctx), ew_expr_si(2, ctx), ctx);
    return ew_expr_2(EW_DIV,
                     ew_expr_2(EW_MUL, ew_expr_si(2, ctx), ew_slopes_power_sum(s, 4, ctx), ctx),
                     square, ctx);
}

/* c = sqrt(2) (s_+ - s_-)^2/(3 pi kap) */
static ew_expr *attraction(const ew_slopes *s, ew_context *ctx)
{
    ew_expr *step = ew_expr_sub(ew_expr_ref(s->plus), ew_expr_ref(s->minus), ctx);
    ew_expr *over[] = {ew_expr_si(2, ctx), ew_expr_1(EW_SQRT, ew_expr_si(2, ctx), ctx),
                       ew_expr_2(EW_POW, step, ew_expr_si(2, ctx), ctx)};
    ew_expr *under[] = {ew_expr_si(3, ctx), ew_expr_leaf(EW_PI, 0, ctx),
                        ew_slopes_power_sum(s, 2, ctx)};
    return ew_expr_2(EW_DIV, ew_expr_new(EW_MUL, over, 3, ctx),
                     ew_expr_new(EW_MUL, under, 3, ctx), ctx);
}

/* Owns e. */
static ew_status add_number(ew_sde *sde, const char *name, const char *latex,
                            const char *meaning, ew_expr *e, ew_context *ctx)
{
    if (!e)
        return ew_recorded(ctx);
    ew_status status =
        ew_sde_add_constant(sde, name, latex, meaning, (ew_scalar){.e = e}, 0, 0, ctx);
    ew_expr_free(e);
    return status;
}

/* f += num/den * product of variables v[0..n). */
static void add_term(fmpq_mpoly_t f, slong num, ulong den, const slong *v, slong n,
                     const ew_sde *sde)
{
    fmpq_t c;
    fmpq_mpoly_t t, x;
    fmpq_init(c);
    fmpq_mpoly_init(t, sde->ring);
    fmpq_mpoly_init(x, sde->ring);
    fmpq_set_si(c, num, den);
    fmpq_mpoly_set_fmpq(t, c, sde->ring);
    for (slong i = 0; i < n; i++) {
        ew_sde_variable(x, sde, v[i]);
        fmpq_mpoly_mul(t, t, x, sde->ring);
    }
    fmpq_mpoly_add(f, f, t, sde->ring);
    fmpq_mpoly_clear(t, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
    fmpq_clear(c);
}

static ew_status finish(ew_sde **out, ew_sde *sde, ew_slopes *s, ew_status status,
                        ew_context *ctx)
{
    if (status == EW_OK)
        status = ew_sde_finish(sde, ctx);
    ew_slopes_clear(s);
    if (status == EW_OK)
        *out = sde;
    else
        ew_sde_free(sde);
    return status;
}

/* dV = sqrt(3 M - 1) V dB */
ew_status ew_sde_homogeneous(ew_sde **out, const ew_activation *a, ew_context *ctx)
{
    ew_slopes s = {NULL, NULL};
    ew_sde *sde = NULL;
    *out = NULL;
    ew_status status = ew_slopes_read(&s, a, ctx);
    if (status == EW_OK)
        status = ew_sde_new(&sde, EW_SDE_COVARIANCE, EW_CLOCK_WIDTH, 1, ctx);
    if (status == EW_OK) {
        sde->inputs = sde->fields = 1;
        status = ew_sde_name(sde, 0, "V11", "V_{11}", ctx);
    }
    if (status == EW_OK)
        status = add_number(sde, "M", "M", "E s'(g)^4/(E s'(g)^2)^2", fourth(&s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_open(sde, ctx);
    if (status == EW_OK) {
        const slong v[] = {0, 0, sde->constant0};
        add_term(sde->diffusion, 3, 1, v, 3, sde);
        add_term(sde->diffusion, -1, 1, v, 2, sde);
    }
    return finish(out, sde, &s, status, ctx);
}

static ew_status angle_variables(slong *root, slong *inverse, ew_sde *sde, const ew_slopes *s,
                                 ew_context *ctx)
{
    ew_expr *c = attraction(s, ctx), *q0 = NULL;
    ew_status status = ew_sde_name(sde, 0, "q", "q", ctx);
    if (c)
        q0 = ew_expr_2(EW_DIV, ew_expr_si(4, ctx),
                       ew_expr_2(EW_POW, ew_expr_ref(c), ew_expr_si(2, ctx), ctx), ctx);
    if (status == EW_OK)
        status = add_number(sde, "M", "M", "E s'(g)^4/(E s'(g)^2)^2", fourth(s, ctx), ctx);
    if (status == EW_OK)
        status = add_number(sde, "c", "c", "1 - rho falls by c (1 - rho)^(3/2) a layer",
                            c ? ew_expr_ref(c) : NULL, ctx);
    if (status == EW_OK && q0)
        status = add_number(sde, "q0", "q_0", "q at t = 0: 4/c^2", ew_expr_ref(q0), ctx);
    ew_expr_free(c);
    ew_expr_free(q0);
    if (status == EW_OK)
        status = ew_sde_add_atom(root, sde, EW_SDE_SQRT, 0, EW_SDE_ONE, EW_SDE_ONE, ctx);
    return status == EW_OK ? ew_sde_add_atom(inverse, sde, EW_SDE_INVERSE, sde->time,
                                             EW_SDE_ONE, EW_SDE_ONE, ctx)
                           : status;
}

ew_status ew_sde_angle(ew_sde **out, const ew_activation *a, ew_context *ctx)
{
    ew_slopes s = {NULL, NULL};
    ew_sde *sde = NULL;
    slong root, inverse;
    *out = NULL;
    ew_status status = ew_slopes_read(&s, a, ctx);
    if (status == EW_OK && !a->kinks)
        status =
            ew_fail(ctx, EW_UNABLE, "sde: without a kink the correlation does not tend to 1");
    if (status == EW_OK)
        status = ew_sde_new(&sde, EW_SDE_ANGLE_STATE, EW_CLOCK_WIDTH, 1, ctx);
    if (status == EW_OK) {
        sde->inputs = sde->fields = 2;
        status = angle_variables(&root, &inverse, sde, &s, ctx);
    }
    if (status == EW_OK)
        status = ew_sde_open(sde, ctx);
    if (status == EW_OK) {
        slong M = sde->constant0, c = M + 1;
        add_term(sde->drift, 2, 1, (const slong[]){0, inverse}, 2, sde);
        add_term(sde->drift, -1, 1, (const slong[]){c, 0, root, inverse}, 4, sde);
        add_term(sde->drift, 1, 1, (const slong[]){M, 0}, 2, sde);
        add_term(sde->diffusion, 4, 1, (const slong[]){M, 0, 0}, 3, sde);
    }
    return finish(out, sde, &s, status, ctx);
}

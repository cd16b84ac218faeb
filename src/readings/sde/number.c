#include "readings/sde/number.h"

#include <stdlib.h>

#include "activation/polynomial.h"

/* Bits at which a sign has to be decided. */
#define SIGN_BITS 16384

ew_status ew_sde_number_ball(arb_t x, const ew_sde *sde, const fmpq_mpoly_t f, slong prec,
                             ew_context *ctx)
{
    slong n = sde->constants;
    ew_status status = EW_OK;
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    arb_ptr c = _arb_vec_init(n + 2), term = c + n, power = c + n + 1;
    fmpq_t q;
    fmpq_init(q);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        status = ew_sde_constant_ball(c + i, &sde->constant[i], prec, ctx);
        if (sde->constant[i].inverse)
            arb_inv(c + i, c + i, prec);
    }
    arb_zero(x);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(q, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        arb_set_fmpq(term, q, prec);
        for (slong j = 0; j < n; j++) {
            arb_pow_ui(power, c + j, exp[sde->constant0 + j], prec);
            arb_mul(term, term, power, prec);
        }
        arb_add(x, x, term, prec);
    }
    fmpq_clear(q);
    _arb_vec_clear(c, n + 2);
    free(exp);
    return status;
}

/* A constant to a power, as a factor. */
static ew_expr *factor(const ew_sde_constant *c, ulong e, ew_context *ctx)
{
    slong power = c->inverse ? -(slong) e : (slong) e;
    return ew_expr_2(EW_POW, ew_expr_ref(c->value.e), ew_expr_si(power, ctx), ctx);
}

static ew_expr *term_expr(const ew_sde *sde, const fmpq_t q, const ulong *exp, ew_context *ctx)
{
    ew_expr *t = ew_expr_num(q, ctx);
    for (slong j = 0; j < sde->constants && t; j++)
        if (exp[sde->constant0 + j])
            t = ew_expr_2(EW_MUL, t, factor(&sde->constant[j], exp[sde->constant0 + j], ctx),
                          ctx);
    return t;
}

/* Is every constant of f an expression? */
static int has_expressions(const ew_sde *sde, const fmpq_mpoly_t f)
{
    int all = 1;
    for (slong j = 0; j < sde->constants; j++)
        all = all && (sde->constant[j].value.e ||
                      fmpq_mpoly_degree_si(f, sde->constant0 + j, sde->ring) <= 0);
    return all;
}

ew_status ew_sde_number_expr(ew_expr **e, const ew_sde *sde, const fmpq_mpoly_t f,
                             ew_context *ctx)
{
    *e = NULL;
    if (!has_expressions(sde, f))
        return EW_OK;
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_t q;
    fmpq_init(q);
    ew_expr *sum = ew_expr_si(0, ctx);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring) && sum; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(q, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        sum = ew_expr_2(EW_ADD, sum, term_expr(sde, q, exp, ctx), ctx);
    }
    fmpq_clear(q);
    free(exp);
    *e = ew_constant_canonical(sum, ctx);
    return *e ? EW_OK : ew_recorded(ctx);
}

static ew_status sign_by_balls(int *sign, const ew_sde *sde, const fmpq_mpoly_t f,
                               const char *what, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_t x;
    arb_init(x);
    *sign = 2;
    for (slong prec = 64; prec <= SIGN_BITS && *sign == 2 && status == EW_OK; prec *= 4) {
        status = ew_sde_number_ball(x, sde, f, prec, ctx);
        if (status == EW_OK && !arb_contains_zero(x))
            *sign = arb_is_positive(x) ? 1 : -1;
        else if (status == EW_OK && arb_is_zero(x))
            *sign = 0;
    }
    arb_clear(x);
    if (status == EW_OK && *sign == 2)
        status = ew_fail(ctx, EW_UNABLE, "unable: %s is not told from zero at %d bits", what,
                         SIGN_BITS);
    return status;
}

ew_status ew_sde_number_sign(int *sign, const ew_sde *sde, const fmpq_mpoly_t f,
                             const char *what, ew_context *ctx)
{
    ew_expr *e;
    *sign = 0;
    if (fmpq_mpoly_is_zero(f, sde->ring))
        return EW_OK;
    ew_status status = ew_sde_number_expr(&e, sde, f, ctx);
    if (status != EW_OK)
        return status;
    if (!e)
        return sign_by_balls(sign, sde, f, what, ctx);
    status = ew_constant_sign(sign, e, ctx);
    ew_expr_free(e);
    if (status == EW_UNABLE)
        status = ew_fail(ctx, EW_UNABLE, "unable: %s is not told from zero", what);
    return status;
}

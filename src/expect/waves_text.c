/* Exact text of <s(u) s(v)> and <s(u)> at rational covariances, for s(z) = erf(a z), exp, sin,
 * cos, sinh, cosh of a z, and exp(-a z^2), with a rational. */
#include "arith/decimal.h"
#include "expect/waves.h"

#include <stdlib.h>

/* e = a z^power, written with rational factors and divisors? */
static int rational_term(fmpq_t a, const ew_expr *e, slong power)
{
    slong n;
    fmpq_one(a);
    for (;;) {
        if (e->op == EW_MUL && e->n == 2 && e->arg[0]->op == EW_NUM) {
            fmpq_mul(a, a, e->arg[0]->num);
            e = e->arg[1];
        } else if (e->op == EW_DIV && e->arg[1]->op == EW_NUM) {
            fmpq_div(a, a, e->arg[1]->num);
            e = e->arg[0];
        } else {
            break;
        }
    }
    if (power == 1)
        return e->op == EW_Z;
    return e->op == EW_POW && e->arg[0]->op == EW_Z && ew_expr_small_integer(&n, e->arg[1]) &&
           n == power;
}

/* sqrt(t) for t >= 0, as a rational where it is one. */
static char *root_text(const fmpq_t t, ew_context *ctx)
{
    fmpq_t r;
    char *number, *text = NULL;
    fmpq_init(r);
    int square = fmpz_is_square(fmpq_numref(t)) && fmpz_is_square(fmpq_denref(t));
    fmpq_set(r, t);
    if (square) {
        fmpz_sqrt(fmpq_numref(r), fmpq_numref(t));
        fmpz_sqrt(fmpq_denref(r), fmpq_denref(t));
    }
    number = ew_rational_text(r);
    if (number)
        text = ew_format(ctx, square ? "%s" : "sqrt(%s)", number);
    free(number);
    fmpq_clear(r);
    return text;
}

/* (1 + 2 a aa)(1 + 2 a bb) and minus 4 a^2 ab^2 */
static void tilted(fmpq_t full, fmpq_t cross, const fmpq_t a, const fmpq *k)
{
    fmpq_t two, t;
    fmpq_init(two);
    fmpq_init(t);
    fmpq_mul_2exp(two, a, 1);
    fmpq_mul(full, two, k);
    fmpq_add_si(full, full, 1);
    fmpq_mul(t, two, k + 2);
    fmpq_add_si(t, t, 1);
    fmpq_mul(full, full, t);
    fmpq_mul(cross, two, k + 1);
    fmpq_mul(cross, cross, cross);
    fmpq_clear(two);
    fmpq_clear(t);
}

/* <erf(a u) erf(a v)> = (2/pi) asin(2 a^2 ab / sqrt((1 + 2 a^2 aa)(1 + 2 a^2 bb))) */
static char *erf_text(const fmpq_t a, const fmpq *k, ew_context *ctx)
{
    fmpq_t full, cross, square;
    fmpq_init(full);
    fmpq_init(cross);
    fmpq_init(square);
    fmpq_mul(square, a, a);
    tilted(full, cross, square, k);
    fmpq_div(cross, cross, full);
    char *root = root_text(cross, ctx), *text = NULL;
    if (root)
        text = fmpq_is_zero(cross)
                   ? ew_strdup("0", ctx)
                   : ew_format(ctx, "%s2*asin(%s)/pi", fmpq_sgn(k + 1) < 0 ? "-" : "", root);
    free(root);
    fmpq_clear(full);
    fmpq_clear(cross);
    fmpq_clear(square);
    return text;
}

/* <e^(-a u^2 - a v^2)>: the determinant of 1 + 2 a Sigma to the power -1/2, for a > 0. */
static char *gauss_text(const fmpq_t a, const fmpq *k, ew_context *ctx)
{
    fmpq_t full, cross;
    fmpq_init(full);
    fmpq_init(cross);
    tilted(full, cross, a, k);
    fmpq_sub(full, full, cross);
    fmpq_inv(full, full);
    char *text = fmpq_sgn(a) > 0 ? root_text(full, ctx) : NULL;
    fmpq_clear(full);
    fmpq_clear(cross);
    return text;
}

static char *exp_text(const fmpq_t x, ew_context *ctx)
{
    char *number = ew_rational_text(x), *text = NULL;
    if (number)
        text = fmpq_is_zero(x) ? ew_strdup("1", ctx) : ew_format(ctx, "exp(%s)", number);
    free(number);
    return text;
}

/* With w = +-(var(u +- v) a^2)/2, minus for sin and cos: <e^(a(u +- v))> or <cos(a(u +- v))> is
 * e^w, and products of two are half a sum or a difference of those. */
static char *exponential_text(ew_op op, const fmpq_t a, const fmpq *k, ew_context *ctx)
{
    fmpq_t plus, minus, t;
    fmpq_init(plus);
    fmpq_init(minus);
    fmpq_init(t);
    fmpq_add(minus, k, k + 2);
    fmpq_mul_2exp(t, k + 1, 1);
    fmpq_add(plus, minus, t);
    fmpq_sub(minus, minus, t);
    fmpq_mul(t, a, a);
    fmpq_div_2exp(t, t, 1);
    if (op == EW_SIN || op == EW_COS)
        fmpq_neg(t, t);
    fmpq_mul(plus, plus, t);
    fmpq_mul(minus, minus, t);
    if (op == EW_SIN)
        fmpq_swap(plus, minus);
    char *p = exp_text(plus, ctx), *m = exp_text(minus, ctx), *text = NULL;
    int odd = op == EW_SIN || op == EW_SINH;
    if (p && m && odd && fmpq_equal(plus, minus))
        text = ew_strdup("0", ctx);
    else if (p && m)
        text = op == EW_EXP ? ew_strdup(p, ctx)
                            : ew_format(ctx, "(%s%s%s)/2", p, odd ? "-" : "+", m);
    free(p);
    free(m);
    fmpq_clear(plus);
    fmpq_clear(minus);
    fmpq_clear(t);
    return text;
}

static int is_plain(const ew_monomial *f)
{
    ew_monomial s = {0};
    s.e[0] = 1;
    return ew_monomial_equal(f, &s);
}

char *ew_waves_text(const ew_activation *s, const ew_monomial *f, const ew_monomial *g,
                    const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb, ew_context *ctx)
{
    const ew_expr *e = s->piece[0].f;
    char *text = NULL;
    fmpq_t a;
    if (s->kinks || !is_plain(f) || !is_plain(g) || e->n != 1)
        return NULL;
    fmpq_init(a);
    fmpq *k = _fmpq_vec_init(3);
    fmpq_set(k, kaa);
    fmpq_set(k + 1, kab);
    fmpq_set(k + 2, kbb);
    if (e->op == EW_ERF && rational_term(a, e->arg[0], 1)) {
        text = erf_text(a, k, ctx);
    } else if (e->op == EW_EXP && rational_term(a, e->arg[0], 2)) {
        fmpq_neg(a, a);
        text = gauss_text(a, k, ctx);
    } else if ((e->op == EW_EXP || e->op == EW_SIN || e->op == EW_COS || e->op == EW_SINH ||
                e->op == EW_COSH) &&
               rational_term(a, e->arg[0], 1)) {
        text = exponential_text(e->op, a, k, ctx);
    }
    fmpq_clear(a);
    _fmpq_vec_clear(k, 3);
    return text;
}

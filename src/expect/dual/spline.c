#include "expect/dual/spline.h"

#include <stdlib.h>

#include "activation/jet.h"
#include "expect/dual/owen.h"
#include "expect/dual/truncated.h"

/* ---- making it -----------------------------------------------------------------------------
 */

/* Jumps at kink i, still without powers of K. */
static ew_status set_jumps(ew_spline *q, const ew_activation *s, slong i, ew_context *ctx)
{
    slong len = q->degree + 1;
    acb_t c;
    arb_t factorial;
    acb_init(c);
    arb_init(factorial);
    acb_ptr left = _acb_vec_init(len), right = _acb_vec_init(len);
    ew_expr_constant(acb_realref(c), s->kink[i], q->prec);
    ew_jet(left, s->piece[i].f, c, len, 1, q->prec);
    ew_jet(right, s->piece[i + 1].f, c, len, 1, q->prec);
    int finite = 1;
    arb_one(factorial);
    for (slong k = 1; k < len; k++) {
        arb_ptr J = q->jump + i * len + k;
        arb_mul_ui(factorial, factorial, (ulong) k, q->prec);
        arb_sub(J, acb_realref(right + k), acb_realref(left + k), q->prec);
        arb_mul(J, J, factorial, q->prec);
        finite = finite && arb_is_finite(J);
    }
    _acb_vec_clear(left, len);
    _acb_vec_clear(right, len);
    arb_clear(factorial);
    acb_clear(c);
    return finite ? EW_OK
                  : ew_fail(ctx, EW_UNABLE, "dual: a piece is not analytic at its end: %s",
                            s->text);
}

/* Is a + b = 0?  Undecided: EW_UNABLE. */
static ew_status opposite(int *yes, ew_expr *a, ew_expr *b, ew_context *ctx)
{
    ew_expr *sum = ew_expr_2(EW_ADD, ew_expr_ref(a), ew_expr_ref(b), ctx);
    if (!sum)
        return ew_recorded(ctx);
    int sign = ew_expr_sign(sum);
    ew_expr_free(sum);
    *yes = sign == 0;
    return sign == 2
               ? ew_fail(ctx, EW_UNABLE, "dual: kinks that cannot be told from opposite ones")
               : EW_OK;
}

static ew_status set_relations(ew_spline *q, const ew_activation *s, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < q->knots && status == EW_OK; i++)
        for (slong j = 0; j <= i && status == EW_OK; j++) {
            int *yes = q->opposite + i * q->knots + j;
            status = opposite(yes, s->kink[i], s->kink[j], ctx);
            q->opposite[j * q->knots + i] = *yes;
        }
    for (slong i = 0; i < q->knots; i++)
        q->zero[i] = q->opposite[i * q->knots + i];
    return status;
}

/* c/sqrt K and J_k K^(k/2). */
static void scale(ew_spline *q, const ew_activation *s, const arb_t K)
{
    arb_t root, power;
    arb_init(root);
    arb_init(power);
    arb_sqrt(root, K, q->prec);
    for (slong i = 0; i < q->knots; i++) {
        ew_expr_constant(q->at + i, s->kink[i], q->prec);
        if (q->zero[i])
            arb_zero(q->at + i);
        arb_div(q->at + i, q->at + i, root, q->prec);
        arb_one(power);
        for (slong k = 0; k <= q->degree; k++) {
            arb_ptr J = q->jump + i * (q->degree + 1) + k;
            arb_mul(J, J, power, q->prec);
            arb_mul(power, power, root, q->prec);
        }
    }
    arb_clear(power);
    arb_clear(root);
}

ew_status ew_spline_init(ew_spline *q, const ew_activation *s, slong degree, const arb_t K,
                         slong prec, ew_context *ctx)
{
    size_t n = (size_t) s->kinks;
    *q = (ew_spline){.knots = s->kinks, .degree = degree, .prec = prec};
    q->at = _arb_vec_init(q->knots);
    q->jump = _arb_vec_init(q->knots * (degree + 1));
    q->zero = ew_alloc_zero(n, sizeof *q->zero, ctx);
    q->opposite = ew_alloc_zero(n * n, sizeof *q->opposite, ctx);
    if (!q->zero || !q->opposite)
        return EW_MEMORY;
    ew_status status = set_relations(q, s, ctx);
    for (slong i = 0; i < q->knots && status == EW_OK; i++)
        status = set_jumps(q, s, i, ctx);
    if (status == EW_OK)
        scale(q, s, K);
    return status;
}

void ew_spline_clear(ew_spline *q)
{
    _arb_vec_clear(q->at, q->knots);
    _arb_vec_clear(q->jump, q->knots * (q->degree + 1));
    free(q->zero);
    free(q->opposite);
    *q = (ew_spline){0};
}

/* ---- Hermite coefficients ------------------------------------------------------------------
 */

/* v[i] contains <D^i (g - x)_+^m/m!>, i < m + N: U_(m-i), then the density at x, then He_j
 * of x times it. */
static void derivatives(arb_ptr v, slong m, slong N, const arb_t x, slong prec)
{
    arb_ptr u = _arb_vec_init(m + 1);
    arb_t t;
    arb_init(t);
    ew_truncated_one(u, m + 1, x, prec);
    for (slong k = 0; k <= m; k++)
        arb_swap(v + k, u + m - k);
    for (slong j = 0; j + 1 < N; j++) {
        arb_ptr h = v + m + 1 + j;
        if (j == 0) {
            ew_normal_density(h, x, prec);
            continue;
        }
        arb_mul(h, x, h - 1, prec);
        if (j > 1) {
            arb_mul_ui(t, h - 2, (ulong) (j - 1), prec);
            arb_sub(h, h, t, prec);
        }
    }
    arb_clear(t);
    _arb_vec_clear(u, m + 1);
}

/* By parts: <f h_n> sqrt(n!) = <D^n f>. */
void ew_spline_hermite(arb_ptr a, slong N, const ew_spline *q, slong prec)
{
    slong m = q->degree;
    arb_ptr v = _arb_vec_init(m + N + 1);
    arb_t t;
    arb_init(t);
    _arb_vec_zero(a, N);
    for (slong i = 0; i < q->knots; i++) {
        derivatives(v, m, N, q->at + i, prec);
        for (slong n = 0; n < N; n++)
            for (slong k = 1; k <= m; k++)
                arb_addmul(a + n, q->jump + i * (m + 1) + k, v + m - k + n, prec);
    }
    arb_one(t);
    for (slong n = 1; n < N; n++) {
        arb_sqrt_ui(v, (ulong) n, prec);
        arb_mul(t, t, v, prec);
        arb_div(a + n, a + n, t, prec);
    }
    arb_clear(t);
    _arb_vec_clear(v, m + N + 1);
}

/* ---- its dual ------------------------------------------------------------------------------
 */

/* value += sum J_ij J_lk T_jk, derivative += sum J_ij J_lk T_(j-1)(k-1) for knots i and l. */
static void add_pair(arb_t value, arb_t derivative, const ew_spline *q, slong i, slong l,
                     int twice, arb_srcptr T, slong prec)
{
    slong n = q->degree + 1;
    arb_srcptr a = q->jump + i * n, b = q->jump + l * n;
    arb_t x, y, s;
    arb_init(x);
    arb_init(y);
    arb_init(s);
    for (slong j = 1; j < n; j++) {
        arb_dot(s, NULL, 0, b + 1, 1, T + j * n + 1, 1, n - 1, prec);
        arb_addmul(x, a + j, s, prec);
        arb_dot(s, NULL, 0, b + 1, 1, T + (j - 1) * n, 1, n - 1, prec);
        arb_addmul(y, a + j, s, prec);
    }
    arb_mul_2exp_si(x, x, twice);
    arb_mul_2exp_si(y, y, twice);
    arb_add(value, value, x, prec);
    arb_add(derivative, derivative, y, prec);
    arb_clear(s);
    arb_clear(y);
    arb_clear(x);
}

ew_status ew_spline_dual(arb_t value, arb_t derivative, const ew_spline *q, int sign,
                         const arb_t t, slong prec, ew_context *ctx)
{
    slong n = q->degree + 1;
    arb_ptr T = _arb_vec_init(n * n);
    ew_status status = EW_OK;
    arb_zero(value);
    arb_zero(derivative);
    for (slong i = 0; i < q->knots && status == EW_OK; i++)
        for (slong l = 0; l <= i && status == EW_OK; l++) {
            int meet = sign > 0 ? i == l : q->opposite[i * q->knots + l];
            ew_truncation c = {q->at + i, q->at + l, sign, t, meet, q->zero[i], q->zero[l]};
            ew_truncated_two(T, n, n, &c, prec);
            add_pair(value, derivative, q, i, l, i != l, T, prec);
            status = ew_poll(ctx);
        }
    _arb_vec_clear(T, n * n);
    return status;
}

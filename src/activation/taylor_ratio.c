/* Power series with coefficients r sqrt(m) pi^(j/2): erf(z) has j = -1 throughout, sin(sqrt(2)
 * z) has m = 2, and the quotient of two such coefficients is rational when m and j agree. */
#include "activation/taylor_ratio.h"

#include <stdlib.h>

#include "activation/radical.h"
#include "activation/taylor_exact.h"

/* Powers beyond this are not multiplied out. */
#define MAX_POWER 64

typedef struct {
    slong n;
    ew_radical *c;
} series;

static ew_status series_init(series *x, slong n, ew_context *ctx)
{
    x->n = n;
    x->c = ew_alloc((size_t) n * sizeof *x->c, ctx);
    for (slong k = 0; x->c && k < n; k++)
        ew_radical_init(x->c + k);
    return x->c ? EW_OK : EW_MEMORY;
}

static void series_clear(series *x)
{
    for (slong k = 0; x->c && k < x->n; k++)
        ew_radical_clear(x->c + k);
    free(x->c);
}

static void zero(series *x)
{
    fmpq_t q;
    fmpq_init(q);
    for (slong k = 0; k < x->n; k++)
        ew_radical_set_rational(x->c + k, q);
    fmpq_clear(q);
}

static void unknown(series *x)
{
    for (slong k = 0; k < x->n; k++)
        x->c[k].known = 0;
}

static void copy(series *x, const series *y)
{
    for (slong k = 0; k < x->n; k++)
        ew_radical_set(x->c + k, y->c + k);
}

/* sum += sign * sum over first <= i <= k of a_i b_{k-i}. */
static void convolve(ew_radical *sum, const series *a, const series *b, slong first, slong k,
                     int sign)
{
    ew_radical t;
    ew_radical_init(&t);
    for (slong i = first; i <= k; i++) {
        if (ew_radical_is_zero(a->c + i) || ew_radical_is_zero(b->c + (k - i)))
            continue;
        ew_radical_mul(&t, a->c + i, b->c + (k - i));
        if (sign < 0)
            fmpq_neg(t.r, t.r);
        ew_radical_add(sum, sum, &t);
    }
    ew_radical_clear(&t);
}

static void multiply(series *y, const series *a, const series *b)
{
    zero(y);
    for (slong k = 0; k < y->n; k++)
        convolve(y->c + k, a, b, 0, k, 1);
}

/* y = a / b; finite near 0, so that b_0 is not zero. */
static void divide(series *y, const series *a, const series *b)
{
    ew_radical inverse;
    ew_radical_init(&inverse);
    ew_radical_inv(&inverse, b->c);
    for (slong k = 0; k < y->n; k++) {
        ew_radical_set(y->c + k, a->c + k);
        convolve(y->c + k, b, y, 1, k, -1);
        ew_radical_mul(y->c + k, y->c + k, &inverse);
    }
    ew_radical_clear(&inverse);
}

/* y = g(u - u_0) by Horner's rule; t and v are scratch. */
static void compose(series *y, const series *g, const series *u, series *t, series *v)
{
    fmpq_t none;
    fmpq_init(none);
    copy(v, u);
    ew_radical_set_rational(v->c, none);
    zero(y);
    for (slong k = y->n - 1; k >= 0; k--) {
        multiply(t, y, v);
        copy(y, t);
        ew_radical_add(y->c, y->c, g->c + k);
    }
    fmpq_clear(none);
}

/* erf and erfc at 0: 2/sqrt(pi) sum (-1)^i z^(2i+1) / (i! (2i+1)). */
static void about_erf(series *g, int complement)
{
    fmpq_t c, d;
    fmpz_t f;
    fmpq_init(c);
    fmpq_init(d);
    fmpz_init(f);
    zero(g);
    fmpq_set_si(c, complement, 1);
    ew_radical_set_rational(g->c, c);
    for (slong i = 0; 2 * i + 1 < g->n; i++) {
        fmpz_fac_ui(f, (ulong) i);
        fmpz_mul_si(f, f, 2 * i + 1);
        fmpq_set_si(c, (i % 2) == complement ? 2 : -2, 1);
        fmpq_div_fmpz(d, c, f);
        ew_radical_set_rational(g->c + (2 * i + 1), d);
        g->c[2 * i + 1].j = -1;
    }
    fmpz_clear(f);
    fmpq_clear(c);
    fmpq_clear(d);
}

/* node with its first argument replaced by u_0 + z */
static ew_expr *about(const ew_expr *node, const fmpq_t u0, ew_context *ctx)
{
    ew_expr *at = ew_expr_2(EW_ADD, ew_expr_num(u0, ctx), ew_expr_leaf(EW_Z, 0, ctx), ctx);
    return node->op == EW_POW ? ew_expr_2(EW_POW, at, ew_expr_ref(node->arg[1]), ctx)
                              : ew_expr_1(node->op, at, ctx);
}

/* The Taylor series of a primitive at a rational point, where it is rational itself. */
static ew_status primitive(series *g, const ew_expr *node, const ew_radical *at,
                           ew_context *ctx)
{
    fmpq_t u0;
    fmpq_init(u0);
    ew_status status = EW_OK;
    unknown(g);
    int here = ew_radical_rational(u0, at);
    if (here && fmpq_is_zero(u0) && (node->op == EW_ERF || node->op == EW_ERFC)) {
        about_erf(g, node->op == EW_ERFC);
    } else if (here) {
        ew_expr *f = about(node, u0, ctx);
        int *known = ew_alloc_zero((size_t) g->n, sizeof *known, ctx);
        fmpq *value = _fmpq_vec_init(g->n);
        status = f && known ? ew_taylor_exact(value, known, f, g->n, ctx) : ew_recorded(ctx);
        for (slong k = 0; k < g->n && status == EW_OK; k++)
            if (known[k])
                ew_radical_set_rational(g->c + k, value + k);
        _fmpq_vec_clear(value, g->n);
        free(known);
        ew_expr_free(f);
    }
    fmpq_clear(u0);
    return status;
}

static ew_status expand(series *y, const ew_expr *e, ew_context *ctx);

static ew_status expand_nary(series *y, const ew_expr *e, series *t, series *u, ew_context *ctx)
{
    ew_status status = expand(y, e->arg[0], ctx);
    for (slong i = 1; status == EW_OK && i < e->n; i++) {
        status = expand(t, e->arg[i], ctx);
        if (e->op == EW_ADD) {
            for (slong k = 0; k < y->n; k++)
                ew_radical_add(y->c + k, y->c + k, t->c + k);
        } else {
            if (e->op == EW_MUL)
                multiply(u, y, t);
            else
                divide(u, y, t);
            copy(y, u);
        }
    }
    return status;
}

/* A function of one argument, or a power. */
static ew_status expand_function(series *y, const ew_expr *e, series *t, series *u,
                                 ew_context *ctx)
{
    slong p;
    ew_status status = expand(u, e->arg[0], ctx);
    if (status == EW_OK && e->op == EW_POW && ew_expr_small_integer(&p, e->arg[1]) && p >= 0 &&
        p <= MAX_POWER) {
        fmpq_t one;
        fmpq_init(one);
        fmpq_one(one);
        zero(y);
        ew_radical_set_rational(y->c, one);
        for (slong i = 0; i < p; i++) {
            multiply(t, y, u);
            copy(y, t);
        }
        fmpq_clear(one);
        return EW_OK;
    }
    series g, v;
    if (status == EW_OK)
        status = series_init(&g, y->n, ctx);
    if (status != EW_OK)
        return status;
    status = series_init(&v, y->n, ctx);
    if (status == EW_OK)
        status = primitive(&g, e, u->c, ctx);
    if (status == EW_OK)
        compose(y, &g, u, t, &v);
    series_clear(&v);
    series_clear(&g);
    return status;
}

static ew_status expand(series *y, const ew_expr *e, ew_context *ctx)
{
    series t, u;
    if (!e->has_z || e->op == EW_Z) {
        zero(y);
        if (!e->has_z)
            ew_radical_constant(y->c, e);
        else if (y->n > 1)
            fmpq_one(y->c[1].r);
        return EW_OK;
    }
    ew_status status = series_init(&t, y->n, ctx);
    if (status != EW_OK)
        return status;
    status = series_init(&u, y->n, ctx);
    if (status == EW_OK)
        status = e->op == EW_ADD || e->op == EW_MUL || e->op == EW_DIV
                     ? expand_nary(y, e, &t, &u, ctx)
                     : expand_function(y, e, &t, &u, ctx);
    series_clear(&u);
    series_clear(&t);
    return status;
}

/* The expression that s equals near 0. */
static const ew_expr *near_zero(const ew_activation *a)
{
    slong i = 0;
    int sign = 1;
    while (i < a->kinks && (sign = ew_expr_sign(a->kink[i])) < 0)
        i++;
    return i < a->kinks && sign != 1 ? NULL : a->piece[i].f;
}

static ew_status by_radicals(fmpq *out, const ew_activation *a, slong len, ew_context *ctx)
{
    series y;
    ew_radical q;
    const ew_expr *f = near_zero(a);
    ew_status status = series_init(&y, len, ctx);
    if (status != EW_OK)
        return status;
    ew_radical_init(&q);
    int good = f != NULL;
    if (f)
        status = expand(&y, f, ctx);
    ew_radical_inv(&q, y.c + 1);
    for (slong k = 0; k < len && status == EW_OK && good; k++) {
        ew_radical_mul(y.c + k, y.c + k, &q);
        good = ew_radical_rational(out + k, y.c + k);
    }
    ew_radical_clear(&q);
    series_clear(&y);
    if (status == EW_OK && !good)
        status = ew_fail(ctx, EW_UNABLE,
                         "the Taylor coefficients of %.60s at 0, divided by the first, are not "
                         "seen to be rational",
                         a->text);
    return status;
}

ew_status ew_activation_taylor_ratio(fmpq *out, const ew_activation *a, slong len,
                                     ew_context *ctx)
{
    int *known = ew_alloc_zero((size_t) len, sizeof *known, ctx);
    if (!known)
        return EW_MEMORY;
    arb_ptr ball = _arb_vec_init(len);
    ew_status status = ew_activation_taylor(ball, out, known, a, len, 64, ctx);
    int all = status == EW_OK && !fmpq_is_zero(out + 1);
    for (slong k = 0; k < len; k++)
        all = all && known[k];
    for (slong k = len - 1; k >= 1 && all; k--)
        fmpq_div(out + k, out + k, out + 1);
    if (status == EW_OK && !all)
        status = by_radicals(out, a, len, ctx);
    _arb_vec_clear(ball, len);
    free(known);
    return status;
}

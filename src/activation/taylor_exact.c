/* Power series in which each coefficient is a known rational or unknown.  A known zero times an
 * unknown is a known zero, so parity and the rational part of gelu = z/2 + z erf(..)/2 survive.
 */
#include "activation/taylor_exact.h"

#include <stdlib.h>

typedef struct {
    slong n;
    fmpq *c;
    int *known;
} partial;

static ew_status expand(partial *y, const ew_expr *e, ew_context *ctx);

static ew_status partial_init(partial *x, slong n, ew_context *ctx)
{
    x->n = n;
    x->known = ew_alloc_zero((size_t) n, sizeof *x->known, ctx);
    if (!x->known)
        return EW_MEMORY;
    x->c = _fmpq_vec_init(n);
    return EW_OK;
}

static void partial_clear(partial *x)
{
    if (x->known)
        _fmpq_vec_clear(x->c, x->n);
    free(x->known);
}

static void unknown(partial *x)
{
    for (slong k = 0; k < x->n; k++)
        x->known[k] = 0;
}

static void zero(partial *x)
{
    for (slong k = 0; k < x->n; k++) {
        fmpq_zero(x->c + k);
        x->known[k] = 1;
    }
}

static void copy(partial *x, const partial *a)
{
    for (slong k = 0; k < x->n; k++) {
        fmpq_set(x->c + k, a->c + k);
        x->known[k] = a->known[k];
    }
}

static int is_zero(const partial *x, slong k)
{
    return x->known[k] && fmpq_is_zero(x->c + k);
}

static void add(partial *x, const partial *a)
{
    for (slong k = 0; k < x->n; k++) {
        fmpq_add(x->c + k, x->c + k, a->c + k);
        x->known[k] = x->known[k] && a->known[k];
    }
}

/* *known and sum += sign * sum over first <= j <= k of a_j b_{k-j}. */
static void convolve(fmpq_t sum, int *known, const partial *a, const partial *b, slong first,
                     slong k, int sign)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong j = first; j <= k; j++) {
        if (is_zero(a, j) || is_zero(b, k - j))
            continue;
        *known = *known && a->known[j] && b->known[k - j];
        if (!*known)
            break;
        fmpq_mul(t, a->c + j, b->c + (k - j));
        if (sign > 0)
            fmpq_add(sum, sum, t);
        else
            fmpq_sub(sum, sum, t);
    }
    fmpq_clear(t);
}

static void multiply(partial *y, const partial *a, const partial *b)
{
    for (slong k = 0; k < y->n; k++) {
        fmpq_zero(y->c + k);
        y->known[k] = 1;
        convolve(y->c + k, y->known + k, a, b, 0, k, 1);
    }
}

/* y = a / b, b_0 not zero: what is finite near 0 has no other denominators. */
static void divide(partial *y, const partial *a, const partial *b)
{
    unknown(y);
    if (is_zero(b, 0))
        return;
    for (slong k = 0; k < y->n; k++) {
        fmpq_set(y->c + k, a->c + k);
        y->known[k] = a->known[k];
        convolve(y->c + k, y->known + k, b, y, 1, k, -1);
        if (is_zero(y, k))
            continue;
        if (b->known[0] && y->known[k])
            fmpq_div(y->c + k, y->c + k, b->c);
        else
            y->known[k] = 0;
    }
}

static void set_poly(partial *g, const fmpq_poly_t p)
{
    for (slong k = 0; k < g->n; k++) {
        fmpq_poly_get_coeff_fmpq(g->c + k, p, k);
        g->known[k] = 1;
    }
}

/* y = x / k */
static void divide_by(fmpq_t y, const fmpq_t x, slong k)
{
    fmpz_t d;
    fmpz_init_set_si(d, k);
    fmpq_div_fmpz(y, x, d);
    fmpz_clear(d);
}

/* log(r + x): log r is known for r = 1 only, the rest is (-1)^(k-1) / (k r^k). */
static void about_log(partial *g, const fmpq_t r)
{
    fmpq_t power;
    if (fmpq_sgn(r) <= 0)
        return;
    fmpq_init(power);
    fmpq_one(power);
    g->known[0] = fmpq_is_one(r);
    for (slong k = 1; k < g->n; k++) {
        fmpq_div(power, power, r);
        divide_by(g->c + k, power, k);
        g->known[k] = 1;
        fmpq_neg(power, power);
    }
    fmpq_clear(power);
}

/* (r + x)^p for a rational p with r^p known: c_k = c_{k-1} (p-k+1) / (k r). */
static void about_power(partial *g, const fmpq_t value, const fmpq_t r, const fmpq_t p)
{
    fmpq_t f;
    if (fmpq_sgn(r) <= 0)
        return;
    fmpq_init(f);
    fmpq_set(g->c, value);
    g->known[0] = 1;
    for (slong k = 1; k < g->n; k++) {
        fmpq_sub_si(f, p, k - 1);
        fmpq_div(f, f, r);
        divide_by(f, f, k);
        fmpq_mul(g->c + k, g->c + (k - 1), f);
        g->known[k] = 1;
    }
    fmpq_clear(f);
}

/* atan(r + x), whose derivative is 1/(1 + r^2 + 2 r x + x^2). */
static void about_atan(partial *g, const fmpq_t r)
{
    fmpq_t c;
    fmpq_poly_t q;
    fmpq_init(c);
    fmpq_poly_init(q);
    fmpq_mul(c, r, r);
    fmpq_add_si(c, c, 1);
    fmpq_poly_set_coeff_fmpq(q, 0, c);
    fmpq_add(c, r, r);
    fmpq_poly_set_coeff_fmpq(q, 1, c);
    fmpq_poly_set_coeff_si(q, 2, 1);
    fmpq_poly_inv_series(q, q, g->n);
    fmpq_poly_integral(q, q);
    set_poly(g, q);
    g->known[0] = fmpq_is_zero(r);
    fmpq_poly_clear(q);
    fmpq_clear(c);
}

/* sigmoid = 1/2 + tanh(x/2)/2; softplus is its integral plus log 2. */
static void about_sigmoid(fmpq_poly_t p, const fmpq_poly_t x, slong n)
{
    fmpq_poly_scalar_div_ui(p, x, 2);
    fmpq_poly_tanh_series(p, p, n);
    fmpq_poly_scalar_div_ui(p, p, 2);
    fmpq_poly_t half;
    fmpq_poly_init(half);
    fmpq_poly_set_si(half, 1);
    fmpq_poly_scalar_div_ui(half, half, 2);
    fmpq_poly_add(p, p, half);
    fmpq_poly_clear(half);
}

/* erf: odd, with coefficients in Q / sqrt(pi). */
static void about_erf(partial *g, int complement)
{
    zero(g);
    for (slong k = 1; k < g->n; k += 2)
        g->known[k] = 0;
    fmpq_set_si(g->c, complement, 1);
}

static void about_zero(partial *g, ew_op op)
{
    fmpq_poly_t x, p;
    fmpq_poly_init(x);
    fmpq_poly_init(p);
    fmpq_poly_set_coeff_si(x, 1, 1);
    void (*series)(fmpq_poly_t, const fmpq_poly_t, slong) =
        op == EW_EXP || op == EW_EXPM1 ? fmpq_poly_exp_series
        : op == EW_SIN                 ? fmpq_poly_sin_series
        : op == EW_COS                 ? fmpq_poly_cos_series
        : op == EW_TAN                 ? fmpq_poly_tan_series
        : op == EW_ASINH               ? fmpq_poly_asinh_series
        : op == EW_SINH                ? fmpq_poly_sinh_series
        : op == EW_COSH                ? fmpq_poly_cosh_series
        : op == EW_TANH                ? fmpq_poly_tanh_series
                                       : about_sigmoid;
    series(p, x, g->n);
    if (op == EW_EXPM1)
        fmpq_poly_set_coeff_si(p, 0, 0);
    if (op == EW_SOFTPLUS)
        fmpq_poly_integral(p, p);
    set_poly(g, p);
    if (op == EW_SOFTPLUS)
        g->known[0] = 0;
    fmpq_poly_clear(p);
    fmpq_poly_clear(x);
}

/* The Taylor series of the primitive at the rational r, as far as it is rational. */
static void about(partial *g, ew_op op, const fmpq_t r)
{
    unknown(g);
    if (op == EW_LOG) {
        about_log(g, r);
    } else if (op == EW_LOG1P) {
        fmpq_t s;
        fmpq_init(s);
        fmpq_add_si(s, r, 1);
        about_log(g, s);
        fmpq_clear(s);
    } else if (op == EW_ATAN) {
        about_atan(g, r);
    } else if (fmpq_is_zero(r) && (op == EW_ERF || op == EW_ERFC)) {
        about_erf(g, op == EW_ERFC);
    } else if (fmpq_is_zero(r)) {
        about_zero(g, op);
    }
}

/* y = g(u - u_0) by Horner's rule. */
static ew_status compose(partial *y, const partial *g, const partial *u, ew_context *ctx)
{
    partial v, t;
    ew_status status = partial_init(&v, y->n, ctx);
    if (status != EW_OK)
        return status;
    status = partial_init(&t, y->n, ctx);
    if (status == EW_OK) {
        copy(&v, u);
        fmpq_zero(v.c);
        v.known[0] = 1;
        zero(y);
        for (slong k = y->n - 1; k >= 0; k--) {
            multiply(&t, y, &v);
            copy(y, &t);
            fmpq_add(y->c, y->c, g->c + k);
            y->known[0] = y->known[0] && g->known[k];
        }
        partial_clear(&t);
    }
    partial_clear(&v);
    return status;
}

/* r^p, r > 0, if that is known to be rational: powers of square roots. */
static int rational_power(fmpq_t value, const fmpq_t r, const fmpq_t p)
{
    int half = fmpz_equal_ui(fmpq_denref(p), 2);
    if (!(half || fmpz_is_one(fmpq_denref(p))) || fmpz_bits(fmpq_numref(p)) > 10)
        return 0;
    fmpq_set(value, r);
    if (half && !(fmpz_is_square(fmpq_numref(r)) && fmpz_is_square(fmpq_denref(r))))
        return 0;
    if (half) {
        fmpz_sqrt(fmpq_numref(value), fmpq_numref(r));
        fmpz_sqrt(fmpq_denref(value), fmpq_denref(r));
    }
    fmpq_pow_si(value, value, fmpz_get_si(fmpq_numref(p)));
    return 1;
}

static ew_status integer_power(partial *y, const partial *u, slong m, ew_context *ctx)
{
    partial t;
    ew_status status = partial_init(&t, y->n, ctx);
    if (status != EW_OK)
        return status;
    zero(y);
    fmpq_one(y->c);
    for (slong k = 0; k < FLINT_ABS(m); k++) {
        if (m > 0)
            multiply(&t, y, u);
        else
            divide(&t, y, u);
        copy(y, &t);
    }
    partial_clear(&t);
    return EW_OK;
}

static ew_status power(partial *y, const partial *u, const fmpq_t p, ew_context *ctx)
{
    if (fmpz_is_one(fmpq_denref(p)) && fmpz_cmpabs(fmpq_numref(p), fmpq_denref(p)) >= 0 &&
        fmpz_bits(fmpq_numref(p)) <= 10)
        return integer_power(y, u, fmpz_get_si(fmpq_numref(p)), ctx);
    partial g;
    ew_status status = partial_init(&g, y->n, ctx);
    if (status != EW_OK)
        return status;
    fmpq_t value;
    fmpq_init(value);
    if (u->known[0] && fmpq_sgn(u->c) > 0 && rational_power(value, u->c, p))
        about_power(&g, value, u->c, p);
    status = compose(y, &g, u, ctx);
    fmpq_clear(value);
    partial_clear(&g);
    return status;
}

static ew_status function(partial *y, ew_op op, const partial *u, ew_context *ctx)
{
    partial g;
    ew_status status = partial_init(&g, y->n, ctx);
    if (status != EW_OK)
        return status;
    if (u->known[0])
        about(&g, op, u->c);
    status = compose(y, &g, u, ctx);
    partial_clear(&g);
    return status;
}

static ew_status expand_nary(partial *y, const ew_expr *e, partial *t, partial *u,
                             ew_context *ctx)
{
    ew_status status = expand(y, e->arg[0], ctx);
    for (slong i = 1; status == EW_OK && i < e->n; i++) {
        status = expand(t, e->arg[i], ctx);
        if (status != EW_OK)
            break;
        if (e->op == EW_ADD) {
            add(y, t);
        } else {
            multiply(u, y, t);
            copy(y, u);
        }
    }
    return status;
}

static ew_status expand_node(partial *y, const ew_expr *e, partial *t, partial *u,
                             ew_context *ctx)
{
    ew_status status;
    if (e->op == EW_ADD || e->op == EW_MUL)
        return expand_nary(y, e, t, u, ctx);
    status = expand(t, e->arg[0], ctx);
    if (status == EW_OK && e->op == EW_DIV)
        status = expand(u, e->arg[1], ctx);
    if (status != EW_OK)
        return status;
    if (e->op == EW_DIV) {
        divide(y, t, u);
        return EW_OK;
    }
    fmpq_t p;
    fmpq_init(p);
    fmpq_set_si(p, 1, 2);
    if (e->op == EW_SQRT || (e->op == EW_POW && ew_expr_rational(p, e->arg[1])))
        status = power(y, t, p, ctx);
    else
        status = function(y, e->op, t, ctx);
    fmpq_clear(p);
    return status;
}

static ew_status expand(partial *y, const ew_expr *e, ew_context *ctx)
{
    if (!e->has_z || e->op == EW_Z) {
        zero(y);
        if (e->op != EW_Z)
            y->known[0] = ew_expr_rational(y->c, e);
        else if (y->n > 1)
            fmpq_one(y->c + 1);
        return EW_OK;
    }
    partial t, u;
    ew_status status = partial_init(&t, y->n, ctx);
    if (status != EW_OK)
        return status;
    status = partial_init(&u, y->n, ctx);
    if (status == EW_OK) {
        status = expand_node(y, e, &t, &u, ctx);
        partial_clear(&u);
    }
    partial_clear(&t);
    return status;
}

ew_status ew_taylor_exact(fmpq *value, int *known, const ew_expr *e, slong len, ew_context *ctx)
{
    partial y;
    ew_status status = partial_init(&y, len, ctx);
    if (status != EW_OK)
        return status;
    status = expand(&y, e, ctx);
    for (slong k = 0; status == EW_OK && k < len; k++) {
        fmpq_set(value + k, y.c + k);
        known[k] = y.known[k];
    }
    partial_clear(&y);
    return status;
}

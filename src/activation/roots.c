#include "activation/roots.h"

#include "activation/polynomial.h"

/* p + q sqrt(d), simplified. */
static ew_expr *surd(const fmpq_t p, const fmpq_t q, const fmpz_t d, ew_context *ctx)
{
    fmpq_t r;
    fmpq_init(r);
    fmpq_set_fmpz(r, d);
    ew_expr *root = ew_expr_1(EW_SQRT, ew_expr_num(r, ctx), ctx);
    fmpq_clear(r);
    ew_expr *e = ew_expr_2(EW_MUL, ew_expr_num(q, ctx), root, ctx);
    return ew_constant_canonical(ew_expr_2(EW_ADD, ew_expr_num(p, ctx), e, ctx), ctx);
}

static ew_status linear(ew_signs *s, const fmpz_poly_t f, ew_context *ctx)
{
    fmpq_t r;
    fmpq_init(r);
    int lead = fmpz_sgn(f->coeffs + 1);
    fmpq_set_fmpz_frac(r, f->coeffs, f->coeffs + 1);
    fmpq_neg(r, r);
    ew_status status = ew_signs_set(s, -lead, ctx);
    if (status == EW_OK)
        status = ew_signs_append(s, ew_expr_num(r, ctx), lead, ctx);
    fmpq_clear(r);
    return status;
}

/* lead sign outside two roots (owned, also on failure), the opposite between them. */
static ew_status between(ew_signs *s, int lead, ew_expr *low, ew_expr *high, ew_context *ctx)
{
    ew_status status = ew_signs_set(s, lead, ctx);
    if (status == EW_OK) {
        status = ew_signs_append(s, low, -lead, ctx);
        low = NULL;
    }
    if (status == EW_OK) {
        status = ew_signs_append(s, high, lead, ctx);
        high = NULL;
    }
    ew_expr_free(low);
    ew_expr_free(high);
    return status;
}

/* Irreducible over Q: -b/(2a) -+ sqrt(d)/(2|a|). */
static ew_status quadratic(ew_signs *s, const fmpz_poly_t f, ew_context *ctx)
{
    fmpq_t p, q;
    fmpz_t d, two_a;
    fmpq_init(p);
    fmpq_init(q);
    fmpz_init(d);
    fmpz_init(two_a);
    fmpz_poly_discriminant(d, f);
    ew_status status;
    int lead = fmpz_sgn(f->coeffs + 2);
    if (fmpz_sgn(d) < 0) {
        status = ew_signs_set(s, lead, ctx);
    } else {
        fmpz_mul_2exp(two_a, f->coeffs + 2, 1);
        fmpq_set_fmpz_frac(p, f->coeffs + 1, two_a);
        fmpq_neg(p, p);
        fmpz_set_si(fmpq_numref(q), -1);
        fmpz_abs(fmpq_denref(q), two_a);
        ew_expr *low = surd(p, q, d, ctx);
        fmpq_neg(q, q);
        status = between(s, lead, low, surd(p, q, d, ctx), ctx);
    }
    fmpz_clear(two_a);
    fmpz_clear(d);
    fmpq_clear(q);
    fmpq_clear(p);
    return status;
}

static int is_binomial(const fmpz_poly_t f)
{
    for (slong i = 1; i < fmpz_poly_degree(f); i++)
        if (!fmpz_is_zero(f->coeffs + i))
            return 0;
    return 1;
}

/* a z^n + b: sign * |b/a|^(1/n). */
static ew_expr *radical(const fmpz_poly_t f, slong sign, ew_context *ctx)
{
    fmpq_t r, inv;
    fmpq_init(r);
    fmpq_init(inv);
    fmpq_set_fmpz_frac(r, f->coeffs, f->coeffs + fmpz_poly_degree(f));
    fmpq_abs(r, r);
    fmpq_set_si(inv, 1, (ulong) fmpz_poly_degree(f));
    ew_expr *e = ew_expr_2(EW_POW, ew_expr_num(r, ctx), ew_expr_num(inv, ctx), ctx);
    fmpq_clear(inv);
    fmpq_clear(r);
    return ew_expr_2(EW_MUL, ew_expr_si(sign, ctx), e, ctx);
}

static ew_status binomial(ew_signs *s, const fmpz_poly_t f, ew_context *ctx)
{
    slong n = fmpz_poly_degree(f);
    int lead = fmpz_sgn(f->coeffs + n);
    int same = lead == fmpz_sgn(f->coeffs);
    if (n % 2 == 0 && same)
        return ew_signs_set(s, lead, ctx);
    if (n % 2 == 0)
        return between(s, lead, radical(f, -1, ctx), radical(f, 1, ctx), ctx);
    ew_status status = ew_signs_set(s, -lead, ctx);
    if (status == EW_OK)
        status = ew_signs_append(s, radical(f, same ? -1 : 1, ctx), lead, ctx);
    return status;
}

/* x = a rational at most (side -1) or at least (side 1) the constant, close to it; 0 if
 * undefined. */
static int outer_rational(fmpq_t x, const ew_expr *e, int side)
{
    arb_t b;
    arf_t end;
    arb_init(b);
    arf_init(end);
    ew_expr_constant(b, e, 128);
    if (side < 0)
        arb_get_lbound_arf(end, b, 128);
    else
        arb_get_ubound_arf(end, b, 128);
    int ok = arf_is_finite(end) && arf_cmpabs_2exp_si(end, 10000) < 0 &&
             (arf_is_zero(end) || arf_cmpabs_2exp_si(end, -10000) > 0);
    if (ok)
        arf_get_fmpq(x, end);
    arf_clear(end);
    arb_clear(b);
    return ok;
}

/* g(x), x > 0, runs over f on (lo, hi): g = (1+x)^n f((lo + hi x)/(1+x)), and without the
 * denominator when one end is infinite. */
static void to_half_line(fmpq_poly_t g, const fmpq_poly_t f, const fmpq_t lo, const fmpq_t hi,
                         int finite_lo, int finite_hi)
{
    fmpq_poly_t num, den;
    fmpq_poly_init(num);
    fmpq_poly_init(den);
    fmpq_poly_set_coeff_fmpq(num, 0, finite_lo ? lo : hi);
    if (finite_lo && finite_hi)
        fmpq_poly_set_coeff_fmpq(num, 1, hi);
    else
        fmpq_poly_set_coeff_si(num, 1, finite_lo ? 1 : -1);
    fmpq_poly_set_coeff_si(den, 0, 1);
    if (finite_lo && finite_hi)
        fmpq_poly_set_coeff_si(den, 1, 1);
    fmpq_poly_t scale, term;
    fmpq_poly_init(scale);
    fmpq_poly_init(term);
    fmpq_t c;
    fmpq_init(c);
    fmpq_poly_zero(g);
    fmpq_poly_one(scale);
    for (slong k = fmpq_poly_degree(f); k >= 0; k--) {
        fmpq_poly_mul(g, g, num);
        fmpq_poly_get_coeff_fmpq(c, f, k);
        fmpq_poly_scalar_mul_fmpq(term, scale, c);
        fmpq_poly_add(g, g, term);
        fmpq_poly_mul(scale, scale, den);
    }
    fmpq_clear(c);
    fmpq_poly_clear(term);
    fmpq_poly_clear(scale);
    fmpq_poly_clear(den);
    fmpq_poly_clear(num);
}

/* Sturm on g(x^2): the irreducible f has no root on (lo, hi); then *sign is its sign there. */
static int definite(int *sign, const fmpz_poly_t f, ew_interval range)
{
    fmpq_t lo, hi;
    fmpq_poly_t p, g;
    fmpz_poly_t num;
    fmpq_init(lo);
    fmpq_init(hi);
    fmpq_poly_init(p);
    fmpq_poly_init(g);
    fmpz_poly_init(num);
    int finite_lo = range.lo && outer_rational(lo, range.lo, -1);
    int finite_hi = range.hi && outer_rational(hi, range.hi, 1);
    if (!finite_lo && !finite_hi) {
        fmpz_poly_set(num, f);
    } else {
        fmpq_poly_set_fmpz_poly(p, f);
        to_half_line(g, p, lo, hi, finite_lo, finite_hi);
        fmpq_poly_get_numerator(num, g);
        fmpz_poly_inflate(num, num, 2);
    }
    int none = fmpz_poly_num_real_roots(num) == 0;
    *sign = fmpz_sgn(fmpz_poly_lead(num));
    fmpz_poly_clear(num);
    fmpq_poly_clear(g);
    fmpq_poly_clear(p);
    fmpq_clear(hi);
    fmpq_clear(lo);
    return none;
}

static ew_status irreducible(ew_signs *s, int *exact, const fmpz_poly_t f, ew_interval range,
                             ew_context *ctx)
{
    int sign;
    if (fmpz_poly_degree(f) == 1)
        return linear(s, f, ctx);
    if (fmpz_poly_degree(f) == 2)
        return quadratic(s, f, ctx);
    if (is_binomial(f))
        return binomial(s, f, ctx);
    *exact = definite(&sign, f, range);
    return *exact ? ew_signs_set(s, sign, ctx) : EW_OK;
}

/* s *= t^k. */
static ew_status multiply(ew_signs *s, const ew_signs *t, slong k, ew_context *ctx)
{
    ew_signs even, product;
    ew_signs_init(&even);
    ew_signs_init(&product);
    ew_status status = EW_OK;
    if (k % 2 == 0)
        status = ew_signs_combine(&even, t, t, ew_sign_product, ctx);
    if (status == EW_OK)
        status = ew_signs_combine(&product, s, k % 2 ? t : &even, ew_sign_product, ctx);
    ew_signs_clear(&even);
    ew_signs_clear(s);
    *s = product;
    return status;
}

static ew_status rational(ew_signs *s, int *exact, const fmpq_poly_t p, ew_interval range,
                          ew_context *ctx)
{
    *exact = 1;
    if (fmpq_poly_is_zero(p))
        return ew_signs_set(s, 0, ctx);
    ew_signs t;
    fmpz_poly_t num;
    fmpz_poly_factor_t fac;
    ew_signs_init(&t);
    fmpz_poly_init(num);
    fmpz_poly_factor_init(fac);
    fmpq_poly_get_numerator(num, p);
    fmpz_poly_factor(fac, num);
    ew_status status = ew_signs_set(s, fmpz_sgn(&fac->c), ctx);
    for (slong i = 0; status == EW_OK && *exact && i < fac->num; i++) {
        status = irreducible(&t, exact, fac->p + i, range, ctx);
        if (status == EW_OK && *exact)
            status = multiply(s, &t, fac->exp[i], ctx);
    }
    fmpz_poly_factor_clear(fac);
    fmpz_poly_clear(num);
    ew_signs_clear(&t);
    return status;
}

/* (-b + side sqrt(d)) / (2a) */
static ew_expr *formula(ew_expr *const *coef, const ew_expr *d, slong side, ew_context *ctx)
{
    ew_expr *root = ew_expr_1(EW_SQRT, ew_expr_ref(d), ctx);
    root = ew_expr_2(EW_MUL, ew_expr_si(side, ctx), root, ctx);
    ew_expr *b = ew_expr_neg(ew_expr_ref(coef[1]), ctx);
    ew_expr *two_a = ew_expr_2(EW_MUL, ew_expr_si(2, ctx), ew_expr_ref(coef[2]), ctx);
    ew_expr *e = ew_expr_2(EW_DIV, ew_expr_2(EW_ADD, b, root, ctx), two_a, ctx);
    return ew_constant_canonical(e, ctx);
}

static ew_status constant_quadratic(ew_signs *s, ew_expr *const *coef, ew_context *ctx)
{
    int lead, sign;
    ew_expr *square = ew_expr_2(EW_POW, ew_expr_ref(coef[1]), ew_expr_si(2, ctx), ctx);
    ew_expr *ac = ew_expr_2(EW_MUL, ew_expr_ref(coef[0]), ew_expr_ref(coef[2]), ctx);
    ac = ew_expr_2(EW_MUL, ew_expr_si(-4, ctx), ac, ctx);
    ew_expr *d = ew_constant_canonical(ew_expr_2(EW_ADD, square, ac, ctx), ctx);
    ew_status status = d ? ew_constant_sign(&sign, d, ctx) : ew_recorded(ctx);
    if (status == EW_OK)
        status = ew_constant_sign(&lead, coef[2], ctx);
    if (status == EW_OK && sign <= 0)
        status = ew_signs_set(s, lead, ctx);
    else if (status == EW_OK)
        status =
            between(s, lead, formula(coef, d, -lead, ctx), formula(coef, d, lead, ctx), ctx);
    ew_expr_free(d);
    return status;
}

static ew_status constant_linear(ew_signs *s, ew_expr *const *coef, ew_context *ctx)
{
    int lead;
    ew_status status = ew_constant_sign(&lead, coef[1], ctx);
    if (status == EW_OK)
        status = ew_signs_set(s, -lead, ctx);
    if (status != EW_OK)
        return status;
    ew_expr *b = ew_expr_neg(ew_expr_ref(coef[0]), ctx);
    ew_expr *root = ew_expr_2(EW_DIV, b, ew_expr_ref(coef[1]), ctx);
    return ew_signs_append(s, ew_constant_canonical(root, ctx), lead, ctx);
}

/* All coefficients over the leading one, whose sign is *lead; a leading coefficient that is
 * zero in a way the algebra does not see is dropped. */
static ew_status make_monic(ew_polynomial *p, int *lead, ew_context *ctx)
{
    ew_status status;
    while ((status = ew_constant_sign(lead, p->coef[p->degree], ctx)) == EW_OK && *lead == 0 &&
           p->degree > 0)
        ew_expr_free(p->coef[p->degree--]);
    if (status != EW_OK || p->degree == 0 || *lead == 0)
        return status;
    ew_expr *a = p->coef[p->degree];
    for (slong k = 0; k < p->degree; k++) {
        ew_expr *c = ew_expr_2(EW_DIV, p->coef[k], ew_expr_ref(a), ctx);
        p->coef[k] = ew_constant_canonical(c, ctx);
        if (!p->coef[k])
            return ew_recorded(ctx);
    }
    ew_expr_free(a);
    p->coef[p->degree] = ew_expr_si(1, ctx);
    return p->coef[p->degree] ? EW_OK : ew_recorded(ctx);
}

ew_status ew_roots_polynomial(ew_signs *s, ew_polynomial *p, ew_interval range, ew_context *ctx)
{
    int lead, exact = 1;
    ew_status status = make_monic(p, &lead, ctx);
    if (status != EW_OK || p->degree == 0)
        return status == EW_OK ? ew_signs_set(s, lead, ctx) : status;
    fmpq_poly_t r;
    fmpq_poly_init(r);
    if (ew_polynomial_rational(r, p))
        status = rational(s, &exact, r, range, ctx);
    else if (p->degree == 1)
        status = constant_linear(s, p->coef, ctx);
    else if (p->degree == 2)
        status = constant_quadratic(s, p->coef, ctx);
    else
        exact = 0;
    fmpq_poly_clear(r);
    if (status == EW_OK && !exact)
        return ew_signs_set(s, EW_SIGN_UNKNOWN, ctx);
    for (slong i = 0; status == EW_OK && i <= s->n; i++)
        s->sign[i] *= lead;
    return status;
}

/* Exact values: piecewise homogeneous integrands at rational variances. */
#include "expect/evaluator.h"
#include "expect/local.h"
#include "expect/moment.h"
#include "expect/waves.h"

#include <stdlib.h>
#include <string.h>

/* The rational polynomial F on one piece. */
static int rational_monomial(fmpq_poly_t F, const ew_piece *p, const ew_monomial *f)
{
    fmpq_poly_t s, t;
    fmpq_t c;
    int ok = 1;
    fmpq_poly_init(s);
    fmpq_poly_init(t);
    fmpq_init(c);
    for (slong i = 0; i <= p->degree && ok; i++) {
        ok = ew_expr_rational(c, p->coef[i]);
        fmpq_poly_set_coeff_fmpq(s, i, c);
    }
    fmpq_poly_one(F);
    for (slong i = 0; i < EW_JETS && ok; i++) {
        if (f->e[i]) {
            fmpq_poly_pow(t, s, f->e[i]);
            fmpq_poly_mul(F, F, t);
        }
        fmpq_poly_derivative(s, s);
    }
    fmpq_poly_shift_left(F, F, f->z);
    fmpq_poly_clear(s);
    fmpq_poly_clear(t);
    fmpq_clear(c);
    return ok;
}

/* s is rational, with no kink but at 0, and the atom asks for functions only. */
static int is_exact(const ew_activation *s, const ew_atom1 *t)
{
    slong power = t->f.z + 2 * t->j;
    if (!s->rational || s->n > 2 || (s->kinks == 1 && ew_expr_sign(s->kink[0]) != 0) ||
        t->j < 0)
        return 0;
    for (slong i = 0; i < EW_JETS; i++) {
        if (t->f.e[i] > EW_MAX_POWER || (t->f.e[i] && i > ew_function_order(s)))
            return 0;
        power += t->f.e[i] * (s->piece[0].degree + s->piece[s->n - 1].degree);
    }
    return power <= 2000;
}

/* (n/2)(n/2 - 1)...(n/2 - j + 1) */
static void falling_half(fmpq_t x, slong n, slong j)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_one(x);
    for (slong i = 0; i < j; i++) {
        fmpq_set_si(t, n - 2 * i, 2);
        fmpq_mul(x, x, t);
    }
    fmpq_clear(t);
}

/* The term of z^n: c E|g|^n/2 differentiated, the power of K reduced to an integer m
 * (K^(n/2-j) = K^m or K^m sqrt K); odd n lack sqrt(2K/pi). */
static int add_power(fmpq_t sum, const fmpq_t c, slong n, slong j, const fmpq_t K)
{
    fmpq_t x, y;
    fmpz_t h;
    slong m = (n - (n & 1)) / 2 - j;
    int ok = 1;
    fmpq_init(x);
    fmpq_init(y);
    fmpz_init(h);
    falling_half(x, n, j);
    fmpq_mul(x, x, c);
    ew_half_moment(h, (ulong) n);
    fmpq_mul_fmpz(x, x, h);
    fmpq_div_2exp(x, x, 1);
    if (!fmpq_is_zero(x)) {
        ok = m >= 0 || !fmpq_is_zero(K);
        if (ok) {
            fmpq_pow_si(y, K, m);
            fmpq_mul(x, x, y);
            fmpq_add(sum, sum, x);
        }
    }
    fmpq_clear(x);
    fmpq_clear(y);
    fmpz_clear(h);
    return ok;
}

/* D^j <F>_K = even + odd sqrt(2K/pi) */
static int exact_parts(fmpq_t even, fmpq_t odd, const ew_activation *s, const ew_atom1 *t,
                       const fmpq_t K)
{
    fmpq_poly_t R, L;
    fmpq_t a, b;
    int ok = is_exact(s, t) && fmpq_sgn(K) >= 0;
    fmpq_zero(even);
    fmpq_zero(odd);
    if (!ok)
        return 0;
    fmpq_poly_init(R);
    fmpq_poly_init(L);
    fmpq_init(a);
    fmpq_init(b);
    ok = rational_monomial(L, s->piece, &t->f) &&
         rational_monomial(R, s->piece + s->n - 1, &t->f);
    slong n =
        fmpq_poly_length(R) > fmpq_poly_length(L) ? fmpq_poly_length(R) : fmpq_poly_length(L);
    for (slong i = 0; i < n && ok; i++) {
        fmpq_poly_get_coeff_fmpq(a, R, i);
        fmpq_poly_get_coeff_fmpq(b, L, i);
        if (i & 1)
            fmpq_sub(a, a, b);
        else
            fmpq_add(a, a, b);
        ok = add_power(i & 1 ? odd : even, a, i, t->j, K);
    }
    fmpq_poly_clear(R);
    fmpq_poly_clear(L);
    fmpq_clear(a);
    fmpq_clear(b);
    return ok;
}

/* F = z^p (f^(i))^e ... to `len` terms from the series of f to len + EW_JETS terms. */
static void monomial_series(fmpq_poly_t F, const ew_monomial *m, const fmpq_poly_t f, slong len)
{
    fmpq_poly_t d, t;
    fmpq_poly_init(d);
    fmpq_poly_init(t);
    fmpq_poly_set(d, f);
    fmpq_poly_one(F);
    for (slong i = 0; i < EW_JETS; i++) {
        fmpq_poly_set(t, d);
        fmpq_poly_truncate(t, len);
        for (slong e = 0; e < m->e[i]; e++)
            fmpq_poly_mullow(F, F, t, len);
        fmpq_poly_derivative(d, d);
    }
    fmpq_poly_shift_left(F, F, m->z);
    fmpq_poly_truncate(F, len);
    fmpq_poly_clear(d);
    fmpq_poly_clear(t);
}

/* Variance 0 by the heat form, D^j F = F^(2j)(0)/2^j, where the Taylor coefficients it needs
 * are known rationals. */
static int rational_at_zero(fmpq_t value, const ew_activation *s, const ew_atom1 *atom)
{
    slong len = 2 * atom->j + 1, terms = len + ew_monomial_len(&atom->f) - 1;
    arb_ptr ball = _arb_vec_init(terms);
    fmpq *coef = _fmpq_vec_init(terms);
    int *known = ew_alloc_zero((size_t) terms, sizeof *known, NULL);
    int ok = known && ew_activation_taylor(ball, coef, known, s, terms, 64, NULL) == EW_OK;
    fmpq_poly_t f, F;
    fmpz_t factorial;
    fmpq_poly_init(f);
    fmpq_poly_init(F);
    fmpz_init(factorial);
    for (slong i = 0; i < terms && ok; i++) {
        ok = known[i];
        fmpq_poly_set_coeff_fmpq(f, i, coef + i);
    }
    if (ok) {
        monomial_series(F, &atom->f, f, len);
        fmpq_poly_get_coeff_fmpq(value, F, len - 1);
        fmpz_fac_ui(factorial, (ulong) len - 1);
        fmpq_mul_fmpz(value, value, factorial);
        fmpq_div_2exp(value, value, (ulong) atom->j);
    }
    fmpq_poly_clear(f);
    fmpq_poly_clear(F);
    fmpz_clear(factorial);
    free(known);
    _arb_vec_clear(ball, terms);
    _fmpq_vec_clear(coef, terms);
    return ok;
}

int ew_expect_one_rational(fmpq_t value, const ew_activation *s, const ew_atom1 *atom,
                           const fmpq_t K)
{
    if (fmpq_is_zero(K) && !s->piecewise_poly)
        return rational_at_zero(value, s, atom);
    fmpq_t odd;
    fmpq_init(odd);
    int ok = exact_parts(value, odd, s, atom, K) && (fmpq_is_zero(odd) || fmpq_is_zero(K));
    fmpq_clear(odd);
    return ok;
}

/* n = root^2 rest, squares of small primes and a perfect rest taken out */
static void take_squares(fmpz_t root, fmpz_t rest, const fmpz_t n)
{
    fmpz_t p;
    fmpz_init(p);
    fmpz_set(rest, n);
    fmpz_one(root);
    for (ulong q = 2; q < 1000; q++)
        while (fmpz_divisible_si(rest, (slong) (q * q))) {
            fmpz_divexact_ui(rest, rest, q * q);
            fmpz_mul_ui(root, root, q);
        }
    if (fmpz_is_square(rest)) {
        fmpz_sqrt(p, rest);
        fmpz_mul(root, root, p);
        fmpz_one(rest);
    }
    fmpz_clear(p);
}

/* |c| sqrt(t/pi) as text: p*sqrt(t/pi)/q, 1/(q*sqrt(pi)), ... */
static char *root_text(const fmpq_t c, const fmpz_t t, ew_context *ctx)
{
    char *p = fmpz_get_str(NULL, 10, fmpq_numref(c)),
         *q = fmpz_get_str(NULL, 10, fmpq_denref(c));
    char *r = fmpz_get_str(NULL, 10, t), *out;
    const char *abs = p[0] == '-' ? p + 1 : p;
    int unit = !strcmp(abs, "1"), whole = !strcmp(q, "1");
    if (fmpz_is_one(t))
        out = whole ? ew_format(ctx, "%s/sqrt(pi)", abs)
                    : ew_format(ctx, "%s/(%s*sqrt(pi))", abs, q);
    else
        out = ew_format(ctx, "%s%ssqrt(%s/pi)%s%s", unit ? "" : abs, unit ? "" : "*", r,
                        whole ? "" : "/", whole ? "" : q);
    flint_free(p);
    flint_free(q);
    flint_free(r);
    return out;
}

/* even + odd sqrt(2K/pi), with sqrt(2K) = sqrt(uv)/v */
static char *parts_text(const fmpq_t even, const fmpq_t odd, const fmpq_t K, ew_context *ctx)
{
    fmpq_t c;
    fmpz_t root, rest;
    char *out = NULL, *a = NULL, *b = NULL;
    fmpq_init(c);
    fmpz_init(root);
    fmpz_init(rest);
    fmpq_mul_2exp(c, K, 1);
    fmpz_mul(rest, fmpq_numref(c), fmpq_denref(c));
    take_squares(root, rest, rest);
    fmpq_div_fmpz(c, odd, fmpq_denref(c));
    fmpq_mul_fmpz(c, c, root);
    b = root_text(c, rest, ctx);
    a = fmpq_get_str(NULL, 10, even);
    const char *sign = fmpq_sgn(c) < 0 ? "-" : fmpq_is_zero(even) ? "" : "+";
    if (b)
        out = ew_format(ctx, "%s%s%s", fmpq_is_zero(even) ? "" : a, sign, b);
    flint_free(a);
    free(b);
    fmpq_clear(c);
    fmpz_clear(root);
    fmpz_clear(rest);
    return out;
}

char *ew_expect_one_exact(const ew_activation *s, const ew_atom1 *atom, const fmpq_t K,
                          ew_context *ctx)
{
    fmpq_t even, odd;
    char *out = NULL;
    fmpq_init(even);
    fmpq_init(odd);
    if (exact_parts(even, odd, s, atom, K)) {
        if (fmpq_is_zero(odd) || fmpq_is_zero(K)) {
            char *t = fmpq_get_str(NULL, 10, even);
            out = ew_strdup(t, ctx);
            flint_free(t);
        } else {
            out = parts_text(even, odd, K, ctx);
        }
    } else if (atom->j == 0 && atom->f.e[0] == 2 && fmpq_sgn(K) > 0) {
        ew_monomial rest = atom->f, s1 = {0};
        rest.e[0] = s1.e[0] = 1;
        out = ew_waves_text(s, &rest, &s1, K, K, K, ctx);
    }
    fmpq_clear(even);
    fmpq_clear(odd);
    return out;
}

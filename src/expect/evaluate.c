/* One variable: what is asked is checked and grouped, a method chosen, balls K met by the
 * mean-value form.  The methods do the rest. */
#include "expect/closed.h"
#include "expect/evaluator.h"
#include "expect/local.h"
#include "expect/memo.h"
#include "expect/two.h"
#include "expect/waves.h"

#include <stdlib.h>
#include <string.h>

#define DERIVATIVE_BITS 48
#define NARROW_BITS 24
/* A variance of which no more than 0 <= K <= 2^this is known has grown out of its precision. */
#define RUNAWAY_BITS 64

enum { GRID, PANELS, ADAPTIVE };

static const struct {
    ew_method method;
    ew_method_fn *run;
    const char *name;
} methods[] = {
    {EW_GRID, ew_grid_evaluate, "trapezoid"},
    {EW_PANELS, ew_panels_evaluate, "Gauss-Legendre panels"},
    {EW_ADAPTIVE, ew_adaptive_evaluate, "adaptive Gauss-Legendre"},
};

ew_status ew_evaluator_new(ew_evaluator **out, const ew_activation *s, ew_method method,
                           ew_context *ctx)
{
    ew_evaluator *E = ew_alloc_zero(1, sizeof *E, ctx);
    if (!E)
        return EW_MEMORY;
    E->s = s;
    E->method = method;
    E->used = "closed form";
    E->order = ew_function_order(s);
    *out = E;
    return EW_OK;
}

void ew_evaluator_free(ew_evaluator *E)
{
    if (!E)
        return;
    ew_grid_free(E->grid);
    ew_panels_free(E->panels);
    ew_memo_free(E->memo);
    ew_norms_forget(E);
    free(E->norm);
    free(E->hint);
    free(E);
}

const char *ew_evaluator_method(const ew_evaluator *E)
{
    return E->used;
}

static ew_status check_monomial(const ew_evaluator *E, const ew_monomial *f, ew_context *ctx)
{
    if (f->z > EW_MAX_POWER)
        return ew_fail(ctx, EW_DOMAIN, "z^%d: powers are limited to %d", f->z, EW_MAX_POWER);
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[i] > EW_MAX_POWER)
            return ew_fail(ctx, EW_DOMAIN, "powers of the activation are limited to %d",
                           EW_MAX_POWER);
        if (f->e[i] && i > E->order && !E->regular)
            return ew_fail(ctx, EW_DOMAIN,
                           "derivative %ld of the activation has a delta function at a kink",
                           (long) i);
    }
    return EW_OK;
}

static ew_status check_atom(const ew_evaluator *E, const ew_atom1 *t, ew_context *ctx)
{
    if (t->j < 0 || t->j > EW_MAX_HERMITE / 2)
        return ew_fail(ctx, EW_DOMAIN, "derivatives in the variance are limited to %d",
                       EW_MAX_HERMITE / 2);
    return check_monomial(E, &t->f, ctx);
}

static ew_status not_positive(const arb_t K, ew_context *ctx)
{
    if (mag_cmp_2exp_si(arb_radref(K), RUNAWAY_BITS) > 0)
        return ew_fail(ctx, EW_UNABLE,
                       "the variance runs away: it is known only to lie between 0 and a bound "
                       "beyond 2^%d",
                       RUNAWAY_BITS);
    return ew_fail(ctx, EW_UNABLE, "the variance is not separated from zero");
}

static ew_status check_request(const arb_t K, slong prec, ew_context *ctx)
{
    if (!arb_is_finite(K) || arb_is_negative(K))
        return ew_fail(ctx, EW_DOMAIN, "the variance must be finite and not negative");
    if (!arb_is_zero(K) && !arb_is_positive(K))
        return not_positive(K, ctx);
    if (prec < 2 || prec > 2 * EW_MAX_BITS)
        return ew_fail(ctx, EW_UNABLE, "precision outside the stated limit");
    return EW_OK;
}

static void batch_clear(ew_batch *b)
{
    free(b->f);
    free(b->top);
    free(b->guess);
    free(b->t);
    memset(b, 0, sizeof *b);
}

static ew_status batch_init(ew_batch *b, slong n, ew_context *ctx)
{
    size_t size = n > 0 ? (size_t) n : 1;
    memset(b, 0, sizeof *b);
    b->f = ew_alloc(size * sizeof *b->f, ctx);
    b->top = ew_alloc(size * sizeof *b->top, ctx);
    b->guess = ew_alloc(size * sizeof *b->guess, ctx);
    b->t = ew_alloc(size * sizeof *b->t, ctx);
    b->len = 1;
    if (b->f && b->top && b->guess && b->t)
        return EW_OK;
    batch_clear(b);
    return EW_MEMORY;
}

static slong batch_monomial(ew_batch *b, const ew_monomial *f)
{
    slong len = ew_monomial_len(f);
    for (slong m = 0; m < b->monomials; m++)
        if (!memcmp(b->f + m, f, sizeof *f))
            return m;
    b->f[b->monomials] = *f;
    b->top[b->monomials] = 0;
    b->guess[b->monomials] = 0;
    b->len = len > b->len ? len : b->len;
    return b->monomials++;
}

static void batch_add(ew_batch *b, const ew_monomial *f, slong k)
{
    slong m = batch_monomial(b, f);
    b->t[b->n].m = m;
    b->t[b->n++].k = k;
    if (k > b->top[m])
        b->top[m] = k;
}

/* The method asked for; or the first of them that is able, hastily at first. */
static ew_status run(arb_ptr a, mag_ptr norm, ew_evaluator *E, ew_batch *b, const arb_t K,
                     slong prec, ew_context *ctx)
{
    static const int order[] = {GRID, PANELS, GRID, PANELS, ADAPTIVE};
    ew_status st = ew_batch_guess(b, E, K, ctx);
    if (st)
        return st;
    st = EW_UNABLE;
    for (int i = 0; i < 5 && st == EW_UNABLE; i++) {
        int any = E->method == EW_AUTO || E->method == EW_PLANE;
        E->hasty = any && i < 2;
        if (!any && (i < 2 || E->method != methods[order[i]].method))
            continue;
        st = methods[order[i]].run(a, norm, E, b, K, prec, ctx);
        if (st == EW_OK)
            E->used = methods[order[i]].name;
    }
    if (st == EW_OK)
        ew_clear(ctx);
    return st;
}

/* values[i] at the middle of K plus rad(K) times a bound of the derivative over the ball: the
 * mean value theorem, and the only place where a ball K is dealt with.  A chain of layers thus
 * loses what the derivatives multiply to, not a bit a layer (theory.md section 9). */
static void add_slope(arb_t value, const arb_t slope, const arb_t K)
{
    mag_t t;
    mag_init(t);
    arb_get_mag(t, slope);
    mag_mul(t, t, arb_radref(K));
    arb_add_error_mag(value, t);
    mag_clear(t);
}

/* f[j] = (2K)^-j, j <= top */
static void inverse_powers(arb_ptr f, slong top, const arb_t K, slong prec)
{
    arb_one(f);
    for (slong j = 1; j <= top; j++) {
        if (j == 1) {
            arb_inv(f + 1, K, prec);
            arb_mul_2exp_si(f + 1, f + 1, -1);
        } else {
            arb_mul(f + j, f + j - 1, f + 1, prec);
        }
    }
}

/* norm sqrt((2j)!) (2K)^-j */
static void atom_scale(mag_t scale, const mag_t norm, slong j, const arb_t power)
{
    mag_t t;
    mag_init(t);
    mag_fac_ui(scale, (ulong) (2 * j));
    mag_sqrt(scale, scale);
    mag_mul(scale, scale, norm);
    arb_get_mag(t, power);
    mag_mul(scale, scale, t);
    mag_clear(t);
}

static int vanishes(const ew_evaluator *E, const ew_atom1 *t)
{
    return ew_monomial_parity(&t->f, E->s->parity) < 0;
}

/* D^(j + shift) of the atoms at the ball K by quadrature; scales may be NULL. */
static ew_status atoms_by_method(arb_ptr values, mag_ptr scales, ew_evaluator *E,
                                 const ew_atom1 *atoms, slong n, slong shift, const arb_t K,
                                 slong prec, ew_context *ctx)
{
    ew_batch b;
    slong top = 0;
    ew_status st = batch_init(&b, n, ctx);
    if (st)
        return st;
    for (slong i = 0; i < n; i++)
        if (!vanishes(E, atoms + i)) {
            batch_add(&b, &atoms[i].f, 2 * (atoms[i].j + shift));
            top = atoms[i].j + shift > top ? atoms[i].j + shift : top;
        }
    arb_ptr a = _arb_vec_init(n), power = _arb_vec_init(top + 1);
    mag_ptr norm = _mag_vec_init(n);
    if (b.n)
        st = run(a, shift ? NULL : norm, E, &b, K, prec, ctx);
    inverse_powers(power, top, K, prec + 20);
    for (slong i = 0, next = 0; i < n && !st; i++) {
        slong j = atoms[i].j + shift;
        if (vanishes(E, atoms + i)) {
            arb_zero(values + i);
            if (scales)
                mag_zero(scales + i);
            continue;
        }
        arb_mul(values + i, a + next, power + j, prec + 20);
        if (scales)
            atom_scale(scales + i, norm + b.t[next].m, j, power + j);
        next++;
    }
    _arb_vec_clear(a, n);
    _arb_vec_clear(power, top + 1);
    _mag_vec_clear(norm, n);
    batch_clear(&b);
    return st;
}

/* *known = 0, and nothing recorded, when some atom has no closed form. */
static ew_status atoms_closed(arb_ptr values, mag_ptr scales, int *known, ew_evaluator *E,
                              const ew_atom1 *atoms, slong n, slong shift, const arb_t K,
                              slong prec, ew_context *ctx)
{
    if (!E->s->piecewise_poly && !E->narrow && E->method == EW_AUTO)
        return EW_OK;
    if (!E->s->piecewise_poly)
        return ew_waves_atoms(values, scales, known, E->s, atoms, n, shift, K, prec, ctx);
    ew_status st = ew_closed_atoms(values, scales, E->s, atoms, n, shift, K, prec, ctx);
    *known = st == EW_OK;
    if (st != EW_UNABLE || E->method == EW_CLOSED)
        return st;
    ew_clear(ctx);
    return EW_OK;
}

/* By the closed form where all atoms have one, else by quadrature. */
static ew_status atoms_at(arb_ptr values, mag_ptr scales, ew_evaluator *E,
                          const ew_atom1 *atoms, slong n, slong shift, const arb_t K,
                          slong prec, ew_context *ctx)
{
    int known = 0;
    ew_status st = EW_OK;
    if (E->method == EW_AUTO || E->method == EW_CLOSED)
        st = atoms_closed(values, scales, &known, E, atoms, n, shift, K, prec, ctx);
    if (st == EW_OK && known)
        E->used = "closed form";
    if (st || known)
        return st;
    if (E->method == EW_CLOSED)
        return ew_fail(ctx, EW_UNABLE, "no closed form is known");
    return atoms_by_method(values, scales, E, atoms, n, shift, K, prec, ctx);
}

ew_status ew_expect_one(arb_ptr values, mag_ptr scales, ew_evaluator *E, const ew_atom1 *atoms,
                        slong n, const arb_t K, slong prec, ew_context *ctx)
{
    ew_status st = check_request(K, prec, ctx);
    for (slong i = 0; i < n && !st; i++)
        st = check_atom(E, atoms + i, ctx);
    if (st)
        return st;
    if (arb_is_zero(K)) {
        E->used = "closed form";
        return ew_zero_atoms(values, scales, E->s, atoms, n, prec, ctx);
    }
    arb_t middle, ball; /* copies: K may be one of the values */
    arb_init(middle);
    arb_init(ball);
    arb_set(ball, K);
    arb_get_mid_arb(middle, K);
    E->narrow = arb_rel_accuracy_bits(ball) >= NARROW_BITS;
    arb_ptr slope = _arb_vec_init(n);
    st = atoms_at(values, scales, E, atoms, n, 0, middle, prec, ctx);
    if (st == EW_OK && !arb_is_exact(ball))
        st = atoms_at(slope, NULL, E, atoms, n, 1, ball, DERIVATIVE_BITS, ctx);
    for (slong i = 0; i < n && !st && !arb_is_exact(ball); i++)
        add_slope(values + i, slope + i, ball);
    _arb_vec_clear(slope, n);
    arb_clear(middle);
    arb_clear(ball);
    return st;
}

/* K d/dK <F h_k(z/sqrt K)> = (k a_k + sqrt((k+1)(k+2)) a_{k+2})/2, by parts. */
static void add_hermite_slopes(arb_ptr coef, arb_srcptr ball, slong N, const arb_t K)
{
    arb_t s, t;
    arb_init(s);
    arb_init(t);
    for (slong k = 0; k <= N; k++) {
        arb_sqrt_ui(s, (ulong) ((k + 1) * (k + 2)), DERIVATIVE_BITS);
        arb_mul(s, s, ball + k + 2, DERIVATIVE_BITS);
        arb_addmul_ui(s, ball + k, (ulong) k, DERIVATIVE_BITS);
        arb_mul_2exp_si(t, K, 1);
        arb_div(s, s, t, DERIVATIVE_BITS);
        add_slope(coef + k, s, K);
    }
    arb_clear(s);
    arb_clear(t);
}

/* a[i] /= sqrt(k!), k ascending */
static void normalise(arb_ptr a, const ew_batch *b, slong prec)
{
    arb_t factorial, root;
    slong k = 0;
    arb_init(factorial);
    arb_init(root);
    arb_one(factorial);
    for (slong i = 0; i < b->n; i++) {
        while (k < b->t[i].k)
            arb_mul_ui(factorial, factorial, (ulong) ++k, prec + 32);
        arb_rsqrt(root, factorial, prec);
        arb_mul(a + i, a + i, root, prec);
    }
    arb_clear(factorial);
    arb_clear(root);
}

/* Exact zeros by parity; the rest by a method. */
static ew_status hermite_at(arb_ptr coef, mag_ptr norm, ew_evaluator *E, const ew_monomial *f,
                            slong N, const arb_t K, slong prec, ew_context *ctx)
{
    ew_batch b;
    int parity = ew_monomial_parity(f, E->s->parity);
    ew_status st = batch_init(&b, N + 1, ctx);
    if (st)
        return st;
    for (slong k = 0; k <= N; k++)
        if (!parity || (parity < 0) == (k & 1))
            batch_add(&b, f, k);
    arb_ptr a = _arb_vec_init(N + 1);
    mag_t size;
    mag_init(size);
    if (b.n)
        st = run(a, size, E, &b, K, prec, ctx);
    if (st == EW_OK) {
        _arb_vec_zero(coef, N + 1);
        normalise(a, &b, prec + 20);
        for (slong i = 0; i < b.n; i++)
            arb_swap(coef + b.t[i].k, a + i);
        if (norm)
            mag_set(norm, size);
    }
    mag_clear(size);
    _arb_vec_clear(a, N + 1);
    batch_clear(&b);
    return st;
}

ew_status ew_expect_hermite(arb_ptr coef, mag_ptr norm, ew_evaluator *E, const ew_monomial *f,
                            slong N, const arb_t K, slong prec, ew_context *ctx)
{
    arb_t middle;
    ew_status st = check_request(K, prec, ctx);
    if (!st)
        st = check_monomial(E, f, ctx);
    if (!st && (N < 0 || N > EW_MAX_HERMITE || arb_is_zero(K)))
        st = ew_fail(ctx, EW_UNABLE, "Hermite coefficients: order or variance out of reach");
    if (st)
        return st;
    if (arb_is_exact(K))
        return hermite_at(coef, norm, E, f, N, K, prec, ctx);
    arb_init(middle);
    arb_get_mid_arb(middle, K);
    arb_ptr ball = _arb_vec_init(N + 3);
    st = hermite_at(ball, norm, E, f, N + 2, K, DERIVATIVE_BITS, ctx);
    if (!st)
        st = hermite_at(coef, NULL, E, f, N, middle, prec, ctx);
    if (!st)
        add_hermite_slopes(coef, ball, N, K);
    _arb_vec_clear(ball, N + 3);
    arb_clear(middle);
    return st;
}

#include "expect/closed.h"

#include "expect/evaluator.h"
#include "expect/moment.h"

#define MAX_DEGREE 20000
#define ATTEMPTS 8

/* F(sqrt(K) x) on one piece, a polynomial in x. */
static void piece_polynomial(arb_poly_t F, const ew_piece *p, const ew_monomial *f,
                             const arb_t root, slong prec)
{
    arb_poly_t s, t;
    arb_t c, power;
    arb_poly_init(s);
    arb_poly_init(t);
    arb_init(c);
    arb_init(power);
    for (slong i = 0; i <= p->degree; i++) {
        ew_expr_constant(c, p->coef[i], prec);
        arb_poly_set_coeff_arb(s, i, c);
    }
    arb_poly_one(F);
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[i]) {
            arb_poly_pow_ui(t, s, f->e[i], prec);
            arb_poly_mul(F, F, t, prec);
        }
        arb_poly_derivative(s, s, prec);
    }
    arb_poly_shift_left(F, F, f->z);
    arb_one(power);
    for (slong i = 0; i < arb_poly_length(F); i++) {
        arb_mul(F->coeffs + i, F->coeffs + i, power, prec);
        arb_mul(power, power, root, prec);
    }
    arb_poly_clear(s);
    arb_poly_clear(t);
    arb_clear(c);
    arb_clear(power);
}

/* He_{2j} over the integers */
static void hermite(arb_poly_t H, slong j)
{
    fmpz_poly_t h;
    fmpz_poly_init(h);
    fmpz_poly_hermite_he(h, (ulong) (2 * j));
    arb_poly_set_fmpz_poly(H, h, ARF_PREC_EXACT);
    fmpz_poly_clear(h);
}

/* The integral over one piece of F(sqrt(K) x) H(x) against the standard Gaussian. */
static void piece_integral(arb_t sum, const ew_piece *p, const arb_poly_t F, const arb_poly_t H,
                           const arb_t root, slong prec)
{
    arb_poly_t G;
    arb_t a, b, t;
    arb_poly_init(G);
    arb_init(a);
    arb_init(b);
    arb_init(t);
    arb_poly_mul(G, F, H, prec);
    if (p->range.lo) {
        ew_expr_constant(a, p->range.lo, prec);
        arb_div(a, a, root, prec);
    }
    if (p->range.hi) {
        ew_expr_constant(b, p->range.hi, prec);
        arb_div(b, b, root, prec);
    }
    slong n = arb_poly_length(G);
    arb_ptr m = _arb_vec_init(n);
    ew_moments(m, n, p->range.lo ? a : NULL, p->range.hi ? b : NULL, prec);
    arb_dot(t, NULL, 0, G->coeffs, 1, m, 1, n, prec);
    arb_add(sum, sum, t, prec);
    _arb_vec_clear(m, n);
    arb_poly_clear(G);
    arb_clear(a);
    arb_clear(b);
    arb_clear(t);
}

/* <F He_{2j}(z/sqrt K)>_K */
static void hermite_moment(arb_t value, const ew_activation *s, const ew_monomial *f, slong j,
                           const arb_t K, slong prec)
{
    arb_poly_t F, H;
    arb_t root;
    arb_poly_init(F);
    arb_poly_init(H);
    arb_init(root);
    arb_sqrt(root, K, prec);
    hermite(H, j);
    arb_zero(value);
    for (slong i = 0; i < s->n; i++) {
        piece_polynomial(F, s->piece + i, f, root, prec);
        piece_integral(value, s->piece + i, F, H, root, prec);
    }
    arb_poly_clear(F);
    arb_poly_clear(H);
    arb_clear(root);
}

static int degree_fits(const ew_activation *s, const ew_atom1 *t, slong j)
{
    slong degree = 1, power = 0;
    for (slong i = 0; i < s->n; i++)
        if (s->piece[i].degree > degree)
            degree = s->piece[i].degree;
    for (slong i = 0; i < EW_JETS; i++)
        power += t->f.e[i];
    return degree <= MAX_DEGREE && j <= MAX_DEGREE &&
           degree * power + t->f.z + 2 * j <= MAX_DEGREE;
}

/* sqrt <F^2>_K sqrt((2j)!), which bounds <|F He_2j|> by Cauchy-Schwarz */
static void size_bound(mag_t size, const ew_activation *s, const ew_monomial *f, slong j,
                       const arb_t K, slong prec)
{
    ew_monomial g;
    mag_t t;
    arb_t x;
    mag_init(t);
    arb_init(x);
    ew_monomial_square(&g, f);
    hermite_moment(x, s, &g, 0, K, prec);
    arb_get_mag(size, x);
    mag_fac_ui(t, (ulong) (2 * j));
    mag_mul(size, size, t);
    mag_sqrt(size, size);
    mag_clear(t);
    arb_clear(x);
}

static ew_status closed_atom(arb_t value, mag_t size, const ew_activation *s, const ew_atom1 *t,
                             slong j, const arb_t K, slong prec, ew_context *ctx)
{
    mag_t limit;
    arb_t power;
    slong wp = prec + 32;
    int done = 0;
    if (ew_monomial_parity(&t->f, s->parity) < 0) {
        arb_zero(value);
        mag_zero(size);
        return EW_OK;
    }
    if (!degree_fits(s, t, j))
        return ew_fail(ctx, EW_UNABLE, "closed form: the degree is too large");
    mag_init(limit);
    arb_init(power);
    for (int i = 0; i < ATTEMPTS && !done; i++, wp += wp / 2 + 64) {
        hermite_moment(value, s, &t->f, j, K, wp);
        size_bound(size, s, &t->f, j, K, wp < 128 ? wp : i ? wp : 128);
        mag_mul_2exp_si(limit, size, -prec - 1);
        done = !arb_is_exact(K) || mag_cmp(arb_radref(value), limit) <= 0;
    }
    arb_mul_2exp_si(power, K, 1);
    arb_pow_ui(power, power, (ulong) j, wp);
    arb_div(value, value, power, wp);
    arb_inv(power, power, 64);
    arb_get_mag(limit, power);
    mag_mul(size, size, limit);
    mag_clear(limit);
    arb_clear(power);
    return done ? EW_OK : ew_fail(ctx, EW_UNABLE, "closed form: too much cancellation");
}

ew_status ew_closed_atoms(arb_ptr values, mag_ptr scales, const ew_activation *s,
                          const ew_atom1 *atoms, slong n, slong shift, const arb_t K,
                          slong prec, ew_context *ctx)
{
    mag_t size;
    ew_status st = EW_OK;
    mag_init(size);
    for (slong i = 0; i < n && !st; i++) {
        st = closed_atom(values + i, size, s, atoms + i, atoms[i].j + shift, K, prec, ctx);
        if (scales)
            mag_set(scales + i, size);
    }
    mag_clear(size);
    return st;
}

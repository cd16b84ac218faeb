/* One variable: expectations of waves where u and v are the same Gaussian. */
#include "expect/evaluator.h"
#include "expect/waves.h"

/* Derivatives in K beyond which quadrature is cheaper than Leibniz's rule; working precisions
 * tried; bits of a norm that count as knowing it. */
enum { MAX_ORDER = 4, EXTRA_BITS = 24, ATTEMPTS = 7, FAIR_BITS = 20 };

/* x = <f g>_K and size >= <|f g|>_K, by Cauchy-Schwarz; *fair = 0 when size is a loose bound.
 */
static ew_status product(arb_t x, mag_t size, int *fair, int *known, const ew_waves *f,
                         const ew_waves *g, const arb_t K, slong prec, ew_context *ctx)
{
    arb_t ff, gg;
    arb_init(ff);
    arb_init(gg);
    ew_status status = ew_waves_expect_same(x, known, f, g, K, prec, ctx);
    if (status == EW_OK && *known)
        status = ew_waves_expect_same(ff, known, f, f, K, prec, ctx);
    if (status == EW_OK && *known)
        status = ew_waves_expect_same(gg, known, g, g, K, prec, ctx);
    arb_mul(ff, ff, gg, prec);
    arb_get_mag(size, ff);
    mag_sqrt(size, size);
    *fair &= arb_is_zero(ff) || arb_rel_accuracy_bits(ff) >= FAIR_BITS;
    arb_clear(ff);
    arb_clear(gg);
    return status;
}

/* m = left right, at most one activation in each. */
static void split(ew_monomial *left, ew_monomial *right, const ew_monomial *m)
{
    *left = *m;
    *right = (ew_monomial){0};
    for (slong i = EW_JETS - 1, n = 0; i >= 0; i--)
        for (slong k = 0; k < m->e[i]; k++, n++)
            if (n == 0) {
                left->e[i]--;
                right->e[i]++;
            }
}

static ew_status monomial_waves(ew_waves *f, int *known, const ew_activation *s,
                                const ew_monomial *m, slong prec, ew_context *ctx)
{
    ew_jetsum F;
    ew_jetsum_init(&F);
    ew_status status = ew_jetsum_set(&F, m, ctx);
    if (status == EW_OK)
        status = ew_waves_set(f, known, s, &F, prec, ctx);
    ew_jetsum_clear(&F);
    return status;
}

static ew_status monomial(arb_t x, mag_t size, int *fair, int *known, const ew_activation *s,
                          const ew_monomial *m, const arb_t K, slong prec, ew_context *ctx)
{
    ew_waves f, g;
    ew_monomial left, right;
    split(&left, &right, m);
    ew_waves_init(&f);
    ew_waves_init(&g);
    ew_status status = monomial_waves(&f, known, s, &left, prec, ctx);
    if (status == EW_OK && *known)
        status = monomial_waves(&g, known, s, &right, prec, ctx);
    if (status == EW_OK && *known)
        status = product(x, size, fair, known, &f, &g, K, prec, ctx);
    ew_waves_clear(&f);
    ew_waves_clear(&g);
    return status;
}

/* x = 2^-j <F>_K for F the 2j-th derivative of a monomial. */
static ew_status attempt(arb_t x, mag_t size, int *fair, int *known, const ew_activation *s,
                         const ew_jetsum *F, slong j, const arb_t K, slong prec,
                         ew_context *ctx)
{
    arb_t t, c;
    mag_t r, a;
    ew_status status = EW_OK;
    arb_init(t);
    arb_init(c);
    mag_init(r);
    mag_init(a);
    arb_zero(x);
    mag_zero(size);
    *fair = *known = 1;
    for (slong i = 0; i < F->n && *known && status == EW_OK; i++) {
        status = monomial(t, r, fair, known, s, F->m + i, K, prec, ctx);
        arb_set_fmpq(c, F->coef + i, prec);
        arb_addmul(x, c, t, prec);
        arb_get_mag(a, c);
        mag_addmul(size, a, r);
    }
    arb_mul_2exp_si(x, x, -j);
    mag_mul_2exp_si(size, size, -j);
    arb_clear(t);
    arb_clear(c);
    mag_clear(r);
    mag_clear(a);
    return status;
}

static int accurate(const arb_t x, const mag_t size, int fair, slong prec)
{
    mag_t t;
    mag_init(t);
    mag_mul_2exp_si(t, size, -prec);
    int good = arb_is_finite(x) && fair && mag_cmp(arb_radref(x), t) <= 0;
    mag_clear(t);
    return good;
}

static ew_status one_atom(arb_t x, mag_t size, int *known, const ew_activation *s,
                          const ew_atom1 *atom, slong j, const arb_t K, slong prec,
                          ew_context *ctx)
{
    ew_jetsum F;
    int fair, done = 0;
    slong wp = prec + EXTRA_BITS;
    if (ew_monomial_parity(&atom->f, s->parity) < 0) {
        arb_zero(x);
        mag_zero(size);
        return EW_OK;
    }
    ew_jetsum_init(&F);
    ew_status status = ew_jetsum_set(&F, &atom->f, ctx);
    if (status == EW_OK)
        status = ew_jetsum_derive(&F, 2 * j, ctx);
    for (int i = 0; i < ATTEMPTS && !done && *known && status == EW_OK; i++, wp *= 2) {
        status = attempt(x, size, &fair, known, s, &F, j, K, wp, ctx);
        done = arb_is_exact(K) ? accurate(x, size, fair, prec) : arb_is_finite(x);
    }
    *known &= done;
    ew_jetsum_clear(&F);
    return status;
}

/* At most two activations in a product, and derivatives within the table of jets. */
static int within_reach(const ew_atom1 *t, slong j)
{
    slong degree = 0;
    for (slong i = 0; i < EW_JETS; i++)
        degree += t->f.e[i];
    return degree <= 2 && j <= MAX_ORDER && ew_monomial_order(&t->f) + 2 * j < EW_JETS;
}

ew_status ew_waves_atoms(arb_ptr values, mag_ptr scales, int *known, const ew_activation *s,
                         const ew_atom1 *atoms, slong n, slong shift, const arb_t K, slong prec,
                         ew_context *ctx)
{
    mag_t size;
    ew_status status = EW_OK;
    *known = s->kinks == 0;
    for (slong i = 0; i < n && *known; i++)
        *known = within_reach(atoms + i, atoms[i].j + shift);
    mag_init(size);
    for (slong i = 0; i < n && *known && status == EW_OK; i++) {
        status =
            one_atom(values + i, size, known, s, atoms + i, atoms[i].j + shift, K, prec, ctx);
        if (scales)
            mag_set(scales + i, size);
    }
    mag_clear(size);
    return status;
}

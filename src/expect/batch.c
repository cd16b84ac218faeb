#include "expect/evaluator.h"

#include "activation/jet.h"

#include <math.h>
#include <string.h>

int ew_monomial_parity(const ew_monomial *f, ew_parity s)
{
    slong odd = f->z & 1;
    int any = 0;
    for (slong i = 0; i < EW_JETS; i++) {
        any |= f->e[i] != 0;
        odd += (slong) f->e[i] * (i + (s == EW_PARITY_ODD));
    }
    if (any && s == EW_PARITY_NONE)
        return 0;
    return odd & 1 ? -1 : 1;
}

void ew_monomial_square(ew_monomial *g, const ew_monomial *f)
{
    *g = *f;
    g->z = (unsigned short) (2 * f->z);
    for (slong i = 0; i < EW_JETS; i++)
        g->e[i] = (unsigned char) (2 * f->e[i]);
}

slong ew_monomial_len(const ew_monomial *f)
{
    slong len = 1;
    for (slong i = 0; i < EW_JETS; i++)
        if (f->e[i])
            len = i + 1;
    return len;
}

int ew_ordinary_variance(const arb_t K)
{
    return arf_cmpabs_2exp_si(arb_midref(K), -400) > 0 &&
           arf_cmpabs_2exp_si(arb_midref(K), 400) < 0;
}

/* sqrt(k!), from above */
static void root_factorial(mag_t f, slong k)
{
    mag_fac_ui(f, (ulong) k);
    mag_sqrt(f, f);
}

double ew_batch_finish(arb_ptr a, const ew_batch *b, mag_srcptr norm, mag_srcptr err,
                       slong prec)
{
    double lost = -INFINITY;
    mag_t root, t;
    mag_init(root);
    mag_init(t);
    for (slong i = 0; i < b->n; i++) {
        slong m = b->t[i].m;
        root_factorial(root, b->t[i].k);
        if (norm && !mag_is_zero(arb_radref(a + i))) {
            mag_mul(t, root, norm + m);
            lost = fmax(lost, mag_get_d_log2_approx(arb_radref(a + i)) -
                                  mag_get_d_log2_approx(t) + (double) prec);
        }
        mag_mul(t, root, err + m);
        arb_add_error_mag(a + i, t);
    }
    mag_clear(root);
    mag_clear(t);
    return lost;
}

int ew_batch_reached(arb_srcptr a, mag_srcptr norm, const ew_batch *b, slong prec)
{
    mag_t limit;
    int good = 1;
    mag_init(limit);
    for (slong i = 0; i < b->n && good; i++) {
        root_factorial(limit, b->t[i].k);
        mag_mul(limit, limit, norm + b->t[i].m);
        mag_mul_2exp_si(limit, limit, -prec);
        good = mag_cmp(arb_radref(a + i), limit) <= 0;
    }
    mag_clear(limit);
    return good;
}

int ew_batch_norm(mag_t norm, const arb_t square, slong prec)
{
    arb_get_mag(norm, square);
    mag_sqrt(norm, norm);
    /* below 2^(-2 prec - 64) F passes for zero, in case it is */
    return arb_rel_accuracy_bits(square) >= 1 || mag_cmp_2exp_si(norm, -2 * prec - 64) < 0;
}

int ew_batch_retry(double *guess, slong *wp, arb_srcptr a, mag_srcptr norm, const ew_batch *b,
                   int fair, double lost, slong prec)
{
    if (fair && ew_batch_reached(a, norm, b, prec))
        return 0;
    for (slong m = 0; m < b->monomials; m++)
        guess[m] = fmin(guess[m], mag_get_d_log2_approx(norm + m)) - 1;
    if (lost > -4)
        *wp += (slong) fmin(fmax(lost, 0), 1e5) + 24;
    return 1;
}

/* log2 |F(x)| roughly */
static double sample_log2(const ew_monomial *f, acb_srcptr jet, const arb_t x)
{
    double e = 0, factorial = 0;
    mag_t m;
    mag_init(m);
    arb_get_mag(m, x);
    if (f->z)
        e += f->z * mag_get_d_log2_approx(m);
    for (slong i = 0; i < EW_JETS; i++) {
        factorial += i > 1 ? log2((double) i) : 0;
        if (!f->e[i])
            continue;
        acb_get_mag(m, jet + i);
        e += f->e[i] * (mag_get_d_log2_approx(m) + factorial);
    }
    mag_clear(m);
    return e;
}

/* log2 sqrt <F^2>, guessed from dyadic shells |z| = 3 sqrt(K)/2^i. */
static void sample_norms(double *guess, const ew_batch *b, const ew_activation *s,
                         const arb_t K)
{
    acb_ptr jet = _acb_vec_init(b->len);
    acb_t z;
    acb_init(z);
    for (slong m = 0; m < b->monomials; m++)
        guess[m] = -INFINITY;
    for (slong i = 0; i < 40; i++) {
        arb_sqrt(acb_realref(z), K, 64);
        arb_mul_ui(acb_realref(z), acb_realref(z), 3, 64);
        arb_mul_2exp_si(acb_realref(z), acb_realref(z), -(i / 2));
        if (i & 1)
            arb_neg(acb_realref(z), acb_realref(z));
        ew_jet(jet, s->piece[i & 1 ? 0 : s->n - 1].f, z, b->len, 0, 64);
        for (slong m = 0; m < b->monomials; m++)
            guess[m] =
                fmax(guess[m], sample_log2(b->f + m, jet, acb_realref(z)) - 0.25 * (double) i);
    }
    for (slong m = 0; m < b->monomials; m++)
        if (!(fabs(guess[m]) < 1e6))
            guess[m] = 0;
    acb_clear(z);
    _acb_vec_clear(jet, b->len);
}

static ew_hint *find_hint(ew_evaluator *E, const ew_monomial *f)
{
    for (slong i = 0; i < E->hints; i++)
        if (!memcmp(&E->hint[i].f, f, sizeof *f))
            return E->hint + i;
    return NULL;
}

ew_status ew_batch_guess(ew_batch *b, ew_evaluator *E, const arb_t K, ew_context *ctx)
{
    double at;
    int known = 1;
    mag_t t;
    mag_init(t);
    arb_get_mag(t, K);
    at = mag_get_d_log2_approx(t);
    mag_clear(t);
    for (slong m = 0; m < b->monomials && known; m++) {
        const ew_hint *h = find_hint(E, b->f + m);
        known = h && fabs(h->at - at) < 0.5;
        if (known)
            b->guess[m] = h->guess;
    }
    if (known)
        return EW_OK;
    ew_hint *grow = ew_realloc(E->hint, (size_t) (E->hints + b->monomials) * sizeof *grow, ctx);
    if (!grow)
        return EW_MEMORY;
    E->hint = grow;
    sample_norms(b->guess, b, E->s, K);
    for (slong m = 0; m < b->monomials; m++) {
        ew_hint *h = find_hint(E, b->f + m);
        if (!h)
            h = E->hint + E->hints++;
        b->guess[m] -= 6; /* the norm moves within half an octave of K */
        *h = (ew_hint){.f = b->f[m], .at = at, .guess = b->guess[m]};
    }
    return EW_OK;
}

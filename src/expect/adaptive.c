/* Arb's adaptive integration, one integral at a time: slow, and independent of the other
 * methods. */
#include "activation/jet.h"
#include "expect/bound.h"
#include "expect/panels.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const ew_side *side;
    const ew_monomial *f;
    slong k, len;
    arb_srcptr K;
    acb_ptr jet;
    ew_context *ctx;
    int stopped;
} integrand;

/* He_k(x) by its three-term recurrence */
static void hermite(acb_t h, slong k, const acb_t x, slong prec)
{
    acb_t before, t;
    acb_init(before);
    acb_init(t);
    acb_one(h);
    for (slong i = 0; i < k; i++) {
        acb_mul_ui(before, before, (ulong) i, prec);
        acb_mul(t, x, h, prec);
        acb_sub(t, t, before, prec);
        acb_swap(before, h);
        acb_swap(h, t);
    }
    acb_clear(before);
    acb_clear(t);
}

/* F(z) times powers of z and of the derivatives */
static void monomial(acb_t F, const integrand *I, const acb_t z, slong prec)
{
    acb_t t, factorial;
    acb_init(t);
    acb_init(factorial);
    acb_one(factorial);
    acb_pow_ui(F, z, I->f->z, prec);
    for (slong i = 0; i < I->len; i++) {
        if (i > 1)
            acb_mul_ui(factorial, factorial, (ulong) i, prec);
        if (!I->f->e[i])
            continue;
        acb_mul(t, I->jet + i, factorial, prec);
        acb_pow_ui(t, t, I->f->e[i], prec);
        acb_mul(F, F, t, prec);
    }
    acb_clear(t);
    acb_clear(factorial);
}

static int evaluate(acb_ptr out, const acb_t z, void *data, slong order, slong prec)
{
    integrand *I = data;
    acb_t F, x, e;
    arb_t c;
    if (I->stopped || (I->stopped = ew_poll(I->ctx) != EW_OK)) {
        acb_indeterminate(out);
        return 0;
    }
    acb_init(F);
    acb_init(x);
    acb_init(e);
    arb_init(c);
    ew_jet(I->jet, I->side->f, z, I->len, order != 0, prec);
    monomial(F, I, z, prec);
    arb_rsqrt(c, I->K, prec);
    acb_mul_arb(x, z, c, prec);
    acb_mul(e, x, x, prec);
    acb_mul_2exp_si(e, e, -1);
    acb_neg(e, e);
    acb_exp(e, e, prec);
    acb_mul(F, F, e, prec);
    hermite(e, I->k, x, prec);
    acb_mul(F, F, e, prec);
    acb_mul_arb(F, F, c, prec);
    arb_const_pi(c, prec);
    arb_mul_2exp_si(c, c, 1);
    arb_rsqrt(c, c, prec);
    acb_mul_arb(out, F, c, prec);
    acb_clear(F);
    acb_clear(x);
    acb_clear(e);
    arb_clear(c);
    return 0;
}

/* End of the integration on an unbounded side, and what lies beyond. */
static ew_status cut(arb_t end, mag_t beyond, ew_side *s, const integrand *I, double target,
                     ew_context *ctx)
{
    ew_majorant m;
    ew_status st = ew_side_growth(s, I->len, ctx);
    if (st)
        return st;
    ew_majorant_init(&m);
    ew_side_majorant(&m, I->f, s);
    double z = ew_bound_tail_start(&m, I->k, s->inner, target - mag_get_d_log2_approx(m.c),
                                   arf_get_d(arb_midref(I->K), ARF_RND_NEAR));
    if (z < 0) {
        st = ew_fail(ctx, EW_UNABLE, "no bound of the tails");
    } else {
        mag_t root;
        mag_init(root);
        ew_bound_tail(beyond, &m, I->k, z, I->K);
        mag_fac_ui(root, (ulong) I->k);
        mag_sqrt(root, root);
        mag_mul(beyond, beyond, root);
        mag_clear(root);
        arb_set_d(end, s->sign * z);
    }
    ew_majorant_clear(&m);
    return st;
}

static ew_status integrate_side(acb_t sum, ew_side *s, integrand *I, double target, slong prec,
                                ew_context *ctx)
{
    acb_t a, b, part;
    arb_t scale;
    mag_t beyond, tolerance;
    acb_calc_integrate_opt_t options;
    ew_status st = EW_OK;
    acb_init(a);
    acb_init(b);
    acb_init(part);
    arb_init(scale);
    mag_init(beyond);
    mag_init(tolerance);
    I->side = s;
    ew_side_frame(acb_realref(a), scale, s, prec);
    if (s->to)
        arb_add(acb_realref(b), acb_realref(a), scale, prec);
    else
        st = cut(acb_realref(b), beyond, s, I, target, ctx);
    if (st == EW_OK) {
        if (s->sign < 0)
            acb_swap(a, b);
        acb_calc_integrate_opt_init(options);
        options->eval_limit = 200 * prec + 20000;
        options->depth_limit = 2 * prec;
        mag_one(tolerance);
        mag_mul_2exp_si(tolerance, tolerance, (slong) floor(target));
        acb_calc_integrate(part, evaluate, I, a, b, prec, tolerance, options, prec);
        arb_add_error_mag(acb_realref(part), beyond);
        acb_add(sum, sum, part, prec);
    }
    acb_clear(a);
    acb_clear(b);
    acb_clear(part);
    arb_clear(scale);
    mag_clear(beyond);
    mag_clear(tolerance);
    return st;
}

/* <f He_k(z/sqrt K)> with an absolute error of about 2^target */
static ew_status integrate(arb_t value, ew_evaluator *E, const ew_monomial *f, slong k,
                           const arb_t K, double target, slong prec, ew_context *ctx)
{
    integrand I = {.f = f, .k = k, .len = ew_monomial_len(f), .K = K, .ctx = ctx};
    ew_side *side;
    slong sides;
    acb_t sum;
    ew_status st = ew_sides_new(&side, &sides, E->s, ctx);
    if (st)
        return st;
    acb_init(sum);
    I.jet = _acb_vec_init(I.len);
    for (slong i = 0; i < sides && !st; i++)
        st = integrate_side(sum, side + i, &I, target, prec, ctx);
    if (!st && I.stopped)
        st = ew_poll(ctx);
    arb_set(value, acb_realref(sum));
    for (slong i = 0; i < sides; i++)
        ew_side_clear(side + i);
    free(side);
    _acb_vec_clear(I.jet, I.len);
    acb_clear(sum);
    return st;
}

/* sqrt <f^2>, within a factor two when that can be had */
static ew_status find_norm(mag_t norm, ew_evaluator *E, const ew_monomial *f, double guess,
                           const arb_t K, slong prec, ew_context *ctx)
{
    ew_monomial g;
    arb_t square;
    ew_status st = EW_OK;
    arb_init(square);
    ew_monomial_square(&g, f);
    int fair = 0;
    for (int i = 0; i < 20 && !st && !fair; i++) {
        st = integrate(square, E, &g, 0, K, 2 * guess - 4, EW_SQUARE_BITS, ctx);
        fair = arb_is_finite(square) && ew_batch_norm(norm, square, prec);
        guess -= 64;
    }
    if (!st && !fair)
        st = ew_fail(ctx, EW_UNABLE, "adaptive integration did not converge");
    arb_clear(square);
    return st;
}

/* Bits worth asking for: a ball K limits them. */
static double useful_bits(const arb_t K, slong prec)
{
    double bits = (double) arb_rel_accuracy_bits(K) - 1;
    return arb_is_exact(K) || bits > (double) prec ? (double) prec : bits;
}

ew_status ew_adaptive_evaluate(arb_ptr a, mag_ptr norm, ew_evaluator *E, const ew_batch *b,
                               const arb_t K, slong prec, ew_context *ctx)
{
    mag_ptr size = norm ? norm : _mag_vec_init(b->monomials);
    ew_status st = EW_OK;
    if (!ew_ordinary_variance(K))
        st = ew_fail(ctx, EW_UNABLE, "the variance is too small or too large to integrate");
    for (slong m = 0; m < b->monomials && !st; m++)
        st = find_norm(size + m, E, b->f + m, b->guess[m], K, prec, ctx);
    for (slong i = 0; i < b->n && !st; i++) {
        slong m = b->t[i].m;
        double target = mag_get_d_log2_approx(size + m) - useful_bits(K, prec) - 4;
        st = integrate(a + i, E, b->f + m, b->t[i].k, K, target, prec + 32, ctx);
    }
    if (!st && arb_is_exact(K) && !ew_batch_reached(a, size, b, prec))
        st = ew_fail(ctx, EW_UNABLE, "adaptive integration did not converge");
    if (!norm)
        _mag_vec_clear(size, b->monomials);
    return st;
}

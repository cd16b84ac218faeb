/* The Mehler series (theory.md section 9): with orthonormal Hermite coefficients a_k of F at
 * kaa and b_k of G at kbb, <F^(p)(u) G^(q)(v)> = kaa^(-p/2) kbb^(-q/2) sum_k rho^k w_k a_(k+p)
 * b_(k+q), w_k = sqrt((k+p)! (k+q)!)/k!, and the sums of squares of what is left out are <F^2>
 * and <G^2> less what was taken. */
#include "expect/two.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    ew_evaluator *E;
    const ew_side *F;
    arb_srcptr K;
    slong n; /* coefficients known: a[0..n) */
    arb_ptr a;
    mag_t norm;   /* sqrt <F^2> */
    mag_t square; /* sqrt of what the coefficients left out may sum to */
} column;

static void column_init(column *c, ew_evaluator *E, const ew_side *F, arb_srcptr K)
{
    c->E = E;
    c->F = F;
    c->K = K;
    c->n = 0;
    c->a = NULL;
    mag_init(c->norm);
    mag_init(c->square);
}

static void column_clear(column *c)
{
    if (c->a)
        _arb_vec_clear(c->a, c->n);
    mag_clear(c->norm);
    mag_clear(c->square);
}

/* a[0..n) of the sum of monomials that F is; Minkowski's bound for its norm. */
static ew_status column_fill(column *c, slong n, slong prec, ew_context *ctx)
{
    const ew_jetsum *f = &c->F->F;
    ew_status status = EW_OK;
    arb_t scale;
    mag_t norm, t;
    arb_init(scale);
    mag_init(norm);
    mag_init(t);
    if (c->a)
        _arb_vec_clear(c->a, c->n);
    c->n = n;
    c->a = _arb_vec_init(n);
    arb_ptr h = _arb_vec_init(n);
    mag_zero(c->norm);
    for (slong i = 0; i < f->n && status == EW_OK; i++) {
        status = ew_expect_hermite(h, norm, c->E, f->m + i, n - 1, c->K, prec, ctx);
        if (status != EW_OK)
            break;
        arb_set_fmpq(scale, f->coef + i, prec);
        _arb_vec_scalar_addmul(c->a, h, n, scale, prec);
        arb_get_mag(t, scale);
        mag_addmul(c->norm, t, norm);
    }
    mag_set(c->square, c->norm);
    _arb_vec_clear(h, n);
    arb_clear(scale);
    mag_clear(norm);
    mag_clear(t);
    return status;
}

/* square = sqrt(<F^2> - sum of a_k^2), with <F^2> computed to full precision. */
static ew_status column_rest(column *c, slong prec, ew_context *ctx)
{
    ew_jetsum g;
    arb_t total, t;
    ew_status status = EW_OK;
    ew_jetsum_init(&g);
    arb_init(total);
    arb_init(t);
    for (slong i = 0; i < c->F->F.n && status == EW_OK; i++)
        status = ew_jetsum_add(&g, c->F->F.coef + i, c->F->F.m + i, ctx);
    if (status == EW_OK)
        status = ew_jetsum_square(&g, 0, ctx);
    slong n = g.n;
    arb_ptr v = _arb_vec_init(n);
    ew_atom1 *atoms = ew_alloc((size_t) (n + 1) * sizeof *atoms, ctx);
    if (!atoms)
        status = EW_MEMORY;
    for (slong i = 0; i < n && atoms; i++)
        atoms[i] = (ew_atom1){g.m[i], 0};
    if (status == EW_OK)
        status = ew_expect_one(v, NULL, c->E, atoms, n, c->K, prec, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_set_fmpq(t, g.coef + i, prec);
        arb_addmul(total, t, v + i, prec);
    }
    for (slong k = 0; k < c->n && status == EW_OK; k++)
        arb_submul(total, c->a + k, c->a + k, prec);
    if (status == EW_OK) {
        /* the true value is not negative: the upper end bounds it */
        arf_t top;
        arf_init(top);
        arb_get_ubound_arf(top, total, 53);
        if (arf_sgn(top) <= 0)
            mag_zero(c->square);
        else
            arf_get_mag(c->square, top);
        mag_sqrt(c->square, c->square);
        mag_min(c->square, c->square, c->norm);
        arf_clear(top);
    }
    free(atoms);
    _arb_vec_clear(v, n);
    arb_clear(total);
    arb_clear(t);
    ew_jetsum_clear(&g);
    return status;
}

/* w_k from above; k p q moderate */
static void weight_bound(mag_t w, slong k, slong p, slong q)
{
    mag_one(w);
    for (slong i = 1; i <= p; i++)
        mag_mul_ui(w, w, (ulong) (k + i));
    for (slong i = 1; i <= q; i++)
        mag_mul_ui(w, w, (ulong) (k + i));
    mag_sqrt(w, w);
}

/* |rho|^k w_k grows by the factor |rho| sqrt((k+1+p)(k+1+q))/(k+1), which falls with k: once
 * below 1 at k = N + 1, the term there is the largest of the tail, and Cauchy-Schwarz does the
 * rest. */
void ew_mehler_tail(mag_t tail, const mag_t rho, slong N, slong p, slong q, const mag_t rest_a,
                    const mag_t rest_b)
{
    mag_t ratio, one;
    mag_init(ratio);
    mag_init(one);
    mag_set_ui(ratio, (ulong) (N + 2 + p));
    mag_mul_ui(ratio, ratio, (ulong) (N + 2 + q));
    mag_sqrt(ratio, ratio);
    mag_div_ui(ratio, ratio, (ulong) (N + 2));
    mag_mul(ratio, ratio, rho);
    mag_one(one);
    if (mag_cmp(ratio, one) > 0 && (p > 0 || q > 0)) {
        mag_inf(tail);
    } else {
        mag_t w;
        mag_init(w);
        weight_bound(w, N + 1, p, q);
        mag_pow_ui(tail, rho, (ulong) (N + 1));
        mag_mul(tail, tail, w);
        mag_mul(tail, tail, rest_a);
        mag_mul(tail, tail, rest_b);
        mag_clear(w);
    }
    mag_clear(ratio);
    mag_clear(one);
}

/* The partial sum to k = N, and the added sizes of its terms. */
static void partial_sum(arb_t x, mag_t size, const column *a, const column *b, const arb_t rho,
                        slong N, slong p, slong q, slong prec)
{
    arb_t power, w, t;
    mag_t m;
    arb_init(power);
    arb_init(w);
    arb_init(t);
    mag_init(m);
    arb_one(power);
    arb_zero(x);
    mag_zero(size);
    for (slong k = 0; k <= N; k++) {
        if (!arb_is_zero(a->a + k + p) && !arb_is_zero(b->a + k + q)) {
            arb_mul(t, a->a + k + p, b->a + k + q, prec);
            if (p > 0 || q > 0) {
                arb_one(w);
                for (slong i = 1; i <= p; i++)
                    arb_mul_ui(w, w, (ulong) (k + i), prec);
                for (slong i = 1; i <= q; i++)
                    arb_mul_ui(w, w, (ulong) (k + i), prec);
                arb_sqrt(w, w, prec);
                arb_mul(t, t, w, prec);
            }
            arb_mul(t, t, power, prec);
            arb_add(x, x, t, prec);
            arb_get_mag(m, t);
            mag_add(size, size, m);
        }
        arb_mul(power, power, rho, prec);
    }
    arb_clear(power);
    arb_clear(w);
    arb_clear(t);
    mag_clear(m);
}

/* x, size *= kaa^(-p/2) kbb^(-q/2) */
static void scale_result(arb_t x, mag_t size, arb_srcptr kaa, arb_srcptr kbb, slong p, slong q,
                         slong prec)
{
    arb_t t, u;
    mag_t m;
    if (p == 0 && q == 0)
        return;
    arb_init(t);
    arb_init(u);
    mag_init(m);
    arb_pow_ui(t, kaa, (ulong) p, prec);
    arb_pow_ui(u, kbb, (ulong) q, prec);
    arb_mul(t, t, u, prec);
    arb_rsqrt(t, t, prec);
    arb_mul(x, x, t, prec);
    arb_get_mag(m, t);
    mag_mul(size, size, m);
    arb_clear(t);
    arb_clear(u);
    mag_clear(m);
}

/* Terms by which |rho|^N alone falls below 2^-prec. */
static double terms_needed(const arb_t rho, slong prec)
{
    mag_t m;
    mag_init(m);
    arb_get_mag(m, rho);
    double r = mag_get_d(m);
    mag_clear(m);
    if (r == 0)
        return 0;
    return r >= 1 ? INFINITY : ceil((double) prec * log(2) / -log(r));
}

static ew_status column_set(column *c, slong n, int careful, slong prec, ew_context *ctx)
{
    ew_status status = column_fill(c, n, prec, ctx);
    return status == EW_OK && careful ? column_rest(c, prec, ctx) : status;
}

/* The same function at the same variance: the same column. */
static int column_same(const column *a, const column *b)
{
    return arb_equal(a->K, b->K) && a->F->shift == b->F->shift &&
           ew_monomial_equal(a->F->f, b->F->f);
}

static void column_copy(column *c, const column *from)
{
    if (c->a)
        _arb_vec_clear(c->a, c->n);
    c->n = from->n;
    c->a = _arb_vec_init(c->n);
    _arb_vec_set(c->a, from->a, c->n);
    mag_set(c->norm, from->norm);
    mag_set(c->square, from->square);
}

/* Both columns up to index N, the tail bound with their rests when `careful`. */
static ew_status attempt(mag_t tail, column *a, column *b, const arb_t rho, slong N, slong p,
                         slong q, int careful, slong prec, ew_context *ctx)
{
    mag_t r;
    ew_status status = column_set(a, N + p + 1, careful, prec, ctx);
    if (status == EW_OK && column_same(a, b))
        column_copy(b, a);
    else if (status == EW_OK)
        status = column_set(b, N + q + 1, careful, prec, ctx);
    mag_init(r);
    arb_get_mag(r, rho);
    ew_mehler_tail(tail, r, N, p, q, a->square, b->square);
    mag_clear(r);
    return status;
}

static ew_status too_close(const arb_t rho, ew_context *ctx)
{
    char *text = arb_get_str(rho, 8, ARB_STR_NO_RADIUS);
    ew_status status = ew_fail(ctx, EW_UNABLE,
                               "correlation %s: too close to 1 for the %d terms allowed to the "
                               "Mehler series of this activation",
                               text, EW_MEHLER_TERMS);
    flint_free(text);
    return status;
}

/* Would EW_MEHLER_TERMS terms do?  Between them and N the rests are taken to fall like exp(-c
 * sqrt N) for smooth s and like a power of N at kinks.  Only a refusal rests on this guess. */
static int hopeless(const mag_t tail, const mag_t target, const column *a, const column *b,
                    const arb_t rho, slong N)
{
    const double margin = 1.5, far = EW_MEHLER_TERMS;
    double r = fmin(fabs(arf_get_d(arb_midref(rho), ARF_RND_NEAR)), 1);
    double rest = log(mag_get_d(a->square)) + log(mag_get_d(b->square)) -
                  log(mag_get_d(a->norm)) - log(mag_get_d(b->norm));
    double growth = a->E->s->kinks > 0 ? log(far) / log((double) N) : sqrt(far / (double) N);
    double falls = margin * (far - (double) N) * log(r) + margin * (growth - 1) * rest;
    double wanted = log(2) * (mag_get_d_log2_approx(target) - mag_get_d_log2_approx(tail));
    return N >= 256 && falls > wanted;
}

/* N doubles until the tail is below 2^-prec of the norms; slow decay of |rho|^k alone is no
 * reason to give up, the coefficients of a smooth F decay too. */
static ew_status run(arb_t x, mag_t scale, column *a, column *b, const arb_t rho, slong p,
                     slong q, slong prec, ew_context *ctx)
{
    double need = terms_needed(rho, prec + 4);
    int plain = need <= 64;
    slong N = plain ? (slong) need : 64, wp = prec + 24;
    mag_t tail, target;
    ew_status status;
    mag_init(tail);
    mag_init(target);
    for (;;) {
        status = attempt(tail, a, b, rho, N, p, q, !plain, wp, ctx);
        if (status != EW_OK)
            break;
        mag_mul(target, a->norm, b->norm);
        mag_mul_2exp_si(target, target, -prec - 1);
        if (mag_cmp(tail, target) <= 0)
            break;
        if (N >= EW_MEHLER_TERMS || (!plain && hopeless(tail, target, a, b, rho, N))) {
            status = too_close(rho, ctx);
            break;
        }
        plain = 0;
        N = FLINT_MIN(2 * N + 16, EW_MEHLER_TERMS);
    }
    if (status == EW_OK) {
        partial_sum(x, scale, a, b, rho, N, p, q, wp);
        arb_add_error_mag(x, tail);
        if (p == 0 && q == 0)
            mag_mul(scale, a->norm, b->norm);
        scale_result(x, scale, a->K, b->K, p, q, wp);
    }
    mag_clear(tail);
    mag_clear(target);
    return status;
}

ew_status ew_two_mehler(arb_t x, mag_t scale, ew_evaluator *E, const ew_side *F,
                        const ew_side *G, const ew_box *box, slong prec, ew_context *ctx)
{
    column a, b;
    arb_t rho;
    slong p = F->expanded ? 0 : F->shift, q = G->expanded ? 0 : G->shift;
    if (!arb_is_positive(box->aa) || !arb_is_positive(box->bb))
        return ew_fail(ctx, EW_UNABLE, "derivatives at a zero variance");
    arb_init(rho);
    arb_mul(rho, box->aa, box->bb, prec + 64);
    arb_rsqrt(rho, rho, prec + 64);
    arb_mul(rho, rho, box->ab, prec + 64);
    column_init(&a, E, F, box->aa);
    column_init(&b, E, G, box->bb);
    ew_status status = run(x, scale, &a, &b, rho, p, q, prec, ctx);
    column_clear(&a);
    column_clear(&b);
    arb_clear(rho);
    return status;
}

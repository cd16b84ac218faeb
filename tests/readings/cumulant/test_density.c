/* The Edgeworth density against exact moments, exact mixtures and samples. */
#include "readings/cumulant/density/density.h"
#include "readings/sample/model.h"
#include "support/check.h"
#include "support/sample_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_POINTS 3

typedef test_network network;

static void open_network(network *w, const char *s, const char *cw, const char *k, slong depth,
                         ulong width)
{
    ew_context *ctx = ew_context_new();
    network_init(w, s, cw, "0", "1", k, depth, ctx);
    network_width(w, width);
    ew_context_free(ctx);
}

static ew_output_density *density_of(const network *w, slong order)
{
    ew_context *ctx = ew_context_new();
    ew_output_density *d;
    check_ok(ctx, ew_density_new(&d, &w->net, order, EW_AUTO, ctx));
    ew_context_free(ctx);
    return d;
}

/* ---- moments -------------------------------------------------------------------------------
 */

/* E[(mean of n copies of X)^m] as a polynomial in eps = 1/n, with E X^k = moment[k]:
 * m! sum_r eps^(m-r)/r! prod_{i<r} (1 - i eps) [u^m] (sum_{k>0} moment[k] u^k/k!)^r. */
static void mean_moment(fmpq_poly_t out, slong m, const fmpq *moment)
{
    fmpq_poly_t base, power, factor, term;
    fmpq_t c, f;
    fmpq_poly_init(base);
    fmpq_poly_init(power);
    fmpq_poly_init(factor);
    fmpq_poly_init(term);
    fmpq_init(c);
    fmpq_init(f);
    fmpq_one(f);
    for (slong k = 1; k <= m; k++) {
        fmpq_div_fmpz(f, f, (fmpz[]){k});
        fmpq_mul(c, f, moment + k);
        fmpq_poly_set_coeff_fmpq(base, k, c);
    }
    fmpq_inv(f, f); /* m! */
    fmpq_poly_one(power);
    fmpq_poly_one(factor);
    fmpq_poly_zero(out);
    for (slong r = 1; r <= m; r++) {
        fmpq_poly_mullow(power, power, base, m + 1);
        fmpq_poly_zero(term);
        fmpq_poly_set_coeff_si(term, 0, 1);
        fmpq_poly_set_coeff_si(term, 1, 1 - r);
        fmpq_poly_mul(factor, factor, term);
        fmpq_poly_scalar_div_si(factor, factor, r);
        fmpq_poly_get_coeff_fmpq(c, power, m);
        fmpq_mul(c, c, f);
        fmpq_poly_scalar_mul_fmpq(term, factor, c);
        fmpq_poly_shift_left(term, term, m - r);
        fmpq_poly_add(out, out, term);
    }
    fmpq_poly_clear(base);
    fmpq_poly_clear(power);
    fmpq_poly_clear(factor);
    fmpq_poly_clear(term);
    fmpq_clear(c);
    fmpq_clear(f);
}

/* The moment E x^2m of the density of order M, exactly from its polynomial: the moments of the
 * Gaussian are (2i-1)!! K^i. */
static void density_moment(arb_t out, const ew_output_density *d, slong m, slong prec)
{
    arb_poly_t p, q;
    arb_t c, f;
    arb_poly_init(p);
    arb_poly_init(q);
    arb_init(c);
    arb_init(f);
    ew_density_polynomials(p, q, d, d->order, prec);
    arb_zero(out);
    for (slong i = 0; i <= arb_poly_degree(p); i += 2) {
        arb_doublefac_ui(f, (ulong) (i + 2 * m) > 0 ? (ulong) (i + 2 * m - 1) : 1, prec);
        arb_poly_get_coeff_arb(c, p, i);
        arb_addmul(out, c, f, prec);
    }
    arb_pow_ui(c, d->K, (ulong) m, prec);
    arb_mul(out, out, c, prec);
    for (slong i = 1; i <= arb_poly_degree(p); i += 2)
        assert_true(arb_is_zero(arb_poly_get_coeff_ptr(p, i)));
    arb_poly_clear(p);
    arb_poly_clear(q);
    arb_clear(c);
    arb_clear(f);
}

/* (2m-1)!! times the series of E Ghat^m, a product over layers, cut behind n^-order. */
static void exact_moment(fmpq_t out, slong m, const fmpq *moment, slong layers, slong order,
                         ulong width)
{
    fmpq_poly_t one, all;
    fmpq_t eps;
    fmpz_t f;
    fmpq_poly_init(one);
    fmpq_poly_init(all);
    fmpq_init(eps);
    fmpz_init(f);
    fmpq_poly_one(one);
    if (m > 0)
        mean_moment(one, m, moment);
    fmpq_poly_pow_trunc(all, one, (ulong) layers, order + 1);
    fmpq_set_si(eps, 1, width);
    fmpq_poly_evaluate_fmpq(out, all, eps);
    fmpz_one(f);
    for (slong i = 1; i < 2 * m; i += 2)
        fmpz_mul_si(f, f, i);
    fmpq_mul_fmpz(out, out, f);
    fmpq_poly_clear(one);
    fmpq_poly_clear(all);
    fmpq_clear(eps);
    fmpz_clear(f);
}

static void check_moments(const char *s, const char *cw, const fmpq *moment, slong depth,
                          slong order, ulong width)
{
    network w;
    ew_context *ctx = ew_context_new();
    open_network(&w, s, cw, "1", depth, width);
    ew_output_density *d = density_of(&w, order);
    check_ok(ctx, ew_density_need(d, 200, ctx));
    arb_t x, y;
    fmpq_t q;
    arb_init(x);
    arb_init(y);
    fmpq_init(q);
    for (slong m = 0; m <= 8; m++) {
        density_moment(x, d, m, 200);
        exact_moment(q, m, moment, depth - 1, order, width);
        arb_set_fmpq(y, q, 200);
        check_ball_pair(x, y, 150);
    }
    arb_clear(x);
    arb_clear(y);
    fmpq_clear(q);
    ew_density_free(d);
    network_clear(&w);
    ew_context_free(ctx);
}

/* Every even moment of the density of order M is that of the output, expanded to n^-M: mass 1,
 * and E Ghat^m is a product over layers for homogeneous s (theory.md section 5). */
static void moments_are_exact(void **state)
{
    (void) state;
    fmpq moment[9];
    for (int linear = 0; linear < 2; linear++) {
        for (slong k = 0; k < 9; k++) { /* E (2 max(g,0)^2)^k = 2^(k-1) (2k-1)!!, E g^2k */
            fmpq_init(moment + k);
            fmpz_one(fmpq_numref(moment + k));
            for (slong i = 1; i < 2 * k; i += 2)
                fmpz_mul_si(fmpq_numref(moment + k), fmpq_numref(moment + k), i);
            if (!linear && k > 0)
                fmpz_mul_2exp(fmpq_numref(moment + k), fmpq_numref(moment + k), k - 1);
        }
        for (slong order = 1; order <= 4; order++)
            check_moments(linear ? "z" : "relu", linear ? "1" : "2", moment, 4, order, 10);
        check_moments(linear ? "z" : "relu", linear ? "1" : "2", moment, 2, 5, 3);
        check_moments(linear ? "z" : "relu", linear ? "1" : "2", moment, 1, 2, 3);
        for (slong k = 0; k < 9; k++)
            fmpq_clear(moment + k);
    }
}

/* E x^2m at layer 1 of orthogonal weights, x a coordinate of a sphere of radius sqrt(n q) in
 * R^n and a bias of variance b: sum_i binom(2m, 2i) (2i-1)!! q^i / ((1 + 2/n)(1 + 4/n)...)
 * times (2m-2i-1)!! b^(m-i), cut behind n^-order. */
static void frame_moment(fmpq_t out, slong m, const fmpq_t b, slong order, ulong width)
{
    fmpq_poly_t series, factor;
    fmpq_t eps, t;
    fmpz_t c;
    fmpq_poly_init(series);
    fmpq_poly_init(factor);
    fmpq_init(eps);
    fmpq_init(t);
    fmpz_init(c);
    fmpq_set_si(eps, 1, width);
    fmpq_zero(out);
    for (slong i = 0; i <= m; i++) {
        fmpq_poly_one(factor);
        for (slong j = 1; j < i; j++) {
            fmpq_poly_set_coeff_si(series, 0, 1);
            fmpq_poly_set_coeff_si(series, 1, 2 * j);
            fmpq_poly_mullow(factor, factor, series, order + 1);
        }
        fmpq_poly_inv_series(series, factor, order + 1);
        fmpq_poly_evaluate_fmpq(t, series, eps);
        fmpq_poly_zero(series);
        fmpz_bin_uiui(c, 2 * (ulong) m, 2 * (ulong) i);
        fmpq_mul_fmpz(t, t, c);
        for (slong j = 1; j <= i; j++) {
            fmpq_mul_si(t, t, 7);
            fmpq_div_fmpz(t, t, (fmpz[1]){6});
            fmpq_mul_si(t, t, 2 * j - 1);
        }
        for (slong j = 1; j <= m - i; j++) {
            fmpq_mul(t, t, b);
            fmpq_mul_si(t, t, 2 * j - 1);
        }
        fmpq_add(out, out, t);
    }
    fmpq_poly_clear(series);
    fmpq_poly_clear(factor);
    fmpq_clear(eps);
    fmpq_clear(t);
    fmpz_clear(c);
}

/* s = z^2, C_W = 1/2, K = 1: Q of layer 2 is (n/2) sum u_i^4, u on the unit sphere of R^n, and
 * 2^i E Q^i = 3/(1 + 2/n), (9 + 96/n)/((1 + 2/n)(1 + 4/n)(1 + 6/n)), (27 + 864/n +
 * 9504/n^2)/((1 + 2/n)
 * ... (1 + 10/n)).  Then E z^2m = sum_i binom(2m, 2i) E x^2i E g^(2m-2i). */
static void square_moment(fmpq_t out, slong m, const fmpq_t b, slong order, ulong width)
{
    static const slong numerator[4][3] = {{1, 0, 0}, {3, 0, 0}, {9, 96, 0}, {27, 864, 9504}};
    fmpq_poly_t top, factor, series;
    fmpq_t eps, t;
    fmpz_t c;
    fmpq_poly_init(top);
    fmpq_poly_init(factor);
    fmpq_poly_init(series);
    fmpq_init(eps);
    fmpq_init(t);
    fmpz_init(c);
    fmpq_set_si(eps, 1, width);
    fmpq_zero(out);
    for (slong i = 0; i <= m; i++) {
        fmpq_poly_zero(top);
        for (slong k = 0; k < 3; k++)
            fmpq_poly_set_coeff_si(top, k, numerator[i][k]);
        fmpq_poly_one(factor);
        /* those of Q, then of the row: (1 + 2/n) ... (1 + 2(i-1)/n) */
        for (slong j = 1; j < 3 * i - 1; j++) {
            fmpq_poly_zero(series);
            fmpq_poly_set_coeff_si(series, 0, 1);
            fmpq_poly_set_coeff_si(series, 1, j < 2 * i ? 2 * j : 2 * (j - 2 * i + 1));
            fmpq_poly_mullow(factor, factor, series, order + 1);
        }
        fmpq_poly_inv_series(series, factor, order + 1);
        fmpq_poly_mullow(series, series, top, order + 1);
        fmpq_poly_evaluate_fmpq(t, series, eps);
        fmpz_bin_uiui(c, 2 * (ulong) m, 2 * (ulong) i);
        fmpq_mul_fmpz(t, t, c);
        fmpq_div_2exp(t, t, (flint_bitcnt_t) i);
        for (slong j = 1; j <= i; j++)
            fmpq_mul_si(t, t, 2 * j - 1);
        for (slong j = 1; j <= m - i; j++) {
            fmpq_mul(t, t, b);
            fmpq_mul_si(t, t, 2 * j - 1);
        }
        fmpq_add(out, out, t);
    }
    fmpq_poly_clear(top);
    fmpq_poly_clear(factor);
    fmpq_poly_clear(series);
    fmpq_clear(eps);
    fmpq_clear(t);
    fmpz_clear(c);
}

/* The moments of orthogonal networks of width 7 with bias 1/3, at orders 1 to 4. */
static void check_frames(network *w, slong most,
                         void (*moment)(fmpq_t, slong, const fmpq_t, slong, ulong))
{
    ew_context *ctx = ew_context_new();
    arb_t x, y;
    fmpq_t b, want;
    arb_init(x);
    arb_init(y);
    fmpq_init(b);
    fmpq_init(want);
    fmpq_set_si(b, 1, 3);
    w->net.ensemble = EW_ENSEMBLE_ORTHOGONAL;
    for (slong order = 1; order <= 4; order++) {
        ew_output_density *d = density_of(w, order);
        check_ok(ctx, ew_density_need(d, 200, ctx));
        for (slong m = 0; m <= most; m++) {
            density_moment(x, d, m, 200);
            moment(want, m, b, order, 7);
            arb_set_fmpq(y, want, 200);
            check_ball_pair(x, y, 150);
        }
        ew_density_free(d);
    }
    arb_clear(x);
    arb_clear(y);
    fmpq_clear(b);
    fmpq_clear(want);
    ew_context_free(ctx);
}

/* A second layer, whose Ghat fluctuates, with biases there alone; and an entry of a Haar
 * matrix, and a bias. */
static void frames_are_exact(void **state)
{
    (void) state;
    network w;
    ew_scalar bias[2];
    open_network(&w, "z^2", "1/2", "1", 2, 7);
    network_set(&bias[0], "0", NULL);
    network_set(&bias[1], "1/3", NULL);
    w.net.cb = (ew_scalar_list){2, bias};
    check_frames(&w, 3, square_moment);
    ew_expr_free(bias[0].e);
    network_clear(&w);
    open_network(&w, "tanh", "1", "3/2", 1, 7);
    w.net.cb = (ew_scalar_list){1, &bias[1]};
    check_frames(&w, 8, frame_moment);
    ew_expr_free(bias[1].e);
    network_clear(&w);
}

/* ---- exact mixtures ------------------------------------------------------------------------
 */

static double column(const ew_output_density *d, const ew_certified *v, slong point, slong i)
{
    return ew_certified_double(v + point * ew_density_columns(d) + i);
}

static ew_certified *values(ew_output_density *d, const ew_density_grid *g, slong digits)
{
    ew_context *ctx = ew_context_new();
    slong n = g->n * ew_density_columns(d);
    ew_certified *v = ew_certified_new(n, ctx);
    assert_non_null(v);
    check_ok(ctx, ew_density_at(v, d, g, digits, ctx));
    ew_context_free(ctx);
    return v;
}

static void free_values(const ew_output_density *d, ew_certified *v, slong points)
{
    ew_certified_free(v, points * ew_density_columns(d));
}

/* The distribution function at x = 1/2, 3/2, 5/2 of one hidden layer, mpmath quadrature of
 * E Phi(x/sqrt(Ghat)) over the chi-square law of Ghat (relu: over the binomial number of
 * positive neurons too). */
typedef struct {
    const char *s, *cw;
    ulong width[3];
    double cdf[3][HALF_POINTS];
} mixture;

static const mixture mixtures[] = {
    {"z",
     "1",
     {100, 200, 400},
     {{0.6926798021106132000658684, 0.933543218278954588323421, 0.9934435858813686773514585},
      {0.6920693604453636663922306, 0.9333714308126166152498156, 0.9936146715569119635780939},
      {0.6917654650737566598293181, 0.9332829854080837933408561, 0.99370191783037644585257}}},
    {"relu",
     "2",
     {80, 160, 320},
     {{0.69535932900364710219, 0.93419082490126511977, 0.99275763741914826569},
      {0.69338198917943252676, 0.93372587883764743172, 0.99325481639212148329},
      {0.69241505967732952284, 0.93346825386824093391, 0.9935174744706395229}}}};

/* The norm over the points of the error of order k, for k = 1..4. */
static void errors(double out[4], const mixture *x, int n, const ew_density_grid *grid)
{
    network w;
    open_network(&w, x->s, x->cw, "1", 2, x->width[n]);
    ew_output_density *d = density_of(&w, 4);
    ew_certified *v = values(d, grid, 17);
    for (int k = 0; k < 4; k++) {
        out[k] = 0;
        for (int i = 0; i < HALF_POINTS; i++)
            out[k] = hypot(out[k], column(d, v, i, 8 + k) - x->cdf[n][i]);
    }
    free_values(d, v, HALF_POINTS);
    ew_density_free(d);
    network_clear(&w);
}

/* Twice the width divides the error of order M by 2^(M+1), up to the next order. */
static void check_rate(const mixture *x)
{
    double error[3][4];
    ew_scalar point[HALF_POINTS];
    network_set(point, "1/2", NULL);
    network_set(point + 1, "3/2", NULL);
    network_set(point + 2, "5/2", NULL);
    const ew_density_grid grid = {HALF_POINTS, point, NULL, NULL};
    for (int n = 0; n < 3; n++)
        errors(error[n], x, n, &grid);
    for (int k = 0; k < 4; k++)
        for (int n = 0; n < 2; n++) {
            double rate = log2(error[n][k] / error[n + 1][k]);
            if (fabs(rate - (k + 2)) > 0.25)
                fail_msg("%s: order %d, width %lu: error %g, rate %g", x->s, k + 1, x->width[n],
                         error[n][k], rate);
        }
    for (int i = 0; i < HALF_POINTS; i++)
        ew_expr_free(point[i].e);
}

static void error_falls_with_width(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof mixtures / sizeof *mixtures; i++)
        check_rate(mixtures + i);
}

/* ---- samples -------------------------------------------------------------------------------
 */

#define SAMPLES 40000

typedef struct {
    slong depth;
    double x[HALF_POINTS], sum[HALF_POINTS], square[HALF_POINTS];
} tally;

/* P(z <= x | Ghat): less noisy than a drawn z. */
static void count(slong layer, uint64_t first, size_t samples, const double *ghat, void *data)
{
    tally *t = data;
    (void) first;
    for (size_t k = 0; k < samples && layer == t->depth; k++)
        for (int i = 0; i < HALF_POINTS; i++) {
            double p = 0.5 * erfc(-t->x[i] / sqrt(2 * ghat[k]));
            t->sum[i] += p;
            t->square[i] += p * p;
        }
}

static void sample(tally *t, const network *w)
{
    ew_context *ctx = ew_context_new();
    ew_sample_options opt = {.width = w->width, .samples = SAMPLES, .seed = 3};
    ew_sample_model *model;
    ew_sampler *sampler;
    check_ok(ctx, ew_sample_model_new(&model, &w->net, &opt, ctx));
    check_ok(ctx, ew_sampler_new(&sampler, &ew_chain_rows, &model->sampler, ctx));
    check_ok(ctx, ew_sampler_run(sampler, 0, SAMPLES, count, t, ctx));
    ew_sampler_free(sampler);
    ew_sample_model_free(model);
    ew_context_free(ctx);
}

/* tanh, two hidden layers of 16 neurons: order 2 stays within the sampling error and the size
 * of order 3, where the Gaussian and order 1 do not. */
static void agrees_with_samples(void **state)
{
    (void) state;
    network w;
    ew_scalar from, to;
    open_network(&w, "tanh", "1", "1", 3, 16);
    network_set(&from, "1/2", NULL);
    network_set(&to, "5/2", NULL);
    const ew_density_grid grid = {HALF_POINTS, NULL, &from, &to};
    ew_output_density *d = density_of(&w, 3);
    ew_certified *v = values(d, &grid, 12);
    tally t = {.depth = 3};
    for (int i = 0; i < HALF_POINTS; i++)
        t.x[i] = column(d, v, i, 1);
    sample(&t, &w);
    double far = 0;
    for (int i = 0; i < HALF_POINTS; i++) {
        double mean = t.sum[i] / SAMPLES,
               se = sqrt((t.square[i] / SAMPLES - mean * mean) / SAMPLES);
        double second = column(d, v, i, 8), third = column(d, v, i, 9);
        assert_true(fabs(mean - second) <= 4 * se + fabs(third - second));
        far = fmax(far, fabs(mean - column(d, v, i, 6)) / se);
    }
    assert_true(far > 20);
    free_values(d, v, HALF_POINTS);
    ew_density_free(d);
    ew_expr_free(from.e);
    ew_expr_free(to.e);
    network_clear(&w);
}

/* ---- the sign, the grid, refusals
 * ------------------------------------------------------------
 */

/* ReLU, one hidden layer, order 1: 1 + (5/8n) He_4(t), negative where |He_4 = t^4 - 6t^2 + 3|
 * reaches -8n/5: for n = 2 at t^2 = 3 +- sqrt(6 - 16/5). */
static void negative_interval(void **state)
{
    (void) state;
    network w;
    ew_context *ctx = ew_context_new();
    ew_density_sign sign;
    for (ulong n = 2; n <= 4; n++) { /* n = 4: 8n/5 = 6.4 > 6 */
        open_network(&w, "relu", "2", "4", 2, n);
        ew_output_density *d = density_of(&w, 1);
        check_ok(ctx, ew_density_negative(&sign, d, 1, 12, ctx));
        assert_true(sign.decided);
        assert_int_equal(sign.n, n < 4 ? 2 : 0);
        for (slong i = 0; i < sign.n; i++) {
            double u = 3 + (i ? 1 : -1) * sqrt(6 - 1.6 * (double) n);
            double got = ew_certified_double(&sign.end[i]);
            assert_true(fabs(got - 2 * sqrt(u)) < 1e-10);
        }
        ew_density_sign_clear(&sign);
        ew_density_free(d);
        network_clear(&w);
    }
    ew_context_free(ctx);
}

/* At order 2 of a wide network the tails are positive, 0 lies exactly in the middle of the
 * grid, and its values are those of the normal law: 1/sqrt(2 pi K) and 1/2. */
static void grid_has_its_middle(void **state)
{
    (void) state;
    network w;
    ew_scalar from, to;
    open_network(&w, "tanh", "1", "1", 1, 8);
    network_set(&from, "-3", NULL);
    network_set(&to, "3", NULL);
    const ew_density_grid grid = {3, NULL, &from, &to};
    ew_output_density *d = density_of(&w, 2);
    ew_certified *v = values(d, &grid, 15);
    slong columns = ew_density_columns(d);
    assert_string_equal(v[columns].mid, "0");
    assert_string_equal(v[columns].rad, "0");
    assert_string_equal(v[0].exact, "-3");
    /* phi(0), phi(3), Phi(-3): tables of the normal law. */
    for (int k = 0; k < 3; k++) {
        assert_string_equal(v[columns + 2 + k].mid, "0.398942280401433");
        assert_string_equal(v[2 + k].mid, "0.00443184841193801");
        assert_string_equal(v[5 + k].mid, "0.00134989803163009");
    }
    free_values(d, v, 3);
    ew_density_free(d);
    ew_expr_free(from.e);
    ew_expr_free(to.e);
    network_clear(&w);
}

static void refusals(void **state)
{
    (void) state;
    network w;
    ew_output_density *d;
    ew_context *ctx = ew_context_new();
    open_network(&w, "tanh", "1", "0", 3, 8);
    check_status(ctx, ew_density_new(&d, &w.net, 1, EW_AUTO, ctx), EW_DOMAIN);
    assert_null(d);
    network_clear(&w);
    open_network(&w, "tanh", "1", "1", 3, 8);
    check_status(ctx, ew_density_new(&d, &w.net, 0, EW_AUTO, ctx), EW_USAGE);
    check_status(ctx, ew_density_new(&d, &w.net, 99, EW_AUTO, ctx), EW_UNABLE);
    w.net.widths = 0;
    check_status(ctx, ew_density_new(&d, &w.net, 1, EW_AUTO, ctx), EW_USAGE);
    w.net.widths = 1;
    w.net.inputs = 2;
    check_status(ctx, ew_density_new(&d, &w.net, 1, EW_AUTO, ctx), EW_UNABLE);
    network_clear(&w);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(moments_are_exact),
                                       cmocka_unit_test(frames_are_exact),
                                       cmocka_unit_test(error_falls_with_width),
                                       cmocka_unit_test(agrees_with_samples),
                                       cmocka_unit_test(negative_interval),
                                       cmocka_unit_test(grid_has_its_middle),
                                       cmocka_unit_test(refusals)};
    int failed = cmocka_run_group_tests_name("density", tests, NULL, NULL);
    ew_thread_cleanup();
    return failed;
}

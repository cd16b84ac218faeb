/* Orthogonal weights (theory.md section 7): the matrices, and both samplers. */
#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/householder.h"
#include "readings/sample/preactivation.h"
#include "readings/sample/product.h"
#include "readings/sample/sample.h"
#include "readings/sample/weights.h"
#include "support/sample_check.h"
#include "support/sample_network.h"

static const char *const K_OF[] = {"a.a"}, *const THETA_OF[] = {"a1.a1"};
static const char *const AB_OF[] = {"a.b"}, *const BB_OF[] = {"b.b"};
static const char *const V_OF[] = {"a.a", "a.a"}, *const KAPPA_OF[] = {"a.a", "a.a", "a.a"};
static const char *const VAB_OF[] = {"a.a", "b.b"}, *const VBB_OF[] = {"b.b", "b.b"};
static const char *const F_OF[] = {"a.a1", "a.a1"}, *const B_OF[] = {"a1.a2", "a1.a2"};
static const char *const P_OF[] = {"a.a12", "a1.a2"};

#define MOST 70

/* One matrix of this shape into w[rows][columns]. */
static void make(double *w, ew_weights *from, size_t rows, size_t columns, uint64_t sample,
                 ew_context *ctx)
{
    ew_stream stream = {5, sample, 3, 64};
    check_ok(ctx, from->begin(from, &stream, rows, columns, ctx));
    from->rows(from, w, 0, rows);
}

static double product_of(const double *w, size_t rows, size_t columns, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; rows >= columns && k < rows; k++)
        sum += w[k * columns + i] * w[k * columns + j];
    for (size_t k = 0; rows < columns && k < columns; k++)
        sum += w[i * columns + k] * w[j * columns + k];
    return sum;
}

/* W^T W = n, or W W^T where there are fewer rows; and rows may be asked for by parts. */
static void test_frames(void **state)
{
    ew_context *ctx = *state;
    static double w[MOST * MOST], part[MOST * MOST];
    const size_t shape[][2] = {{1, 1}, {5, 5}, {7, 3},   {3, 7},
                               {1, 9}, {9, 1}, {64, 64}, {70, 33}};
    ew_weights *o;
    check_ok(ctx, ew_product_begin(ctx));
    check_ok(ctx, ew_weights_orthogonal(&o, ctx));
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
        size_t rows = shape[s][0], columns = shape[s][1];
        double n = (double) (rows > columns ? rows : columns);
        make(w, o, rows, columns, s, ctx);
        for (size_t i = 0; i < (rows < columns ? rows : columns); i++)
            for (size_t j = 0; j <= i; j++)
                assert_true(fabs(product_of(w, rows, columns, i, j) - (i == j) * n) <
                            1e-13 * n);
        for (size_t first = 0; first < rows; first += EW_NORMAL_CHUNK)
            o->rows(o, part + first * columns, first,
                    rows - first < EW_NORMAL_CHUNK ? rows - first : EW_NORMAL_CHUNK);
        assert_memory_equal(w, part, rows * columns * sizeof *w);
    }
    ew_stream stream = {1, 2, 3, 64};
    check_status(ctx, o->begin(o, &stream, 1 << 14, 1 << 14, ctx), EW_UNABLE);
    o->free(o);
    ew_product_end();
}

/* The frame that LAPACK finds is that of the reflections without it: R has a positive diagonal.
 */
static void test_householder(void **state)
{
    ew_context *ctx = *state;
    static double a[MOST * MOST], b[MOST * MOST], work[2 * MOST];
    const size_t shape[][2] = {{1, 1}, {1, 8}, {2, 2}, {5, 9}, {33, 70}, {64, 64}};
    check_ok(ctx, ew_product_begin(ctx));
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
        size_t count = shape[s][0], length = shape[s][1];
        ew_stream stream = {9, s, 1, 0};
        ew_normals(a, &stream, 0, count * length);
        memcpy(b, a, count * length * sizeof *a);
        ew_householder_orthonormal(b, count, length, work);
        double first = 0, norm = 0;
        for (size_t i = 0; i < length; i++) {
            first += a[i] * b[i];
            norm += a[i] * a[i];
        }
        assert_true(fabs(first - sqrt(norm)) < 1e-12 * first);
        check_ok(ctx, ew_product_orthonormal(a, count, length, ctx));
        for (size_t i = 0; i < count * length; i++)
            assert_true(fabs(a[i] - b[i]) < 1e-11);
    }
    double zero[4] = {0, 0, 0, 2};
    ew_householder_orthonormal(zero, 2, 2, work);
    assert_true(zero[0] == 1 && fabs(zero[3]) == 1);
    ew_product_end();
}

typedef struct {
    double mean, square;
} moment;

enum { MOMENTS = 9 };

static void add_moments(moment *m, const double *w, size_t columns, double scale)
{
    double a = w[0] / scale, b = w[1] / scale, c = w[columns] / scale;
    double d = w[columns + 1] / scale;
    const double x[MOMENTS] = {a * a,         a * d,         a * a * a * a,
                               a * a * b * b, a * a * c * c, a * a * d * d,
                               a * b * c * d, pow(a, 6),     a * a * a * a * d * d};
    for (int i = 0; i < MOMENTS; i++) {
        m[i].mean += x[i];
        m[i].square += x[i] * x[i];
    }
}

/* Weingarten's integrals over O(n), of the entries W_11, W_12, W_21, W_22.  (The last one:
 * given the first column u, E v_2^2 = (1 - u_2^2)/(n - 1).) */
static void test_weingarten(void **state)
{
    ew_context *ctx = *state;
    enum { SAMPLES = 20000 };
    const size_t shape[][2] = {{2, 2}, {3, 3}, {4, 2}, {2, 4}, {6, 6}};
    ew_weights *o;
    check_ok(ctx, ew_product_begin(ctx));
    check_ok(ctx, ew_weights_orthogonal(&o, ctx));
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
        size_t rows = shape[s][0], columns = shape[s][1];
        double w[36], n = (double) (rows > columns ? rows : columns);
        moment m[MOMENTS] = {{0, 0}};
        for (uint64_t k = 0; k < SAMPLES; k++) {
            make(w, o, rows, columns, k, ctx);
            add_moments(m, w, columns, sqrt(n));
        }
        const double want[MOMENTS] = {1 / n,
                                      0,
                                      3 / (n * (n + 2)),
                                      1 / (n * (n + 2)),
                                      1 / (n * (n + 2)),
                                      (n + 1) / (n * (n - 1) * (n + 2)),
                                      -1 / (n * (n - 1) * (n + 2)),
                                      15 / (n * (n + 2) * (n + 4)),
                                      3 * (n + 3) / (n * (n - 1) * (n + 2) * (n + 4))};
        for (int i = 0; i < MOMENTS; i++) {
            double mean = m[i].mean / SAMPLES;
            double se = sqrt((m[i].square / SAMPLES - mean * mean) / SAMPLES);
            sample_near((ew_estimate){mean, se}, want[i], "moment", i);
        }
    }
    o->free(o);
    ew_product_end();
}

static void set_widths(test_network *t, ulong *width, slong n)
{
    t->net.widths = n;
    t->net.width = width;
}

static void init(test_network *t, const char *activation, const char *cw, const char *cb,
                 slong depth, ew_context *ctx)
{
    network_init(t, activation, cw, cb, "1", "1", depth, ctx);
    t->net.ensemble = EW_ENSEMBLE_ORTHOGONAL;
}

/* Linear layers keep the Gram matrix while widths do not fall; from 9 neurons to 5 one input's
 * covariance is (9/5) of a Beta(5/2, 2) variable. */
static void test_linear(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_scalar gram[3];
    const char *const k[3] = {"1", "1/2", "3"};
    ulong width[5] = {5, 5, 9, 5, 1};
    init(&t, "z", "1", "0", 5, ctx);
    for (int i = 0; i < 3; i++)
        network_set(&gram[i], k[i], ctx);
    t.net.inputs = 2;
    t.net.gram = gram;
    set_widths(&t, width, 5);
    for (int sampler = 0; sampler < 2; sampler++) {
        ew_sample_options opt = {
            .width = 5, .samples = 20000, .sampler = sampler ? EW_SAMPLER_NETWORK : 0};
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        for (slong l = 1; l <= 4; l++) {
            assert_true(fabs(sample_value(x, l, K_OF, 1).mean - 1) < 1e-13);
            assert_true(fabs(sample_value(x, l, AB_OF, 1).mean - 0.5) < 1e-13);
            assert_true(fabs(sample_value(x, l, BB_OF, 1).mean - 3) < 1e-13);
            assert_true(fabs(sample_value(x, l, VBB_OF, 2).mean) < 1e-26);
        }
        sample_near(sample_value(x, 5, K_OF, 1), 1, "K", 5);
        sample_near(sample_value(x, 5, V_OF, 2), 81.0 / 25 * 5 / (20.25 * 5.5), "V", 5);
        ew_sample_free(x);
    }
    for (int i = 0; i < 3; i++)
        ew_expr_free(gram[i].e);
    network_clear(&t);
}

/* s = z^2, C_W = 1/2, K = 2: Ghat = 2 n sum u_i^4 for u uniform on the sphere, with E u_1^4 =
 * 3/(n (n+2)), E u_1^8 = 105/q, E u_1^4 u_2^4 = 9/q, q = n(n+2)(n+4)(n+6). */
static void test_sphere(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "z^2", "1/2", "0", "1", "2", 2, ctx);
    t.net.ensemble = EW_ENSEMBLE_ORTHOGONAL;
    for (int i = 0; i < 6; i++) {
        double n = i < 2 ? 2 : i < 4 ? 7 : 1;
        ew_sample_options opt = {.width = (uint64_t) n,
                                 .samples = 20000,
                                 .sampler = i % 2 ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN};
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        double mean = 6 * n / (n + 2), q = n * (n + 2) * (n + 4) * (n + 6);
        double square = 4 * n * n * (105 * n + 9 * n * (n - 1)) / q;
        sample_near(sample_value(x, 2, K_OF, 1), mean, "mean", 2);
        sample_within(sample_value(x, 2, V_OF, 2), square - mean * mean, 1e-12, "variance", 2);
        ew_sample_free(x);
    }
    network_clear(&t);
}

/* Two orthogonal inputs in the plane: the second column is the first one turned by a right
 * angle, up to signs, so that for s = z^2 both covariances are the same number. */
static void test_plane(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_scalar gram[3];
    const char *const k[3] = {"1", "0", "1"};
    init(&t, "z^2", "1", "0", 2, ctx);
    for (int i = 0; i < 3; i++)
        network_set(&gram[i], k[i], ctx);
    t.net.inputs = 2;
    t.net.gram = gram;
    for (int sampler = 0; sampler < 2; sampler++) {
        ew_sample_options opt = {
            .width = 2, .samples = 20000, .sampler = sampler ? EW_SAMPLER_NETWORK : 0};
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        double v = sample_value(x, 2, V_OF, 2).mean;
        assert_true(v > 0.1 && fabs(sample_value(x, 2, VAB_OF, 2).mean - v) < 1e-9);
        assert_true(fabs(sample_value(x, 2, VBB_OF, 2).mean - v) < 1e-9);
        sample_near(sample_value(x, 2, K_OF, 1), 1.5, "a.a", 2);
        sample_near(sample_value(x, 2, AB_OF, 1), 0.5, "a.b", 2);
        ew_sample_free(x);
    }
    for (int i = 0; i < 3; i++)
        ew_expr_free(gram[i].e);
    network_clear(&t);
}

/* Tangents and biases are Gaussian in both; widths that rise and fall; an input of more
 * coordinates than neurons. */
static void test_agree(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ulong width[4] = {6, 9, 4, 1};
    init(&t, "tanh", "3/2", "1/4", 4, ctx);
    ew_expr_free(t.number[3].e);
    network_set(&t.number[3], "1/2", ctx);
    ew_sample_options opt = {.width = 8, .samples = 6000, .seed = 3, .descent = 1};
    sample_agree(&t.net, opt, ctx);
    set_widths(&t, width, 4);
    t.net.coordinates = 20;
    opt.width = 6;
    sample_agree(&t.net, opt, ctx);
    opt.descent = 2;
    opt.moments = 0;
    sample_agree(&t.net, opt, ctx);
    network_clear(&t);
}

/* With n_0 = 20 coordinates and 5 neurons, one input's z is sqrt(20) times five coordinates of
 * a point of the sphere: for s = z, Ghat = 4 Beta(5/2, 15/2). */
static void test_coordinates(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    init(&t, "z", "1", "0", 2, ctx);
    t.net.coordinates = 20;
    for (int sampler = 0; sampler < 2; sampler++) {
        ew_sample_options opt = {
            .width = 5, .samples = 20000, .sampler = sampler ? EW_SAMPLER_NETWORK : 0};
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        sample_near(sample_value(x, 2, K_OF, 1), 1, "K", 2);
        sample_near(sample_value(x, 2, V_OF, 2), 16 * 2.5 * 7.5 / (100.0 * 11), "V", 2);
        ew_sample_free(x);
    }
    network_clear(&t);
}

static void statistic_near(const ew_preactivation_table *p, const char *name, slong layer,
                           double want)
{
    slong s = ew_preactivation_find(p, name);
    assert_true(s >= 0);
    sample_near(p->value[(layer - 1) * p->statistics + s], want, name, layer);
}

/* kappa_4 of the entries of a frame, two orthonormal inputs as its columns, from Weingarten's
 * integrals; n is the larger one of n_0 and n_1.  Linear layers of equal widths, and one that
 * widens, have the same at their own n. */
static void check_neurons(uint64_t width, const ulong *widths, slong coordinates, double first,
                          double last, ew_context *ctx)
{
    test_network t;
    ew_scalar gram[3];
    const char *const k[3] = {"1", "0", "1"};
    init(&t, "z", "1", "0", 2, ctx);
    for (int i = 0; i < 3; i++)
        network_set(&gram[i], k[i], ctx);
    t.net.inputs = 2;
    t.net.gram = gram;
    t.net.coordinates = coordinates;
    set_widths(&t, (ulong *) widths, widths ? 2 : 0);
    for (int sampler = 0; sampler < 2; sampler++) {
        ew_sample_options opt = {.width = width,
                                 .samples = 20000,
                                 .sampler = sampler ? EW_SAMPLER_NETWORK : 0,
                                 .moments = 3};
        ew_preactivation_table *p;
        check_ok(ctx, ew_sample_preactivations(&p, &t.net, &opt, ctx));
        assert_int_equal(p->statistics, 5 + 6 + 7 + 15 + 10);
        for (slong l = 1; l <= (last > 0 ? 2 : 1); l++) {
            double n = l == 1 ? first : last;
            statistic_near(p, "z1a,z1a,z1a,z1a", l, -6 / (n + 2));
            statistic_near(p, "z1a,z1a,z1b,z1b", l, -2 / (n + 2));
            statistic_near(p, "z1a,z1a,z2a,z2a", l, -2 / (n + 2));
            statistic_near(p, "z1a,z1a,z2b,z2b", l, 2 / ((n - 1) * (n + 2)));
            statistic_near(p, "z1a,z1b,z2a,z2b", l, -n / ((n - 1) * (n + 2)));
            double six = 16 / ((n + 2) * (n + 4));
            statistic_near(p, "z1a,z1a,z1a,z1a,z1a,z1a", l, 15 * six);
            statistic_near(p, "z1a,z1a,z1a,z1a,z1b,z1b", l, 3 * six);
            statistic_near(p, "z1b,z1b,z1b,z1b,z2b,z2b", l, 3 * six);
            statistic_near(p, "z1a,z1a,z2a,z2a,z3a,z3a", l, six);
        }
        ew_preactivation_free(p);
    }
    for (int i = 0; i < 3; i++)
        ew_expr_free(gram[i].e);
    network_clear(&t);
}

/* Gaussian weights, s = z, two orthonormal inputs: kappa_6 is a sum of n^-2 kappa_3 of products
 * of two standard normals a and b over the pairings of every neuron's entries, kappa_3(a^2,
 * a^2, a^2) = 8, kappa_3(ab, ab, a^2) = 2 and the other ones 0.  Three neurons need three. */
static void test_sixth(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ew_scalar gram[3];
    const char *const k[3] = {"1", "0", "1"};
    network_init(&t, "z", "1", "0", "1", "1", 2, ctx);
    for (int i = 0; i < 3; i++)
        network_set(&gram[i], k[i], ctx);
    t.net.inputs = 2;
    t.net.gram = gram;
    for (uint64_t n = 2; n <= 6; n += 4) {
        ew_sample_options opt = {.width = n, .samples = 40000, .moments = 4, .seed = 1};
        ew_preactivation_table *p;
        double per = 1 / (double) (n * n);
        check_ok(ctx, ew_sample_preactivations(&p, &t.net, &opt, ctx));
        statistic_near(p, "z1a,z1a,z1a,z1a,z1a,z1a", 2, 120 * per);
        statistic_near(p, "z1a,z1a,z1a,z1a,z1b,z1b", 2, 24 * per);
        statistic_near(p, "z1a,z1a,z1b,z1b,z2a,z2a", 2, 4 * per);
        statistic_near(p, "z1a,z1a,z1a,z1a,z2b,z2b", 2, 0);
        statistic_near(p, "z1a,z1a,z1a,z1a,z2a,z2a", 1, 0);
        slong three = ew_preactivation_find(p, "z1a,z1a,z2a,z2b,z3a,z3b");
        assert_true(three >= 0);
        if (n > 2)
            statistic_near(p, "z1a,z1a,z2a,z2b,z3a,z3b", 2, 2 * per);
        else
            assert_true(isnan(p->value[p->statistics + three].mean));
        ew_preactivation_free(p);
    }
    for (int i = 0; i < 3; i++)
        ew_expr_free(gram[i].e);
    network_clear(&t);
}

/* A few samples are put into fewer batches, and have an error all the same. */
static void test_few(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    init(&t, "tanh", "1", "0", 2, ctx);
    for (uint64_t samples = 8; samples <= 100; samples += 23) {
        ew_sample_options opt = {.width = 4, .samples = samples};
        ew_preactivation_table *p;
        check_ok(ctx, ew_sample_preactivations(&p, &t.net, &opt, ctx));
        assert_int_equal(p->batches, samples / 4);
        for (slong i = 0; i < 2 * p->statistics; i++)
            assert_true(isfinite(p->value[i].mean) && p->value[i].se > 0);
        assert_true(fabs(p->value[0].mean + 1) < 5 * p->value[0].se);
        ew_preactivation_free(p);
    }
    network_clear(&t);
}

static void test_neurons(void **state)
{
    ew_context *ctx = *state;
    static const ulong wide[2] = {4, 8};
    check_neurons(5, NULL, 0, 5, 5, ctx);
    check_neurons(4, wide, 0, 4, 8, ctx);
    check_neurons(5, NULL, 12, 12, 0, ctx);
    check_neurons(3, NULL, 2, 3, 3, ctx);
}

/* theory.md section 7: second order at layer 2, with an allowance for the third. */
static void test_second_order(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    double n = 32, k = 0.39429449039784117;
    init(&t, "tanh", "1", "0", 2, ctx);
    ew_sample_options opt = {.width = 32, .samples = 60000, .moments = 3, .seed = 1};
    ew_sample_table *x = sample_draw(&t.net, opt, ctx);
    double third = 1 / (n * n * n);
    sample_within(sample_value(x, 2, K_OF, 1), k + 0.1712934484 / n + 0.0736199341 / (n * n),
                  third, "E", 2);
    sample_within(sample_value(x, 2, V_OF, 2), 0.0314229393 / n - 0.0380495446 / (n * n),
                  0.1 * third, "Var", 2);
    sample_within(sample_value(x, 2, KAPPA_OF, 3), -0.0074618499 / (n * n), 0.02 * third,
                  "kappa3", 2);
    ew_sample_free(x);
    network_clear(&t);
}

/* Its leading coefficients at layer 5, from samples at n = 256: the next order is a few parts
 * in n of each. */
static void test_layer_5(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    init(&t, "tanh", "1", "0", 5, ctx);
    ew_sample_options opt = {.width = 256, .samples = 8000, .descent = 2, .seed = 2};
    ew_sample_table *x = sample_draw(&t.net, opt, ctx);
    double n = 256, k = sample_value(x, 5, K_OF, 1).mean;
    double theta = sample_value(x, 5, THETA_OF, 1).mean;
    const struct {
        const char *const *of;
        double unit, want;
    } c[] = {{V_OF, k * k, 0.2077},
             {B_OF, theta * theta, 0.8537},
             {F_OF, k * theta, 0.3281},
             {P_OF, theta * theta, -0.2744}};
    for (int i = 0; i < 4; i++) {
        ew_estimate e = sample_value(x, 5, c[i].of, 2);
        e.mean *= n / c[i].unit;
        e.se *= n / c[i].unit;
        assert_true(e.se < 0.05 * fabs(c[i].want));
        sample_within(e, c[i].want, 10 / n * fabs(c[i].want), c[i].of[0], 5);
    }
    ew_sample_free(x);
    network_clear(&t);
}

static void test_threads(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    init(&t, "tanh", "1", "1/4", 3, ctx);
    for (int sampler = 0; sampler < 2; sampler++) {
        ew_sample_options opt = {.width = 40,
                                 .samples = 300,
                                 .descent = 1,
                                 .sampler = sampler ? EW_SAMPLER_NETWORK : 0};
        ew_context_set_threads(ctx, 1);
        ew_sample_table *x = sample_draw(&t.net, opt, ctx);
        ew_context_set_threads(ctx, 3);
        ew_sample_table *y = sample_draw(&t.net, opt, ctx);
        assert_memory_equal(x->value, y->value,
                            (size_t) (x->layers * x->terms) * sizeof *x->value);
        ew_sample_free(x);
        ew_sample_free(y);
    }
    ew_context_set_threads(ctx, 1);
    network_clear(&t);
}

static void refuse(const test_network *t, ew_sample_options opt, const char *part,
                   ew_context *ctx)
{
    ew_sample_table *x;
    check_status(ctx, ew_sample_chain(&x, &t->net, &opt, ctx), EW_UNABLE);
    if (!strstr(ew_context_error(ctx), part))
        fail_msg("the message is \"%s\"", ew_context_error(ctx));
    assert_null(x);
}

static void test_refusals(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    ulong width[3] = {3, 2, 2};
    init(&t, "tanh", "1", "0", 3, ctx);
    refuse(&t, (ew_sample_options){.width = 2, .samples = 9, .descent = 1}, "2 x 1 (layer 1)",
           ctx);
    refuse(&t, (ew_sample_options){.width = 2, .samples = 9, .descent = 1}, "3 fields", ctx);
    refuse(&t, (ew_sample_options){.width = 9000, .samples = 9, .sampler = EW_SAMPLER_NETWORK},
           "9000 x 9000", ctx);
    set_widths(&t, width, 3);
    ew_sample_table *x =
        sample_draw(&t.net, (ew_sample_options){.width = 3, .samples = 9, .descent = 1}, ctx);
    ew_sample_free(x);
    refuse(&t, (ew_sample_options){.width = 3, .samples = 9, .descent = 1, .moments = 3},
           "at least the number of fields", ctx);
    network_clear(&t);
}

static int setup(void **state)
{
    *state = ew_context_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ew_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),     cmocka_unit_test(test_householder),
        cmocka_unit_test(test_weingarten), cmocka_unit_test(test_linear),
        cmocka_unit_test(test_sphere),     cmocka_unit_test(test_plane),
        cmocka_unit_test(test_agree),      cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_neurons),    cmocka_unit_test(test_sixth),
        cmocka_unit_test(test_few),        cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_layer_5),    cmocka_unit_test(test_threads),
        cmocka_unit_test(test_refusals)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}

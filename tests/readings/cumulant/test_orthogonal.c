/* Networks with orthogonal weights: theory.md section 7, exact laws at finite width, and Haar
 * frames drawn. */
#include <math.h>
#include <string.h>

#include "library/setup.h"
#include "network.h"
#include "readings/cumulant/asymptotic/asymptotic.h"

#define ORTHOGONAL "ensemble", "orthogonal"

static const char *const tanh_network[] = {"activation", "tanh",  "cw", "1",        "cb",
                                           "0",          "depth", "5",  ORTHOGONAL, NULL};

static double middle(const ew_certified *c)
{
    return c->mid ? strtod(c->mid, NULL) : 0;
}

/* x / (K^k Theta^t) rounded to the printed decimals. */
static void check_ratio(const solved *s, const char *of, double k, double t, double printed)
{
    double K = middle(coefficient(s, "a.a", 0, 5)),
           theta = middle(coefficient(s, "a1.a1", 0, 5));
    double x = middle(coefficient(s, of, 1, 5)) / (pow(K, k) * pow(theta, t));
    if (fabs(x - printed) > 0.500001e-4)
        fail_msg("%s: %.6f, not %.4f", of, x, printed);
}

/* The printed values at layer 5, and those of the second order at layer 2. */
static void published_values(void **state)
{
    (void) state;
    static const expected second[] = {
        {"a.a", 1, "0.1712934484"},          {"a.a", 2, "0.0736199341"},
        {"a.a,a.a", 1, "0.0314229393"},      {"a.a,a.a", 2, "-0.0380495446"},
        {"a.a,a.a,a.a", 2, "-0.0074618499"}, {NULL, 0, NULL}};
    solved s;
    open_network(&s, tanh_network);
    check_ok(s.ctx, try_solve(&s, 1, 2));
    check_ratio(&s, "a.a,a.a", 2, 0, .2077);
    check_ratio(&s, "a1.a2,a1.a2", 0, 2, .8537);
    check_ratio(&s, "a.a1,a.a1", 1, 1, .3281);
    check_ratio(&s, "a.a12,a1.a2", 0, 2, -.2744);
    check_ratio(&s, "a.a1,a2.a12", 0, 2, -.0267);
    close_network(&s);
    open_network(&s, tanh_network);
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_decimals(&s, second, 2, 10);
    close_network(&s);
}

/* ---- exact laws ---------------------------------------------------------------------------
 */

static void check_network(const char *const *options, slong order, int descent, slong layer,
                          const expected *e)
{
    solved s;
    open_network(&s, options);
    check_ok(s.ctx, try_solve(&s, order, descent));
    check_exact(&s, e, layer);
    close_network(&s);
}

/* s = z^2, one input: the rows of a layer are sqrt(Ghat) times a point u of the sphere of
 * radius sqrt(n), so that Ghat'/Ghat^2 = C_W (1/n) sum u_i^4, with exact moments.  With half as
 * many rows they are half of the coordinates of such a point. */
static void squares(void **state)
{
    (void) state;
#define SQUARES                                                                                \
    "activation", "z^2", "cw", "1/2", "cb", "0", "depth", "3", "exact", "", ORTHOGONAL
    static const char *const square[] = {SQUARES, NULL};
    static const char *const rectangular[] = {SQUARES, "width", "200,100,200", NULL};
    static const expected second[] = {
        {"a.a", 0, "3/2"},     {"a.a", 1, "-3"},          {"a.a", 2, "6"},
        {"a.a", 3, "-12"},     {"a.a,a.a", 1, "6"},       {"a.a,a.a", 2, "-90"},
        {"a.a,a.a", 3, "852"}, {"a.a,a.a,a.a", 2, "216"}, {"a.a,a.a,a.a", 3, "-7992"},
        {NULL, 0, NULL}};
    static const expected third[] = {{"a.a", 1, "-45/4"},
                                     {"a.a", 2, "-72"},
                                     {"a.a", 3, "1314"},
                                     {"a.a,a.a", 1, "1215/8"},
                                     {"a.a,a.a", 2, "567/8"},
                                     {"a.a,a.a", 3, "-197559/4"},
                                     {"a.a,a.a,a.a", 2, "282123/8"},
                                     {"a.a,a.a,a.a", 3, "7795197/8"},
                                     {NULL, 0, NULL}};
    static const expected narrow[] = {{"a.a", 1, "-45/4"},
                                      {"a.a", 3, "1314"},
                                      {"a.a,a.a", 1, "2187/8"},
                                      {"a.a,a.a", 2, "-3321/8"},
                                      {"a.a,a.a", 3, "-189135/4"},
                                      {"a.a,a.a,a.a", 2, "1318761/16"},
                                      {"a.a,a.a,a.a", 3, "5908545/4"},
                                      {NULL, 0, NULL}};
    check_network(square, 3, 0, 2, second);
    check_network(square, 3, 0, 3, third);
    check_network(rectangular, 3, 0, 3, narrow);
}

/* Two orthogonal inputs: given the one, the other is a point of the sphere orthogonal to it. */
static void orthogonal_inputs(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "z^2",   "cw",       "1/2",   "cb",
                                          "0",          "depth", "2",        "exact", "",
                                          "gram",       "1,0,1", ORTHOGONAL, NULL};
    static const expected e[] = {
        {"a.b", 0, "1/2"},   {"a.b", 1, "-1"},    {"a.b", 2, "2"},       {"a.a,b.b", 1, "0"},
        {"a.a,b.b", 2, "0"}, {"a.b,a.b", 1, "1"}, {"a.b,a.b", 2, "-11"}, {NULL, 0, NULL}};
    check_network(options, 2, 0, 2, e);
}

/* The NTK of s = z^2 at layer 2: at layer 1 tangents are independent of the weights, so that
 * only the moments of the sphere enter. */
static void first_kernel(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "z^2", "cw",       "1/2",
                                          "cb",         "0",   "depth",    "2",
                                          "exact",      "",    ORTHOGONAL, NULL};
    static const expected e[] = {{"a.a,a1.a1", 1, "12"},   {"a.a,a1.a1", 2, "-180"},
                                 {"a1.a1,a2.a2", 1, "24"}, {"a1.a1,a2.a2", 2, "-360"},

                                 {"a1.a2,a1.a2", 1, "48"}, {"a1.a2,a1.a2", 2, "-96"},
                                 {"a.a1,a.a1", 1, "30"},   {"a.a1,a.a1", 2, "-180"},
                                 {NULL, 0, NULL}};
    check_network(options, 2, 1, 2, e);
}

/* Orthogonal linear layers keep the Gram matrix of any inputs: nothing is random. */
static void linear_networks(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "identity", "cw",       "3/2",   "cb",
                                          "0",          "depth",    "4",        "exact", "",
                                          "gram",       "1,1/2,2",  ORTHOGONAL, NULL};
    solved s;
    open_network(&s, options);
    check_ok(s.ctx, try_solve(&s, 2, 0));
    const ew_cumulant_table *t = s.t;
    for (slong k = 0; k < t->terms; k++)
        for (slong j = 0; j <= t->order; j++) {
            const ew_certified *c = &t->c[(3 * t->terms + k) * (t->order + 1) + j];
            if (j > 0 && j >= t->of_n[k] - 1) {
                assert_non_null(c->exact);
                assert_string_equal(c->exact, "0");
            }
        }
    close_network(&s);
}

/* V = 3(l - 1) K^2 (theory.md section 7); with a width halved, 5 - 2q = 4 in that layer, and r
 * = 2 times it. */
static void relu(void **state)
{
    (void) state;
#define RELU "activation", "relu", "cw", "2", "cb", "0", "depth", "4", "exact", "", ORTHOGONAL
    static const char *const square[] = {RELU, NULL};
    static const char *const narrow[] = {RELU, "width", "8,4,4,4", NULL};
    static const expected e[] = {{"a.a,a.a", 1, "9"}, {"a.a", 1, "0"}, {NULL, 0, NULL}};
    static const expected g[] = {{"a.a,a.a", 1, "17"}, {NULL, 0, NULL}};
    check_network(square, 1, 0, 4, e);
    check_network(narrow, 1, 0, 4, g);
}

/* ---- large depth --------------------------------------------------------------------------
 */

static void check_law(const char *activation, const char *const (*law)[2])
{
    const char *options[] = {"activation", activation, ORTHOGONAL, NULL};
    const ew_asymptotic_options opt = {
        .class = EW_AT_ZERO, .order = 1, .descent = 3, .terms = 1, .digits = 15};
    solved s;
    ew_asymptotics *a;
    open_network(&s, options);
    check_ok(s.ctx, ew_cumulant_asymptotics(&a, &s.setup->net, &opt, s.ctx));
    for (; (*law)[0]; law++) {
        const ew_asymptotic_entry *e = ew_asymptotic_named(a, (*law)[0]);
        assert_non_null(e);
        assert_string_equal(e->law, (*law)[1]);
    }
    ew_asymptotics_free(a);
    close_network(&s);
}

/* The limits of theory.md section 7; with s_2/s_1 = 1/2 and a_1 = -29/16, V/K^2 is (15/2)
 * (s_2/s_1)^2 / (-a_1). */
static void saturation(void **state)
{
    (void) state;
    static const char *const odd[][2] = {{"F/(K Theta)", "1/3"}, {"B/Theta^2", "1"},
                                         {"P/Theta^2", "-1/3"},  {"K R/Theta^3", "-1/3"},
                                         {"K S/Theta^3", "1/3"}, {"U/Theta^3", "1"},
                                         {"V/K^2", "8/3*l^-1"},  {NULL, NULL}};
    static const char *const skew[][2] = {{"V/K^2", "30/29"}, {NULL, NULL}};
    check_law("tanh", odd);
    check_law("tanh(z)+z^2/4", skew);
}

/* ---- Haar frames drawn --------------------------------------------------------------------
 */

#define WIDEST 24
#define FEATURES 3
#define SAMPLES 60000
enum { VV, VT, FF, AA, BB, CUMULANTS };

static const double cw = 1.2, cb = .1, lambda_w = .7, lambda_b = .3, k1 = .9;

static double normal(check_rng *r)
{
    double u = 1 - check_uniform(r), v = check_uniform(r);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

/* Orthonormal vectors in R^n, uniform. */
static void draw_frame(double e[FEATURES][WIDEST], int n, check_rng *r)
{
    for (int k = 0; k < FEATURES; k++) {
        double norm = 0;
        for (int i = 0; i < n; i++)
            e[k][i] = normal(r);
        for (int j = 0; j < k; j++) {
            double dot = 0;
            for (int i = 0; i < n; i++)
                dot += e[j][i] * e[k][i];
            for (int i = 0; i < n; i++)
                e[k][i] -= dot * e[j][i];
        }
        for (int i = 0; i < n; i++)
            norm += e[k][i] * e[k][i];
        for (int i = 0; i < n; i++)
            e[k][i] /= sqrt(norm);
    }
}

/* The Cholesky factor of the features' Gram matrix. */
static void factor_gram(double l[FEATURES][FEATURES], double f[FEATURES][WIDEST], int n)
{
    for (int j = 0; j < FEATURES; j++)
        for (int k = 0; k <= j; k++) {
            double x = 0;
            for (int i = 0; i < n; i++)
                x += f[j][i] * f[k][i];
            for (int m = 0; m < k; m++)
                x -= l[j][m] * l[k][m];
            l[j][k] = j == k ? sqrt(x) : x / l[k][k];
        }
}

/* One network with n_0 coordinates and rows n[0], n[1]: Ghat_aa, Ghat_a1, Ghat_11, Ghat_22,
 * Ghat_12 of layer 3. */
static void draw_network(double g[5], int n0, const int n[2], check_rng *r)
{
    double e[FEATURES][WIDEST], f[FEATURES][WIDEST], l[FEATURES][FEATURES];
    int frame = n[0] > n[1] ? n[0] : n[1], first = n0 > n[0] ? n0 : n[0];
    double dot = (k1 - cb) / cw, mean = 0;
    draw_frame(e, first, r);
    for (int i = 0; i < n[0]; i++) {
        double z = sqrt(cw * first * dot) * e[0][i] + sqrt(cb) * normal(r), s = tanh(z);
        f[0][i] = s;
        mean += s * s / n[0];
        for (int t = 1; t < FEATURES; t++)
            f[t][i] = (1 - s * s) * sqrt(lambda_w * dot + lambda_b) * normal(r);
    }
    factor_gram(l, f, n[0]);
    draw_frame(e, frame, r);
    memset(g, 0, 5 * sizeof *g);
    for (int i = 0; i < n[1]; i++) {
        double w[FEATURES] = {0};
        for (int j = 0; j < FEATURES; j++)
            for (int k = 0; k <= j; k++)
                w[j] += sqrt(cw * frame / n[0]) * l[j][k] * e[k][i];
        for (int t = 1; t < FEATURES; t++)
            w[t] += sqrt(lambda_w * mean + lambda_b) * normal(r);
        double s = tanh(w[0] + sqrt(cb) * normal(r)), d = 1 - s * s;
        g[0] += cw * s * s / n[1];
        g[1] += cw * s * d * w[1] / n[1];
        g[2] += (lambda_w * s * s + cw * d * d * w[1] * w[1]) / n[1];
        g[3] += (lambda_w * s * s + cw * d * d * w[2] * w[2]) / n[1];
        g[4] += cw * d * d * w[1] * w[2] / n[1];
    }
}

/* The sampled covariances within 4.5 standard errors of the series to order 2. */
static void check_sampled(const char *width, int n0, const int n[2])
{
    static const int pair[CUMULANTS][2] = {{0, 0}, {0, 2}, {1, 1}, {2, 3}, {4, 4}};
    static const char *const of[CUMULANTS] = {"a.a,a.a", "a.a,a1.a1", "a.a1,a.a1",
                                              "a1.a1,a2.a2", "a1.a2,a1.a2"};
    const char *options[] = {"activation", "tanh", "cw",       "1.2", "cb",       "0.1",
                             "lambda-w",   "0.7",  "lambda-b", "0.3", "gram",     "0.9",
                             "depth",      "3",    "width",    width, ORTHOGONAL, NULL};
    static double g[SAMPLES][5];
    double mean[5] = {0};
    check_rng r;
    solved s;
    check_rng_init(&r, width);
    for (int i = 0; i < SAMPLES; i++) {
        draw_network(g[i], n0, n, &r);
        for (int k = 0; k < 5; k++)
            mean[k] += g[i][k] / SAMPLES;
    }
    open_network(&s, options);
    s.setup->net.coordinates = n0;
    check_ok(s.ctx, try_solve(&s, 2, 1));
    for (int c = 0; c < CUMULANTS; c++) {
        double x = 0, xx = 0, predicted = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double d =
                (g[i][pair[c][0]] - mean[pair[c][0]]) * (g[i][pair[c][1]] - mean[pair[c][1]]);
            x += d / SAMPLES;
            xx += d * d / SAMPLES;
        }
        for (slong j = 0; j <= 2; j++)
            predicted += middle(coefficient(&s, of[c], j, 3)) / pow(n[0], (double) j);
        if (fabs(x - predicted) > 4.5 * sqrt((xx - x * x) / SAMPLES))
            fail_msg("%s, widths %s: sampled %g, predicted %g", of[c], width, x, predicted);
    }
    close_network(&s);
}

/* Biases, tangents whose weights' share differs from all of Ghat, and all shapes. */
static void sampled_networks(void **state)
{
    (void) state;
    check_sampled("24,24,24", 0, (const int[]){24, 24});
    check_sampled("24,12,24", 0, (const int[]){24, 12});
    check_sampled("12,24,24", 0, (const int[]){12, 24});
    check_sampled("12,12,12", 24, (const int[]){12, 12});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),  cmocka_unit_test(squares),
        cmocka_unit_test(orthogonal_inputs), cmocka_unit_test(first_kernel),
        cmocka_unit_test(linear_networks),   cmocka_unit_test(relu),
        cmocka_unit_test(saturation),        cmocka_unit_test(sampled_networks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

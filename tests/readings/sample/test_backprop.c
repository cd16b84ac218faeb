/* The predictions of `cumulants` against networks written out in full: explicit weights and
 * biases, gradients of every output with respect to every parameter by backpropagation, the NTK
 * as a sum over parameters, and the dNTK by second-order forward passes along gradients. Shares
 * nothing with the samplers, not even the random numbers. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edgeworth.h"

enum { LAYERS = 3, N = 16, OUTPUTS = 8, WIDEST = 16 };
static const int size[LAYERS + 1] = {1, N, N, OUTPUTS};
/* C_W, C_b, lambda_W, lambda_b; the input is 1, so that K of layer 1 is C_W + C_b. */
static const double CW = 1.25, CB = 0.25, LW = 0.75, LB = 0.5;
static const char *const OPTION[][2] = {
    {"cw", "5/4"},   {"cb", "1/4"},  {"lambda-w", "3/4"}, {"lambda-b", "1/2"},
    {"gram", "3/2"}, {"depth", "3"}, {"order", "2"}};

/* One number a parameter: weights, a gradient, a direction. */
typedef struct {
    double w[LAYERS][WIDEST][WIDEST], b[LAYERS][WIDEST];
} parameters;

/* What a pass leaves at every neuron; [0] is the input. */
typedef struct {
    double z[LAYERS + 1][WIDEST], a[LAYERS + 1][WIDEST];
} signals;

typedef struct {
    const char *name;
    double (*s)(double z, int derivative);
    int smooth;
} activation;

static double s_tanh(double z, int k)
{
    double t = tanh(z), w = 1 - t * t;
    return k == 0 ? t : k == 1 ? w : -2 * t * w;
}

static double s_relu(double z, int k)
{
    return z < 0 ? 0 : k == 0 ? z : k == 1;
}

static double s_gelu(double z, int k)
{
    double p = 0.5 * erfc(-z / sqrt(2)), d = exp(-z * z / 2) / sqrt(2 * acos(-1));
    return k == 0 ? z * p : k == 1 ? p + z * d : (2 - z * z) * d;
}

static double normal(check_rng *r)
{
    double u = 1 - check_uniform(r), v = check_uniform(r);
    return sqrt(-2 * log(u)) * cos(2 * acos(-1) * v);
}

static void draw(parameters *p, check_rng *r)
{
    for (int l = 0; l < LAYERS; l++)
        for (int i = 0; i < size[l + 1]; i++) {
            p->b[l][i] = sqrt(CB) * normal(r);
            for (int j = 0; j < size[l]; j++)
                p->w[l][i][j] = sqrt(CW / size[l]) * normal(r);
        }
}

static void forward(signals *x, const parameters *p, const activation *f)
{
    x->a[0][0] = 1;
    for (int l = 0; l < LAYERS; l++)
        for (int i = 0; i < size[l + 1]; i++) {
            double z = p->b[l][i];
            for (int j = 0; j < size[l]; j++)
                z += p->w[l][i][j] * x->a[l][j];
            x->z[l + 1][i] = z;
            x->a[l + 1][i] = f->s(z, 0);
        }
}

/* The gradient of output number `output`. */
static void backward(parameters *g, const signals *x, const parameters *p, const activation *f,
                     int output)
{
    double delta[WIDEST] = {0}, below[WIDEST];
    delta[output] = 1;
    for (int l = LAYERS - 1; l >= 0; l--) {
        for (int j = 0; j < size[l]; j++)
            below[j] = 0;
        for (int i = 0; i < size[l + 1]; i++) {
            g->b[l][i] = delta[i];
            for (int j = 0; j < size[l]; j++) {
                g->w[l][i][j] = delta[i] * x->a[l][j];
                below[j] += delta[i] * p->w[l][i][j];
            }
        }
        for (int j = 0; j < size[l] && l > 0; j++)
            delta[j] = below[j] * f->s(x->z[l][j], 1);
    }
}

/* sum over parameters of rate times product. */
static double inner(const parameters *g, const parameters *h)
{
    double sum = 0;
    for (int l = 0; l < LAYERS; l++)
        for (int i = 0; i < size[l + 1]; i++) {
            sum += LB * g->b[l][i] * h->b[l][i];
            for (int j = 0; j < size[l]; j++)
                sum += LW / size[l] * g->w[l][i][j] * h->w[l][i][j];
        }
    return sum;
}

static void along(double *out, const parameters *p, const parameters *d, int l, const double *a,
                  const double *da)
{
    for (int i = 0; i < size[l + 1]; i++) {
        out[i] = LB * d->b[l][i];
        for (int j = 0; j < size[l]; j++)
            out[i] += p->w[l][i][j] * da[j] + LW / size[l] * d->w[l][i][j] * a[j];
    }
}

/* out[i] = sum over parameters mu, nu of rate_mu rate_nu g_mu h_nu d^2 z_i / dmu dnu. */
static void second(double *out, const signals *x, const parameters *p, const parameters *g,
                   const parameters *h, const activation *f)
{
    double a1[WIDEST] = {0}, a2[WIDEST] = {0}, a12[WIDEST] = {0};
    for (int l = 0; l < LAYERS; l++) {
        double z1[WIDEST], z2[WIDEST], z12[WIDEST];
        along(z1, p, g, l, x->a[l], a1);
        along(z2, p, h, l, x->a[l], a2);
        for (int i = 0; i < size[l + 1]; i++) {
            z12[i] = 0;
            for (int j = 0; j < size[l]; j++)
                z12[i] += p->w[l][i][j] * a12[j] +
                          LW / size[l] * (g->w[l][i][j] * a2[j] + h->w[l][i][j] * a1[j]);
        }
        for (int i = 0; i < size[l + 1]; i++) {
            double z = x->z[l + 1][i], s1 = f->s(z, 1);
            a1[i] = s1 * z1[i];
            a2[i] = s1 * z2[i];
            a12[i] = f->s(z, 2) * z1[i] * z2[i] + s1 * z12[i];
            out[i] = z12[i];
        }
    }
}

/* Means over the sampled networks of what cumulants are made of.  Given Ghat the outputs are
 * independent, so that products over different neurons i, j average to products of Ghat:
 * z_i^2 z_j^2 to Ghat_zz^2, H_ii H_jj to Ghat_11 Ghat_22, H_ij^2 to Ghat_12^2, and so on
 * (theory.md section 5). */
enum { Z2, H, V, D, A, B, F, VAR_H, P, Q, QUANTITIES };

typedef struct {
    double sum[QUANTITIES], product[QUANTITIES][QUANTITIES], n;
} means;

static void add(means *m, const double *x)
{
    m->n += 1;
    for (int i = 0; i < QUANTITIES; i++) {
        m->sum[i] += x[i];
        for (int j = 0; j < QUANTITIES; j++)
            m->product[i][j] += x[i] * x[j];
    }
}

static void pair_terms(double *x, const signals *o, const parameters *g)
{
    const double *z = o->z[LAYERS];
    static double h[OUTPUTS][OUTPUTS];
    const double pairs = OUTPUTS * (OUTPUTS - 1);
    for (int i = 0; i < OUTPUTS; i++)
        for (int j = 0; j <= i; j++)
            h[i][j] = h[j][i] = inner(g + i, g + j);
    for (int i = 0; i < OUTPUTS; i++) {
        x[Z2] += z[i] * z[i] / OUTPUTS;
        x[H] += h[i][i] / OUTPUTS;
        x[VAR_H] += h[i][i] * h[i][i] / OUTPUTS;
        for (int j = 0; j < OUTPUTS; j++) {
            if (j == i)
                continue;
            x[V] += z[i] * z[i] * z[j] * z[j] / pairs;
            x[D] += z[i] * z[i] * h[j][j] / pairs;
            x[A] += h[i][i] * h[j][j] / pairs;
            x[B] += h[i][j] * h[i][j] / pairs;
            x[F] += z[i] * z[j] * h[i][j] / pairs;
        }
    }
}

/* P: z_i,12 z_i with both tangents contracted at j; Q: z_i,12 z_i,1 z_j,2 z_j. */
static void second_terms(double *x, const signals *o, const parameters *p, const parameters *g,
                         const activation *f)
{
    const double *z = o->z[LAYERS];
    double y[WIDEST];
    for (int j = 0; j < 4; j++) {
        second(y, o, p, g + j, g + j, f);
        for (int i = 0; i < OUTPUTS; i++)
            if (i != j)
                x[P] += y[i] * z[i] / (4 * (OUTPUTS - 1));
        int k = j + 4;
        second(y, o, p, g + j, g + k, f);
        x[Q] += (y[j] * z[k] + y[k] * z[j]) / 8;
    }
}

static void sample(means *m, const activation *f, slong networks)
{
    static parameters p, g[OUTPUTS];
    static signals x;
    check_rng r;
    check_rng_init(&r, f->name);
    for (slong k = 0; k < networks; k++) {
        double value[QUANTITIES] = {0};
        draw(&p, &r);
        forward(&x, &p, f);
        for (int i = 0; i < OUTPUTS; i++)
            backward(g + i, &x, &p, f, i);
        pair_terms(value, &x, g);
        if (f->smooth)
            second_terms(value, &x, &p, g, f);
        add(m, value);
    }
}

/* E[x_q] - E[x_a] E[x_b] (a < 0: E[x_q] alone), with its standard error by linearisation. */
static double estimate(double *se, const means *m, int q, int a, int b)
{
    double mean = m->sum[q] / m->n, ma = 0, mb = 0, c[QUANTITIES] = {0}, var = 0;
    if (a >= 0) {
        ma = m->sum[a] / m->n;
        mb = m->sum[b] / m->n;
        c[a] -= mb;
        c[b] -= ma;
    }
    c[q] += 1;
    for (int i = 0; i < QUANTITIES; i++)
        for (int j = 0; j < QUANTITIES; j++)
            var +=
                c[i] * c[j] * (m->product[i][j] / m->n - m->sum[i] / m->n * (m->sum[j] / m->n));
    *se = sqrt(var / m->n);
    return mean - ma * mb;
}

/* ---- predictions --------------------------------------------------------------------------
 */

static ew_result *predict(const activation *f, ew_context *ctx)
{
    ew_network *net;
    ew_result *res;
    check_ok(ctx, ew_network_new(&net, ctx));
    check_ok(ctx, ew_network_set(net, "activation", f->name, ctx));
    for (size_t i = 0; i < sizeof OPTION / sizeof *OPTION; i++)
        check_ok(ctx, ew_network_set(net, OPTION[i][0], OPTION[i][1], ctx));
    check_ok(ctx, ew_network_set(net, f->smooth ? "dntk" : "ntk", NULL, ctx));
    check_ok(ctx, ew_cumulants(&res, net, ctx));
    ew_network_free(net);
    return res;
}

/* sum c_j n^-j of the term `of` (entries joined by blanks) at layer 3; the last one apart. */
static double series(double *last, const ew_result *res, const char *of)
{
    char path[100], name[100];
    size_t terms = ew_result_length(res, "result.layers[2].terms");
    for (size_t t = 0; t < terms; t++) {
        snprintf(path, sizeof path, "result.layers[2].terms[%zu].of", t);
        size_t n = ew_result_length(res, path);
        name[0] = '\0';
        for (size_t k = 0; k < n; k++) {
            snprintf(path, sizeof path, "result.layers[2].terms[%zu].of[%zu]", t, k);
            strcat(strcat(name, k ? " " : ""), ew_result_text(res, path));
        }
        double sum = 0;
        for (int j = 0; j < 3 && strcmp(name, of) == 0; j++) {
            snprintf(path, sizeof path, "result.layers[2].terms[%zu].c[%d]", t, j);
            if (ew_result_double(last, NULL, NULL, res, path) != EW_OK)
                fail_msg("no %s", path);
            *last /= pow(N, j);
            sum += *last;
        }
        if (strcmp(name, of) == 0)
            return sum;
    }
    fail_msg("no term %s", of);
    return NAN;
}

static const struct {
    const char *name, *of;
    int q, a, b;
} CHECK[] = {{"E Ghat_zz (K, G1)", "a.a", Z2, -1, -1},
             {"E Ghat_11 (Theta, H1)", "a1.a1", H, -1, -1},
             {"V", "a.a a.a", V, Z2, Z2},
             {"D", "a.a a1.a1", D, Z2, H},
             {"F", "a.a1 a.a1", F, -1, -1},
             {"A", "a1.a1 a2.a2", A, H, H},
             {"B", "a1.a2 a1.a2", B, -1, -1},
             {"P", "a.a12 a1.a2", P, -1, -1},
             {"Q", "a.a1 a2.a12", Q, -1, -1}};

static void compare(double got, double se, double want, double last, const char *what,
                    const char *name)
{
    if (getenv("EW_TEST_VERBOSE"))
        print_message("%s, %s: %g +- %g, expected %g (%g)\n", name, what, got, se, want, last);
    if (!(fabs(got - want) <= 4.5 * se + 0.5 * fabs(last)))
        fail_msg("%s, %s: %g +- %g, expected %g", name, what, got, se, want);
}

/* The order beyond those predicted is allowed for by half the last one. */
static void check_activation(const activation *f, ew_context *ctx)
{
    static means m;
    memset(&m, 0, sizeof m);
    sample(&m, f, check_trials(6000));
    ew_result *res = predict(f, ctx);
    double last, se, got, want, lasts[2];
    for (size_t i = 0; i < sizeof CHECK / sizeof *CHECK; i++) {
        if (!f->smooth && (CHECK[i].q == P || CHECK[i].q == Q))
            continue;
        want = series(&last, res, CHECK[i].of);
        got = estimate(&se, &m, CHECK[i].q, CHECK[i].a, CHECK[i].b);
        compare(got, se, want, last, CHECK[i].name, f->name);
    }
    want = series(lasts, res, "a1.a1 a2.a2");
    want += 2 * series(lasts + 1, res, "a1.a2 a1.a2");
    got = estimate(&se, &m, VAR_H, H, H);
    compare(got, se, want, lasts[0] + 2 * lasts[1], "Var H_ii = A + 2 B", f->name);
    ew_result_free(res);
}

static void test_smooth(void **state)
{
    const activation a[2] = {{"tanh", s_tanh, 1}, {"gelu", s_gelu, 1}};
    for (int i = 0; i < 2; i++)
        check_activation(a + i, *state);
}

static void test_relu(void **state)
{
    const activation a = {"relu", s_relu, 0};
    check_activation(&a, *state);
}

/* The gradients and second derivatives themselves, against differences. */
static void test_differences(void **state)
{
    (void) state;
    static parameters p, q, g[2];
    static signals x, y;
    const activation f = {"gelu", s_gelu, 1};
    const double step = 1e-5;
    double out[WIDEST];
    check_rng r;
    check_rng_init(&r, "differences");
    draw(&p, &r);
    forward(&x, &p, &f);
    for (int i = 0; i < 2; i++)
        backward(g + i, &x, &p, &f, i);
    q = p;
    q.w[0][3][0] += step;
    forward(&y, &q, &f);
    assert_true(fabs((y.z[LAYERS][1] - x.z[LAYERS][1]) / step - g[1].w[0][3][0]) < 1e-4);
    /* Along Lambda grad z_1 the slope of z_2 along Lambda grad z_0 (both held) changes by this.
     */
    second(out, &x, &p, &g[1], &g[0], &f);
    double slope[2];
    for (int side = 0; side < 2; side++) {
        static parameters h;
        double sign = side ? step : -step;
        for (int l = 0; l < LAYERS; l++)
            for (int i = 0; i < size[l + 1]; i++) {
                q.b[l][i] = p.b[l][i] + sign * LB * g[1].b[l][i];
                for (int j = 0; j < size[l]; j++)
                    q.w[l][i][j] = p.w[l][i][j] + sign * LW / size[l] * g[1].w[l][i][j];
            }
        forward(&y, &q, &f);
        backward(&h, &y, &q, &f, 2);
        slope[side] = inner(&h, &g[0]);
    }
    assert_true(fabs((slope[1] - slope[0]) / (2 * step) - out[2]) < 1e-6 * (1 + fabs(out[2])));
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences),
                                       cmocka_unit_test(test_smooth),
                                       cmocka_unit_test(test_relu)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}

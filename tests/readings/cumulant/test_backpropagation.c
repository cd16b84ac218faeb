/* Moments of gradients against backpropagation in sampled networks. */
#include "gradient_request.h"
#include "arith/random.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 24
#define DEPTH 4
#define KINDS 4 /* input, weights, biases as in the table, and the input's radial direction */
#define STATISTICS 3

/* One network, its preactivations and the derivatives dz_out/dz. */
typedef struct {
    int orthogonal;
    double cw, cb, x;
    double (*s)(double), (*ds)(double);
    double w[DEPTH + 1][WIDTH * WIDTH], b[DEPTH + 1][WIDTH];
    double z[DEPTH + 1][WIDTH], back[DEPTH + 1][WIDTH], in[WIDTH];
} network;

static slong rows(slong l)
{
    return l == DEPTH ? 1 : WIDTH;
}

static double activity(const network *n, slong l, slong j)
{
    return l == 0 ? n->x : n->s(n->z[l][j]);
}

/* Rows of normals become those of sqrt(WIDTH) times a Haar frame. */
static void orthonormalise(double *w, slong rows)
{
    for (slong i = 0; i < rows; i++) {
        double *x = w + i * WIDTH, norm = 0;
        for (slong k = 0; k < i; k++) {
            double dot = 0;
            for (slong j = 0; j < WIDTH; j++)
                dot += x[j] * w[k * WIDTH + j] / WIDTH;
            for (slong j = 0; j < WIDTH; j++)
                x[j] -= dot * w[k * WIDTH + j];
        }
        for (slong j = 0; j < WIDTH; j++)
            norm += x[j] * x[j];
        for (slong j = 0; j < WIDTH; j++)
            x[j] *= sqrt(WIDTH / norm);
    }
}

/* All layers have WIDTH inputs, the network's input (x, x, ..., x) too. */
static void forward(network *n, uint64_t sample)
{
    for (slong l = 1; l <= DEPTH; l++) {
        double scale = sqrt(n->cw / WIDTH);
        ew_stream w = {7, sample, (uint32_t) l, 200}, b = {7, sample, (uint32_t) l, 201};
        ew_normals(n->w[l], &w, 0, (size_t) (rows(l) * WIDTH));
        ew_normals(n->b[l], &b, 0, (size_t) rows(l));
        if (n->orthogonal)
            orthonormalise(n->w[l], rows(l));
        double a[WIDTH];
        for (slong j = 0; j < WIDTH; j++)
            a[j] = activity(n, l - 1, j);
        for (slong i = 0; i < rows(l); i++) {
            double sum = sqrt(n->cb) * n->b[l][i];
            for (slong j = 0; j < WIDTH; j++)
                sum += scale * n->w[l][i * WIDTH + j] * a[j];
            n->z[l][i] = sum;
        }
    }
}

static void backward(network *n)
{
    n->back[DEPTH][0] = 1;
    for (slong l = DEPTH; l >= 1; l--) {
        double *to = l > 1 ? n->back[l - 1] : n->in;
        for (slong j = 0; j < WIDTH; j++) {
            double sum = 0;
            for (slong i = 0; i < rows(l); i++)
                sum += n->back[l][i] * sqrt(n->cw / WIDTH) * n->w[l][i * WIDTH + j];
            to[j] = l > 1 ? sum * n->ds(n->z[l - 1][j]) : sum;
        }
    }
}

/* Means over networks of mean g^2, mean g^4, (mean g^2)^2, with their squares. */
typedef struct {
    double sum[KINDS][DEPTH + 1][STATISTICS], square[KINDS][DEPTH + 1][STATISTICS];
    slong samples;
} record;

static void add(record *r, slong kind, slong layer, double second, double fourth)
{
    double x[STATISTICS] = {second, fourth, second * second};
    for (slong i = 0; i < STATISTICS; i++) {
        r->sum[kind][layer][i] += x[i];
        r->square[kind][layer][i] += x[i] * x[i];
    }
}

/* The factor of g that row and column share: g_ij = back_i a_j. */
static void add_layer(record *r, const network *n, slong l)
{
    double a2 = 0, a4 = 0, d2 = 0, d4 = 0;
    for (slong j = 0; j < WIDTH; j++) {
        double a = activity(n, l - 1, j);
        a2 += a * a / WIDTH;
        a4 += a * a * a * a / WIDTH;
    }
    for (slong i = 0; i < rows(l); i++) {
        double d = n->back[l][i];
        d2 += d * d / (double) rows(l);
        d4 += d * d * d * d / (double) rows(l);
    }
    add(r, EW_GRADIENT_WEIGHT, l, a2 * d2, a4 * d4);
    add(r, EW_GRADIENT_BIAS, l, d2, d4);
}

/* |v|^2 = n_0: alternating signs are orthogonal to x, equal ones along it. */
static void add_input(record *r, const network *n)
{
    double across = 0, along = 0;
    for (slong j = 0; j < WIDTH; j++) {
        along += n->in[j];
        across += j % 2 ? n->in[j] : -n->in[j];
    }
    add(r, EW_GRADIENT_INPUT, DEPTH, across * across, across * across * across * across);
    add(r, KINDS - 1, DEPTH, along * along, along * along * along * along);
}

static void sample(record *r, network *n, slong samples)
{
    r->samples = samples;
    for (slong k = 0; k < samples; k++) {
        forward(n, (uint64_t) k);
        backward(n);
        for (slong l = 1; l <= DEPTH; l++)
            add_layer(r, n, l);
        add_input(r, n);
    }
}

static double summed(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                     ew_gradient_series which)
{
    double sum = 0;
    for (slong j = t->order; j >= 0; j--)
        sum = sum / WIDTH + gradient_coefficient(t, of, layer, which, j);
    return sum;
}

static double last(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                   ew_gradient_series which)
{
    return fabs(gradient_coefficient(t, of, layer, which, t->order)) *
           pow(WIDTH, (double) -t->order);
}

/* z-score of one statistic, the last term of the series being the allowance. */
static void compare(const record *r, slong kind, slong layer, slong i, double predicted,
                    double allowance)
{
    double n = (double) r->samples, mean = r->sum[kind][layer][i] / n;
    double se = sqrt((r->square[kind][layer][i] / n - mean * mean) / n);
    if (fabs(mean - predicted) > 4.5 * se + allowance + 1e-12 * fabs(mean))
        fail_msg("kind %ld layer %ld statistic %ld: %.8f +- %.8f, predicted %.8f", kind, layer,
                 i, mean, se, predicted);
}

static void compare_row(const record *r, const ew_gradient_table *t, slong kind,
                        ew_gradient_of of, slong layer)
{
    double scale = of == EW_GRADIENT_INPUT || layer == DEPTH ? 1 : 1.0 / WIDTH;
    double second = scale * summed(t, of, layer, EW_GRADIENT_MEAN_SQUARE);
    double loose = scale * last(t, of, layer, EW_GRADIENT_MEAN_SQUARE);
    double ratio = summed(t, of, layer, EW_GRADIENT_RATIO);
    double ratio_loose = last(t, of, layer, EW_GRADIENT_RATIO);
    double both = second * second * ratio_loose + 2 * second * ratio * loose;
    compare(r, kind, layer, 0, second, loose);
    compare(r, kind, layer, 1, second * second * ratio, both);
    if (of == EW_GRADIENT_INPUT)
        return;
    double spread = summed(t, of, layer, EW_GRADIENT_SPREAD);
    both += second * second * last(t, of, layer, EW_GRADIENT_SPREAD);
    compare(r, kind, layer, 2, second * second * (ratio - spread), both);
}

static void backpropagate(gradient_request q, double (*s)(double), double (*ds)(double),
                          double cw, double cb)
{
    network *n = calloc(1, sizeof *n);
    record *r = calloc(1, sizeof *r);
    assert_non_null(n);
    assert_non_null(r);
    *n = (network){.orthogonal = q.ensemble == EW_ENSEMBLE_ORTHOGONAL,
                   .cw = cw,
                   .cb = cb,
                   .s = s,
                   .ds = ds,
                   .x = sqrt((1 - cb) / cw)};
    sample(r, n, check_trials(5000));
    ew_gradient_table *t = gradient_solve(q);
    for (slong l = 1; l <= DEPTH; l++) {
        compare_row(r, t, EW_GRADIENT_WEIGHT, EW_GRADIENT_WEIGHT, l);
        compare_row(r, t, EW_GRADIENT_BIAS, EW_GRADIENT_BIAS, l);
    }
    compare_row(r, t, EW_GRADIENT_INPUT, EW_GRADIENT_INPUT, DEPTH);
    ew_gradient_free(t);
    q.cosine = "-1";
    t = gradient_solve(q);
    compare_row(r, t, KINDS - 1, EW_GRADIENT_INPUT, DEPTH);
    ew_gradient_free(t);
    free(n);
    free(r);
}

static double tanh_slope(double z)
{
    return 1 - tanh(z) * tanh(z);
}

static double relu(double z)
{
    return z > 0 ? z : 0;
}

static double relu_slope(double z)
{
    return z > 0;
}

static void against_backpropagation(void **state)
{
    (void) state;
    gradient_request q = {
        .activation = "tanh", .cw = "3/2", .cb = "1/10", .depth = DEPTH, .order = 3};
    backpropagate(q, tanh, tanh_slope, 1.5, 0.1);
    q = (gradient_request){.activation = "relu", .cw = "2", .depth = DEPTH, .order = 3};
    backpropagate(q, relu, relu_slope, 2, 0);
}

/* Frames throughout, the input's and the readout's (one row) included. */
static void orthogonal_weights(void **state)
{
    (void) state;
    gradient_request q = {.ensemble = EW_ENSEMBLE_ORTHOGONAL,
                          .activation = "tanh",
                          .cw = "3/2",
                          .cb = "1/10",
                          .depth = DEPTH,
                          .order = 2};
    backpropagate(q, tanh, tanh_slope, 1.5, 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_backpropagation),
        cmocka_unit_test(orthogonal_weights),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

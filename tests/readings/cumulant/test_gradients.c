/* Moments of gradients: closed forms, published recursions and laws, and backpropagation. */
#include "arith/decimal.h"
#include "readings/cumulant/gradient.h"
#include "readings/sample/random.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A network described in text; lists are separated by commas. */
typedef struct {
    const char *activation, *cw, *cb, *gram;
    slong depth, order, widths;
    ulong *width;
    ulong at_width;
    int exact;
    ew_limit_class limit;
    const char *cosine;
} request;

static ew_scalar_list read_list(const char *text)
{
    ew_scalar_list list = {0, NULL};
    char *copy = strdup(text), *save = NULL;
    for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
        list.x = realloc(list.x, (size_t) (list.n + 1) * sizeof *list.x);
        list.x[list.n] = (ew_scalar){NULL, NULL, NULL};
        assert_int_equal(ew_expr_parse(&list.x[list.n].e, t, NULL, "number", NULL), EW_OK);
        list.n++;
    }
    free(copy);
    return list;
}

static void free_list(ew_scalar_list *list)
{
    for (slong i = 0; i < list->n; i++)
        ew_expr_free(list->x[i].e);
    free(list->x);
}

static ew_status solve_in(ew_gradient_table **t, const request *r, ew_context *ctx)
{
    ew_activation *s;
    check_ok(ctx, ew_activation_new(&s, r->activation, ctx));
    ew_scalar_list gram = read_list(r->gram ? r->gram : "1"), one = read_list("1"),
                   cosine = read_list(r->cosine ? r->cosine : "0");
    ew_setting net = {.activation = s,
                      .depth = r->depth,
                      .cw = read_list(r->cw),
                      .cb = read_list(r->cb ? r->cb : "0"),
                      .lambda_w = one,
                      .lambda_b = one,
                      .inputs = 1,
                      .gram = gram.x,
                      .widths = r->widths,
                      .width = r->width};
    ew_gradient_options opt = {.order = r->order,
                               .digits = 15,
                               .exact = r->exact,
                               .cosine = r->cosine ? cosine.x : NULL,
                               .width = r->at_width,
                               .limit = r->limit};
    ew_status status = ew_gradient_solve(t, &net, &opt, ctx);
    free_list(&net.cw);
    free_list(&net.cb);
    free_list(&one);
    free_list(&gram);
    free_list(&cosine);
    ew_activation_free(s);
    return status;
}

static ew_gradient_table *solve(request r)
{
    ew_context *ctx = ew_context_new();
    ew_gradient_table *t;
    check_ok(ctx, solve_in(&t, &r, ctx));
    ew_context_free(ctx);
    return t;
}

static double value(const ew_certified *c)
{
    arb_t x;
    arb_init(x);
    assert_non_null(c->mid);
    assert_int_equal(ew_ball_read(x, c->mid, c->rad, 64), 0);
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    return d;
}

static double coefficient(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                          ew_gradient_series which, slong j)
{
    return value(ew_gradient_at(t, of, layer - 1, which, j));
}

/* ---- closed forms -------------------------------------------------------------------------
 */

/* p (1 + r_1 m/n) ... (1 + r_k m/n), coefficients of n^-j. */
static void product_series(fmpq *c, slong terms, const fmpq_t p, const fmpq_t m, const slong *r,
                           slong k)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong j = 0; j < terms; j++)
        fmpq_zero(c + j);
    fmpq_set(c, p);
    for (slong i = 0; i < k; i++)
        for (slong j = terms - 1; j > 0; j--) {
            fmpq_mul(t, c + j - 1, m);
            fmpq_mul_si(t, t, r ? r[i] : 1);
            fmpq_add(c + j, c + j, t);
        }
    fmpq_clear(t);
}

static void expect_exact(const ew_certified *c, const fmpq_t x)
{
    char *text = ew_rational_text(x);
    assert_non_null(c->exact);
    assert_string_equal(c->exact, text);
    free(text);
}

static void expect_product(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                           const fmpq_t p, const fmpq_t m, slong k, ulong n)
{
    fmpq c[8];
    fmpq_t at_n, factor;
    for (slong j = 0; j < 8; j++)
        fmpq_init(c + j);
    fmpq_init(at_n);
    fmpq_init(factor);
    product_series(c, t->order + 1, p, m, NULL, k);
    for (slong j = 0; j <= t->order; j++)
        expect_exact(ew_gradient_at(t, of, layer - 1, EW_GRADIENT_RATIO, j), c + j);
    fmpq_set(at_n, p);
    fmpz_set_ui(fmpq_denref(factor), n);
    fmpz_one(fmpq_numref(factor));
    fmpq_mul(factor, factor, m);
    fmpq_add_si(factor, factor, 1);
    for (slong i = 0; i < k; i++)
        fmpq_mul(at_n, at_n, factor);
    expect_exact(&t->numeric[((slong) of * t->layers + layer - 1) * EW_GRADIENT_NUMERIC +
                             EW_GRADIENT_EXACT],
                 at_n);
    for (slong j = 0; j < 8; j++)
        fmpq_clear(c + j);
    fmpq_clear(at_n);
    fmpq_clear(factor);
}

/* theory.md section 10: s = a max(z,0) + b min(z,0), L hidden layers, mu = E s^4/(E s^2)^2. */
static void closed_form(const char *activation, const char *cw, const char *mean, slong order)
{
    const slong depth = 6, hidden = depth - 1;
    ew_gradient_table *t = solve((request){.activation = activation,
                                           .cw = cw,
                                           .depth = depth,
                                           .order = order,
                                           .at_width = 20,
                                           .exact = 1,
                                           .limit = EW_LIMIT_HOMOGENEOUS});
    fmpq_t mu, m, three, square;
    fmpq_init(mu);
    fmpq_init(m);
    fmpq_init(three);
    fmpq_init(square);
    assert_int_equal(ew_rational_read(mu, mean), 0);
    fmpq_sub_si(m, mu, 1);
    fmpq_set_si(three, 3, 1);
    fmpq_mul(square, mu, mu);
    assert_true(t->closed);
    for (slong l = 1; l <= depth; l++)
        expect_product(t, EW_GRADIENT_INPUT, l, three, m, l - 1, 20);
    expect_product(t, EW_GRADIENT_WEIGHT, 1, mu, m, hidden - 1, 20);
    for (slong l = 2; l < depth; l++)
        expect_product(t, EW_GRADIENT_WEIGHT, l, square, m, hidden - 2, 20);
    expect_product(t, EW_GRADIENT_WEIGHT, depth, mu, m, hidden - 1, 20);
    expect_exact(&t->slope, m);
    /* 3 exp(m t) */
    for (slong j = 0; j <= order; j++) {
        expect_exact(&t->limit[j], three);
        fmpq_mul(three, three, m);
        fmpz_mul_si(fmpq_denref(three), fmpq_denref(three), j + 1);
        fmpq_canonicalise(three);
    }
    fmpq_clear(mu);
    fmpq_clear(m);
    fmpq_clear(three);
    fmpq_clear(square);
    ew_gradient_free(t);
}

static void closed_forms(void **state)
{
    (void) state;
    closed_form("relu", "2", "6", 1);
    closed_form("relu", "2", "6", 3);
    closed_form("relu", "1", "6", 2);
    closed_form("z", "1", "3", 2);
    closed_form("abs", "1", "3", 2);
    closed_form("leaky_relu(1/2)", "8/5", "102/25", 2);
}

/* A mean over n_l neurons has the factor n/n_l in front of 1/n. */
static void layers_of_their_own(void **state)
{
    (void) state;
    ulong width[] = {60, 30, 20, 60};
    slong r[] = {1, 2, 3};
    ew_gradient_table *t = solve((request){.activation = "relu",
                                           .cw = "2,1,3,1/2",
                                           .depth = 4,
                                           .order = 3,
                                           .widths = 4,
                                           .width = width,
                                           .exact = 1});
    fmpq_t three, five;
    fmpq c[4];
    fmpq_init(three);
    fmpq_init(five);
    fmpq_set_si(three, 3, 1);
    fmpq_set_si(five, 5, 1);
    for (slong j = 0; j < 4; j++)
        fmpq_init(c + j);
    for (slong l = 1; l <= 4; l++) {
        product_series(c, 4, three, five, r, l - 1);
        for (slong j = 0; j < 4; j++)
            expect_exact(ew_gradient_at(t, EW_GRADIENT_INPUT, l - 1, EW_GRADIENT_RATIO, j),
                         c + j);
    }
    for (slong j = 0; j < 4; j++)
        fmpq_clear(c + j);
    fmpq_clear(three);
    fmpq_clear(five);
    ew_gradient_free(t);
}

/* Two hidden layers, s = z + z^3/6, K = 1: 3 E Ghat_uu^2/(E Ghat_uu)^2 from the moments of
 * means over partitions and Wick's theorem, in rational arithmetic (sympy). */
static void polynomial(void **state)
{
    (void) state;
    static const char *const ratio[] = {"3", "14418907900/90387363",
                                        "21693840834710204/1488408706521",
                                        "10898077538231887901632/8169875390093769"};
    static const char *const mean[] = {"5489/256", "200545/384", "379885/48", "0"};
    ew_gradient_table *t = solve(
        (request){.activation = "z + z^3/6", .cw = "1", .depth = 3, .order = 3, .exact = 1});
    for (slong j = 0; j <= 3; j++) {
        assert_string_equal(
            ew_gradient_at(t, EW_GRADIENT_INPUT, 2, EW_GRADIENT_RATIO, j)->exact, ratio[j]);
        assert_string_equal(
            ew_gradient_at(t, EW_GRADIENT_INPUT, 2, EW_GRADIENT_MEAN_SQUARE, j)->exact,
            mean[j]);
    }
    ew_gradient_free(t);
}

/* ---- published recursions and laws --------------------------------------------------------
 */

/* 3 A_g/G^2 by the recursion of theory.md section 10, evaluated with mpmath. */
static void known_recursion(void **state)
{
    (void) state;
    static const char *const critical[] = {"0",
                                           "11.2513194723072",
                                           "20.5210888059546",
                                           "29.1776317759702",
                                           "37.5575289670045",
                                           "45.7892507977383"};
    static const char *const chaotic[] = {"0", "11.2513194723072", "22.2064563900087",
                                          "33.1080635169778", "44.0025667869104"};
    ew_gradient_table *t =
        solve((request){.activation = "tanh", .cw = "1", .depth = 6, .order = 1});
    for (slong l = 0; l < 6; l++)
        assert_string_equal(ew_gradient_at(t, EW_GRADIENT_INPUT, l, EW_GRADIENT_RATIO, 1)->mid,
                            critical[l]);
    ew_gradient_free(t);
    t = solve(
        (request){.activation = "tanh", .cw = "3/2", .cb = "1/10", .depth = 5, .order = 1});
    for (slong l = 0; l < 5; l++)
        assert_string_equal(ew_gradient_at(t, EW_GRADIENT_INPUT, l, EW_GRADIENT_RATIO, 1)->mid,
                            chaotic[l]);
    ew_gradient_free(t);
}

/* The law in L/n at K* = 0: 3 (1 + [2 + (2/3)(b_1/a_1)^2] L/n + ...). */
static void law_at_zero(void **state)
{
    (void) state;
    /* s_2 = 1/5, s_3 = -2: a_1 = -1.97, b_1 = -1.96 */
    ew_gradient_table *t = solve((request){.activation = "tanh(z) + z^2/10",
                                           .cw = "1",
                                           .depth = 2,
                                           .order = 1,
                                           .limit = EW_LIMIT_ZERO});
    fmpq_t x;
    fmpq_init(x);
    fmpq_set_si(x, 3 * (2 * 3 * 197 * 197 + 2 * 196 * 196), 3 * 197 * 197);
    expect_exact(&t->limit[1], x);
    fmpq_clear(x);
    ew_gradient_free(t);
    t = solve((request){
        .activation = "tanh", .cw = "1", .depth = 300, .order = 2, .limit = EW_LIMIT_ZERO});
    assert_string_equal(t->limit[1].exact, "8");
    for (slong j = 0; j <= 2; j++) {
        double deep = coefficient(t, EW_GRADIENT_INPUT, 300, EW_GRADIENT_RATIO, j);
        assert_true(fabs(deep / pow(299, (double) j) / value(&t->limit[j]) - 1) < 0.01);
    }
    ew_gradient_free(t);
}

/* At a half-stable point chi_par = chi_perp = 1, and by the recursion of theory.md section 10
 * A_g/G^2 is a cubic in the layer: V = v l, D_g ~ h V, A_g ~ 2 h D_g.  Its third difference is
 * 2 h^2 v; v and h of SiLU by mpmath. */
static void law_at_half_stable_point(void **state)
{
    (void) state;
    ew_gradient_table *t = solve((request){.activation = "silu",
                                           .cw = "1.9880046782694920053",
                                           .cb = "0.55514317072153039620",
                                           .gram = "14.320173618025798817",
                                           .depth = 5,
                                           .order = 1});
    double c[5];
    for (slong l = 0; l < 5; l++)
        c[l] = coefficient(t, EW_GRADIENT_INPUT, l + 1, EW_GRADIENT_RATIO, 1) / 3;
    for (slong l = 0; l < 2; l++) {
        double third = c[l + 3] - 3 * c[l + 2] + 3 * c[l + 1] - c[l];
        assert_true(fabs(third / 0.0060643419612363 - 1) < 1e-9);
    }
    ew_gradient_free(t);
}

/* theory.md section 10: 9 (1 + w L/n) for tanh, w a function of the place r L of the weight. */
static void law_of_weights(void **state)
{
    (void) state;
    const slong depth = 400;
    const double c = -1;
    ew_gradient_table *t =
        solve((request){.activation = "tanh", .cw = "1", .depth = depth, .order = 1});
    for (slong quarter = 1; quarter <= 3; quarter++) {
        double r = (double) quarter / 4, u = 1 - r;
        double w = 2 * (r / 3 * (1 + c * u) * (1 + c * u) + c * c * u * u * u / 3 + u);
        slong l = quarter * depth / 4;
        double lead = coefficient(t, EW_GRADIENT_WEIGHT, l, EW_GRADIENT_RATIO, 0);
        double next = coefficient(t, EW_GRADIENT_WEIGHT, l, EW_GRADIENT_RATIO, 1);
        assert_true(fabs(lead / 9 - 1) < 0.03);
        assert_true(fabs(next / lead / (double) depth / w - 1) < 0.03);
    }
    ew_gradient_free(t);
}

/* ---- backpropagation ----------------------------------------------------------------------
 */

#define WIDTH 24
#define DEPTH 4
#define KINDS 4 /* input, weights, biases as in the table, and the input's radial direction */
#define STATISTICS 3

/* One network, its preactivations and the derivatives dz_out/dz. */
typedef struct {
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

/* All layers have WIDTH inputs, the network's input (x, x, ..., x) too. */
static void forward(network *n, uint64_t sample)
{
    for (slong l = 1; l <= DEPTH; l++) {
        double scale = sqrt(n->cw / WIDTH);
        ew_stream w = {7, sample, (uint32_t) l, 200}, b = {7, sample, (uint32_t) l, 201};
        ew_normals(n->w[l], &w, 0, (size_t) (rows(l) * WIDTH));
        ew_normals(n->b[l], &b, 0, (size_t) rows(l));
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
        sum = sum / WIDTH + coefficient(t, of, layer, which, j);
    return sum;
}

static double last(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                   ew_gradient_series which)
{
    return fabs(coefficient(t, of, layer, which, t->order)) * pow(WIDTH, (double) -t->order);
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

static void backpropagate(request q, double (*s)(double), double (*ds)(double), double cw,
                          double cb)
{
    network *n = calloc(1, sizeof *n);
    record *r = calloc(1, sizeof *r);
    assert_non_null(n);
    assert_non_null(r);
    *n = (network){.cw = cw, .cb = cb, .s = s, .ds = ds, .x = sqrt((1 - cb) / cw)};
    sample(r, n, check_trials(5000));
    ew_gradient_table *t = solve(q);
    for (slong l = 1; l <= DEPTH; l++) {
        compare_row(r, t, EW_GRADIENT_WEIGHT, EW_GRADIENT_WEIGHT, l);
        compare_row(r, t, EW_GRADIENT_BIAS, EW_GRADIENT_BIAS, l);
    }
    compare_row(r, t, EW_GRADIENT_INPUT, EW_GRADIENT_INPUT, DEPTH);
    ew_gradient_free(t);
    q.cosine = "-1";
    t = solve(q);
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
    request q = {.activation = "tanh", .cw = "3/2", .cb = "1/10", .depth = DEPTH, .order = 3};
    backpropagate(q, tanh, tanh_slope, 1.5, 0.1);
    q = (request){.activation = "relu", .cw = "2", .depth = DEPTH, .order = 3};
    backpropagate(q, relu, relu_slope, 2, 0);
}

/* ---- refusals -----------------------------------------------------------------------------
 */

static void expect_refusal(request r, ew_status expected, const char *says)
{
    ew_context *ctx = ew_context_new();
    ew_gradient_table *t;
    check_status(ctx, solve_in(&t, &r, ctx), expected);
    assert_null(t);
    assert_non_null(strstr(ew_context_error(ctx), says));
    ew_context_free(ctx);
}

static void refusals(void **state)
{
    (void) state;
    request r = {.activation = "step", .cw = "1", .depth = 3, .order = 1};
    expect_refusal(r, EW_DOMAIN, "zero almost everywhere");
    r.activation = "step(z) + z";
    expect_refusal(r, EW_DOMAIN, "delta function");
    r.activation = "0*z + 1";
    expect_refusal(r, EW_DOMAIN, "zero almost everywhere");
    r.activation = "tanh";
    r.exact = 1;
    expect_refusal(r, EW_UNABLE, "not rational");
    r.exact = 0;
    r.order = 6;
    expect_refusal(r, EW_UNABLE, "orders beyond");
    r.order = 0;
    expect_refusal(r, EW_USAGE, "at least 1");
    r.order = 1;
    r.cw = "1,0,1";
    expect_refusal(r, EW_DOMAIN, "not positive");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(polynomial),
        cmocka_unit_test(layers_of_their_own),
        cmocka_unit_test(known_recursion),
        cmocka_unit_test(law_at_zero),
        cmocka_unit_test(law_at_half_stable_point),
        cmocka_unit_test(law_of_weights),
        cmocka_unit_test(against_backpropagation),
        cmocka_unit_test(refusals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

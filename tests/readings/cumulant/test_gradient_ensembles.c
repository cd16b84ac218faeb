/* Gradients of networks with orthogonal weights and of residual ones: against the cumulants of
 * the same law that the hierarchy finds, and where moments close against exact products. */
#include "arith/decimal.h"
#include "network.h"
#include "readings/cumulant/gradient/gradient.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    solved s;
    ew_scalar cosine;
    ew_gradient_table *t;
} graded;

/* cosine: NULL for a direction across the input. */
static void open_graded(graded *g, const char *const *options, ew_gradient_options opt,
                        const char *cosine)
{
    memset(g, 0, sizeof *g);
    open_network(&g->s, options);
    if (cosine)
        check_ok(g->s.ctx, ew_expr_parse(&g->cosine.e, cosine, NULL, "cosine", g->s.ctx));
    opt.digits = 15;
    opt.cosine = cosine ? &g->cosine : NULL;
    check_ok(g->s.ctx, ew_gradient_solve(&g->t, &g->s.setup->net, &opt, g->s.ctx));
}

static void close_graded(graded *g)
{
    ew_gradient_free(g->t);
    ew_expr_free(g->cosine.e);
    close_network(&g->s);
}

static double series(const graded *g, ew_gradient_of of, slong l, ew_gradient_series which,
                     slong j)
{
    return ew_certified_double(ew_gradient_at(g->t, of, l, which, j));
}

static const ew_certified *numeric(const graded *g, ew_gradient_of of, slong l,
                                   ew_gradient_numeric which)
{
    return &g->t->numeric[((slong) of * g->t->layers + l) * EW_GRADIENT_NUMERIC + which];
}

/* ---- against the hierarchy ----------------------------------------------------------------
 */

#define ORDER 2

static void multiply(double z[ORDER + 1], const double x[ORDER + 1], const double y[ORDER + 1])
{
    memset(z, 0, (ORDER + 1) * sizeof *z);
    for (slong i = 0; i <= ORDER; i++)
        for (slong j = 0; i + j <= ORDER; j++)
            z[i + j] += x[i] * y[j];
}

/* E Ghat_uu and 3 (Var Ghat_uu + (E Ghat_uu)^2), with the fourth moment of a frame's row. */
static void check_layer(const graded *g, slong l, int frame)
{
    const slong layer = l + g->s.t->first;
    double mean[ORDER + 1], var[ORDER + 1], square[ORDER + 1], fourth[ORDER + 1];
    double ratio[ORDER + 1], back[ORDER + 1], row[ORDER + 1] = {3, -6, 12};
    for (slong j = 0; j <= ORDER; j++) {
        mean[j] = ew_certified_double(coefficient(&g->s, "au.au", j, layer));
        var[j] = ew_certified_double(coefficient(&g->s, "au.au,au.au", j, layer));
        ratio[j] = series(g, EW_GRADIENT_INPUT, l, EW_GRADIENT_RATIO, j);
        double got = series(g, EW_GRADIENT_INPUT, l, EW_GRADIENT_MEAN_SQUARE, j);
        if (fabs(got - mean[j]) > 1e-12 * (fabs(mean[j]) + mean[0]))
            fail_msg("layer %ld, n^-%ld: E g^2 %.15g, not %.15g", layer, j, got, mean[j]);
        row[j] = frame ? row[j] : j ? 0 : 3;
    }
    multiply(square, mean, mean);
    multiply(back, ratio, square);
    for (slong j = 0; j <= ORDER; j++)
        var[j] += square[j];
    multiply(fourth, row, var);
    for (slong j = 0; j <= ORDER; j++)
        if (fabs(back[j] - fourth[j]) > 1e-11 * (fabs(fourth[j]) + fourth[0]))
            fail_msg("layer %ld, n^-%ld: E g^4 %.15g, not %.15g", layer, j, back[j], fourth[j]);
}

static void check_network(const char *const *options, int frame, const char *cosine)
{
    graded g;
    open_graded(&g, options, (ew_gradient_options){.order = ORDER}, cosine);
    check_ok(g.s.ctx, try_solve(&g.s, ORDER, 0));
    for (slong l = 0; l < g.t->layers; l++)
        check_layer(&g, l, frame);
    close_graded(&g);
}

#define TANH "activation", "tanh", "cw", "3/2", "cb", "1/10", "depth", "4", "directions"

static void against_hierarchy(void **state)
{
    (void) state;
    static const char *const orthogonal[] = {TANH, "perp", "ensemble", "orthogonal", NULL};
    static const char *const narrow[] = {TANH, "perp", "residual", "beta=1/2,inner=n/2", NULL};
    static const char *const wide[] = {TANH, "radial", "residual",
                                       "beta=1/2,cv=2,inner=infinite", NULL};
    check_network(orthogonal, 1, NULL);
    check_network(narrow, 0, NULL);
    check_network(wide, 0, "1");
}

/* E g^4 of the input's derivative. */
static void fourth_moment(double out[ORDER + 1], const char *const *options, const char *cosine)
{
    graded g;
    double mean[ORDER + 1], square[ORDER + 1], ratio[ORDER + 1];
    open_graded(&g, options, (ew_gradient_options){.order = ORDER}, cosine);
    for (slong j = 0; j <= ORDER; j++) {
        mean[j] = series(&g, EW_GRADIENT_INPUT, 3, EW_GRADIENT_MEAN_SQUARE, j);
        ratio[j] = series(&g, EW_GRADIENT_INPUT, 3, EW_GRADIENT_RATIO, j);
    }
    multiply(square, mean, mean);
    multiply(out, ratio, square);
    close_graded(&g);
}

/* With as many coordinates as neurons the first layer's matrix is orthogonal up to the factor
 * C_W^(1/2), and the sum of squares S of dz_out/dz over the first layer, whose spread the table
 * has, is |J|^2/C_W.  In units of |v|^2 = n, with g and h the derivatives along and across x,
 * n^2 E|J|^4 = E g^4 + 2 (n - 1) E g^2 h^2 + (n - 1)(n + 1) E h^4/3, and at an angle of 45
 * degrees 4 times the fourth moment is E g^4 + 6 E g^2 h^2 + E h^4. */
static void spread_of_layer(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "tanh(z)+z^2/10", "cw",    "3/2",
                                          "cb",         "1/10",           "depth", "4",
                                          "ensemble",   "orthogonal",     NULL};
    double along[ORDER + 1], across[ORDER + 1], between[ORDER + 1];
    double mean[ORDER + 1], square[ORDER + 1], pair[ORDER + 1], expect[ORDER + 1] = {0};
    graded g;
    fourth_moment(along, options, "1");
    fourth_moment(across, options, NULL);
    fourth_moment(between, options, "sqrt(1/2)");
    for (slong j = 0; j <= ORDER; j++) {
        double both = (4 * between[j] - along[j] - across[j]) / 6;
        expect[j] += across[j] / 3;
        if (j + 1 <= ORDER)
            expect[j + 1] += 2 * both;
        if (j + 2 <= ORDER)
            expect[j + 2] += along[j] - 2 * both - across[j] / 3;
    }
    open_graded(&g, options, (ew_gradient_options){.order = ORDER}, NULL);
    for (slong j = 0; j <= ORDER; j++) {
        mean[j] = series(&g, EW_GRADIENT_BIAS, 0, EW_GRADIENT_MEAN_SQUARE, j);
        pair[j] = series(&g, EW_GRADIENT_BIAS, 0, EW_GRADIENT_RATIO, j) -
                  series(&g, EW_GRADIENT_BIAS, 0, EW_GRADIENT_SPREAD, j);
    }
    close_graded(&g);
    multiply(square, mean, mean);
    multiply(mean, pair, square);
    for (slong j = 0; j <= ORDER; j++)
        if (fabs(2.25 * mean[j] - expect[j]) > 1e-11 * (fabs(expect[j]) + expect[0]))
            fail_msg("n^-%ld: %.15g, not %.15g", j, 2.25 * mean[j], expect[j]);
}

/* ---- moments that close -------------------------------------------------------------------
 */

static void check_rational(const ew_certified *c, const fmpq_t x)
{
    char *text = ew_rational_text(x);
    if (!c->exact || strcmp(c->exact, text) != 0)
        fail_msg("%s, not %s", c->exact ? c->exact : "no exact form", text);
    free(text);
}

/* x *= (p + q/n)/(n/(n + 2))^-1: a layer of n_l neurons, frames of width N. */
static void times_layer(fmpq_t x, slong n, slong frame, slong excess)
{
    fmpq_t f;
    fmpq_init(f);
    fmpq_set_si(f, n + excess, (ulong) n);
    fmpq_mul(x, x, f);
    fmpq_set_si(f, frame, (ulong) (frame + 2));
    fmpq_mul(x, x, f);
    fmpq_clear(f);
}

/* ReLU: a layer is (1 + 5/n) of independent rows, times N/(N + 2) for every square of a
 * frame's covariance; weights see 6 = E s^4/(E s^2)^2 once at the first and last layer and
 * twice between. */
static void relu_frames(void **state)
{
    (void) state;
    static const slong width[] = {60, 30, 20, 40}, frame[] = {60, 60, 30, 40};
    static const char *const options[] = {
        "activation", "relu",        "cw",    "2", "cb",       "0",          "depth", "4",
        "width",      "60,30,20,40", "exact", "",  "ensemble", "orthogonal", NULL};
    graded g;
    open_graded(&g, options,
                (ew_gradient_options){
                    .order = 1, .exact = 1, .width = 60, .limit = EW_LIMIT_HOMOGENEOUS},
                NULL);
    fmpq_t x, last;
    fmpq_init(x);
    fmpq_init(last);
    assert_true(g.t->closed);
    for (slong l = 0; l < 4; l++) {
        fmpq_set_si(x, 3, 1);
        for (slong k = 0; k < l; k++)
            times_layer(x, width[k], frame[k], 5);
        times_layer(x, 1, frame[l], 0);
        check_rational(numeric(&g, EW_GRADIENT_INPUT, l, EW_GRADIENT_EXACT), x);
        fmpq_set_si(x, l == 0 || l == 3 ? 6 : 36, 1);
        for (slong k = 0; k < 4; k++)
            times_layer(x, k == l || k == l - 1 || k == 3 ? 1 : width[k], frame[k],
                        k == l || k == l - 1 || k == 3 ? 0 : 5);
        /* one covariance less is squared: the perturbed neuron's layer, or the last row */
        fmpq_set_si(last, frame[l] + 2, (ulong) frame[l]);
        fmpq_mul(x, x, last);
        check_rational(numeric(&g, EW_GRADIENT_WEIGHT, l, EW_GRADIENT_EXACT), x);
    }
    for (slong j = 0; j <= 1; j++) {
        fmpq_set_si(x, j ? 9 : 3, 1);
        check_rational(&g.t->limit[j], x);
    }
    assert_true(g.t->unbounded);
    fmpq_clear(x);
    fmpq_clear(last);
    close_graded(&g);
}

/* Values at a width and the series, which come from two laws, agree to n^-3. */
static void affine_frames(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "z+1/2",      "cw", "2",     "cb",
                                          "1/3",        "depth",      "4",  "width", "100000",
                                          "ensemble",   "orthogonal", NULL};
    graded g;
    open_graded(&g, options, (ew_gradient_options){.order = 2, .width = 100000}, NULL);
    for (int of = 0; of < 3; of++)
        for (slong l = 0; l < 4; l++) {
            double sum = ew_certified_double(numeric(&g, of, l, EW_GRADIENT_AT_N));
            double exact = ew_certified_double(numeric(&g, of, l, EW_GRADIENT_EXACT));
            if (fabs(sum - exact) > 1e-12 * exact)
                fail_msg("kind %d, layer %ld: %.15g, not %.15g", of, l + 1, sum, exact);
        }
    close_graded(&g);
}

/* Products of Haar matrices are Haar matrices: a row of dz_out/dz is uniform on a sphere. */
static void linear_frames(void **state)
{
    (void) state;
    static const char *const options[] = {
        "activation", "z", "cw", "1", "cb", "0", "depth", "4", "ensemble", "orthogonal", NULL};
    static const double ratio[] = {3, -6, 12};
    graded g;
    open_graded(&g, options, (ew_gradient_options){.order = 2, .limit = EW_LIMIT_HOMOGENEOUS},
                NULL);
    for (slong j = 0; j <= 2; j++)
        for (slong l = 0; l < 3; l++) {
            assert_true(series(&g, EW_GRADIENT_BIAS, l, EW_GRADIENT_RATIO, j) == ratio[j]);
            assert_true(series(&g, EW_GRADIENT_BIAS, l, EW_GRADIENT_SPREAD, j) ==
                        ratio[j] - !j);
        }
    assert_false(g.t->unbounded);
    close_graded(&g);
}

/* Odd activations at criticality: the coefficient of 1/n stops growing. */
static void saturation(void **state)
{
    (void) state;
    static const char *const options[] = {"activation", "tanh",       "depth", "120",
                                          "ensemble",   "orthogonal", NULL};
    graded g;
    open_graded(&g, options, (ew_gradient_options){.order = 1, .limit = EW_LIMIT_ZERO}, NULL);
    double c[3];
    for (slong i = 0; i < 3; i++)
        c[i] = series(&g, EW_GRADIENT_INPUT, (30 << i) - 1, EW_GRADIENT_RATIO, 1);
    assert_true(c[1] - c[0] < 0.8 && c[2] - c[1] < 0.7 * (c[1] - c[0]));
    assert_true(ew_certified_double(&g.t->limit[0]) == 3);
    assert_true(ew_certified_double(&g.t->limit[1]) == 0);
    assert_false(g.t->unbounded);
    close_graded(&g);
}

/* ---- residual -----------------------------------------------------------------------------
 */

/* ReLU, q = alpha^2 C_V C_W/2 = 1/2, r = n/m = 2: E Qhat^2 = q^2 (1 + 5 r/n), and E H'^2/H^2 =
 * (1 + q)^2 + (4 q + 2 q^2 (1 + 5 r/n))/n + 5 r q^2/n, which is 9/4 + 5/n + 5/n^2. */
static void relu_blocks(void **state)
{
    (void) state;
    static const char *const options[] = {
        "activation", "relu", "cw",    "2",  "cb",       "0",
        "depth",      "2",    "width", "10", "residual", "beta=1/2,inner=n/2",
        "exact",      "",     NULL};
    graded g;
    open_graded(&g, options,
                (ew_gradient_options){
                    .order = 2, .exact = 1, .width = 10, .limit = EW_LIMIT_HOMOGENEOUS},
                NULL);
    fmpq_t x, block;
    fmpq_init(x);
    fmpq_init(block);
    fmpq_set_si(block, 56, 45); /* (9/4 + 5/10 + 5/100)/(9/4) */
    fmpq_set_si(x, 3, 1);
    assert_int_equal(g.t->kinds, 1);
    for (slong l = 0; l <= 2; l++) {
        check_rational(numeric(&g, EW_GRADIENT_INPUT, l, EW_GRADIENT_EXACT), x);
        fmpq_mul(x, x, block);
    }
    /* 3 exp(4 C_V C_W/(2 n)) as L grows */
    static const char *const limit[] = {"3", "12", "24"};
    for (slong j = 0; j <= 2; j++)
        assert_string_equal(g.t->limit[j].exact, limit[j]);
    fmpq_clear(x);
    fmpq_clear(block);
    close_graded(&g);
}

/* The limit is approached like 1/L. */
static void many_blocks(void **state)
{
    (void) state;
    static const char *const options[] = {
        "activation", "leaky_relu(1/2)", "cw", "1", "cb", "0", "depth", "300",
        "residual",   "beta=1/2,cv=2",   NULL};
    graded g;
    open_graded(&g, options, (ew_gradient_options){.order = 1, .limit = EW_LIMIT_HOMOGENEOUS},
                NULL);
    double deep = series(&g, EW_GRADIENT_INPUT, 300, EW_GRADIENT_RATIO, 1);
    assert_string_equal(g.t->limit[1].exact, "15"); /* 3 * 4 * 2 * 5/8 */
    assert_true(fabs(deep / 15 - 1) < 0.01);
    close_graded(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_hierarchy), cmocka_unit_test(spread_of_layer),
        cmocka_unit_test(relu_frames),       cmocka_unit_test(affine_frames),
        cmocka_unit_test(linear_frames),     cmocka_unit_test(saturation),
        cmocka_unit_test(relu_blocks),       cmocka_unit_test(many_blocks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

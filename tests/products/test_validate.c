#include "support/check.h"

#include <math.h>
#include <string.h>

#include "products/regime.h"
#include "products/validate.h"
#include "support/sample_network.h"

/* ---- the regime, on curves known exactly ---- */

/* c_0 + c_1 x + c_2 x^2 at widths 40, 80, ..., with errors of one part in a thousand. */
static void curve(ew_point *p, int n, double c0, double c1, double c2)
{
    for (int i = 0; i < n; i++) {
        double x = 1.0 / (40 << i);
        p[i] = (ew_point){x, c0 + c1 * x + c2 * x * x, 1e-3, 63, 0};
    }
}

static void fit(ew_check *c, const ew_point *p, slong n, ew_prediction want)
{
    slong used;
    check_ok(NULL, ew_regime_test(c, &used, p, n, &want, NULL));
    assert_int_equal(used, c->verdict == EW_PASS ? c->widths : 0);
}

static void test_inside(void **state)
{
    (void) state;
    ew_point p[4];
    ew_check c[2];
    curve(p, 4, 1, 3, 20);
    fit(c, p, 4, (ew_prediction){1, 1, {1}, 0});
    assert_int_equal(c[0].verdict, EW_PASS);
    assert_true(fabs(c[0].z) < 1e-9 && c[0].p > 0.999 && c[0].widths == 4);
    /* A prediction far too small or too large is in the regime, and wrong. */
    fit(c, p, 4, (ew_prediction){1, 1, {0.01}, 0});
    assert_true(c[0].verdict == EW_PASS && c[0].z > 50 && c[0].p < 1e-40);
    fit(c, p, 4, (ew_prediction){1, 1, {100}, 0});
    assert_true(c[0].verdict == EW_PASS && c[0].z < -50);
}

/* |c_1|/40 = c_0/5: the two narrowest of six widths must go. */
static void test_narrow_dropped(void **state)
{
    (void) state;
    ew_point p[6];
    ew_check c[2];
    curve(p, 6, 1, 8, 0);
    fit(c, p, 6, (ew_prediction){1, 1, {1}, 0});
    assert_true(c[0].verdict == EW_PASS && c[0].widths == 5);
    curve(p, 6, 1, 12, 0);
    fit(c, p, 6, (ew_prediction){1, 1, {1}, 0});
    assert_true(c[0].verdict == EW_PASS && c[0].widths == 4);
    curve(p, 6, 1, 30, 0);
    fit(c, p, 6, (ew_prediction){1, 1, {1}, 0});
    assert_true(c[0].verdict == EW_OUT_OF_REGIME && isnan(c[0].z) && isnan(c[0].p));
    assert_true(c[0].regime > 0.15 && c[0].regime < 0.2);
}

/* What is left out leaves no trace. */
static void test_dropped_unused(void **state)
{
    (void) state;
    ew_point p[5];
    ew_check c[2];
    curve(p, 5, 1, 6, 10);
    p[0].y += 0.5;
    fit(c, p, 5, (ew_prediction){2, 2, {1, 6}, 0});
    for (int k = 0; k < 2; k++)
        assert_true(c[k].verdict == EW_PASS && c[k].widths == 4 && fabs(c[k].z) < 1e-6);
}

/* Where c_1 is predicted it decides, and is tested itself. */
static void test_second_predicted(void **state)
{
    (void) state;
    ew_point p[4];
    ew_check c[2];
    curve(p, 4, 1, 3, 20);
    fit(c, p, 4, (ew_prediction){2, 2, {1, 3}, 0});
    assert_true(c[0].verdict == EW_PASS && c[1].verdict == EW_PASS && fabs(c[1].z) < 1e-6);
    fit(c, p, 4, (ew_prediction){2, 2, {1, 5}, 0});
    assert_true(c[0].verdict == EW_OUT_OF_REGIME && c[1].verdict == EW_OUT_OF_REGIME);
}

/* A leading coefficient small by accident: the scale of the entries' variances decides. */
static void test_accident(void **state)
{
    (void) state;
    ew_point p[4];
    ew_check c[2];
    curve(p, 4, 0.005, 0.8, 2);
    fit(c, p, 4, (ew_prediction){2, 2, {0.005, 0.8}, 0});
    assert_true(c[0].verdict == EW_OUT_OF_REGIME && fabs(c[0].regime - 4) < 1e-6);
    fit(c, p, 4, (ew_prediction){2, 2, {0.005, 0.8}, 1});
    assert_true(c[0].verdict == EW_PASS && fabs(c[0].regime - 0.02) < 1e-9);
}

static void test_too_few_widths(void **state)
{
    (void) state;
    ew_point p[4];
    ew_check c[2];
    curve(p, 4, 1, 0, 0);
    for (slong n = 1; n < 4; n++) {
        fit(c, p, n, (ew_prediction){1, 1, {1}, 0});
        assert_true(c[0].verdict == EW_OUT_OF_REGIME && c[0].observed == 1 && c[0].widths == n);
    }
}

/* ---- whole runs ---- */

static const slong LAYERS[] = {2, 3, 4};

static const ew_check *find(const ew_validation *v, const char *quantity, slong layer,
                            slong order)
{
    for (slong i = 0; i < v->n; i++)
        if (strcmp(v->check[i].quantity, quantity) == 0 && v->check[i].layer == layer &&
            v->check[i].order == order)
            return &v->check[i];
    fail_msg("no check of %s at layer %ld", quantity, (long) layer);
    return NULL;
}

static ew_validation *validate(const test_network *t, const ew_validate_options *opt,
                               ew_verdict want, ew_context *ctx)
{
    ew_validation *v;
    check_ok(ctx, ew_validate_chain(&v, &t->net, opt, ctx));
    ew_status status = ew_validation_status(v, ctx);
    if (v->verdict != want)
        fail_msg("verdict %s, not %s: %s", ew_verdict_name(v->verdict), ew_verdict_name(want),
                 ew_context_error(ctx));
    assert_int_equal(status, want == EW_PASS ? EW_OK : want == EW_FAIL ? EW_FAILED : EW_UNABLE);
    assert_int_equal(status == EW_OK, ew_context_error(ctx)[0] == '\0');
    ew_clear(ctx);
    return v;
}

/* theory.md section 5: V/K^2 = 5 (l - 1) for ReLU, hence slope 5; K = 1, G1 = 0. */
static void test_relu(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 4, ctx);
    ew_validate_options opt = {.depths = 3, .depth = LAYERS, .seed = 1, .work = 1e7};
    ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
    assert_true(v->widths == 6 && v->layers == 3 && v->level == 0.01);
    const ew_check *c = find(v, "V", 4, 1);
    assert_true(fabs(c->predicted - 15) < 1e-12 && c->se < 0.07 * 15 && c->widths >= 4);
    c = find(v, "V/K^2 slope", 4, 1);
    assert_true(fabs(c->predicted - 5) < 1e-12 && fabs(c->observed - 5) < 4 * c->se);
    assert_true(find(v, "K", 3, 0)->predicted == 1 &&
                fabs(find(v, "G1", 3, 1)->predicted) < 1e-12);
    ew_validation_free(v);
    network_clear(&t);
}

/* Three percent on one coefficient, either way, at layer 2, where samples are cheap. */
static void test_perturbed(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    ew_validate_options opt = {.seed = 1, .work = 5e7};
    for (int i = 0; i < 2; i++) {
        opt.perturb = "V";
        opt.factor = i ? 1.03 : 0.97;
        ew_validation *v = validate(&t, &opt, EW_FAIL, ctx);
        const ew_check *c = find(v, "V", 2, 1);
        assert_true(c->verdict == v->verdict && c->se < 0.008 * 5);
        ew_validation_free(v);
    }
    network_clear(&t);
}

static void test_tanh(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 3, ctx);
    ew_validate_options opt = {.seed = 2, .work = 5e6, .descent = 1};
    ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
    static const char *const all[] = {"K", "V", "Theta", "D", "F", "A", "B", "G1", "H1"};
    static const slong order[] = {0, 1, 0, 1, 1, 1, 1, 1, 1};
    for (slong l = 2; l <= 3; l++)
        for (int i = 0; i < 9; i++)
            find(v, all[i], l, order[i]);
    /* theory.md's printed leading coefficients, which do not come from the engine. */
    assert_true(fabs(find(v, "V", 3, 1)->observed - .0678074938) < 4 * find(v, "V", 3, 1)->se);
    assert_true(fabs(find(v, "F", 3, 1)->observed - .0802460694) < 4 * find(v, "F", 3, 1)->se);
    double rise = 0;
    for (slong l = 2; l <= 3; l++) {
        double k = find(v, "K", l, 0)->predicted,
               ratio = find(v, "V", l, 1)->predicted / (k * k);
        rise += l == 3 ? ratio : -ratio;
    }
    assert_true(fabs(find(v, "V/K^2 slope", 3, 1)->predicted - rise) < 1e-12);
    ew_validation_free(v);
    network_clear(&t);
}

/* kappa_4 of orthogonal networks' neurons, 3 (V - 2 K^2)/n for one and a third of it for two; a
 * tenth more is noticed, and twice kappa_6 of three neurons. */
static void test_neurons(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 2, ctx);
    t.net.ensemble = EW_ENSEMBLE_ORTHOGONAL;
    const uint64_t width[] = {16, 24, 32, 64};
    ew_validate_options opt = {.widths = 4,
                               .width = width,
                               .preactivations = 1,
                               .moments = 3,
                               .seed = 1,
                               .samples = 5000};
    ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
    double k = find(v, "K", 2, 0)->predicted, V = find(v, "V", 2, 1)->predicted;
    const ew_check *one = find(v, "z1a,z1a,z1a,z1a", 2, 1);
    const ew_check *two = find(v, "z1a,z1a,z2a,z2a", 2, 1);
    assert_true(fabs(one->predicted - 3 * (V - 2 * k * k)) < 1e-12);
    assert_true(fabs(two->predicted - (V - 2 * k * k)) < 1e-12 && two->se < .03 * .28);
    ew_validation_free(v);
    opt.perturb = "z1a,z1a,z2a,z2a";
    opt.factor = 1.1;
    ew_validation_free(validate(&t, &opt, EW_FAIL, ctx));
    opt.perturb = "z1a,z1a,z2a,z2a,z3a,z3a";
    opt.factor = 2;
    ew_validation_free(validate(&t, &opt, EW_FAIL, ctx));
    network_clear(&t);
}

/* At layer 2 the neurons are independent: n^2 kappa_3 is the third cumulant of x = 2 relu(z)^2,
 * E x^3 - 3 E x^2 E x + 2 (E x)^3 = 60 - 18 + 2 = 44, without corrections. */
static void test_third(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    const uint64_t width[] = {16, 24, 64, 160};
    ew_validate_options opt = {
        .widths = 4, .width = width, .moments = 3, .seed = 1, .samples = 50000};
    ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
    const ew_check *c = find(v, "kappa3", 2, 2);
    assert_true(fabs(c->predicted - 44) < 1e-10);
    assert_true(fabs(c->observed - 44) < 4 * c->se && c->se < 0.1 * 44);
    ew_validation_free(v);
    opt.perturb = "kappa3";
    opt.factor = 1.6;
    ew_validation_free(validate(&t, &opt, EW_FAIL, ctx));
    opt.order = 1;
    check_status(ctx, ew_validate_chain(&v, &t.net, &opt, ctx), EW_USAGE);
    network_clear(&t);
}

/* The dNTK's P and Q, on the chain and on explicit weights. */
static void test_descent(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 2, ctx);
    const uint64_t width[] = {16, 24, 48, 96};
    ew_validate_options opt = {
        .widths = 4, .width = width, .descent = 2, .seed = 1, .samples = 8000};
    for (int network = 0; network < 2; network++) {
        opt.network = network;
        opt.samples = network ? 2048 : 8000;
        opt.perturb = NULL;
        ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
        const ew_check *c = find(v, "P", 2, 1);
        assert_true(c->predicted < 0 && c->se < 0.2 * -c->predicted);
        find(v, "Q", 2, 1);
        ew_validation_free(v);
        opt.perturb = "P";
        opt.factor = -1;
        ew_validation_free(validate(&t, &opt, EW_FAIL, ctx));
    }
    network_clear(&t);
}

/* The means are known to a part in a thousand, and G1 is told from its opposite. */
static void test_means_perturbed(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 8, ctx);
    static const struct {
        const char *quantity;
        double factor, work;
    } wrong[] = {{"Theta", 1.03, 5e6}, {"K", 0.97, 3e6}, {"G1", -1, 1e7}};
    const slong eight[] = {8};
    for (int i = 0; i < 3; i++) {
        ew_validate_options opt = {.depths = 1,
                                   .depth = eight,
                                   .seed = 3,
                                   .work = wrong[i].work,
                                   .descent = i == 0,
                                   .perturb = wrong[i].quantity,
                                   .factor = wrong[i].factor};
        ew_validation_free(validate(&t, &opt, EW_FAIL, ctx));
    }
    network_clear(&t);
}

/* sign(z)^2 = 1: nothing fluctuates, and nothing is divided by zero. */
static void test_constant(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "sign", "1", "0", "1", "1", 3, ctx);
    ew_validate_options opt = {.seed = 6, .samples = 1024};
    ew_validation *v = validate(&t, &opt, EW_PASS, ctx);
    const ew_check *c = find(v, "V", 3, 1);
    assert_true(c->observed == 0 && c->predicted == 0 && c->z == 0 && c->p == 1);
    ew_validation_free(v);
    network_clear(&t);
}

static void test_out_of_regime(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 10, ctx);
    const uint64_t narrow[] = {4, 5, 6, 8};
    const slong ten[] = {10};
    ew_validate_options opt = {
        .widths = 4, .width = narrow, .depths = 1, .depth = ten, .samples = 20000, .seed = 4};
    for (slong order = 0; order <= 1; order++) {
        opt.order = order;
        ew_validation *v = validate(&t, &opt, EW_OUT_OF_REGIME, ctx);
        const ew_check *c = find(v, "V", 10, 1);
        assert_true(c->verdict == EW_OUT_OF_REGIME && isnan(c->z) && isnan(c->p));
        ew_validation_free(v);
    }
    opt.widths = 1;
    ew_validation_free(validate(&t, &opt, EW_OUT_OF_REGIME, ctx));
    network_clear(&t);
}

static void test_same_bits(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 3, ctx);
    ew_validate_options opt = {.seed = 5, .work = 1e5, .descent = 1};
    ew_validation *v[2];
    for (int i = 0; i < 2; i++) {
        ew_context_set_threads(ctx, 1 + 2 * i);
        check_ok(ctx, ew_validate_chain(&v[i], &t.net, &opt, ctx));
    }
    ew_context_set_threads(ctx, 1);
    for (slong i = 0; i < v[0]->n; i++) {
        assert_true(v[0]->check[i].observed == v[1]->check[i].observed);
        assert_true(v[0]->check[i].se == v[1]->check[i].se);
    }
    ew_validation_free(v[0]);
    ew_validation_free(v[1]);
    network_clear(&t);
}

static void test_refusals(void **state)
{
    ew_context *ctx = *state;
    test_network t;
    network_init(&t, "tanh", "1", "0", "1", "1", 3, ctx);
    const slong one[] = {1}, down[] = {3, 2};
    const uint64_t zero[] = {0}, twice[] = {64, 64};
    const ew_validate_options bad[] = {{.depths = 1, .depth = one},
                                       {.depths = 2, .depth = down},
                                       {.widths = 1, .width = zero},
                                       {.widths = 2, .width = twice},
                                       {.samples = 1},
                                       {.level = 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ew_validation *v;
        check_status(ctx, ew_validate_chain(&v, &t.net, &bad[i], ctx), EW_USAGE);
        assert_null(v);
    }
    t.net.depth = 1;
    ew_validation *v;
    check_status(ctx, ew_validate_chain(&v, &t.net, &(ew_validate_options){0}, ctx), EW_USAGE);
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
        cmocka_unit_test(test_inside),           cmocka_unit_test(test_narrow_dropped),
        cmocka_unit_test(test_second_predicted), cmocka_unit_test(test_too_few_widths),
        cmocka_unit_test(test_accident),         cmocka_unit_test(test_relu),
        cmocka_unit_test(test_perturbed),        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_dropped_unused),   cmocka_unit_test(test_tanh),
        cmocka_unit_test(test_means_perturbed),  cmocka_unit_test(test_out_of_regime),
        cmocka_unit_test(test_same_bits),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_neurons),          cmocka_unit_test(test_third),
        cmocka_unit_test(test_descent)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}

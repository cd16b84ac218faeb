#include "support/check.h"

#include <math.h>
#include <string.h>

#include "products/mmd.h"
#include "products/mmd_series.h"
#include "support/sample_network.h"

/* ---- the series ---- */

/* One hidden layer: ln phi_n is n ln of an elementary function (1/2 + (1 + 2 w^2/n)^(-1/2)/2
 * for ReLU with C_W = 2, (1 + w^2/n)^(-1/2) for the linear network); expanded and integrated by
 * sympy in exact rationals. */
static void test_series(void **state)
{
    (void) state;
    static const struct {
        const char *activation, *cw, *length;
        const char *c[3];
    } cases[] = {{"z",
                  "1",
                  "1",
                  {"0.0467760634760113467", "-0.0584700793450141833", "0.0348384222764042842"}},
                 {"relu",
                  "2",
                  "2",
                  {"0.0258403685008593851", "-0.0692844880429292262", "0.147596870715063320"}}};
    ew_context *ctx = ew_context_new();
    const slong layer = 2;
    for (int i = 0; i < 2; i++) {
        test_network t;
        ew_scalar length;
        network_init(&t, cases[i].activation, cases[i].cw, "0", "1", "1", 2, ctx);
        network_set(&length, cases[i].length, ctx);
        ew_certified *c = ew_certified_new(3, ctx);
        check_ok(ctx, ew_mmd_series(c, &t.net, 1, &layer, &length, 3, 18, ctx));
        for (int j = 0; j < 3; j++)
            assert_string_equal(c[j].mid, cases[i].c[j]);
        ew_certified_free(c, 3);
        ew_expr_free(length.e);
        network_clear(&t);
    }
    ew_context_free(ctx);
}

/* Linear, two inputs: ln phi_n + w'Kw/2 = (w'Kw)^2/(4n) - (w'Kw)^3/(6n^2) + ..., by sympy. */
static void test_two_inputs(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    ew_scalar length, gram[3];
    const slong layer[2] = {2, 3};
    network_init(&t, "z", "1", "0", "1", "1", 3, ctx);
    network_set(&length, "3/2", ctx);
    network_set(&gram[1], "1/2", ctx);
    gram[0] = gram[2] = t.number[4];
    t.net.gram = gram;
    t.net.inputs = 2;
    ew_certified *c = ew_certified_new(4, ctx);
    check_ok(ctx, ew_mmd_series(c, &t.net, 2, layer, &length, 2, 17, ctx));
    assert_string_equal(c[0].mid, "0.038830057879788486");
    assert_string_equal(c[1].mid, "-0.054903166345243527");
    /* G1 = 0, and V is linear in the depth. */
    assert_true(fabs(ew_certified_double(c + 2) - 4 * ew_certified_double(c)) < 1e-15);
    ew_certified_free(c, 4);
    ew_expr_free(length.e);
    ew_expr_free(gram[1].e);
    network_clear(&t);
    ew_context_free(ctx);
}

/* Against the integral itself at n = 10 (mpmath): what is left falls like the next term. */
static void test_remainder(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    test_network t;
    ew_scalar length;
    const slong layer = 2;
    const double exact = 0.000201586438444933;
    double sum = 0, before = INFINITY;
    network_init(&t, "relu", "2", "0", "1", "1", 2, ctx);
    network_set(&length, "2", ctx);
    ew_certified *c = ew_certified_new(5, ctx);
    check_ok(ctx, ew_mmd_series(c, &t.net, 1, &layer, &length, 5, 15, ctx));
    for (int j = 0; j < 5; j++) {
        sum += ew_certified_double(c + j) * pow(10, -2 - j);
        assert_true(fabs(sum - exact) < before / 2);
        before = fabs(sum - exact);
    }
    assert_true(before < 1e-6);
    ew_certified_free(c, 5);
    ew_expr_free(length.e);
    network_clear(&t);
    ew_context_free(ctx);
}

/* ---- the exponent ---- */

static void test_power(void **state)
{
    (void) state;
    ew_point p[6];
    for (int i = 0; i < 6; i++) {
        double x = 1.0 / (5 << i), y = 3 * pow(x, 2) * exp(2 * x);
        p[i] = (ew_point){x, y, 1e-3 * y, 63, 0};
    }
    ew_power f = ew_fit_power(p, 6);
    assert_true(fabs(f.exponent - 2) < 1e-9 && f.used == 6 && f.p > 0.999);
    /* Two points: the line through them, and its error. */
    f = ew_fit_power(p + 4, 2);
    assert_true(fabs(f.exponent - 2 - 2 * (p[4].x - p[5].x) / log(2)) < 1e-9);
    assert_true(fabs(f.se - 1e-3 * sqrt(2) / log(2)) < 1e-9 && isnan(f.p) && f.used == 2);
    /* What is no power law at the narrowest width is left out, and so is noise. */
    p[0].y *= 1.05;
    f = ew_fit_power(p, 6);
    assert_true(fabs(f.exponent - 2) < 1e-9 && f.used == 5);
    p[5].y = 2 * p[5].se;
    f = ew_fit_power(p, 6);
    assert_true(fabs(f.exponent - 2) < 1e-9 && f.used == 4);
    for (int i = 0; i < 5; i++)
        p[i].y = 0;
    f = ew_fit_power(p, 6);
    assert_true(isnan(f.exponent) && f.used == 0);
}

/* ---- the whole ---- */

typedef struct {
    ew_context *ctx;
    test_network t;
    ew_scalar length;
    ew_mmd_options opt;
} fixture;

static const uint64_t widths[4] = {30, 60, 120, 240};
static const slong depths[2] = {2, 3};

static void open_run(fixture *f, const char *activation, const char *cw, const char *length)
{
    f->ctx = ew_context_new();
    network_init(&f->t, activation, cw, "0", "1", "1", 4, f->ctx);
    network_set(&f->length, length, f->ctx);
    f->opt = (ew_mmd_options){.widths = 4,
                              .width = widths,
                              .depths = 1,
                              .depth = depths,
                              .samples = 60000,
                              .seed = 1,
                              .length = &f->length};
}

static void close_run(fixture *f)
{
    ew_expr_free(f->length.e);
    network_clear(&f->t);
    ew_context_free(f->ctx);
}

/* A right prediction passes, a wrong one does not. */
static void test_verdict(void **state)
{
    (void) state;
    fixture f;
    ew_mmd_result *m;
    open_run(&f, "relu", "2", "2");
    check_ok(f.ctx, ew_mmd_run(&m, &f.t.net, &f.opt, f.ctx));
    assert_int_equal(m->n, 2);
    assert_int_equal(m->verdict, EW_PASS);
    assert_true(fabs(m->check[0].predicted - sqrt(0.02584036850085938)) < 1e-15);
    assert_true(fabs(m->check[1].predicted +
                     0.06928448804292922 / 2 / sqrt(0.02584036850085938)) < 1e-15);
    assert_int_equal(m->check[1].order, 2);
    assert_true(fabs(m->rate[0].exponent - 2) < 4 * m->rate[0].se);
    double series =
        0.02584036850085938 / 900 - 0.06928448804292922 / 27000 + 0.14759687071506332 / 810000;
    assert_true(fabs(ew_mmd_predicted(m, 0, 30) / series - 1) < 1e-12);
    check_ok(f.ctx, ew_mmd_status(m, f.ctx));
    ew_mmd_free(m);
    f.opt.factor = 3;
    check_ok(f.ctx, ew_mmd_run(&m, &f.t.net, &f.opt, f.ctx));
    assert_int_equal(m->verdict, EW_FAIL);
    check_status(f.ctx, ew_mmd_status(m, f.ctx), EW_FAILED);
    assert_non_null(strstr(ew_context_error(f.ctx), "n^-1 in MMD at layer 2"));
    ew_mmd_free(m);
    close_run(&f);
}

/* Three inputs of hardtanh: no cumulants, but samples; and the kernels of two layers. */
static void test_unpredicted(void **state)
{
    (void) state;
    fixture f;
    ew_mmd_result *m;
    ew_scalar gram[6];
    open_run(&f, "hardtanh", "1", "1");
    for (int i = 0; i < 6; i++)
        gram[i] = f.t.number[4];
    network_set(&gram[1], "1/2", f.ctx);
    gram[2] = gram[4] = gram[1];
    f.t.net.gram = gram;
    f.t.net.inputs = 3;
    f.opt.depths = 2;
    f.opt.samples = 2000;
    check_ok(f.ctx, ew_mmd_run(&m, &f.t.net, &f.opt, f.ctx));
    assert_null(m->series);
    assert_non_null(strstr(m->why, "three inputs"));
    assert_int_equal(m->n, 0);
    for (slong i = 0; i < 8; i++)
        assert_true(fabs(m->point[i].mean) < 2e-4 && m->point[i].se < 2e-5);
    check_ok(f.ctx, ew_mmd_status(m, f.ctx));
    ew_mmd_free(m);
    ew_expr_free(gram[1].e);
    close_run(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),    cmocka_unit_test(test_two_inputs),
        cmocka_unit_test(test_remainder), cmocka_unit_test(test_power),
        cmocka_unit_test(test_verdict),   cmocka_unit_test(test_unpredicted),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

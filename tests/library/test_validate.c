/* validate through the public interface: its figure, and measurements of one's own. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library/observed.h"
#include "products/significance.h"

static ew_result *validate(ew_status want, ew_context *ctx, const char *const *option)
{
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, ew_validate(&res, net, ctx), want);
    ew_network_free(net);
    return res;
}

#define OPTIONS(...)                                                                           \
    (const char *const[])                                                                      \
    {                                                                                          \
        __VA_ARGS__, NULL                                                                      \
    }

static char *scratch(const char *suffix)
{
    static char name[64];
    snprintf(name, sizeof name, "test_validate-%ld%s", (long) getpid(), suffix);
    return name;
}

static char *contents(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* A panel for each of K and V, with the layers in the key. */
static void test_figure(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch(".svg");
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        skip();
    ew_result_free(validate(EW_OK, ctx,
                            OPTIONS("activation", "relu", "depth", "2,3", "width",
                                    "200,300,400,800", "samples", "2000", "plot", path)));
    char *text = contents(path);
    assert_non_null(strstr(text, "K (predicted to order 2; dashed: 1)"));
    assert_non_null(strstr(text, "V (predicted to order 2; dashed: 1)"));
    assert_non_null(strstr(text, "layer 2"));
    assert_non_null(strstr(text, "layer 3"));
    assert_non_null(strstr(text, "1/n"));
    assert_non_null(strstr(text, "hidden layers / n"));
    assert_non_null(strstr(text, "n = 800"));
    assert_null(strstr(text, "Theta"));
    free(text);
    remove(path);
    ew_context_free(ctx);
}

/* Refused before the sampling. */
static void test_figure_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    assert_null(validate(EW_USAGE, ctx, OPTIONS("activation", "relu", "plot", "a.gif")));
    assert_null(validate(EW_IO, ctx, OPTIONS("activation", "relu", "plot", "no/such/a.svg")));
    ew_context_free(ctx);
}

/* relu at layer 2: K = 1 and n Var = 5 at every width, here with errors of less than a standard
 * one; %s is the variance at width 800. */
#define HEAD "quantity,layer,width,mean,se\n"
#define MEASURED                                                                               \
    "# relu\n" HEAD "\n"                                                                       \
    "V, 2, 100, 0.0502, 0.0003\r\nV,2,200,0.0249,2e-4\nV,2,400,1251/100000,0.0001\n"           \
    "K,2,200,0.9997,0.0004\nK,2,100,1.0003,0.0005\nK,2,400,1.0001,0.0003\n"                    \
    "K,2,800,1,0.0002\nV,2,800,%s,0.00003\n"

static void write_file(const char *path, const char *variance)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, MEASURED, variance);
    fclose(f);
}

static void check_verdict(const ew_result *r, const char *want)
{
    const char *got = ew_result_text(r, "result.verdict");
    assert_non_null(got);
    assert_string_equal(got, want);
}

static void test_observed(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch(".csv");
    write_file(path, "0.00626");
    ew_result *r =
        validate(EW_OK, ctx, OPTIONS("activation", "relu", "observed", path, "order", "1"));
    check_verdict(r, "pass");
    assert_int_equal(ew_result_length(r, "result.checks"), 3);
    assert_string_equal(ew_result_text(r, "result.checks[2].quantity"), "V");
    double mid, lo, hi;
    check_ok(ctx, ew_result_double(&mid, &lo, &hi, r, "result.checks[2].predicted"));
    assert_true(mid == 5);
    ew_result_free(r);
    /* Six percent at one width. */
    write_file(path, "0.00664");
    r = validate(EW_FAILED, ctx, OPTIONS("activation", "relu", "observed", path));
    check_verdict(r, "fail");
    ew_result_free(r);
    assert_null(validate(EW_USAGE, ctx,
                         OPTIONS("activation", "relu", "observed", path, "samples", "5000")));
    assert_string_equal(ew_context_error(ctx), "observed excludes samples");
    remove(path);
    assert_null(validate(EW_IO, ctx, OPTIONS("activation", "relu", "observed", path)));
    ew_context_free(ctx);
}

/* V after the first of three blocks, times `factor` at the narrowest width.  Given Qhat, the
 * mean of n squares 2 max(g, 0)^2, the new |h|^2/n has variance (4 a Qhat + 2 a^2 Qhat^2)/n
 * about 1 + a Qhat, a = L^(-2 beta) = 1/3; E Qhat = 1, Var Qhat = 5/n: (19 + 10/n)/(9 n) in
 * all. */
static void write_blocks(const char *path, slong block, double factor)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(HEAD, f);
    for (double n = 100; n <= 500; n += 100) {
        double v = (19 + 10 / n) / (9 * n);
        fprintf(f, "V,%ld,%.0f,%.17g,%.17g\n", (long) block, n, n == 100 ? factor * v : v,
                v / 200);
    }
    fclose(f);
}

static void test_observed_blocks(void **state)
{
    (void) state;
#define BLOCKS                                                                                 \
    "activation", "relu", "cw", "2", "residual", "beta=1/2", "observed", path, "depth"
    ew_context *ctx = ew_context_new();
    char *path = scratch("-blocks.csv");
    write_blocks(path, 1, 1);
    ew_result *r = validate(EW_OK, ctx, OPTIONS(BLOCKS, "3", "order", "1"));
    check_verdict(r, "pass");
    double mid, lo, hi;
    check_ok(ctx, ew_result_double(&mid, &lo, &hi, r, "result.checks[0].layer"));
    assert_true(mid == 1);
    check_ok(ctx, ew_result_double(&mid, &lo, &hi, r, "result.checks[0].predicted"));
    assert_true(fabs(mid - 19.0 / 9) < 1e-12);
    ew_result_free(r);
    write_blocks(path, 1, 1.1);
    r = validate(EW_FAILED, ctx, OPTIONS(BLOCKS, "3"));
    check_verdict(r, "fail");
    ew_result_free(r);
    assert_null(validate(EW_USAGE, ctx, OPTIONS(BLOCKS, "1,3")));
    for (slong block = 0; block <= 4; block += 4) {
        write_blocks(path, block, 1);
        assert_null(validate(EW_USAGE, ctx, OPTIONS(BLOCKS, "3")));
        assert_non_null(
            strstr(ew_context_error(ctx), "line 2, column 2: not one of the network's blocks"));
    }
    remove(path);
    ew_context_free(ctx);
}

/* Three widths are too few; what is doubled or unknown is named by its line. */
static void test_observed_too_few(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch("-few.csv");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(HEAD "V,2,100,0.05,0.001\nV,2,200,0.025,0.001\nV,2,300,0.0167,0.001\n", f);
    fclose(f);
    ew_result *r = validate(EW_UNABLE, ctx, OPTIONS("activation", "relu", "observed", path));
    check_verdict(r, "out-of-regime");
    assert_non_null(strstr(ew_context_error(ctx), "needs 4 widths, not 3"));
    ew_result_free(r);
    f = fopen(path, "a");
    assert_non_null(f);
    fputs("V,2,300,0.0167,0.001\n", f);
    fclose(f);
    assert_null(validate(EW_USAGE, ctx, OPTIONS("activation", "relu", "observed", path)));
    assert_non_null(strstr(ew_context_error(ctx), "line 5: V of this layer and width occurs"));
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(HEAD "Theta,2,300,1,0.001\n", f);
    fclose(f);
    assert_null(validate(EW_USAGE, ctx, OPTIONS("activation", "relu", "observed", path)));
    assert_non_null(strstr(ew_context_error(ctx), "line 2: Theta is not predicted"));
    remove(path);
    ew_context_free(ctx);
}

/* relu: n Var = n ((1 + 5/n)^(l-1) - 1), with errors of a part in 500; the slope over layers 2,
 * 3, 5 (of which one width lacks layer 4) is 5, and its error is no less than if the layers'
 * errors added up: sum of |weight| 5 (l - 1) n-independent parts. */
static void test_observed_slope(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch("-slope.csv");
    for (int wrong = 0; wrong < 2; wrong++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(HEAD, f);
        for (int n = 250; n <= 4000; n *= 2)
            for (int l = 2; l <= 5; l++) {
                double v = pow(1 + 5.0 / n, l - 1) - 1;
                if (n != 500 || l != 4)
                    fprintf(f, "V,%d,%d,%.12g,%.12g\n", l, n,
                            v * (wrong ? 1 + 0.05 * (l - 2) : 1), v / 500);
            }
        fclose(f);
        ew_result *r = validate(wrong ? EW_FAILED : EW_OK, ctx,
                                OPTIONS("activation", "relu", "observed", path));
        int last = (int) ew_result_length(r, "result.checks") - 2;
        char at[64];
        double mid, se, hi;
        snprintf(at, sizeof at, "result.checks[%d].quantity", last);
        assert_string_equal(ew_result_text(r, at), "V/K^2 slope");
        snprintf(at, sizeof at, "result.checks[%d].predicted", last);
        check_ok(ctx, ew_result_double(&mid, &se, &hi, r, at));
        assert_true(fabs(mid - 5) < 1e-12);
        snprintf(at, sizeof at, "result.checks[%d].observed.mean", last);
        check_ok(ctx, ew_result_double(&mid, &se, &hi, r, at));
        assert_true(wrong ? mid > 5.5 : fabs(mid - 5) < 1e-3);
        snprintf(at, sizeof at, "result.checks[%d].verdict", last);
        assert_string_equal(ew_result_text(r, at), wrong ? "fail" : "pass");
        ew_result_free(r);
    }
    remove(path);
    ew_context_free(ctx);
}

/* Entries of two inputs, opposite ones for relu: the two never are above 0 together, and n
 * Cov(Ghat_aa, Ghat_bb) = -E[2 relu^2]^2 = -1 at layer 2. */
static void test_observed_entries(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch("-entries.csv");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(HEAD, f);
    for (int n = 100; n <= 800; n *= 2)
        fprintf(f, " \"a.a,b.b\" , 2,%d,%g,%g\n", n, -1.0 / n, 0.01 / n);
    fclose(f);
    ew_result *r = validate(
        EW_OK, ctx,
        OPTIONS("activation", "relu", "gram", "1,-1,1", "order", "1", "observed", path));
    assert_string_equal(ew_result_text(r, "result.checks[0].quantity"), "a.a,b.b");
    double mid, lo, hi;
    check_ok(ctx, ew_result_double(&mid, &lo, &hi, r, "result.checks[0].predicted"));
    assert_true(mid == -1);
    ew_result_free(r);
    remove(path);
    ew_context_free(ctx);
}

static void test_observed_malformed(void **state)
{
    (void) state;
    static const struct {
        const char *text, *error;
    } bad[] = {{"", "no measurements"},
               {"# nothing\n", "no measurements"},
               {HEAD, "no measurements"},
               {"V,2,100,1,1\n", "line 1, column 1: the first line"},
               {HEAD "V,2,100,1\n", "line 2, column 5: missing"},
               {HEAD "V,2,,1,1\n", "line 2, column 3: missing"},
               {HEAD "V,2,100,1,1,1\n", "line 2, column 6: one entry"},
               {HEAD "\nV,1,100,1,1\n", "line 3, column 2: not a layer"},
               {HEAD "\"V,2,100,1,1\n", "line 2, column 1: quotation marks"},
               {HEAD "\"V\"x,2,100,1,1\n", "line 2, column 1: quotation marks"},
               {HEAD "\"\",2,100,1,1\n", "line 2, column 1: missing"},
               {HEAD "V,2.5,100,1,1", "line 2, column 2: not a layer"},
               {HEAD "V,2,0,1,1", "line 2, column 3: not a width"},
               {HEAD "V,2,9,nan,1", "line 2, column 4: not a number"},
               {HEAD "V,2,9,1e999,1", "line 2, column 4: not a number"},
               {HEAD "V,2,9,1,0", "line 2, column 5: a standard error"}};
    ew_context *ctx = ew_context_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ew_observed *o;
        check_status(ctx,
                     ew_observed_parse(&o, bad[i].text, strlen(bad[i].text), "m.csv", 0, ctx),
                     EW_USAGE);
        assert_null(o);
        if (!strstr(ew_context_error(ctx), bad[i].error))
            fail_msg("%s: %s", bad[i].error, ew_context_error(ctx));
    }
    ew_context_free(ctx);
}

/* Known standard errors: Student's t is normal. */
static void test_normal(void **state)
{
    (void) state;
    for (double z = 0.25; z < 6; z += 0.25)
        assert_true(fabs(ew_student_two_sided(z, 1e6) / erfc(z / sqrt(2)) - 1) < 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_figure),
                                       cmocka_unit_test(test_figure_refused),
                                       cmocka_unit_test(test_observed),
                                       cmocka_unit_test(test_observed_blocks),
                                       cmocka_unit_test(test_observed_too_few),
                                       cmocka_unit_test(test_observed_slope),
                                       cmocka_unit_test(test_observed_entries),
                                       cmocka_unit_test(test_observed_malformed),
                                       cmocka_unit_test(test_normal)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_thread_cleanup();
    return failed;
}

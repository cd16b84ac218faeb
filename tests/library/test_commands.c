/* The commands through the public interface, against the numbers of the literature. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ew_status (*command)(ew_result **, const ew_network *, ew_context *);

/* Run with options given as name, value, ..., NULL. */
static ew_result *run(command fn, ew_status want, ew_context *ctx, const char *const *option)
{
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, fn(&res, net, ctx), want);
    if (want != EW_OK) {
        assert_null(res);
        assert_true(strlen(ew_context_error(ctx)) > 5);
    }
    ew_network_free(net);
    return res;
}

#define OPTIONS(...)                                                                           \
    (const char *const[])                                                                      \
    {                                                                                          \
        __VA_ARGS__, NULL                                                                      \
    }

static void check_text(const ew_result *res, const char *path, const char *want)
{
    const char *got = ew_result_text(res, path);
    if (!got || strcmp(got, want))
        fail_msg("%s: %s, expected %s", path, got ? got : "nothing", want);
}

/* want is an approximation, good to `digits` digits. */
static void check_number(const ew_result *res, const char *path, double want, double digits)
{
    double mid, lo, hi, slack = fabs(want) * pow(10, -digits);
    if (ew_result_double(&mid, &lo, &hi, res, path) != EW_OK)
        fail_msg("%s: no number", path);
    if (lo > want + slack || hi < want - slack || hi - lo > slack)
        fail_msg("%s: [%.17g, %.17g], expected %.17g", path, lo, hi, want);
}

/* C_W = 2, C_b = 0, K = 2q with q = 1/2, equal widths (peers.md): at layer 4, Theta = 4q,
 * V = 60 q^2, F = 24 q^2, D = 72 q^2, A = 104 q^2, B = 28 q^2. */
static void relu_is_exact(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(ew_cumulants, EW_OK, ctx,
                       OPTIONS("activation", "relu", "depth", "4", "ntk", NULL, "exact", NULL));
    assert_int_equal(ew_result_length(r, "result.layers"), 4);
    check_text(r, "result.layers[3].K.exact", "1");
    check_text(r, "result.layers[3].Theta.exact", "2");
    check_text(r, "result.layers[3].V.exact", "15");
    check_text(r, "result.layers[3].F.exact", "6");
    check_text(r, "result.layers[3].D.exact", "18");
    check_text(r, "result.layers[3].A.exact", "26");
    check_text(r, "result.layers[3].B.exact", "7");
    check_text(r, "result.layers[3].V/K^2.exact", "15");
    check_text(r, "result.layers[0].V.exact", "0");
    check_text(r, "result.layers[3].kappa[\"1\"][0].exact", "1");
    check_text(r, "result.layers[3].kappa.2[1].exact", "15");
    check_text(r, "network.cw", "2");
    check_text(r, "network.cb", "0");
    check_text(r, "network.defaulted[0]", "cw");
    check_text(r, "network.defaulted[1]", "cb");
    ew_result_free(r);
    /* lambda_W = C_W = 2 doubles Theta when there is no bias. */
    r = run(ew_cumulants, EW_OK, ctx,
            OPTIONS("activation", "relu", "depth", "4", "ntk", NULL, "convention",
                    "neural-tangents"));
    check_text(r, "result.layers[3].Theta.exact", "4");
    check_text(r, "network.lambda_w", "2");
    ew_result_free(r);
    ew_context_free(ctx);
}

static void tanh_at_layer_two(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(ew_cumulants, EW_OK, ctx,
                       OPTIONS("activation", "tanh", "cw", "1", "cb", "0", "gram", "1", "ntk",
                               NULL, "digits", "20"));
    check_number(r, "result.layers[1].K", .39429449039784, 13);
    check_number(r, "result.layers[1].V", .097523738085857, 13);
    check_number(r, "result.layers[1].Theta", .85869739284611, 13);
    check_number(r, "result.layers[1].F", .075050953001047, 13);
    check_number(r, "result.layers[1].D", -.010536814673214, 13);
    assert_int_equal(ew_result_length(r, "network.defaulted"), 0);
    assert_int_equal(strlen(ew_result_text(r, "result.layers[1].K.mid")), 22);
    ew_result_free(r);
    run(ew_cumulants, EW_UNABLE, ctx, OPTIONS("activation", "tanh", "exact", NULL));
    ew_context_free(ctx);
}

static void critical_points(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(ew_critical, EW_OK, ctx, OPTIONS("activation", "relu"));
    check_text(r, "result.class", "scale-invariant");
    check_text(r, "result.C_W.exact", "2");
    check_text(r, "result.points[0].C_b.mid", "0");
    ew_result_free(r);
    /* PDLT: a_1 = -2 for tanh, at C_W = 1, C_b = 0. */
    r = run(ew_critical, EW_OK, ctx, OPTIONS("activation", "tanh"));
    check_text(r, "result.class", "zero-fixed-point");
    check_text(r, "result.C_W.exact", "1");
    check_number(r, "result.a1", -2, 13);
    ew_result_free(r);
    r = run(ew_critical, EW_OK, ctx, OPTIONS("activation", "gelu", "digits", "18"));
    check_text(r, "result.class", "half-stable");
    check_number(r, "result.K", 3.56155281280883, 14);
    check_number(r, "result.C_W", 1.98305825743754713, 15);
    check_number(r, "result.C_b", 0.172922390756067352, 15);
    ew_result_free(r);
    ew_context_free(ctx);
}

/* K_11 = C_b + C_W (1 + 9)/2 with C_W = 3/2, C_b = 1/3. */
static void inputs_fix_the_covariance(void **state)
{
    (void) state;
    char name[] = "inputs-test-XXXXXX";
    ew_context *ctx = ew_context_new();
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "1,-3\n", 5), 5);
    close(fd);
    ew_result *r =
        run(ew_cumulants, EW_OK, ctx,
            OPTIONS("activation", "z^3", "cw", "3/2,2", "cb", "1/3", "inputs", name));
    check_text(r, "result.layers[0].K.exact", "47/6");
    check_text(r, "network.gram[0]", "47/6");
    check_text(r, "network.cw[1]", "2");
    /* <z^6> = 15 K^3 */
    check_number(r, "result.layers[1].K", 1.0 / 3 + 30 * pow(47.0 / 6, 3), 13);
    ew_result_free(r);
    unlink(name);
    run(ew_cumulants, EW_IO, ctx, OPTIONS("activation", "z^3", "cw", "1", "inputs", name));
    ew_context_free(ctx);
}

/* ReLU, three hidden layers: V = 15, so c_12 = 15/8 and kappa_4 = 45/n; the size of the first
 * term is sqrt(4!) c_12/n. */
static void densities(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(ew_density, EW_OK, ctx,
                       OPTIONS("activation", "relu", "depth", "4", "width", "50", "order", "2",
                               "points", "0,1/3", "digits", "12"));
    assert_int_equal(ew_result_length(r, "result.points"), 2);
    assert_int_equal(ew_result_length(r, "result.points[0].density"), 2);
    assert_int_equal(ew_result_length(r, "result.coefficients"), 6);
    check_text(r, "result.coefficients[1].formula", "1/8*V/K^2");
    check_number(r, "result.coefficients[0].c", 0, 12);
    check_number(r, "result.coefficients[1].c", 15.0 / 8, 10);
    check_number(r, "result.orders[0].size", sqrt(24) * 15 / 8 / 50, 10);
    check_number(r, "result.cumulants[\"2\"]", 1, 10);
    /* Var Ghat = (1 + 5/n)^3 - 1 = 15/n + 75/n^2 + ... */
    check_number(r, "result.cumulants[\"4\"]", 3 * (15.0 / 50 + 75.0 / 2500), 10);
    check_number(r, "result.points[0].gaussian", 1 / sqrt(2 * M_PI), 10);
    check_number(r, "result.points[1].x", 1.0 / 3, 10);
    check_text(r, "result.points[1].x.exact", "1/3");
    check_number(r, "result.points[0].cdf[1]", 0.5, 10);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void samples_repeat(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    const char *const *option = OPTIONS("activation", "relu", "width", "64", "samples", "2000",
                                        "seed", "7", "depth", "3");
    ew_result *r = run(ew_sample, EW_OK, ctx, option),
              *again = run(ew_sample, EW_OK, ctx, option);
    double mean, se;
    check_ok(ctx,
             ew_result_double(&mean, NULL, NULL, r, "result.layers[2].terms[0].value.mean"));
    check_ok(ctx, ew_result_double(&se, NULL, NULL, r, "result.layers[2].terms[0].value.se"));
    check_text(r, "result.layers[2].terms[0].of[0]", "a.a");
    /* The mean of Ghat is exactly K = 1 for ReLU at C_W = 2; V = 10 gives the error expected.
     */
    assert_true(fabs(mean - 1) < 5 * se);
    assert_true(fabs(se / sqrt(10.0 / 64 / 2000) - 1) < 0.3);
    char *a, *b;
    check_ok(ctx, ew_result_format(&a, r, "json", ctx));
    check_ok(ctx, ew_result_format(&b, again, "json", ctx));
    assert_string_equal(a, b);
    free(a);
    free(b);
    ew_result_free(r);
    ew_result_free(again);
    ew_context_free(ctx);
}

/* Dual kernels at Var u = 1, Var v = 2, Cov = 1/2 (peers.md). */
static void dual_kernels(void **state)
{
    (void) state;
    static const struct {
        const char *activation;
        double value, slope;
    } row[] = {{"erf", .1662579714811902, .3402875819779294},
               {"relu", .3642988816942232, .3075133640406540},
               {"sin", .1162720789674148, .2516073622040275},
               {"tanh", .1467541154603874, .2991720213930359},
               {"exp(-z^2)", .2672612419124244, .03818017741606063}};
    ew_context *ctx = ew_context_new();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ew_result *r = run(ew_expect, EW_OK, ctx,
                           OPTIONS("activation", row[i].activation, "integrand", "s_a*s_b",
                                   "gram", "1,1/2,2", "digits", "18"));
        check_number(r, "result.value", row[i].value, 14);
        ew_result_free(r);
        r = run(ew_expect, EW_OK, ctx,
                OPTIONS("activation", row[i].activation, "integrand", "s1_a*s1_b", "gram",
                        "1,1/2,2", "digits", "18"));
        check_number(r, "result.value", row[i].slope, 14);
        ew_result_free(r);
    }
    ew_context_free(ctx);
}

static void expectations(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    /* <z^6> = 15, <z^4> = 3: 15/9 - 6 + 1/2. */
    ew_result *r = run(ew_expect, EW_OK, ctx,
                       OPTIONS("activation", "z^3/3", "integrand", "s^2 - 2*z^4 + z^2/2"));
    check_text(r, "result.value.exact", "-23/6");
    check_text(r, "result.value.method", "closed form");
    check_text(r, "network.k", "1");
    ew_result_free(r);
    /* An odd integrand, and terms that cancel. */
    r = run(ew_expect, EW_OK, ctx, OPTIONS("activation", "tanh", "integrand", "s*z^2"));
    check_text(r, "result.value.exact", "0");
    check_text(r, "result.value.rad", "0");
    ew_result_free(r);
    /* <relu(u) relu(v)> at correlation 1/2: (sqrt(3)/2 + pi/3)/(2 pi)  (theory.md section 4).
     */
    const double pi = 3.14159265358979324;
    r = run(ew_expect, EW_OK, ctx,
            OPTIONS("activation", "relu", "integrand", "2*s_a*s_b", "gram", "1,1/2,1"));
    check_number(r, "result.value", (sqrt(3) / 2 + pi / 3) / pi, 13);
    ew_result_free(r);
    run(ew_expect, EW_DOMAIN, ctx,
        OPTIONS("activation", "relu", "integrand", "s_a", "gram", "1,2,1"));
    run(ew_expect, EW_UNABLE, ctx,
        OPTIONS("activation", "tanh", "integrand", "s^2", "exact", NULL));
    ew_context_free(ctx);
}

/* ReLU at C_W = 2: the diagonal stays, Theta grows by K/2 a layer; by symmetry of two inputs.
 */
static void kernels(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(ew_kernel, EW_OK, ctx,
                       OPTIONS("activation", "relu", "depth", "4", "gram", "1,1/2,1"));
    check_text(r, "result.layers[3].nngp[0][0].mid", "1.00000000000000");
    check_text(r, "result.layers[3].ntk[1][1].mid", "2.00000000000000");
    check_text(r, "result.layers[3].chi_perp[0].mid", "1.00000000000000");
    check_number(r, "result.layers[1].nngp[1][0]",
                 (sqrt(3) / 2 + 3.14159265358979324 / 3) / 3.14159265358979324, 13);
    assert_int_equal(ew_result_length(r, "result.layers[0].nngp"), 2);
    ew_result_free(r);
    /* A step has no tangent kernel; its NNGP kernel is C_W/2 on the diagonal. */
    r = run(ew_kernel, EW_OK, ctx, OPTIONS("activation", "step", "cw", "3"));
    check_text(r, "result.layers[1].nngp[0][0].mid", "1.50000000000000");
    assert_int_equal(ew_result_length(r, "result.layers[1].ntk"), 0);
    ew_result_free(r);
    run(ew_kernel, EW_DOMAIN, ctx, OPTIONS("activation", "relu", "gram", "1,2,1"));
    ew_context_free(ctx);
}

static int cancel(void *data)
{
    (void) data;
    return 1;
}

static void failures(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = NULL;
    check_status(ctx, ew_cumulants(&r, NULL, ctx), EW_USAGE);
    run(ew_cumulants, EW_USAGE, ctx, OPTIONS("depth", "3"));
    run(ew_cumulants, EW_DOMAIN, ctx, OPTIONS("activation", "exp(z^2)"));
    run(ew_cumulants, EW_USAGE, ctx, OPTIONS("activation", "relu", "cw", "1,2,3"));
    run(ew_cumulants, EW_USAGE, ctx, OPTIONS("activation", "relu", "gram", "1,2"));
    assert_non_null(strstr(ew_context_error(ctx), "not 2"));
    run(ew_cumulants, EW_DOMAIN, ctx, OPTIONS("activation", "relu", "cw", "1", "cb", "2"));
    run(ew_cumulants, EW_UNABLE, ctx, OPTIONS("activation", "z+z^3", "cw", "critical"));
    run(ew_validate, EW_USAGE, ctx, OPTIONS("activation", "relu", "depth", "2,4,2"));
    ew_context_on_cancel(ctx, cancel, NULL);
    run(ew_cumulants, EW_CANCELLED, ctx, OPTIONS("activation", "tanh"));
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_is_exact),   cmocka_unit_test(tanh_at_layer_two),
        cmocka_unit_test(critical_points), cmocka_unit_test(inputs_fix_the_covariance),
        cmocka_unit_test(dual_kernels),    cmocka_unit_test(expectations),
        cmocka_unit_test(kernels),         cmocka_unit_test(densities),
        cmocka_unit_test(samples_repeat),  cmocka_unit_test(failures),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_thread_cleanup();
    return failed;
}

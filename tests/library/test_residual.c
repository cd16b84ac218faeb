/* Residual networks through the commands. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef ew_status (*command_fn)(ew_result **res, const ew_network *net, ew_context *ctx);

static ew_result *run(command_fn command, ew_status want, const char *const *option)
{
    ew_context *ctx = ew_context_new();
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, command(&res, net, ctx), want);
    if (want == EW_UNABLE)
        assert_non_null(strstr(ew_context_error(ctx), "residual"));
    ew_network_free(net);
    ew_context_free(ctx);
    return res;
}

static void check_text(const ew_result *res, const char *path, const char *want)
{
    const char *got = ew_result_text(res, path);
    if (!got || strcmp(got, want))
        fail_msg("%s: %s, expected %s", path, got ? got : "nothing", want);
}

static void check_number(const ew_result *res, const char *path, double want, double accuracy)
{
    ew_context *ctx = ew_context_new();
    double x;
    check_ok(ctx, ew_result_double(&x, NULL, NULL, res, path));
    if (fabs(x - want) > accuracy * fabs(want))
        fail_msg("%s: %.17g, expected %.17g", path, x, want);
    ew_context_free(ctx);
}

/* E |h_L|^2 = (1 + alpha^2 C_V C_W kap)^L |h_0|^2: kap = 1/2, alpha^2 = 1/5. */
static void second_moments_are_exact(void **state)
{
    (void) state;
    ew_result *r =
        run(ew_kernel, EW_OK,
            (const char *[]){"activation", "relu", "residual", "cv=3,beta=1/2", "depth", "5",
                             "cw", "2/3", "cb", "0", "gram", "7", NULL});
    check_number(r, "result.layers[0].layer", 0, 0);
    check_text(r, "result.layers[0].nngp[0][0].exact", "7");
    check_text(r, "result.layers[0].ntk[0][0].exact", "0");
    check_number(r, "result.layers[5].layer", 5, 0);
    check_text(r, "result.layers[5].nngp[0][0].exact", "54432/3125");
    check_text(r, "result.layers[5].chi_perp[0].exact", "6/5");
    check_number(r, "network.depth", 5, 0);
    check_text(r, "network.cw", "2/3");
    check_text(r, "network.residual.beta", "1/2");
    check_text(r, "network.residual.cv", "3");
    ew_result_free(r);
}

/* mpmath, by nested quadrature. */
static void kernels_of_two_inputs(void **state)
{
    (void) state;
    ew_result *r = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "tanh", "residual", "beta=1/2,cv=2",
                                        "depth", "2", "cw", "1", "cb", "1/10", "lambda-b",
                                        "1/4", "gram", "1,1/2,1", NULL});
    check_number(r, "result.layers[1].nngp[0][0]", 1.41166172673974141025, 1e-14);
    check_number(r, "result.layers[1].nngp[0][1]", 0.711892982447298229094, 1e-14);
    check_number(r, "result.layers[2].nngp[0][0]", 1.88135738932844266539, 1e-14);
    check_number(r, "result.layers[2].nngp[0][1]", 0.94573694937383810655, 1e-14);
    check_number(r, "result.layers[2].ntk[1][1]", 1.95535376900178266887, 1e-14);
    check_number(r, "result.layers[2].ntk[1][0]", 0.905598343112878090733, 1e-14);
    ew_result_free(r);
    r = run(ew_kernel, EW_OK,
            (const char *[]){"activation", "relu", "residual", "beta=1,cv=3", "depth", "3",
                             "cw", "2", "cb", "0", "gram", "1,1/2,2", NULL});
    check_text(r, "result.layers[3].nngp[0][0].exact", "64/27");
    check_text(r, "result.layers[3].nngp[1][1].exact", "128/27");
    check_number(r, "result.layers[3].nngp[0][1]", 1.55478967326391173632, 1e-14);
    ew_result_free(r);
}

/* Opposite inputs: h' is odd in h for odd s; for even s, h and -h get the same branch.  |z|:
 * <s s> of z and -z is K. */
static void opposite_inputs(void **state)
{
    (void) state;
    const char *option[] = {"activation", "abs", "residual", "beta=1/2", "depth",  "1", "cw",
                            "1",          "cb",  "0",        "gram",     "1,-1,1", NULL};
    ew_result *r = run(ew_kernel, EW_OK, option);
    check_text(r, "result.layers[1].nngp[0][1].exact", "0");
    check_text(r, "result.layers[1].nngp[0][0].exact", "2");
    ew_result_free(r);
    option[1] = "tanh";
    option[5] = "3";
    r = run(ew_kernel, EW_OK, option);
    double x, y;
    ew_context *ctx = ew_context_new();
    check_ok(ctx, ew_result_double(&x, NULL, NULL, r, "result.layers[3].nngp[0][0]"));
    check_ok(ctx, ew_result_double(&y, NULL, NULL, r, "result.layers[3].nngp[0][1]"));
    assert_true(x == -y);
    ew_context_free(ctx);
    ew_result_free(r);
}

/* Theta' = Theta + alpha^2 [C_V <s s> + C_V <s' s'> (C_W K + C_W Theta)]: z has <s s> = K. */
static void rates_by_convention(void **state)
{
    (void) state;
    ew_result *r =
        run(ew_kernel, EW_OK,
            (const char *[]){"activation", "z", "residual", "beta=0,cv=3", "depth", "2", "cw",
                             "2,5", "cb", "0", "convention", "neural-tangents", NULL});
    check_text(r, "network.cw[1]", "5");
    check_text(r, "result.layers[1].nngp[0][0].exact", "7");   /* 1 + 3*2 */
    check_text(r, "result.layers[1].ntk[0][0].exact", "12");   /* 3*2 + 3*2 */
    check_text(r, "result.layers[2].nngp[0][0].exact", "112"); /* 7 + 3*5*7 */
    check_text(r, "result.layers[2].ntk[0][0].exact", "402");  /* 12 + 105 + 3*5*(7+12) */
    ew_result_free(r);
}

/* Every coefficient over several widths; blocks are numbered from 1, and the inner width is in
 * proportion. */
static void cumulants_are_validated(void **state)
{
    (void) state;
    ew_result *r = run(ew_validate, EW_OK,
                       (const char *[]){"activation", "tanh", "cw", "1", "residual",
                                        "beta=1/2,inner=3/2n", "depth", "1,3", "samples",
                                        "4000", "seed", "2", "moments", "3", NULL});
    check_text(r, "result.verdict", "pass");
    check_number(r, "network.depth", 3, 0);
    check_number(r, "network.blocks[1]", 3, 0);
    check_text(r, "result.checks[0].quantity", "K");
    check_number(r, "result.checks[0].layer", 1, 0);
    ew_result_free(r);
    static const char *const never[][3] = {{"beta=1/2,inner=infinite", "depth", "2"},
                                           {"beta=1/2", "preactivations", ""}};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(run(ew_validate, EW_UNABLE,
                        (const char *[]){"activation", "relu", "residual", never[i][0],
                                         never[i][1], never[i][2], NULL}));
    assert_null(
        run(ew_validate, EW_USAGE,
            (const char *[]){"activation", "relu", "residual", "beta=1/2,inner=8", NULL}));
}

/* Layer 0 is the input; there are no preactivations. */
static void cumulants_by_command(void **state)
{
    (void) state;
    ew_result *r = run(ew_cumulants, EW_OK,
                       (const char *[]){"activation", "relu", "cw", "2", "residual",
                                        "beta=0,cv=1/4,inner=infinite", "depth", "1", NULL});
    check_number(r, "result.layers[0].layer", 0, 0);
    check_text(r, "result.layers[0].V.exact", "0");
    check_text(r, "result.layers[1].K.exact", "5/4");
    check_text(r, "result.layers[1].V.exact", "9/8"); /* 4 K q + 2 q^2, q = 1/4 */
    check_text(r, "network.residual.inner", "infinite");
    assert_null(ew_result_text(r, "result.layers[1].preactivation"));
    ew_result_free(r);
    r = run(ew_table, EW_OK,
            (const char *[]){"activation", "relu", "cw", "2", "residual", "beta=0,cv=1/4",
                             "depth", "1", NULL});
    check_text(r, "options.residual", "beta=0,cv=1/4");
    check_text(r, "result.layers[1].V.exact", "23/16"); /* and q^2 (6 - 1) */
    ew_result_free(r);
    assert_null(run(ew_cumulants, EW_UNABLE,
                    (const char *[]){"activation", "tanh", "residual", "beta=1/2",
                                     "asymptotics", "", NULL}));
    assert_null(run(ew_cumulants, EW_UNABLE,
                    (const char *[]){"activation", "relu", "cw", "2", "cb", "1", "residual",
                                     "beta=1/2", "asymptotics", "", NULL}));
    r = run(ew_cumulants, EW_OK,
            (const char *[]){"activation", "relu", "cw", "2", "residual", "beta=0",
                             "asymptotics", "", NULL});
    check_text(r, "result.class", "residual");
    check_text(r, "result.variable", "g = 2");
    check_text(r, "result.laws[1].law", "11/4*l"); /* (4 + 2 + 5)/(1 + 1)^2 */
    ew_result_free(r);
}

/* One block of infinite inner width, q = 1/4: H is q/n times a non-central chi-squared of n
 * degrees of freedom, lambda = n/q, so that the read-out's density at 0 is E (2 pi H)^(-1/2) =
 * (n/(4 pi q))^(1/2) Gamma((n-1)/2)/Gamma(n/2) 1F1(1/2; n/2; -lambda/2) (mpmath), and kappa_4 =
 * 3 Var H. */
static void read_out(void **state)
{
    (void) state;
    ew_result *r = run(ew_density, EW_OK,
                       (const char *[]){"activation", "relu", "cw", "2", "residual",
                                        "beta=0,cv=1/4,inner=infinite", "depth", "1", "width",
                                        "64", "order", "4", "points", "0", NULL});
    check_number(r, "result.cumulants.4", 3.0 * 9 / 8 / 64, 1e-14);
    check_number(r, "result.points[0].density[3]", 0.358344775752923746, 1e-9);
    ew_result_free(r);
    assert_null(run(ew_density, EW_UNABLE,
                    (const char *[]){"activation", "relu", "residual", "beta=1", "width", "9",
                                     "samples", "100", NULL}));
}

static void derived(void **state)
{
    (void) state;
    ew_result *r = run(ew_derive, EW_OK,
                       (const char *[]){"residual", "beta=1/2,inner=2n,cv=3", "quantity", "V",
                                        "activation", "relu", "cw", "2", NULL});
    check_text(r, "result.equations[0].rhs",
               "3/2*alpha^2*K[l]^2*(27*alpha^2 + 8) + (9*alpha^4 + 6*alpha^2 + 1)*V[l]");
    ew_result_free(r);
    r = run(ew_derive, EW_OK,
            (const char *[]){"residual", "beta=0,inner=infinite,cv=3", "quantity", "K",
                             "activation", "z^2", "cw", "2", "cb", "1", "k", "5", NULL});
    check_text(r, "result.equations[0].rhs", "1094"); /* 5 + 3*3*(1 + 2*5)^2 */
    ew_result_free(r);
    static const char *const never[][2] = {{"steps", ""}, {"notation", "susceptibilities"}};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(
            run(ew_derive, EW_UNABLE,
                (const char *[]){"residual", "beta=1/2", never[i][0], never[i][1], NULL}));
}

/* Layer 0 is the input; weights and biases have no rows. */
static void gradients(void **state)
{
    (void) state;
    ew_result *r = run(ew_gradients, EW_OK,
                       (const char *[]){"activation", "relu", "cw", "2", "residual", "beta=1/2",
                                        "width", "4", "depth", "1", NULL});
    check_text(r, "result.law",
               "3 (1 + 2.75000000000000/n + ...) after all blocks; 3 + 12/n + ... as L grows");
    /* q = 1: E H'^2/H^2 = 4 + (4 + 2 (1 + 5/4))/4 + 5/4, times 3/4 */
    check_text(r, "result.layers[1].input.exact_at_n.exact", "177/32");
    ew_result_free(r);
}

static void bad_input(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        ew_status status;
    } cases[] = {{"", EW_USAGE},
                 {"beta", EW_USAGE},
                 {"cv=1", EW_USAGE},
                 {"beta=", EW_USAGE},
                 {"beta=z", EW_USAGE},
                 {"beta=1,gamma=2", EW_USAGE},
                 {"beta=-1", EW_DOMAIN},
                 {"beta=1,cv=0", EW_DOMAIN},
                 {"beta=1,", EW_USAGE},
                 {"beta=1,beta=1", EW_USAGE},
                 {"beta=1/0", EW_DOMAIN},
                 {"beta=1,inner=0", EW_USAGE},
                 {"beta=1,inner=1,inner=1", EW_USAGE}};
    ew_context *ctx = ew_context_new();
    ew_network *net;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_status(ctx, ew_network_set(net, "residual", cases[i].text, ctx), cases[i].status);
    ew_network_free(net);
    ew_context_free(ctx);
}

/* Means that are exact at every width. */
static void validation(void **state)
{
    (void) state;
    ew_result *r =
        run(ew_validate, EW_OK,
            (const char *[]){"activation", "leaky_relu(1/2)", "cw", "3/2", "cb", "0",
                             "residual", "beta=1/2,inner=3", "width", "2", "depth", "4", "gram",
                             "1,1/3,2", "samples", "4000", "level", "0.02", NULL});
    check_number(r, "result.level", 0.02, 1e-15);
    assert_int_equal(ew_result_length(r, "result.checks"), 3 + 3 * 2);
    check_text(r, "result.verdict", "pass");
    check_number(r, "result.checks[3].predicted", pow(1 + 3.0 / 2 * 5 / 8 / 4, 2), 1e-12);
    ew_result_free(r);
    r = run(ew_validate, EW_OK,
            (const char *[]){"activation", "tanh", "residual", "beta=1/2", "width", "3",
                             "sampler", "network", "samples", "500", NULL});
    assert_int_equal(ew_result_length(r, "result.checks"), 1);
    ew_result_free(r);
    assert_null(run(ew_validate, EW_UNABLE,
                    (const char *[]){"activation", "tanh", "residual", "beta=1/2", "order", "2",
                                     "width", "8", NULL}));
}

static void resnet(void **state)
{
    (void) state;
    static const struct {
        ew_status status;
        const char *option[9];
    } cases[] = {
        {EW_DOMAIN, {"activation", "relu", "hurst", "3/2", NULL}},
        {EW_DOMAIN, {"activation", "relu", "hurst", "0", NULL}},
        {EW_USAGE, {"activation", "relu", "depth", "64", NULL}},
        {EW_USAGE, {"activation", "relu", "depth", "64,64", NULL}},
        {EW_USAGE, {"activation", "tanh", "form", "inner,two", NULL}},
        {EW_USAGE, {"activation", "tanh", "form", "inner", "hurst", "1/2", NULL}},
        {EW_DOMAIN, {"activation", "cos", "form", "inner", NULL}},
        {EW_DOMAIN, {"activation", "tanh", "form", "inner", NULL}},
        {EW_DOMAIN, {"activation", "tanh", "gram", "0", NULL}},
        {EW_USAGE, {"activation", "tanh", "cw", "1,2", NULL}},
        {EW_USAGE, {"activation", "tanh", "residual", "beta=1", "plot", "x.svg", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_null(run(ew_resnet, cases[i].status, cases[i].option));
    ew_result *r =
        run(ew_resnet, EW_OK,
            (const char *[]){"activation", "z", "form", "single", "hurst", "1/2", "residual",
                             "beta=1/2,cv=2", "depth", "7,3", "samples", "9", NULL});
    assert_int_equal(ew_result_length(r, "result.depths"), 2);
    check_number(r, "result.depths[1].depth", 7, 0);
    check_text(r, "network.residual.cv", "2");
    ew_result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_moments_are_exact),
        cmocka_unit_test(kernels_of_two_inputs),
        cmocka_unit_test(opposite_inputs),
        cmocka_unit_test(rates_by_convention),
        cmocka_unit_test(cumulants_are_validated),
        cmocka_unit_test(cumulants_by_command),
        cmocka_unit_test(read_out),
        cmocka_unit_test(derived),
        cmocka_unit_test(gradients),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(validation),
        cmocka_unit_test(resnet),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_thread_cleanup();
    return failed;
}

/* What `sde` puts in its result: formulas, numbers, verdicts, laws. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ew_result *run(const char *const *option)
{
    ew_context *ctx = ew_context_new();
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_ok(ctx, ew_sde_run(&res, net, ctx));
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

static double number(const ew_result *res, const char *path)
{
    ew_context *ctx = ew_context_new();
    double x;
    check_ok(ctx, ew_result_double(&x, NULL, NULL, res, path));
    ew_context_free(ctx);
    return x;
}

static void check_number(const ew_result *res, const char *path, double want, double accuracy)
{
    double x = number(res, path);
    if (!(fabs(x - want) <= accuracy * fmax(fabs(want), 1e-300)))
        fail_msg("%s: %.17g, expected %.17g", path, x, want);
}

/* theory.md section 6: tanh, a = 2: beta = (3/4 phi2^2 + phi3)/a^2 = -1/2; b and S published.
 */
static void shaped(void **state)
{
    (void) state;
    ew_result *r =
        run((const char *[]){"activation", "tanh", "a", "2", "input-count", "2", NULL});
    check_text(r, "network.shaping", "smooth");
    check_text(r, "network.a", "2");
    check_number(r, "network.input_count", 2, 0);
    check_text(r, "result.verdict", "vanishes");
    check_text(r, "result.condition", "-1 < beta <= 0");
    check_text(r, "result.clock", "t = l/n");
    check_text(r, "result.coefficients.beta.exact", "-1/2");
    check_text(r, "result.coefficients.phi3.exact", "-2");
    check_text(r, "result.drift[1].lhs", "b[V12]");
    check_text(r, "result.drift[1].rhs", "-V11*V12/4 - V12*V22/4 + V12/2");
    check_text(r, "result.diffusion[1].lhs", "S[V11,V12]");
    check_text(r, "result.diffusion[1].rhs", "2*V11*V12");
    check_text(r, "result.diffusion[3].rhs", "V11*V22 + V12^2");
    assert_non_null(ew_result_text(r, "result.drift[1].latex"));
    assert_non_null(ew_result_text(r, "result.drift[1].general"));
    assert_null(ew_result_text(r, "result.coefficients.mu.exact"));
    ew_result_free(r);
    r = run((const char *[]){"activation", "softplus", "a", "1/2", NULL});
    check_text(r, "result.verdict", "explodes");
    check_text(r, "result.coefficients.beta.exact", "3/4");
    /* gamma(7/4, 3/4)/Gamma(7/4), by its power series */
    check_number(r, "result.explosion_probability", 0.23737350864933066, 1e-13);
    ew_result_free(r);
}

/* The angles of three inputs; constants that only the derivation needs are not shown. */
static void unshaped(void **state)
{
    (void) state;
    ew_result *r = run(
        (const char *[]){"activation", "relu", "shaping", "none", "input-count", "3", NULL});
    check_text(r, "result.coefficients.q0.exact", "9/2*pi^2");
    check_text(r, "result.coefficients.M.exact", "2");
    assert_null(ew_result_text(r, "result.coefficients.eta.exact"));
    check_text(r, "result.drift[0].rhs", "0");
    check_text(r, "result.diffusion[0].rhs", "5*V11^2");
    check_text(r, "result.angle_drift[1].lhs", "b[q13]");
    check_text(r, "result.angle_drift[1].rhs", "-c*q13*sqrt(q13)/t + 2*q13/t + 2*q13");
    check_text(r, "result.angle_diffusion[0].rhs", "8*q12^2");
    ew_result_free(r);
}

/* E tanh(u)^2 = 0.394294490397841, and with rho = 1/2 E tanh(u) tanh(v) = 0.186324413203444
 * (trapezoidal sums in double precision, in another language). */
static void residual(void **state)
{
    (void) state;
    ew_result *r = run((const char *[]){"activation", "tanh", "residual", "beta=1/2,cv=2",
                                        "width", "3", "gram", "1,1/2,1", NULL});
    check_text(r, "result.verdict", "grows");
    check_text(r, "result.clock", "t = l/L");
    check_text(r, "network.residual_cv", "2");
    check_number(r, "result.drift_at_gram.V11", 2 * 0.394294490397841, 1e-14);
    check_number(r, "result.drift_at_gram.V12", 2 * 0.186324413203444, 1e-13);
    check_text(r, "result.drift[1].rhs", "2*E[s(z1) s(z2)]");
    check_text(r, "result.diffusion[0].rhs", "8*V11*E[s(z1)^2]/3");
    ew_result_free(r);
    r = run((const char *[]){"activation", "relu", "residual", "beta=1/2", "width", "2",
                             "direction-count", "1", NULL});
    check_text(r, "result.verdict", "null-recurrent");
    check_text(r, "result.gradient",
               "|J v|^2/d has the equation and the fate of V11, and so has |J^T p|^2/d");
    check_text(r, "result.drift[2].rhs", "V1u_1u/2");
    ew_result_free(r);
    r = run((const char *[]){"activation", "max(z,0)+1", "residual", "beta=1/2", "width", "1",
                             NULL});
    check_text(r, "result.verdict", "stationary");
    check_text(r, "result.stationary.law", "density proportional to V^(d/2-1)/Q(V)");
    ew_result_free(r);
}

/* Paths with derivatives: ReLU blocks, where E |J v|^2 grows like E V: by e^(r t), r = 1/2. */
static void fields(void **state)
{
    (void) state;
    ew_result *r = run((const char *[]){"activation",  "relu",  "residual",
                                        "beta=1/2",    "width", "4",
                                        "input-count", "1",     "direction-count",
                                        "1",           "gram",  "1,1/2,3",
                                        "simulate",    "",      "time",
                                        "1/2",         "paths", "4000",
                                        "path-steps",  "40",    NULL});
    check_text(r, "result.laws[1].quantity", "V1u_1u");
    check_number(r, "result.laws[0].expectation.mean", exp(0.25), 0.05);
    check_number(r, "result.laws[1].expectation.mean", 3 * exp(0.25), 0.05);
    check_number(r, "result.closed_forms[0].exact", exp(0.25), 1e-12);
    ew_result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shaped), cmocka_unit_test(unshaped),
                                       cmocka_unit_test(residual), cmocka_unit_test(fields)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

/* Cumulants of preactivations of networks with orthogonal weights: moments of the sphere,
 * Weingarten's integrals, and exact laws at every width, as series in 1/n. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

typedef struct {
    const char *of, *c[4]; /* the coefficients of n^0 .. n^-3 */
} series;

static void check_series(const char *const *options, slong layer, const series *x, slong order)
{
    solved s;
    open_network(&s, options);
    check_ok(s.ctx, try_solve(&s, order, 0));
    for (; x->of; x++)
        for (slong j = 0; j <= order; j++) {
            const ew_certified *c = statistic(&s, x->of, j, layer);
            if (!c->exact || strcmp(c->exact, x->c[j]) != 0)
                fail_msg("%s n^-%ld: %s, not %s", x->of, (long) j, c->exact ? c->exact : c->mid,
                         x->c[j]);
        }
    close_network(&s);
}

#define NETWORK                                                                                \
    "activation", "z^2", "cw", "1/2", "depth", "2", "exact", "", "ensemble", "orthogonal"

/* E z_1^2k of a coordinate of the sphere of radius sqrt(n): 1, 3n/(n+2), 15n^2/((n+2)(n+4)),
 * ... */
static void sphere(void **state)
{
    (void) state;
    static const char *const options[] = {NETWORK, "cb", "0", NULL};
    static const series x[] = {{"1a1a1a1a", {"0", "-6", "12", "-24"}},
                               {"1a1a2a2a", {"0", "-2", "4", "-8"}},
                               {"1a1a1a1a1a1a", {"0", "0", "240", "-1440"}},
                               {"1a1a1a1a1a1a1a1a", {"0", "0", "0", "-25200"}},
                               {NULL, {NULL}}};
    check_series(options, 1, x, 3);
}

/* Two orthonormal inputs: entries of a Haar matrix; E W_11 W_12 W_21 W_22 = -1/((n-1)n(n+2)), E
 * W_11^2 W_22^2 = (n+1)/((n-1)n(n+2)), E W_11^4 W_22^2 = 3(n+3)/((n-1)n(n+2)(n+4)). */
static void weingarten(void **state)
{
    (void) state;
    static const char *const options[] = {NETWORK, "cb", "0", "gram", "1/2,0,1/2", NULL};
    static const series x[] = {{"1a1a1b1b", {"0", "-1/2", "1", "-2"}},
                               {"1a1a2b2b", {"0", "0", "1/2", "-1/2"}},
                               {"1a1b2a2b", {"0", "-1/4", "1/4", "-3/4"}},
                               {"1a1a1a1a2b2b", {"0", "0", "0", "-6"}},
                               {NULL, {NULL}}};
    check_series(options, 1, x, getenv("EW_SANITIZED") ? 2 : 3); /* the costliest of all */
}

/* Ghat of layer 2 is C_b + (n/2) sum u_i^4, whose moments are those of the sphere; its rows are
 * those of a frame of Q = Ghat - C_b and biases. */
static const char *const biased[] = {NETWORK, "cb", "0,1/3", NULL};

static void layer_2(void **state)
{
    (void) state;
    static const series x[] = {{"1a1a1a1a", {"0", "9/2", "-225", "2844"}},
                               {"1a1a2a2a", {"0", "3/2", "-75", "948"}},
                               {"1a1a1a1a1a1a", {"0", "0", "2430", "-111780"}},
                               {NULL, {NULL}}};
    check_series(biased, 2, x, 3);
}

/* A layer that widens has a frame of the wider one; one that narrows has that of the layer
 * below. */
static void rectangular(void **state)
{
    (void) state;
    static const char *const wide[] = {NETWORK, "cb", "0,1/3", "width", "50,100", NULL};
    static const char *const narrow[] = {NETWORK, "cb", "0,1/3", "width", "100,50", NULL};
    static const series x[] = {{"1a1a1a1a", {"0", "45/4", "-1017/4", "10917/4"}},
                               {"1a1a2a2a", {"0", "15/4", "-339/4", "3639/4"}},
                               {"1a1a1a1a1a1a", {"0", "0", "5265/2", "-230445/2"}},
                               {NULL, {NULL}}};
    static const series y[] = {{"1a1a1a1a", {"0", "9/2", "-225", "2844"}}, {NULL, {NULL}}};
    check_series(wide, 2, x, 3);
    check_series(narrow, 2, y, 3);
}

/* Inputs of more coordinates than the first layer has neurons: the frame is that of n_0 = 2n.
 */
static void coordinates(void **state)
{
    (void) state;
    static const char *const options[] = {NETWORK, "cb", "0", "width", "8", NULL};
    solved s;
    open_network(&s, options);
    s.setup->net.coordinates = 16;
    check_ok(s.ctx, try_solve(&s, 2, 0));
    assert_string_equal(statistic(&s, "1a1a1a1a", 1, 1)->exact, "-3");
    assert_string_equal(statistic(&s, "1a1a1a1a", 2, 1)->exact, "3");
    close_network(&s);
}

/* kappa_4(z^4) = 3 (V - 2 K^2)/n (theory.md section 7), in balls, and with inputs that are
 * multiples of one: z at -x is -z, at 2x of a homogeneous network 2z. */
static void relations(void **state)
{
    (void) state;
    static const char *const tanh[] = {"activation", "tanh",       "gram", "1,-1,1", "depth",
                                       "3",          "cw",         "1",    "cb",     "0",
                                       "ensemble",   "orthogonal", NULL};
    static const char *const relu[] = {"activation", "relu",       "gram", "1,2,4", "depth",
                                       "3",          "cw",         "2",    "cb",    "0",
                                       "ensemble",   "orthogonal", NULL};
    solved s;
    open_network(&s, tanh);
    check_ok(s.ctx, try_solve(&s, 1, 0));
    double k = strtod(coefficient(&s, "a.a", 0, 3)->mid, NULL);
    double v = strtod(coefficient(&s, "a.a,a.a", 1, 3)->mid, NULL);
    double four = strtod(statistic(&s, "1a1a1a1a", 1, 3)->mid, NULL);
    assert_true(fabs(four - 3 * (v - 2 * k * k)) < 1e-13);
    assert_true(fabs(strtod(statistic(&s, "1a1a1a1b", 1, 3)->mid, NULL) + four) < 1e-13);
    assert_true(fabs(strtod(statistic(&s, "1a1b2a2b", 1, 3)->mid, NULL) - four / 3) < 1e-13);
    close_network(&s);
    open_network(&s, relu);
    check_ok(s.ctx, try_solve(&s, 1, 0));
    assert_string_equal(statistic(&s, "1a1a1a1a", 1, 3)->exact, "12");
    assert_string_equal(statistic(&s, "1a1b1b1b", 1, 3)->exact, "96");
    close_network(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sphere),      cmocka_unit_test(weingarten),
        cmocka_unit_test(layer_2),     cmocka_unit_test(rectangular),
        cmocka_unit_test(coordinates), cmocka_unit_test(relations),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

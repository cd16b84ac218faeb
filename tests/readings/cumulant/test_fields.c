/* Input derivatives, the NTK's descendants, and the cumulants of preactivations. */
#include "network.h"

#include <stdlib.h>

/* ---- directions ---------------------------------------------------------------------------
 */

/* Ghat_uu is a product of means of 4 theta, so E[Ghat_uu^2] = 4 (1 + 5/n)^L (theory.md section
 * 10: three times that is E g^4); radial: the field is z itself. */
static void relu_directions(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "directions",
                                      "perp,radial", "depth", "4", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_exact(&s,
                (expected[]){{"au.au", 0, "2"},
                             {"a.au", 0, "0"},
                             {"a.av", 0, "1"},
                             {"av.av", 0, "1"},
                             {"au.au,au.au", 1, "60"},
                             {"au.au,au.au", 2, "300"},
                             {"a.av,a.av", 1, "15"},
                             {"a.av,a.av", 2, "75"},
                             {NULL, 0, NULL}},
                4);
    close_network(&s);
}

/* theory.md section 10's D_g and A_g (mpmath). */
static void tanh_direction(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "directions",
                                      "perp", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_decimals(&s,
                   (expected[]){{"au.au", 0, "0.2956131423505316"},
                                {"a.a,au.au", 1, "-0.066833015617565582"},
                                {"au.au,au.au", 1, "0.59775968459943982"},
                                {NULL, 0, NULL}},
                   3, 14);
    close_network(&s);
}

/* The first layer of every field with a tangent and two directions. */
static void first_layer_of_all_fields(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z^2", "cw", "2", "cb", "1/3", "lambda-w",
                                      "3", "lambda-b", "1/7", "directions", "radial,perp",
                                      "depth", "2", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 1));
    /* x.x/n_0 = (1 - 1/3)/2 = 1/3 = x.v = v.v, w.w = 1, v.w = 0 */
    check_exact(&s,
                (expected[]){{"a.a", 0, "1"},
                             {"a.au", 0, "2/3"},
                             {"a.av", 0, "0"},
                             {"au.au", 0, "2/3"},
                             {"av.av", 0, "2"},
                             {"a1.a1", 0, "8/7"},
                             {"a1.a1u", 0, "1"},
                             {"a1u.a1u", 0, "1"},
                             {"a1v.a1v", 0, "3"},
                             {"a1u.a1v", 0, "0"},
                             {NULL, 0, NULL}},
                1);
    close_network(&s);
}

/* ---- the NTK's descendants, second order --------------------------------------------------
 */

/* theory.md section 5's formulas in mpmath, 30 digits. */
static void descendants_of_the_ntk(void **state)
{
    (void) state;
    static const char *const value[][2] = {
        {"P", "-0.16201833374726637"},   {"Q", "-0.019779108580644087"},
        {"R", "-0.989379429967460711"},  {"S", "0.867317948799051165"},
        {"T", "0.0178308867452606536"},  {"U", "0.162202268871847261"},
        {"A", "0.00615028320738029138"}, {"H1", "-0.0518944734893259009"}};
    solved s;
    open_network(
        &s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 3));
    for (size_t i = 0; i < sizeof value / sizeof *value; i++)
        check_near(ew_cumulant_named(s.t, value[i][0], 3), value[i][1], 15, value[i][0]);
    close_network(&s);
}

/* theory.md section 5: checked there by sampling at n = 8 and 16. */
static void tanh_second_order(void **state)
{
    (void) state;
    solved s;
    open_network(
        &s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 1));
    check_decimals(&s,
                   (expected[]){{"a.a", 1, "-.0309325199"},
                                {"a.a", 2, "-.0068231491"},
                                {"a.a,a.a", 1, ".0678074938"},
                                {"a.a,a.a", 2, "-.0037444231"},
                                {"a.a,a.a,a.a", 2, ".0229934025"},
                                {"a1.a1", 1, "-.0518944735"},
                                {"a1.a1", 2, "-.0198425153"},
                                {"a.a,a1.a1", 1, "-.0096815854"},
                                {"a.a,a1.a1", 2, ".0227520599"},
                                {"a.a1,a.a1", 1, ".0802460694"},
                                {"a.a1,a.a1", 2, "-.0080894361"},
                                {NULL, 0, NULL}},
                   3, 9);
    close_network(&s);
}

/* ---- preactivations -----------------------------------------------------------------------
 */

/* Numbers of pairings of 4, 6, 8: 3, 15, 105; and of those within neurons. */
static void preactivations_of_one_input(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "depth", "3",
                                      "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 3, 0));
    /* kappa_2 = 10/n + ..., kappa_3 = 276/n^2 ..., of E x = 1, Var = 5, kappa_3 = 46 */
    assert_string_equal(statistic(&s, "1a1a1a1a", 1, 3)->exact, "30");
    assert_string_equal(statistic(&s, "1a1a2a2a", 1, 3)->exact, "10");
    char *k3 = coefficient(&s, "a.a,a.a,a.a", 2, 3)->exact;
    char *k4 = coefficient(&s, "a.a,a.a,a.a,a.a", 3, 3)->exact;
    const char *six = statistic(&s, "1a1a1a1a1a1a", 2, 3)->exact;
    assert_int_equal(atol(six), 15 * atol(k3));
    assert_int_equal(atol(statistic(&s, "1a1a1a1a1a1a1a1a", 3, 3)->exact), 105 * atol(k4));
    assert_int_equal(atol(statistic(&s, "1a1a1a1a1a1a2a2a", 3, 3)->exact), 15 * atol(k4));
    assert_int_equal(atol(statistic(&s, "1a1a1a1a2a2a2a2a", 3, 3)->exact), 9 * atol(k4));
    assert_int_equal(atol(statistic(&s, "1a1a2a2a3a3a4a4a", 3, 3)->exact), atol(k4));
    assert_int_equal(s.t->statistics, 2 + 3 + 5);
    close_network(&s);
}

/* kappa(z_a, z_a, z_b, z_b) of one neuron is V_aabb + 2 V_abab. */
static void preactivations_of_two_inputs(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z^2", "cw", "1", "cb", "1/3", "gram",
                                      "1,1/2,3/4", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    fmpq_t x, y;
    fmpq_init(x);
    fmpq_init(y);
    fmpq_set_str(x, "8279045/1728", 10);
    fmpq_mul_si(x, x, 2);
    fmpq_set_str(y, "4323631/864", 10);
    fmpq_add(x, x, y);
    fmpq_set_str(y, statistic(&s, "1a1a1b1b", 1, 3)->exact, 10);
    assert_true(fmpq_equal(x, y));
    assert_string_equal(statistic(&s, "1a1a2b2b", 1, 3)->exact, "4323631/864");
    assert_string_equal(statistic(&s, "1a1b2a2b", 1, 3)->exact, "8279045/1728");
    assert_int_equal(s.t->statistics, 5 + 6);
    fmpq_clear(x);
    fmpq_clear(y);
    close_network(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_directions),
        cmocka_unit_test(tanh_direction),
        cmocka_unit_test(first_layer_of_all_fields),
        cmocka_unit_test(descendants_of_the_ntk),
        cmocka_unit_test(tanh_second_order),
        cmocka_unit_test(preactivations_of_one_input),
        cmocka_unit_test(preactivations_of_two_inputs),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

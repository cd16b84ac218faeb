/* Several inputs: exact finite networks, related and nearly equal inputs, kinks, widths. */
#include "network.h"

#include "readings/cumulant/solve/relations.h"

#include <string.h>

/* ---- exact finite networks ----------------------------------------------------------------
 */

/* Brute force: moments of means of n independent copies over set partitions, Gaussian moments
 * by Isserlis, two layers deep, as polynomials in 1/n over Q; then the cumulants (a Python
 * program of forty lines that knows nothing of expansions). */
static void brute_force_squares(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z^2", "cw", "1", "cb", "1/3", "gram",
                                      "1,1/2,3/4", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_exact(&s,
                (expected[]){{"a.a", 1, "288"},
                             {"a.b", 0, "145/12"},
                             {"a.b", 1, "52"},
                             {"a.b", 2, "0"},
                             {"a.b,a.b", 1, "8279045/1728"},
                             {"a.b,a.b", 2, "4394029/36"},
                             {"a.a,a.b", 2, "1009922/3"},
                             {"a.a,b.b", 2, "524409/4"},
                             {"a.a,a.b,b.b", 2, "21586305985/2592"},
                             {"a.b,a.b,a.b", 2, "21740276179/3456"},
                             {NULL, 0, NULL}},
                3);
    close_network(&s);
}

static void brute_force_cubic(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z+z^3/6", "cw", "1", "cb", "0", "gram",
                                      "1,1/2,3/4", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_exact(&s,
                (expected[]){{"a.a", 2, "167570/81"},
                             {"a.b", 0, "45082663/10616832"},
                             {"a.b", 1, "54778423/1769472"},
                             {"a.b", 2, "88615115/663552"},
                             {"a.b,a.b", 1, "5500601542485997/7044820107264"},
                             {"a.b,a.b", 2, "650339054596537409/18786186952704"},
                             {"a.a,b.b", 2, "101116077077527163/2348273369088"},
                             {NULL, 0, NULL}},
                3);
    close_network(&s);
}

/* The same with widths n and n/3; and the sums at n = 30. */
static void brute_force_widths(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z^2", "cw", "1", "cb", "1/3", "gram",
                                      "1,1/2,3/4", "depth", "3", "exact", "", "width",
                                      "30,10,7", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_exact(&s,
                (expected[]){{"a.a", 1, "288"},
                             {"a.b,a.b", 1, "4645525/576"},
                             {"a.b,a.b", 2, "2684675/12"},
                             {"a.a,b.b", 2, "884457/4"},
                             {NULL, 0, NULL}},
                3);
    slong at = 2 * s.t->terms + term_of(s.t, "a.b,a.b");
    /* 4645525/576/30 + 2684675/12/900 */
    assert_string_equal(s.t->value[at].exact, "198689/384");
    assert_string_equal(s.t->last[at].exact, "107387/432");
    close_network(&s);
}

/* Products of Wishart matrices, and a quadratic activation, at three and four inputs. */
static void brute_force_many_inputs(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "z", "cw", "2", "cb", "0", "gram",
                                      "1,1/2,1/3,1,1/5,2", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_exact(&s,
                (expected[]){{"a.b,a.c", 1, "176/15"},
                             {"a.b,a.c", 2, "56/5"},
                             {"a.b,b.c", 2, "152/15"},
                             {"a.a,b.c", 1, "32/3"},
                             {"a.b,a.c,b.c", 2, "40096/45"},
                             {NULL, 0, NULL}},
                3);
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "z", "cw", "2", "cb", "0", "gram",
                                      "1,1/2,1/3,1/4,1,1/5,0,2,1/7,1", "depth", "3", "exact",
                                      "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_exact(
        &s, (expected[]){{"a.b,c.d", 1, "8/5"}, {"a.c,b.d", 1, "136/35"}, {NULL, 0, NULL}}, 3);
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "z^2/2+z", "cw", "1", "cb", "1/4", "gram",
                                      "1,1/2,1/3,1,1/5,2", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_exact(&s,
                (expected[]){{"a.b", 0, "385/128"},
                             {"a.b", 1, "15/2"},
                             {"a.b,a.c", 1, "42072125771/207360000"},
                             {"a.a,b.c", 1, "772042547/4147200"},
                             {NULL, 0, NULL}},
                3);
    close_network(&s);
}

/* sin at three inputs: covariances of products of sines, which are Fourier transforms of the
 * Gaussian (mpmath); what three inputs say of two of them is what those two say; an input given
 * twice. */
static void three_smooth_inputs(void **state)
{
    (void) state;
    solved s, t;
    open_network(&s, (const char *[]){"activation", "sin", "cw", "1", "cb", "0", "gram",
                                      "1,1/2,1/3,1,1/4,1", "depth", "3", "digits", "12", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_decimals(&s,
                   (expected[]){{"a.b,a.c", 1, "0.032218703583643802"},
                                {"a.a,b.c", 1, "0.015986954328345528"},
                                {"a.c,b.c", 1, "0.076732143730306940"},
                                {NULL, 0, NULL}},
                   2, 12);
    open_network(&t, (const char *[]){"activation", "sin", "cw", "1", "cb", "0", "gram",
                                      "1,1/3,1", "depth", "3", "digits", "12", NULL});
    check_ok(t.ctx, try_solve(&t, 1, 0));
    assert_string_equal(coefficient(&s, "a.c", 1, 3)->mid, coefficient(&t, "a.b", 1, 3)->mid);
    assert_string_equal(coefficient(&s, "a.c,c.c", 1, 3)->mid,
                        coefficient(&t, "a.b,b.b", 1, 3)->mid);
    close_network(&t);
    open_network(&t, (const char *[]){"activation", "sin", "cw", "1", "cb", "0", "gram",
                                      "1,1/2,1/3,1,1,1/4,1/2,1,1/3,1", "depth", "3", "digits",
                                      "12", NULL});
    check_ok(t.ctx, try_solve(&t, 1, 0));
    assert_string_equal(coefficient(&s, "a.b,a.c", 1, 3)->mid,
                        coefficient(&t, "a.b,c.d", 1, 3)->mid);
    close_network(&t);
    close_network(&s);
}

/* An irrational parameter takes three inputs through balls. */
static void many_inputs_in_balls(void **state)
{
    (void) state;
    const char *exact[] = {"activation", "z^2/2+z",           "cw",    "1", "cb", "1/4",
                           "gram",       "1,1/2,1/3,1,1/5,2", "depth", "3", NULL};
    const char *balls[] = {
        "activation", "z^2/2+z", "cw",   "sqrt(2)^2/2+0*pi",
        "cb",         "1/4",     "gram", "1,1/2,1/3,1,1/5,2*sin(1)^2+2*cos(1)^2",
        "depth",      "3",       NULL};
    solved s, t;
    open_network(&s, exact);
    open_network(&t, balls);
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_ok(t.ctx, try_solve(&t, 1, 0));
    for (slong i = 0; i < 3 * s.t->terms * 2; i++)
        assert_string_equal(s.t->c[i].mid, t.t->c[i].mid);
    assert_null(coefficient(&t, "c.c", 0, 3)->exact);
    close_network(&s);
    close_network(&t);
}

/* ---- two inputs, any activation -----------------------------------------------------------
 */

/* First order by finite differences of the kernel map: G1 = sum d^2 kappa/dK dK V / 2 and
 * V' = cov + d kappa d kappa V (mpmath; ReLU from angular integrals, Richardson to order 12).
 */
static void relu_off_diagonal(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "gram",
                                      "1,1/2,3/4", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_decimals(&s,
                   (expected[]){{"a.b", 0, "0.62509505271495"},
                                {"a.b", 1, "-0.062194893038377"},
                                {"a.a,a.a", 1, "10"},
                                {"a.a,a.b", 1, "5.5121427870442"},
                                {"a.a,b.b", 1, "3.6799445015031"},
                                {"a.b,a.b", 1, "4.4150752761486"},
                                {"a.b,b.b", 1, "4.1341070902831"},
                                {NULL, 0, NULL}},
                   3, 12);
    close_network(&s);
}

static void tanh_off_diagonal(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "tanh", "cw", "3/2", "cb", "0", "gram",
                                      "1,1/2,3/4", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_decimals(&s,
                   (expected[]){{"a.b", 0, "0.23278411875444"},
                                {"a.b", 1, "-0.037990970053"},
                                {"a.a", 1, "-0.062166968043"},
                                {"a.a,a.b", 1, "0.130438064297"},
                                {"a.a,b.b", 1, "0.0511527566606"},
                                {"a.b,a.b", 1, "0.3004411191096"},
                                {"a.b,b.b", 1, "0.1303643173762"},
                                {NULL, 0, NULL}},
                   3, 10);
    close_network(&s);
}

/* ---- related inputs -----------------------------------------------------------------------
 */

/* Every term of s is `sign`^(number of b's) times the one with a for b. */
static void check_copies(const solved *s, slong layer, int sign)
{
    for (slong k = 0; k < s->t->terms; k++) {
        char mine[200] = "", other[200] = "";
        int negative = 0;
        for (slong i = 0; i < s->t->of_n[k]; i++) {
            strcat(strcat(mine, i ? "," : ""), s->t->of[k][i]);
            strcat(strcat(other, i ? "," : ""), s->t->of[k][i]);
        }
        for (char *c = other; *c; c++)
            if (*c == 'b') {
                *c = 'a';
                negative ^= sign < 0;
            }
        for (slong j = 0; j <= s->t->order; j++) {
            const char *x = coefficient(s, mine, j, layer)->mid;
            const char *y = coefficient(s, other, j, layer)->mid;
            if (negative && *x == '-')
                x++;
            else if (negative && *y == '-')
                y++;
            assert_string_equal(x, y);
        }
    }
}

static void equal_inputs(void **state)
{
    (void) state;
    const char *activations[] = {"tanh", "relu", "z^2+z", "hardtanh"};
    for (size_t i = 0; i < 4; i++) {
        solved s;
        open_network(&s, (const char *[]){"activation", activations[i], "cw", "1", "cb", "1/10",
                                          "gram", "1,1,1", "depth", "3", NULL});
        check_ok(s.ctx, try_solve(&s, 2, 0));
        check_copies(&s, 3, 1);
        close_network(&s);
    }
}

static void opposite_inputs(void **state)
{
    (void) state;
    solved s;
    const char *odd[] = {"activation", "tanh",   "cw",    "1", "cb", "0",
                         "gram",       "1,-1,1", "depth", "3", NULL};
    open_network(&s, odd);
    check_ok(s.ctx, try_solve(&s, 2, 0));
    check_copies(&s, 2, -1);
    check_copies(&s, 3, -1);
    close_network(&s);
    const char *even[] = {"activation", "gauss",  "cw",    "1", "cb", "0",
                          "gram",       "1,-1,1", "depth", "3", NULL};
    open_network(&s, even);
    check_ok(s.ctx, try_solve(&s, 1, 0));
    assert_string_equal(coefficient(&s, "a.b", 0, 1)->exact, "-1");
    check_copies(&s, 2, 1);
    check_copies(&s, 3, 1);
    close_network(&s);
}

static int proved_zero(const solved *s, const char *of, slong layer)
{
    const ew_certified *c = coefficient(s, of, 1, layer);
    assert_non_null(c);
    return strcmp(c->mid, "0") == 0 && strcmp(c->rad, "0") == 0;
}

/* Homogeneous: b = a/2.  ReLU's V is 5(l-1) K^2. */
static void multiples_and_zero(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "gram",
                                      "1,1/2,0,1/4,0,0", "depth", "3", "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    check_exact(&s,
                (expected[]){{"a.b", 0, "1/2"},
                             {"b.b,b.b", 1, "5/8"},
                             {"a.b,b.b", 1, "5/4"},
                             {"a.c", 0, "0"},
                             {"a.c,c.c", 1, "0"},
                             {NULL, 0, NULL}},
                3);
    close_network(&s);
}

/* Nothing fluctuates in layer 1, where a and b are independent: what belongs to a is
 * independent of what belongs to b in layer 2, though not for tangents that share a bias. */
static void orthogonal_inputs(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "elu", "cw", "1", "cb", "0", "gram",
                                      "1,0,1", "depth", "2", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 0));
    assert_true(proved_zero(&s, "a.a,b.b", 2));
    assert_false(proved_zero(&s, "a.a,a.b", 2));
    assert_false(proved_zero(&s, "a.b,a.b", 2));
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "lambda-b",
                                      "1", "gram", "1,0,1", "depth", "2", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 1));
    assert_false(proved_zero(&s, "a1.a1,b2.b2", 2));
    assert_false(proved_zero(&s, "a1.b1,a2.b2", 2));
    close_network(&s);
}

/* elu(0) = 0, though it has a kink there. */
static void zero_input_at_a_kink(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "elu(1/2)", "cw", "1", "cb", "0", "gram",
                                      "0,0,1", "depth", "3", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 1));
    assert_true(proved_zero(&s, "a.a,b.b", 3));
    assert_true(proved_zero(&s, "a.b,a.b", 3));
    assert_false(proved_zero(&s, "b.b,b.b", 3));
    close_network(&s);
}

/* Rational inner products of inputs from a file are found equal whatever C_W is. */
static void relations_are_proved(void **state)
{
    (void) state;
    solved s;
    ew_relations *r;
    fmpq_t f;
    fmpq_init(f);
    open_network(&s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "gram",
                                      "1,-1/2,1/2,1/4,-1/4,1", "depth", "3", NULL});
    check_ok(s.ctx, ew_relations_new(&r, &s.setup->net, 0, s.ctx));
    assert_int_equal(r->distinct, 3); /* tanh is not homogeneous: x_b = -x_a/2 is of no use */
    ew_relations_free(r);
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "lambda-b",
                                      "1", "gram", "1,-1,1", "depth", "3", NULL});
    check_ok(s.ctx, ew_relations_new(&r, &s.setup->net, 0, s.ctx));
    assert_int_equal(r->distinct, 1);
    fmpq_set_si(f, 3, 1);
    ew_relations_factor(f, r, 1, 2, 0);
    fmpq_mul_si(f, f, -1);
    assert_true(fmpz_equal_si(fmpq_numref(f), 3)); /* (-1)^(1-2) */
    ew_relations_free(r);
    /* the bias' tangent does not change sign */
    check_ok(s.ctx, ew_relations_new(&r, &s.setup->net, 1, s.ctx));
    assert_int_equal(r->distinct, 2);
    ew_relations_free(r);
    close_network(&s);
    fmpq_clear(f);
}

/* The tensors tend to those of equal inputs.  Forty digits: terms of size (1 - rho)^(-1/2)
 * cancel.  ReLU: G1 of K_ab is -.1216 (1 - rho)^2, the terms in (1 - rho)^(3/2) cancel. */
static void nearly_equal_inputs(void **state)
{
    (void) state;
    static const char *const gram[] = {
        "1,999999999999/1000000000000,1",
        "1,999999999999999999999999999999/1000000000000000000000000000000,1"};
    for (size_t i = 0; i < 2; i++) {
        solved s;
        open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "gram",
                                          gram[i], "depth", "3", "digits", "40", NULL});
        check_ok(s.ctx, try_solve(&s, 1, 0));
        check_decimals(&s,
                       (expected[]){{"a.b", 0, "1"},
                                    {"a.b", 1, "0"},
                                    {"a.b,a.b", 1, "10"},
                                    {"a.a,b.b", 1, "10"},
                                    {NULL, 0, NULL}},
                       3, 10);
        close_network(&s);
        open_network(&s, (const char *[]){"activation", "tanh", "cw", "1", "cb", "0", "gram",
                                          gram[i], "depth", "3", NULL});
        check_ok(s.ctx, try_solve(&s, 1, 0));
        check_decimals(&s,
                       (expected[]){{"a.b", 1, "-0.0309325199"},
                                    {"a.b,a.b", 1, "0.0678074939"},
                                    {"a.a,b.b", 1, "0.0678074939"},
                                    {NULL, 0, NULL}},
                       3, 9);
        close_network(&s);
    }
}

/* A singular first layer, not so the second: as close as one likes to the regular ones. */
static void singular_first_layer(void **state)
{
    (void) state;
    static const char *const activations[] = {"tanh+z^2/5", "relu", "leaky_relu(1/10)"};
    for (size_t i = 0; i < 3; i++) {
        solved s, t;
        open_network(&s, (const char *[]){"activation", activations[i], "cw", "1", "cb", "0",
                                          "gram", "1,-1,1", "depth", "3", NULL});
        open_network(&t, (const char *[]){"activation", activations[i], "cw", "1", "cb", "0",
                                          "gram", "1,-1+1/10^20,1", "depth", "3", NULL});
        check_ok(s.ctx, try_solve(&s, 1, 0));
        check_ok(t.ctx, try_solve(&t, 1, 0));
        for (slong k = 2 * s.t->terms * 2; k < 3 * s.t->terms * 2; k++)
            check_near(&t.t->c[k], s.t->c[k].mid, 9, activations[i]);
        close_network(&s);
        close_network(&t);
    }
}

/* ---- kinks --------------------------------------------------------------------------------
 */

/* <s s'^2 s''> of hardtanh is -(2/3) phi(1): the kinks are point masses of (s'^3)'/3.  ReLU:
 * both P's sources have s = 0 at the mass; Q' = Q + l/2 + F/2 with F = l(l-1)/2. */
static void delta_functions(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "hardtanh", "cw", "1", "cb", "0", "depth",
                                      "2", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 2));
    check_near(ew_cumulant_named(s.t, "P", 2), "-0.16131381634609556", 15, "P");
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "depth", "4",
                                      "exact", "", NULL});
    check_ok(s.ctx, try_solve(&s, 1, 2));
    assert_string_equal(ew_cumulant_named(s.t, "P", 4)->exact, "0");
    assert_string_equal(ew_cumulant_named(s.t, "Q", 3)->exact, "2");
    assert_string_equal(ew_cumulant_named(s.t, "Q", 4)->exact, "5");
    close_network(&s);
    open_network(
        &s, (const char *[]){"activation", "relu", "cw", "2", "cb", "0", "depth", "4", NULL});
    check_status(s.ctx, try_solve(&s, 1, 3), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(s.ctx), "infinite"));
    close_network(&s);
}

static void refusals(void **state)
{
    (void) state;
    solved s;
    open_network(&s, (const char *[]){"activation", "relu", "gram", "1,1/2,1/3,1,1/4,1",
                                      "depth", "3", NULL});
    check_status(s.ctx, try_solve(&s, 1, 0), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(s.ctx), "three inputs"));
    close_network(&s);
    open_network(&s, (const char *[]){"activation", "z", "gram", "1,1/2,1,1/4,1/4,1", "cw", "1",
                                      "cb", "0", "depth", "3", NULL});
    check_status(s.ctx, try_solve(&s, 1, 0), EW_DOMAIN);
    close_network(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brute_force_squares),  cmocka_unit_test(brute_force_cubic),
        cmocka_unit_test(brute_force_widths),   cmocka_unit_test(brute_force_many_inputs),
        cmocka_unit_test(three_smooth_inputs),  cmocka_unit_test(many_inputs_in_balls),
        cmocka_unit_test(relu_off_diagonal),    cmocka_unit_test(tanh_off_diagonal),
        cmocka_unit_test(equal_inputs),         cmocka_unit_test(opposite_inputs),
        cmocka_unit_test(multiples_and_zero),   cmocka_unit_test(orthogonal_inputs),
        cmocka_unit_test(zero_input_at_a_kink), cmocka_unit_test(relations_are_proved),
        cmocka_unit_test(nearly_equal_inputs),  cmocka_unit_test(singular_first_layer),
        cmocka_unit_test(delta_functions),      cmocka_unit_test(refusals),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

/* Cumulants of residual networks against exact laws of finite ones, worked out apart (sympy):
 * moments of the scalar recursion H' = H times a non-central chi-squared over n, and of
 * explicit weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chain/formula.h"
#include "library/setup.h"
#include "network.h"
#include "readings/cumulant/asymptotic/asymptotic.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

static void check_network(const char *const *options, slong order, int descent, slong block,
                          const expected *e)
{
    solved s;
    open_network(&s, options);
    check_ok(s.ctx, try_solve(&s, order, descent));
    check_exact(&s, e, block);
    close_network(&s);
}

#define HALF "depth", "3", "cw", "2", "cb", "0", "exact", ""

/* h' = h + alpha V W h of inner width n: all powers of 1/n that there are, but for kappa_3. */
static void linear_blocks(void **state)
{
    (void) state;
    static const char *const options[] = {"activation",      "z",  "residual",
                                          "beta=1/2,cv=1/2", HALF, NULL};
    static const expected third[] = {{"a.a", 0, "64/27"},
                                     {"a.a", 1, "0"},
                                     {"a.a", 2, "0"},
                                     {"a.a", 3, "0"},
                                     {"a.a,a.a", 1, "4096/243"},
                                     {"a.a,a.a", 2, "5120/243"},
                                     {"a.a,a.a", 3, "10240/729"},
                                     {"a.a,a.a,a.a", 2, "2326528/6561"},
                                     {"a.a,a.a,a.a", 3, "8388608/6561"},
                                     {"a.a,a.a,a.a,a.a", 3, "2386558976/177147"},
                                     {NULL, 0, NULL}};
    check_network(options, 3, 0, 3, third);
}

/* The same at inner width 2n, which is another way to say 200 at width 100. */
static void ratios_of_widths(void **state)
{
    (void) state;
#define TWICE "activation", "z", "depth", "2", "cw", "2", "cb", "0", "exact", "", "gram", "2"
    static const char *const options[][17] = {
        {TWICE, "residual", "beta=1/2,cv=1/2,inner=2n", NULL},
        {TWICE, "residual", "beta=1/2,cv=1/2,inner=200", "width", "100", NULL}};
    static const expected second[] = {{"a.a", 0, "9/2"},
                                      {"a.a,a.a", 1, "99/2"},
                                      {"a.a,a.a", 2, "157/4"},
                                      {"a.a,a.a", 3, "11"},
                                      {"a.a,a.a", 4, "1"},
                                      {"a.a,a.a,a.a", 2, "5805/4"},
                                      {"a.a,a.a,a.a", 3, "6381/2"},
                                      {"a.a,a.a,a.a", 4, "7483/2"},
                                      {"a.a,a.a,a.a,a.a", 3, "300861/4"},
                                      {"a.a,a.a,a.a,a.a", 4, "2473095/8"},
                                      {"a.a,a.a,a.a,a.a,a.a", 4, "11409363/2"},
                                      {NULL, 0, NULL}};
    check_network(options[0], 4, 0, 2, second);
    check_network(options[1], 4, 0, 2, second);
}

/* One input of homogeneous s: <s s> is linear in H, so that the mean needs no correction. */
static void relu_blocks(void **state)
{
    (void) state;
    static const char *const wide[] = {
        "activation", "relu", "residual", "beta=1/2,inner=infinite", HALF, NULL};
    static const char *const narrow[] = {"activation", "relu", "residual", "beta=1/2", "depth",
                                         "2",          "cw",   "2",        "cb",       "0",
                                         "exact",      "",     NULL};
    static const expected third[] = {{"a.a", 0, "64/27"},
                                     {"a.a", 1, "0"},
                                     {"a.a", 4, "0"},
                                     {"a.a,a.a", 1, "3584/243"},
                                     {"a.a,a.a", 2, "3136/243"},
                                     {"a.a,a.a", 3, "2744/729"},
                                     {"a.a,a.a", 4, "0"},
                                     {"a.a,a.a,a.a", 3, "3125248/6561"},
                                     {"a.a,a.a,a.a,a.a", 4, "47734784/2187"},
                                     {"a.a,a.a,a.a,a.a,a.a", 4, "385485897728/1594323"},
                                     {NULL, 0, NULL}};
    static const expected second[] = {{"a.a", 0, "9/4"},
                                      {"a.a", 1, "0"},
                                      {"a.a", 4, "0"},
                                      {"a.a,a.a", 1, "135/8"},
                                      {"a.a,a.a", 2, "405/16"},
                                      {"a.a,a.a", 3, "75/4"},
                                      {"a.a,a.a", 4, "25/4"},
                                      {"a.a,a.a,a.a,a.a", 4, "21778119/128"},
                                      {"a.a,a.a,a.a,a.a,a.a", 4, "164546721/128"},
                                      {NULL, 0, NULL}};
    check_network(wide, 4, 0, 3, third);
    check_network(narrow, 4, 0, 2, second);
}

/* ---- explicit weights ---------------------------------------------------------------------
 */

static void check_value(const solved *s, const char *of, const char *value)
{
    const ew_cumulant_table *t = s->t;
    const ew_certified *c = &t->value[(t->layers - 1) * t->terms + term_of(t, of)];
    if (!c->exact || strcmp(c->exact, value) != 0)
        fail_msg("%s: %s, expected %s", of, c->exact ? c->exact : "no exact form", value);
}

#define BENT                                                                                   \
    "activation", "z+z^2/2", "cw", "2", "cb", "1/3", "residual", "beta=1/2,cv=3", "lambda-w",  \
        "5", "lambda-b", "7", "width", "1", "exact", ""

/* d = m = 1: h' = h + v s(w h + b), at h = 2 with its tangents, and at h = 2 and 1; the series
 * of one block ends with the second order. */
static void one_neuron(void **state)
{
    (void) state;
    static const char *const options[][21] = {{BENT, "depth", "1", "gram", "4", NULL},
                                              {BENT, "depth", "1", "gram", "4,2,1", NULL}};
    static const char *const tangents[][2] = {
        {"a.a", "741/4"},
        {"a1.a1", "12697/12"},
        {"a.a,a.a", "9453825/8"},
        {"a.a,a1.a1", "23067700/9"},
        {"a.a1,a.a1", "397308631/144"},
        {"a1.a1,a2.a2", "200335769/27"},
        {"a1.a2,a1.a2", "3689013731/432"},
        {NULL, NULL},
    };
    static const char *const inputs[][2] = {
        {"a.b", "231/4"},         {"b.b", "81/4"},
        {"a.a,a.b", "2923943/8"}, {"a.a,b.b", "935697/8"},
        {"a.b,a.b", "939027/8"},  {"a.b,b.b", "309683/8"},
        {"b.b,b.b", "104937/8"},  {NULL, NULL},
    };
    for (int ntk = 0; ntk < 2; ntk++) {
        const char *const(*value)[2] = ntk ? tangents : inputs;
        solved s;
        open_network(&s, options[1 - ntk]);
        check_ok(s.ctx, try_solve(&s, 2, ntk));
        for (; (*value)[0]; value++)
            check_value(&s, (*value)[0], (*value)[1]);
        close_network(&s);
    }
}

/* Two such blocks: the mean of H ends with n^-2. */
static void two_neurons(void **state)
{
    (void) state;
    static const char *const options[] = {BENT, "depth", "2", "gram", "4", NULL};
    solved s;
    open_network(&s, options);
    check_ok(s.ctx, try_solve(&s, 3, 0));
    assert_string_equal(coefficient(&s, "a.a", 3, 2)->exact, "0");
    check_value(&s, "a.a", "175810587/128");
    close_network(&s);
}

/* ---- the law ------------------------------------------------------------------------------
 */

/* Theory.md section 6, one input: V' = 4 H q + 2 q^2 + r alpha^4 C_V^2 var s^2 + (dH'/dH)^2 V,
 * q = alpha^2 C_V <s^2>; and the tangents' Theta'. */
static void first_order(void **state)
{
    (void) state;
    static const char *const name[] = {"q", NULL}, *const what[] = {"(alpha^2*C_V*<s^2>)",
                                                                    NULL};
    ew_context *ctx = ew_context_new();
    ew_hierarchy *h;
    ew_family family = {.order = 1, .inputs = 1, .descent = 1, .ensemble = EW_ENSEMBLE_BLOCK};
    check_ok(ctx, ew_hierarchy_family(&h, &family, ctx));
    for (slong i = 0; i < h->unknowns; i++) {
        const char *own = h->unknown[i].name;
        if (strcmp(own, "V") == 0)
            formula_check(&h->next[i],
                          "4*K*q + 2*q^2 + r*alpha^2*alpha^2*C_V^2*(<s^4> - <s^2>^2) + "
                          "(1 + C_W*C_V*alpha^2*D<s^2>)^2*V",
                          name, what, h->law);
        if (strcmp(own, "G1") == 0)
            formula_check(&h->next[i],
                          "(1 + C_W*C_V*alpha^2*D<s^2>)*G1 + 1/2*C_W^2*C_V*alpha^2*D^2<s^2>*V",
                          NULL, NULL, h->law);
        if (strcmp(own, "Theta") == 0)
            formula_check(&h->next[i],
                          "Theta + alpha^2*(lambda_V*<s^2> + "
                          "C_V*<s1^2>*(lambda_b + lambda_W*K + C_W*Theta))",
                          NULL, NULL, h->law);
    }
    ew_hierarchy_free(h);
    ew_context_free(ctx);
}

static void bad_input(void **state)
{
    (void) state;
    static const struct {
        const char *residual;
        ew_status status;
    } cases[] = {{"beta=1,inner=7", EW_USAGE}, {"beta=1,inner=n", EW_OK},
                 {"beta=1,inner=n/2", EW_OK},  {"beta=1,inner=3/2n", EW_OK},
                 {"beta=1,inner=2n/3", EW_OK}, {"beta=1,inner=infinite", EW_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *options[] = {"activation", "tanh", "residual", cases[i].residual, NULL};
        solved s;
        open_network(&s, options);
        check_status(s.ctx, try_solve(&s, 1, 0), cases[i].status);
        close_network(&s);
    }
    static const char *const wrong[] = {"beta=1,inner=0n",         "beta=1,inner=nn",
                                        "beta=1,inner=-2n",        "beta=1,inner=n/0",
                                        "beta=1,inner=n,inner=2n", "beta=1,inner=n/2n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ew_context *ctx = ew_context_new();
        ew_residual *r;
        check_status(ctx, ew_residual_read(&r, wrong[i], ctx), EW_USAGE);
        ew_context_free(ctx);
    }
}

/* ---- laws in the block --------------------------------------------------------------------
 */

/* The entry's polynomial at l. */
static void entry_at(fmpq_t y, const ew_asymptotics *a, const char *name, slong l)
{
    const ew_asymptotic_entry *e = ew_asymptotic_named(a, name);
    fmpq_t c, power;
    if (!e)
        fail_msg("no entry %s", name);
    fmpq_init(c);
    fmpq_init(power);
    fmpq_zero(y);
    for (slong i = 0; i < e->in_l.n; i++) {
        assert_int_equal(fmpq_set_str(c, e->in_l.t[i].coefficient, 10), 0);
        fmpq_set_si(power, l, 1);
        fmpq_pow_si(power, power, atol(e->in_l.t[i].power));
        fmpq_addmul(y, c, power);
    }
    fmpq_clear(c);
    fmpq_clear(power);
}

/* X/g^(entries l) of the expansion is X of the recursion, exactly, in every block. */
static void check_law(const char *const *options, slong order, int descent, const fmpq_t g,
                      const char *const (*pair)[3])
{
    solved s;
    ew_asymptotics *a;
    fmpq_t x, y, unit;
    fmpq_init(x);
    fmpq_init(y);
    fmpq_init(unit);
    open_network(&s, options);
    ew_asymptotic_options opt = {
        .class = EW_AT_GROWTH, .order = order, .descent = descent, .terms = 1, .digits = 15};
    check_ok(s.ctx, ew_cumulant_asymptotics(&a, &s.setup->net, &opt, s.ctx));
    check_ok(s.ctx, try_solve(&s, order, descent));
    for (; (*pair)[0]; pair++)
        for (slong l = 0; l < s.setup->net.depth; l++) {
            slong entries = 1;
            for (const char *c = (*pair)[1]; *c; c++)
                entries += *c == ',';
            entry_at(y, a, (*pair)[0], l);
            fmpq_pow_si(unit, g, entries * l);
            fmpq_mul(y, y, unit);
            const char *exact = coefficient(&s, (*pair)[1], atol((*pair)[2]), l)->exact;
            assert_non_null(exact);
            assert_int_equal(fmpq_set_str(x, exact, 10), 0);
            if (!fmpq_equal(x, y))
                fail_msg("%s at block %ld is not %s", (*pair)[0], (long) l, exact);
        }
    ew_asymptotics_free(a);
    close_network(&s);
    fmpq_clear(x);
    fmpq_clear(y);
    fmpq_clear(unit);
}

static void laws_of_blocks(void **state)
{
    (void) state;
    static const char *const relu[] = {
        "activation",         "relu",  "cw", "2",        "gram", "3",     "cb", "0", "residual",
        "beta=1/2,inner=n/2", "depth", "6",  "lambda-b", "0",    "exact", "",   NULL};
    static const char *const leaky[] = {"activation", "leaky_relu(1/2)",
                                        "cw",         "1",
                                        "cb",         "0",
                                        "residual",   "beta=0,cv=2,inner=infinite",
                                        "depth",      "5",
                                        "exact",      "",
                                        NULL};
    static const char *const tangents[][3] = {{"K/g^l", "a.a", "0"},
                                              {"Theta/g^l", "a1.a1", "0"},
                                              {"V/g^(2 l)", "a.a,a.a", "1"},
                                              {"D/g^(2 l)", "a.a,a1.a1", "1"},
                                              {"F/g^(2 l)", "a.a1,a.a1", "1"},
                                              {"A/g^(2 l)", "a1.a1,a2.a2", "1"},
                                              {"B/g^(2 l)", "a1.a2,a1.a2", "1"},
                                              {NULL, NULL, NULL}};
    static const char *const plain[][3] = {{"V/g^(2 l)", "a.a,a.a", "1"},
                                           {"V_2/g^(2 l)", "a.a,a.a", "2"},
                                           {"kappa3/g^(3 l)", "a.a,a.a,a.a", "2"},
                                           {NULL, NULL, NULL}};
    fmpq_t g;
    fmpq_init(g);
    fmpq_set_si(g, 7, 6); /* 1 + C_V C_W/2/L */
    check_law(relu, 1, 1, g, tangents);
    fmpq_set_si(g, 9, 4); /* 1 + 2 * 5/8 */
    check_law(leaky, 2, 0, g, plain);
    fmpq_clear(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_blocks), cmocka_unit_test(ratios_of_widths),
        cmocka_unit_test(relu_blocks),   cmocka_unit_test(one_neuron),
        cmocka_unit_test(two_neurons),   cmocka_unit_test(first_order),
        cmocka_unit_test(bad_input),     cmocka_unit_test(laws_of_blocks),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

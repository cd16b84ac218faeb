/* Expansions for large depth: known laws, and deep runs of the recursion itself. */
#include "arith/decimal.h"
#include "readings/cumulant/asymptotic/asymptotic.h"
#include "readings/cumulant/solve/cumulant.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a network and its expansions ---------------------------------------------------------
 */

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_scalar number[5];
    ew_setting net;
} network;

static void open_network(network *n, const char *activation, const char *const number[4],
                         slong depth)
{
    n->ctx = ew_context_new();
    check_ok(n->ctx, ew_activation_new(&n->s, activation, n->ctx));
    for (int i = 0; i < 5; i++) {
        n->number[i] = (ew_scalar){NULL, NULL, NULL};
        check_ok(n->ctx, ew_expr_parse(&n->number[i].e, i < 4 ? number[i] : "1", NULL, "number",
                                       n->ctx));
    }
    n->net = (ew_setting){.activation = n->s,
                          .depth = depth,
                          .cw = {1, &n->number[0]},
                          .cb = {1, &n->number[1]},
                          .lambda_w = {1, &n->number[2]},
                          .lambda_b = {1, &n->number[3]},
                          .inputs = 1,
                          .gram = &n->number[4]};
}

static void close_network(network *n)
{
    for (int i = 0; i < 5; i++)
        ew_expr_free(n->number[i].e);
    ew_activation_free(n->s);
    ew_context_free(n->ctx);
}

static const char *const unit[4] = {"1", "0", "1", "0"};

static ew_asymptotics *expand_class(network *n, ew_asymptotic_class class, slong order,
                                    int descent, slong terms)
{
    ew_asymptotics *a;
    ew_asymptotic_options opt = {
        .class = class, .order = order, .descent = descent, .terms = terms, .digits = 15};
    check_ok(n->ctx, ew_cumulant_asymptotics(&a, &n->net, &opt, n->ctx));
    return a;
}

static ew_asymptotics *expand(network *n, slong order, int descent, slong terms)
{
    return expand_class(n, EW_AT_ZERO, order, descent, terms);
}

static const ew_asymptotic_entry *named(const ew_asymptotics *a, const char *name)
{
    const ew_asymptotic_entry *e = ew_asymptotic_named(a, name);
    if (!e)
        fail_msg("no entry %s", name);
    return e;
}

static void check_law(const ew_asymptotics *a, const char *name, const char *law)
{
    assert_string_equal(named(a, name)->law, law);
}

/* ---- known laws ---------------------------------------------------------------------------
 */

/* theory.md section 5. */
static void test_tanh(void **state)
{
    (void) state;
    network n;
    open_network(&n, "tanh", unit, 2);
    ew_asymptotics *a = expand(&n, 1, 3, 2);
    check_law(a, "K", "1/2*l^-1");
    check_law(a, "Theta", "1/2");
    check_law(a, "V/K^2", "2/3*l");
    check_law(a, "F/(K Theta)", "1/4*l");
    check_law(a, "B/Theta^2", "1/3*l");
    check_law(a, "P/Theta^2", "-1/12*l");
    check_law(a, "K R/Theta^3", "-1/12*l");
    check_law(a, "K S/Theta^3", "1/12*l");
    check_law(a, "U/Theta^3", "1");
    const char *const logarithmic[] = {"D/(K Theta)", "Q/Theta^2"};
    for (int i = 0; i < 2; i++) {
        const ew_asymptotic_term *t = named(a, logarithmic[i])->in_l.t;
        assert_string_equal(t->power, "0");
        assert_int_equal(t->log, 1);
    }
    assert_string_equal(a->variable, "k = 2*K");
    assert_string_equal(a->constant[0].name, "c");
    assert_string_equal(a->constant[0].meaning, "1/k = l - 5/12*ln(l) + c + o(1)");
    ew_asymptotics_free(a);
    close_network(&n);
}

/* V/K^2 ~ (2/3) l for the whole class. */
static void test_universal(void **state)
{
    (void) state;
    static const struct {
        const char *activation, *cw;
    } some[] = {{"sin", "1"},
                {"atan", "1"},
                {"z+z^2/4-z^3", "1"},
                {"tanh(z)+z^2/10", "1"},
                {"2*tanh(3*z)", "1/36"},
                {"erf", "pi/4"},
                {"sin(sqrt(2)*z)", "1/2"},
                {"sqrt(pi)*z*exp(-z^2)", "1/pi"}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        network n;
        const char *const number[4] = {some[i].cw, "0", "1", "0"};
        open_network(&n, some[i].activation, number, 2);
        ew_asymptotics *a = expand(&n, 1, 0, 1);
        check_law(a, "V/K^2", "2/3*l");
        check_law(a, "G1/K", "-1/3*l");
        ew_asymptotics_free(a);
        close_network(&n);
    }
}

/* Theta tends to lambda_W s'(0)^2/(-b_1), b_1 = t'''(0) for odd s: 36/18 here. */
static void test_rate(void **state)
{
    (void) state;
    static const char *const number[4] = {"1/36", "0", "1", "0"};
    network n;
    open_network(&n, "2*tanh(3*z)", number, 2);
    ew_asymptotics *a = expand(&n, 1, 1, 1);
    check_law(a, "Theta", "2");
    check_law(a, "B/Theta^2", "1/3*l");
    ew_asymptotics_free(a);
    close_network(&n);
}

/* The leading laws at every order are the moments of q = 1/k at t = l/n, dq = (1 + 2 q) dt +
 * sqrt(2) q dB, q_0 = 0 (theory.md section 6): E q^-1, ... expanded in t by computer algebra.
 */
static void test_diffusion(void **state)
{
    (void) state;
    network n;
    open_network(&n, "tanh", unit, 2);
    ew_asymptotics *a = expand(&n, 3, 0, 1);
    check_law(a, "G1/K", "-1/3*l");
    check_law(a, "G2/K", "1/15*l^2");
    check_law(a, "G3/K", "-4/315*l^3");
    check_law(a, "V/K^2", "2/3*l");
    check_law(a, "V_2/K^2", "-14/45*l^2");
    check_law(a, "V_3/K^2", "2/21*l^3");
    check_law(a, "kappa3/K^3", "16/15*l^2");
    check_law(a, "kappa3_3/K^3", "-568/945*l^3");
    check_law(a, "kappa4/K^4", "96/35*l^3");
    ew_asymptotics_free(a);
    close_network(&n);
}

/* ---- fixed K: polynomials in l ------------------------------------------------------------
 */

static void check_text(const ew_asymptotics *a, const char *name, const char *text)
{
    const ew_asymptotic_entry *e = named(a, name);
    assert_string_equal(e->in_l.text, text);
    assert_null(e->in_l.error);
}

/* ReLU: a layer multiplies Ghat_zz by a mean of n independent copies of 2 max(g,0)^2, whose
 * moments are 1, 6, 60: with r = 1/n, E Ghat^2 = (1 + 5 r)^(l-1), E Ghat^3 = (1 + 15 r + 44
 * r^2)^(l-1).  A at lambda_W = 1: theory.md section 5's recursion summed by hand. */
static void test_relu(void **state)
{
    (void) state;
    static const char *const number[4] = {"2", "0", "1", "0"};
    network n;
    open_network(&n, "relu", number, 2);
    ew_asymptotics *a = expand_class(&n, EW_AT_FIXED, 1, 1, 3);
    check_text(a, "K", "1");
    check_text(a, "Theta", "1/2*l");
    check_text(a, "G1", "0");
    check_text(a, "V/K^2", "5*(l-1)");
    check_text(a, "A", "1/12*(l-1)*(7*l-2)*l");
    check_text(a, "F/(K Theta)", "(l-1)");
    check_law(a, "A/Theta^2", "7/3*l");
    ew_asymptotics_free(a);
    a = expand_class(&n, EW_AT_FIXED, 2, 0, 3);
    check_text(a, "V_2", "25/2*(l-2)*(l-1)");
    check_text(a, "kappa3", "(75*l-106)*(l-1)");
    ew_asymptotics_free(a);
    ew_expr_free(n.number[4].e);
    check_ok(n.ctx, ew_expr_parse(&n.number[4].e, "4", NULL, "number", n.ctx));
    a = expand_class(&n, EW_AT_FIXED, 1, 0, 3);
    check_text(a, "V", "80*(l-1)");
    check_text(a, "V/K^2", "5*(l-1)");
    ew_asymptotics_free(a);
    close_network(&n);
}

/* ---- deep runs ----------------------------------------------------------------------------
 */

#define MOST 32

/* Values of the named constants. */
typedef struct {
    slong n;
    const char *name[MOST + 1];
    double value[MOST];
} constants;

static double read_number(const ew_certified *c)
{
    arb_t x;
    arb_init(x);
    assert_non_null(c);
    assert_int_equal(ew_ball_read(x, c->mid, c->rad, 100), 0);
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    return d;
}

static slong find_constant(const constants *k, const char *name)
{
    for (slong i = 0; i < k->n; i++)
        if (strcmp(k->name[i], name) == 0)
            return i;
    return -1;
}

static double coefficient(const char *text, const constants *k)
{
    ew_context *ctx = ew_context_new();
    ew_expr *e, *var[MOST], *at;
    check_ok(ctx, ew_expr_parse(&e, text, (const char *const *) k->name, "coefficient", ctx));
    for (slong i = 0; i < k->n; i++) {
        fmpq_t q;
        arf_t f;
        fmpq_init(q);
        arf_init(f);
        arf_set_d(f, k->value[i]);
        arf_get_fmpq(q, f);
        var[i] = ew_expr_num(q, ctx);
        arf_clear(f);
        fmpq_clear(q);
    }
    at = ew_expr_replace(e, NULL, var, ctx);
    assert_non_null(at);
    arb_t x;
    arb_init(x);
    ew_expr_constant(x, at, 100);
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    for (slong i = 0; i < k->n; i++)
        ew_expr_free(var[i]);
    ew_expr_free(at);
    ew_expr_free(e);
    ew_context_free(ctx);
    return d;
}

static double evaluate(const ew_asymptotic_sum *sum, double x, const constants *k)
{
    double y = 0;
    for (slong i = 0; i < sum->n; i++) {
        long p = 0, q = 1;
        sscanf(sum->t[i].power, "%ld/%ld", &p, &q);
        y += coefficient(sum->t[i].coefficient, k) * pow(x, (double) p / (double) q) *
             pow(log(x), (double) sum->t[i].log);
    }
    return y;
}

static void gather(constants *k, const ew_asymptotics *a)
{
    assert_true(a->constants <= MOST);
    k->n = a->constants;
    for (slong i = 0; i < k->n; i++) {
        k->name[i] = a->constant[i].name;
        k->value[i] = 0;
    }
    k->name[k->n] = NULL;
}

static void check_near(const char *what, double seen, double predicted, double tolerance)
{
    if (!(fabs(seen - predicted) <= tolerance * fabs(seen)))
        fail_msg("%s: %.17g, predicted %.17g", what, seen, predicted);
}

/* Fit the entry's own constant at layer `deep`, where it has one; then the expansion must give
 * the values of other layers. */
static void check_entry(const ew_asymptotic_entry *e, const ew_cumulant_table *t, double a1,
                        constants *k, slong deep, double tolerance)
{
    char own[64];
    snprintf(own, sizeof own, "c_%s", e->name);
    slong i = find_constant(k, own);
    double x = -a1 * read_number(ew_cumulant_named(t, "K", deep));
    double value = read_number(ew_cumulant_named(t, e->name, deep));
    if (i >= 0) {
        double without = evaluate(&e->in_k, x, k);
        k->value[i] = 1;
        double with = evaluate(&e->in_k, x, k);
        k->value[i] = with != without ? (value - without) / (with - without) : 0;
    }
    for (slong l = deep; l >= deep / 2; l -= deep / 4) {
        x = -a1 * read_number(ew_cumulant_named(t, "K", l));
        check_near(e->name, read_number(ew_cumulant_named(t, e->name, l)),
                   evaluate(&e->in_k, x, k), tolerance);
    }
}

/* c from K at the deepest layer, by the secant method. */
static void fit_shift(const ew_asymptotic_entry *kernel, const ew_cumulant_table *t, slong deep,
                      constants *k)
{
    slong i = find_constant(k, "c");
    double value = read_number(ew_cumulant_named(t, "K", deep));
    double c0 = 0, c1 = 1, f0, f1;
    k->value[i] = c0;
    f0 = evaluate(&kernel->in_l, (double) deep, k) / value - 1;
    for (int step = 0; step < 30; step++) {
        k->value[i] = c1;
        f1 = evaluate(&kernel->in_l, (double) deep, k) / value - 1;
        if (f1 == f0)
            break;
        double c2 = c1 - f1 * (c1 - c0) / (f1 - f0);
        c0 = c1;
        f0 = f1;
        c1 = c2;
    }
}

static const ew_certified *ratio(const ew_cumulant_table *t, const char *name, slong layer)
{
    for (slong i = 0; i < t->ratios; i++)
        if (strcmp(t->ratio_name[i], name) == 0)
            return &t->ratio[(layer - 1) * t->ratios + i];
    return NULL;
}

static void check_layers(const ew_asymptotics *a, const ew_cumulant_table *t, slong deep,
                         constants *k, double tolerance)
{
    static const char *const ratios[] = {"V/K^2", "F/(K Theta)", "B/Theta^2", "D/(K Theta)",
                                         "A/Theta^2"};
    fit_shift(named(a, "K"), t, deep, k);
    check_near("K", read_number(ew_cumulant_named(t, "K", deep / 2)),
               evaluate(&named(a, "K")->in_l, (double) (deep / 2), k), tolerance);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        check_near(ratios[i], read_number(ratio(t, ratios[i], deep / 2)),
                   evaluate(&named(a, ratios[i])->in_l, (double) (deep / 2), k), tolerance);
}

/* Every coefficient of the first order against the layers themselves. */
static void check_deep(const char *activation, const char *const number[4], double a1,
                       slong deep, slong terms, double tolerance)
{
    static const char *const letters[] = {"Theta", "V", "G1", "F", "D", "B", "A", "H1"};
    network n;
    open_network(&n, activation, number, deep);
    ew_asymptotics *a = expand(&n, 1, 1, terms);
    ew_cumulant_table *t;
    ew_cumulant_options opt = {.order = 1, .descent = 1, .digits = 16};
    check_ok(n.ctx, ew_cumulant_solve(&t, &n.net, &opt, n.ctx));
    constants k;
    gather(&k, a);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        check_entry(named(a, letters[i]), t, a1, &k, deep, tolerance);
    check_layers(a, t, deep, &k, tolerance);
    ew_cumulant_free(t);
    ew_asymptotics_free(a);
    close_network(&n);
}

static void test_deep_tanh(void **state)
{
    (void) state;
    check_deep("tanh", unit, -2, 1000, 4, 1e-8);
    static const char *const biased[4] = {"1", "0", "1/3", "2"};
    check_deep("tanh", biased, -2, 600, 6, 1e-9);
}

static void test_deep_fractional(void **state)
{
    (void) state;
    check_deep("tanh(z)+tanh(z)^2/2", unit, -1.25, 600, 6, 1e-6);
}

/* A ball's polynomial, fixed by its first layers, at a much later one: leaky ReLU with an
 * irrational slope, whose values are exact to the same digits there. */
static void test_deep_fixed(void **state)
{
    (void) state;
    static const char *const number[4] = {"16/9", "0", "1", "1/7"};
    static const char *const letters[] = {"K", "Theta", "V", "D", "F", "A", "B"};
    network n;
    open_network(&n, "leaky_relu(sqrt(2)/4)", number, 60);
    ew_asymptotics *a = expand_class(&n, EW_AT_FIXED, 1, 1, 4);
    ew_cumulant_table *t;
    ew_cumulant_options opt = {.order = 1, .descent = 1, .digits = 16};
    check_ok(n.ctx, ew_cumulant_solve(&t, &n.net, &opt, n.ctx));
    constants k = {.n = 0, .name = {NULL}};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        check_near(letters[i], read_number(ew_cumulant_named(t, letters[i], 60)),
                   evaluate(&named(a, letters[i])->in_l, 60, &k), 1e-12);
    check_near("B/Theta^2", read_number(ratio(t, "B/Theta^2", 60)),
               evaluate(&named(a, "B/Theta^2")->in_l, 60, &k), 1e-3);
    ew_cumulant_free(t);
    ew_asymptotics_free(a);
    close_network(&n);
}

/* Parameters that the class does not have. */
static void test_refused(void **state)
{
    (void) state;
    static const struct {
        const char *activation, *cw, *cb, *rate;
        ew_asymptotic_class class;
    } some[] = {{"tanh", "1", "0", "1", EW_AT_FIXED},   /* chi_par < 1 at K = 1 */
                {"z+z^3/6", "1", "0", "1", EW_AT_ZERO}, /* a_1 > 0 */
                {"z/2+relu(z)/2", "1", "0", "1", EW_AT_ZERO},
                {"tanh(z)+z^2*sqrt(2)", "1", "0", "1", EW_AT_ZERO},
                {"relu", "1", "1/2", "1", EW_AT_FIXED}, /* chi_par = 1/2 */
                {"tanh", "1", "0", "0", EW_AT_ZERO}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        network n;
        const char *const number[4] = {some[i].cw, some[i].cb, some[i].rate, "0"};
        open_network(&n, some[i].activation, number, 2);
        ew_asymptotics *a;
        ew_asymptotic_options opt = {
            .class = some[i].class, .order = 1, .descent = 1, .terms = 2, .digits = 10};
        check_status(n.ctx, ew_cumulant_asymptotics(&a, &n.net, &opt, n.ctx), EW_UNABLE);
        assert_null(a);
        close_network(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tanh),
        cmocka_unit_test(test_universal),
        cmocka_unit_test(test_diffusion),
        cmocka_unit_test(test_deep_tanh),
        cmocka_unit_test(test_deep_fractional),
        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_deep_fixed),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

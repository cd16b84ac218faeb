/* Networks solved layer by layer. */
#include "arith/decimal.h"
#include "chain/evaluate.h"
#include "readings/cumulant/solve/cumulant.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ew_transition gaussian = {EW_ENSEMBLE_GAUSSIAN, 0};

/* A network described in text; lists are separated by commas. */
typedef struct {
    const char *activation, *cw, *cb, *lambda_w, *lambda_b, *gram;
    slong depth, widths;
    ulong *width;
} net_text;

static ew_scalar_list read_list(const char *text)
{
    ew_scalar_list list = {0, NULL};
    char *copy = strdup(text), *save = NULL;
    for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
        list.x = realloc(list.x, (size_t) (list.n + 1) * sizeof *list.x);
        list.x[list.n] = (ew_scalar){NULL, NULL, NULL};
        assert_int_equal(ew_expr_parse(&list.x[list.n].e, t, NULL, "number", NULL), EW_OK);
        list.n++;
    }
    free(copy);
    return list;
}

static void free_list(ew_scalar_list *list)
{
    for (slong i = 0; i < list->n; i++)
        ew_expr_free(list->x[i].e);
    free(list->x);
}

static ew_status solve(ew_cumulant_table **t, const net_text *n, const ew_cumulant_options *opt,
                       ew_context *ctx)
{
    ew_context *own = ew_context_new();
    ew_activation *s;
    check_ok(own, ew_activation_new(&s, n->activation, own));
    ew_context_free(own);
    ew_setting net = {.activation = s,
                      .depth = n->depth,
                      .cw = read_list(n->cw),
                      .cb = read_list(n->cb),
                      .lambda_w = read_list(n->lambda_w ? n->lambda_w : "1"),
                      .lambda_b = read_list(n->lambda_b ? n->lambda_b : "0"),
                      .inputs = 1,
                      .widths = n->widths,
                      .width = n->width};
    ew_scalar_list gram = read_list(n->gram);
    net.gram = gram.x;
    ew_status status = ew_cumulant_solve(t, &net, opt, ctx);
    free_list(&net.cw);
    free_list(&net.cb);
    free_list(&net.lambda_w);
    free_list(&net.lambda_b);
    free_list(&gram);
    ew_activation_free(s);
    return status;
}

static ew_cumulant_table *solved(const net_text *n, const ew_cumulant_options *opt)
{
    ew_context *ctx = ew_context_new();
    ew_cumulant_table *t;
    check_ok(ctx, solve(&t, n, opt, ctx));
    ew_context_free(ctx);
    return t;
}

static const ew_cumulant_options plain = {.order = 1, .descent = 1, .digits = 15};

static void ball_of(arb_t x, const ew_certified *c)
{
    assert_non_null(c);
    assert_non_null(c->mid);
    assert_int_equal(ew_ball_read(x, c->mid, c->rad, 400), 0);
}

static void check_named(const ew_cumulant_table *t, const char *name, slong layer,
                        const char *value, slong digits)
{
    arb_t x;
    arb_init(x);
    ball_of(x, ew_cumulant_named(t, name, layer));
    check_ball_value(x, value, digits);
    arb_clear(x);
}

typedef struct {
    const char *name, *value;
} named;

static void check_all(const ew_cumulant_table *t, slong layer, const named *v, slong digits)
{
    for (; v->name; v++)
        check_named(t, v->name, layer, v->value, digits);
}

/* mpmath at 45 digits: theory.md's first-order formulas typed in by hand, trapezoidal rule. */
static void tanh_first_order(void **state)
{
    (void) state;
    const net_text net = {"tanh", "1", "0", "1", "0", "1", 5, 0, NULL};
    const named layer2[] = {{"K", "0.3942944903978411744164597724441"},
                            {"Theta", "0.8586973928461094163884812335598"},
                            {"V", "0.09752373808585732471158529878008"},
                            {"D", "-0.01053681467321409657118410198486"},
                            {"F", "0.07505095300104685268121703424376"},
                            {"A", "0.007241784082002272524696509106919"},
                            {"B", "0.3415092073166635394720843673142"},
                            {NULL, NULL}};
    const named layer5[] = {{"K", "0.1279047352994149035204970174788"},
                            {"Theta", "0.7031056690737927991584968011527"},
                            {"V", "0.03939844303574277258908464172953"},
                            {"D", "-0.008191600181260889677795644831227"},
                            {"F", "0.07866312218839855308586334715307"},
                            {"A", "0.0047661966478193806020803168251"},
                            {"B", "0.7446229281676643919902580002919"},
                            {"G1", "-0.06822537136047920189606221127016"},
                            {"H1", "-0.2046132341912758942470568645533"},
                            {NULL, NULL}};
    ew_cumulant_options opt = plain;
    opt.digits = 30;
    ew_cumulant_table *t = solved(&net, &opt);
    assert_int_equal(t->terms, 7);
    assert_int_equal(t->ratios, 5);
    check_all(t, 2, layer2, 29);
    check_all(t, 5, layer5, 29);
    assert_string_equal(ew_cumulant_named(t, "V", 1)->mid, "0");
    assert_string_equal(ew_cumulant_named(t, "V", 1)->exact, "0");
    assert_string_equal(ew_cumulant_named(t, "G1", 2)->exact, "0");
    arb_t x;
    arb_init(x);
    ball_of(x, &t->ratio[4 * 5 + 0]);
    check_ball_value(x, "2.4083", 28);
    assert_string_equal(t->ratio_name[0], "V/K^2");
    ball_of(x, &t->ratio[4 * 5 + 2]);
    check_ball_value(x, "1.5062", 28);
    arb_clear(x);
    ew_cumulant_free(t);
}

/* GELU with biases and unequal training rates. */
static void gelu_first_order(void **state)
{
    (void) state;
    const net_text net = {"gelu", "19/10", "1/5", "1/3", "1/7", "2", 3, 0, NULL};
    const named layer3[] = {{"K", "1.906130349767039367910927893461"},
                            {"Theta", "1.256205842280146921547917636977"},
                            {"V", "32.7853082583623677824927208942"},
                            {"D", "11.60630408625837177716358487326"},
                            {"F", "4.687273090345725430931966891249"},
                            {"A", "4.947199021891627648324869733602"},
                            {"B", "1.701632796481173361629143498593"},
                            {"G1", "0.08919804640272916718812726990707"},
                            {"H1", "-0.006124819152034994789290563801022"},
                            {NULL, NULL}};
    ew_cumulant_options opt = plain;
    opt.digits = 25;
    ew_cumulant_table *t = solved(&net, &opt);
    check_all(t, 3, layer3, 24);
    ew_cumulant_free(t);
}

static const ew_certified *coefficient(const ew_cumulant_table *t, const char *of, slong order,
                                       slong layer)
{
    for (slong k = 0; k < t->terms; k++) {
        char text[256] = "";
        for (slong i = 0; i < t->of_n[k]; i++) {
            strcat(text, i ? "," : "");
            strcat(text, t->of[k][i]);
        }
        if (strcmp(text, of) == 0)
            return &t->c[((layer - 1) * t->terms + k) * (t->order + 1) + order];
    }
    fail_msg("no term %s", of);
    return NULL;
}

/* theory.md section 5, "second order is as real as first". */
static void tanh_second_order(void **state)
{
    (void) state;
    const net_text net = {"tanh", "1", "0", "1", "0", "1", 3, 0, NULL};
    const struct {
        const char *of;
        slong order;
        const char *value;
    } expected[] = {
        {"a.a", 1, "-.0309325199"},        {"a.a", 2, "-.0068231491"},
        {"a.a,a.a", 1, ".0678074938"},     {"a.a,a.a", 2, "-.0037444231"},
        {"a.a,a.a,a.a", 2, ".0229934025"}, {"a1.a1", 1, "-.0518944735"},
        {"a1.a1", 2, "-.0198425153"},      {"a.a,a1.a1", 1, "-.0096815854"},
        {"a.a,a1.a1", 2, ".0227520599"},   {"a.a1,a.a1", 1, ".0802460694"},
        {"a.a1,a.a1", 2, "-.0080894361"},
    };
    ew_cumulant_options opt = plain;
    opt.order = 2;
    ew_cumulant_table *t = solved(&net, &opt);
    arb_t x;
    arb_init(x);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ball_of(x, coefficient(t, expected[i].of, expected[i].order, 3));
        check_ball_value(x, expected[i].value, 14);
    }
    assert_string_equal(coefficient(t, "a.a,a.a,a.a", 1, 3)->exact, "0");
    assert_string_equal(coefficient(t, "a.a,a.a,a.a", 0, 3)->exact, "0");
    arb_clear(x);
    ew_cumulant_free(t);
}

static void check_exact(const ew_cumulant_table *t, const char *name, slong layer,
                        const char *value)
{
    const ew_certified *c = ew_cumulant_named(t, name, layer);
    assert_non_null(c);
    assert_non_null(c->exact);
    assert_string_equal(c->exact, value);
}

static void relu_is_exact(void **state)
{
    (void) state;
    const net_text net = {"relu", "2", "0", "1", "0", "1", 20, 0, NULL};
    ew_cumulant_table *t = solved(&net, &plain);
    /* peers.md with q = 1/2, l = 20 */
    check_exact(t, "K", 20, "1");
    check_exact(t, "Theta", 20, "10");
    check_exact(t, "V", 20, "95");
    check_exact(t, "F", 20, "190");
    check_exact(t, "D", 20, "570");
    check_exact(t, "A", 20, "4370");
    check_exact(t, "B", 20, "1235");
    check_exact(t, "H1", 20, "0");
    assert_string_equal(t->ratio[19 * 5].exact, "95");
    assert_string_equal(t->method, "closed form");
    ew_cumulant_free(t);
    const net_text larger = {"relu", "2", "0", "1", "0", "3", 20, 0, NULL};
    t = solved(&larger, &plain);
    assert_string_equal(t->ratio[19 * 5].exact, "95");
    ew_cumulant_free(t);
}

/* As in test_cumulant_exact.c, by the library's own expectations; Theta = 2/3 in layer 1. */
static void second_order_exactly(void **state)
{
    (void) state;
    const net_text net = {
        "z - z^2/2 + z^3/6", "4/3", "1/5", "1/2", "11/30,1/7,1/7", "1", 3, 0, NULL};
    const struct {
        const char *of, *exact;
    } expected[] = {{"a.a", "311420480/6561"},
                    {"a1.a1", "357325744/2187"},
                    {"a.a,a.a", "63427154478021572/358722675"},
                    {"a.a,a1.a1", "383535476984040997/1195742250"},
                    {"a.a1,a.a1", "2131018672910243/17714700"},
                    {"a1.a1,a2.a2", "67349913795696078437/111602610000"},
                    {"a1.a2,a1.a2", "221595023926683559/2755620000"}};
    ew_cumulant_options opt = plain;
    opt.order = 2;
    ew_cumulant_table *t = solved(&net, &opt);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_string_equal(coefficient(t, expected[i].of, 2, 3)->exact, expected[i].exact);
    ew_cumulant_free(t);
    const net_text square = {"z^2", "1/3", "1/5", "1/2", "-8/15,1/7,1/7", "1", 3, 0, NULL};
    t = solved(&square, &opt);
    assert_string_equal(coefficient(t, "a.a1,a.a1,a2.a2", 2, 3)->exact, "34906687744/1488375");
    assert_string_equal(coefficient(t, "a.a1,a.a2,a1.a2", 2, 3)->exact, "58258624/23625");
    ew_cumulant_free(t);
}

static void widths_of_layers(void **state)
{
    (void) state;
    ulong width[] = {60, 20, 30, 10, 60};
    const net_text net = {"relu", "2", "0", "1", "0", "1", 5, 5, width};
    ew_cumulant_table *t = solved(&net, &plain);
    /* r = 1, 3, 2, 6: V = 5 (1 + 3 + 2 + 6) */
    check_exact(t, "V", 2, "5");
    check_exact(t, "V", 3, "20");
    check_exact(t, "V", 5, "60");
    ew_cumulant_free(t);
    /* The same in balls: V/K^2 does not depend on C_W. */
    const net_text irrational = {"relu", "sqrt(3)", "0", "1", "0", "3", 5, 5, width};
    t = solved(&irrational, &plain);
    arb_t x;
    arb_init(x);
    ball_of(x, &t->ratio[2 * 5]);
    check_ball_value(x, "20.0000000000", 14);
    ball_of(x, &t->ratio[4 * 5]);
    check_ball_value(x, "60.0000000000", 14);
    arb_clear(x);
    ew_cumulant_free(t);
}

static void layers_may_differ(void **state)
{
    (void) state;
    const net_text net = {"relu", "2,1,4", "0,1/2,1/3", "1", "0", "1", 3, 0, NULL};
    ew_cumulant_table *t = solved(&net, &plain);
    check_exact(t, "K", 2, "1");
    check_exact(t, "K", 3, "7/3");
    ew_cumulant_free(t);
    const net_text irrational = {"relu", "sqrt(2),sqrt(3),sqrt(5)", "0", "1", "0", "1", 3, 0,
                                 NULL};
    t = solved(&irrational, &plain);
    check_named(t, "K", 3, "0.968245836551854", 14); /* sqrt(15)/4 */
    ew_cumulant_free(t);
}

/* An irrational C_W takes ReLU to balls: G1 and H1 still vanish by algebra. */
static void algebraic_zeros(void **state)
{
    (void) state;
    const net_text net = {"relu", "sqrt(3)", "1/7", "1", "0", "1", 5, 0, NULL};
    const net_text line = {"3*z/2", "sqrt(3)", "1/7", "1", "0", "1", 5, 0, NULL};
    ew_cumulant_table *t = solved(&net, &plain);
    check_exact(t, "G1", 5, "0");
    check_exact(t, "H1", 5, "0");
    assert_null(ew_cumulant_named(t, "K", 5)->exact);
    ew_cumulant_free(t);
    t = solved(&line, &plain);
    check_exact(t, "G1", 5, "0");
    check_exact(t, "H1", 5, "0");
    ew_cumulant_free(t);
}

/* s(z) -> c s(z/c) scales K by c^2; with lambda_W -> lambda_W/c^2 the NTK stays. */
static void scaling(void **state)
{
    (void) state;
    const net_text one = {"tanh", "3/2", "1/8", "1", "1/5", "3/4", 6, 0, NULL};
    const net_text two = {"2*tanh(z/2)", "3/2", "1/2", "1/4", "1/5", "3", 6, 0, NULL};
    const struct {
        const char *name;
        slong power;
    } scale[] = {{"K", 2}, {"Theta", 0}, {"V", 4},  {"D", 2}, {"F", 2},
                 {"A", 0}, {"B", 0},     {"G1", 2}, {"H1", 0}};
    ew_cumulant_options opt = plain;
    opt.digits = 22;
    ew_cumulant_table *s = solved(&one, &opt), *t = solved(&two, &opt);
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
        ball_of(x, ew_cumulant_named(s, scale[i].name, 6));
        ball_of(y, ew_cumulant_named(t, scale[i].name, 6));
        arb_mul_2exp_si(x, x, scale[i].power);
        check_ball_pair(x, y, 68);
    }
    arb_clear(x);
    arb_clear(y);
    ew_cumulant_free(s);
    ew_cumulant_free(t);
}

/* Two spellings and two quadratures: the same bytes. */
static void same_bytes(void **state)
{
    (void) state;
    const net_text net = {"sin", "5/4", "1/9", "1", "0", "2/3", 3, 0, NULL};
    const net_text other = {"cos(z - pi/2)", "1.25", "1/9", "1", "0", "2/3", 3, 0, NULL};
    ew_cumulant_options opt = plain, adaptive = plain;
    opt.digits = adaptive.digits = 18;
    opt.method = EW_GRID;
    adaptive.method = EW_ADAPTIVE;
    ew_cumulant_table *s = solved(&net, &opt), *t = solved(&other, &adaptive);
    for (slong i = 0; i < 3 * s->terms * 2; i++) {
        assert_string_equal(s->c[i].mid, t->c[i].mid);
        assert_string_equal(s->c[i].rad, t->c[i].rad);
    }
    for (slong i = 0; i < 3 * s->ratios; i++)
        assert_string_equal(s->ratio[i].mid, t->ratio[i].mid);
    ew_cumulant_free(s);
    ew_cumulant_free(t);
}

/* The digits of a polynomial network by rationals and, past the length worth printing, by
 * balls. */
static void rationals_and_balls_agree(void **state)
{
    (void) state;
    const net_text net = {"z - z^3/30", "1", "1/16", "1", "0", "1/2", 8, 0, NULL};
    ew_cumulant_options opt = plain, exact = plain;
    opt.digits = exact.digits = 40;
    exact.exact = 1;
    ew_cumulant_table *s = solved(&net, &opt), *t = solved(&net, &exact);
    slong without = 0;
    for (slong i = 0; i < 8 * s->terms * 2; i++) {
        assert_string_equal(s->c[i].mid, t->c[i].mid);
        assert_non_null(t->c[i].exact);
        without += s->c[i].exact == NULL;
    }
    assert_true(without > 0 && without < 8 * s->terms * 2);
    ew_cumulant_free(s);
    ew_cumulant_free(t);
}

static void deep_networks(void **state)
{
    (void) state;
    const net_text net = {"tanh", "1", "0", "1", "0", "1", 300, 0, NULL};
    ew_cumulant_table *t = solved(&net, &plain);
    arb_t x;
    arb_init(x);
    ball_of(x, &t->ratio[299 * 5]);
    /* V/K^2 ~ (2/3) l */
    assert_true(fabs(arf_get_d(arb_midref(x), ARF_RND_NEAR) / 200 - 1) < 0.03);
    assert_true(arb_rel_accuracy_bits(x) > 45);
    arb_clear(x);
    ew_cumulant_free(t);
}

static void zero_input(void **state)
{
    (void) state;
    const net_text net = {"tanh", "1", "0", "1", "0", "0", 3, 0, NULL};
    ew_cumulant_table *t = solved(&net, &plain);
    assert_string_equal(ew_cumulant_named(t, "K", 3)->mid, "0");
    assert_string_equal(ew_cumulant_named(t, "V", 3)->mid, "0");
    assert_null(t->ratio[2 * 5].mid);
    ew_cumulant_free(t);
}

static int stop(void *data)
{
    (void) data;
    return 1;
}

static void refusals(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_cumulant_table *t;
    net_text net = {"tanh", "1", "0", "1", "0", "1", 3, 0, NULL};
    ew_cumulant_options opt = plain;
    opt.exact = 1;
    check_status(ctx, solve(&t, &net, &opt, ctx), EW_UNABLE);
    assert_null(t);
    opt = plain;
    opt.digits = 0;
    check_status(ctx, solve(&t, &net, &opt, ctx), EW_USAGE);
    opt = plain;
    opt.order = 0;
    check_status(ctx, solve(&t, &net, &opt, ctx), EW_USAGE);
    net.gram = "-1";
    check_status(ctx, solve(&t, &net, &plain, ctx), EW_DOMAIN);
    net.gram = "1";
    net.cw = "1,1";
    check_status(ctx, solve(&t, &net, &plain, ctx), EW_USAGE);
    net.cw = "1,1,-1";
    check_status(ctx, solve(&t, &net, &plain, ctx), EW_DOMAIN);
    net.cw = "1";
    net.depth = 1000000;
    opt = plain;
    opt.digits = 1000;
    check_status(ctx, solve(&t, &net, &opt, ctx), EW_UNABLE);
    net.depth = 3;
    net.activation = "step";
    check_status(ctx, solve(&t, &net, &plain, ctx), EW_UNABLE);
    net.activation = "z^3";
    net.depth = 60;
    opt = plain;
    opt.exact = 1;
    check_status(ctx, solve(&t, &net, &opt, ctx), EW_UNABLE);
    ew_context_on_cancel(ctx, stop, NULL);
    check_status(ctx, solve(&t, &net, &plain, ctx), EW_CANCELLED);
    ew_context_free(ctx);
}

/* <(s s'^3)'> for hardtanh has point masses at the kinks; the score form sees them.  mpmath:
 * erf(1/sqrt(2K)) - 2 exp(-1/(2K))/sqrt(2 pi K) at K = 2/3, and its derivatives. */
static void odd_derivatives_at_kinks(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT};
    ulong set[] = {1};
    ew_fields *f;
    ew_law *law;
    check_ok(ctx, ew_fields_new(&f, 1, kind, 1, set, 1, ctx));
    slong mixed = ew_pair_of(f, 0, 1), pair = ew_pair_of(f, 1, 1);
    ew_pairs wanted[] = {{2, {mixed, pair}}};
    check_ok(ctx, ew_law_new(&law, &gaussian, f, wanted, 1, 2, NULL, 0, ctx));
    ew_atom atom = {.e = {{1, 3}}, .m = {1}};
    slong v = ew_law_atom(law, &atom);
    atom.m[0] = 3;
    slong dv = ew_law_atom(law, &atom);
    atom.m[0] = 5;
    slong ddv = ew_law_atom(law, &atom);
    assert_true(v > 0 && dv > 0 && ddv > 0);
    char *used = calloc((size_t) law->variables, 1);
    used[v] = used[dv] = used[ddv] = 1;
    ew_activation *s;
    ew_evaluator *E;
    ew_atom_plan *plan;
    check_ok(ctx, ew_activation_new(&s, "hardtanh", ctx));
    check_ok(ctx, ew_evaluator_new(&E, s, EW_AUTO, ctx));
    check_ok(ctx, ew_atom_plan_new(&plan, law, used, s, ctx));
    arb_ptr x = _arb_vec_init(law->variables);
    arb_t K;
    arb_init(K);
    arb_set_ui(K, 2);
    arb_div_ui(K, K, 3, 200);
    check_ok(ctx, ew_atom_plan_ball(x, NULL, plan, E, K, 200, ctx));
    check_ball_value(x + v, "0.31772966966378742868252657022", 40);
    check_ball_value(x + dv, "-0.5192988394684115010522", 40);
    check_ball_value(x + ddv, "1.363159453604580190261987", 40);
    arb_clear(K);
    _arb_vec_clear(x, law->variables);
    ew_atom_plan_free(plan);
    ew_evaluator_free(E);
    ew_activation_free(s);
    free(used);
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tanh_first_order),
        cmocka_unit_test(gelu_first_order),
        cmocka_unit_test(tanh_second_order),
        cmocka_unit_test(relu_is_exact),
        cmocka_unit_test(second_order_exactly),
        cmocka_unit_test(widths_of_layers),
        cmocka_unit_test(layers_may_differ),
        cmocka_unit_test(algebraic_zeros),
        cmocka_unit_test(scaling),
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(rationals_and_balls_agree),
        cmocka_unit_test(deep_networks),
        cmocka_unit_test(zero_input),
        cmocka_unit_test(refusals),
        cmocka_unit_test(odd_derivatives_at_kinks),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "setting.h"

static void set_up(fixture *f, const char *activation, slong depth, const char *cw,
                   const char *cb, slong inputs, const char *const *gram)
{
    open_network(f, activation, depth, cw, cb, "0");
    for (slong i = 0; i < inputs * (inputs + 1) / 2; i++)
        f->gram[i] = constant(gram[i]);
    f->net.inputs = inputs;
    f->net.gram = f->gram;
}

static void shut(fixture *f)
{
    for (slong i = 0; i < f->net.inputs * (f->net.inputs + 1) / 2; i++)
        ew_expr_free(f->gram[i].e);
    close_network(f);
}

static void solve(fixture *f, int tangent, slong digits)
{
    ew_kernel_free(f->t);
    check_ok(f->ctx, ew_kernel_solve(&f->t, &f->net, tangent, digits, EW_AUTO, f->ctx));
}

static const ew_certified *nngp(const fixture *f, slong layer, slong a, slong b)
{
    slong m = f->t->inputs;
    return f->t->nngp + ((layer - 1) * m + a) * m + b;
}

static const ew_certified *ntk(const fixture *f, slong layer, slong a, slong b)
{
    slong m = f->t->inputs;
    return f->t->ntk + ((layer - 1) * m + a) * m + b;
}

static void is(const ew_certified *x, const char *decimal, slong digits)
{
    arb_t v;
    arb_init(v);
    assert_non_null(x->mid);
    assert_int_equal(ew_ball_read(v, x->mid, x->rad, 400), 0);
    check_ball_value(v, decimal, digits);
    arb_clear(v);
}

static void contains(const ew_certified *x, const arb_t y)
{
    arb_t v;
    arb_init(v);
    assert_int_equal(ew_ball_read(v, x->mid, x->rad, 400), 0);
    if (!arb_overlaps(v, y))
        fail_msg("%s does not contain %s", x->mid, arb_get_str(y, 30, 0));
    arb_clear(v);
}

/* peers.md: K = 2q and Theta = q l at every layer, chi = 1. */
static void relu_with_one_input_is_exact(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "relu", 30, "2", "0", 1, (const char *const[]){"2/3"});
    solve(&f, 1, 20);
    assert_string_equal(nngp(&f, 30, 0, 0)->exact, "2/3");
    assert_string_equal(ntk(&f, 30, 0, 0)->exact, "10");
    assert_string_equal(f.t->chi_par[29].exact, "1");
    assert_string_equal(f.t->chi_perp[3].exact, "1");
    assert_null(f.t->depth[3].mid);
    assert_string_equal(f.t->method, "closed form");
    shut(&f);
}

/* The arc-cosine recursion of Cho and Saul, and the NTK of Jacot, Gabriel, Hongler, C_W = 2. */
static void relu_arc_cosine(arb_t k, arb_t theta, slong layers, const char *k0, slong prec)
{
    arb_t r, a, s, pi, q;
    arb_init(r);
    arb_init(a);
    arb_init(s);
    arb_init(pi);
    arb_init(q);
    arb_const_pi(pi, prec);
    arb_set_str(k, k0, prec); /* unit variances */
    arb_mul_2exp_si(theta, k, -1);
    for (slong l = 1; l < layers; l++) {
        arb_acos(a, k, prec);
        arb_sub(r, pi, a, prec);
        arb_div(r, r, pi, prec); /* C_W <s's'> */
        arb_mul(q, k, k, prec);
        arb_sub_ui(q, q, 1, prec);
        arb_neg(q, q);
        arb_sqrt(s, q, prec);
        arb_div(s, s, pi, prec);
        arb_addmul(s, k, r, prec); /* C_W <ss> */
        arb_mul(theta, theta, r, prec);
        arb_mul_2exp_si(q, s, -1);
        arb_add(theta, theta, q, prec);
        arb_set(k, s);
    }
    arb_clear(r);
    arb_clear(a);
    arb_clear(s);
    arb_clear(pi);
    arb_clear(q);
}

static void relu_with_two_inputs_is_the_arc_cosine_kernel(void **state)
{
    (void) state;
    fixture f;
    arb_t k, theta;
    arb_init(k);
    arb_init(theta);
    set_up(&f, "relu", 12, "2", "0", 2, (const char *const[]){"1", "0.3", "1"});
    solve(&f, 1, 25);
    for (slong l = 1; l <= 12; l += l < 4 ? 1 : 4) {
        relu_arc_cosine(k, theta, l, "0.3", 300);
        contains(nngp(&f, l, 0, 1), k);
        contains(nngp(&f, l, 1, 0), k);
        contains(ntk(&f, l, 0, 1), theta);
    }
    assert_string_equal(nngp(&f, 12, 1, 1)->exact, "1");
    arb_clear(k);
    arb_clear(theta);
    shut(&f);
}

/* Williams' recursion: K' = (2/pi) C_W asin(2 Kab/sqrt((1 + 2 Kaa)(1 + 2 Kbb))) + C_b. */
static void erf_map(arb_t y, const arb_t aa, const arb_t ab, const arb_t bb)
{
    arb_t s, t;
    arb_init(s);
    arb_init(t);
    arb_mul_2exp_si(s, aa, 1);
    arb_add_ui(s, s, 1, 300);
    arb_mul_2exp_si(t, bb, 1);
    arb_add_ui(t, t, 1, 300);
    arb_mul(s, s, t, 300);
    arb_rsqrt(s, s, 300);
    arb_mul(s, s, ab, 300);
    arb_mul_2exp_si(s, s, 1);
    arb_asin(s, s, 300);
    arb_const_pi(t, 300);
    arb_div(s, s, t, 300);
    arb_mul_ui(s, s, 3, 300); /* C_W = 3/2 */
    arb_set_str(t, "0.1", 300);
    arb_add(y, s, t, 300);
    arb_clear(s);
    arb_clear(t);
}

static void erf_follows_the_arcsine(void **state)
{
    (void) state;
    fixture f;
    arb_ptr k = _arb_vec_init(3), n = _arb_vec_init(3);
    set_up(&f, "erf(z)", 10, "3/2", "1/10", 2, (const char *const[]){"1", "1/2", "2"});
    solve(&f, 1, 30);
    arb_set_d(k, 1);
    arb_set_d(k + 1, 0.5);
    arb_set_d(k + 2, 2);
    for (slong l = 2; l <= 10; l++) {
        erf_map(n, k, k, k);
        erf_map(n + 1, k, k + 1, k + 2);
        erf_map(n + 2, k + 2, k + 2, k + 2);
        for (slong i = 0; i < 3; i++)
            arb_swap(k + i, n + i);
        contains(nngp(&f, l, 0, 0), k);
        contains(nngp(&f, l, 0, 1), k + 1);
        contains(nngp(&f, l, 1, 1), k + 2);
    }
    _arb_vec_clear(k, 3);
    _arb_vec_clear(n, 3);
    shut(&f);
}

/* peers.md, and the correlation depth -1/ln chi_perp = -1/ln <tanh'^2>_1. */
static void tanh_second_layer(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "tanh", 2, "1", "0", 1, (const char *const[]){"1"});
    solve(&f, 1, 14);
    is(nngp(&f, 2, 0, 0), ".39429449039784", 13);
    is(ntk(&f, 2, 0, 0), ".85869739284611", 13);
    /* Theta' = <s^2> + <s'^2> */
    is(f.t->chi_perp, ".46440290244826824197", 13);
    is(f.t->depth, "1.3037762404545130599", 13);
    shut(&f);
}

/* Critical tanh, two inputs, 20 layers: an independent recursion by mpmath quadrature. */
static void critical_tanh_is_certified_to_depth(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "tanh", 20, "1", "0", 2, (const char *const[]){"1", "1/2", "2"});
    solve(&f, 1, 20);
    is(nngp(&f, 2, 0, 1), ".1467541154603874242876", 19);
    is(ntk(&f, 2, 0, 1), ".2963401261569053705235", 19);
    is(nngp(&f, 10, 0, 1), ".01788047418249314413375", 19);
    is(nngp(&f, 20, 0, 0), ".02728615953622359314524", 19);
    is(nngp(&f, 20, 0, 1), ".008244725950005331314162", 19);
    is(nngp(&f, 20, 1, 1), ".02785442638565779490748", 19);
    is(ntk(&f, 20, 0, 0), ".5734886964140189935892", 19);
    is(ntk(&f, 20, 0, 1), ".1656773223606718422073", 19);
    shut(&f);
}

/* Equal inputs stay equal, opposite ones opposite, orthogonal ones orthogonal (odd s, no bias).
 */
static void symmetries_are_exact(void **state)
{
    (void) state;
    fixture f;
    const char *const gram[] = {"1", "1", "-1", "0", "1", "-1", "0", "1", "0", "1"};
    set_up(&f, "tanh", 6, "3/2", "0", 4, gram);
    solve(&f, 1, 15);
    for (slong l = 1; l <= 6; l++) {
        assert_string_equal(nngp(&f, l, 0, 1)->mid, nngp(&f, l, 0, 0)->mid);
        assert_string_equal(ntk(&f, l, 0, 1)->mid, ntk(&f, l, 1, 1)->mid);
        assert_string_equal(nngp(&f, l, 0, 2)->mid + 1, nngp(&f, l, 0, 0)->mid);
        assert_string_equal(ntk(&f, l, 1, 2)->mid + 1, ntk(&f, l, 0, 0)->mid);
        assert_int_equal(nngp(&f, l, 0, 2)->mid[0], '-');
        assert_string_equal(nngp(&f, l, 0, 3)->exact, "0");
    }
    shut(&f);
    /* even and kinked: opposite inputs become equal, beyond the reach of the series */
    set_up(&f, "abs(tanh(z))", 3, "1", "0", 2, (const char *const[]){"1", "-1", "1"});
    solve(&f, 0, 15);
    assert_string_equal(nngp(&f, 3, 0, 1)->mid, nngp(&f, 3, 1, 1)->mid);
    assert_null(f.t->ntk);
    shut(&f);
    /* their NTK does not where biases are trained: with c = <cos^2> = (1 + exp(-2 K))/2 it is
     * 1 + c + (1 - c) Theta from layer 2 on, and there Theta_12 = 1 + c, Theta_11 = 3 - c */
    set_up(&f, "cos", 3, "1", "0", 2, (const char *const[]){"1", "-1", "1"});
    ew_expr_free(f.lb.e);
    f.lb = constant("1");
    solve(&f, 1, 20);
    is(ntk(&f, 3, 0, 1), "2.192633934937826929397436", 19);
    is(ntk(&f, 3, 0, 0), "2.486051693112650987606532", 19);
    shut(&f);
    set_up(&f, "elu", 4, "1", "0", 2, (const char *const[]){"1", "1", "1"});
    solve(&f, 1, 15);
    assert_string_equal(nngp(&f, 4, 0, 1)->mid, nngp(&f, 4, 1, 1)->mid);
    shut(&f);
}

/* The same where the covariance is not rational: told from expressions, or from the products of
 * inputs when there is a solver's parameter.  A kink leaves no other way. */
static void symmetries_of_irrational_covariances(void **state)
{
    (void) state;
    fixture f;
    fmpq *dot = _fmpq_vec_init(3);
    set_up(&f, "relu", 3, "sqrt(2)", "pi/10", 2,
           (const char *const[]){"sqrt(2)+pi", "pi+sqrt(2)", "sqrt(2)+pi"});
    solve(&f, 1, 15);
    assert_string_equal(nngp(&f, 3, 0, 1)->mid, nngp(&f, 3, 1, 1)->mid);
    shut(&f);
    set_up(&f, "abs(tanh(z))", 3, "1", "0", 2,
           (const char *const[]){"sqrt(2)", "-sqrt(2)", "2/sqrt(2)"});
    solve(&f, 0, 15);
    assert_string_equal(nngp(&f, 3, 0, 1)->mid, nngp(&f, 3, 1, 1)->mid);
    shut(&f);
    /* the numbers are the same, but only the products say so */
    set_up(&f, "relu", 3, "1", "0", 2,
           (const char *const[]){"erfc(1/3)", "1-erf(1/3)", "erfc(1/3)"});
    for (slong i = 0; i < 3; i++)
        fmpq_set_si(dot + i, 4, 3);
    f.net.dot = dot;
    solve(&f, 1, 15);
    assert_string_equal(nngp(&f, 3, 0, 1)->mid, nngp(&f, 3, 1, 1)->mid);
    shut(&f);
    /* orthogonal inputs: K_12 = C_b, and Theta_12 of layer 1 is 0 */
    set_up(&f, "relu", 2, "sqrt(2)", "sqrt(2)/10", 2,
           (const char *const[]){"sqrt(2)*11/10", "sqrt(2)/10", "sqrt(2)*11/10"});
    fmpq_set_si(dot + 1, 0, 1);
    solve(&f, 1, 15);
    assert_string_equal(ntk(&f, 1, 0, 1)->mid, "0");
    assert_true(ntk(&f, 1, 0, 1)->absolute);
    f.net.dot = dot;
    solve(&f, 1, 15);
    assert_string_equal(ntk(&f, 1, 0, 1)->exact, "0");
    shut(&f);
    _fmpq_vec_clear(dot, 3);
}

static void jumps_have_an_nngp_only(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "step", 4, "1", "0", 2, (const char *const[]){"1", "1/2", "1"});
    check_status(f.ctx, ew_kernel_solve(&f.t, &f.net, 1, 15, EW_AUTO, f.ctx), EW_DOMAIN);
    solve(&f, 0, 15);
    assert_string_equal(nngp(&f, 2, 0, 1)->exact, "1/3");
    /* 1/4 + asin(2/3)/(2 pi) */
    is(nngp(&f, 3, 0, 1), ".36613976359938499463", 14);
    assert_null(f.t->chi_perp[0].mid);
    shut(&f);
}

/* Exact rationals through a polynomial network; K grows doubly exponentially. */
static void polynomial_networks_are_exact(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "z^2", 3, "1", "0", 2, (const char *const[]){"1", "1/2", "1"});
    solve(&f, 1, 15);
    /* <u^2 v^2> = kaa kbb + 2 kab^2 */
    assert_string_equal(nngp(&f, 2, 0, 1)->exact, "3/2");
    assert_string_equal(nngp(&f, 3, 0, 1)->exact, "27/2");
    assert_string_equal(ntk(&f, 2, 0, 1)->exact, "5/2");
    shut(&f);
}

static void bad_requests_are_refused(void **state)
{
    (void) state;
    fixture f;
    set_up(&f, "tanh", 2, "1", "0", 2, (const char *const[]){"1", "2", "1"});
    check_status(f.ctx, ew_kernel_solve(&f.t, &f.net, 1, 15, EW_AUTO, f.ctx), EW_DOMAIN);
    f.net.inputs = 1;
    check_status(f.ctx, ew_kernel_solve(&f.t, &f.net, 1, 0, EW_AUTO, f.ctx), EW_USAGE);
    f.net.depth = 0;
    check_status(f.ctx, ew_kernel_solve(&f.t, &f.net, 1, 15, EW_AUTO, f.ctx), EW_USAGE);
    f.net.inputs = 2;
    shut(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_with_one_input_is_exact),
        cmocka_unit_test(relu_with_two_inputs_is_the_arc_cosine_kernel),
        cmocka_unit_test(erf_follows_the_arcsine),
        cmocka_unit_test(tanh_second_layer),
        cmocka_unit_test(critical_tanh_is_certified_to_depth),
        cmocka_unit_test(symmetries_are_exact),
        cmocka_unit_test(symmetries_of_irrational_covariances),
        cmocka_unit_test(jumps_have_an_nngp_only),
        cmocka_unit_test(polynomial_networks_are_exact),
        cmocka_unit_test(bad_requests_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

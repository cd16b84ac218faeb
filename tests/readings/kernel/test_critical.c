#include "support/check.h"

#include <string.h>

#include "readings/kernel/critical.h"

/* Numbers from mpmath (secant on <s s''> = 0 with 40-digit quadrature) and from the closed form
 * for GELU, K* = (3 + sqrt 17)/2. */

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_critical_list *list;
} found;

static found find(const char *name)
{
    found f = {.ctx = ew_context_new()};
    check_ok(f.ctx, ew_activation_new(&f.s, name, f.ctx));
    check_ok(f.ctx, ew_critical_find(&f.list, f.s, f.ctx));
    return f;
}

static void done(found *f)
{
    ew_critical_list_free(f->list);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

/* K, C_W, C_b, a_1, b_1 of point i; NULL: not checked. */
static void check_point(found *f, slong i, ew_class kind, const char *const value[5])
{
    assert_true(i < f->list->n);
    ew_critical_point *p = f->list->point[i];
    assert_int_equal(ew_critical_class(p), kind);
    for (slong prec = 120; prec <= 600; prec += 480) {
        arb_ptr v = _arb_vec_init(5);
        check_ok(f->ctx, ew_critical_balls(v, v + 1, v + 2, v + 3, v + 4, p, prec, f->ctx));
        for (int k = 0; k < 5; k++)
            if (value[k])
                check_ball_value(v + k, value[k], prec / 4);
        _arb_vec_clear(v, 5);
    }
}

static void zero_fixed_points(void **state)
{
    (void) state;
    found f = find("tanh");
    assert_int_equal(f.list->n, 1);
    assert_true(f.list->resolved);
    check_point(&f, 0, EW_ZERO_FIXED_POINT, (const char *const[]){"0", "1", "0", "-2", "-2"});
    done(&f);
    f = find("sin");
    check_point(&f, 0, EW_ZERO_FIXED_POINT, (const char *const[]){"0", "1", "0", "-1", "-1"});
    done(&f);
    /* s = 2z + z^2 - 3z^3: s_1 = 2, s_2 = 2, s_3 = -18: a_1 = -9 + 3/4, b_1 = -9 + 1. */
    f = find("2*z + z^2 - 3*z^3");
    check_point(&f, 0, EW_ZERO_FIXED_POINT,
                (const char *const[]){"0", "0.25", "0", "-8.25", "-8"});
    done(&f);
}

static void check_exact(const ew_critical_point *p, ew_coordinate which, slong num, slong den)
{
    fmpq_t x, y;
    fmpq_init(x);
    fmpq_init(y);
    fmpq_set_si(y, num, (ulong) den);
    assert_non_null(ew_critical_exact(p, which));
    assert_true(ew_expr_rational(x, ew_critical_exact(p, which)));
    assert_true(fmpq_equal(x, y));
    fmpq_clear(x);
    fmpq_clear(y);
}

static void rational_coordinates_are_exact(void **state)
{
    (void) state;
    /* Taylor series z - z^3/3, z/2 + z^2/4 - ..., 2z + z^2 - 3z^3. */
    found f = find("tanh");
    check_exact(f.list->point[0], EW_AT_CW, 1, 1);
    check_exact(f.list->point[0], EW_AT_A1, -2, 1);
    check_exact(f.list->point[0], EW_AT_B1, -2, 1);
    done(&f);
    f = find("2*z + z^2 - 3*z^3");
    check_exact(f.list->point[0], EW_AT_A1, -33, 4);
    check_exact(f.list->point[0], EW_AT_B1, -8, 1);
    done(&f);
    f = find("silu"); /* z/2 + z^2/4 - z^4/48: s_1 = 1/2, s_2 = 1/2, s_3 = 0 */
    check_exact(f.list->point[1], EW_AT_CW, 4, 1);
    check_exact(f.list->point[1], EW_AT_A1, 3, 4);
    check_exact(f.list->point[1], EW_AT_B1, 1, 1);
    done(&f);
    f = find("gelu"); /* s_2 = 2/sqrt(2 pi) is not rational */
    assert_null(ew_critical_exact(f.list->point[1], EW_AT_A1));
    done(&f);
}

static void scale_invariant(void **state)
{
    (void) state;
    found f = find("leaky_relu(1/2)");
    assert_int_equal(f.list->n, 1);
    assert_true(f.list->complete);
    check_point(&f, 0, EW_SCALE_INVARIANT, (const char *const[]){NULL, "1.6", "0", NULL, NULL});
    done(&f);
}

static void half_stable(void **state)
{
    (void) state;
    found f = find("gelu");
    check_point(&f, 0, EW_HALF_STABLE,
                (const char *const[]){"3.561552812808830274910704927987038512",
                                      "1.98305825743754713", "0.172922390756067352", NULL,
                                      NULL});
    assert_true(ew_critical_stable(f.list->point[0]));
    /* The unstable zero fixed point (a_1 > 0) comes last. */
    assert_int_equal(f.list->n, 2);
    assert_int_equal(ew_critical_class(f.list->point[1]), EW_ZERO_FIXED_POINT);
    assert_false(ew_critical_stable(f.list->point[1]));
    done(&f);
    f = find("z/(1+exp(-z))");
    check_point(&f, 0, EW_HALF_STABLE,
                (const char *const[]){"14.32017361802579881658730422368999200",
                                      "1.988004678269492005271289306696125581",
                                      "0.5551431707215303962012313194329755005", NULL, NULL});
    done(&f);
}

/* Neither class: a sigmoid has <s s''> < 0 at every K, a step has no s'. */
static void none(void **state)
{
    (void) state;
    found f = find("sigmoid");
    assert_int_equal(f.list->n, 0);
    assert_true(f.list->resolved);
    done(&f);
    f = find("sign");
    assert_int_equal(f.list->n, 0);
    assert_true(f.list->complete);
    done(&f);
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_critical_point *p;
    check_ok(ctx, ew_activation_new(&s, "sinh(z)", ctx)); /* a_1 = 1 > 0 */
    check_ok(ctx, ew_critical_preferred(&p, s, ctx));
    assert_null(p);
    ew_activation_free(s);
    ew_context_free(ctx);
}

static void edge_of_chaos(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_critical_point *p;
    ew_scalar cb = {0};
    check_ok(ctx, ew_activation_new(&s, "tanh", ctx));
    check_ok(ctx, ew_expr_parse(&cb.e, "1/10", NULL, "cb", ctx));
    check_ok(ctx, ew_critical_edge(&p, s, &cb, ctx));
    arb_t K, cw;
    arb_init(K);
    arb_init(cw);
    check_ok(ctx, ew_critical_balls(K, cw, NULL, NULL, NULL, p, 300, ctx));
    check_ball_value(K, "0.805799181913487406709909111698851203", 80);
    check_ball_value(cw, "1.986072641135864207206780922392769335", 80);
    ew_critical_point_free(p);
    ew_expr_free(cb.e);
    ew_activation_free(s);
    /* relu with C_b > 0: K <s'^2> - <s^2> - C_b <s'^2> = -C_b/2 never vanishes. */
    check_ok(ctx, ew_activation_new(&s, "relu", ctx));
    check_ok(ctx, ew_expr_parse(&cb.e, "1", NULL, "cb", ctx));
    check_status(ctx, ew_critical_edge(&p, s, &cb, ctx), EW_UNABLE);
    ew_expr_free(cb.e);
    /* so small a C_b is lost in cancellation: no claim of several solutions */
    check_ok(ctx, ew_expr_parse(&cb.e, "1/1000000", NULL, "cb", ctx));
    check_status(ctx, ew_critical_edge(&p, s, &cb, ctx), EW_UNABLE);
    assert_null(strstr(ew_context_error(ctx), "not unique"));
    ew_expr_free(cb.e);
    ew_activation_free(s);
    arb_clear(K);
    arb_clear(cw);
    ew_context_free(ctx);
}

/* s(z) -> c s(z/c) leaves C_W and scales K* and C_b by c^2. */
static void scaling(void **state)
{
    (void) state;
    found f = find("3*gelu(z/3)"), g = find("gelu");
    arb_ptr v = _arb_vec_init(6);
    check_ok(f.ctx,
             ew_critical_balls(v, v + 1, v + 2, NULL, NULL, f.list->point[0], 200, f.ctx));
    check_ok(g.ctx,
             ew_critical_balls(v + 3, v + 4, v + 5, NULL, NULL, g.list->point[0], 200, g.ctx));
    arb_mul_ui(v + 3, v + 3, 9, 200);
    arb_mul_ui(v + 5, v + 5, 9, 200);
    for (int k = 0; k < 3; k++)
        check_ball_pair(v + k, v + 3 + k, 150);
    _arb_vec_clear(v, 6);
    done(&f);
    done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_fixed_points),
        cmocka_unit_test(rational_coordinates_are_exact),
        cmocka_unit_test(scale_invariant),
        cmocka_unit_test(half_stable),
        cmocka_unit_test(none),
        cmocka_unit_test(edge_of_chaos),
        cmocka_unit_test(scaling),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

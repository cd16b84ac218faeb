#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "arith/certify.h"

/* pi, an exact zero, 1/8 as a ball, and a difference that cancels to 10^-30. */
static ew_status four(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    ++*(int *) data;
    arb_const_pi(v, prec);
    arb_zero(v + 1);
    arb_set_d(v + 2, 0.125);
    mag_set_ui_2exp_si(arb_radref(v + 2), 1, -prec);
    arb_t t;
    arb_init(t);
    arb_set_ui(t, 10);
    arb_pow_ui(t, t, 30, prec);
    arb_inv(t, t, prec);
    arb_add_ui(v + 3, t, 1, prec);
    arb_sub_ui(v + 3, v + 3, 1, prec);
    mag_set_ui(scale + 3, 2);
    arb_clear(t);
    return EW_OK;
}

static ew_status only_pi(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    (void) scale;
    ++*(int *) data;
    arb_const_pi(v, prec);
    return EW_OK;
}

static void clear_all(ew_certified *c, slong n)
{
    for (slong i = 0; i < n; i++)
        ew_certified_clear(c + i);
}

static void values(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_certified c[4];
    int calls = 0;
    for (int i = 0; i < 4; i++)
        ew_certified_init(c + i);
    check_ok(ctx, ew_certify(c, 4, 2, four, &calls, ctx));
    assert_string_equal(c[0].mid, "3.1");
    assert_string_equal(c[0].rad, "5e-2");
    assert_null(c[0].exact);
    assert_string_equal(c[1].mid, "0");
    assert_string_equal(c[1].rad, "0");
    assert_string_equal(c[1].exact, "0");
    assert_int_equal(c[1].absolute, 0);
    assert_string_equal(c[2].mid, "0.12");
    assert_string_equal(c[2].rad, "1e-2");
    assert_string_equal(c[3].mid, "1.0e-30");
    assert_string_equal(c[3].rad, "5e-32");
    assert_int_equal(c[3].absolute, 0);
    clear_all(c, 4);
    /* The first 1000 decimals of pi end in ...201989 (OEIS A000796). */
    calls = 0;
    check_ok(ctx, ew_certify(c, 1, 1001, only_pi, &calls, ctx));
    assert_int_equal(strlen(c[0].mid), 1002);
    assert_string_equal(c[0].mid + 996, "201989");
    assert_int_equal(calls, 1);
    clear_all(c, 1);
    ew_context_free(ctx);
}

/* A zero that no precision proves; the scale is 3 * 10^5 (or unknown). */
static ew_status zero_ball(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    mag_set_ui_2exp_si(arb_radref(v), 1, 20 - prec);
    if (*(int *) data)
        mag_set_ui(scale, 300000);
    return EW_OK;
}

static void absolute(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_certified c;
    int scaled = 1;
    ew_certified_init(&c);
    check_ok(ctx, ew_certify(&c, 1, 10, zero_ball, &scaled, ctx));
    assert_string_equal(c.mid, "0");
    assert_string_equal(c.rad, "1e-5");
    assert_int_equal(c.absolute, 1);
    assert_null(c.exact);
    ew_certified_clear(&c);
    scaled = 0;
    check_status(ctx, ew_certify(&c, 1, 10, zero_ball, &scaled, ctx), EW_UNABLE);
    assert_null(c.mid);
    assert_non_null(strstr(ew_context_error(ctx), "10 digits"));
    ew_context_free(ctx);
}

/* A zero of scale 1 that no precision proves, and how often it was evaluated, the last time at
 * how many bits. */
typedef struct {
    int calls;
    slong prec;
} visits;

static ew_status visited(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    visits *seen = data;
    seen->calls++;
    seen->prec = prec;
    mag_set_ui_2exp_si(arb_radref(v), 1, -prec);
    mag_one(scale);
    return EW_OK;
}

/* A second evaluation that tells nothing from 0 is followed by the last, with little more than
 * the 4 digits + 64 it takes. */
static void zeros_take_three_evaluations(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (slong digits = 1; digits <= 1000; digits *= 10) {
        ew_certified c;
        visits seen = {0, 0};
        double least = 3.3219280948873623 * (double) (4 * digits + 64);
        ew_certified_init(&c);
        check_ok(ctx, ew_certify(&c, 1, digits, visited, &seen, ctx));
        assert_int_equal(c.absolute, 1);
        assert_in_range(seen.calls, 1, 3);
        assert_true((double) seen.prec >= least && (double) seen.prec <= least + 80);
        ew_certified_clear(&c);
    }
    ew_context_free(ctx);
}

/* Accurate to 40 bits at every precision. */
static ew_status blunt(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) data;
    (void) ctx;
    (void) scale;
    arb_const_pi(v, prec);
    arb_add_error_2exp_si(v, -40);
    arb_set_ui(v + 1, 1);
    return EW_OK;
}

static ew_status failing(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) v;
    (void) scale;
    (void) data;
    return ew_fail(ctx, EW_DOMAIN, "no such number at %ld bits", (long) prec);
}

static int always(void *data)
{
    (void) data;
    return 1;
}

static void failures(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_certified c[2];
    ew_certified_init(c);
    ew_certified_init(c + 1);
    check_ok(ctx, ew_certify(c, 2, 12, blunt, NULL, ctx));
    clear_all(c, 2);
    check_status(ctx, ew_certify(c, 2, 13, blunt, NULL, ctx), EW_UNABLE);
    assert_null(c[1].mid);
    check_status(ctx, ew_certify(c, 1, 13, failing, NULL, ctx), EW_DOMAIN);
    ew_context_on_cancel(ctx, always, NULL);
    check_status(ctx, ew_certify(c, 1, 13, blunt, NULL, ctx), EW_CANCELLED);
    ew_context_free(ctx);
}

static void rationals(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_certified c;
    fmpq_t q;
    fmpq_init(q);
    ew_certified_init(&c);
    fmpq_set_si(q, -2, 3);
    check_ok(ctx, ew_certify_rational(&c, q, 5, ctx));
    assert_string_equal(c.mid, "-0.66667");
    assert_string_equal(c.rad, "5e-6");
    assert_string_equal(c.exact, "-2/3");
    ew_certified_clear(&c);
    fmpq_zero(q);
    check_ok(ctx, ew_certify_rational(&c, q, 5, ctx));
    assert_string_equal(c.mid, "0");
    assert_string_equal(c.rad, "0");
    assert_string_equal(c.exact, "0");
    ew_certified_clear(&c);
    fmpq_set_si(q, 1, 8);
    check_ok(ctx, ew_certify_rational(&c, q, 2, ctx));
    assert_string_equal(c.mid, "0.12");
    assert_string_equal(c.rad, "1e-2");
    ew_certified_clear(&c);
    fmpq_clear(q);
    ew_context_free(ctx);
}

static ew_status enormous(arb_ptr values, mag_ptr scales, slong prec, void *data,
                          ew_context *ctx)
{
    (void) scales;
    (void) ctx;
    (void) prec;
    ++*(slong *) data;
    arb_one(values);
    arb_mul_2exp_si(values, values, 3000000);
    return EW_OK;
}

/* 2^3000000 is known exactly and still refused, at once. */
static void numbers_beyond_writing_are_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_certified x;
    slong calls = 0;
    ew_certified_init(&x);
    check_status(ctx, ew_certify(&x, 1, 15, enormous, &calls, ctx), EW_UNABLE);
    assert_null(x.mid);
    assert_int_equal(calls, 1);
    ew_context_free(ctx);
}

static void middles_as_doubles(void **state)
{
    (void) state;
    ew_certified x;
    ew_certified_init(&x);
    double none = ew_certified_double(&x);
    assert_true(none != none);
    x.mid = (char *) "-0.1";
    x.rad = (char *) "5e-20";
    assert_true(ew_certified_double(&x) == -0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_beyond_writing_are_refused),
                                       cmocka_unit_test(values),
                                       cmocka_unit_test(absolute),
                                       cmocka_unit_test(zeros_take_three_evaluations),
                                       cmocka_unit_test(failures),
                                       cmocka_unit_test(rationals),
                                       cmocka_unit_test(middles_as_doubles)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

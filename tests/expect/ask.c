#include "expect/ask.h"

ew_atom1 ask_atom(int z, int e0, int e1, int e2, slong j)
{
    ew_atom1 t = {.j = j};
    t.f.z = (unsigned short) z;
    t.f.e[0] = (unsigned char) e0;
    t.f.e[1] = (unsigned char) e1;
    t.f.e[2] = (unsigned char) e2;
    return t;
}

void ask_open(ask *a, const char *activation, ew_method method)
{
    a->ctx = ew_context_new();
    check_ok(a->ctx, ew_activation_new(&a->s, activation, a->ctx));
    check_ok(a->ctx, ew_evaluator_new(&a->E, a->s, method, a->ctx));
}

void ask_close(ask *a)
{
    ew_evaluator_free(a->E);
    ew_activation_free(a->s);
    ew_context_free(a->ctx);
}

void ask_value(arb_t value, ask *a, ew_atom1 atom, const char *K, slong prec)
{
    arb_t k;
    arb_init(k);
    assert_int_equal(arb_set_str(k, K, prec + 80), 0);
    check_ok(a->ctx, ew_expect_one(value, NULL, a->E, &atom, 1, k, prec, a->ctx));
    arb_clear(k);
}

static void exact_value(arb_t value, mag_t scale, const char *activation, ew_method method,
                        ew_atom1 atom, const char *K, slong prec)
{
    ask a;
    arb_t k;
    mag_t limit;
    arb_init(k);
    mag_init(limit);
    ask_open(&a, activation, method);
    assert_int_equal(arb_set_str(k, K, prec + 80), 0);
    arb_get_mid_arb(k, k);
    check_ok(a.ctx, ew_expect_one(value, scale, a.E, &atom, 1, k, prec, a.ctx));
    mag_mul_2exp_si(limit, scale, -prec);
    if (mag_cmp(arb_radref(value), limit) > 0)
        fail_msg("%s, K = %s: method %d misses %ld bits", activation, K, (int) method,
                 (long) prec);
    arb_get_mag(limit, value);
    mag_mul_2exp_si(scale, scale, 1);
    if (mag_cmp(limit, scale) > 0)
        fail_msg("%s, K = %s: the scale is below the value", activation, K);
    ask_close(&a);
    arb_clear(k);
    mag_clear(limit);
}

void ask_compare(const char *activation, ew_method one, ew_method two, ew_atom1 atom,
                 const char *K, slong prec)
{
    arb_t x, y;
    mag_t s, t;
    arb_init(x);
    arb_init(y);
    mag_init(s);
    mag_init(t);
    exact_value(x, s, activation, one, atom, K, prec);
    exact_value(y, t, activation, two, atom, K, prec);
    if (!arb_overlaps(x, y))
        fail_msg("%s, K = %s: methods %d and %d differ at %ld bits", activation, K, (int) one,
                 (int) two, (long) prec);
    arb_clear(x);
    arb_clear(y);
    mag_clear(s);
    mag_clear(t);
}

#include "support/check.h"

#include <math.h>
#include <string.h>

#include "readings/sample/tally.h"

/* One field: one pair, cumulants of up to four entries. */
typedef struct {
    ew_fields *fields;
    ew_statistics *statistics;
    ew_monomials *monomials;
    double shift[2], scale[2];
    ew_tally_plan plan;
} fixture;

static void fixture_init(fixture *f, ew_context *ctx)
{
    check_ok(ctx, ew_fields_new(&f->fields, 1, NULL, 0, NULL, 0, ctx));
    check_ok(ctx, ew_statistics_new(&f->statistics, f->fields, 4, ctx));
    check_ok(ctx, ew_monomials_new(&f->monomials, f->statistics, ctx));
    f->shift[0] = f->shift[1] = 0;
    f->scale[0] = f->scale[1] = 1;
    f->plan = (ew_tally_plan){2, 1, f->monomials, f->shift, f->scale, 0};
}

static void fixture_clear(fixture *f)
{
    ew_monomials_free(f->monomials);
    ew_statistics_free(f->statistics);
    ew_fields_free(f->fields);
}

static slong power(const fixture *f, slong k)
{
    ew_pairs list = {.n = k};
    return ew_monomials_find(f->monomials, &list);
}

/* x, x^2, x^3, x^4 once each, in the order of parents. */
static void test_monomials(void **state)
{
    ew_context *ctx = *state;
    fixture f;
    fixture_init(&f, ctx);
    assert_int_equal(f.monomials->n, 4);
    for (slong k = 1; k <= 4; k++)
        assert_int_equal(power(&f, k), k - 1);
    assert_int_equal(power(&f, 5), -1);
    fixture_clear(&f);
}

/* Two inputs and one tangent pair: every sublist of every list is there. */
static void test_sublists(void **state)
{
    ew_context *ctx = *state;
    static const ew_generator tangents[2] = {EW_TANGENT, EW_TANGENT};
    static const ulong sets[3] = {0, 1, 2};
    ew_fields *fields;
    ew_statistics *s;
    ew_monomials *m;
    check_ok(ctx, ew_fields_new(&fields, 1, tangents, 2, sets, 3, ctx));
    check_ok(ctx, ew_statistics_new(&s, fields, 3, ctx));
    check_ok(ctx, ew_monomials_new(&m, s, ctx));
    for (slong i = 0; i < s->n; i++)
        for (slong c = 0; c < s->at[i].copies; c++) {
            const ew_pairs *list = &s->at[i].copy[c];
            for (slong leave = 0; leave < list->n; leave++) {
                ew_pairs sub = {.n = 0};
                for (slong k = 0; k < list->n; k++)
                    if (k != leave || list->n == 1)
                        sub.p[sub.n++] = list->p[k];
                slong at = ew_monomials_find(m, &sub);
                assert_true(at >= 0 && m->at[at].parent < at);
                assert_int_equal(m->at[at].pair, sub.p[sub.n - 1]);
            }
        }
    ew_monomials_free(m);
    ew_statistics_free(s);
    ew_fields_free(fields);
}

/* A million steps of 0.1: plain summation loses ten digits of the mean's last bits. */
static void test_compensation(void **state)
{
    ew_context *ctx = *state;
    fixture f;
    fixture_init(&f, ctx);
    ew_tally *t;
    check_ok(ctx, ew_tally_new(&t, &f.plan, ctx));
    const double x = 0.1;
    for (int i = 0; i < 1000000; i++)
        ew_tally_add(t, &f.plan, 2, &x);
    assert_true((double) (ew_tally_sum(t, &f.plan, 2, 0) / 1000000) == 0.1);
    assert_true(ew_tally_sum(t, &f.plan, 3, 0) == 0);
    ew_tally_free(t);
    fixture_clear(&f);
}

/* Shift and scale; merged sums are those of all samples together. */
static void test_merge(void **state)
{
    ew_context *ctx = *state;
    fixture f;
    fixture_init(&f, ctx);
    f.shift[1] = 0.5;
    f.scale[1] = 4;
    ew_tally *t[3];
    long double want[4] = {0};
    check_rng r;
    check_rng_init(&r, "tally");
    for (int i = 0; i < 3; i++)
        check_ok(ctx, ew_tally_new(&t[i], &f.plan, ctx));
    for (int i = 0; i < 1000; i++) {
        double x = check_uniform(&r), p = 1;
        for (int k = 0; k < 4; k++)
            want[k] += p *= (x - 0.5) / 4;
        for (int j = 0; j < 2; j++) {
            ew_tally *to = j == 0 ? t[0] : i < 300 ? t[1] : t[2];
            ew_tally_add(to, &f.plan, 3, &x);
            to->n++;
        }
    }
    ew_tally_merge(t[1], t[2]);
    assert_true(t[1]->n == 1000);
    for (slong k = 0; k < 4; k++) {
        assert_true(fabsl(ew_tally_sum(t[0], &f.plan, 3, k) - want[k]) < 1e-15L);
        assert_true(fabsl(ew_tally_sum(t[1], &f.plan, 3, k) - want[k]) < 1e-15L);
    }
    for (int i = 0; i < 3; i++)
        ew_tally_free(t[i]);
    fixture_clear(&f);
}

/* Not finite: counted in the first layer where it happens, never added. */
static void test_not_finite(void **state)
{
    ew_context *ctx = *state;
    fixture f;
    fixture_init(&f, ctx);
    ew_tally *t, *u;
    check_ok(ctx, ew_tally_new(&t, &f.plan, ctx));
    check_ok(ctx, ew_tally_new(&u, &f.plan, ctx));
    const double bad[2] = {NAN, INFINITY}, one = 1;
    ew_tally_add(t, &f.plan, 2, &one);
    ew_tally_add(t, &f.plan, 3, &bad[0]);
    ew_tally_add(t, &f.plan, 3, &bad[1]);
    assert_true(t->bad_layer == 3 && t->bad == 2);
    assert_true(ew_tally_sum(t, &f.plan, 2, 0) == 1 && ew_tally_sum(t, &f.plan, 3, 0) == 0);
    ew_tally_add(u, &f.plan, 2, &bad[0]);
    ew_tally_add(u, &f.plan, 3, &bad[0]);
    ew_tally_merge(t, u);
    assert_true(t->bad_layer == 2 && t->bad == 1);
    ew_tally_free(t);
    ew_tally_free(u);
    fixture_clear(&f);
}

static int setup(void **state)
{
    *state = ew_context_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ew_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_monomials), cmocka_unit_test(test_sublists),
        cmocka_unit_test(test_compensation), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_not_finite)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}

/* Transition laws against formulas worked out by hand from theory.md sections 2 and 3. */
#include "chain/formula.h"
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

static const ew_transition gaussian = {EW_ENSEMBLE_GAUSSIAN, 0};

static ew_pairs pairs(const ew_fields *f, const char *names)
{
    ew_pairs list = {0, {0}};
    while (*names) {
        slong found = -1;
        size_t n = strcspn(names, " ");
        for (slong p = 0; p < f->pairs; p++) {
            char *name = ew_pair_name(f, p, NULL);
            if (strlen(name) == n && strncmp(name, names, n) == 0)
                found = p;
            free(name);
        }
        assert_true(found >= 0);
        ew_pairs_add(&list, found);
        names += n;
        names += strspn(names, " ");
    }
    return list;
}

static void check_cumulant(ew_law *law, const char *of, int limit, const char *formula)
{
    ew_context *ctx = ew_context_new();
    ew_pairs list = pairs(law->fields, of);
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    check_ok(ctx, ew_law_cumulant(f, law, &list, 0, ctx));
    if (limit)
        check_ok(ctx, ew_law_drop_odd(f, f, law, ctx));
    formula_check(f, formula, NULL, NULL, law);
    fmpq_mpoly_clear(f, law->ring);
    ew_context_free(ctx);
}

static void check_derivative(ew_law *law, const char *of, const char *by, const char *formula)
{
    ew_context *ctx = ew_context_new();
    ew_pairs list = pairs(law->fields, of), p = pairs(law->fields, by);
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    check_ok(ctx, ew_law_cumulant(f, law, &list, 0, ctx));
    for (slong i = 0; i < p.n; i++)
        check_ok(ctx, ew_law_differentiate(f, f, p.p[i], law, ctx));
    formula_check(f, formula, NULL, NULL, law);
    fmpq_mpoly_clear(f, law->ring);
    ew_context_free(ctx);
}

/* Two inputs and one tangent: NNGP and NTK maps. */
static void kernels_of_two_inputs(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT};
    ulong sets[] = {1};
    ew_fields *f;
    ew_law *law;
    check_ok(ctx, ew_fields_new(&f, 2, kind, 1, sets, 1, ctx));
    assert_int_equal(f->n, 4);
    assert_int_equal(f->pairs, 10);
    ew_pairs wanted[] = {pairs(f, "a.b"), pairs(f, "a1.b1"), pairs(f, "a.a"), pairs(f, "a1.a1"),
                         pairs(f, "a.b1")};
    check_ok(ctx, ew_law_new(&law, &gaussian, f, wanted, 5, 1, NULL, 0, ctx));
    check_cumulant(law, "a.b", 0, "C_b + C_W*<s_a s_b>");
    check_cumulant(law, "a.a", 0, "C_b + C_W*<s_a^2>");
    check_cumulant(law, "a1.b1", 1, "lambda_b + lambda_W*<s_a s_b> + C_W*<s1_a s1_b>*a1.b1");
    check_cumulant(law, "a1.a1", 1, "lambda_b + lambda_W*<s_a^2> + C_W*<s1_a^2>*a1.a1");
    /* <s'_a y_a s'_b y_b>: both tangents on a, on b, or one on each side. */
    check_cumulant(law, "a1.b1", 0,
                   "lambda_b + lambda_W*<s_a s_b> + C_W*<s1_a s1_b>*a1.b1"
                   "+ 2*C_W*D_aa<s1_a s1_b>*a.a1*a.b1 + 2*C_W*D_bb<s1_a s1_b>*a1.b*b.b1"
                   "+ C_W*D_ab<s1_a s1_b>*(a.a1*b.b1 + a1.b*a.b1)");
    check_derivative(law, "a.b", "a.b", "C_W*D_ab<s_a s_b>");
    check_derivative(law, "a.b", "a.a", "C_W*D_aa<s_a s_b>");
    check_derivative(law, "a.a", "a.b", "0");
    check_derivative(law, "a.a", "b.b", "0");
    check_derivative(law, "a1.b1", "a1.b1", "C_W*<s1_a s1_b>");
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

/* One input, two tangents: conditional covariances, and the odd derivative <(s s')'> = D<s^2>.
 */
static void one_input_two_tangents(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT, EW_TANGENT};
    ulong sets[] = {1, 2};
    ew_fields *f;
    ew_law *law;
    check_ok(ctx, ew_fields_new(&f, 1, kind, 2, sets, 2, ctx));
    ew_pairs wanted[] = {pairs(f, "a.a a.a a.a"), pairs(f, "a.a1 a.a1"),
                         pairs(f, "a1.a1 a2.a2"), pairs(f, "a1.a2 a1.a2")};
    check_ok(ctx, ew_law_new(&law, &gaussian, f, wanted, 4, 2, NULL, 0, ctx));
    check_cumulant(law, "a.a a.a", 0, "C_W^2*(<s^4> - <s^2>^2)");
    check_cumulant(law, "a.a a.a a.a", 0, "C_W^3*(<s^6> - 3*<s^4>*<s^2> + 2*<s^2>^3)");
    check_cumulant(law, "a.a1", 0, "C_W*D<s^2>*a.a1");
    check_cumulant(law, "a.a1", 1, "0");
    check_cumulant(law, "a.a1 a.a1", 0,
                   "C_W^2*(<s^2 s1^2>*a1.a1 + 2*D<s^2 s1^2>*a.a1^2 - D<s^2>^2*a.a1^2)");
    check_cumulant(law, "a1.a1 a2.a2", 1,
                   "lambda_W^2*(<s^4> - <s^2>^2)"
                   "+ C_W*lambda_W*(<s^2 s1^2> - <s^2>*<s1^2>)*(a1.a1 + a2.a2)"
                   "+ C_W^2*(<s1^4> - <s1^2>^2)*a1.a1*a2.a2 + 0*a1.a2");
    check_cumulant(law, "a1.a2 a1.a2", 1, "C_W^2*<s1^4>*a1.a1*a2.a2");
    check_derivative(law, "a.a", "a.a a.a", "C_W*D^2<s^2>");
    check_derivative(law, "a1.a1", "a.a1 a.a1", "4*C_W*D<s1^2>");
    ew_pairs unasked = pairs(f, "a.a a.a a.a a.a");
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, law->ring);
    check_status(ctx, ew_law_cumulant(g, law, &unasked, 0, ctx), EW_UNABLE);
    fmpq_mpoly_clear(g, law->ring);
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

/* Second derivatives of fields, Faa di Bruno included. */
static void second_derivative_fields(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT, EW_TANGENT};
    ulong sets[] = {3};
    ew_fields *f;
    ew_law *law;
    check_ok(ctx, ew_fields_new(&f, 1, kind, 2, sets, 1, ctx));
    assert_int_equal(f->n, 4);
    ew_pairs wanted[] = {pairs(f, "a.a12"), pairs(f, "a12.a12")};
    check_ok(ctx, ew_law_new(&law, &gaussian, f, wanted, 2, 1, NULL, 0, ctx));
    check_cumulant(law, "a.a12", 0, "C_W*(D<s^2>*a.a12 + <s s2>*a1.a2 + 2*D<s s2>*a.a1*a.a2)");
    check_cumulant(law, "a12.a12", 1,
                   "C_W*(<s1^2>*a12.a12 + <s2^2>*a1.a1*a2.a2)"
                   "+ lambda_W*<s1^2>*(a1.a1 + a2.a2)");
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

/* An input derivative: [d] has no channel of its own and no bias. */
static void directions(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_DIRECTION, EW_TANGENT};
    ulong sets[] = {3};
    ew_fields *f;
    ew_law *law;
    check_ok(ctx, ew_fields_new(&f, 1, kind, 2, sets, 1, ctx));
    ew_pairs wanted[] = {pairs(f, "au.au"), pairs(f, "a.au"), pairs(f, "a1u.a1u")};
    check_ok(ctx, ew_law_new(&law, &gaussian, f, wanted, 3, 1, NULL, 0, ctx));
    check_cumulant(law, "au.au", 0, "C_W*(<s1^2>*au.au + 2*D<s1^2>*a.au^2)");
    check_cumulant(law, "a.au", 0, "C_W*D<s^2>*a.au");
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

static void lists_are_canonical(void **state)
{
    (void) state;
    ew_generator kind[] = {EW_TANGENT, EW_TANGENT, EW_TANGENT};
    ulong sets[] = {1, 2, 4};
    ew_fields *f;
    assert_int_equal(ew_fields_new(&f, 1, kind, 3, sets, 3, NULL), EW_OK);
    ew_pairs x = pairs(f, "a2.a3 a.a a1.a3 a1.a2"), y, z = pairs(f, "a3.a3 a1.a1");
    ew_pairs_canonical(&y, &x, f);
    assert_int_equal(ew_pairs_compare(&x, &y), 0);
    assert_false(ew_pairs_odd(&x, f));
    ew_pairs_canonical(&y, &z, f);
    z = pairs(f, "a1.a1 a2.a2");
    assert_int_equal(ew_pairs_compare(&y, &z), 0);
    z = pairs(f, "a.a1 a2.a2");
    assert_true(ew_pairs_odd(&z, f));
    for (slong p = 0; p < f->pairs; p++) {
        slong i, j;
        ew_pair_fields(&i, &j, f, p);
        assert_int_equal(ew_pair_of(f, j, i), p);
    }
    ew_fields_free(f);
}

/* The same law for derivatives at infinite width only: fewer atoms, the same derivatives. */
static void law_at_the_limit(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT, EW_TANGENT};
    ulong sets[] = {1, 2};
    ew_fields *f;
    ew_law *law[2];
    check_ok(ctx, ew_fields_new(&f, 1, kind, 2, sets, 2, ctx));
    ew_pairs wanted[] = {pairs(f, "a1.a1"), pairs(f, "a.a1"), pairs(f, "a1.a1 a2.a2"),
                         pairs(f, "a.a1 a1.a2")};
    const slong derivatives[] = {4, 4, 2, 2};
    check_ok(ctx, ew_law_new(&law[0], &gaussian, f, wanted, 4, 4, NULL, 0, ctx));
    check_ok(ctx,
             ew_law_new_at_limit(&law[1], &gaussian, f, wanted, derivatives, 4, NULL, 0, ctx));
    assert_true(law[1]->atoms < law[0]->atoms);
    const char *const by[] = {"", "a.a", "a1.a1", "a.a1 a.a1", "a.a2 a1.a2", "a1.a2 a1.a2"};
    slong nonzero = 0;
    for (slong w = 0; w < 4; w++)
        for (size_t b = 0; b < sizeof by / sizeof *by; b++) {
            char *text[2];
            for (int k = 0; k < 2; k++) {
                fmpq_mpoly_t x;
                ew_pairs p = pairs(f, by[b]);
                fmpq_mpoly_init(x, law[k]->ring);
                check_ok(ctx, ew_law_cumulant(x, law[k], &wanted[w], 0, ctx));
                for (slong i = 0; i < p.n; i++) {
                    /* as many vanishing covariances as derivatives left, at most */
                    if (k)
                        check_ok(ctx, ew_law_truncate(x, x, p.n - i - !f->parity[p.p[i]],
                                                      law[k], ctx));
                    check_ok(ctx, ew_law_differentiate(x, x, p.p[i], law[k], ctx));
                }
                check_ok(ctx, ew_law_drop_odd(x, x, law[k], ctx));
                nonzero += !fmpq_mpoly_is_zero(x, law[k]->ring);
                text[k] =
                    fmpq_mpoly_get_str_pretty(x, (const char **) law[k]->name, law[k]->ring);
                fmpq_mpoly_clear(x, law[k]->ring);
            }
            assert_string_equal(text[0], text[1]);
            flint_free(text[0]);
            flint_free(text[1]);
        }
    assert_true(nonzero > 12);
    ew_law_free(law[0]);
    ew_law_free(law[1]);
    ew_fields_free(f);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_of_two_inputs),    cmocka_unit_test(one_input_two_tangents),
        cmocka_unit_test(second_derivative_fields), cmocka_unit_test(directions),
        cmocka_unit_test(lists_are_canonical),      cmocka_unit_test(law_at_the_limit),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

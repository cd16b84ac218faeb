/* The law of orthogonal weights against the formulas of theory.md section 7, which know the
 * first two orders. */
#include "chain/formula.h"
#include "support/check.h"

/* f = C_W s^2, Q = G - C_b; <f''> = 2 d1, <f''''> = 4 d2, ... */
static const char *const name[] = {"Q",  "d1", "d2", "d3", "d4",  "Lap2f", "C1",
                                   "c2", "C2", "f1", "ff", "ff1", NULL};
static const char *const value[] = {
    "(a.a - C_b[l])",
    "(C_W*D<s^2>)",
    "(C_W*D^2<s^2>)",
    "(C_W*D^3<s^2>)",
    "(C_W*D^4<s^2>)",
    "(4*Q^2*d2)",
    "(-2*Q^2*d1^2)",
    "(-Q^2*C_W^2*(D^2<s^4> - 2*<s^2>*D^2<s^2>))",
    "(4*Q^2*d1^2 + 16*Q^3*d1*d2 + 4*Q^4*d1*d3 + 2*Q^4*d2^2)",
    "(C_W*<s^2>)",
    "(C_W^2*<s^4>)",
    "(2*C_W^2*D<s^4>)",
};

static ew_pairs times(slong n)
{
    ew_pairs list = {n, {0}};
    return list;
}

static void check(ew_law *law, slong entries, slong grade, const char *text)
{
    ew_context *ctx = ew_context_new();
    ew_pairs list = times(entries);
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    check_ok(ctx, ew_law_cumulant(f, law, &list, grade, ctx));
    formula_check(f, text, name, value, law);
    fmpq_mpoly_clear(f, law->ring);
    ew_context_free(ctx);
}

/* Where widths shrink q < 1: a power of q for every power of 1/N. */
static void one_field(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    const ew_transition of = {EW_ENSEMBLE_ORTHOGONAL, 2};
    ew_fields *f;
    ew_law *law;
    ew_pairs wanted = times(3);
    check_ok(ctx, ew_fields_new(&f, 1, NULL, 0, NULL, 0, ctx));
    check_ok(ctx, ew_law_new(&law, &of, f, &wanted, 1, 0, NULL, 0, ctx));
    check(law, 1, 0, "C_b + f1");
    check(law, 1, 1, "-1/4*q*Lap2f");
    check(law, 1, 2, "q^2*(2*Q^2*d2 + 8/3*Q^3*d3 + 1/2*Q^4*d4)");
    check(law, 2, 0, "ff - f1^2 + q*C1");
    check(law, 2, 1, "q*(c2 - C1) + q^2*C2");
    check(law, 3, 0,
          "C_W^3*<s^6> - 3*ff*f1 + 2*f1^3 - 3/2*q*Q^2*(ff1*2*d1 - 8*f1*d1^2)"
          "+ 16*q^2*Q^3*d1^3 + 12*q^2*Q^4*d2*d1^2");
    assert_int_equal(ew_law_grades(law, 1), 3);
    assert_int_equal(ew_law_grades(law, 3), 1);
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

/* Q of two first derivatives: what biases and the tangent's own weights add to Ghat is taken
 * off.  n Cov(Ghat_12, Ghat_12) less its Gaussian value is -1/2 sum Q_AC Q_BD <d_A d_B f> <d_C
 * d_D f>, here -Q_11 Q_22 <d_1 d_2 f>^2. */
static void tangents(void **state)
{
    (void) state;
    static const char *const names[] = {"Q", "Q11", "Q22", NULL};
    static const char *const values[] = {"(a.a - C_b[l])", "(a1.a1 - lambda_b[l] - w[l]*Q)",
                                         "(a2.a2 - lambda_b[l] - w[l]*Q)"};
    ew_context *ctx = ew_context_new();
    const ew_transition of = {EW_ENSEMBLE_ORTHOGONAL, 1};
    const ew_generator kind[] = {EW_TANGENT, EW_TANGENT};
    const ulong set[] = {1, 2};
    const slong none[] = {0};
    ew_fields *f;
    ew_law *law;
    fmpq_mpoly_t k;
    check_ok(ctx, ew_fields_new(&f, 1, kind, 2, set, 2, ctx));
    int p = (int) ew_pair_of(f, ew_fields_find(f, 0, 1), ew_fields_find(f, 0, 2));
    ew_pairs wanted = {2, {p, p}};
    check_ok(ctx, ew_law_new_at_limit(&law, &of, f, &wanted, none, 1, NULL, 0, ctx));
    fmpq_mpoly_init(k, law->ring);
    check_ok(ctx, ew_law_cumulant(k, law, &wanted, 0, ctx));
    formula_check(k, "C_W^2*<s1^4>*a1.a1*a2.a2 - q*C_W^2*<s1^2>^2*Q11*Q22", names, values, law);
    fmpq_mpoly_clear(k, law->ring);
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

/* Orders that were not wanted. */
static void grades_are_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    const ew_transition of = {EW_ENSEMBLE_ORTHOGONAL, 1};
    ew_fields *f;
    ew_law *law;
    fmpq_mpoly_t k;
    ew_pairs wanted = times(2);
    check_ok(ctx, ew_fields_new(&f, 1, NULL, 0, NULL, 0, ctx));
    check_ok(ctx, ew_law_new(&law, &of, f, &wanted, 1, 0, NULL, 0, ctx));
    fmpq_mpoly_init(k, law->ring);
    check_status(ctx, ew_law_cumulant(k, law, &wanted, 1, ctx), EW_UNABLE);
    fmpq_mpoly_clear(k, law->ring);
    ew_law_free(law);
    ew_fields_free(f);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field),
        cmocka_unit_test(tangents),
        cmocka_unit_test(grades_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

/* Taylor coefficients relative to the first. */
#include "activation/taylor_ratio.h"
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#define LEN 12

/* Coefficients of z, z^2, ... over the first, as "p/q" separated by blanks. */
static void check_ratio(const char *activation, const char *expected)
{
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    fmpq *c = _fmpq_vec_init(LEN);
    fmpq_t q;
    fmpq_init(q);
    char *copy = strdup(expected), *save = NULL;
    check_ok(ctx, ew_activation_new(&s, activation, ctx));
    check_ok(ctx, ew_activation_taylor_ratio(c, s, LEN, ctx));
    assert_true(fmpq_is_zero(c));
    slong k = 1;
    for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save), k++) {
        assert_int_equal(fmpq_set_str(q, t, 10), 0);
        if (!fmpq_equal(q, c + k))
            fail_msg("%s: z^%ld: %s expected", activation, (long) k, t);
    }
    free(copy);
    fmpq_clear(q);
    _fmpq_vec_clear(c, LEN);
    ew_activation_free(s);
    ew_context_free(ctx);
}

static void test_values(void **state)
{
    (void) state;
    /* erf: (-1)^k/(k! (2k+1)) */
    check_ratio("erf", "1 0 -1/3 0 1/10 0 -1/42 0 1/216 0 -1/1320");
    /* sin(b z)/b: (-b^2)^k/(2k+1)! */
    check_ratio("sin(sqrt(2)*z)", "1 0 -1/3 0 1/30 0 -1/630");
    check_ratio("tanh(z)/sqrt(12)", "1 0 -1/3 0 2/15 0 -17/315");
    check_ratio("sqrt(pi)*z*exp(-z^2)", "1 0 -1 0 1/2 0 -1/6");
    check_ratio("z/sqrt(2)+z^2/sqrt(8)", "1 1/2 0 0");
    check_ratio("atan(sqrt(3)*z)", "1 0 -1 0 9/5");
    check_ratio("sqrt(3)*sinh(z/2)/(1+z^2)^2", "1 0 -47/24 0 1867/640 0 -250051/64512");
    check_ratio("tanh", "1 0 -1/3 0 2/15");
    check_ratio("erfc(z)-1", "1 0 -1/3");
}

static void test_refused(void **state)
{
    (void) state;
    static const char *const some[] = {
        "gelu", "z+sqrt(2)*z^2", "erf(sqrt(pi)*z/2)", "tanh(z)/(1+sqrt(2))",
        "relu", "sin(z)+erf(z)"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        ew_context *ctx = ew_context_new();
        ew_activation *s;
        fmpq *c = _fmpq_vec_init(LEN);
        check_ok(ctx, ew_activation_new(&s, some[i], ctx));
        check_status(ctx, ew_activation_taylor_ratio(c, s, LEN, ctx), EW_UNABLE);
        _fmpq_vec_clear(c, LEN);
        ew_activation_free(s);
        ew_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

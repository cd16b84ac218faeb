#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "expect/integrand.h"

typedef struct {
    const char *c;        /* coefficient */
    int z, s, s1, s2;     /* exponents of u */
    int zb, sb, s1b, s2b; /* exponents of v */
} expected;

static int matches(const ew_monomial *m, int z, int s, int s1, int s2)
{
    ew_monomial want;
    memset(&want, 0, sizeof want);
    want.z = (unsigned short) z;
    want.e[0] = (unsigned char) s;
    want.e[1] = (unsigned char) s1;
    want.e[2] = (unsigned char) s2;
    return m->z == want.z && memcmp(m->e, want.e, sizeof want.e) == 0;
}

static void check(const char *text, slong variables, const expected *want, slong n)
{
    ew_context *ctx = ew_context_new();
    ew_integrand *f;
    fmpq_t c;
    fmpq_init(c);
    check_ok(ctx, ew_integrand_parse(&f, text, variables, ctx));
    assert_int_equal(f->n, n);
    assert_int_equal(f->variables, variables);
    for (slong i = 0; i < n; i++) {
        slong found = -1;
        for (slong j = 0; j < n; j++)
            if (matches(f->term[j].of, want[i].z, want[i].s, want[i].s1, want[i].s2) &&
                matches(f->term[j].of + 1, want[i].zb, want[i].sb, want[i].s1b, want[i].s2b))
                found = j;
        if (found < 0)
            fail_msg("%s: term %ld is missing", text, (long) i);
        fmpq_set_str(c, want[i].c, 10);
        assert_true(fmpq_equal(c, f->coef + found));
    }
    fmpq_clear(c);
    ew_integrand_free(f);
    ew_context_free(ctx);
}

static void polynomials_are_expanded(void **state)
{
    (void) state;
    check("s^2*s1^2*z^2", 1, (expected[]){{"1", 2, 2, 2, 0, 0, 0, 0, 0}}, 1);
    check("s s2 z", 1, (expected[]){{"1", 1, 1, 0, 1, 0, 0, 0, 0}}, 1);
    check("s_a s_b", 2, (expected[]){{"1", 0, 1, 0, 0, 0, 1, 0, 0}}, 1);
    check("s1_a*z_b^2", 2, (expected[]){{"1", 0, 0, 1, 0, 2, 0, 0, 0}}, 1);
    check("(s_a - 2 s_b)^2/3", 2,
          (expected[]){{"1/3", 0, 2, 0, 0, 0, 0, 0, 0},
                       {"-4/3", 0, 1, 0, 0, 0, 1, 0, 0},
                       {"4/3", 0, 0, 0, 0, 0, 2, 0, 0}},
          3);
    check("-0.25z^2 + 3", 1,
          (expected[]){{"-1/4", 2, 0, 0, 0, 0, 0, 0, 0}, {"3", 0, 0, 0, 0, 0, 0, 0, 0}}, 2);
    check("2(z+s)(z-s)", 1,
          (expected[]){{"2", 2, 0, 0, 0, 0, 0, 0, 0}, {"-2", 0, 2, 0, 0, 0, 0, 0, 0}}, 2);
    check("s0^2", 1, (expected[]){{"1", 0, 2, 0, 0, 0, 0, 0, 0}}, 1);
    check("z - z", 1, NULL, 0);
    check("s^0", 1, (expected[]){{"1", 0, 0, 0, 0, 0, 0, 0, 0}}, 1);
}

/* The caret stands under the offending character. */
static void check_caret(const char *text, slong variables, slong column)
{
    ew_context *ctx = ew_context_new();
    ew_integrand *f;
    check_status(ctx, ew_integrand_parse(&f, text, variables, ctx), EW_USAGE);
    assert_null(f);
    const char *message = ew_context_error(ctx), *line = strrchr(message, '\n');
    assert_non_null(line);
    if ((slong) (strchr(line, '^') - line) - 1 != column)
        fail_msg("%s: caret not at %ld:\n%s", text, (long) column, message);
    ew_context_free(ctx);
}

static void mistakes_get_a_caret(void **state)
{
    (void) state;
    check_caret("s^2 + q", 1, 6);
    check_caret("s^", 1, 2);
    check_caret("s^2.5", 1, 2);
    check_caret("s/z", 1, 2);
    check_caret("s/0", 1, 2);
    check_caret("(s + z", 1, 0);
    check_caret("s )", 1, 2);
    check_caret("s_a", 1, 0);
    check_caret("s s_b", 2, 0);
    check_caret("s_a s_c", 2, 4);
    check_caret("s_a s_d", 3, 4);
    check_caret("s99", 1, 0);
    check_caret("", 1, 0);
    check_caret("s $ z", 1, 2);
    check_caret("s**z", 1, 2);
    check_caret("1.2.3 s", 1, 0);
    check_caret("s^150 s^150", 1, 6);
}

static void limits_hold(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_integrand *f;
    size_t n = 100000;
    char *text = malloc(n + 1);
    memset(text, '(', n);
    text[n] = 0;
    check_status(ctx, ew_integrand_parse(&f, text, 1, ctx), EW_USAGE);
    text[20000] = 0;
    check_status(ctx, ew_integrand_parse(&f, text, 1, ctx), EW_USAGE);
    assert_non_null(strstr(ew_context_error(ctx), "nested"));
    check_status(ctx, ew_integrand_parse(&f, "(z+s+s1+s2+s3+s4)^40", 1, ctx), EW_USAGE);
    assert_non_null(strstr(ew_context_error(ctx), "terms"));
    check_status(ctx, ew_integrand_parse(&f, "s", 9, ctx), EW_USAGE);
    free(text);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polynomials_are_expanded),
        cmocka_unit_test(mistakes_get_a_caret),
        cmocka_unit_test(limits_hold),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

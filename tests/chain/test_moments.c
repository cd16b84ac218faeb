/* Products of polynomials in several Gaussian variables; which atoms a program needs. */
#include "chain/evaluate.h"
#include "chain/product_moment.h"
#include "support/check.h"

#include <stdlib.h>

static const ew_transition gaussian = {EW_ENSEMBLE_GAUSSIAN, 0};

/* E[z_a^i z_b^j z_c^k] by Stein, one factor at a time. */
static void isserlis(fmpq_t x, const slong e[3], const fmpq *gram)
{
    slong a = 0, rest[3] = {e[0], e[1], e[2]};
    fmpq_t t;
    while (a < 3 && !e[a])
        a++;
    if (a == 3) {
        fmpq_one(x);
        return;
    }
    fmpq_init(t);
    fmpq_zero(x);
    rest[a]--;
    for (slong b = 0; b < 3; b++) {
        if (!rest[b])
            continue;
        slong next[3] = {rest[0], rest[1], rest[2]};
        next[b]--;
        isserlis(t, next, gram);
        fmpq_mul(t, t, gram + 3 * a + b);
        fmpq_mul_si(t, t, rest[b]);
        fmpq_add(x, x, t);
    }
    fmpq_clear(t);
}

static void random_gram(fmpq *gram, check_rng *rng)
{
    for (slong a = 0; a < 3; a++)
        for (slong b = a; b < 3; b++) {
            fmpq_set_si(gram + 3 * a + b, check_range(rng, a == b, 9),
                        (ulong) check_range(rng, 1, 5));
            fmpq_set(gram + 3 * b + a, gram + 3 * a + b);
        }
}

/* s = z^2: <d_a^m (s_a^e) s_b^f s_c'^g> = a falling factorial times a monomial's moment. */
static void products_of_squares(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    check_rng rng;
    check_rng_init(&rng, "products_of_squares");
    check_ok(ctx, ew_activation_new(&s, "z^2", ctx));
    fmpq *gram = _fmpq_vec_init(9);
    arb_ptr ball = _arb_vec_init(9);
    fmpq_t x, y;
    arb_t z;
    mag_t scale;
    fmpq_init(x);
    fmpq_init(y);
    arb_init(z);
    mag_init(scale);
    for (slong i = 0; i < check_trials(50); i++) {
        slong e = check_range(&rng, 0, 2), f = check_range(&rng, 0, 2),
              g = check_range(&rng, 0, 3), m = check_range(&rng, 0, 2 * e);
        ew_atom atom = {.e = {{0}}};
        atom.e[0][0] = (unsigned char) e;
        atom.e[1][0] = (unsigned char) f;
        atom.e[2][1] = (unsigned char) g;
        atom.m[0] = (unsigned char) m;
        random_gram(gram, &rng);
        isserlis(y, (slong[3]){2 * e - m, 2 * f, g}, gram);
        for (slong k = 0; k < m; k++)
            fmpq_mul_si(y, y, 2 * e - k);
        for (slong k = 0; k < g; k++)
            fmpq_mul_si(y, y, 2);
        assert_true(ew_product_moment_rational(x, s, &atom, gram, 3));
        assert_true(fmpq_equal(x, y));
        for (slong k = 0; k < 9; k++)
            arb_set_fmpq(ball + k, gram + k, 200);
        ew_product_moment_ball(z, scale, s, &atom, ball, 3, 200);
        assert_true(arb_contains_fmpq(z, y));
        assert_true(arb_rel_accuracy_bits(z) > 180 || fmpq_is_zero(y));
        assert_true(mag_cmp(arb_radref(z), scale) <= 0);
    }
    _fmpq_vec_clear(gram, 9);
    _arb_vec_clear(ball, 9);
    fmpq_clear(x);
    fmpq_clear(y);
    arb_clear(z);
    mag_clear(scale);
    ew_activation_free(s);
    ew_context_free(ctx);
}

/* Var f = C_W^2 (<s^4> - <s^2>^2): with C_W = 0 nothing is needed. */
static void needed_variables(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_fields *fields;
    ew_law *law;
    ew_poly_program *p;
    fmpq_mpoly_t f;
    check_ok(ctx, ew_fields_new(&fields, 1, NULL, 0, NULL, 0, ctx));
    ew_pairs wanted = {2, {0, 0}};
    check_ok(ctx, ew_law_new(&law, &gaussian, fields, &wanted, 1, 0, NULL, 0, ctx));
    fmpq_mpoly_init(f, law->ring);
    check_ok(ctx, ew_law_cumulant(f, law, &wanted, 0, ctx));
    const fmpq_mpoly_struct *list[] = {f};
    check_ok(ctx, ew_poly_program_new(&p, list, 1, law, ctx));
    char *zero = calloc((size_t) law->variables, 1);
    char *needed = calloc((size_t) law->variables, 1);
    ew_poly_program_needed(needed, p, zero);
    slong n = 0;
    for (slong v = law->atom0; v < law->variables; v++)
        n += needed[v];
    assert_int_equal(n, 2);
    zero[EW_CW] = 1;
    ew_poly_program_needed(needed, p, zero);
    for (slong v = 0; v < law->variables; v++)
        assert_int_equal(needed[v], 0);
    free(zero);
    free(needed);
    ew_poly_program_free(p);
    fmpq_mpoly_clear(f, law->ring);
    ew_law_free(law);
    ew_fields_free(fields);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_squares),
        cmocka_unit_test(needed_variables),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

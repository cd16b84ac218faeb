/* One program, three arithmetics, against FLINT's own evaluation of the polynomial. */
#include "chain/evaluate.h"
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

static const ew_transition gaussian = {EW_ENSEMBLE_GAUSSIAN, 0};

#define OUTPUTS 3

typedef struct {
    ew_fields *fields;
    ew_law *law;
    fmpq_mpoly_struct f[OUTPUTS];
    ew_poly_program *program;
} fixture;

static void open_fixture(fixture *x)
{
    ew_context *ctx = ew_context_new();
    ew_generator kind[] = {EW_TANGENT};
    ulong set[] = {1};
    check_ok(ctx, ew_fields_new(&x->fields, 1, kind, 1, set, 1, ctx));
    slong pair = ew_pair_of(x->fields, 1, 1), mixed = ew_pair_of(x->fields, 0, 1);
    ew_pairs wanted[OUTPUTS] = {{2, {pair, pair}}, {1, {mixed}}, {2, {mixed, mixed}}};
    check_ok(ctx, ew_law_new(&x->law, &gaussian, x->fields, wanted, OUTPUTS, 1, NULL, 0, ctx));
    const fmpq_mpoly_struct *f[OUTPUTS];
    for (slong i = 0; i < OUTPUTS; i++) {
        fmpq_mpoly_init(&x->f[i], x->law->ring);
        check_ok(ctx, ew_law_cumulant(&x->f[i], x->law, &wanted[i], 0, ctx));
        fmpq_t third;
        fmpq_init(third);
        fmpq_set_si(third, -1, 3);
        fmpq_mpoly_scalar_mul_fmpq(&x->f[i], &x->f[i], third, x->law->ring);
        fmpq_clear(third);
        f[i] = &x->f[i];
    }
    check_ok(ctx, ew_poly_program_new(&x->program, f, OUTPUTS, x->law, ctx));
    ew_context_free(ctx);
}

static void close_fixture(fixture *x)
{
    for (slong i = 0; i < OUTPUTS; i++)
        fmpq_mpoly_clear(&x->f[i], x->law->ring);
    ew_poly_program_free(x->program);
    ew_law_free(x->law);
    ew_fields_free(x->fields);
}

static void check_point(const fixture *x, check_rng *rng)
{
    slong n = x->law->variables;
    fmpq *q = _fmpq_vec_init(n), *y = _fmpq_vec_init(OUTPUTS);
    fmpq **point = malloc((size_t) n * sizeof *point);
    arb_ptr ball = _arb_vec_init(n), value = _arb_vec_init(OUTPUTS);
    mag_ptr scale = _mag_vec_init(OUTPUTS);
    double *d = malloc((size_t) n * sizeof *d), z[OUTPUTS];
    fmpq_t expected;
    fmpq_init(expected);
    for (slong v = 0; v < n; v++) {
        fmpq_set_si(q + v, check_range(rng, -20, 20), (ulong) check_range(rng, 1, 9));
        point[v] = q + v;
        arb_set_fmpq(ball + v, q + v, 200);
        d[v] = arf_get_d(arb_midref(ball + v), ARF_RND_NEAR);
    }
    ew_poly_program_rational(y, x->program, q);
    mag_ptr own = _mag_vec_init(OUTPUTS);
    ew_poly_program_ball(value, own, x->program, ball, 200);
    mag_ptr size = _mag_vec_init(n);
    for (slong v = 0; v < n; v++)
        arb_get_mag(size + v, ball + v);
    ew_poly_program_scale(scale, x->program, size);
    for (slong i = 0; i < OUTPUTS; i++)
        assert_true(fabs(mag_get_d(own + i) / (mag_get_d(scale + i) + 1e-300) - 1) < 1e-6 ||
                    mag_is_zero(own + i));
    _mag_vec_clear(size, n);
    _mag_vec_clear(own, OUTPUTS);
    ew_poly_program_double(z, x->program, d);
    for (slong i = 0; i < OUTPUTS; i++) {
        fmpq_mpoly_evaluate_all_fmpq(expected, &x->f[i], point, x->law->ring);
        assert_true(fmpq_equal(expected, y + i));
        assert_true(arb_contains_fmpq(value + i, expected));
        assert_true(mag_cmp_2exp_si(arb_radref(value + i), -120) < 0);
        double bound = mag_get_d(scale + i),
               exact = arf_get_d(arb_midref(value + i), ARF_RND_NEAR);
        assert_true(fabs(exact) <= bound * (1 + 1e-8));
        assert_true(fabs(z[i] - exact) <= 1e-13 * bound);
    }
    fmpq_clear(expected);
    _fmpq_vec_clear(q, n);
    _fmpq_vec_clear(y, OUTPUTS);
    _arb_vec_clear(ball, n);
    _arb_vec_clear(value, OUTPUTS);
    _mag_vec_clear(scale, OUTPUTS);
    free(point);
    free(d);
}

static void three_arithmetics_agree(void **state)
{
    (void) state;
    fixture x;
    check_rng rng;
    open_fixture(&x);
    check_rng_init(&rng, "three_arithmetics_agree");
    for (slong i = check_trials(50); i > 0; i--)
        check_point(&x, &rng);
    close_fixture(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_arithmetics_agree)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

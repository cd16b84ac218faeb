#include "support/check.h"

#include <math.h>

#include "readings/kernel/phase.h"

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_scalar cb;
    ew_certified x[EW_PHASE_COLUMNS];
} fixture;

static void solve(fixture *f, const char *activation, const char *cb)
{
    f->ctx = ew_context_new();
    f->cb = (ew_scalar){NULL, NULL, NULL};
    for (int i = 0; i < EW_PHASE_COLUMNS; i++)
        ew_certified_init(f->x + i);
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    check_ok(f->ctx, ew_expr_parse(&f->cb.e, cb, NULL, "cb", f->ctx));
    check_ok(f->ctx, ew_phase_point(f->x, f->s, &f->cb, 14, f->ctx));
}

static void clear(fixture *f)
{
    for (int i = 0; i < EW_PHASE_COLUMNS; i++)
        ew_certified_clear(f->x + i);
    ew_expr_free(f->cb.e);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

static void near(const fixture *f, int column, double value)
{
    assert_non_null(f->x[column].mid);
    assert_true(fabs(ew_certified_double(f->x + column) / value - 1) < 1e-12);
}

/* erf: <s'^2> = 4/(pi sqrt(1+4K)), <s^2> = (2/pi) asin(2K/(1+2K)); <s''^2> = 16 K/(pi
 * (1+4K)^1.5), and chi_par = C_W (2/pi) 2/((1+2K) sqrt(1+4K)), all from K alone. */
static void test_erf(void **state)
{
    (void) state;
    fixture f;
    solve(&f, "erf", "1/2");
    double k = ew_certified_double(f.x + EW_PHASE_K), r = sqrt(1 + 4 * k);
    double cw = M_PI * r / 4, chi = cw * 4 / M_PI / ((1 + 2 * k) * r);
    near(&f, EW_PHASE_CB, 0.5);
    near(&f, EW_PHASE_K, cw * 2 / M_PI * asin(2 * k / (1 + 2 * k)) + 0.5);
    near(&f, EW_PHASE_CW, cw);
    near(&f, EW_PHASE_CHI_PAR, chi);
    near(&f, EW_PHASE_DEPTH, -1 / log(chi));
    near(&f, EW_PHASE_SCALE, 2 / (cw * k * 16 * k / (M_PI * r * r * r)));
    clear(&f);
}

/* At C_b = 0 tanh's edge is the zero fixed point, where nothing sets a depth. */
static void test_zero(void **state)
{
    (void) state;
    fixture f;
    solve(&f, "tanh", "0");
    near(&f, EW_PHASE_CW, 1);
    assert_string_equal(f.x[EW_PHASE_K].mid, "0");
    for (int i = EW_PHASE_CHI_PAR; i < EW_PHASE_COLUMNS; i++)
        assert_null(f.x[i].mid);
    clear(&f);
}

/* hardtanh: <s'^2> = P(|z| < 1) = 1/C_W; s'' is a delta function, so no scale. */
static void test_kinks(void **state)
{
    (void) state;
    fixture f;
    solve(&f, "hardtanh", "1/10");
    double k = ew_certified_double(f.x + EW_PHASE_K);
    near(&f, EW_PHASE_CW, 1 / erf(1 / sqrt(2 * k)));
    assert_non_null(f.x[EW_PHASE_DEPTH].mid);
    assert_null(f.x[EW_PHASE_SCALE].mid);
    clear(&f);
}

/* ReLU has no edge for C_b > 0; for C_b = 0 any K is fixed. */
static void test_none(void **state)
{
    (void) state;
    fixture f;
    solve(&f, "relu", "1/10");
    assert_string_equal(f.x[EW_PHASE_CB].mid, "0.10000000000000");
    assert_null(f.x[EW_PHASE_CW].mid);
    clear(&f);
    solve(&f, "relu", "0");
    near(&f, EW_PHASE_CW, 2);
    assert_null(f.x[EW_PHASE_K].mid);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_erf),
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_none),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

/* Haar frames: the operator against exact integrals over the orthogonal group. */
#include "chain/haar.h"
#include "support/check.h"

#define ORDER 4
#define ROWS 3

static void coefficient(fmpq_t c, const ew_haar *w, ulong inverse, ulong p1, ulong p2, ulong p3)
{
    ulong exp[ORDER + 2] = {inverse, p1, p2, p3};
    fmpq_mpoly_get_coeff_fmpq_ui(c, w->exponent, exp, w->ring);
}

static void check_coefficient(const ew_haar *w, ulong inverse, ulong p1, ulong p2, ulong p3,
                              slong num, ulong den)
{
    fmpq_t c, expected;
    fmpq_init(c);
    fmpq_init(expected);
    fmpq_set_si(expected, num, den);
    coefficient(c, w, inverse, p1, p2, p3);
    assert_true(fmpq_equal(c, expected));
    fmpq_clear(c);
    fmpq_clear(expected);
}

/* theory.md section 7: the first two orders; the quartic part [(tr D)^2 - n tr D^2] / (4 (n-1)
 * (n+2)) at every order. */
static void published_exponent(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_haar *w;
    check_ok(ctx, ew_haar_new(&w, ORDER, ctx));
    check_coefficient(w, 1, 0, 1, 0, -1, 4);
    check_coefficient(w, 1, 1, 0, 0, 0, 1);
    check_coefficient(w, 2, 0, 1, 0, 1, 4);
    check_coefficient(w, 2, 2, 0, 0, 1, 4);
    check_coefficient(w, 2, 0, 0, 1, 1, 3);
    check_coefficient(w, 2, 1, 1, 0, 0, 1);
    static const slong series[] = {1, -1, 3, -5}; /* 1 / ((1 - e) (1 + 2e)) */
    for (slong i = 0; i < ORDER; i++)
        check_coefficient(w, (ulong) i + 1, 0, 1, 0, -series[i], 4);
    for (slong i = 0; i + 1 < ORDER; i++)
        check_coefficient(w, (ulong) i + 2, 2, 0, 0, series[i], 4);
    ew_haar_free(w);
    ew_context_free(ctx);
}

/* ---- integrals of monomials ---------------------------------------------------------------
 */

/* The monomial prod x_ik^power[i][k] of rows i and columns k. */
typedef struct {
    slong rows;
    ulong power[ROWS][ROWS];
    const char *num, *den; /* E = num/den N^(degree/2), in e = 1/N: polynomials in "e" */
} integral;

static slong variable(slong row, slong column)
{
    return row * ROWS + column;
}

/* f = D_ij f = sum_k d_ik d_jk f */
static void apply(fmpq_mpoly_t f, slong i, slong j, const fmpq_mpoly_ctx_t ring)
{
    fmpq_mpoly_t sum, d;
    fmpq_mpoly_init(sum, ring);
    fmpq_mpoly_init(d, ring);
    for (slong k = 0; k < ROWS; k++) {
        fmpq_mpoly_derivative(d, f, variable(i, k), ring);
        fmpq_mpoly_derivative(d, d, variable(j, k), ring);
        fmpq_mpoly_add(sum, sum, d, ring);
    }
    fmpq_mpoly_swap(f, sum, ring);
    fmpq_mpoly_clear(sum, ring);
    fmpq_mpoly_clear(d, ring);
}

/* The mean over independent standard normals. */
static void gaussian_mean(fmpq_t mean, const fmpq_mpoly_t f, const fmpq_mpoly_ctx_t ring)
{
    ulong exp[ROWS * ROWS];
    fmpq_t c;
    fmpq_init(c);
    fmpq_zero(mean);
    for (slong t = 0; t < fmpq_mpoly_length(f, ring); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, t, ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, ring);
        for (slong v = 0; v < ROWS * ROWS; v++) {
            if (exp[v] % 2)
                fmpq_zero(c);
            for (slong m = (slong) exp[v] - 1; m > 1; m -= 2)
                fmpq_mul_si(c, c, m);
        }
        fmpq_add(mean, mean, c);
    }
    fmpq_clear(c);
}

/* The coefficient of N^-grade in the mean of the monomial. */
static void operator_mean(fmpq_t mean, const ew_haar *w, slong grade, const integral *x,
                          ew_context *ctx)
{
    fmpq_mpoly_ctx_t ring, entries;
    fmpq_mpoly_t op, f;
    ulong exp[ROWS * (ROWS + 1) / 2], power[ROWS * ROWS];
    fmpq_t c, m;
    fmpq_init(c);
    fmpq_init(m);
    fmpq_mpoly_ctx_init(ring, ROWS * ROWS, ORD_LEX);
    fmpq_mpoly_ctx_init(entries, x->rows * (x->rows + 1) / 2, ORD_LEX);
    fmpq_mpoly_init(op, entries);
    fmpq_mpoly_init(f, ring);
    for (slong i = 0; i < ROWS * ROWS; i++)
        power[i] = x->power[i / ROWS][i % ROWS];
    check_ok(ctx, ew_haar_rows(op, w, grade, x->rows, entries, ctx));
    fmpq_zero(mean);
    for (slong t = 0; t < fmpq_mpoly_length(op, entries); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, op, t, entries);
        fmpq_mpoly_get_term_coeff_fmpq(c, op, t, entries);
        fmpq_mpoly_zero(f, ring);
        fmpq_mpoly_push_term_fmpq_ui(f, c, power, ring);
        for (slong i = 0; i < x->rows; i++)
            for (slong j = i; j < x->rows; j++)
                for (ulong e = exp[ew_haar_entry(x->rows, i, j)]; e > 0; e--)
                    apply(f, i, j, ring);
        gaussian_mean(m, f, ring);
        fmpq_add(mean, mean, m);
    }
    fmpq_mpoly_clear(op, entries);
    fmpq_mpoly_clear(f, ring);
    fmpq_mpoly_ctx_clear(ring);
    fmpq_mpoly_ctx_clear(entries);
    fmpq_clear(c);
    fmpq_clear(m);
}

static void read_polynomial(fmpq_poly_t p, const char *text)
{
    const char *names[] = {"e"};
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_t f;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_ctx_init(ring, 1, ORD_LEX);
    fmpq_mpoly_init(f, ring);
    assert_int_equal(fmpq_mpoly_set_str_pretty(f, text, names, ring), 0);
    for (ulong e = 0; e <= 2 * ORDER; e++) {
        fmpq_mpoly_get_coeff_fmpq_ui(c, f, &e, ring);
        fmpq_poly_set_coeff_fmpq(p, (slong) e, c);
    }
    fmpq_mpoly_clear(f, ring);
    fmpq_mpoly_ctx_clear(ring);
    fmpq_clear(c);
}

/* den * series = num up to e^ORDER */
static void check_integral(const ew_haar *w, const integral *x, ew_context *ctx)
{
    fmpq_poly_t num, den, series;
    fmpq_t mean;
    fmpq_init(mean);
    fmpq_poly_init(num);
    fmpq_poly_init(den);
    fmpq_poly_init(series);
    read_polynomial(num, x->num);
    read_polynomial(den, x->den);
    for (slong g = 0; g <= ORDER; g++) {
        operator_mean(mean, w, g, x, ctx);
        fmpq_poly_set_coeff_fmpq(series, g, mean);
    }
    fmpq_poly_mullow(series, series, den, ORDER + 1);
    fmpq_poly_truncate(num, ORDER + 1);
    if (!fmpq_poly_equal(series, num))
        fail_msg("(%s)/(%s)", x->num, x->den);
    fmpq_poly_clear(num);
    fmpq_poly_clear(den);
    fmpq_poly_clear(series);
    fmpq_clear(mean);
}

/* Moments of a point on the sphere, and the Weingarten calculus of O(N) up to degree 6 (Collins
 * and Matsumoto), times N^(degree/2). */
static void exact_integrals(void **state)
{
    (void) state;
    static const integral list[] = {
        {1, {{2}}, "1", "1"},
        {1, {{4}}, "3", "1+2*e"},
        {1, {{6}}, "15", "(1+2*e)*(1+4*e)"},
        {1, {{8}}, "105", "(1+2*e)*(1+4*e)*(1+6*e)"},
        {1, {{4, 2, 2}}, "3", "(1+2*e)*(1+4*e)*(1+6*e)"},
        {2, {{2, 0}, {0, 2}}, "1+e", "(1-e)*(1+2*e)"},
        {2, {{2}, {2}}, "1", "1+2*e"},
        {2, {{1, 1}, {1, 1}}, "-e", "(1-e)*(1+2*e)"},
        {2, {{4, 0}, {0, 2}}, "3*(1+3*e)", "(1-e)*(1+2*e)*(1+4*e)"},
        {2, {{3, 1}, {1, 1}}, "-3*e", "(1-e)*(1+2*e)*(1+4*e)"},
        {3, {{2, 0, 0}, {0, 2, 0}, {0, 0, 2}}, "1+3*e-2*e^2", "(1-e)*(1-2*e)*(1+2*e)*(1+4*e)"},
        {3, {{1, 1, 0}, {0, 1, 1}, {1, 0, 1}}, "2*e^2", "(1-e)*(1-2*e)*(1+2*e)*(1+4*e)"},
    };
    ew_context *ctx = ew_context_new();
    ew_haar *w;
    check_ok(ctx, ew_haar_new(&w, ORDER, ctx));
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check_integral(w, &list[i], ctx);
    ew_haar_free(w);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_exponent),
        cmocka_unit_test(exact_integrals),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

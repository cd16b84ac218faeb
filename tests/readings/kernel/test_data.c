#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setting.h"

#define POINTS 6

/* Points on a circle of radius 65 with whole coordinates, at angles from 0 to pi. */
static const double circle[POINTS][2] = {{65, 0},  {63, 16},   {-16, 63},
                                         {-65, 0}, {-63, -16}, {33, 56}};

static void set_up(fixture *f, const char *activation, slong depth, const char *cw,
                   const char *cb, const char *lb)
{
    open_network(f, activation, depth, cw, cb, lb);
    check_ok(f->ctx, ew_data_maps_new(&f->maps, &f->net, 1, f->ctx));
}

static void shut(fixture *f)
{
    close_network(f);
}

static ew_data_bound run(fixture *f, const double *x, size_t n, const double *y, size_t m,
                         size_t d)
{
    ew_data_bound bound;
    check_ok(f->ctx, run_data(&bound, f, x, n, y, m, d));
    return bound;
}

static double number(const ew_certified *x)
{
    return ew_certified_double(x);
}

/* Entry `at` against the certified kernel of two inputs, of these variances in layer 1. */
static void check_entry(fixture *f, ew_data_bound bound, size_t at, const char *same,
                        const char *other)
{
    slong last = f->net.depth - 1;
    for (int i = 0; i < 3; i++)
        f->gram[i] = constant(i == 1 ? other : same);
    f->net.inputs = 2;
    f->net.gram = f->gram;
    ew_kernel_table *t;
    check_ok(f->ctx, ew_kernel_solve(&t, &f->net, 1, 17, EW_AUTO, f->ctx));
    double nngp = number(t->nngp + last * 4 + 1), ntk = number(t->ntk + last * 4 + 1);
    double off = fabs(f->nngp[at] - nngp);
    if (!(off <= bound.nngp + 1e-16 * fabs(nngp)))
        fail_msg("%s: NNGP %zu: %.17g, off by %g, bound %g", f->s->text, at, nngp, off,
                 bound.nngp);
    off = fabs(f->ntk[at] - ntk);
    if (!(off <= bound.ntk + 1e-16 * fabs(ntk)))
        fail_msg("%s: NTK %zu: %.17g, off by %g, bound %g", f->s->text, at, ntk, off,
                 bound.ntk);
    ew_kernel_free(t);
    for (int i = 0; i < 3; i++)
        ew_expr_free(f->gram[i].e);
}

static void check_bound(const fixture *f, ew_data_bound bound, double small)
{
    double scale = f->maps->layer[f->net.depth - 2].variance;
    double theta = f->maps->layer[f->net.depth - 2].theta;
    if (!(bound.nngp <= small * scale && bound.ntk <= small * theta))
        fail_msg("%s: bounds %g of %g, %g of %g", f->s->text, bound.nngp, scale, bound.ntk,
                 theta);
}

/* Pairs of points, those of the first `firsts` with all. */
static void compare_some(size_t firsts, const char *activation, slong depth, const char *cw,
                         const char *cb, const char *lb, double small)
{
    fixture f;
    set_up(&f, activation, depth, cw, cb, lb);
    ew_data_bound bound = run(&f, &circle[0][0], POINTS, NULL, 0, 2);
    for (size_t a = 0; a < firsts; a++)
        for (size_t b = a + 1; b < POINTS; b++) {
            char same[80], other[80];
            double dot = circle[a][0] * circle[b][0] + circle[a][1] * circle[b][1];
            snprintf(same, sizeof same, "%s+%s", cb, cw);
            snprintf(other, sizeof other, "%s+%s*(%.0f/4225)", cb, cw, dot);
            check_entry(&f, bound, a * POINTS + b, same, other);
        }
    check_bound(&f, bound, small);
    shut(&f);
}

static void compare(const char *activation, slong depth, const char *cw, const char *cb,
                    const char *lb, double small)
{
    compare_some(POINTS, activation, depth, cw, cb, lb, small);
}

/* Pairs (3, 0), (+-3, 2^-k): 1 - |cos| is 2^(-2k)/18, nearly. */
static void compare_close(const char *activation, slong depth, const char *cw, const char *cb,
                          double small)
{
    static const int k[] = {12, 23};
    fixture f;
    set_up(&f, activation, depth, cw, cb, "0");
    for (int i = 0; i < 4; i++) {
        const int side = i % 2 ? -1 : 1;
        const double x[2] = {3, 0}, y[2] = {3 * side, ldexp(1, -k[i / 2])};
        char same[80], other[80];
        ew_data_bound bound = run(&f, x, 1, y, 1, 2);
        snprintf(same, sizeof same, "%s+%s", cb, cw);
        snprintf(other, sizeof other, "%s+%s*(%d/sqrt(9+2^(-%d)))", cb, cw, 3 * side,
                 2 * k[i / 2]);
        check_entry(&f, bound, 0, same, other);
        check_bound(&f, bound, small);
        free(f.nngp);
        free(f.ntk);
        f.nngp = f.ntk = NULL;
    }
    shut(&f);
}

static void test_odd(void **state)
{
    (void) state;
    compare("tanh", 4, "1", "0", "0", 2e-13);
    compare("erf", 5, "3/2", "1/10", "1", 4e-12);
}

static void test_even(void **state)
{
    (void) state;
    compare("cos", 4, "1", "1/5", "1", 1e-12);
}

static void test_general(void **state)
{
    (void) state;
    compare("gelu", 4, "2", "0", "0", 1e-11);
    compare("softplus", 3, "1", "1/3", "1", 1e-11);
}

static void test_homogeneous(void **state)
{
    (void) state;
    compare("relu", 6, "2", "0", "0", 1e-12);
    compare("leaky_relu(1/5)", 4, "3/2", "1/4", "1", 1e-11);
}

/* One kink in s'', none in s'; two opposite kinks; one away from 0; kinks that are corners of
 * what is not a polynomial. */
static void test_kinks(void **state)
{
    (void) state;
    compare_some(1, "elu", 2, "1/2", "1/10", "1", 1e-12);
    compare_some(1, "hardtanh", 2, "1/4", "0", "0", 1e-13);
    if (check_trials(1) > 1) {
        compare("relu(z)+sin(z)", 3, "1", "1/3", "0", 1e-11);
        compare("elu", 6, "3/2", "1/10", "1", 1e-11);
        compare("hardtanh", 4, "3/2", "0", "0", 1e-12);
        compare("softsign", 3, "1", "1/5", "1", 1e-11);
        compare("max(tanh(z),1/2)", 3, "1", "0", "0", 1e-11);
        compare("abs(z-1)", 4, "1", "1/5", "1", 1e-11);
    }
}

static void test_kinks_at_close_points(void **state)
{
    (void) state;
    compare_close("abs(z-1)", 2, "1/4", "1/5", 1e-12);
    if (check_trials(1) > 1) {
        compare_close("elu", 3, "2", "0", 1e-12);
        compare_close("hardtanh", 3, "3/2", "0", 1e-12);
        compare_close("softsign", 2, "1/2", "0", 1e-12);
    }
}

/* (1, 0) and (b, h): 1 - cos = h^2/(b^2 + h^2 + b sqrt(b^2 + h^2)), whatever the lengths. */
static void test_close_points(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (int k = 1; k < 40; k++)
        for (int side = -1; side <= 1; side += 2) {
            const double b = 3, h = ldexp(1, -k);
            const double x[2] = {1, 0}, y[2] = {side * b, h};
            double cosine, q, root = sqrt(b * b + h * h);
            double want = h * h / (b * b + h * h + b * root);
            ew_points p, r;
            ew_angle_error error = {0, 0};
            check_ok(ctx, ew_points_init(&p, x, 1, 2, ctx));
            check_ok(ctx, ew_points_init(&r, y, 1, 2, ctx));
            ew_points_angles(&cosine, &q, &error, &p, 0, 1, &r, 0, 1);
            double bound = error.relative * want + error.absolute;
            if (!(fabs(fabs(q) - want) <= bound && bound <= 1e-13 * want + 1e-15 * sqrt(want) &&
                  signbit(q) == (side < 0)))
                fail_msg("h = 2^-%d: %a, not %a, bound %g", k, q, want, bound);
            ew_points_clear(&p);
            ew_points_clear(&r);
        }
    ew_context_free(ctx);
}

/* 1 - |cos| in balls: (|x|^2 |y|^2 - (x.y)^2)/(|x| |y| (|x| |y| + |x.y|)). */
static double true_distance(const double *x, const double *y, size_t d)
{
    arb_t xx, yy, xy, a, b;
    arb_ptr each[] = {xx, yy, xy, a, b};
    for (int i = 0; i < 5; i++)
        arb_init(each[i]);
    for (size_t k = 0; k < d; k++) {
        arb_set_d(a, x[k]);
        arb_set_d(b, y[k]);
        arb_addmul(xx, a, a, 400);
        arb_addmul(xy, a, b, 400);
        arb_addmul(yy, b, b, 400);
    }
    arb_mul(a, xx, yy, 400);
    arb_sqrt(b, a, 400);
    arb_submul(a, xy, xy, 400);
    arb_abs(xy, xy);
    arb_add(xy, xy, b, 400);
    arb_mul(b, b, xy, 400);
    arb_div(a, a, b, 400);
    double t = arf_get_d(arb_midref(a), ARF_RND_NEAR);
    for (int i = 0; i < 5; i++)
        arb_clear(each[i]);
    return t;
}

/* Nearly parallel points of any lengths. */
static void test_random_close_points(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    check_rng r;
    check_rng_init(&r, "close points");
    for (slong i = 0; i < check_trials(2000); i++) {
        double x[5], y[5], cosine, q;
        double scale = ldexp(check_uniform(&r) - 0.5, (int) check_range(&r, -9, 9));
        double move = pow(10, -1 - 9 * check_uniform(&r));
        for (int k = 0; k < 5; k++) {
            x[k] = check_uniform(&r) - 0.5;
            y[k] = scale * (x[k] + move * (check_uniform(&r) - 0.5));
        }
        double want = true_distance(x, y, 5);
        ew_points p, s;
        ew_angle_error error = {0, 0};
        check_ok(ctx, ew_points_init(&p, x, 1, 5, ctx));
        check_ok(ctx, ew_points_init(&s, y, 1, 5, ctx));
        ew_points_angles(&cosine, &q, &error, &p, 0, 1, &s, 0, 1);
        double bound = error.relative * want + error.absolute;
        if (!(fabs(fabs(q) - want) <= bound && bound <= 1e-13 * want + 1e-15 * sqrt(want)))
            fail_msg("1 - |cos| is %a, not %a, bound %g", q, want, bound);
        ew_points_clear(&p);
        ew_points_clear(&s);
    }
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_close_points),
        cmocka_unit_test(test_close_points),
        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_even),
        cmocka_unit_test(test_general),
        cmocka_unit_test(test_homogeneous),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_kinks_at_close_points),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

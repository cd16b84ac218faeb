#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/approximate/curve.h"
#include "expect/approximate/root.h"
#include "expect/approximate/surface.h"

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
} bench;

static void bench_open(bench *b, const char *activation)
{
    b->ctx = ew_context_new();
    check_ok(b->ctx, ew_activation_new(&b->s, activation, b->ctx));
    check_ok(b->ctx, ew_evaluator_new(&b->E, b->s, EW_AUTO, b->ctx));
}

static void bench_close(bench *b)
{
    ew_evaluator_free(b->E);
    ew_activation_free(b->s);
    ew_context_free(b->ctx);
}

/* <s^2>, D<s^2>, <s'^2>, D^2<s^2>, <s^2 s'^2>, <s'^4>, D<s'^2> */
enum { ATOMS = 7 };
static const ew_atom1 atoms[ATOMS] = {{{0, {2}}, 0},   {{0, {2}}, 1},    {{0, {0, 2}}, 0},
                                      {{0, {2}}, 2},   {{0, {2, 2}}, 0}, {{0, {0, 4}}, 0},
                                      {{0, {0, 2}}, 1}};

/* How far y is from x, in units of `claim` (below 1: as claimed). */
static double off(double y, const arb_t x, double claim)
{
    arb_t d;
    arb_init(d);
    arb_set_d(d, y);
    arb_sub(d, d, x, 200);
    double e = fmax(fabs(arf_get_d(arb_midref(d), ARF_RND_NEAR)) - mag_get_d(arb_radref(d)), 0);
    arb_clear(d);
    return isfinite(e) ? e / claim : INFINITY;
}

static double off_decimal(double y, const char *decimal, double claim)
{
    arb_t x;
    arb_init(x);
    assert_int_equal(arb_set_str(x, decimal, 200), 0);
    double e = off(y, x, claim);
    arb_clear(x);
    return e;
}

/* Quadrature of mpmath at 40 digits. */
static void curves_have_known_values(void **state)
{
    (void) state;
    static const struct {
        const char *s;
        double K;
        const char *value[3];
    } row[] = {
        {"tanh",
         0.3125,
         {"0.20284900389417411404940768", "0.44163234995594900152429485",
          "0.6786447807225335911418265"}},
        {"tanh",
         1.75,
         {"0.49615897987043545317723559", "0.10265408133080296647565718",
          "0.37011204052997735337372867"}},
        {"tanh",
         6.5,
         {"0.70463168772424129982992444", "0.020303358014209653868747415",
          "0.20367999418857568473629951"}},
        {"gelu",
         0.3125,
         {"0.10866080359093796645300885", "0.41130538174446375928339691",
          "0.37172445789663236558241252"}},
        {"gelu",
         6.5,
         {"3.1888999373050489542148764", "0.50306369821833834618745292",
          "0.51034882323727060465797958"}},
        {"elu",
         1.75,
         {"1.0640664531148180031451432", "0.54697555772338730672739825",
          "0.6349615541106522034365511"}},
        {"elu",
         6.5,
         {"3.5473118225445520333564054", "0.51194161976523323156401461",
          "0.57552380566197147659054127"}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bench b;
        ew_curve c[3];
        double lo = row[i].K / 1.01, hi = row[i].K;
        memset(c, 0, sizeof c);
        bench_open(&b, row[i].s);
        check_ok(b.ctx, ew_curves_new(c, b.E, atoms, 3, &lo, &hi, 0, b.ctx));
        for (int k = 0; k < 3; k++) {
            double y = ew_curve_at(&c[k], row[i].K);
            assert_true(c[k].relative < 0x1p-50); /* 4 units in the last place */
            assert_true(off_decimal(y, row[i].value[k], c[k].relative * y) <= 1);
            ew_curve_clear(&c[k]);
        }
        bench_close(&b);
    }
}

/* The worst error at random points and both sides of the ends of pieces, in units of what is
 * claimed. */
static double worst(const ew_curve *c, const bench *b, const ew_atom1 *atom, double lo,
                    double hi, slong trials)
{
    check_rng r;
    arb_t K, y;
    double most = 0;
    check_rng_init(&r, "curves");
    arb_init(K);
    arb_init(y);
    for (slong i = 0; i < trials + 3 * c->pieces.n; i++) {
        double k = lo * pow(hi / lo, check_uniform(&r));
        if (i < 3 * c->pieces.n) {
            k = ldexp(1, c->pieces.first + (int) (i / 3));
            k = i % 3 == 1 ? nextafter(k, 0) : i % 3 == 2 ? nextafter(k, hi) : k;
        }
        k = fmin(fmax(k, lo), hi);
        arb_set_d(K, k);
        check_ok(b->ctx, ew_expect_one(y, NULL, b->E, atom, 1, K, 100, b->ctx));
        most = fmax(most, off(ew_curve_at(c, k), y, c->error[ew_curve_piece(c, k)]));
    }
    arb_clear(y);
    arb_clear(K);
    return most;
}

static void curves_keep_their_bounds(void **state)
{
    (void) state;
    static const char *const names[] = {"tanh", "relu", "gelu", "erf", "elu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bench b;
        ew_curve c[ATOMS];
        double lo = 0.375, hi = 3;
        memset(c, 0, sizeof c);
        bench_open(&b, names[i]);
        check_ok(b.ctx, ew_curves_new(c, b.E, atoms, ATOMS, &lo, &hi, 0, b.ctx));
        for (int k = 0; k < ATOMS; k++)
            assert_true(worst(&c[k], &b, &atoms[k], lo, hi, check_trials(6)) <= 1);
        for (int k = 0; k < ATOMS; k++)
            ew_curve_clear(&c[k]);
        bench_close(&b);
    }
}

/* A coefficient, a claim and the place of a piece, each changed, are each noticed. */
static void damaged_curves_are_noticed(void **state)
{
    (void) state;
    bench b;
    ew_curve c[1];
    double lo = 0.5, hi = 2;
    memset(c, 0, sizeof c);
    bench_open(&b, "tanh");
    check_ok(b.ctx, ew_curves_new(c, b.E, atoms, 1, &lo, &hi, 0, b.ctx));
    assert_true(worst(c, &b, atoms, lo, hi, 20) <= 1);
    for (slong k = 0; k < 6; k++) {
        double keep = c->coef[k];
        c->coef[k] = keep + 0x1p-46 * pow(6, (double) k);
        assert_true(worst(c, &b, atoms, lo, hi, 20) > 1);
        c->coef[k] = keep;
    }
    for (int p = 0; p < 2; p++)
        c->error[p] /= 16;
    assert_true(worst(c, &b, atoms, lo, hi, 20) > 1);
    for (int p = 0; p < 2; p++)
        c->error[p] *= 16;
    c->pieces.first++;
    assert_true(worst(c, &b, atoms, lo, hi, 20) > 1);
    ew_curve_clear(c);
    bench_close(&b);
}

static void domains_end_where_proofs_do(void **state)
{
    (void) state;
    bench b;
    ew_curve c[1];
    double lo = 0.5, hi = 1024;
    memset(c, 0, sizeof c);
    bench_open(&b, "exp(z)"); /* <s^2> = e^(2K) */
    check_status(b.ctx, ew_curves_new(c, b.E, atoms, 1, &lo, &hi, 0, b.ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(b.ctx), "<= K <="));
    lo = 0.5;
    hi = 1024;
    check_ok(b.ctx, ew_curves_new(c, b.E, atoms, 1, &lo, &hi, 1, b.ctx));
    assert_true(hi < 1024 && hi >= 2);
    assert_true(worst(c, &b, atoms, lo, hi, 10) <= 1);
    ew_curve_clear(c);
    bench_close(&b);
}

/* ---- two variables ------------------------------------------------------------------------
 */

/* <s's'> and <s s> in doubles of a surface, side 0 or 1. */
static double surface_dd(const double *row, const ew_surface *x, slong p, double rho)
{
    slong f = rho < 0 && x->functions == 4 ? EW_SURFACE_DD_OPPOSITE : EW_SURFACE_DD;
    return ew_surface_at(row, x, p, f, 1 - fabs(rho));
}

/* mpmath: trapezoidal sums in the plane at 30 digits. */
static void surfaces_have_known_values(void **state)
{
    (void) state;
    static const struct {
        const char *s;
        double K, rho;
        const char *dd, *ss;
    } row[] = {
        {"gelu", 0.3125, 0.75, "0.339908582249044504604134", NULL},
        {"gelu", 0.3125, -0.375, "0.205681549347753029549161", NULL},
        {"gelu", 0.4375, 0.0625, "0.25870624163163614560768", NULL},
        {"tanh", 0.3125, 0.75, "0.658367936318258037351188", "0.150675603715155185461579"},
        {"tanh", 0.3125, -0.375, "0.640893600552957276467581", "-0.074678043309417803878284"},
        {"tanh", 0.4375, 0.0625, "0.559080949971660793803453", "0.0152838971339756715671245"},
    };
    for (size_t s = 0; s < 2; s++) {
        bench b;
        ew_surface x = {0};
        double lo = 0.25, hi = 0.5;
        bench_open(&b, row[3 * s].s);
        check_ok(b.ctx, ew_surface_new(&x, b.E, b.s, &lo, &hi, 0, b.ctx));
        double *rows = malloc((size_t) ew_surface_most_rows(&x) * sizeof *rows);
        assert_non_null(rows);
        for (size_t i = 3 * s; i < 3 * s + 3; i++) {
            slong p = ew_surface_rows(rows, &x, row[i].K);
            double y = surface_dd(rows, &x, p, row[i].rho);
            assert_true(off_decimal(y, row[i].dd, 0x1p-50) <= 1);
            if (!row[i].ss)
                continue;
            double q = ew_surface_at(rows, &x, p, EW_SURFACE_QUOTIENT, 1 - fabs(row[i].rho));
            y = row[i].K * row[i].rho * q;
            assert_true(x.relative[EW_SURFACE_QUOTIENT] < 0x1p-50);
            assert_true(off_decimal(y, row[i].ss, 0x1p-50 * fabs(y)) <= 1);
        }
        free(rows);
        ew_surface_clear(&x);
        bench_close(&b);
    }
}

/* <s's'>, and its average over [1 - t, 1]: the distance of <s s> from <s^2> over K t. */
static void true_at(arb_ptr y, const bench *b, double K, double t)
{
    const ew_atom2 two[] = {{{0, {1}}, {0, {1}}, 0, 0, 0}, {{0, {0, 1}}, {0, {0, 1}}, 0, 0, 0}};
    arb_t k, cross, x;
    arb_init(k);
    arb_init(cross);
    arb_init(x);
    arb_ptr z = _arb_vec_init(3);
    slong prec = 90 - 2 * (slong) log2(t);
    arb_set_d(k, K);
    arb_set_d(x, t);
    arb_sub_ui(cross, x, 1, ARF_PREC_EXACT);
    arb_neg(cross, cross);
    arb_mul(cross, cross, k, ARF_PREC_EXACT);
    check_ok(b->ctx, ew_expect_two(z, NULL, b->E, two, 2, k, cross, k, prec, b->ctx));
    check_ok(b->ctx, ew_expect_one(z + 2, NULL, b->E, atoms, 1, k, prec, b->ctx));
    arb_set(y, z + 1);
    arb_sub(y + 1, z + 2, z, prec);
    arb_div(y + 1, y + 1, k, prec);
    arb_div(y + 1, y + 1, x, prec);
    _arb_vec_clear(z, 3);
    arb_clear(x);
    arb_clear(cross);
    arb_clear(k);
}

static double worst_surface(const ew_surface *x, const bench *b, double lo, double hi,
                            slong trials)
{
    check_rng r;
    double *rows = malloc((size_t) ew_surface_most_rows(x) * sizeof *rows), most = 0;
    arb_ptr y = _arb_vec_init(2);
    assert_non_null(rows);
    check_rng_init(&r, "surfaces");
    for (slong i = 0; i < trials; i++) {
        double K = lo * pow(hi / lo, check_uniform(&r)), t = exp2(-12 * check_uniform(&r));
        t = i == 0 ? 0.5 : i == 1 ? nextafter(0.5, 0) : i == 2 ? 0.25 : t;
        slong p = ew_surface_rows(rows, x, K);
        true_at(y, b, K, t);
        for (slong f = EW_SURFACE_DD; f <= EW_SURFACE_SLOPE; f++)
            most = fmax(most, off(ew_surface_at(rows, x, p, f, t), y + f,
                                  x->error[p * x->functions + f]));
    }
    _arb_vec_clear(y, 2);
    free(rows);
    return most;
}

static void surfaces_keep_their_bounds(void **state)
{
    (void) state;
    static const char *const names[] = {"gelu", "exp(-z^2)", "sin(z)"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bench b;
        ew_surface x = {0};
        double lo = 0.1875, hi = i == 0 ? 0.5 : 0.25;
        bench_open(&b, names[i]);
        check_ok(b.ctx, ew_surface_new(&x, b.E, b.s, &lo, &hi, 0, b.ctx));
        assert_true(worst_surface(&x, &b, lo, hi, check_trials(8)) <= 1);
        double keep = x.coef[0];
        x.coef[0] += 0x1p-48;
        assert_true(worst_surface(&x, &b, lo, x.pieces.n > 1 ? 0.25 : hi, 8) > 1);
        x.coef[0] = keep;
        x.pieces.first++; /* the variable of K read at the wrong places */
        assert_true(worst_surface(&x, &b, lo, hi, 4) > 1);
        ew_surface_clear(&x);
        bench_close(&b);
    }
}

/* <s's'> = 1/2 - arccos(rho)/(2 pi) for max(z, 0), whose averages are known, too. */
static void homogeneous_duals(void **state)
{
    (void) state;
    bench b;
    ew_root x;
    arb_t t, y, pi;
    arb_init(t);
    arb_init(y);
    arb_init(pi);
    arb_const_pi(pi, 200);
    bench_open(&b, "relu");
    check_ok(b.ctx, ew_root_new(&x, b.E, b.s, b.ctx));
    for (int i = 0; i <= 60; i++) {
        double u = ldexp(i % 3 == 1 ? 0.8125 : 1, -i);
        arb_set_d(t, u);
        arb_sub_ui(y, t, 1, 200);
        arb_acos(y, y, 200); /* of -rho */
        arb_div(y, y, pi, 200);
        arb_mul_2exp_si(y, y, -1);
        assert_true(off(ew_root_at(&x, EW_SURFACE_DD, u), y, 0x1p-50 / 4) <= 1);
        arb_mul_2exp_si(y, y, 1);
        arb_sub_ui(y, y, 1, 200);
        arb_mul_2exp_si(y, y, -1);
        arb_neg(y, y); /* the two add up to 1/2 */
        double z = ew_root_at(&x, EW_SURFACE_DD_OPPOSITE, u);
        assert_true(off(z, y, x.relative[EW_SURFACE_DD_OPPOSITE] * z) <= 1);
    }
    for (int f = 0; f < 4; f++)
        assert_true(x.relative[f] < 0x1p-50);
    bench_close(&b);
    arb_clear(pi);
    arb_clear(y);
    arb_clear(t);
}

static void kinks_are_refused(void **state)
{
    (void) state;
    bench b;
    ew_surface x = {0};
    double lo = 0.5, hi = 1;
    bench_open(&b, "elu");
    check_status(b.ctx, ew_surface_new(&x, b.E, b.s, &lo, &hi, 1, b.ctx), EW_UNABLE);
    bench_close(&b);
}

/* 1/(x - 2): the bound holds, and is not far off. */
static void interpolation_error(void **state)
{
    (void) state;
    ew_chebyshev c;
    mag_t M, e;
    arb_t a, t;
    mag_init(M);
    mag_init(e);
    arb_init(a);
    arb_init(t);
    ew_chebyshev_init(&c, 12);
    arb_ptr y = _arb_vec_init(12), coef = _arb_vec_init(12);
    for (int k = 0; k < 12; k++) {
        arb_sub_ui(y + k, c.point + k, 2, 200);
        arb_inv(y + k, y + k, 200);
    }
    ew_chebyshev_fit(coef, 1, y, 1, &c);
    arb_one(a);
    ew_chebyshev_expand(coef, coef, 1, 12, a);
    double most = 0;
    for (int k = -16; k <= 16; k++) {
        arb_set_d(t, k / 16.0);
        _arb_poly_evaluate(a, coef, 12, t, 200);
        most = fmax(most, fabs(arf_get_d(arb_midref(a), ARF_RND_NEAR) - 1 / (k / 16.0 - 2)));
    }
    arb_set_d(a, 1.875);
    mag_set_ui(M, 8);
    ew_chebyshev_error(e, M, a, 12);
    assert_true(most > 0 && most <= mag_get_d(e) && mag_get_d(e) < 1000 * most);
    _arb_vec_clear(y, 12);
    _arb_vec_clear(coef, 12);
    ew_chebyshev_clear(&c);
    arb_clear(t);
    arb_clear(a);
    mag_clear(e);
    mag_clear(M);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpolation_error),
        cmocka_unit_test(curves_have_known_values),
        cmocka_unit_test(curves_keep_their_bounds),
        cmocka_unit_test(damaged_curves_are_noticed),
        cmocka_unit_test(domains_end_where_proofs_do),
        cmocka_unit_test(surfaces_have_known_values),
        cmocka_unit_test(surfaces_keep_their_bounds),
        cmocka_unit_test(homogeneous_duals),
        cmocka_unit_test(kinks_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

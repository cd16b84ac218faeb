/* Truncated moments of Gaussians. */
#include "support/check.h"

#include "expect/dual/owen.h"
#include "expect/dual/truncated.h"

#define PREC 160

typedef struct {
    arb_t x, y, t;
    ew_truncation at;
} place;

/* `t` is the distance of |rho| from 1. */
static void place_init(place *p, double x, double y, int sign, double t)
{
    arb_init(p->x);
    arb_init(p->y);
    arb_init(p->t);
    arb_set_d(p->x, x);
    arb_set_d(p->y, y);
    arb_set_d(p->t, t);
    p->at = (ew_truncation){p->x, p->y, sign, p->t, x == sign * y, x == 0, y == 0};
}

static void place_clear(place *p)
{
    arb_clear(p->x);
    arb_clear(p->y);
    arb_clear(p->t);
}

/* T_jk */
static void moment(arb_t value, slong j, slong k, const place *p, slong prec)
{
    arb_ptr T = _arb_vec_init((j + 1) * (k + 1));
    ew_truncated_two(T, j + 1, k + 1, &p->at, prec);
    arb_set(value, T + j * (k + 1) + k);
    _arb_vec_clear(T, (j + 1) * (k + 1));
}

/* mpmath, nested quadrature. */
static void values_by_plain_quadrature(void **state)
{
    (void) state;
    static const struct {
        slong j, k;
        double x, y, rho;
        const char *value;
    } row[] = {
        {0, 0, 0.5, 0.5, 0.75, "0.207606535823423023"},
        {0, 0, 0.5, -1.25, 0.75, "0.307940820925006177"},
        {0, 0, 0.5, 1.5, -0.5, "0.00323569262739937745"},
        {1, 1, 0.5, 0.5, 0.75, "0.149217172304799184"},
        {2, 3, -0.5, 1, 0.25, "0.0164244278514794987"},
        {3, 1, 1, -1, -0.875, "0.00016174191127823278"},
        {2, 2, 0, 0.75, 0.5, "0.058876173488349382"},
        {1, 2, 0, 0, -0.25, "0.0561012581814514703"},
    };
    arb_t v;
    arb_init(v);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        place p;
        int sign = row[i].rho < 0 ? -1 : 1;
        place_init(&p, row[i].x, row[i].y, sign, 1 - sign * row[i].rho);
        moment(v, row[i].j, row[i].k, &p, PREC);
        check_ball_value(v, row[i].value, 40);
        place_clear(&p);
    }
    arb_clear(v);
}

/* Independent variables: the product of the moments of one. */
static void independent(void **state)
{
    (void) state;
    static const double x[] = {-3, -0.5, 0, 0.25, 2};
    arb_t v, w;
    arb_init(v);
    arb_init(w);
    arb_ptr a = _arb_vec_init(6), b = _arb_vec_init(6);
    for (int i = 0; i < 5; i++)
        for (int l = 0; l < 5; l++) {
            place p;
            place_init(&p, x[i], x[l], 1, 1);
            ew_truncated_one(a, 6, p.x, PREC);
            ew_truncated_one(b, 6, p.y, PREC);
            for (slong j = 0; j < 6; j++) {
                moment(v, j, 5 - j, &p, PREC);
                arb_mul(w, a + j, b + 5 - j, PREC);
                check_ball_pair(v, w, PREC - 40);
            }
            place_clear(&p);
        }
    _arb_vec_clear(a, 6);
    _arb_vec_clear(b, 6);
    arb_clear(w);
    arb_clear(v);
}

/* P(u > x, v > y) + P(u > x, -v > -y) = P(u > x), from -1 to 1. */
static void quadrants_fill_the_half_plane(void **state)
{
    (void) state;
    static const double x[] = {-12, -1, 0, 0.25, 1, 40}, t[] = {0, 0x1p-90, 0x1p-7, 0.5, 1};
    arb_t v, w, q;
    arb_init(v);
    arb_init(w);
    arb_init(q);
    for (int i = 0; i < 6 * 6 * 5 * 2; i++) {
        place p, o;
        double a = x[i % 6], b = x[i / 6 % 6], d = t[i / 36 % 5];
        int sign = i / 180 ? -1 : 1;
        place_init(&p, a, b, sign, d);
        place_init(&o, a, -b, -sign, d);
        ew_quadrant_above(v, &p.at, PREC);
        ew_quadrant_above(w, &o.at, PREC);
        arb_add(v, v, w, PREC);
        ew_normal_above(q, p.x, PREC);
        arb_sub(v, v, q, PREC);
        assert_true(arb_contains_zero(v));
        assert_true(mag_cmp_2exp_si(arb_radref(v), -PREC + 60) < 0);
        place_clear(&p);
        place_clear(&o);
    }
    arb_clear(q);
    arb_clear(w);
    arb_clear(v);
}

/* At |rho| = 1 - 2^-80 next to |rho| = 1, with thresholds that meet and not; d/d rho of T_22 is
 * T_11 < 1. */
static void nothing_happens_at_the_ends(void **state)
{
    (void) state;
    static const double pair[][2] = {{0, 0}, {1, 1}, {1, -1}, {-0.5, 2}, {2, -0.5}, {0, 1}};
    arb_t v, w;
    arb_init(v);
    arb_init(w);
    for (int i = 0; i < 12; i++) {
        place p, end;
        int sign = i % 2 ? -1 : 1;
        const double *xy = pair[i / 2];
        place_init(&p, xy[0], xy[1], sign, 0x1p-80);
        place_init(&end, xy[0], xy[1], sign, 0);
        moment(v, 2, 2, &p, PREC);
        moment(w, 2, 2, &end, PREC);
        arb_sub(v, v, w, PREC);
        arb_get_mag(arb_radref(w), v);
        assert_true(mag_cmp_2exp_si(arb_radref(w), -78) < 0);
        p.at.meet = 0; /* not told, the same value */
        moment(w, 2, 2, &p, PREC);
        moment(v, 2, 2, &end, PREC);
        arb_sub(v, v, w, PREC);
        arb_get_mag(arb_radref(w), v);
        assert_true(mag_cmp_2exp_si(arb_radref(w), -78) < 0);
        place_clear(&p);
        place_clear(&end);
    }
    arb_clear(w);
    arb_clear(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_plain_quadrature),
        cmocka_unit_test(independent),
        cmocka_unit_test(quadrants_fill_the_half_plane),
        cmocka_unit_test(nothing_happens_at_the_ends),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

/* Expectations over three and more variables. */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "expect/ask.h"

typedef struct {
    ask a;
    slong n;
    arb_ptr gram;
    arb_t x, y;
} many;

static void open_many(many *f, const char *activation, slong n)
{
    ask_open(&f->a, activation, EW_AUTO);
    f->n = n;
    f->gram = _arb_vec_init(n * n);
    arb_init(f->x);
    arb_init(f->y);
}

static void close_many(many *f)
{
    _arb_vec_clear(f->gram, f->n * f->n);
    arb_clear(f->x);
    arb_clear(f->y);
    ask_close(&f->a);
}

/* Upper triangle by rows, in units of 2^-6; the rest by symmetry. */
static void set_gram(many *f, const int *upper)
{
    for (slong a = 0; a < f->n; a++)
        for (slong b = a; b < f->n; b++, upper++) {
            arb_set_si(f->gram + a * f->n + b, *upper);
            arb_mul_2exp_si(f->gram + a * f->n + b, f->gram + a * f->n + b, -6);
            arb_set(f->gram + b * f->n + a, f->gram + a * f->n + b);
        }
}

/* z^z s^e0 s'^e1 of one variable, differentiated m times. */
static void factor(ew_atom_many *atom, slong at, int z, int e0, int e1, int m)
{
    atom->f[at].z = (unsigned short) z;
    atom->f[at].e[0] = (unsigned char) e0;
    atom->f[at].e[1] = (unsigned char) e1;
    atom->m[at] = (unsigned char) m;
}

static void expect(arb_t x, many *f, const ew_atom_many *atom, slong prec)
{
    mag_t scale;
    mag_init(scale);
    check_ok(f->a.ctx,
             ew_expect_many(x, scale, f->a.E, atom, 1, f->gram, f->n, prec, f->a.ctx));
    mag_mul_2exp_si(scale, scale, 1 - prec);
    if (mag_cmp(arb_radref(x), scale) > 0)
        fail_msg("%s: %ld bits were promised", f->a.s->text, (long) prec);
    mag_clear(scale);
}

/* <prod_a t_a(z_a)>, t_a = sin where odd[a] else cos: the mean over all signs e of exp(-e.K
 * e/2), a factor e_a/i for every sine. */
static void waves(arb_t x, const many *f, const int *odd, slong prec)
{
    arb_t q, t;
    arb_init(q);
    arb_init(t);
    arb_zero(x);
    int sines = 0;
    for (slong a = 0; a < f->n; a++)
        sines += odd[a];
    for (slong e = 0; e < (slong) 1 << f->n; e++) {
        int minus = 0;
        arb_zero(q);
        for (slong a = 0; a < f->n; a++) {
            minus ^= odd[a] && (e >> a & 1);
            for (slong b = 0; b < f->n; b++)
                if ((e >> a & 1) == (e >> b & 1))
                    arb_sub(q, q, f->gram + a * f->n + b, prec);
                else
                    arb_add(q, q, f->gram + a * f->n + b, prec);
        }
        arb_mul_2exp_si(q, q, -1);
        arb_exp(t, q, prec);
        if (minus)
            arb_sub(x, x, t, prec);
        else
            arb_add(x, x, t, prec);
    }
    arb_mul_2exp_si(x, x, -f->n);
    if (sines % 4 == 2)
        arb_neg(x, x);
    arb_clear(q);
    arb_clear(t);
}

/* Covariances: ordinary; nearly singular; w = u + v; w = -u; a variable that vanishes. */
static const int three[][6] = {{64, 20, -30, 50, 10, 80}, {64, 63, 62, 64, 63, 64},
                               {64, 20, 84, 50, 70, 154}, {64, 20, -64, 50, -20, 64},
                               {64, 20, 0, 50, 0, 0},     {2, 1, 1, 3, 1, 700}};

static void sines_of_three(void **state)
{
    (void) state;
    static const int odd[][3] = {{1, 1, 0}, {0, 0, 0}, {0, 1, 1}, {1, 1, 1}};
    many f;
    open_many(&f, "sin", 3);
    for (size_t i = 0; i < sizeof three / sizeof *three; i++)
        for (size_t j = 0; j < sizeof odd / sizeof *odd; j++) {
            ew_atom_many atom;
            memset(&atom, 0, sizeof atom);
            set_gram(&f, three[i]);
            for (slong a = 0; a < 3; a++)
                factor(&atom, a, 0, odd[j][a], !odd[j][a], 0);
            expect(f.x, &f, &atom, 60);
            waves(f.y, &f, odd[j], 200);
            if (!arb_overlaps(f.x, f.y))
                fail_msg("sines, covariance %ld, product %ld", (long) i, (long) j);
            /* sin' = cos, cos'' = -cos, ...: four derivatives change nothing, one in each of
             * two variables the functions. */
            atom.m[0] = 4;
            expect(f.x, &f, &atom, 60);
            if (!arb_overlaps(f.x, f.y))
                fail_msg("sines differentiated, covariance %ld, product %ld", (long) i,
                         (long) j);
        }
    close_many(&f);
}

static void sines_of_four(void **state)
{
    (void) state;
    static const int four[2][10] = {{40, 10, -5, 3, 30, 8, -12, 35, 2, 20},
                                    {40, 10, 50, 3, 30, 40, -12, 90, -9, 20}};
    static const int odd[4] = {1, 0, 1, 0};
    many f;
    ew_atom_many atom;
    memset(&atom, 0, sizeof atom);
    open_many(&f, "sin", 4);
    for (slong a = 0; a < 4; a++)
        factor(&atom, a, 0, odd[a], !odd[a], 0);
    for (slong i = 0; i < 2; i++) {
        set_gram(&f, four[i]);
        expect(f.x, &f, &atom, 30);
        waves(f.y, &f, odd, 100);
        if (!arb_overlaps(f.x, f.y))
            fail_msg("four sines, covariance %ld", (long) i);
    }
    close_many(&f);
}

/* <u^2 v^2 w^2> = K_uu K_vv K_ww + 2 sum K_uu K_vw^2 + 8 K_uv K_vw K_wu: functions that grow.
 */
static void powers(void **state)
{
    (void) state;
    many f;
    ew_atom_many atom;
    memset(&atom, 0, sizeof atom);
    open_many(&f, "softplus", 3);
    for (slong a = 0; a < 3; a++)
        factor(&atom, a, 2, 0, 0, 0);
    for (size_t i = 0; i < sizeof three / sizeof *three; i++) {
        const int *k = three[i];
        slong aa = k[0], ab = k[1], ac = k[2], bb = k[3], bc = k[4], cc = k[5];
        set_gram(&f, k);
        expect(f.x, &f, &atom, 100);
        arb_set_si(f.y, aa * bb * cc + 2 * (aa * bc * bc + bb * ac * ac + cc * ab * ab) +
                            8 * ab * bc * ac);
        arb_mul_2exp_si(f.y, f.y, -18);
        if (!arb_contains(f.x, f.y))
            fail_msg("powers, covariance %ld", (long) i);
    }
    close_many(&f);
}

/* u independent of (v, w); the rule of two variables. */
static void products_of_two(const char *activation)
{
    static const int apart[6] = {70, 0, 0, 40, 25, 60};
    many f;
    ew_atom_many atom;
    ew_atom1 one = ask_atom(1, 1, 0, 0, 0);
    ew_atom2 two = {{0, {2}}, {0, {1, 1}}, 0, 0, 0};
    memset(&atom, 0, sizeof atom);
    open_many(&f, activation, 3);
    set_gram(&f, apart);
    factor(&atom, 0, 1, 1, 0, 0);
    factor(&atom, 1, 0, 2, 0, 0);
    factor(&atom, 2, 0, 1, 1, 0);
    expect(f.x, &f, &atom, 70);
    check_ok(f.a.ctx, ew_expect_two(f.y, NULL, f.a.E, &two, 1, f.gram + 4, f.gram + 5,
                                    f.gram + 8, 90, f.a.ctx));
    arb_t u;
    arb_init(u);
    check_ok(f.a.ctx, ew_expect_one(u, NULL, f.a.E, &one, 1, f.gram, 90, f.a.ctx));
    arb_mul(f.y, f.y, u, 90);
    check_ball_pair(f.x, f.y, 55);
    arb_clear(u);
    close_many(&f);
}

static void independent_parts(void **state)
{
    (void) state;
    products_of_two("tanh");
    products_of_two("gelu");
    products_of_two("softplus");
}

/* A covariance known to 2^-30 only: the values at exact ones within are inside, and the radius
 * is of that size. */
static void uncertain_covariance(void **state)
{
    (void) state;
    static const int odd[3] = {1, 0, 1};
    many f;
    ew_atom_many atom;
    arb_t wide;
    arb_init(wide);
    memset(&atom, 0, sizeof atom);
    open_many(&f, "sin", 3);
    for (slong a = 0; a < 3; a++)
        factor(&atom, a, 0, odd[a], !odd[a], 0);
    set_gram(&f, three[0]);
    for (slong i = 0; i < 9; i++)
        arb_add_error_2exp_si(f.gram + i, -30);
    check_ok(f.a.ctx, ew_expect_many(wide, NULL, f.a.E, &atom, 1, f.gram, 3, 60, f.a.ctx));
    for (int way = 0; way < 64; way++) {
        set_gram(&f, three[0]);
        for (slong a = 0, bit = 0; a < 3; a++)
            for (slong b = a; b < 3; b++, bit++) {
                arb_set_si(f.y, way >> bit & 1 ? 1 : -1);
                arb_mul_2exp_si(f.y, f.y, -30);
                arb_add(f.gram + a * 3 + b, f.gram + a * 3 + b, f.y, 100);
                arb_set(f.gram + b * 3 + a, f.gram + a * 3 + b);
            }
        waves(f.y, &f, odd, 200);
        if (!arb_contains(wide, f.y))
            fail_msg("covariance corner %d", way);
    }
    assert_true(mag_cmp_2exp_si(arb_radref(wide), -26) < 0);
    arb_clear(wide);
    close_many(&f);
}

static void kinks_are_refused(void **state)
{
    (void) state;
    many f;
    ew_atom_many atom;
    memset(&atom, 0, sizeof atom);
    open_many(&f, "relu", 3);
    set_gram(&f, three[0]);
    check_status(f.a.ctx, ew_expect_many(f.x, NULL, f.a.E, &atom, 1, f.gram, 3, 60, f.a.ctx),
                 EW_UNABLE);
    close_many(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sines_of_three),
        cmocka_unit_test(sines_of_four),
        cmocka_unit_test(powers),
        cmocka_unit_test(independent_parts),
        cmocka_unit_test(uncertain_covariance),
        cmocka_unit_test(kinks_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

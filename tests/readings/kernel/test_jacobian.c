#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#define N0 2
#include "jacobian_setting.h"
#include "readings/kernel/kernel.h"

/* Inputs in 1000ths. */
static void set_thousandths(fixture *f, const slong *x, slong inputs)
{
    fmpq *q = _fmpq_vec_init(inputs * N0);
    for (slong i = 0; i < inputs * N0; i++)
        fmpq_set_si(q + i, x[i], 1000);
    set_inputs(f, q, inputs);
    _fmpq_vec_clear(q, inputs * N0);
}

typedef struct {
    int ntk, row, column;
    const char *value;
} entry;

static void check_entries(fixture *f, int tangent, const entry *want, size_t n)
{
    arb_mat_t m[2], fine[2];
    output(m[0], m[1], f, tangent, 100);
    output(fine[0], fine[1], f, tangent, 200);
    for (int t = 0; t <= tangent; t++)
        for (slong i = 0; i < arb_mat_nrows(m[0]); i++)
            for (slong k = 0; k < arb_mat_nrows(m[0]); k++)
                check_ball_pair(arb_mat_entry(m[t], i, k), arb_mat_entry(fine[t], i, k), 70);
    for (size_t i = 0; i < n; i++)
        check_ball_value(arb_mat_entry(m[want[i].ntk], want[i].row, want[i].column),
                         want[i].value, 22);
    for (int t = 0; t < 2; t++) {
        arb_mat_clear(m[t]);
        arb_mat_clear(fine[t]);
    }
}

static const slong two_points[] = {1000, 2000, 500, -1000};

/* Differences (mpmath, 160 digits) of the kernels of erf in closed form (Williams), three
 * layers. */
static void erf_is_the_derivative_of_closed_forms(void **state)
{
    (void) state;
    static const entry want[] = {
        {0, 0, 1, "0.2158682372442738717328455"},   {0, 0, 2, "0.00825642299585048736549962"},
        {0, 2, 1, "0.1117247993438660900854564"},   {0, 0, 5, "0.2327387738373732375049727"},
        {0, 2, 3, "-0.09566306841873375855460115"}, {0, 3, 3, "0.07552299557180361388881743"},
        {0, 2, 4, "0.08330249821386512702835937"},  {0, 3, 5, "0.003044387414816767662637681"},
        {0, 4, 5, "0.1441035146207928374227063"},   {1, 0, 1, "0.5955832531953310139154121"},
        {1, 0, 2, "0.08417710879924474364654289"},  {1, 2, 1, "0.2111485118763201465008937"},
        {1, 0, 5, "0.5229972332822938550127779"},   {1, 2, 3, "-0.6333894804350810414077214"},
        {1, 3, 3, "0.5989763381888623425797572"},   {1, 2, 4, "0.1636354905529936467971505"},
        {1, 3, 5, "0.008695349184505914297063758"}, {1, 4, 5, "0.572624873323550717949431"},
    };
    fixture f;
    set_up(&f, "erf", 3, "3/2", "1/4", "1/2");
    set_thousandths(&f, two_points, 2);
    check_entries(&f, 1, want, sizeof want / sizeof *want);
    shut(&f);
}

/* The same of the arc-cosine kernel (Cho and Saul). */
static void relu_is_the_derivative_of_closed_forms(void **state)
{
    (void) state;
    static const entry want[] = {
        {0, 0, 1, "1.560799182791303393362434"},   {0, 2, 1, "0.361155513603895470069724"},
        {0, 0, 5, "-0.4560111227703855395788803"}, {0, 2, 4, "0.3623305554587537123233587"},
        {0, 3, 5, "-0.1750893102782600426757752"}, {0, 2, 5, "-0.08447597631573367397066714"},
    };
    fixture f;
    set_up(&f, "relu", 3, "2", "1/4", "0");
    set_thousandths(&f, two_points, 2);
    check_entries(&f, 0, want, sizeof want / sizeof *want);
    ew_jacobian *j;
    check_status(f.ctx, ew_jacobian_new(&j, &f.net, 1, EW_AUTO, f.ctx), EW_DOMAIN);
    assert_null(j);
    shut(&f);
}

static void exact_is(const ew_certified *x, slong p, slong q)
{
    char text[50];
    snprintf(text, sizeof text, q == 1 ? "%ld" : "%ld/%ld", (long) p, (long) q);
    if (!x->exact || strcmp(x->exact, text))
        fail_msg("%s, expected %s", x->exact ? x->exact : "nothing", text);
}

/* s = z^2, one hidden layer, C_b = 0, lambda_b = 0: K = C_W (k_aa k_bb + 2 k_ab^2) and Theta =
 * (k_aa k_bb + 2 k_ab^2)/1 + 4 C_W k_ab t_ab with k = t = x.y/2 at C_W = 1; x = (1, 2), y =
 * (1/2, -1): x.y/2 = -3/4, x.x/2 = 5/2, y.y/2 = 5/8.  Then Theta = k_aa k_bb + 6 k_ab^2, of
 * which derivatives are taken by hand: d_i k_ab = y_i/2, d'_k k_ab = x_k/2, d_i k_aa = x_i,
 * d'_k k_bb = y_k, d_i d'_k k_ab = [i = k]/2. */
static void squares_are_exact(void **state)
{
    (void) state;
    static const slong x[] = {2, 4}, y[] = {1, -2}; /* halves */
    fixture f;
    ew_jacobian_table *t;
    set_up(&f, "z^2", 2, "1", "0", "0");
    set_thousandths(&f, two_points, 2);
    check_ok(f.ctx, ew_jacobian_solve(&t, &f.net, 1, 20, EW_AUTO, f.ctx));
    assert_int_equal(t->rows, 6);
    const ew_certified *K = t->nngp + 36, *T = t->ntk + 36;
    exact_is(K + 1, 43, 16); /* 25/16 + 2 9/16 */
    exact_is(T + 1, 79, 16); /* 25/16 + 6 9/16 */
    exact_is(K, 75, 4);      /* 3 (5/2)^2 */
    for (int g = 0; g < 2; g++) {
        /* x_g k_bb + c k_ab y_g, c = 2, 6, over 64 */
        slong kbb = 20 * x[g], kab = -48 * y[g];
        slong num = kbb + kab, num_t = kbb + 3 * kab;
        fmpq_t q;
        fmpq_init(q);
        fmpq_set_si(q, num, 64);
        exact_is(K + (2 + g) * 6 + 1, fmpz_get_si(fmpq_numref(q)), fmpz_get_si(fmpq_denref(q)));
        fmpq_set_si(q, num_t, 64);
        exact_is(T + (2 + g) * 6 + 1, fmpz_get_si(fmpq_numref(q)), fmpz_get_si(fmpq_denref(q)));
        for (int h = 0; h < 2; h++) {
            /* x_g y_h + 2 c (y_g/2 x_h/2 + k_ab [g = h]/2), over 16 */
            slong xy = 4 * x[g] * y[h], yx = y[g] * x[h] - (g == h ? 6 : 0);
            fmpq_set_si(q, xy + 4 * yx, 16);
            exact_is(K + (2 + g) * 6 + 4 + h, fmpz_get_si(fmpq_numref(q)),
                     fmpz_get_si(fmpq_denref(q)));
            fmpq_set_si(q, xy + 12 * yx, 16);
            exact_is(T + (2 + g) * 6 + 4 + h, fmpz_get_si(fmpq_numref(q)),
                     fmpz_get_si(fmpq_denref(q)));
        }
        fmpq_clear(q);
    }
    ew_jacobian_table_free(t);
    shut(&f);
}

static double value_of(const ew_certified *x)
{
    return ew_certified_double(x);
}

/* Second differences of the certified NNGP and NTK of x +- h u and y +- h v, in balls. */
static void check_differences(const char *activation, const char *cb)
{
    static const slong x[] = {1000, 300}, y[] = {-400, 700};
    static const slong h = 1000000; /* 1/h */
    fixture near, at;
    fmpq *p = _fmpq_vec_init(4 * N0);
    for (slong i = 0; i < 4; i++)
        for (slong k = 0; k < N0; k++) {
            fmpq_t step;
            fmpq_init(step);
            fmpq_set_si(p + i * N0 + k, (i < 2 ? x : y)[k], 1000);
            fmpq_set_si(step, i % 2 ? -1 : 1, (ulong) h);
            if (k == (i < 2 ? 0 : 1)) /* u = e_1, v = e_2 */
                fmpq_add(p + i * N0 + k, p + i * N0 + k, step);
            fmpq_clear(step);
        }
    set_up(&near, activation, 3, "3/2", cb, "1/3");
    set_inputs(&near, p, 4);
    set_up(&at, activation, 3, "3/2", cb, "1/3");
    const slong points[] = {x[0], x[1], y[0], y[1]};
    set_thousandths(&at, points, 2);
    ew_kernel_table *k;
    ew_jacobian_table *j;
    check_ok(near.ctx, ew_kernel_solve(&k, &near.net, 1, 28, EW_AUTO, near.ctx));
    check_ok(at.ctx, ew_jacobian_solve(&j, &at.net, 1, 15, EW_AUTO, at.ctx));
    for (int t = 0; t < 2; t++) {
        arb_ptr v = _arb_vec_init(4);
        const ew_certified *m = (t ? k->ntk : k->nngp) + 2 * 16;
        for (int i = 0; i < 4; i++) {
            const ew_certified *c = m + (i / 2) * 4 + 2 + i % 2;
            assert_int_equal(ew_ball_read(v + i, c->mid, c->rad, 200), 0);
        }
        /* d, d' and d d' at x along e_1, y along e_2: rows 2 and 5 */
        arb_t d;
        arb_init(d);
        arb_sub(d, v, v + 1, 200);
        arb_sub(d, d, v + 2, 200);
        arb_add(d, d, v + 3, 200);
        double mixed = arf_get_d(arb_midref(d), ARF_RND_NEAR) * (double) h * (double) h / 4;
        arb_add(d, v, v + 1, 200);
        arb_sub(d, d, v + 2, 200);
        arb_sub(d, d, v + 3, 200);
        double first = arf_get_d(arb_midref(d), ARF_RND_NEAR) * (double) h / 4;
        const ew_certified *n = (t ? j->ntk : j->nngp) + 2 * 36;
        if (!(fabs(mixed - value_of(n + 2 * 6 + 5)) < 1e-10))
            fail_msg("%s: %.15g, differences %.15g", activation, value_of(n + 2 * 6 + 5),
                     mixed);
        if (!(fabs(first - value_of(n + 2 * 6 + 1)) < 1e-10))
            fail_msg("%s: %.15g, differences %.15g", activation, value_of(n + 2 * 6 + 1),
                     first);
        arb_clear(d);
        _arb_vec_clear(v, 4);
    }
    ew_kernel_free(k);
    ew_jacobian_table_free(j);
    _fmpq_vec_clear(p, 4 * N0);
    shut(&near);
    shut(&at);
}

static void differences_of_certified_kernels(void **state)
{
    (void) state;
    check_differences("tanh", "1/5");
    check_differences("gelu", "0");
    check_differences("cos", "1/7");
}

/* Equal inputs have equal fields; opposite ones opposite values and equal derivatives for odd
 * s without biases, the reverse for even s. */
static void equal_and_opposite_inputs(void **state)
{
    (void) state;
    static const slong x[] = {1000, 2000, 1000, 2000, -1000, -2000};
    static const struct {
        const char *s, *lb;
        int value, derivative, tangent;
    } cases[] = {{"tanh", "0", -1, 1, 1},
                 {"hardtanh", "0", -1, 1, 0},
                 {"cos", "0", 1, -1, 1},
                 {"abs", "0", 1, -1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        arb_mat_t m[2];
        set_up(&f, cases[i].s, 3, "2", "0", cases[i].lb);
        set_thousandths(&f, x, 3);
        output(m[0], m[1], &f, cases[i].tangent, 100);
        for (int t = 0; t <= cases[i].tangent; t++)
            for (slong r = 0; r < 3; r++) {
                /* f, d_1 f, d_2 f of input 1 with those of each input */
                static const slong row[3][3] = {{0, 3, 4}, {1, 5, 6}, {2, 7, 8}};
                for (slong c = 0; c < 3; c++) {
                    arb_t o;
                    arb_init(o);
                    arb_set(o, arb_mat_entry(m[t], row[0][r], row[0][c]));
                    check_ball_pair(arb_mat_entry(m[t], row[0][r], row[1][c]), o, 60);
                    arb_mul_si(o, o, c ? cases[i].derivative : cases[i].value, 100);
                    check_ball_pair(arb_mat_entry(m[t], row[0][r], row[2][c]), o, 60);
                    arb_clear(o);
                }
            }
        arb_mat_clear(m[0]);
        arb_mat_clear(m[1]);
        shut(&f);
    }
    fixture f;
    ew_jacobian *j;
    arb_mat_t k, t;
    set_up(&f, "relu", 3, "2", "0", "0");
    set_thousandths(&f, x, 3);
    check_ok(f.ctx, ew_jacobian_new(&j, &f.net, 0, EW_AUTO, f.ctx));
    arb_mat_init(k, 9, 9);
    arb_mat_init(t, 9, 9);
    check_status(f.ctx, ew_jacobian_output(k, t, j, 64, f.ctx), EW_UNABLE);
    arb_mat_clear(k);
    arb_mat_clear(t);
    ew_jacobian_free(j);
    shut(&f);
}

static void what_does_not_exist_is_refused(void **state)
{
    (void) state;
    static const struct {
        const char *s;
        ew_status nngp, ntk;
    } cases[] = {{"step", EW_DOMAIN, EW_DOMAIN}, {"relu", EW_OK, EW_DOMAIN},
                 {"softsign", EW_OK, EW_OK},     {"elu", EW_OK, EW_OK},
                 {"elu(2)", EW_OK, EW_DOMAIN},   {"relu^2", EW_OK, EW_OK},
                 {"tanh", EW_OK, EW_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        set_up(&f, cases[i].s, 2, "1", "0", "0");
        set_thousandths(&f, two_points, 2);
        check_status(f.ctx, ew_jacobian_exists(&f.net, 0, f.ctx), cases[i].nngp);
        check_status(f.ctx, ew_jacobian_exists(&f.net, 1, f.ctx), cases[i].ntk);
        shut(&f);
    }
}

/* x.J f = q f: the vector with 1 at f(x) and -x/q at its derivatives is in the kernel. */
static void homogeneous_networks_are_singular(void **state)
{
    (void) state;
    static const struct {
        const char *s, *cb, *lb;
        slong degree;
        int ntk;
    } cases[] = {{"relu", "0", "0", 1, 1}, {"z^2", "0", "0", 4, 1},  {"z^2", "0", "1", 4, 0},
                 {"z", "0", "0", 1, 1},    {"relu", "1", "0", 0, 0}, {"tanh", "0", "0", 0, 0},
                 {"z^2+z", "0", "0", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        set_up(&f, cases[i].s, 3, "1", cases[i].cb, cases[i].lb);
        set_thousandths(&f, two_points, 2);
        ew_jacobian_relation r = ew_jacobian_singular(&f.net);
        assert_int_equal(r.input, cases[i].degree ? 0 : -1);
        if (cases[i].degree) {
            assert_int_equal(r.degree, cases[i].degree);
            assert_int_equal(r.ntk, cases[i].ntk);
            arb_mat_t m[2];
            int tangent = strcmp(cases[i].s, "relu") != 0;
            output(m[0], m[1], &f, tangent, 100);
            for (int t = 0; t <= tangent; t++)
                for (slong k = 0; k < 6; k++) {
                    arb_t v; /* x = (1, 2) */
                    arb_init(v);
                    arb_mul_si(v, arb_mat_entry(m[t], 0, k), cases[i].degree, 100);
                    arb_sub(v, v, arb_mat_entry(m[t], 2, k), 100);
                    arb_submul_si(v, arb_mat_entry(m[t], 3, k), 2, 100);
                    assert_int_equal(arb_contains_zero(v), t == 0 || cases[i].ntk);
                    arb_clear(v);
                }
            arb_mat_clear(m[0]);
            arb_mat_clear(m[1]);
        }
        shut(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erf_is_the_derivative_of_closed_forms),
        cmocka_unit_test(relu_is_the_derivative_of_closed_forms),
        cmocka_unit_test(squares_are_exact),
        cmocka_unit_test(differences_of_certified_kernels),
        cmocka_unit_test(equal_and_opposite_inputs),
        cmocka_unit_test(what_does_not_exist_is_refused),
        cmocka_unit_test(homogeneous_networks_are_singular),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

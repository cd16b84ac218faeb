/* The recursion against cumulants of finite networks that are known exactly (theory.md section
 * 5). */
#include "brute_force.h"
#include "exact.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#define ORDER 8

static void check_rational(const fmpq *x, const fmpq *expected, const char *what, slong layer)
{
    if (fmpq_equal(x, expected))
        return;
    char *s = fmpq_get_str(NULL, 10, x), *t = fmpq_get_str(NULL, 10, expected);
    fail_msg("%s, layer %ld: %s, expected %s", what, (long) layer, s, t);
}

/* ---- one preactivation: Ghat^(L+1) is a product of L independent means ------------------- */

/* kappa[k] = m[k] - sum_j binomial(k-1, j-1) kappa[j] m[k-j], series in eps. */
static void cumulants_of_moments(fmpq_poly_struct *kappa, const fmpq_poly_struct *m, slong n)
{
    fmpq_poly_t t;
    fmpz_t w;
    fmpq_poly_init(t);
    fmpz_init(w);
    for (slong k = 1; k <= n; k++) {
        fmpq_poly_set(&kappa[k], &m[k]);
        for (slong j = 1; j < k; j++) {
            fmpz_bin_uiui(w, (ulong) (k - 1), (ulong) (j - 1));
            fmpq_poly_mul(t, &kappa[j], &m[k - j]);
            fmpq_poly_scalar_mul_fmpz(t, t, w);
            fmpq_poly_sub(&kappa[k], &kappa[k], t);
        }
    }
    fmpq_poly_clear(t);
    fmpz_clear(w);
}

static void moments_of_cumulants(fmpq_poly_struct *m, const fmpq_poly_struct *kappa, slong n)
{
    fmpq_poly_t t;
    fmpz_t w;
    fmpq_poly_init(t);
    fmpz_init(w);
    for (slong k = 1; k <= n; k++) {
        fmpq_poly_set(&m[k], &kappa[k]);
        for (slong j = 1; j < k; j++) {
            fmpz_bin_uiui(w, (ulong) (k - 1), (ulong) (j - 1));
            fmpq_poly_mul(t, &kappa[j], &m[k - j]);
            fmpq_poly_scalar_mul_fmpz(t, t, w);
            fmpq_poly_add(&m[k], &m[k], t);
        }
    }
    fmpq_poly_clear(t);
    fmpz_clear(w);
}

static void init_all(fmpq_poly_struct *p, slong n)
{
    for (slong i = 0; i <= n; i++)
        fmpq_poly_init(&p[i]);
}

static void clear_all(fmpq_poly_struct *p, slong n)
{
    for (slong i = 0; i <= n; i++)
        fmpq_poly_clear(&p[i]);
}

/* Moments of the mean of n/r copies of x, E x^k = scale^(k-1) (2k-1)!!: x = scale z_+^2 has
 * such moments for scale = 2, x = z^2 for scale = 1. */
static void mean_moments(fmpq_poly_struct *m, slong n, slong scale, slong ratio)
{
    fmpq_poly_struct x[ORDER + 2], k[ORDER + 2];
    fmpz_t c;
    fmpz_init(c);
    init_all(x, n);
    init_all(k, n);
    fmpz_one(c);
    for (slong i = 1; i <= n; i++) {
        fmpz_mul_ui(c, c, (ulong) (i > 1 ? scale * (2 * i - 1) : 1));
        fmpq_poly_set_fmpz(&x[i], c);
    }
    cumulants_of_moments(k, x, n);
    for (slong i = 1; i <= n; i++) {
        fmpz_set_si(c, ratio);
        fmpz_pow_ui(c, c, (ulong) (i - 1));
        fmpq_poly_scalar_mul_fmpz(&k[i], &k[i], c);
        fmpq_poly_shift_left(&k[i], &k[i], i - 1);
    }
    moments_of_cumulants(m, k, n);
    clear_all(x, n);
    clear_all(k, n);
    fmpz_clear(c);
}

static void check_products(slong order, slong scale, const char *cw, const slong *ratio,
                           slong depth)
{
    exact_activation s = {.relu = scale == 2};
    exact_chain c;
    fmpq_poly_struct m[ORDER + 2], now[ORDER + 2], kappa[ORDER + 2];
    fmpq_t v;
    fmpq_init(v);
    fmpq_poly_init(s.s);
    fmpq_poly_set_coeff_ui(s.s, 1, 1);
    init_all(m, order + 1);
    init_all(now, order + 1);
    init_all(kappa, order + 1);
    for (slong k = 1; k <= order + 1; k++)
        fmpq_poly_one(&now[k]);
    exact_open(&c, order, 0, cw, "0", "0", "0", "1", NULL);
    for (slong layer = 2; layer <= depth; layer++) {
        slong r = ratio ? ratio[layer - 2] : 1;
        mean_moments(m, order + 1, scale, r);
        for (slong k = 1; k <= order + 1; k++)
            fmpq_poly_mul(&now[k], &now[k], &m[k]);
        cumulants_of_moments(kappa, now, order + 1);
        fmpq_set_si(c.x + EW_RATIO, r, 1);
        exact_step(&c, &s);
        char of[4 * (ORDER + 1) + 1] = "";
        for (slong k = 1; k <= order + 1; k++) {
            strcat(of, k > 1 ? ",a.a" : "a.a");
            for (slong j = 0; j <= order; j++) {
                fmpq_poly_get_coeff_fmpq(v, &kappa[k], j);
                if (j < k - 1)
                    assert_true(fmpq_is_zero(v));
                else
                    check_rational(exact_of(&c, of, j), v, of, layer);
            }
        }
    }
    exact_close(&c);
    clear_all(m, order + 1);
    clear_all(now, order + 1);
    clear_all(kappa, order + 1);
    fmpq_poly_clear(s.s);
    fmpq_clear(v);
}

static void relu_is_a_product_of_means(void **state)
{
    (void) state;
    check_products(4, 2, "2", NULL, 20);
    check_products(ORDER, 2, "2", NULL, 3);
}

static void linear_is_a_product_of_chi_squares(void **state)
{
    (void) state;
    check_products(4, 1, "1", NULL, 20);
    check_products(6, 1, "1", NULL, 4);
}

static void widths_may_differ(void **state)
{
    (void) state;
    const slong ratio[] = {1, 3, 2, 5, 1, 7};
    check_products(4, 2, "2", ratio, 7);
    check_products(4, 1, "1", ratio, 7);
}

/* ---- ReLU's NTK: closed forms of peers.md --------------------------------------------------
 */

static void relu_closed_forms(void **state)
{
    (void) state;
    exact_activation s = {.relu = 1};
    exact_chain c;
    exact_open(&c, 1, 1, "2", "0", "1", "0", "2/3", "1/3");
    for (slong l = 1; l <= 20; l++) {
        /* K = 2q with q = 1/3 */
        const struct {
            const char *of;
            slong order, num, den;
        } expected[] = {
            {"a.a", 0, 2, 3},
            {"a.a", 1, 0, 1},
            {"a1.a1", 0, l, 3},
            {"a.a,a.a", 1, 20 * (l - 1), 9},
            {"a.a1,a.a1", 1, 2 * l * (l - 1), 9},
            {"a.a,a1.a1", 1, 6 * l * (l - 1), 9},
            {"a1.a1,a2.a2", 1, l * (l - 1) * (7 * l - 2), 27},
            {"a1.a2,a1.a2", 1, l * (l - 1) * (2 * l - 1), 27},
            {"a1.a1", 1, 0, 1},
        };
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            fmpq_t v;
            fmpq_init(v);
            fmpq_set_si(v, expected[i].num, (ulong) expected[i].den);
            check_rational(exact_of(&c, expected[i].of, expected[i].order), v, expected[i].of,
                           l);
            fmpq_clear(v);
        }
        exact_step(&c, &s);
    }
    exact_close(&c);
}

/* ---- polynomials: all moments of a finite network, by enumeration in rationals -------------
 */

/* C_b = 1/5, lambda_W = 1/2, lambda_b = 1/7, K = 1, Theta = 2/3 at layer 1; computed by a
 * program that knows no cumulant expansion: E over layers of all moments of Ghat, as
 * polynomials in 1/n, one layer after the other. */
/* s = z, C_W = 3/2, layer 4 */
static const brute_force linear_4[] = {
    {"a.a", {"173/40", "0", "0"}},
    {"a1.a1", {"1877/280", "0", "0"}},
    {"a.a,a.a", {"0", "68859/800", "59859/400"}},
    {"a.a,a1.a1", {"0", "21453/400", "692847/5600"}},
    {"a.a1,a.a1", {"0", "96597/2240", "692847/11200"}},
    {"a1.a1,a2.a2", {"0", "15827/400", "5041863/39200"}},
    {"a1.a2,a1.a2", {"0", "3576429/78400", "3112173/78400"}},
    {"a.a,a.a,a.a", {"0", "0", "19754091/4000"}},
    {"a.a,a.a,a1.a1", {"0", "0", "1438353/500"}},
    {"a.a,a.a1,a.a1", {"0", "0", "145228599/112000"}},
    {"a.a,a1.a1,a2.a2", {"0", "0", "3498303/2000"}},
    {"a.a,a1.a2,a1.a2", {"0", "0", "35259381/112000"}},
    {"a.a1,a.a1,a2.a2", {"0", "0", "12819213/16000"}},
    {"a.a1,a.a2,a1.a2", {"0", "0", "175121703/313600"}},
    {"a1.a1,a2.a2,a3.a3", {"0", "0", "9266563/8000"}},
    {"a1.a1,a2.a3,a2.a3", {"0", "0", "31482729/112000"}},
    {"a1.a2,a1.a3,a2.a3", {"0", "0", "1721078469/3136000"}},
};
/* s = z^2, C_W = 1/3, layer 3 */
static const brute_force square_3[] = {
    {"a.a", {"41/25", "32/3", "0"}},
    {"a1.a1", {"10007/1575", "1456/27", "0"}},
    {"a.a,a.a", {"0", "52224/625", "652544/225"}},
    {"a.a,a1.a1", {"0", "36640064/118125", "152666816/14175"}},
    {"a.a1,a.a1", {"0", "9584/175", "2348032/945"}},
    {"a1.a1,a2.a2", {"0", "80434798112/66976875", "111849930112/2679075"}},
    {"a1.a2,a1.a2", {"0", "365776/6615", "2720331392/893025"}},
    {"a.a,a.a,a.a", {"0", "0", "242368512/15625"}},
    {"a.a,a.a,a1.a1", {"0", "0", "489939383296/8859375"}},
    {"a.a,a.a1,a.a1", {"0", "0", "16681216/2625"}},
    {"a.a,a1.a1,a2.a2", {"0", "0", "1014361873875968/5023265625"}},
    {"a.a,a1.a2,a1.a2", {"0", "0", "12814286848/2480625"}},
    {"a.a1,a.a1,a2.a2", {"0", "0", "34906687744/1488375"}},
    {"a.a1,a.a2,a1.a2", {"0", "0", "58258624/23625"}},
    {"a1.a1,a2.a2,a3.a3", {"0", "0", "79809573410063872/105488578125"}},
    {"a1.a1,a2.a3,a2.a3", {"0", "0", "28238855881984/1406514375"}},
    {"a1.a2,a1.a3,a2.a3", {"0", "0", "13142224576/10418625"}},
};

/* s = z^2, C_W = 1/3, layer 4 */
static const brute_force square_4[] = {
    {"a.a", {"1806/625", "222272/1875", "226048/75"}},
    {"a1.a1", {"4269173/236250", "335137568/354375", "1117299328/42525"}},
    {"a.a,a.a", {"0", "228777376/234375", "615255245824/3515625"}},
    {"a.a,a1.a1", {"0", "272875325504/44296875", "757434254388736/664453125"}},
    {"a.a1,a.a1", {"0", "11458549948/14765625", "1143538268288/6328125"}},
    {"a1.a2,a1.a2", {"0", "1307701889968/1550390625", "650020812974848/2562890625"}},
    {"a1.a1,a2.a2", {"0", "15032522895809624/376744921875", "45576374843384576/5980078125"}},
    {"a.a,a.a,a.a", {"0", "0", "283116903412576/244140625"}},
};

/* s = z - z^2/2 + z^3/6, C_W = 4/3, layer 3: cumulants of up to two entries */
static const brute_force cubic_3[] = {
    {"a.a", {"16365133/164025", "6297956/2187", "311420480/6561"}},
    {"a1.a1", {"310524173/1530900", "57297691/7290", "357325744/2187"}},
    {"a.a,a.a", {"0", "162557841348346276/134521003125", "63427154478021572/358722675"}},
    {"a.a,a1.a1", {"0", "2555681052176755091/1255529362500", "383535476984040997/1195742250"}},
    {"a.a1,a.a1", {"0", "58240406054429/93002175", "2131018672910243/17714700"}},
    {"a1.a1,a2.a2",
     {"0", "84350906581476148967/23436548100000", "67349913795696078437/111602610000"}},
    {"a1.a2,a1.a2", {"0", "9160761195444953/28934010000", "221595023926683559/2755620000"}},
};

static void check_rows(const exact_chain *c, const brute_force *b, size_t n, slong layer)
{
    fmpq_t v;
    fmpq_init(v);
    for (size_t i = 0; i < n; i++) {
        slong first = 0;
        for (const char *t = b[i].of; *t; t++)
            first += *t == ',';
        for (slong j = first; j <= c->h->order; j++) {
            fmpq_set_str(v, b[i].c[j], 10);
            check_rational(exact_of(c, b[i].of, j), v, b[i].of, layer);
        }
    }
    fmpq_clear(v);
}

static void check_brute(const brute_force *b, size_t n, exact_activation *s, const char *cw,
                        slong layer)
{
    exact_chain c;
    exact_open(&c, 2, 1, cw, "1/5", "1/2", "1/7", "1", "2/3");
    for (slong l = 1; l < layer; l++)
        exact_step(&c, s);
    check_rows(&c, b, n, layer);
    exact_close(&c);
}

static void second_order_polynomials(void **state)
{
    (void) state;
    exact_activation s = {.relu = 0};
    fmpq_poly_init(s.s);
    fmpq_poly_set_coeff_ui(s.s, 1, 1);
    check_brute(linear_4, sizeof linear_4 / sizeof *linear_4, &s, "3/2", 4);
    fmpq_poly_zero(s.s);
    fmpq_poly_set_coeff_ui(s.s, 2, 1);
    check_brute(square_3, sizeof square_3 / sizeof *square_3, &s, "1/3", 3);
    check_brute(square_4, sizeof square_4 / sizeof *square_4, &s, "1/3", 4);
    fmpq_poly_set_str(s.s, "4  0 1 -1/2 1/6");
    check_brute(cubic_3, sizeof cubic_3 / sizeof *cubic_3, &s, "4/3", 3);
    fmpq_poly_clear(s.s);
}

/* ---- several inputs, and the NTK's descendants --------------------------------------------
 */

static void check_family(const ew_family *family, const brute_force *b, size_t n,
                         const char *polynomial, const char *cw, slong layer)
{
    exact_activation s = {.relu = 0};
    exact_chain c;
    fmpq_poly_init(s.s);
    assert_int_equal(fmpq_poly_set_str(s.s, polynomial), 0);
    exact_open_family(&c, family, cw, "1/5", "1/2", "1/7");
    exact_set(&c, "a.a", "1");
    if (family->descent)
        exact_set(&c, "a1.a1", "2/3");
    if (family->inputs > 1) {
        exact_set(&c, "a.b", "1/3");
        exact_set(&c, "b.b", "2/3");
        if (family->descent) {
            exact_set(&c, "a1.b1", "1/4");
            exact_set(&c, "b1.b1", "1/2");
        }
    }
    for (slong l = 1; l < layer; l++)
        exact_step(&c, &s);
    check_rows(&c, b, n, layer);
    exact_close(&c);
    fmpq_poly_clear(s.s);
}

#define ROWS(x) (x), sizeof(x) / sizeof *(x)

static void two_inputs(void **state)
{
    (void) state;
    const ew_family second = {.order = 2, .inputs = 2},
                    ntk = {.order = 1, .inputs = 2, .descent = 1};
    check_family(&second, ROWS(two_linear_4), "2  0 1", "3/2", 4);
    check_family(&second, ROWS(two_square_3), "3  0 0 1", "1/3", 3);
    check_family(&second, ROWS(two_cubic_3), "4  0 1 0 1/6", "4/3", 3);
    check_family(&ntk, ROWS(two_linear_ntk_3), "2  0 1", "3/2", 3);
    check_family(&ntk, ROWS(two_square_ntk_3), "3  0 0 1", "1/3", 3);
}

static void descendants_of_the_ntk(void **state)
{
    (void) state;
    const ew_family first = {.order = 1, .inputs = 1, .descent = 3},
                    dntk = {.order = 2, .inputs = 1, .descent = 2},
                    ddntk = {.order = 2, .inputs = 1, .descent = 3};
    check_family(&ddntk, ROWS(descent_linear_4), "2  0 1", "3/2", 4);
    check_family(&dntk, ROWS(dntk_square_3), "3  0 0 1", "1/3", 3);
    check_family(&ddntk, ROWS(ddntk_square_3), "3  0 0 1", "1/3", 3);
    check_family(&first, ROWS(descent_cubic_3), "4  0 1 -1/2 1/6", "4/3", 3);
}

/* Two equal inputs: every statistic is the one-input one of the same fields. */
static void equal_inputs_are_one(void **state)
{
    (void) state;
    const ew_family two = {.order = 2, .inputs = 2, .descent = 1},
                    one = {.order = 2, .inputs = 1, .descent = 1};
    exact_activation s = {.relu = 0};
    exact_chain x, y;
    fmpq_poly_init(s.s);
    fmpq_poly_set_str(s.s, "3  1/3 1 1/2");
    exact_open_family(&x, &two, "1/3", "1/5", "1/2", "1/7");
    exact_open_family(&y, &one, "1/3", "1/5", "1/2", "1/7");
    const char *const K[] = {"a.a", "a.b", "b.b"};
    const char *const theta[] = {"a1.a1", "a1.b1", "b1.b1"};
    for (slong i = 0; i < 3; i++) {
        exact_set(&x, K[i], "2/3");
        exact_set(&x, theta[i], "3/4");
        exact_set(&y, "a.a", "2/3");
        exact_set(&y, "a1.a1", "3/4");
    }
    for (slong l = 2; l <= 3; l++) {
        exact_step(&x, &s);
        exact_step(&y, &s);
        for (slong i = 0; i < x.h->unknowns; i++) {
            const ew_unknown *u = &x.h->unknown[i];
            ew_pairs same = {0, {0}};
            for (slong k = 0; k < u->list.n; k++) {
                slong f[2];
                ew_pair_fields(&f[0], &f[1], x.h->fields, u->list.p[k]);
                for (int e = 0; e < 2; e++)
                    f[e] = ew_fields_find(y.h->fields, 0, ew_fields_at(x.h->fields, f[e]).set);
                ew_pairs_add(&same, ew_pair_of(y.h->fields, f[0], f[1]));
            }
            slong j = ew_hierarchy_find(y.h, &same, u->order);
            assert_true(j >= 0);
            check_rational(x.x + x.h->law->extra + i, y.x + y.h->law->extra + j, u->name, l);
        }
    }
    exact_close(&x);
    exact_close(&y);
    fmpq_poly_clear(s.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_is_a_product_of_means),
        cmocka_unit_test(linear_is_a_product_of_chi_squares),
        cmocka_unit_test(widths_may_differ),
        cmocka_unit_test(relu_closed_forms),
        cmocka_unit_test(second_order_polynomials),
        cmocka_unit_test(two_inputs),
        cmocka_unit_test(descendants_of_the_ntk),
        cmocka_unit_test(equal_inputs_are_one),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

/* Quadrature in the plane: the trapezoid (smooth s) and the cells (kinks), up to |rho| = 1. */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "expect/ask_two.h"
#include "expect/cells.h"

/* Exact: the decimals rounded to the given number of bits (0: kept as balls). */
static void covariance(ask_two *f, const char *aa, const char *ab, const char *bb, slong bits)
{
    slong prec = bits ? bits : 300;
    assert_int_equal(arb_set_str(f->aa, aa, prec), 0);
    assert_int_equal(arb_set_str(f->ab, ab, prec), 0);
    assert_int_equal(arb_set_str(f->bb, bb, prec), 0);
    if (bits) {
        arb_get_mid_arb(f->aa, f->aa);
        arb_get_mid_arb(f->ab, f->ab);
        arb_get_mid_arb(f->bb, f->bb);
    }
}

static void plain(arb_t x, ask_two *f, ew_atom2 atom, slong prec)
{
    check_ok(f->ctx, ew_expect_two(x, NULL, f->E, &atom, 1, f->aa, f->ab, f->bb, prec, f->ctx));
}

/* The atom, with the promise on the radius checked. */
static void ask(arb_t x, ask_two *f, ew_atom2 atom, slong prec)
{
    mag_t scale;
    mag_init(scale);
    check_ok(f->ctx,
             ew_expect_two(x, scale, f->E, &atom, 1, f->aa, f->ab, f->bb, prec, f->ctx));
    mag_mul_2exp_si(scale, scale, -prec + 1);
    if (mag_cmp(arb_radref(x), scale) > 0)
        fail_msg("%s: %ld bits were promised", f->s->text, (long) prec);
    mag_clear(scale);
}

static void value(ask_two *f, const char *integrand, slong prec, const char *decimal,
                  slong digits)
{
    ask(f->x, f, ask_two_atom(integrand, 0, 0, 0), prec);
    check_ball_value(f->x, decimal, digits);
}

/* mpmath, 45 digits: u = sqrt(kaa) x, v = kab u/kaa + sqrt(kbb - kab^2/kaa) y, trapezoid in x
 * (step 1/16) and y (1/4 or 1/16). */
static void smooth_values(void **state)
{
    (void) state;
    static const char *const row[][6] = {
        {"tanh(z)", "1", "0.999", "1", "0.3938302374248965103133487030",
         "0.4641032155989249180419479917"},
        {"tanh(z)", "1", "0.999999", "1", "0.3942940259950888278815727513",
         "0.4644026022449741789673718360"},
        {"tanh(z)", "1", "0.999999999999", "1", "0.3942944903973767715140116543",
         "0.4644029024479680381600177916"},
        {"tanh(z)", "1.25", "-1.1", "1", "-0.4060427543448602477840792012",
         "0.4386752760420492439117294662"},
        {"tanh(z)", "0.25", "0.5", "1.0000000001", "0.2587357258662410106907547456",
         "0.5553663275001551618265923279"},
        {"tanh(z)", "2", "-1.999999", "2", "-0.5199753961557755523446991259",
         "0.3495080483959016505092482329"},
        {"softplus", "1", "0.999", "1", "0.9209525522407729178096061755", NULL},
        {"softplus", "1", "0.999999999999", "1", "0.9212459088590068996413906162", NULL},
        {"softplus", "1.25", "-1.1", "1", "0.4203040338824846703660046421", NULL},
        {"softplus", "0.25", "0.5", "1.0000000001", "0.7142909858570948818233977258", NULL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ask_two_open(&f, row[i][0], EW_AUTO);
        covariance(&f, row[i][1], row[i][2], row[i][3], 0);
        value(&f, "s_a s_b", 100, row[i][4], 28);
        assert_string_equal(ew_evaluator_method(f.E), "two-dimensional trapezoid");
        if (row[i][5])
            value(&f, "s1_a s1_b", 100, row[i][5], 28);
        ask_two_close(&f);
    }
}

/* mpmath, 34 digits: 36-point Gauss-Legendre panels between the lines u = kink and v = kink. */
static void kinked_values(void **state)
{
    (void) state;
    static const char *const row[][6] = {
        {"hardtanh", "1", "0.999", "1", "0.51538161754694560111758627",
         "0.67405537614471251676567804"},
        {"hardtanh", "1", "0.99999999", "1", "0.51605854413500040218321025",
         "0.68266218866462645630096874"},
        {"hardtanh", "1", "-0.9999", "1", "-0.5159904640356493116688181",
         "0.67995914489148311987587877"},
        {"hardtanh", "1.5", "1.1", "0.81", "0.52353629993514743535399242",
         "0.5857838074441134279562369"},
        {"elu", "1", "0.999", "1", "0.64427739768253813197020683",
         "0.6679385309928139305456999"},
        {"elu", "1", "0.99999999", "1", "0.64494541081190385923625526",
         "0.66810199954230063537346382"},
        {"elu", "1", "-0.9999", "1", "-0.5231042680659375677001132",
         "0.52315673180687906904055127"},
        {"elu", "1.5", "1.1", "0.81", "0.7006881680595543909522041",
         "0.66024511320551890778705779"},
        {"abs(z-1)", "1", "0.999", "1", "1.9990115121547387732208342",
         "0.9827317680152532391904259"},
        {"abs(z-1)", "1", "0.99999999", "1", "1.9999999900003640462994592",
         "0.9999453930550811182610073"},
        {"abs(z-1)", "1", "-0.9999", "1", "0.96791943597500081637075486",
         "0.36537898427417179434093018"},
        {"softsign", "1", "0.999", "1", "0.18278662274432274819931813",
         "0.22713864278594806576519882"},
        {"softsign", "1", "0.99999999", "1", "0.18301401898983412494204121",
         "0.22767133440753414142083714"},
        {"softsign", "1", "-0.9999", "1", "-0.18299125704745841140050727",
         "0.22761349721545739894762549"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ew_atom2 two[2] = {ask_two_atom("s_a s_b", 0, 0, 0),
                           ask_two_atom("s1_a s1_b", 0, 0, 0)};
        arb_ptr x = _arb_vec_init(2);
        ask_two_open(&f, row[i][0], EW_PLANE);
        covariance(&f, row[i][1], row[i][2], row[i][3], 0);
        check_ok(f.ctx, ew_expect_two(x, NULL, f.E, two, 2, f.aa, f.ab, f.bb, 60, f.ctx));
        check_ball_value(x, row[i][4], 17);
        check_ball_value(x + 1, row[i][5], 17);
        assert_string_equal(ew_evaluator_method(f.E), "Gauss-Legendre cells");
        _arb_vec_clear(x, 2);
        ask_two_close(&f);
    }
}

/* Two ways to one atom: f by the plane, g by another method. */
typedef struct {
    ask_two f, g;
} rivals;

static void meet(rivals *r, const char *activation, ew_method other)
{
    ask_two_open(&r->f, activation, EW_PLANE);
    ask_two_open(&r->g, activation, other);
}

static void part(rivals *r)
{
    ask_two_close(&r->f);
    ask_two_close(&r->g);
}

/* At one covariance, at two precisions of the plane. */
static void agree(rivals *r, const char *integrand, slong jaa, slong jab, slong jbb,
                  const char *const k[3], slong prec)
{
    ew_atom2 atom = ask_two_atom(integrand, jaa, jab, jbb);
    covariance(&r->f, k[0], k[1], k[2], 64);
    covariance(&r->g, k[0], k[1], k[2], 64);
    plain(r->g.x, &r->g, atom, prec);
    for (slong p = prec / 2; p <= prec; p += prec / 2) {
        ask(r->f.x, &r->f, atom, p);
        if (!arb_overlaps(r->f.x, r->g.x))
            fail_msg("%s: %s, D^(%ld,%ld,%ld), kab = %s: the methods differ", r->f.s->text,
                     integrand, (long) jaa, (long) jab, (long) jbb, k[1]);
    }
}

static const char *const middling[3] = {"1", "0.5", "0.75"};
static const char *const negative[3] = {"0.5", "-0.6", "0.9"};
static const char *const nearly[3] = {"1", "0.999999999", "1"};
static const char *const ridge[3] = {"1.5", "-1.1999999999", "0.96"};

/* Functions with closed forms are oracles for the trapezoid; relu and abs for the cells. */
static void closed_forms_agree(void **state)
{
    (void) state;
    static const char *const smooth[] = {"erf(z)", "sin(z)", "exp(z/2)", "z^3 - z/2"};
    static const char *const *const at[] = {middling, negative, nearly, ridge};
    for (size_t i = 0; i < sizeof smooth / sizeof *smooth; i++) {
        rivals r;
        meet(&r, smooth[i], EW_AUTO);
        for (int j = 0; j < 4; j++) {
            agree(&r, "s_a s_b", 0, 1, 0, at[j], 80);
            agree(&r, "s_a z_b^2 s_b", 1, 0, 1, at[j], 60);
        }
        part(&r);
    }
    rivals r;
    meet(&r, "relu", EW_AUTO);
    for (int j = 0; j < 4; j++) {
        agree(&r, "s_a s_b", 0, 0, 0, at[j], 60);
        agree(&r, "s_a^2 s_b^2", j % 2, 2 - j % 2, 0, at[j], 40);
    }
    part(&r);
    meet(&r, "abs", EW_AUTO);
    agree(&r, "s_a s_b^2", 0, 2, 0, nearly, 40);
    agree(&r, "s_a s_b^2", 1, 1, 0, negative, 40);
    part(&r);
}

/* Where the Mehler series works too; atoms of the hierarchy of order two. */
static void the_series_agrees(void **state)
{
    (void) state;
    static const char *const weak[3] = {"1", "0.3", "0.9"};
    rivals r;
    meet(&r, "tanh(z)", EW_GRID);
    agree(&r, "s_a^2 s_b^2", 1, 3, 0, weak, 100);
    agree(&r, "s_a s1_a s1_b s_b", 0, 0, 2, negative, 80);
    part(&r);
    meet(&r, "elu", EW_PANELS);
    agree(&r, "s_a s_b", 0, 2, 0, weak, 40);
    agree(&r, "s_a^2 s_b^2", 1, 1, 0, weak, 40);
    part(&r);
    meet(&r, "hardtanh", EW_PANELS);
    agree(&r, "s_a^2 s_b^2", 1, 3, 0, weak, 40);
    agree(&r, "s_a z_b^2 s_b", 1, 1, 1, weak, 40);
    part(&r);
    meet(&r, "softsign", EW_PANELS);
    agree(&r, "s_a s_b", 0, 1, 0, weak, 30);
    part(&r);
}

/* hardtanh: s'' = delta(z + 1) - delta(z - 1), so D_ab^2 <s s> = 2 p(1, 1) - 2 p(1, -1) with
 * the joint density p. */
static void kinks_meet(void **state)
{
    (void) state;
    static const char *const rho[] = {"0.5", "0.99", "0.9999999"};
    for (int i = 0; i < 3; i++) {
        ask_two f;
        arb_t det, e, p;
        arb_init(det);
        arb_init(e);
        arb_init(p);
        ask_two_open(&f, "hardtanh", EW_PLANE);
        covariance(&f, "1", rho[i], "1", 64);
        ask(f.x, &f, ask_two_atom("s_a s_b", 0, 2, 0), 60);
        for (int sign = 1; sign >= -1; sign -= 2) { /* (2 - 2 sign rho)/2 det = 1/(1 + ..) */
            arb_mul_si(e, f.ab, sign, 200);
            arb_add_ui(e, e, 1, 200);
            arb_inv(e, e, 200);
            arb_neg(e, e);
            arb_exp(e, e, 200);
            if (sign > 0)
                arb_add(p, p, e, 200);
            else
                arb_sub(p, p, e, 200);
        }
        arb_mul(det, f.ab, f.ab, 200);
        arb_sub_ui(det, det, 1, 200);
        arb_neg(det, det);
        arb_rsqrt(det, det, 200);
        arb_mul(p, p, det, 200);
        arb_const_pi(e, 200);
        arb_div(p, p, e, 200);
        check_ball_pair(f.x, p, 50);
        arb_clear(det);
        arb_clear(e);
        arb_clear(p);
        ask_two_close(&f);
    }
}

/* rho -> 1: within (1 - rho) <s'^2> of the one-variable value, at 1 - 10^-30 and below. */
static void the_limit_is_one_variable(void **state)
{
    (void) state;
    static const char *const name[] = {"tanh(z)", "silu", "hardtanh", "elu"};
    for (int i = 0; i < 4; i++) {
        ask_two f;
        ew_atom1 square = {.f = {.e = {2}}};
        ask_two_open(&f, name[i], EW_AUTO);
        covariance(&f, "1", "0.999999999999999999999999999999", "1", 256);
        ask(f.x, &f, ask_two_atom("s_a s_b", 0, 0, 0), 80);
        check_ok(f.ctx, ew_expect_one(f.y, NULL, f.E, &square, 1, f.aa, 80, f.ctx));
        check_ball_pair(f.x, f.y, 74);
        ask_two_close(&f);
    }
}

/* Kab^2 = Kaa Kbb with a ratio that is not dyadic: v = 2u, v = -3u. */
static void collinear_variables(void **state)
{
    (void) state;
    /* mpmath quad between the kinks: <s(u) s(c u)>, u of variance 0.1 */
    static const char *const row[][5] = {
        {"hardtanh", "0.1", "0.2", "0.4", "0.177096069336166871259212"},
        {"hardtanh", "0.1", "-0.3", "0.9", "-0.212313165394361928622651"},
        {"elu", "0.1", "0.2", "0.4", "0.151711849376456660714322"},
        {"elu", "0.1", "-0.3", "0.9", "-0.199194824734170837557848"},
        {"tanh(z)", "0.1", "0.2", "0.4", "0.140956808000525577246405"},
        {"abs(z-1)", "0.1", "-0.1", "0.1", "0.900582422576603547305635"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ask_two_open(&f, row[i][0], EW_AUTO);
        covariance(&f, row[i][1], row[i][2], row[i][3], 0);
        value(&f, "s_a s_b", 60, row[i][4], 17);
        ask_two_close(&f);
    }
    /* exactly singular: eighths */
    ask_two f;
    ask_two_open(&f, "hardtanh", EW_AUTO);
    covariance(&f, "0.25", "-0.375", "0.5625", 64);
    value(&f, "s_a s_b", 60, "-0.298100882588769460074612", 17);
    ask_two_close(&f);
}

/* Little precision leaves errors of discretisation, truncation and omission that dwarf
 * rounding: a bound that misses one of them excludes the value. */
static void little_precision_holds_the_value(void **state)
{
    (void) state;
    static const char *const name[] = {"tanh(z)", "silu", "hardtanh", "elu"};
    static const char *const integrand[] = {"s_a s_b", "s1_a s1_b", "s_a^2 z_b^2"};
    static const char *const *const at[] = {middling, negative, nearly};
    for (int i = 0; i < 4; i++)
        for (int j = i % 2; j < 3; j += 2 - i / 2) {
            ask_two f;
            arb_ptr low = _arb_vec_init(3), high = _arb_vec_init(3);
            ew_atom2 atom[3];
            for (int k = 0; k < 3; k++)
                atom[k] = ask_two_atom(integrand[k], 0, k == 0, 0);
            ask_two_open(&f, name[i], EW_PLANE);
            covariance(&f, at[j][0], at[j][1], at[j][2], 64);
            check_ok(f.ctx,
                     ew_expect_two(high, NULL, f.E, atom, 3, f.aa, f.ab, f.bb, 50, f.ctx));
            for (slong prec = 4; prec <= 16; prec += i < 2 ? 2 : 6) {
                /* one by one: together the finest steps serve all */
                for (int k = 0; k < 3; k++) {
                    check_ok(f.ctx, ew_expect_two(low, NULL, f.E, atom + k, 1, f.aa, f.ab, f.bb,
                                                  prec, f.ctx));
                    if (!arb_contains(low, high + k))
                        fail_msg("%s: %s at kab = %s excluded at %ld bits", name[i],
                                 integrand[k], at[j][1], (long) prec);
                }
            }
            _arb_vec_clear(low, 3);
            _arb_vec_clear(high, 3);
            ask_two_close(&f);
        }
}

/* A ball about a singular covariance: the values at its far points are inside, and the radius
 * is of the order of the root of the ball's where s' jumps, of the ball's where it does not. */
static void balls_at_full_correlation(void **state)
{
    (void) state;
    static const struct {
        const char *name, *integrand;
        double limit;
    } row[] = {{"hardtanh", "s1_a s1_b", 0x1p-6}, {"abs(z-1)", "s1_a s1_b", 0x1p-6},
               {"selu", "s1_a s1_b", 0x1p-5},     {"relu", "s1_a s1_b", 0x1p-6},
               {"hardtanh", "s_a s_b", 0x1p-17},  {"elu", "s_a s_b", 0x1p-16}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ask_two f;
        ew_atom2 atom = ask_two_atom(row[i].integrand, 0, 0, 0);
        ask_two_open(&f, row[i].name, EW_AUTO);
        covariance(&f, "1", "1", "1", 64);
        arb_add_error_2exp_si(f.aa, -20);
        arb_add_error_2exp_si(f.ab, -20);
        arb_add_error_2exp_si(f.bb, -20);
        plain(f.x, &f, atom, 40);
        if (mag_cmp_2exp_si(arb_radref(f.x), 0) > 0 ||
            mag_get_d(arb_radref(f.x)) > row[i].limit)
            fail_msg("%s: %s: radius %g", row[i].name, row[i].integrand,
                     mag_get_d(arb_radref(f.x)));
        arb_set_d(f.aa, 1 + 0x1p-20);
        arb_set_d(f.ab, 1 - 0x1p-20);
        arb_set_d(f.bb, 1 + 0x1p-20);
        plain(f.y, &f, atom, 40);
        assert_true(arb_contains(f.x, f.y));
        arb_set_d(f.aa, 1);
        arb_set_d(f.bb, 1 - 0x1p-20);
        plain(f.y, &f, atom, 40);
        assert_true(arb_contains(f.x, f.y));
        ask_two_close(&f);
    }
}

/* A pole at a kink's edge is bisected away from; an end that no cell can hold is refused, soon.
 */
static void refusals_are_quick(void **state)
{
    (void) state;
    ask_two f;
    ew_atom2 ss = ask_two_atom("s_a s_b", 0, 0, 0);
    ask_two_open(&f, "hardtanh", EW_PLANE);
    covariance(&f, "1", "1", "1", 64);
    ss.jab = 2; /* infinite: kinks meet on the line u = v */
    check_status(f.ctx, ew_expect_two(f.x, NULL, f.E, &ss, 1, f.aa, f.ab, f.bb, 64, f.ctx),
                 EW_UNABLE);
    ask_two_close(&f);
}

/* One pair for the trapezoid, by hand: F = s1, G = s. */
typedef struct {
    ew_box box;
    ew_side F, G;
    ew_monomial f, g;
    mag_t scale;
    ew_pair pair;
} by_hand;

static void hand_set(by_hand *h, ask_two *f, arb_ptr x)
{
    ew_atom2 atom = ask_two_atom("s1_a s_b^2", 0, 0, 0);
    memset(h, 0, sizeof *h);
    h->f = atom.f;
    h->g = atom.g;
    h->F = (ew_side){.f = &h->f, .expanded = 1};
    h->G = (ew_side){.f = &h->g, .expanded = 1};
    ew_jetsum_init(&h->F.F);
    ew_jetsum_init(&h->G.F);
    check_ok(f->ctx, ew_jetsum_set(&h->F.F, &h->f, f->ctx));
    check_ok(f->ctx, ew_jetsum_set(&h->G.F, &h->g, f->ctx));
    arb_ptr from[3] = {f->aa, f->ab, f->bb};
    fmpq *to[3] = {h->box.qaa, h->box.qab, h->box.qbb};
    for (int i = 0; i < 3; i++) {
        fmpq_init(to[i]);
        arf_get_fmpq(to[i], arb_midref(from[i]));
    }
    mag_init(h->scale);
    mag_one(h->scale);
    h->pair = (ew_pair){&h->F, &h->G, x, h->scale};
}

static void hand_clear(by_hand *h)
{
    ew_jetsum_clear(&h->F.F);
    ew_jetsum_clear(&h->G.F);
    fmpq_clear(h->box.qaa);
    fmpq_clear(h->box.qab);
    fmpq_clear(h->box.qbb);
    mag_clear(h->scale);
}

/* A plan made worse in one respect: its errors are then what that respect costs. */
static void spoil(ew_plane *P, int what, int much)
{
    double factor = what < 2 ? ew_grid_step(0) / ew_grid_step((slong) much) : 1;
    if (what == 0) {
        P->level_u -= much;
        P->h_u = ew_grid_step(P->level_u);
        P->n_u = (slong) ((double) P->n_u / factor) + 2;
    } else if (what == 1) {
        P->level_w -= much;
        P->h_w = ew_grid_step(P->level_w);
        P->m = (slong) ((double) P->m / factor) + 2;
        P->reach_w = (double) P->m * P->h_w;
        P->n_v = (slong) ((double) P->n_v / factor) + 4;
    } else if (what == 2) {
        P->n_u = P->n_u * (10 - much) / 12 + 1;
    } else {
        P->m = P->m * (10 - much) / 12 + 1;
        P->reach_w *= (10 - much) / 12.0;
    }
}

/* Every error bound alone: steps too wide, sums cut too soon. */
static void bad_plans_are_honest(void **state)
{
    (void) state;
    static const char *const name[] = {"tanh(z)", "softplus", "z^3/9 + z/2"};
    static const char *const *const at[] = {middling, negative, nearly};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            ask_two f;
            by_hand h;
            mag_t err;
            ask_two_open(&f, name[i], EW_PLANE);
            covariance(&f, at[j][0], at[j][1], at[j][2], 64);
            hand_set(&h, &f, f.x);
            check_ok(f.ctx, ew_plane_trapezoid(&h.pair, 1, f.E, &h.box, 160, f.ctx));
            mag_init(err);
            for (int k = 0; k < 20; k++) {
                ew_plane P;
                check_ok(f.ctx, ew_plane_set(&P, &h.pair, 1, f.E, &h.box, 100, f.ctx));
                check_ok(f.ctx, ew_plane_plan(&P, f.E, 100, f.ctx));
                spoil(&P, k % 4, k / 4 + 1);
                check_ok(f.ctx, ew_plane_sums(f.y, &P, f.E, 160, f.ctx));
                check_ok(f.ctx, ew_plane_errors(err, &P, f.ctx));
                arb_add_error_mag(f.y, err);
                if (!arb_overlaps(f.y, f.x))
                    fail_msg("%s at kab = %s: spoilt (%d) more than the bound %g", name[i],
                             at[j][1], k, mag_get_d(err));
                ew_plane_clear(&P);
            }
            mag_clear(err);
            hand_clear(&h);
            ask_two_close(&f);
        }
}

/* The same for cells: a rectangle too small, cells left out too easily. */
static void bad_cells_are_honest(void **state)
{
    (void) state;
    static const char *const name[] = {"hardtanh", "elu"};
    for (int i = 0; i < 2; i++) {
        ask_two f;
        by_hand h;
        mag_t scale;
        double target = -40;
        ask_two_open(&f, name[i], EW_PLANE);
        covariance(&f, negative[0], negative[1], negative[2], 64);
        hand_set(&h, &f, f.x);
        mag_init(scale);
        mag_one(scale);
        ew_cell_pair pair = {&h.F, &h.G, f.x, scale};
        h.box.exact = 1;
        for (int k = 0; k < 9; k++) {
            ew_cells C;
            pair.x = k ? f.y : f.x;
            check_ok(f.ctx, ew_cells_plan(&C, &pair, &target, 1, f.E, &h.box, f.ctx));
            if (k % 2)
                C.bits = k / 2 + 1;
            else
                C.spare = k ? 42 - 3 * k : 0;
            check_ok(f.ctx, ew_cells_run(&pair, &C, f.E, &h.box, f.ctx));
            if (!arb_overlaps(f.y, f.x) && k)
                fail_msg("%s: spoilt (%d) more than the bound", name[i], k);
            ew_cells_clear(&C);
        }
        mag_clear(scale);
        hand_clear(&h);
        ask_two_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth_values),
        cmocka_unit_test(kinked_values),
        cmocka_unit_test(closed_forms_agree),
        cmocka_unit_test(the_series_agrees),
        cmocka_unit_test(kinks_meet),
        cmocka_unit_test(the_limit_is_one_variable),
        cmocka_unit_test(collinear_variables),
        cmocka_unit_test(little_precision_holds_the_value),
        cmocka_unit_test(balls_at_full_correlation),
        cmocka_unit_test(refusals_are_quick),
        cmocka_unit_test(bad_plans_are_honest),
        cmocka_unit_test(bad_cells_are_honest),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

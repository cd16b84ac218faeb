#include "expect/ask.h"

#include <string.h>

/* <s^2>_K and <s^2 s'^2>_K by mpmath 1.3 (45 digits, tanh-sinh between the kinks and scales).
 */
static const struct {
    const char *s, *K, *square, *mixed;
} table[] = {
    {"tanh", "0.0001", "0.0000999800056646009208482060092173",
     "0.0000999200606184411534824740760354"},
    {"tanh", "0.3", "0.197263387502218250968098776386", "0.078399513005409875736734609217"},
    {"tanh", "1", "0.394294490397841174416459772444", "0.0750509530010468526812170342438"},
    {"tanh", "7.3", "0.719642512874404228853493363553", "0.0372732425231113696326307403079"},
    {"tanh", "100", "0.920536863430516671214556749709", "0.0105948894254886504182317033684"},
    {"tanh", "10000", "0.99202148248051304330402636991", "0.00106380233393729288758808506957"},
    {"gelu", "0.0001", "0.0000250047738526479964551695338159",
     "0.00000626551494887714917865237864483"},
    {"gelu", "0.3", "0.103540286841434427710918169658", "0.102348194656028077049543726377"},
    {"gelu", "1", "0.425221482570298674918554416385", "0.484436235901019636290584942826"},
    {"gelu", "7.3", "3.59122699983666388220413391558", "3.69913815118962462871108831529"},
    {"gelu", "100", "49.9814827300228221777341632713", "50.0207967970805809428519222529"},
    {"gelu", "10000", "4999.99812458294134089697468408", "5000.00215345283882365802043465"},
    {"silu", "0.0001", "0.0000250018748437654929755078065427",
     "0.00000625609316409736800960189183755"},
    {"silu", "0.3", "0.0885944060290218181359709752872", "0.0607252150034604180620129878165"},
    {"silu", "1", "0.355775519817352156230794292334", "0.355827397636223935205818533325"},
    {"silu", "7.3", "3.39712938316166426968066127854", "3.68686731885465669410856044056"},
    {"silu", "100", "49.8771731074720210698397742744", "50.1194271043184585142200114411"},
    {"silu", "10000", "4999.98688438544917553207110209", "5000.01437538823125339204741255"},
    {"sin", "0.0001", "0.000099990000666633334666622223492",
     "0.0000999600106645336746211607563053"},
    {"sin", "0.3", "0.225594181952986783685770541384", "0.11366025583882343707810347249"},
    {"sin", "1", "0.432332358381693654053000252514", "0.124958067171512186020147326359"},
    {"sin", "7.3", "0.499999771823681604800388512183", "0.124999999999999999999999994579"},
    {"sin", "100", "0.5", "0.125"},
    {"sin", "10000", "0.5", "0.125"},
    {"erf", "0.0001", "0.000127298495622878642596765905387",
     "0.00016198429127704888183220570031"},
    {"erf", "0.3", "0.244714587078246250681075280029", "0.118019351207081819553502666208"},
    {"erf", "1", "0.464559054397539978509532408118", "0.105034321486800512654268590153"},
    {"erf", "7.3", "0.770817988335542289082515107293", "0.0489629166773052632161611382783"},
    {"erf", "100", "0.936470225719422294694190701056", "0.013732077364579120635958402198"},
    {"erf", "10000", "0.99363393490116629791460639064", "0.00137726601952306340226577246966"},
    {"gauss", "0.0001", "0.999800059980006997480923656929",
     "0.000399520479552402845491243846252"},
    {"gauss", "0.3", "0.674199862463242086246490676436", "0.191409227487049563529458981628"},
    {"gauss", "1", "0.447213595499957939281834733746", "0.148148148148148148148148148148"},
    {"gauss", "7.3", "0.181968631311709748877599508937", "0.0637827417775434083915609692118"},
    {"gauss", "100", "0.0499376169438922337349057659559", "0.0176445756139219305667927457301"},
    {"gauss", "10000", "0.00499993750117185058647154560117",
     "0.00176773380785389361347972592395"},
    {"softplus", "0.0001", "0.480495342849844619220628951983",
     "0.120144168371031778753528517564"},
    {"softplus", "0.3", "0.609428929315212326685701787831", "0.221859705048023646381645372356"},
    {"softplus", "1", "0.921245908859300278677248686821", "0.5016424603469717524704063165"},
    {"softplus", "7.3", "3.92806089943465128643517490197", "3.52703616140514344429858450358"},
    {"softplus", "100", "50.0936170272515671647091339122", "49.926721082439186532341450329"},
    {"elu", "0.0001", "0.0000992107862918199392635054055913",
     "0.0000976736080283469425492022015422"},
    {"elu", "0.3", "0.220637694107247468885167554728", "0.168784746308603117321038614838"},
    {"elu", "1", "0.644945417492923863063461440338", "0.519484745814015208855658228576"},
    {"elu", "7.3", "3.95622220421401827139252095355", "3.66112610755327377276760308186"},
    {"elu", "100", "50.4408842274455550257030720269", "50.0032982521286607530270016215"},
    {"elu", "10000", "5000.49401661357524810970794566", "5000.00033242535322787798759906"},
    {"mish", "0.0001", "0.0000360024955568855484424333657608", NULL},
    {"mish", "0.3", "0.122793147040758943606455219291", NULL},
    {"mish", "1", "0.452342192375882770682040036796", NULL},
    {"mish", "7.3", "3.60473349823826187633997347793", NULL},
    {"mish", "100", "49.9845356596362089086721374189", NULL},
    {"softsign", "0.0001", "0.0000968959812994174291493677370528",
     "0.0000910214381498445884793115797272"},
    {"softsign", "0.3", "0.0958300145144053159868719948961",
     "0.0151670909653222615508913410035"},
    {"softsign", "1", "0.183014021266547499088224835052", "0.0142618813083369460696046547298"},
    {"softsign", "7.3", "0.391945852564187056148403590299",
     "0.00825785809189176591174761382489"},
    {"softsign", "100", "0.677413502853857899194943238538",
     "0.00260205636110990759649280457038"},
    {"softsign", "10000", "0.933273818700975157921280138353",
     "0.000265884826629325255225688280799"},
    {"hardtanh", "0.0001", "0.0001", "0.0001"},
    {"hardtanh", "0.3", "0.26498011102035590734546963608", "0.197090956158526883700867484932"},
    {"hardtanh", "1", "0.516058550961713300404339614129", "0.198748043098799197574804705393"},
    {"hardtanh", "7.3", "0.805784262000458097799269140478",
     "0.0944886517943392887379016886988"},
    {"hardtanh", "100", "0.946860831311503019939519541341",
     "0.0265165058655609828703287778194"},
    {"hardtanh", "10000", "0.994680822786381705552032808147",
     "0.00265953541564491295561280396407"},
    {"leaky_relu(1/10)", "0.0001", "0.0000505", "0.000050005"},
    {"leaky_relu(1/10)", "0.3", "0.1515", "0.150015"},
    {"leaky_relu(1/10)", "1", "0.505", "0.50005"},
    {"leaky_relu(1/10)", "7.3", "3.6865", "3.650365"},
    {"leaky_relu(1/10)", "100", "50.5", "50.005"},
    {"leaky_relu(1/10)", "10000", "5050.0", "5000.5"},
    {"1/cosh(10*z)", "0.0001", "0.990194531244467594357710362856",
     "0.925621741973083635351421089559"},
    {"1/cosh(10*z)", "0.3", "0.143731394883898780311356725278",
     "1.91603995537036793592278583965"},
    {"1/cosh(10*z)", "1", "0.0794631365694833287854432502909",
     "1.05948894254886504182317033684"},
    {"1/cosh(10*z)", "7.3", "0.0295144163133244180240937825939",
     "0.393525412694193057800743253346"},
    {"1/cosh(10*z)", "100", "0.00797851751948695669597363009017",
     "0.106380233393729288758808506957"}};

static void table_case(ask *a, size_t i)
{
    arb_t x;
    arb_init(x);
    ask_value(x, a, ask_atom(0, 2, 0, 0, 0), table[i].K, 128);
    check_ball_value(x, table[i].square, 35);
    if (table[i].mixed) {
        ask_value(x, a, ask_atom(0, 2, 2, 0, 0), table[i].K, 128);
        check_ball_value(x, table[i].mixed, 34);
    }
    arb_clear(x);
}

static void test_table(void **state)
{
    (void) state;
    size_t n = sizeof table / sizeof *table;
    ask a;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(table[i].s, table[i - 1].s) != 0)
            ask_open(&a, table[i].s, EW_AUTO);
        table_case(&a, i);
        if (i + 1 == n || strcmp(table[i].s, table[i + 1].s) != 0)
            ask_close(&a);
    }
}

static void test_delta_functions(void **state)
{
    (void) state;
    static const struct {
        const char *s;
        int e1, e2;
        ew_status want;
    } c[] = {
        {"relu", 2, 0, EW_OK},     {"relu", 0, 1, EW_DOMAIN}, {"step", 1, 0, EW_DOMAIN},
        {"sign", 0, 0, EW_OK},     {"elu", 2, 1, EW_OK},      {"selu", 0, 1, EW_DOMAIN},
        {"softsign", 0, 1, EW_OK}, {"tanh", 1, 1, EW_OK},     {"hardtanh", 0, 1, EW_DOMAIN}};
    arb_t K, x;
    arb_init(K);
    arb_init(x);
    arb_one(K);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        ask a;
        ew_atom1 t = ask_atom(0, 1, c[i].e1, c[i].e2, 0);
        ask_open(&a, c[i].s, EW_AUTO);
        check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), c[i].want);
        ask_close(&a);
    }
    arb_clear(K);
    arb_clear(x);
}

static void test_refusals(void **state)
{
    (void) state;
    ask a;
    arb_t K, x;
    ew_atom1 t = ask_atom(0, 2, 0, 0, 0);
    arb_init(K);
    arb_init(x);
    ask_open(&a, "tanh", EW_AUTO);
    arb_set_si(K, -1);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_DOMAIN);
    arb_indeterminate(K);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_DOMAIN);
    arb_zero(K);
    mag_set_d(arb_radref(K), 0.5);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(a.ctx), "not separated from zero"));
    mag_set_ui_2exp_si(arb_radref(K), 1, 100);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(a.ctx), "runs away"));
    arb_one(K);
    t.f.e[3] = EW_MAX_POWER + 1;
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 64, a.ctx), EW_DOMAIN);
    ask_close(&a);
    arb_clear(K);
    arb_clear(x);
}

static void check_at_zero(const char *s, ew_atom1 t, ew_status want, const char *value)
{
    ask a;
    arb_t K, x, y;
    arb_init(K);
    arb_init(x);
    arb_init(y);
    ask_open(&a, s, EW_AUTO);
    check_status(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 100, a.ctx), want);
    if (value) {
        arb_set_str(y, value, 200);
        check_ball_pair(x, y, 90);
    }
    ask_close(&a);
    arb_clear(K);
    arb_clear(x);
    arb_clear(y);
}

/* By hand: tanh^2 = z^2 - 2z^4/3 + ..., so D^2 <tanh^2> = -(2/3) 4!/4; <relu^2> = K/2; <elu^2>
 * at small K: sides z^2 and (e^z - 1)^2 = z^2 + z^3 + ..., whose cubes differ. */
static void test_zero_variance(void **state)
{
    (void) state;
    check_at_zero("tanh", ask_atom(0, 2, 0, 0, 1), EW_OK, "1");
    check_at_zero("tanh", ask_atom(0, 2, 0, 0, 2), EW_OK, "-4");
    check_at_zero("tanh", ask_atom(0, 1, 0, 0, 0), EW_OK, "0");
    check_at_zero("sigmoid", ask_atom(0, 2, 0, 0, 0), EW_OK, "0.25");
    check_at_zero("relu", ask_atom(0, 0, 2, 0, 0), EW_OK, "0.5");
    check_at_zero("relu", ask_atom(0, 2, 0, 0, 1), EW_OK, "0.5");
    check_at_zero("relu", ask_atom(0, 1, 0, 0, 1), EW_DOMAIN, NULL);
    check_at_zero("elu", ask_atom(0, 2, 0, 0, 1), EW_OK, "1");
    check_at_zero("elu", ask_atom(0, 2, 0, 0, 2), EW_DOMAIN, NULL);
    check_at_zero("hardtanh", ask_atom(0, 2, 0, 0, 1), EW_OK, "1");
}

/* D<s^2> = <s s''> + <s'^2>: the heat equation, against the Hermite form. */
static void test_heat_identity(void **state)
{
    (void) state;
    static const char *const smooth[] = {"tanh", "silu", "gauss", "atan"};
    static const char *const K[] = {"0.001", "0.5", "8", "300"};
    arb_t x, y, z;
    arb_init(x);
    arb_init(y);
    arb_init(z);
    for (size_t i = 0; i < 4; i++) {
        ask a;
        ask_open(&a, smooth[i], EW_AUTO);
        for (size_t k = 0; k < 4; k++) {
            ask_value(x, &a, ask_atom(0, 2, 0, 0, 1), K[k], 200);
            ask_value(y, &a, ask_atom(0, 1, 0, 1, 0), K[k], 200);
            ask_value(z, &a, ask_atom(0, 0, 2, 0, 0), K[k], 200);
            arb_add(y, y, z, 300);
            check_ball_pair(x, y, 170);
        }
        ask_close(&a);
    }
    arb_clear(x);
    arb_clear(y);
    arb_clear(z);
}

/* The ball at K +- 2^-60 contains the value at either end. */
static void check_ends(ask *a, const arb_t ball, const arb_t K, ew_atom1 t)
{
    arb_t end, y;
    arb_init(end);
    arb_init(y);
    for (int side = -1; side <= 1; side += 2) {
        arb_set_si(end, side);
        arb_mul_2exp_si(end, end, -60);
        arb_add(end, end, K, ARF_PREC_EXACT);
        arb_get_mid_arb(end, end);
        check_ok(a->ctx, ew_expect_one(y, NULL, a->E, &t, 1, end, 200, a->ctx));
        assert_true(arb_overlaps(ball, y));
    }
    arb_clear(end);
    arb_clear(y);
}

/* ... and is no wider than the slope says. */
static void test_ball_variance(void **state)
{
    (void) state;
    static const char *const s[] = {"tanh", "elu", "hardtanh", "relu"};
    arb_t K, x, slope;
    ew_atom1 t = ask_atom(0, 2, 2, 0, 0), d = ask_atom(0, 2, 2, 0, 1);
    arb_init(K);
    arb_init(x);
    arb_init(slope);
    for (size_t i = 0; i < 4; i++) {
        ask a;
        ask_open(&a, s[i], EW_AUTO);
        arb_set_d(K, 1.5);
        check_ok(a.ctx, ew_expect_one(slope, NULL, a.E, &d, 1, K, 200, a.ctx));
        mag_set_ui_2exp_si(arb_radref(K), 1, -60);
        check_ok(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 200, a.ctx));
        check_ends(&a, x, K, t);
        arb_abs(slope, slope);
        arb_mul_2exp_si(slope, slope, -60);
        arb_mul_ui(slope, slope, 101, 200);
        arb_div_ui(slope, slope, 100, 200);
        arb_get_rad_arb(x, x);
        assert_true(arb_le(x, slope));
        ask_close(&a);
    }
    arb_clear(K);
    arb_clear(x);
    arb_clear(slope);
}

/* A thousand layers K' = <tanh^2>_K at 330 bits: depth must not eat precision (section 9: 15
 * bits). */
static void test_depth(void **state)
{
    (void) state;
    ask a;
    arb_t K;
    ew_atom1 t = ask_atom(0, 2, 0, 0, 0);
    arb_init(K);
    arb_one(K);
    ask_open(&a, "tanh", EW_AUTO);
    for (int l = 0; l < 1000; l++)
        check_ok(a.ctx, ew_expect_one(K, NULL, a.E, &t, 1, K, 330, a.ctx));
    assert_true(arb_rel_accuracy_bits(K) >= 315);
    ask_close(&a);
    arb_clear(K);
}

static void test_spellings(void **state)
{
    (void) state;
    static const char *const s[] = {"silu", "z*sigmoid(z)", "z/(1+exp(-z))"};
    arb_t x[3];
    for (int i = 0; i < 3; i++) {
        ask a;
        arb_init(x[i]);
        ask_open(&a, s[i], EW_AUTO);
        ask_value(x[i], &a, ask_atom(0, 2, 2, 0, 1), "1.7", 340);
        ask_close(&a);
    }
    check_ball_pair(x[0], x[1], 330);
    check_ball_pair(x[0], x[2], 330);
    for (int i = 0; i < 3; i++)
        arb_clear(x[i]);
}

/* <e^z h_k> = K^(k/2) e^(K/2)/sqrt(k!); sin: odd k only, signs alternating, e^(-K/2). */
static void exact_coefficient(arb_t want, int is_sin, slong k, const arb_t K, slong prec)
{
    arb_t f;
    arb_init(f);
    arb_sqrt(want, K, prec);
    arb_pow_ui(want, want, (ulong) k, prec);
    arb_mul_2exp_si(f, K, -1);
    if (is_sin)
        arb_neg(f, f);
    arb_exp(f, f, prec);
    arb_mul(want, want, f, prec);
    arb_fac_ui(f, (ulong) k, prec);
    arb_sqrt(f, f, prec);
    arb_div(want, want, f, prec);
    if (is_sin && (k & 2))
        arb_neg(want, want);
    if (is_sin && !(k & 1))
        arb_zero(want);
    arb_clear(f);
}

static void check_hermite(const char *s, const char *text, ew_method method, slong prec)
{
    enum { N = 60 };
    ask a;
    arb_t K, want;
    ew_atom1 t = ask_atom(0, 1, 0, 0, 0);
    arb_ptr c = _arb_vec_init(N + 1);
    arb_init(K);
    arb_init(want);
    ask_open(&a, s, method);
    arb_set_str(K, text, prec + 100);
    check_ok(a.ctx, ew_expect_hermite(c, NULL, a.E, &t.f, N, K, prec, a.ctx));
    for (slong k = 0; k <= N; k++) {
        exact_coefficient(want, strcmp(s, "sin") == 0, k, K, prec + 100);
        if (arb_is_zero(want))
            assert_true(arb_is_zero(c + k));
        assert_true(arb_overlaps(c + k, want));
        /* relative to the norm, at most e^K */
        assert_true(mag_cmp_2exp_si(arb_radref(c + k), -prec + 4) < 0);
    }
    ask_close(&a);
    _arb_vec_clear(c, N + 1);
    arb_clear(K);
    arb_clear(want);
}

/* Coefficients over a ball of variances contain those at its ends. */
static void test_hermite_ball(void **state)
{
    (void) state;
    enum { N = 20 };
    ask a;
    arb_t K, end, want;
    ew_atom1 t = ask_atom(0, 1, 0, 0, 0);
    arb_ptr c = _arb_vec_init(N + 1);
    arb_init(K);
    arb_init(end);
    arb_init(want);
    ask_open(&a, "exp", EW_AUTO);
    arb_set_ui(K, 2);
    mag_set_ui_2exp_si(arb_radref(K), 1, -40);
    check_ok(a.ctx, ew_expect_hermite(c, NULL, a.E, &t.f, N, K, 100, a.ctx));
    for (int side = -1; side <= 1; side += 2) {
        arb_set_si(end, side);
        arb_mul_2exp_si(end, end, -40);
        arb_add_ui(end, end, 2, 100);
        for (slong k = 0; k <= N; k++) {
            exact_coefficient(want, 0, k, end, 200);
            assert_true(arb_overlaps(c + k, want));
            assert_true(mag_cmp_2exp_si(arb_radref(c + k), -36) < 0);
        }
    }
    ask_close(&a);
    _arb_vec_clear(c, N + 1);
    arb_clear(K);
    arb_clear(end);
    arb_clear(want);
}

static void test_hermite(void **state)
{
    (void) state;
    check_hermite("sin", "1", EW_GRID, 100);
    check_hermite("sin", "2.3", EW_GRID, 300);
    check_hermite("exp", "0.7", EW_GRID, 100);
    check_hermite("sin", "1", EW_PANELS, 100);
}

/* <cos^2> = (1 + e^(-2K))/2, over widths where the cut-off and the step both matter. */
static void test_cosine(void **state)
{
    (void) state;
    ask a;
    ew_atom1 t = ask_atom(0, 2, 0, 0, 0);
    arb_t K, x, y;
    arb_init(K);
    arb_init(x);
    arb_init(y);
    ask_open(&a, "cos", EW_GRID);
    for (int e = -30; e <= 12; e += 3) {
        arb_one(K);
        arb_mul_2exp_si(K, K, e);
        check_ok(a.ctx, ew_expect_one(x, NULL, a.E, &t, 1, K, 150, a.ctx));
        arb_mul_2exp_si(y, K, 1);
        arb_neg(y, y);
        arb_exp(y, y, 300);
        arb_add_ui(y, y, 1, 300);
        arb_mul_2exp_si(y, y, -1);
        check_ball_pair(x, y, 148);
    }
    ask_close(&a);
    arb_clear(K);
    arb_clear(x);
    arb_clear(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),         cmocka_unit_test(test_delta_functions),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_zero_variance),
        cmocka_unit_test(test_heat_identity), cmocka_unit_test(test_ball_variance),
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_hermite),       cmocka_unit_test(test_cosine),
        cmocka_unit_test(test_hermite_ball),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

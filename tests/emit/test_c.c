/* C text: literals that read back, names no standard reserves, comments that end where they
 * should. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/c_item.h"

static char *text_of(void (*add)(ew_buffer *, double), double x)
{
    ew_buffer b = {0};
    add(&b, x);
    return ew_buffer_take(&b, NULL);
}

static void same_bits(double x, double y, const char *what)
{
    if (memcmp(&x, &y, sizeof x))
        fail_msg("%s: %a is not %a", what, x, y);
}

/* strtod is exact in the C locale, which tests run in. */
static void literals(void **state)
{
    (void) state;
    static const struct {
        double x;
        const char *hex, *decimal;
    } known[] = {
        {1, "0x1p+0", "1.0000000000000000"},
        {0.1, "0x1.999999999999ap-4", "0.10000000000000001"},
        {-1.5, "-0x1.8p+0", "-1.5000000000000000"},
        {0, "0x0p+0", "0.0"},
        {0x1p-1074, "0x1p-1074", "4.9406564584124654e-324"},
        {1e22, "0x1.0f0cf064dd592p+73", "10000000000000000000000.0"},
        {0x1.fffffffffffffp+1023, "0x1.fffffffffffffp+1023", "1.7976931348623157e308"},
    };
    check_rng r;
    check_rng_init(&r, "literals");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *hex = text_of(ew_c_add_hex, known[i].x);
        char *decimal = text_of(ew_c_add_decimal, known[i].x);
        assert_string_equal(hex, known[i].hex);
        assert_string_equal(decimal, known[i].decimal);
        free(hex);
        free(decimal);
    }
    for (slong i = 0; i < check_trials(2000); i++) {
        uint64_t u = check_bits(&r);
        double x;
        memcpy(&x, &u, sizeof x);
        if (!isfinite(x))
            continue;
        char *hex = text_of(ew_c_add_hex, x), *decimal = text_of(ew_c_add_decimal, x);
        same_bits(strtod(hex, NULL), x, hex);
        same_bits(strtod(decimal, NULL), x, decimal);
        same_bits(ew_c_read_hex(hex + (x < 0)), fabs(x), hex);
        assert_non_null(strpbrk(decimal, ".e"));
        free(hex);
        free(decimal);
    }
}

static void comments(void **state)
{
    (void) state;
    ew_buffer b = {0};
    ew_c_add_comment(&b, "a*/b/*c\nd?\?/\\");
    ew_c_add_string(&b, "\"q\" \\ ?\?= \n\303\251");
    char *text = ew_buffer_take(&b, NULL);
    assert_string_equal(text, "a* /b/ *c d? ?/\\ "
                              "\"\\\"q\\\" \\\\ \\?\\?= \\012\\303\\251\"");
    free(text);
}

static void prefixes(void **state)
{
    (void) state;
    static const char *const good[] = {"gelu", "a", "Net_2", "x1_y2"};
    static const char *const bad[] = {"",
                                      "1a",
                                      "_a",
                                      "a_",
                                      "a__b",
                                      "a-b",
                                      "a b",
                                      "é",
                                      "tss",
                                      "atomic",
                                      "a/*",
                                      "a\n",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    static const struct {
        const char *from, *to;
    } made[] = {{"gelu", "gelu"},
                {"leaky_relu(0.1)", "leaky_relu_0_1"},
                {"z^3/6 + z", "z3_over_6_z"},
                {"0.5*z", "s0_5_z"},
                {"if(z<0, exp(z)-1, z)", "if_z_0_exp_z_1_z"},
                {"(z)", "z"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(ew_c_prefix_check(good[i], NULL), EW_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ew_c_prefix_check(bad[i], NULL), EW_USAGE);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char *p = ew_c_prefix_of(made[i].from, NULL);
        assert_string_equal(p, made[i].to);
        assert_int_equal(ew_c_prefix_check(p, NULL), EW_OK);
        free(p);
    }
}

/* Every label a C identifier of its own. */
static void names(void **state)
{
    (void) state;
    json_t *root = json_pack("{s s, s {}, s {s i, s i, s i, s i, s [{s i s i}]}}", "prefix",
                             "p", "network", "result", "V/K^2", 1, "V over K2", 2, "nngp[1,2]",
                             3, "K(a.a, b.b) n^-1", 4, "layers", "V/K^2", 5, "x.y", 6);
    static const char *const want[] = {"p_V_over_K2",   "p_V_over_K2_2", "p_nngp_1_2",
                                       "p_K_aa_bb_n_1", "p_V_over_K2_3", "p_x_y"};
    ew_result *res = ew_result_of(root, NULL);
    ew_c_items *c = ew_c_items_new(res, NULL);
    assert_int_equal(c->n, 6);
    for (size_t i = 0; i < c->n; i++)
        assert_string_equal(c->item[i].name, want[i]);
    assert_int_equal(c->tables, 1);
    assert_string_equal(c->table_name[0], "p_layers");
    ew_c_items_free(c);
    ew_result_free(res);
}

/* One certified number: whether its double is decided. */
static ew_status decide(int *open, const char *mid, const char *rad, const char *exact,
                        int absolute)
{
    json_t *leaf = json_pack("{s s, s s}", "mid", mid, "rad", rad);
    if (exact)
        json_object_set_new(leaf, "exact", json_string(exact));
    if (absolute)
        json_object_set_new(leaf, "absolute", json_true());
    ew_result *res =
        ew_result_of(json_pack("{s {}, s {s o}}", "network", "result", "x", leaf), NULL);
    ew_status status = ew_c_decide(open, res, NULL);
    ew_result_free(res);
    return status;
}

static void decisions(void **state)
{
    (void) state;
    int open;
    assert_int_equal(decide(&open, "0.333333333333333333", "5e-19", NULL, 0), EW_OK);
    assert_int_equal(decide(&open, "0.333333333333333", "5e-16", NULL, 0), EW_UNABLE);
    assert_true(open);
    /* 1 + 2^-53 exactly, then to digits that leave the tie open, then to digits that do not */
    assert_int_equal(decide(&open, "1.00000000000000011102230246252", "5e-30",
                            "9007199254740993/9007199254740992", 0),
                     EW_OK);
    assert_int_equal(decide(&open, "1.00000000000000011102230246252", "5e-30", NULL, 0),
                     EW_UNABLE);
    assert_true(open);
    assert_int_equal(decide(&open, "1.00000000000000011102230246253", "5e-30", NULL, 0), EW_OK);
    assert_int_equal(decide(&open, "0", "1e-30", NULL, 1), EW_OK);
    assert_int_equal(decide(&open, "1.000e400", "5e396", NULL, 0), EW_UNABLE);
    assert_false(open);
    assert_int_equal(decide(&open, "1.000e-20000", "5e-20004", NULL, 0), EW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals), cmocka_unit_test(comments),  cmocka_unit_test(prefixes),
        cmocka_unit_test(names),    cmocka_unit_test(decisions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

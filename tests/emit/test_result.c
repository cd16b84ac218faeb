#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "emit/result.h"

static const char tree[] = "{\"layers\": ["
                           "{\"layer\": 1, \"terms\": [{\"of\": [\"a.a\"], \"c\": [1, 2]}],"
                           " \"K\": {\"mid\": \"1.00\", \"rad\": \"5e-3\", \"exact\": \"1\"},"
                           " \"V\": {\"mid\": \"0\", \"rad\": \"0\", \"exact\": \"0\"}},"
                           "{\"layer\": 2, \"terms\": [{\"of\": [\"a.a\"], \"c\": [3, 4]}],"
                           " \"K\": {\"mid\": \"0.394\", \"rad\": \"5e-4\"},"
                           " \"V\": {\"mid\": \"0\", \"rad\": \"1e-9\", \"absolute\": true},"
                           " \"nngp\": [[1, 2], [3, 4]], \"kappa\": {\"1\": [7]}}],"
                           " \"class\": \"half_stable\", \"list\": [\"x, \\\"y\\\"\"],"
                           " \"speed\": {\"mean\": 0.5, \"se\": 0.125}}";

static ew_result *sample_result(ew_context *ctx)
{
    json_t *network =
        json_pack("{s:s, s:i, s:[]}", "activation", "tanh(z)", "digits", 3, "none");
    json_t *body = json_loads(tree, 0, NULL);
    assert_non_null(body);
    return ew_result_new("cumulants", network, body, ctx);
}

static void paths(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = sample_result(ctx);
    double mid, lo, hi;
    assert_string_equal(ew_result_text(r, "command"), "cumulants");
    assert_string_equal(ew_result_text(r, "result.layers[1].K.mid"), "0.394");
    assert_string_equal(ew_result_text(r, "result.layers[0].terms[0].of[0]"), "a.a");
    assert_string_equal(ew_result_text(r, "result[\"list\"][0]"), "x, \"y\"");
    assert_null(ew_result_text(r, "result.layers[2].K.mid"));
    assert_null(ew_result_text(r, "result.layers[x].K"));
    assert_null(ew_result_text(r, "result.layers[0"));
    assert_null(ew_result_text(r, "result..class"));
    assert_null(ew_result_text(NULL, "command"));
    assert_int_equal(ew_result_length(r, "result.layers"), 2);
    assert_int_equal(ew_result_length(r, "result.class"), 0);
    check_ok(ctx, ew_result_double(&mid, &lo, &hi, r, "result.layers[1].K"));
    assert_true(mid == 0.394 && lo <= 0.3935 && hi >= 0.3945);
    assert_true(lo > 0.39349999 && hi < 0.39450001);
    check_ok(ctx, ew_result_double(&mid, &lo, NULL, r, "result.layers[1].kappa[\"1\"][0]"));
    assert_true(mid == 7 && lo == 7);
    check_status(ctx, ew_result_double(&mid, NULL, NULL, r, "result.class"), EW_USAGE);
    check_status(ctx, ew_result_double(&mid, NULL, NULL, r, "nothing"), EW_USAGE);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void check_format(const char *format, const char *const *lines)
{
    ew_context *ctx = ew_context_new();
    ew_result *r = sample_result(ctx);
    char *text;
    check_ok(ctx, ew_result_format(&text, r, format, ctx));
    for (; *lines; lines++)
        if (!strstr(text, *lines))
            fail_msg("%s lacks\n%s\nin\n%s", format, *lines, text);
    free(text);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void json_round_trip(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *r = sample_result(ctx);
    char *text;
    check_ok(ctx, ew_result_format(&text, r, "json", ctx));
    json_t *back = json_loads(text, 0, NULL);
    assert_true(json_equal(back, r->root));
    assert_int_equal(text[strlen(text) - 1], '\n');
    json_decref(back);
    free(text);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void csv(void **state)
{
    (void) state;
    static const char *const lines[] = {
        "layer,K,K_rad,V,V_rad,\"nngp[1,1]\",\"nngp[1,2]\",\"nngp[2,1]\",\"nngp[2,2]\"\n"
        "1,1.00,5e-3,0,0,,,,\n2,0.394,5e-4,0,1e-9,1,2,3,4\n",
        NULL};
    check_format("csv", lines);
}

static void text(void **state)
{
    (void) state;
    static const char *const lines[] = {
        "activation tanh(z); digits 3\n\n",
        "class: half_stable\nlist: x, \"y\"\nspeed: 0.5 +- 0.125\n",
        "layer  K      V          nngp[1,1]",
        "\n2      0.394  0 +- 1e-9  1  ",
        "correctly rounded to 3 significant digits",
        NULL};
    check_format("text", lines);
}

static void latex(void **state)
{
    (void) state;
    static const char *const lines[] = {"\\begin{document}",
                                        "class & half\\_stable \\\\",
                                        "layer & K & V & nngp[1,1]",
                                        "$2$ & $0.394$ & $0$ $\\pm$ $1 \\cdot 10^{-9}$ & $1$",
                                        "\\end{longtable}",
                                        "\\end{document}\n",
                                        NULL};
    check_format("latex", lines);
}

static void equations(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    json_t *body = json_pack("{s:[{s:s,s:s,s:s}]}", "equations", "lhs", "V[l+1]", "rhs",
                             "C_W^2", "latex", "V = C_W^2");
    ew_result *r = ew_result_new("derive", json_object(), body, ctx);
    char *out;
    check_ok(ctx, ew_result_format(&out, r, "text", ctx));
    assert_string_equal(out, "V[l+1] = C_W^2\n");
    free(out);
    check_ok(ctx, ew_result_format(&out, r, "latex", ctx));
    assert_non_null(strstr(out, "\\begin{align*}\nV = C_W^2\n\\end{align*}"));
    free(out);
    check_ok(ctx, ew_result_format(&out, r, "csv", ctx));
    assert_string_equal(out, "lhs,rhs,latex\nV[l+1],C_W^2,V = C_W^2\n");
    free(out);
    check_status(ctx, ew_result_format(&out, r, "yaml", ctx), EW_USAGE);
    assert_null(out);
    ew_result_free(r);
    ew_context_free(ctx);
}

/* Wide tables continue in further blocks that repeat the first column. */
static void wide_table(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    json_t *row = json_object(), *body;
    json_object_set_new(row, "layer", json_integer(1));
    for (char name[] = "A"; name[0] <= 'F'; name[0]++)
        json_object_set_new(
            row, name,
            json_pack("{s:s,s:s}", "mid", "0.123456789012345678901234567890", "rad", "5e-31"));
    body = json_pack("{s:[o]}", "layers", row);
    ew_result *r = ew_result_new("cumulants", json_object(), body, ctx);
    char *out;
    check_ok(ctx, ew_result_format(&out, r, "text", ctx));
    size_t longest = 0;
    for (char *p = out; *p;) {
        size_t n = strcspn(p, "\n");
        longest = n > longest ? n : longest;
        p += n + (p[n] == '\n');
    }
    assert_true(longest > 60 && longest <= 110);
    assert_non_null(strstr(strstr(out, "layer") + 1, "layer  D"));
    free(out);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void builders(void **state)
{
    (void) state;
    char one[] = "1.0", tiny[] = "1e-20", unit[] = "5e-2", zero[] = "0", half[] = "1/2";
    ew_certified x[2] = {{one, unit, half, "closed form", 0}, {zero, tiny, NULL, NULL, 1}};
    json_t *v = ew_json_vector(x, 2), *absent, *s = ew_json_sampled(1.5, 0.0 / 0.0);
    char *text = json_dumps(v, JSON_COMPACT);
    assert_string_equal(
        text, "[{\"mid\":\"1.0\",\"rad\":\"5e-2\",\"exact\":\"1/2\",\"method\":\"closed "
              "form\"},{\"mid\":\"0\",\"rad\":\"1e-20\",\"absolute\":true}]");
    free(text);
    ew_certified nothing;
    ew_certified_init(&nothing);
    absent = ew_json_certified(&nothing);
    assert_true(json_is_null(absent));
    text = json_dumps(s, JSON_COMPACT);
    assert_string_equal(text, "{\"mean\":1.5,\"se\":null}");
    free(text);
    json_decref(absent);
    json_decref(v);
    json_decref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),      cmocka_unit_test(json_round_trip),
        cmocka_unit_test(csv),        cmocka_unit_test(text),
        cmocka_unit_test(latex),      cmocka_unit_test(equations),
        cmocka_unit_test(wide_table), cmocka_unit_test(builders),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

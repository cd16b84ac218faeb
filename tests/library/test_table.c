#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/checksum.h"
#include "emit/result.h"
#include "library/table.h"

/* The sections of the tables made, which are then without the NTK: its laws take longer than
 * all the rest. */
static const char *sections;

static ew_network *network(ew_context *ctx, const char *activation)
{
    static const char *const option[][2] = {
        {"depth", "4"}, {"digits", "25"}, {"order", "1"}, {"ntk", ""}};
    ew_network *net;
    check_ok(ctx, ew_network_new(&net, ctx));
    check_ok(ctx, ew_network_set(net, "activation", activation, ctx));
    for (size_t i = 0; i < (sections ? 3 : 4); i++)
        check_ok(ctx, ew_network_set(net, option[i][0], option[i][1], ctx));
    if (sections)
        check_ok(ctx, ew_network_set(net, "sections", sections, ctx));
    return net;
}

static const char *file_name(void)
{
    static char name[64];
    snprintf(name, sizeof name, "test_table_%ld.json", (long) getpid());
    return name;
}

static ew_status verify(ew_context *ctx)
{
    ew_result *res;
    ew_network *empty;
    check_ok(ctx, ew_network_new(&empty, ctx));
    ew_status status = ew_verify(&res, file_name(), empty, ctx);
    assert_int_equal(res != NULL, status == EW_OK || status == EW_FAILED);
    ew_result_free(res);
    ew_network_free(empty);
    return status;
}

/* Write the table of an activation, changed by `edit` and resealed if asked. */
static void write_table(ew_context *ctx, const char *activation, void (*edit)(json_t *),
                        int reseal)
{
    ew_network *net = network(ctx, activation);
    ew_result *res;
    check_ok(ctx, ew_table(&res, net, ctx));
    if (edit)
        edit(res->root);
    if (reseal) {
        char hex[EW_CHECKSUM_SIZE];
        json_t *body = ew_table_body(res->root);
        check_ok(ctx, ew_checksum(hex, body, ctx));
        json_object_set_new(res->root, "sha256", json_string(hex));
        json_decref(body);
    }
    json_dump_file(res->root, file_name(), JSON_INDENT(1));
    ew_result_free(res);
    ew_network_free(net);
}

static void tables_verify(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    const char *const activation[] = {"tanh", "relu", "gelu", "elu(1/2)"};
    for (size_t i = 0; i < 4; i++) {
        write_table(ctx, activation[i], NULL, 0);
        check_ok(ctx, verify(ctx));
    }
    ew_context_free(ctx);
}

static char *text_at(json_t *table, const char *path)
{
    return strdup(json_string_value(ew_json_at(json_object_get(table, "result"), path)));
}

static void change_last_digit(json_t *table)
{
    json_t *v = ew_json_at(json_object_get(table, "result"), "layers[2].V");
    char *mid = text_at(table, "layers[2].V.mid");
    char *end = mid + strlen(mid) - 1;
    *end = *end == '9' ? '8' : (char) (*end + 1);
    json_object_set_new(v, "mid", json_string(mid));
    free(mid);
}

static void change_exact(json_t *table)
{
    json_t *v = ew_json_at(json_object_get(table, "result"), "layers[2].V");
    assert_non_null(json_object_get(v, "exact"));
    json_object_set_new(v, "exact", json_string("21"));
}

static void drop_a_layer(json_t *table)
{
    json_array_remove(json_object_get(json_object_get(table, "result"), "layers"), 3);
}

static void widen(json_t *table)
{
    json_t *v = ew_json_at(json_object_get(table, "result"), "layers[2].V");
    json_object_set_new(v, "rad", json_string("1"));
}

static void ask_for_more(json_t *table)
{
    json_object_set_new(json_object_get(table, "options"), "depth", json_string("5"));
}

static void a_change_is_found_whatever_the_checksum_says(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    void (*const edit[])(json_t *) = {change_last_digit, change_exact, drop_a_layer, widen,
                                      ask_for_more};
    for (size_t i = 0; i < 5; i++)
        for (int reseal = 0; reseal < 2; reseal++) {
            write_table(ctx, "relu", edit[i], reseal);
            check_status(ctx, verify(ctx), EW_FAILED);
        }
    ew_context_free(ctx);
}

/* ---- sections -----------------------------------------------------------------------------
 */

static json_t *result_of(json_t *table)
{
    return json_object_get(table, "result");
}

static void exchange(json_t *object, const char *a, const char *b)
{
    json_t *x = json_incref(json_object_get(object, a)), *y = json_object_get(object, b);
    assert_non_null(x);
    assert_non_null(y);
    json_object_set(object, a, y);
    json_object_set_new(object, b, x);
}

static void swap_letters(json_t *table)
{
    exchange(ew_json_at(result_of(table), "layers[2]"), "V", "G1");
}

static void swap_ensembles(json_t *table)
{
    exchange(result_of(table), "layers", "orthogonal");
}

static void swap_orders(json_t *table)
{
    exchange(ew_json_at(result_of(table), "second[3].kappa"), "1", "2");
}

static void change_law(json_t *table)
{
    json_t *entry = ew_json_at(result_of(table), "asymptotics[0]");
    json_object_set_new(entry, "law", json_string("K ~ 1/(3 l)"));
}

static void change_exponent(json_t *table)
{
    json_t *term = ew_json_at(result_of(table), "asymptotics[0].in_l[0]");
    json_object_set_new(term, "power", json_string("2"));
}

static void change_taylor(json_t *table)
{
    json_t *c = ew_json_at(result_of(table), "taylor[3].coefficient");
    json_object_set_new(c, "exact", json_string("-1/2"));
}

static void change_drift(json_t *table)
{
    json_t *b = ew_json_at(result_of(table), "sde_smooth.drift[0]");
    assert_non_null(b);
    json_object_set_new(b, "rhs", json_string("0"));
}

static void drop_exceptions(json_t *table)
{
    json_object_del(result_of(table), "exceptions");
}

/* The differences of an edited copy from the table computed again. */
static slong differences(ew_context *ctx, const ew_result *res, const ew_result *again,
                         void (*edit)(json_t *))
{
    ew_table_differences c;
    json_t *copy = json_deep_copy(res->root);
    if (edit)
        edit(copy);
    check_ok(ctx, ew_table_compare(&c, copy, again->root, ctx));
    json_decref(copy);
    json_decref(c.list);
    return c.differences;
}

static void every_section_is_checked(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    void (*const edit[])(json_t *) = {swap_letters, swap_ensembles,  swap_orders,
                                      change_law,   change_exponent, change_taylor,
                                      change_drift, drop_exceptions};
    ew_result *res, *again;
    sections = "all";
    ew_network *net = network(ctx, "z-z^3/6");
    check_ok(ctx, ew_table(&res, net, ctx));
    check_ok(ctx, ew_network_set(net, "method", "panels", ctx));
    check_ok(ctx, ew_table_compute(&again, net, ctx));
    assert_int_equal(differences(ctx, res, again, NULL), 0);
    for (size_t i = 0; i < sizeof edit / sizeof *edit; i++)
        assert_true(differences(ctx, res, again, edit[i]) > 0);
    sections = NULL;
    ew_result_free(res);
    ew_result_free(again);
    ew_network_free(net);
    ew_context_free(ctx);
}

static json_t *table_of(ew_result **res, ew_context *ctx, const char *activation)
{
    ew_network *net = network(ctx, activation);
    check_ok(ctx, ew_table(res, net, ctx));
    ew_network_free(net);
    return result_of((*res)->root);
}

static void check_text(json_t *result, const char *path, const char *want)
{
    const char *text = json_string_value(ew_json_at(result, path));
    assert_non_null(text);
    assert_string_equal(text, want);
}

/* tanh z = z - z^3/3 + 2 z^5/15 - ...; relu has 1/sqrt(2 pi), 1/2, 1/sqrt(4 pi), 0; <s^2> = 1/2
 * is their sum of squares. */
static void coefficients_are_those_of_the_series(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_result *res;
    sections = "taylor";
    json_t *t = table_of(&res, ctx, "tanh");
    check_text(t, "taylor[2].coefficient.exact", "0");
    check_text(t, "taylor[3].coefficient.exact", "-1/3");
    check_text(t, "taylor[5].coefficient.exact", "2/15");
    ew_result_free(res);
    sections = "hermite,critical";
    t = table_of(&res, ctx, "relu");
    check_text(t, "hermite[0].coefficient.mid", "0.3989422804014326779399461");
    check_text(t, "hermite[1].coefficient.mid", "0.5000000000000000000000000");
    check_text(t, "hermite[2].coefficient.mid", "0.2820947917738781434740397");
    check_text(t, "hermite_variance", "1");
    check_text(t, "critical.class", "scale-invariant");
    double rest = 0.5;
    for (size_t k = 0; k < json_array_size(json_object_get(t, "hermite")); k++) {
        json_t *c =
            json_object_get(json_array_get(json_object_get(t, "hermite"), k), "coefficient");
        double x = strtod(json_string_value(json_object_get(c, "mid")), NULL);
        rest -= x * x;
    }
    assert_true(rest > 0 && rest < 2e-3); /* the tail falls like k^(-3/2) */
    ew_result_free(res);
    sections = NULL;
    ew_context_free(ctx);
}

static void sections_are_named_or_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_network *net = network(ctx, "relu");
    ew_result *res;
    check_status(ctx, ew_network_set(net, "sections", "everything", ctx), EW_USAGE);
    check_ok(ctx, ew_network_set(net, "sections", "taylor", ctx));
    check_status(ctx, ew_table(&res, net, ctx), EW_UNABLE);
    assert_null(res);
    ew_network_free(net);
    sections = "all";
    json_t *t = table_of(&res, ctx, "relu");
    check_text(t, "exceptions[0].section", "taylor");
    check_text(t, "sde_relu.coefficients.c_minus.exact", "-1");
    assert_null(json_object_get(t, "taylor"));
    ew_result_free(res);
    sections = NULL;
    ew_context_free(ctx);
}

/* ---- files --------------------------------------------------------------------------------
 */

static void write_text(const char *text)
{
    FILE *f = fopen(file_name(), "w");
    fputs(text, f);
    fclose(f);
}

static void other_files_are_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    remove(file_name());
    check_status(ctx, verify(ctx), EW_IO);
    const char *const text[] = {
        "",
        "{\"schema\": 2, \"opt",
        "[1,2]",
        "{}",
        "{\"schema\": 99, \"options\": {}, \"result\": {}, \"network\": "
        "{}, \"sha256\": \"0\"}",
        "{\"schema\": 2, \"options\": {\"depth\": 4}, \"result\": {}, "
        "\"network\": {}, \"sha256\": \"0\"}",
        "{\"schema\": 2, \"options\": {\"nonsense\": \"4\"}, \"result\": "
        "{}, \"network\": {}, \"sha256\": \"0\"}"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        write_text(text[i]);
        check_status(ctx, verify(ctx), EW_USAGE);
    }
    write_table(ctx, "relu", NULL, 0);
    FILE *f = fopen(file_name(), "r+");
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(f), ftell(f) / 2), 0);
    fclose(f);
    check_status(ctx, verify(ctx), EW_USAGE);
    ew_context_free(ctx);
}

/* Two runs give the same bytes, whatever was computed in between. */
static void tables_are_deterministic(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *text[2];
    for (int i = 0; i < 2; i++) {
        ew_network *net = network(ctx, "gelu");
        ew_result *res;
        check_ok(ctx, ew_table(&res, net, ctx));
        check_ok(ctx, ew_result_format(&text[i], res, "json", ctx));
        ew_result_free(res);
        ew_network_free(net);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_verify),
        cmocka_unit_test(a_change_is_found_whatever_the_checksum_says),
        cmocka_unit_test(every_section_is_checked),
        cmocka_unit_test(coefficients_are_those_of_the_series),
        cmocka_unit_test(sections_are_named_or_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(tables_are_deterministic),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove(file_name());
    flint_cleanup();
    return failed;
}

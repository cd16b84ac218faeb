#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/checksum.h"
#include "emit/result.h"
#include "library/table.h"

static ew_network *network(ew_context *ctx, const char *activation)
{
    static const char *const option[][2] = {
        {"depth", "4"}, {"digits", "25"}, {"order", "1"}, {"ntk", ""}};
    ew_network *net;
    check_ok(ctx, ew_network_new(&net, ctx));
    check_ok(ctx, ew_network_set(net, "activation", activation, ctx));
    for (size_t i = 0; i < 4; i++)
        check_ok(ctx, ew_network_set(net, option[i][0], option[i][1], ctx));
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
        "{\"schema\": 1, \"opt",
        "[1,2]",
        "{}",
        "{\"schema\": 99, \"options\": {}, \"result\": {}, \"network\": "
        "{}, \"sha256\": \"0\"}",
        "{\"schema\": 1, \"options\": {\"depth\": 4}, \"result\": {}, "
        "\"network\": {}, \"sha256\": \"0\"}",
        "{\"schema\": 1, \"options\": {\"nonsense\": \"4\"}, \"result\": "
        "{}, \"network\": {}, \"sha256\": \"0\"}"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        write_text(text[i]);
        check_status(ctx, verify(ctx), EW_USAGE);
    }
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
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(tables_are_deterministic),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove(file_name());
    flint_cleanup();
    return failed;
}

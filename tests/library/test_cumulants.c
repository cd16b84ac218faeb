/* What `cumulants` prints for directions, widths and preactivations. */
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ew_result *run(ew_status want, const char *const *option)
{
    ew_context *ctx = ew_context_new();
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, ew_cumulants(&res, net, ctx), want);
    ew_network_free(net);
    ew_context_free(ctx);
    return res;
}

static void check_text(const ew_result *res, const char *path, const char *want)
{
    const char *got = ew_result_text(res, path);
    if (!got || strcmp(got, want))
        fail_msg("%s: %s, expected %s", path, got ? got : "nothing", want);
}

/* A file of its own; to be removed. */
static char *write_file(const char *text)
{
    char *name = strdup("cumulants-XXXXXX.csv");
    int fd = mkstemps(name, 4);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
    return name;
}

/* Inner products over n_0 = 4: x = (2, 1, 1, 0), e_2, and v = (0, 1, 1, 1) from a file. */
static void directions_from_coordinates(void **state)
{
    (void) state;
    char *inputs = write_file("2,1,1,0\n"), *v = write_file("0,1,1,1\n");
    char list[200];
    snprintf(list, sizeof list, "radial,e2,%s,perp", v);
    ew_result *r =
        run(EW_OK, (const char *[]){"activation", "z^2", "cw", "2", "cb", "0", "inputs", inputs,
                                    "directions", list, "depth", "1", "exact", NULL, NULL});
    static const char *const want[][3] = {
        {"a.a", "3"},     {"a.au", "3"},    {"a.av", "1/2"},  {"a.aw", "1"},  {"a.ax", "0"},
        {"au.au", "3"},   {"au.av", "1/2"}, {"au.aw", "1"},   {"au.ax", "0"}, {"av.av", "1/2"},
        {"av.aw", "1/2"}, {"av.ax", "0"},   {"aw.aw", "3/2"}, {"aw.ax", "0"}, {"ax.ax", "2"}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char path[100];
        snprintf(path, sizeof path, "result.layers[0].terms[%zu].of[0]", i);
        check_text(r, path, want[i][0]);
        snprintf(path, sizeof path, "result.layers[0].terms[%zu].c[0].exact", i);
        check_text(r, path, want[i][1]);
    }
    ew_result_free(r);
    const char *const bad[] = {"e5", "foo", "e1.csv,", "nowhere.csv"};
    const ew_status status[] = {EW_USAGE, EW_USAGE, EW_USAGE, EW_IO};
    for (int i = 0; i < 4; i++)
        assert_null(run(status[i], (const char *[]){"activation", "z^2", "inputs", inputs,
                                                    "directions", bad[i], NULL}));
    assert_null(run(EW_USAGE, (const char *[]){"activation", "z^2", "directions", "e1", NULL}));
    remove(inputs);
    remove(v);
    free(inputs);
    free(v);
}

/* V = 5(l-1) for ReLU; G1 = 0. */
static void widths_and_preactivations(void **state)
{
    (void) state;
    ew_result *r = run(EW_OK, (const char *[]){"activation", "relu", "depth", "3", "width",
                                               "20", "exact", NULL, NULL});
    check_text(r, "result.layers[2].terms[1].of[0]", "a.a");
    check_text(r, "result.layers[2].terms[1].c[1].exact", "10");
    check_text(r, "result.layers[2].terms[1].value.exact", "1/2");
    check_text(r, "result.layers[2].terms[1].last.exact", "1/2");
    check_text(r, "result.layers[2].terms[0].value.exact", "1");
    check_text(r, "result.layers[2].terms[0].last.exact", "0");
    assert_int_equal(ew_result_length(r, "result.layers[2].preactivation"), 2);
    check_text(r, "result.layers[2].preactivation[0].of[3]", "z1a");
    check_text(r, "result.layers[2].preactivation[0].c[1].exact", "30");
    check_text(r, "result.layers[2].preactivation[0].value.exact", "3/2");
    check_text(r, "result.layers[2].preactivation[1].of[3]", "z2a");
    check_text(r, "result.layers[2].preactivation[1].c[1].exact", "10");
    ew_result_free(r);
}

/* Cumulants with a direction have no letters: a table must name them. */
static void directions_in_tables(void **state)
{
    (void) state;
    char *out;
    ew_context *ctx = ew_context_new();
    ew_result *r = run(EW_OK, (const char *[]){"activation", "relu", "depth", "3", "directions",
                                               "perp", NULL});
    check_ok(ctx, ew_result_format(&out, r, "csv", ctx));
    assert_non_null(strstr(out, "K(au.au, au.au) n^-1"));
    free(out);
    ew_result_free(r);
    r = run(EW_OK, (const char *[]){"activation", "relu", "depth", "3", "ntk", NULL, NULL});
    check_ok(ctx, ew_result_format(&out, r, "csv", ctx));
    assert_null(strstr(out, "n^-1"));
    free(out);
    ew_result_free(r);
    ew_context_free(ctx);
}

static void too_much(void **state)
{
    (void) state;
    assert_null(run(EW_UNABLE, (const char *[]){"activation", "elu", "cw", "1", "cb", "0",
                                                "gram", "1,1/2,1/3,1,1/4,1", NULL}));
    assert_null(run(EW_UNABLE, (const char *[]){"activation", "relu", "ddntk", NULL, NULL}));
    assert_null(run(EW_UNABLE, (const char *[]){"activation", "tanh", "order", "100", NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_from_coordinates),
        cmocka_unit_test(widths_and_preactivations),
        cmocka_unit_test(directions_in_tables),
        cmocka_unit_test(too_much),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

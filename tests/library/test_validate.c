/* validate through the public interface: its figure. */
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ew_result *validate(ew_status want, ew_context *ctx, const char *const *option)
{
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, ew_validate(&res, net, ctx), want);
    ew_network_free(net);
    return res;
}

#define OPTIONS(...)                                                                           \
    (const char *const[])                                                                      \
    {                                                                                          \
        __VA_ARGS__, NULL                                                                      \
    }

static char *scratch(const char *suffix)
{
    static char name[64];
    snprintf(name, sizeof name, "test_validate-%ld%s", (long) getpid(), suffix);
    return name;
}

static char *contents(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* A panel for each of K and V, with the layers in the key. */
static void test_figure(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char *path = scratch(".svg");
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        skip();
    ew_result_free(validate(EW_OK, ctx,
                            OPTIONS("activation", "relu", "depth", "2,3", "width",
                                    "200,300,400,800", "samples", "2000", "plot", path)));
    char *text = contents(path);
    assert_non_null(strstr(text, "K (line: predicted"));
    assert_non_null(strstr(text, "V (line: predicted"));
    assert_non_null(strstr(text, "layer 2"));
    assert_non_null(strstr(text, "layer 3"));
    assert_non_null(strstr(text, "1/n"));
    assert_null(strstr(text, "Theta"));
    free(text);
    remove(path);
    ew_context_free(ctx);
}

/* Refused before the sampling. */
static void test_figure_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    assert_null(validate(EW_USAGE, ctx, OPTIONS("activation", "relu", "plot", "a.gif")));
    assert_null(validate(EW_IO, ctx, OPTIONS("activation", "relu", "plot", "no/such/a.svg")));
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_figure),
                                       cmocka_unit_test(test_figure_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_thread_cleanup();
    return failed;
}

#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library/network.h"

static const struct {
    const char *name, *value;
    ew_status status;
} cases[] = {
    {"activation", "tanh", EW_OK},
    {"activation", "z^3/6 + z", EW_OK},
    {"activation", "", EW_USAGE},
    {"activation", "tanh(", EW_USAGE},
    {"activation", "tahn(z)", EW_USAGE},
    {"depth", "1", EW_OK},
    {"depth", "1000000", EW_OK},
    {"depth", "4,8,16", EW_OK},
    {"depth", "0", EW_USAGE},
    {"depth", "1000001", EW_USAGE},
    {"depth", "1000000000", EW_USAGE},
    {"depth", "99999999999999999999999999", EW_USAGE},
    {"depth", "-1", EW_USAGE},
    {"depth", "1.5", EW_USAGE},
    {"depth", "", EW_USAGE},
    {"depth", "2,", EW_USAGE},
    {"digits", "10000", EW_OK},
    {"digits", "0", EW_USAGE},
    {"digits", "10001", EW_USAGE},
    {"digits", "1000000", EW_USAGE},
    {"cw", "1/3", EW_OK},
    {"cw", "0.1", EW_OK},
    {"cw", "sqrt(2)", EW_OK},
    {"cw", "max(1,2),2", EW_OK},
    {"cw", "critical", EW_OK},
    {"cw", "nan", EW_USAGE},
    {"cw", "inf", EW_USAGE},
    {"cw", "", EW_USAGE},
    {"cw", " ", EW_USAGE},
    {"cw", "-1", EW_DOMAIN},
    {"cw", "0", EW_DOMAIN},
    {"cw", "1,,2", EW_USAGE},
    {"cw", "z", EW_USAGE},
    {"cw", "1/0", EW_DOMAIN},
    {"cw", "log(0)", EW_DOMAIN},
    {"cw", "1-sqrt(2)", EW_DOMAIN},
    {"cb", "0", EW_OK},
    {"cb", "-0.001", EW_DOMAIN},
    {"lambda-w", "0", EW_OK},
    {"lambda-b", "-1", EW_DOMAIN},
    {"gram", "1,-1/2,1", EW_OK},
    {"gram", "1,nan,1", EW_USAGE},
    {"k", "1/2", EW_OK},
    {"k", "-1", EW_DOMAIN},
    {"order", "1", EW_OK},
    {"order", "0", EW_USAGE},
    {"width", "128,256", EW_OK},
    {"width", "0", EW_USAGE},
    {"samples", "1000", EW_OK},
    {"samples", "0", EW_USAGE},
    {"seed", "18446744073709551615", EW_OK},
    {"seed", "18446744073709551616", EW_USAGE},
    {"threads", "2", EW_OK},
    {"threads", "0", EW_USAGE},
    {"ensemble", "gaussian", EW_OK},
    {"ensemble", "orthogonal", EW_OK},
    {"ensemble", "uniform", EW_USAGE},
    {"residual", "beta=1,cv=2,inner=3", EW_OK},
    {"convention", "neural-tangents", EW_OK},
    {"convention", "other", EW_USAGE},
    {"method", "adaptive", EW_OK},
    {"method", "guess", EW_USAGE},
    {"ntk", NULL, EW_OK},
    {"ntk", "", EW_OK},
    {"ntk", "yes", EW_USAGE},
    {"cb", NULL, EW_USAGE},
    {"speed", "1", EW_USAGE},
    {"", "1", EW_USAGE},
};

static void values_are_checked_at_once(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ew_network *net;
        check_ok(ctx, ew_network_new(&net, ctx));
        ew_status got = ew_network_set(net, cases[i].name, cases[i].value, ctx);
        if (got != cases[i].status)
            fail_msg("%s = %s: status %d (%s), expected %d", cases[i].name, cases[i].value, got,
                     ew_context_error(ctx), cases[i].status);
        if (got == EW_OK)
            assert_string_equal(ew_network_get(net, cases[i].name),
                                cases[i].value ? cases[i].value : "");
        else
            assert_true(strlen(ew_context_error(ctx)) > 10);
        ew_network_free(net);
    }
    ew_context_free(ctx);
}

static void last_value_wins_and_failures_keep_it(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_network *net;
    check_ok(ctx, ew_network_new(&net, ctx));
    assert_null(ew_network_get(net, "depth"));
    assert_int_equal(ew_network_integer(net, "depth", 7), 7);
    check_ok(ctx, ew_network_set(net, "depth", "3", ctx));
    check_ok(ctx, ew_network_set(net, "depth", "4", ctx));
    check_status(ctx, ew_network_set(net, "depth", "0", ctx), EW_USAGE);
    assert_int_equal(ew_network_integer(net, "depth", 7), 4);
    ew_network_free(net);
    ew_context_free(ctx);
}

static void messages_name_the_option(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_network *net;
    check_ok(ctx, ew_network_new(&net, ctx));
    check_status(ctx, ew_network_set(net, "depth", "0", ctx), EW_USAGE);
    assert_string_equal(ew_context_error(ctx),
                        "depth: '0' is not an integer from 1 to 1000000");
    check_status(ctx, ew_network_set(net, "cw", "2,-1", ctx), EW_DOMAIN);
    assert_string_equal(ew_context_error(ctx), "cw: the value is negative");
    check_status(ctx, ew_network_set(net, "activation", "tanh(z", ctx), EW_USAGE);
    assert_int_equal(strncmp(ew_context_error(ctx), "activation: ", 12), 0);
    assert_non_null(strchr(ew_context_error(ctx), '^'));
    ew_network_free(net);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_checked_at_once),
                                       cmocka_unit_test(last_value_wins_and_failures_keep_it),
                                       cmocka_unit_test(messages_name_the_option)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

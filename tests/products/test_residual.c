/* Residual networks put through the verdict: both samplers against the expansion of blocks, and
 * predictions made wrong on purpose. */
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "library/setup.h"
#include "products/validate.h"

typedef struct {
    ew_context *ctx;
    ew_network *net;
    ew_setup *setup;
} blocks;

static void open_blocks(blocks *b, const char *const *options)
{
    b->ctx = ew_context_new();
    check_ok(b->ctx, ew_network_new(&b->net, b->ctx));
    for (; *options; options += 2)
        check_ok(b->ctx, ew_network_set(b->net, options[0], options[1], b->ctx));
    check_ok(b->ctx, ew_setup_able(&b->setup, b->net, EW_SETUP_ALTERNATIVES | EW_SETUP_RESIDUAL,
                                   b->ctx));
}

static void close_blocks(blocks *b)
{
    ew_setup_free(b->setup);
    ew_network_free(b->net);
    ew_context_free(b->ctx);
}

static void check_verdict(blocks *b, const ew_validate_options *opt, ew_verdict want)
{
    ew_validation *v;
    check_ok(b->ctx, ew_validate_chain(&v, &b->setup->net, opt, b->ctx));
    assert_int_equal(v->first, 0);
    assert_int_equal(v->layer[v->layers - 1], b->setup->net.depth - 1);
    if (v->verdict != want) {
        ew_status status = ew_validation_status(v, b->ctx);
        fail_msg("%s, status %d: %s", ew_verdict_name(v->verdict), status,
                 ew_context_error(b->ctx));
    }
    ew_validation_free(v);
}

static const uint64_t width[] = {16, 24, 48, 128};

static ew_validate_options options_of(int network)
{
    return (ew_validate_options){.widths = 4,
                                 .width = width,
                                 .samples = (uint64_t) check_trials(2048),
                                 .seed = 3,
                                 .order = 1,
                                 .network = network};
}

/* tanh with biases and a branch that is wide. */
static const char *const bent[] = {"activation", "tanh", "depth",    "2",
                                   "cw",         "3/2",  "cb",       "1/4",
                                   "lambda-b",   "1/2",  "residual", "beta=1/2,cv=3/2,inner=2n",
                                   NULL};

static void samplers_agree_with_the_series(void **state)
{
    (void) state;
    blocks b;
    open_blocks(&b, bent);
    /* EW_SANITIZED: the sampler of explicit weights has tests of its own */
    for (int network = 0; network < (getenv("EW_SANITIZED") ? 1 : 2); network++) {
        ew_validate_options opt = options_of(network);
        opt.descent = 1;
        if (network)
            opt.samples /= 2;
        check_verdict(&b, &opt, EW_PASS);
    }
    close_blocks(&b);
}

static void wrong_predictions_fail(void **state)
{
    (void) state;
    static const char *const wrong[] = {"V", "K", "V/K^2 slope"};
    blocks b;
    open_blocks(&b, bent);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ew_validate_options opt = options_of(0);
        opt.perturb = wrong[i];
        opt.factor = 1.5;
        check_verdict(&b, &opt, EW_FAIL);
    }
    close_blocks(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samplers_agree_with_the_series),
        cmocka_unit_test(wrong_predictions_fail),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

#include "library/decided.h"

#include <stdio.h>

#include "emit/c_item.h"
#include "library/option.h"

#define DIGITS 30
#define DOUBLINGS 4

ew_status ew_network_with(ew_network **out, const ew_network *net, const char *name,
                          const char *value, ew_context *ctx)
{
    ew_status status = ew_network_new(out, ctx);
    for (int i = 0; status == EW_OK && i < ew_option_count(); i++)
        if (net->value[i])
            status = ew_network_set(*out, ew_options()[i].name, net->value[i], ctx);
    if (status == EW_OK)
        status = ew_network_set(*out, name, value, ctx);
    if (status != EW_OK) {
        ew_network_free(*out);
        *out = NULL;
    }
    return status;
}

static ew_status run_with(ew_result **res, ew_run_fn run, const ew_network *net, slong digits,
                          ew_context *ctx)
{
    char text[32];
    ew_network *copy;
    snprintf(text, sizeof text, "%ld", (long) digits);
    ew_status status = ew_network_with(&copy, net, "digits", text, ctx);
    if (status == EW_OK)
        status = run(res, copy, ctx);
    ew_network_free(copy);
    return status;
}

ew_status ew_run_decided(ew_result **res, ew_run_fn run, const ew_network *net, ew_context *ctx)
{
    slong digits = ew_network_integer(net, "digits", DIGITS);
    *res = NULL;
    for (int i = 0;; i++) {
        int open;
        ew_status status = run_with(res, run, net, digits, ctx);
        ew_status decided = *res ? ew_c_decide(&open, *res, NULL) : EW_OK;
        if (decided == EW_OK)
            return status;
        if (!open || i == DOUBLINGS || 2 * digits > EW_MAX_DIGITS)
            status = ew_c_decide(&open, *res, ctx);
        ew_result_free(*res);
        *res = NULL;
        if (status != EW_OK)
            return status;
        digits *= 2;
    }
}

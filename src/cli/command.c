#include "cli/command.h"

#include <string.h>

#include "arith/context.h"

#define NETWORK                                                                                \
    "activation depth cw cb lambda-w lambda-b ensemble residual inputs gram convention "
#define CERTIFIED NETWORK "digits exact method "

static ew_status run_expect(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_expect(res, request->net, ctx);
}

static ew_status run_critical(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_critical(res, request->net, ctx);
}

static ew_status run_kernel(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_kernel(res, request->net, ctx);
}

static ew_status run_derive(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_derive(res, request->net, ctx);
}

static ew_status run_cumulants(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_cumulants(res, request->net, ctx);
}

static ew_status run_sample(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_sample(res, request->net, ctx);
}

static ew_status run_validate(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_validate(res, request->net, ctx);
}

static ew_status run_table(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_table(res, request->net, ctx);
}

static ew_status run_verify(ew_result **res, const ew_request *request, ew_context *ctx)
{
    *res = NULL;
    if (!request->argument)
        return ew_fail(ctx, EW_USAGE, "no table file given");
    return ew_verify(res, request->argument, request->net, ctx);
}

static const ew_command table[] = {
    {"expect", "one certified Gaussian expectation", NULL,
     "activation integrand k gram digits exact method", run_expect},
    {"critical", "universality class and critical points; with --cb the edge of chaos", NULL,
     "activation cb digits exact", run_critical},
    {"kernel", "the NNGP kernel and the NTK, layer by layer", NULL, CERTIFIED, run_kernel},
    {"derive", "the recursion of the 1/n coefficients itself, as formulas", NULL,
     "order ntk quantity", run_derive},
    {"cumulants", "every cumulant coefficient in 1/n, layer by layer", NULL,
     CERTIFIED "order ntk", run_cumulants},
    {"sample", "Monte Carlo of a finite network: k-statistics with standard errors", NULL,
     NETWORK "width ntk sampler samples seed threads", run_sample},
    {"validate", "predictions against samples; width and depth take comma lists", NULL,
     NETWORK "width order ntk sampler samples seed threads", run_validate},
    {"table", "a certified table of cumulant coefficients, sealed (format json)", NULL,
     CERTIFIED "order ntk", run_table},
    {"verify", "recompute a table by another quadrature and compare every digit", "TABLE.json",
     "", run_verify},
    {NULL, NULL, NULL, NULL, NULL},
};

const ew_command *ew_commands(void)
{
    return table;
}

const ew_command *ew_command_find(const char *name)
{
    for (const ew_command *c = table; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int ew_command_takes(const ew_command *command, const char *option)
{
    size_t n = strlen(option);
    for (const char *p = command->options; *p;) {
        size_t length = strcspn(p, " ");
        if (length == n && strncmp(p, option, n) == 0)
            return 1;
        p += length + strspn(p + length, " ");
    }
    return 0;
}

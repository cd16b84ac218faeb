#include "cli/command.h"

#include <string.h>

#define NETWORK                                                                                \
    "activation depth cw cb lambda-w lambda-b ensemble residual inputs gram convention "
#define CERTIFIED NETWORK "digits exact method "

static const ew_command table[] = {
    {"expect", "one certified Gaussian expectation", NULL,
     "activation integrand k gram digits exact method", ew_expect, NULL},
    {"critical", "universality class and critical points; with --cb the edge of chaos", NULL,
     "activation cb digits exact plot", ew_critical, NULL},
    {"kernel", "the NNGP kernel and the NTK, layer by layer", NULL,
     CERTIFIED "jacobian directions double inputs2 normalize save-nngp save-ntk "
     "save-jacobian-nngp save-jacobian-ntk smallest-eigenvalue threads",
     ew_kernel, NULL},
    {"derive", "the recursion of the 1/n coefficients itself, as formulas", NULL,
     "order ntk dntk ddntk input-count direction-count quantity notation steps activation cw cb "
     "ensemble residual "
     "lambda-w lambda-b k gram digits method",
     ew_derive, NULL},
    {"cumulants", "every cumulant coefficient in 1/n, layer by layer", NULL,
     CERTIFIED "width order ntk dntk ddntk directions asymptotics terms", ew_cumulants, NULL},
    {"density", "the Edgeworth density of one output at width n, against the Gaussian", NULL,
     "activation depth cw cb ensemble residual inputs gram digits method width order points "
     "from to count samples bins sampler seed threads plot shard checkpoint",
     ew_density, NULL},
    {"gradients", "do gradients explode or vanish: E g^4/(E g^2)^2 as a series in 1/n", NULL,
     "activation depth cw cb ensemble residual inputs gram digits exact method order width cosine",
     ew_gradients, NULL},
    {"sde", "depth and width together: drift, diffusion and fate of the limiting SDE", NULL,
     "activation shaping a c-plus c-minus power clock residual cw cb width ensemble input-count "
     "direction-count ntk lambda-w lambda-b gram digits simulate density time paths path-steps "
     "scheme trace seed threads count plot",
     ew_sde_run, NULL},
    {"sample", "Monte Carlo of a finite network: k-statistics with standard errors", NULL,
     NETWORK "directions width ntk dntk ddntk moments preactivations sampler samples seed "
     "threads shard checkpoint",
     ew_sample, NULL},
    {"merge", "put the shards of one run together", "SHARD.json...", "", NULL, NULL},
    {"validate", "predictions against samples; width and depth take comma lists", NULL,
     NETWORK "width order ntk dntk moments preactivations sampler samples seed threads level observed "
     "plot checkpoint limit time shaping a c-plus c-minus",
     ew_validate, NULL},
    {"mmd", "networks against their Gaussian limit: MMD^2, its rate in the width, its prediction",
     NULL,
     "activation depth cw cb ensemble residual inputs gram digits width order length sampler samples "
     "seed threads plot shard checkpoint",
     ew_mmd, NULL},
    {"resnet", "residual networks with weights correlated in depth: the critical beta", NULL,
     "activation depth width cw cb residual abar gram form hurst samples seed threads plot",
     ew_resnet, NULL},
    {"regress", "Gaussian process and NTK regression, and training by gradient flow", NULL,
     "activation depth cw cb lambda-w lambda-b ensemble residual inputs gram convention digits "
     "method inputs-test targets kernel regularisation loss robust directions time count "
     "save-curve normalize double check-widths samples seed threads plot",
     ew_regress, NULL},
    {"table", "a certified table of cumulant coefficients, sealed (format json)", NULL,
     CERTIFIED "width order ntk dntk ddntk directions sections", ew_table, NULL},
    {"header", "a C header: certified constants, arrays by layer, functions, a self-test", NULL,
     "activation depth cw cb lambda-w lambda-b ensemble inputs gram convention digits method width "
     "order ntk dntk ddntk directions k sde shaping a c-plus c-minus power clock functions domain "
     "prefix self-test include",
     ew_header, NULL},
    {"verify", "recompute a table by another quadrature and compare every digit", "TABLE.json",
     "", NULL, ew_verify},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

ew_status ew_command_run(ew_result **res, const ew_command *command, const ew_request *request,
                         ew_context *ctx)
{
    if (command->run)
        return command->run(res, request->net, ctx);
    if (command->run_on)
        return command->run_on(res, request->argument[0], request->net, ctx);
    return ew_merge(res, request->argument, request->arguments, ctx);
}

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

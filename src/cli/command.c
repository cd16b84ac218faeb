#include "cli/command.h"

#include <string.h>

static ew_status run_derive(ew_result **res, const ew_request *request, ew_context *ctx)
{
    return ew_derive(res, request->net, ctx);
}

static const ew_command table[] = {
    {"derive", "the recursion of the 1/n coefficients itself, as formulas", NULL,
     "order ntk quantity", run_derive},
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

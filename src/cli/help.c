#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "activation/activation.h"
#include "cli/completion.h"
#include "emit/buffer.h"
#include "library/option.h"

static void add_program(ew_buffer *b)
{
    ew_buffer_add(b, "usage: edgeworth COMMAND [options]\n"
                     "       edgeworth help COMMAND | activations | bash | zsh\n"
                     "       edgeworth --version\n\n"
                     "Certified finite-width theory of random neural networks.\n\n");
    for (const ew_command *c = ew_commands(); c->name; c++)
        ew_buffer_addf(b, "  %-10s %s\n", c->name, c->summary);
    ew_buffer_add(b, "\nExit codes: 0 done, 1 a comparison failed, 2 wrong request, 3 unable, "
                     "4 system failure.\n");
}

static void add_option(ew_buffer *b, const char *name, const char *value, const char *text)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, value ? " " : "", value ? value : "");
    ew_buffer_addf(b, "  %-28s %s\n", left, text);
}

static void add_command(ew_buffer *b, const ew_command *c)
{
    ew_buffer_addf(b, "usage: edgeworth %s [options]%s%s\n\n%s\n\n", c->name,
                   c->argument ? " " : "", c->argument ? c->argument : "", c->summary);
    for (const ew_option *o = ew_options(); o->name; o++)
        if (ew_command_takes(c, o->name))
            add_option(b, o->name, o->value, o->help);
    add_option(b, "format", "NAME", "text (default; table: json, header: c), json, csv, latex or c");
    add_option(b, "output", "FILE", "write there instead (also -o): complete or untouched");
    add_option(b, "quiet", NULL, "no progress bar");
}

static void add_activations(ew_buffer *b)
{
    ew_buffer_add(b, "An activation is an expression in z, or one of these names (with a\n"
                     "parameter where it has one, as in leaky_relu(0.1)):\n\n");
    for (const char *const *name = ew_builtin_names(); *name; name++)
        ew_buffer_addf(b, "  %s\n", *name);
    ew_buffer_add(
        b, "\nNumbers are exact: integers, 1/3, 0.1, pi, e, sqrt(2).  Operators + - * / ^\n"
           "and if(z<c, A, B) with a constant c.\n");
}

char *ew_help(const char *topic, ew_status *status, ew_context *ctx)
{
    ew_buffer b = {0};
    const ew_command *c = topic ? ew_command_find(topic) : NULL;
    *status = EW_OK;
    if (!topic)
        add_program(&b);
    else if (c)
        add_command(&b, c);
    else if (strcmp(topic, "activations") == 0)
        add_activations(&b);
    else if (strcmp(topic, "bash") == 0)
        ew_add_bash_completion(&b);
    else if (strcmp(topic, "zsh") == 0)
        ew_add_zsh_completion(&b);
    else {
        *status = ew_fail(ctx, EW_USAGE, "no help on '%.40s'", topic);
        return NULL;
    }
    char *text = ew_buffer_take(&b, ctx);
    if (!text)
        *status = EW_MEMORY;
    return text;
}

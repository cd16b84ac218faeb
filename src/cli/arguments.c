#include "cli/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "emit/result.h"
#include "library/option.h"

typedef struct {
    ew_request *request;
    const ew_command *command;
    int argc, at;
    char *const *argv;
    ew_context *ctx;
} cursor;

/* The value of the option at the cursor: after '=', or the next word whatever it looks like. */
static ew_status take_value(const char **value, cursor *c, const char *name, const char *inside)
{
    if (inside) {
        *value = inside;
        return EW_OK;
    }
    if (c->at + 1 >= c->argc)
        return ew_fail(c->ctx, EW_USAGE, "--%s: the value is missing", name);
    *value = c->argv[++c->at];
    return EW_OK;
}

static ew_status set_format(cursor *c, const char *value)
{
    c->request->format = value;
    return ew_format_check(value, c->ctx);
}

static ew_status set_output(cursor *c, const char *value)
{
    c->request->output = value;
    return *value ? EW_OK : ew_fail(c->ctx, EW_USAGE, "--output: the file name is empty");
}

/* The program's own options; *known says whether `name` is one. */
static ew_status own_option(int *known, cursor *c, const char *name, const char *inside)
{
    const char *value = NULL;
    int flag = strcmp(name, "quiet") == 0 || strcmp(name, "help") == 0;
    *known = flag || strcmp(name, "format") == 0 || strcmp(name, "output") == 0;
    if (!*known)
        return EW_OK;
    if (flag && inside)
        return ew_fail(c->ctx, EW_USAGE, "--%s takes no value", name);
    if (flag) {
        *(strcmp(name, "quiet") ? &c->request->help : &c->request->quiet) = 1;
        return EW_OK;
    }
    ew_status status = take_value(&value, c, name, inside);
    if (status != EW_OK)
        return status;
    return strcmp(name, "format") ? set_output(c, value) : set_format(c, value);
}

static ew_status network_option(cursor *c, const char *name, const char *inside)
{
    const char *value = inside;
    int index = ew_option_index(name);
    if (index < 0)
        return ew_fail(c->ctx, EW_USAGE, "--%.40s: unknown option (see edgeworth help %s)",
                       name, c->command->name);
    if (!ew_command_takes(c->command, name))
        return ew_fail(c->ctx, EW_USAGE, "--%s: not an option of this command", name);
    ew_status status = EW_OK;
    if (ew_options()[index].value)
        status = take_value(&value, c, name, inside);
    return status == EW_OK ? ew_network_set(c->request->net, name, value, c->ctx) : status;
}

static ew_status long_option(cursor *c, const char *word)
{
    const char *equals = strchr(word, '=');
    char *name = equals ? strndup(word, (size_t) (equals - word)) : strdup(word);
    int known;
    if (!name)
        return ew_fail(c->ctx, EW_MEMORY, "out of memory");
    const char *inside = equals ? equals + 1 : NULL;
    ew_status status = own_option(&known, c, name, inside);
    if (status == EW_OK && !known)
        status = network_option(c, name, inside);
    free(name);
    return status;
}

static ew_status positional(cursor *c, const char *word)
{
    int many = !c->command->run && !c->command->run_on;
    if (!c->command->argument || (c->request->arguments && !many))
        return ew_fail(c->ctx, EW_USAGE, "'%.40s': unexpected argument", word);
    c->request->argument[c->request->arguments++] = word;
    return EW_OK;
}

static ew_status read_word(cursor *c, const char *word)
{
    const char *value = NULL;
    if (strncmp(word, "--", 2) == 0 && word[2])
        return long_option(c, word + 2);
    if (strcmp(word, "-h") == 0) {
        c->request->help = 1;
        return EW_OK;
    }
    if (strcmp(word, "-o") == 0) {
        ew_status status = take_value(&value, c, "output", NULL);
        return status == EW_OK ? set_output(c, value) : status;
    }
    if (word[0] == '-' && word[1])
        return ew_fail(c->ctx, EW_USAGE, "%.40s: unknown option (see edgeworth help %s)", word,
                       c->command->name);
    return positional(c, word);
}

ew_status ew_arguments_read(ew_request *request, const ew_command *command, int argc,
                            char *const *argv, ew_context *ctx)
{
    cursor c = {request, command, argc, 0, argv, ctx};
    ew_status status = EW_OK;
    for (; status == EW_OK && c.at < argc; c.at++)
        status = read_word(&c, argv[c.at]);
    if (status == EW_OK && command->argument && !request->arguments && !request->help)
        status = ew_fail(ctx, EW_USAGE, "%s: none given", command->argument);
    return status;
}

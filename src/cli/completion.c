#include "cli/completion.h"

#include <string.h>

#include "activation/activation.h"
#include "cli/command.h"
#include "library/option.h"

#define OWN "--format --output --quiet --help"

static int is_file(const ew_option *o)
{
    return o->value && strncmp(o->value, "FILE", 4) == 0;
}

/* "--a|--b) " of the options that take a value: files, or others. */
static void add_taking(ew_buffer *b, int files)
{
    const char *before = files ? "    --output | -o | " : "    ";
    for (const ew_option *o = ew_options(); o->name; o++)
        if (o->value && is_file(o) == files && strcmp(o->name, "activation")) {
            ew_buffer_addf(b, "%s--%s", before, o->name);
            before = " | ";
        }
    ew_buffer_add(b, ")");
}

static void add_values(ew_buffer *b)
{
    ew_buffer_add(b, "    case $before in\n"
                     "    --format)\n        words='text json csv latex c'\n        ;;\n"
                     "    --activation)\n        words='");
    for (const char *const *name = ew_builtin_names(); *name; name++)
        ew_buffer_addf(b, "%s%s", name == ew_builtin_names() ? "" : " ", *name);
    ew_buffer_add(b, "'\n        ;;\n");
    add_taking(b, 1);
    ew_buffer_add(b, "\n        mapfile -t COMPREPLY < <(compgen -f -- \"$now\")\n"
                     "        return\n        ;;\n");
    add_taking(b, 0);
    ew_buffer_add(b, "\n        return\n        ;;\n    esac\n");
}

static void add_command(ew_buffer *b, const ew_command *c)
{
    ew_buffer_addf(b, "    %s)\n        words='", c->name);
    for (const ew_option *o = ew_options(); o->name; o++)
        if (ew_command_takes(c, o->name))
            ew_buffer_addf(b, "--%s ", o->name);
    ew_buffer_add(b, OWN "'\n");
    if (c->argument)
        ew_buffer_add(b, "        [[ $now == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "
                         "\"$now\")\n");
    ew_buffer_add(b, "        ;;\n");
}

void ew_add_bash_completion(ew_buffer *b)
{
    ew_buffer_add(b,
                  "# Completion of edgeworth's commands and options, for bash; written by\n"
                  "# `edgeworth help bash`.\n"
                  "_edgeworth()\n{\n"
                  "    local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}"
                  " words=\n    COMPREPLY=()\n");
    add_values(b);
    ew_buffer_add(b, "    if [[ -z $words && $COMP_CWORD -eq 1 ]]; then\n        words='");
    for (const ew_command *c = ew_commands(); c->name; c++)
        ew_buffer_addf(b, "%s ", c->name);
    ew_buffer_add(b, "help --version --help'\n    fi\n"
                     "    [[ -n $words ]] || case ${COMP_WORDS[1]} in\n");
    for (const ew_command *c = ew_commands(); c->name; c++)
        add_command(b, c);
    ew_buffer_add(b, "    help)\n        words='activations bash");
    for (const ew_command *c = ew_commands(); c->name; c++)
        ew_buffer_addf(b, " %s", c->name);
    ew_buffer_add(b,
                  "'\n        ;;\n    esac\n"
                  "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$words\" -- "
                  "\"$now\")\n}\n"
                  "complete -o bashdefault -F _edgeworth edgeworth\n");
}

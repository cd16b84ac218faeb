#include "cli/completion.h"

#include <string.h>

#include "activation/activation.h"
#include "cli/command.h"
#include "library/option.h"

#define OWN "--format --output --quiet --help"

/* What shells write differently. */
typedef struct {
    const char *name;
    const char *head;     /* up to the cases of the word before: sets `before` */
    const char *open;     /* begins, and */
    const char *close;    /* ends, a list of words */
    const char *files;    /* offers files, and no more */
    const char *argument; /* offers files unless an option is begun */
    const char *first;    /* is this the command's place? */
    const char *then;     /* if no words yet: the cases of the command */
    const char *tail;
} shell;

static const shell bash = {
    .name = "bash",
    .head = "_edgeworth()\n{\n"
            "    local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}"
            " words=\n    COMPREPLY=()\n",
    .open = "        words='",
    .close = "'\n",
    .files = "        mapfile -t COMPREPLY < <(compgen -f -- \"$now\")\n        return\n",
    .argument =
        "        [[ $now == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$now\")\n",
    .first = "    if [[ -z $words && $COMP_CWORD -eq 1 ]]; then\n",
    .then = "    [[ -n $words ]] || case ${COMP_WORDS[1]} in\n",
    .tail = "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$words\" -- "
            "\"$now\")\n}\n"
            "complete -o bashdefault -F _edgeworth edgeworth\n",
};

/* The function that zsh loads by its file's name. */
static const shell zsh = {
    .name = "zsh",
    .head = "local now=${words[CURRENT]} before=${words[CURRENT-1]}\n"
            "local -a offered\n",
    .open = "        offered=(",
    .close = ")\n",
    .files = "        _files\n        return\n",
    .argument = "        [[ $now == -* ]] || _files\n",
    .first = "    if (( ! $#offered && CURRENT == 2 )); then\n",
    .then = "    (( $#offered )) || case ${words[2]} in\n",
    .tail = "    (( ! $#offered )) || compadd -- $offered\n",
};

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
    ew_buffer_add(b, ")\n");
}

static void add_values(ew_buffer *b, const shell *sh)
{
    ew_buffer_addf(b,
                   "    case $before in\n"
                   "    --format)\n%stext json csv latex c%s        ;;\n"
                   "    --activation)\n%s",
                   sh->open, sh->close, sh->open);
    for (const char *const *name = ew_builtin_names(); *name; name++)
        ew_buffer_addf(b, "%s%s", name == ew_builtin_names() ? "" : " ", *name);
    ew_buffer_addf(b, "%s        ;;\n", sh->close);
    add_taking(b, 1);
    ew_buffer_addf(b, "%s        ;;\n", sh->files);
    add_taking(b, 0);
    ew_buffer_add(b, "        return\n        ;;\n    esac\n");
}

static void add_command(ew_buffer *b, const shell *sh, const ew_command *c)
{
    ew_buffer_addf(b, "    %s)\n%s", c->name, sh->open);
    for (const ew_option *o = ew_options(); o->name; o++)
        if (ew_command_takes(c, o->name))
            ew_buffer_addf(b, "--%s ", o->name);
    ew_buffer_addf(b, OWN "%s%s        ;;\n", sh->close, c->argument ? sh->argument : "");
}

static void add_completion(ew_buffer *b, const shell *sh)
{
    ew_buffer_addf(b,
                   "# Completion of edgeworth's commands and options, for %s; written by\n"
                   "# `edgeworth help %s`.\n%s",
                   sh->name, sh->name, sh->head);
    add_values(b, sh);
    ew_buffer_addf(b, "%s%s", sh->first, sh->open);
    for (const ew_command *c = ew_commands(); c->name; c++)
        ew_buffer_addf(b, "%s ", c->name);
    ew_buffer_addf(b, "help --version --help%s    fi\n%s", sh->close, sh->then);
    for (const ew_command *c = ew_commands(); c->name; c++)
        add_command(b, sh, c);
    ew_buffer_addf(b, "    help)\n%sactivations bash zsh", sh->open);
    for (const ew_command *c = ew_commands(); c->name; c++)
        ew_buffer_addf(b, " %s", c->name);
    ew_buffer_addf(b, "%s        ;;\n    esac\n%s", sh->close, sh->tail);
}

void ew_add_bash_completion(ew_buffer *b)
{
    add_completion(b, &bash);
}

void ew_add_zsh_completion(ew_buffer *b)
{
    ew_buffer_add(b, "#compdef edgeworth\n");
    add_completion(b, &zsh);
}

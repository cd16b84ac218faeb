/* A network's options as the command line that asks for them. */
#include <stdlib.h>
#include <string.h>

#include "library/command.h"
#include "library/option.h"

/* A word as a POSIX shell reads it back. */
static char *shell_word(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,+-=";
    if (*text && strspn(text, plain) == strlen(text))
        return strdup(text);
    size_t size = 3;
    for (const char *p = text; *p; p++)
        size += *p == '\'' ? 4 : 1;
    char *word = malloc(size), *w = word;
    if (!word)
        return NULL;
    *w++ = '\'';
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            w = stpcpy(w, "'\\''");
        else
            *w++ = *p;
    }
    strcpy(w, "'");
    return word;
}

static int among(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return 1;
    return 0;
}

char *ew_command_line(const char *command, const ew_network *net, const char *const *without)
{
    char *line = ew_format(NULL, "edgeworth %s", command);
    for (int i = 0; line && i < ew_option_count(); i++) {
        if (!net->value[i] || among(without, ew_options()[i].name))
            continue;
        char *word = shell_word(net->value[i]);
        char *longer = word ? ew_format(NULL, *net->value[i] ? "%s --%s %s" : "%s --%s", line,
                                        ew_options()[i].name, word)
                            : NULL;
        free(word);
        free(line);
        line = longer;
    }
    return line;
}

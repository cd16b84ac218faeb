/* The commands of the program: one table. */
#ifndef EW_CLI_COMMAND_H
#define EW_CLI_COMMAND_H

#include "edgeworth.h"

/* What a command line asks for. */
typedef struct {
    ew_network *net;
    const char *format; /* NULL: the command's own */
    const char *output;   /* NULL: standard output */
    const char **argument; /* the positional arguments; room for as many words as there are */
    size_t arguments;
    int quiet;
    int help;
} ew_request;

typedef struct {
    const char *name;
    const char *summary;
    const char *argument; /* what the positional argument is called; NULL: none taken */
    const char *options;  /* names separated by blanks, without the program's own */
    /* one of the two; the second for a command with a positional argument.  None: merge, which
     * takes many. */
    ew_status (*run)(ew_result **res, const ew_network *net, ew_context *ctx);
    ew_status (*run_on)(ew_result **res, const char *argument, const ew_network *net,
                        ew_context *ctx);
} ew_command;

/* Do what is asked; the request is complete. */
ew_status ew_command_run(ew_result **res, const ew_command *command, const ew_request *request,
                         ew_context *ctx);

/* The table, ended by a NULL name; the command of a name, or NULL. */
const ew_command *ew_commands(void);
const ew_command *ew_command_find(const char *name);
int ew_command_takes(const ew_command *command, const char *option);

#endif

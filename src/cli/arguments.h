/* The command line of one command. */
#ifndef EW_CLI_ARGUMENTS_H
#define EW_CLI_ARGUMENTS_H

#include "cli/command.h"

/* Reads argv[0..argc), the words after the command's name, into *request, whose network the
 * caller made, with room for argc arguments.  `--x V` and `--x=V` mean the same, V may begin with a minus.  EW_USAGE: an
 * option unknown, not taken by the command, or without its value; a stray or missing argument.
 */
ew_status ew_arguments_read(ew_request *request, const ew_command *command, int argc,
                            char *const *argv, ew_context *ctx);

#endif

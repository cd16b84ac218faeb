#ifndef EW_CLI_HELP_H
#define EW_CLI_HELP_H

#include "cli/command.h"

/* Help as text, a fresh string or NULL (memory): the program, one command, or the activations.
 * *status is EW_USAGE, with the failure recorded, when the topic is unknown. */
char *ew_help(const char *topic, ew_status *status, ew_context *ctx);

#endif

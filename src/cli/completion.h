/* What a shell completes, from the tables of commands and options. */
#ifndef EW_CLI_COMPLETION_H
#define EW_CLI_COMPLETION_H

#include "emit/buffer.h"

/* A script for bash that completes commands, their options, activations, formats and files. */
void ew_add_bash_completion(ew_buffer *b);

#endif

/* What a shell completes, from the tables of commands and options. */
#ifndef EW_CLI_COMPLETION_H
#define EW_CLI_COMPLETION_H

#include "emit/buffer.h"

/* Scripts that complete commands, their options, activations, formats and files: for bash to read,
 * and a function _edgeworth for zsh to load. */
void ew_add_bash_completion(ew_buffer *b);
void ew_add_zsh_completion(ew_buffer *b);

#endif

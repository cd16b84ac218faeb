/* What the commands share: entering, and ending in a result. */
#ifndef EW_LIBRARY_COMMAND_H
#define EW_LIBRARY_COMMAND_H

#include "emit/result.h"
#include "library/setup.h"

/* Clears *res and the context's error; EW_USAGE for a missing network. */
ew_status ew_command_begin(ew_result **res, const ew_network *net, ew_context *ctx);

/* Puts the option `threads` into the context. */
void ew_command_threads(const ew_network *net, ew_context *ctx);

/* Does the option `sampler` ask for explicit weights? */
int ew_command_network(const ew_network *net);

/* An option that is a comma list of integers from 1 on, distinct, sorted; *x is the caller's to
 * free, NULL and *n = 0 when it was not given. */
ew_status ew_command_list(uint64_t **x, slong *n, const ew_network *net, const char *name,
                          ew_context *ctx);

/* Makes the result; takes both references, also on failure. A NULL one is a failure recorded
 * before. */
ew_status ew_command_end(ew_result **res, const char *command, json_t *network, json_t *result,
                         ew_context *ctx);

/* EW_UNABLE if --exact was asked and x has no exact form; `what` names it. */
ew_status ew_command_exact(const ew_setup *s, const ew_certified *x, const char *what,
                           ew_context *ctx);

/* The network as understood and the order of the expansion; NULL with the failure recorded. */
json_t *ew_command_expansion(const ew_setup *s, const ew_network *net, slong order,
                             ew_context *ctx);

/* "edgeworth COMMAND --activation tanh ...", as a POSIX shell reads it back, but for the options
 * `without` (ended by NULL, or NULL); fresh string or NULL. */
char *ew_command_line(const char *command, const ew_network *net, const char *const *without);

/* A node, or NULL with EW_MEMORY recorded and the node dropped, when bad. */
json_t *ew_command_node(json_t *node, int bad, ew_context *ctx);

#endif

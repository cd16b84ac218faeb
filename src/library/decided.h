/* Results with digits enough for the doubles of a C file. */
#ifndef EW_LIBRARY_DECIDED_H
#define EW_LIBRARY_DECIDED_H

#include "library/network.h"

typedef ew_status (*ew_run_fn)(ew_result **res, const ew_network *net, ew_context *ctx);

/* Run with the digits asked for (30 if none are), then with twice as many, and so on, until the
 * nearest double of every number is decided.  EW_UNABLE, naming the number, if 16 times as many
 * do not do. */
ew_status ew_run_decided(ew_result **res, ew_run_fn run, const ew_network *net,
                         ew_context *ctx);

/* A network with the same options, one of them changed. */
ew_status ew_network_with(ew_network **out, const ew_network *net, const char *name,
                          const char *value, ew_context *ctx);

#endif

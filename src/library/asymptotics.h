/* cumulants --asymptotics: the large-depth expansions. */
#ifndef EW_LIBRARY_ASYMPTOTICS_H
#define EW_LIBRARY_ASYMPTOTICS_H

#include "library/command.h"

/* The network is set up and uniform checks are the reading's. */
ew_status ew_asymptotics_run(ew_result **res, ew_setup *s, const ew_network *net,
                             ew_context *ctx);

#endif

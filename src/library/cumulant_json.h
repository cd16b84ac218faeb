/* A table of cumulants as the result of the command. */
#ifndef EW_LIBRARY_CUMULANT_JSON_H
#define EW_LIBRARY_CUMULANT_JSON_H

#include <jansson.h>

#include "readings/cumulant/solve/cumulant.h"

/* {"layers": [...], "method": ...}; NULL with the failure recorded.  preactivations: with the
 * joint cumulants that follow from those of Ghat by counting pairings. */
json_t *ew_cumulant_json(const ew_cumulant_table *t, int preactivations, ew_context *ctx);

/* The result of `cumulants` without them, as tables keep it: nothing is said twice. */
ew_status ew_cumulants_for_table(ew_result **res, const ew_network *net, ew_context *ctx);

#endif

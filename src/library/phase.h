/* The phase diagram of the critical command. */
#ifndef EW_LIBRARY_PHASE_H
#define EW_LIBRARY_PHASE_H

#include <jansson.h>

#include "library/setup.h"

/* Is a value of cb a range FROM:TO:STEP? */
int ew_phase_is_range(const char *text);
/* EW_USAGE unless it is one, of rationals, STEP > 0, with at most 1000 points. */
ew_status ew_phase_check(const char *name, const char *text, ew_context *ctx);

/* The edge of chaos over a range, as a result; drawn too, unless plot is NULL. */
ew_status ew_phase_range(json_t **body, const ew_setup *s, const char *range, const char *plot,
                         ew_context *ctx);

#endif

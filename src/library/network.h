/* The options as they were set: text, already found well-formed. */
#ifndef EW_LIBRARY_NETWORK_H
#define EW_LIBRARY_NETWORK_H

#include "arith/context.h"
#include "arith/flint.h"

/* Samples that files have: all that the samplings of one run would draw (library/keep.h). */
typedef struct ew_given ew_given;

struct ew_network {
    ew_given *given; /* by merge; or NULL */
    char **value; /* by index in ew_options(); NULL: not given; "" for a flag that is */
};

/* The text of an option, or NULL when it was not given. */
const char *ew_network_get(const ew_network *net, const char *name);
/* An integer option known to be well-formed, or its default. */
uint64_t ew_network_unsigned(const ew_network *net, const char *name, uint64_t otherwise);
/* An integer option known to be well-formed, or its default. */
slong ew_network_integer(const ew_network *net, const char *name, slong otherwise);
/* What ntk, dntk or ddntk ask for, as in ew_family: each needs the statistics before it. */
int ew_network_descent(const ew_network *net);

#endif

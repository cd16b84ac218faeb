/* The options of the program, which are the settings of an ew_network: one table. */
#ifndef EW_LIBRARY_OPTION_H
#define EW_LIBRARY_OPTION_H

#include "arith/context.h"

typedef ew_status (*ew_option_check)(const char *name, const char *value, ew_context *ctx);

typedef struct {
    const char *name;
    const char *value; /* what stands for the value in help; NULL: a flag */
    const char *help;
    ew_option_check check; /* refuses a malformed value at once */
} ew_option;

/* The table, ended by a NULL name, and the index of a name in it (-1: unknown). */
const ew_option *ew_options(void);
int ew_option_index(const char *name);
int ew_option_count(void);

#endif

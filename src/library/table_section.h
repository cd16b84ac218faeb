/* What a table holds beside the cumulants of its network: each section is the result of another
 * command on the same options. */
#ifndef EW_LIBRARY_TABLE_SECTION_H
#define EW_LIBRARY_TABLE_SECTION_H

#include <jansson.h>

#include "arith/context.h"

/* EW_USAGE unless `value` is "all" or a comma list of sections. */
ew_status ew_table_sections_check(const char *name, const char *value, ew_context *ctx);

/* The sections the network's options name, into the result of its cumulants; nothing without
 * the option `sections`.  Of "all", a section that the network does not have (EW_DOMAIN,
 * EW_UNABLE) becomes an entry of "exceptions" with the reason; one that was named fails. */
ew_status ew_table_sections(json_t *result, const ew_network *net, ew_context *ctx);

#endif

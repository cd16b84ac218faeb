/* A certified table: the result of `cumulants`, sealed (design.md, "Tables and headers"). */
#ifndef EW_LIBRARY_TABLE_H
#define EW_LIBRARY_TABLE_H

#include <jansson.h>

#include "edgeworth.h"

#define EW_TABLE_SCHEMA 1

/* What the checksum covers: schema, options, network and result of a table; NULL if a part is
 * missing.  A new reference. */
json_t *ew_table_body(const json_t *table);

#endif

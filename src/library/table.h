/* A certified table: the result of `cumulants`, sealed (design.md, "Tables and headers"). */
#ifndef EW_LIBRARY_TABLE_H
#define EW_LIBRARY_TABLE_H

#include <jansson.h>

#include "arith/flint.h"
#include "edgeworth.h"

#define EW_TABLE_SCHEMA 2

/* What a table holds, not sealed: the cumulants and the sections asked for.  *res is the
 * caller's to free, also on failure. */
ew_status ew_table_compute(ew_result **res, const ew_network *net, ew_context *ctx);

/* What the checksum covers: schema, options, network and result of a table; NULL if a part is
 * missing.  A new reference. */
json_t *ew_table_body(const json_t *table);

/* A table as a file has it: all parts are there, but none is believed. */
typedef struct {
    json_t *root;
    int fits;        /* the checksum does */
    ew_network *net; /* its options, with the method that verifies it */
} ew_table_source;

/* Takes the root, also on failure; *t is to be closed in any case.  EW_USAGE: not a table;
 * `path` is for messages. */
ew_status ew_table_open(ew_table_source *t, json_t *root, const char *path, ew_context *ctx);
void ew_table_close(ew_table_source *t);

/* Anything but how the table was obtained: panels never share a node with the trapezoid or a
 * step with a closed form, and acb_calc_integrate shares none with panels. */
const char *ew_table_other_method(const json_t *table);

typedef struct {
    slong numbers, differences;
    json_t *list; /* the first ones: {"path", "table", "recomputed"}; owned by the caller */
    int bad;      /* memory ran out */
} ew_table_differences;

/* The networks as echoed, and every number of the results, of two tables. */
ew_status ew_table_compare(ew_table_differences *c, const json_t *table, const json_t *again,
                           ew_context *ctx);

#endif

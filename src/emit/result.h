/* The result of a command: one immutable JSON tree, whatever format it is printed in. */
#ifndef EW_EMIT_RESULT_H
#define EW_EMIT_RESULT_H

#include <stdint.h>

#include <jansson.h>

#include "arith/certify.h"

struct ew_result {
    json_t *root;
};

/* {"edgeworth": version, "command", "network", "result"}; takes both references, also on
 * failure. NULL (EW_MEMORY recorded) if either is NULL or memory is exhausted. */
ew_result *ew_result_new(const char *command, json_t *network, json_t *result, ew_context *ctx);

/* Of a tree that is none of these; takes the reference, also on failure. */
ew_result *ew_result_of(json_t *root, ew_context *ctx);

/* The builders return a new reference, or NULL when memory is exhausted; json_object_set_new
 * and json_array_append_new refuse a NULL value, so that a builder's caller needs to check only
 * those. */

/* {"mid", "rad"[, "exact"][, "absolute"][, "method"]}; null for a value that is not there. */
json_t *ew_json_certified(const ew_certified *x);
/* A number; null if it is not finite. */
json_t *ew_json_real(double x);
/* A number, or its digits as text beyond 2^63 - 1, where jansson's integers end. */
json_t *ew_json_unsigned(uint64_t n);
/* {"mean", "se"}; a number that is not finite becomes null. */
json_t *ew_json_sampled(double mean, double se);
/* x[0..n) as an array; x[0..n*n), row-major, as an array of rows. */
json_t *ew_json_vector(const ew_certified *x, slong n);
json_t *ew_json_matrix(const ew_certified *x, slong n);

/* The node at a path such as "layers[4].V.mid" or kappa["1"][0] below `node`; NULL if none. */
json_t *ew_json_at(json_t *node, const char *path);

/* Is it a leaf for a reader: a scalar, a certified or a sampled number? */
int ew_json_is_leaf(const json_t *node);

/* The formats, each a fresh string or NULL (recorded). */
char *ew_emit_json(const ew_result *res, ew_context *ctx);
char *ew_emit_text(const ew_result *res, ew_context *ctx);
char *ew_emit_csv(const ew_result *res, ew_context *ctx);
char *ew_emit_latex(const ew_result *res, ew_context *ctx);
/* A C header; EW_UNABLE where digits do not decide the nearest double (emit/c_item.h). */
char *ew_emit_c(const ew_result *res, ew_context *ctx);

/* EW_USAGE unless `format` is one that ew_result_format knows. */
ew_status ew_format_check(const char *format, ew_context *ctx);

#endif

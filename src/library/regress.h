/* What the files of the regress command share. */
#ifndef EW_LIBRARY_REGRESS_H
#define EW_LIBRARY_REGRESS_H

#include <jansson.h>

#include "library/setup.h"
#include "products/regress.h"

typedef struct {
    ew_setup *setup;
    ew_regress_options opt; /* points into what follows */
    ew_csv *target;
    ew_scalar_list ridge;
    ew_scalar *time; /* [opt.times] */
    char *limit;
    double *at; /* [opt.times]: the times as numbers */
    ew_regress_table *table;
} ew_regress_request;

/* The options but those of the network, and the targets. */
ew_status ew_regress_read(ew_regress_request *r, const ew_network *net, ew_context *ctx);
/* The inputs are there: which of them are trained. */
ew_status ew_regress_split(ew_regress_request *r, const ew_network *net, ew_context *ctx);
void ew_regress_clear(ew_regress_request *r);

/* The certified result; NULL with the failure recorded. */
json_t *ew_regress_json(const ew_regress_request *r, ew_context *ctx);

/* The member `curve` of that as a CSV file, complete or untouched. */
ew_status ew_regress_save_curve(const char *path, json_t *result, ew_context *ctx);

#endif

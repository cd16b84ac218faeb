/* What the files of the regress command share. */
#ifndef EW_LIBRARY_REGRESS_H
#define EW_LIBRARY_REGRESS_H

#include <jansson.h>

#include "library/points_input.h"
#include "library/setup.h"
#include "products/regress.h"
#include "products/regress_check.h"
#include "products/regress_data.h"

typedef struct {
    ew_setup *setup;
    ew_regress_options opt; /* points into what follows */
    ew_csv *target;
    ew_scalar_list ridge, robust;
    ew_scalar *time; /* [opt.times] */
    char *limit;
    double *at;               /* [opt.times]: the times as numbers */
    int fast;                 /* in doubles */
    int vectors;              /* directions were named */
    ew_point_table x, test;   /* in doubles: the points */
    ew_directions along;      /* of robust training, likewise */
    ew_regress_table *table;  /* certified */
    ew_flow_data flow;        /* in doubles, or for the figure */
    ew_regress_numbers *real; /* in doubles */
    ew_regress_check *check;  /* of trained networks; or NULL */
} ew_regress_request;

/* The options but those of the network, the targets, and whether to certify. */
ew_status ew_regress_read(ew_regress_request *r, const ew_network *net, ew_context *ctx);
/* The inputs are there: which of them are trained. */
ew_status ew_regress_split(ew_regress_request *r, const ew_network *net, ew_context *ctx);
void ew_regress_clear(ew_regress_request *r);

/* r->flow, unless it is there. */
ew_status ew_regress_fill(ew_regress_request *r, const ew_network *net, ew_context *ctx);

/* The nearest double; coordinates of the points (0: there are no points), and one of them. */
double ew_regress_number(const fmpq *x);
slong ew_regress_columns(const ew_regress_request *r);
double ew_regress_coordinate(const ew_regress_request *r, int test, slong i, slong column);

/* The option check-widths: what it does not go with, at once; then r->check. */
ew_status ew_regress_check_able(const ew_regress_request *r, const ew_network *net,
                                ew_context *ctx);
ew_status ew_regress_check_networks(ew_regress_request *r, const ew_network *net,
                                    ew_context *ctx);
/* Its members of the result, and its figure. */
int ew_regress_put_check(json_t *o, const ew_regress_check *c);
ew_status ew_regress_check_plot(const char *path, const ew_regress_request *r, ew_context *ctx);

/* The result; NULL with the failure recorded. */
json_t *ew_regress_json(const ew_regress_request *r, ew_context *ctx);

/* The member `curve` of that as a CSV file, complete or untouched. */
ew_status ew_regress_save_curve(const char *path, json_t *result, ew_context *ctx);

/* Losses and predictions against time, and the predictions at the last time asked. */
ew_status ew_regress_plot(const char *path, ew_regress_request *r, const ew_network *net,
                          ew_context *ctx);

#endif

/* Regression by a network at infinite width in doubles, with proved bounds. */
#ifndef EW_PRODUCTS_REGRESS_DATA_H
#define EW_PRODUCTS_REGRESS_DATA_H

#include "products/flow_data.h"
#include "products/regress.h"
#include "readings/kernel/jacobian/directions.h"

/* The points of a data set: the trained ones, then the others (none: NULL), d coordinates each,
 * taken as exact. */
typedef struct {
    const double *x, *test;
    size_t train, others, d;
    int unit;                   /* rescaled to x.x/n_0 = 1 */
    const ew_directions *along; /* of the derivatives, with `robust` */
} ew_regress_points;

/* A flow, initialised by these (clear it also on failure), whose kernels come from certified
 * ones, every value of ew_regress_table among them, */
ew_status ew_regress_fill_certified(ew_flow_data *f, const ew_setting *net,
                                    const ew_regress_options *opt, ew_context *ctx);
/* or from kernels of data sets: of `net` count the activation, the depth and the parameters.
 * The weight of robust training is the nearest double. */
ew_status ew_regress_fill_points(ew_flow_data *f, const ew_setting *net,
                                 const ew_regress_options *opt, const ew_regress_points *points,
                                 ew_context *ctx);

typedef struct {
    double loss, expected, loss_bound, expected_bound, mean_bound, variance_bound;
} ew_regress_time;

/* As ew_regress_table; NAN where no variances were asked for. */
typedef struct {
    slong trained, values, outputs, times;
    double *mean, *variance;
    ew_regress_time *time;     /* [times]: bounds of every entry's error */
    double least, most, error; /* eigenvalues, and what they may be off by */
    int positive;              /* the matrix is proved positive definite */
    double h_error, k_error;   /* of the kernels' entries, weighted */
} ew_regress_numbers;

/* Eigenvectors once; then every time of `opt`, with variances from time `spread` on.
 * ctx->threads threads, which change no bit. */
ew_status ew_regress_numbers_solve(ew_regress_numbers **out, ew_flow_data *f,
                                   const ew_regress_options *opt, slong spread,
                                   ew_context *ctx);
void ew_regress_numbers_free(ew_regress_numbers *r);

#endif

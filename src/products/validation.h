/* A validation in the making: what its parts share. */
#ifndef EW_PRODUCTS_VALIDATION_H
#define EW_PRODUCTS_VALIDATION_H

#include "products/forecast.h"
#include "products/plan.h"
#include "products/slope.h"
#include "products/reach.h"
#include "readings/sample/sample.h"
#include "products/validate.h"

typedef struct {
    const ew_validate_options *opt;
    ew_setting net; /* as deep as the last layer checked */
    ew_forecast *forecast;
    ew_plan plan;
    ew_slope slope;
    double *scale; /* [layers * quantities]: natural sizes, or 0 */
    ew_validation *out;
    double df; /* of the standard errors */
    int known; /* the standard errors are, and weigh the points */
} ew_validating;

/* The plan's layers are set: check the options, predict, find the natural sizes. */
ew_status ew_validating_predict(ew_validating *x, ew_context *ctx);
/* The plan's widths are set: an empty result, every point NaN. */
ew_status ew_validating_open(ew_validating *x, ew_context *ctx);
/* The points are set: check them and judge.  Unless status is EW_OK everything is dropped. */
ew_status ew_validating_close(ew_validation **out, ew_validating *x, ew_status status,
                              ew_context *ctx);

/* Coefficients of quantity q at layer number l of the plan, and of the slope. */
ew_prediction ew_validating_predicted(const ew_validating *x, slong l, slong q);
ew_prediction ew_validating_slope(const ew_validating *x);

#endif

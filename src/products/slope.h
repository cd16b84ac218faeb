/* The L/n law (theory.md section 5): V/K^2 is linear in the layer, with the same slope at every
 * width.  The least-squares slope over the layers is one linear functional of the variances, K
 * being tested by itself. */
#ifndef EW_PRODUCTS_SLOPE_H
#define EW_PRODUCTS_SLOPE_H

#include "products/forecast.h"
#include "products/plan.h"

#define EW_SLOPE "V/K^2 slope"

typedef struct {
    slong of;       /* the quantity V, or -1: no slope */
    slong layers;   /* used */
    slong last;     /* the last layer used */
    double *weight; /* [layers of the plan]: the slope is sum weight * n Var; 0: not used */
    double *square; /* [layers of the plan]: K^2 */
    double scale;   /* its natural size: mean V/K^2 over the mean layer */
} ew_slope;

/* use[i]: is layer i of the plan measured at every width?  NULL: all are.  Fewer than two: no
 * slope. */
ew_status ew_slope_set(ew_slope *s, const ew_plan *p, const ew_forecast *f, const char *use,
                       ew_context *ctx);
void ew_slope_clear(ew_slope *s);

#endif

/* The text of duals in an emitted header; internal to its functions. */
#ifndef EW_PRODUCTS_HEADER_FUNCTION_PLAN_H
#define EW_PRODUCTS_HEADER_FUNCTION_PLAN_H

#include "expect/approximate/root.h"
#include "expect/approximate/surface.h"
#include "products/header/function_text.h"

typedef enum { EW_DUAL_NONE, EW_DUAL_ODD, EW_DUAL_EVEN } ew_dual_shape;

/* What is claimed of the functions, each in units 2^-53: of the value, or where that is
 * infinite (distances: at t > 1) of <s^2>_K; of dd, of <s'^2>_K; of next, of 1. */
typedef struct {
    double ss, dd, distance, next;
    double ss_scaled, dd_scaled, distance_scaled, next_scaled;
} ew_dual_claims;

typedef struct {
    const char *prefix;
    ew_dual_shape shape;
    double lo, hi;
    const ew_surface *surface; /* or */
    const ew_root *root;
    double cw, cb; /* rounded */
    ew_dual_claims claim;
} ew_dual_text;

/* The plan, and functions of it; fresh string. */
char *ew_dual_write(const ew_dual_text *x, ew_context *ctx);

#endif

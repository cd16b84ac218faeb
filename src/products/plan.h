/* What validate samples when the user leaves it open. */
#ifndef EW_PRODUCTS_PLAN_H
#define EW_PRODUCTS_PLAN_H

#include "products/reach.h"
#include "products/validate.h"

#define EW_LEAST_WIDTH 16 /* of those chosen */

typedef struct {
    slong widths, layers;
    uint64_t *width; /* ascending */
    slong *layer;    /* ascending */
    uint64_t samples;
} ew_plan;

/* The layers to check and the depth they need. */
ew_status ew_plan_layers(ew_plan *p, const ew_setting *net, const ew_validate_options *opt,
                         ew_context *ctx);
/* What the widths of the network are multiples of. */
uint64_t ew_plan_unit(const ew_setting *net);
/* Then widths and samples, from what the predictions need. */
ew_status ew_plan_widths(ew_plan *p, const ew_setting *net, const ew_reach *reach,
                         const ew_validate_options *opt, ew_context *ctx);
/* The layers and widths that occur in n >= 1 measurements. */
ew_status ew_plan_observed(ew_plan *p, const ew_measurement *m, slong n, ew_context *ctx);
void ew_plan_clear(ew_plan *p);

#endif

/* Certified isolation and refinement of the simple zeros of a function of K > 0. */
#ifndef EW_READINGS_ROOT_H
#define EW_READINGS_ROOT_H

#include "arith/context.h"
#include "arith/flint.h"

/* g and its derivative over the ball K > 0: both must contain every value taken on the ball. */
typedef ew_status (*ew_root_fn)(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                                ew_context *ctx);

/* Zeros found: interval[i] holds exactly one zero, which is simple; increasing order.  resolved
 * = 0 when a part of the range was left undecided: a (nearly) multiple zero, or g out of reach
 * there. */
typedef struct {
    slong n;
    arb_ptr interval;
    int resolved;
} ew_root_list;

void ew_root_list_clear(ew_root_list *list);

/* All zeros of g for K in [2^lo, 2^hi], by bisection in log K: a cell goes when g excludes 0 on
 * it, or when dg does and the signs at its ends agree; it is kept when the signs differ. */
ew_status ew_root_isolate(ew_root_list *out, ew_root_fn g, void *data, double lo, double hi,
                          ew_context *ctx);

/* Shrink x, an interval with exactly one simple zero, by interval Newton steps
 * x <- x cap (m - g(m)/g'(x)) to about `prec` bits.  EW_UNABLE if it stalls. */
ew_status ew_root_refine(arb_t x, ew_root_fn g, void *data, slong prec, ew_context *ctx);

#endif

/* Inside of a critical point: shared by evaluating and finding. */
#ifndef EW_READINGS_POINT_H
#define EW_READINGS_POINT_H

#include "readings/kernel/critical.h"
#include "readings/kernel/root.h"

#define EW_DECISION_PREC 256 /* bits at which signs of coordinates are decided */

struct ew_critical_point {
    ew_class kind;
    int stable;
    const ew_activation *s;       /* borrowed */
    ew_evaluator *E;              /* owned */
    const ew_scalar *cb;          /* EW_EDGE: the C_b asked for; borrowed */
    ew_expr *exact_cw, *exact_cb, *exact_a1, *exact_b1; /* or NULL */
    arb_t K;                      /* K* > 0: the narrowest interval known to hold it */
};

/* A point of the given kind, K not set; the exact forms of algebraic points are. */
ew_status ew_point_new(ew_critical_point **out, ew_class kind, const ew_activation *s,
                       const ew_scalar *cb, ew_context *ctx);

/* The function of K that vanishes at a half-stable point or an edge (an ew_root_fn; data is the
 * point). */
ew_status ew_point_gap(arb_t g, arb_t dg, const arb_t K, slong prec, void *data,
                       ew_context *ctx);

#endif

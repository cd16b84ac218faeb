/* Criticality (theory.md sections 4, 5, 9; PDLT chapter 5). */
#ifndef EW_READINGS_CRITICAL_H
#define EW_READINGS_CRITICAL_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

typedef enum { EW_SCALE_INVARIANT, EW_ZERO_FIXED_POINT, EW_HALF_STABLE, EW_NO_CLASS } ew_class;
const char *ew_class_name(ew_class c); /* "scale-invariant", "zero-fixed-point", ... */

/* One critical point, solvable again at any precision. */
typedef struct ew_critical_point ew_critical_point;
ew_class ew_critical_class(const ew_critical_point *p);
/* K*, C_W, C_b; zero-fixed-point also a1, b1.  For scale-invariant K* is arbitrary: k is set to 1.
 * a1, b1 are zero where the class has none.  Outputs may be NULL. */
ew_status ew_critical_balls(arb_t k, arb_t cw, arb_t cb, arb_t a1, arb_t b1,
                            ew_critical_point *p, slong prec, ew_context *ctx);
/* Exact forms (constant expressions) where known, else NULL; owned by the point. */
const ew_expr *ew_critical_exact_cw(const ew_critical_point *p);
const ew_expr *ew_critical_exact_cb(const ew_critical_point *p);

typedef struct {
    slong n;
    ew_critical_point **point; /* in the order of preference design.md fixes */
    int complete;              /* absence of further points is proved, not only searched for */
    double searched_lo, searched_hi; /* K-range searched for half-stable points */
} ew_critical_list;

/* All critical points of s.  EW_OK with n = 0 and complete = 1: class `none`, proved. */
ew_status ew_critical_find(ew_critical_list **out, const ew_activation *s, ew_context *ctx);
void ew_critical_list_free(ew_critical_list *list);

/* The edge of chaos for a given C_b: the C_W with chi_perp(K*) = 1 at the fixed point K* =
 * C_W <s^2> + C_b, by interval Newton on K <s'^2> - <s^2> - C_b <s'^2> = 0.  EW_UNABLE if there is
 * none in the range searched or it is not isolated. */
ew_status ew_critical_edge(ew_critical_point **out, const ew_activation *s, const ew_scalar *cb,
                           ew_context *ctx);
void ew_critical_point_free(ew_critical_point *p);

#endif

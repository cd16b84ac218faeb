/* Criticality (theory.md sections 4, 5, 9; PDLT chapter 5). */
#ifndef EW_READINGS_CRITICAL_H
#define EW_READINGS_CRITICAL_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

/* EW_EDGE is a point asked for with a given C_b: chi_perp = 1 only. */
typedef enum {
    EW_SCALE_INVARIANT,
    EW_ZERO_FIXED_POINT,
    EW_HALF_STABLE,
    EW_NO_CLASS,
    EW_EDGE
} ew_class;
const char *ew_class_name(ew_class c); /* "scale-invariant", "zero-fixed-point", ... */

/* One critical point, solvable again at any precision.  Not thread-safe. */
typedef struct ew_critical_point ew_critical_point;
ew_class ew_critical_class(const ew_critical_point *p);
/* Proved a universality class in PDLT's sense: false for a zero fixed point unless a_1 < 0. */
int ew_critical_stable(const ew_critical_point *p);
/* K*, C_W, C_b, and for a zero fixed point a_1, b_1 (zero for the other classes).  For
 * scale-invariant activations K* is arbitrary: k is set to 1.  Outputs may be NULL. */
ew_status ew_critical_balls(arb_t k, arb_t cw, arb_t cb, arb_t a1, arb_t b1,
                            ew_critical_point *p, slong prec, ew_context *ctx);
/* The exact value of a coordinate (a constant expression) where known, else NULL; owned by the
 * point. */
typedef enum { EW_AT_K, EW_AT_CW, EW_AT_CB, EW_AT_A1, EW_AT_B1 } ew_coordinate;
const ew_expr *ew_critical_exact(const ew_critical_point *p, ew_coordinate which);

typedef struct {
    slong n;
    ew_critical_point **point; /* in the order of preference design.md fixes */
    int complete;              /* there are no other points at any K */
    int resolved;              /* no part of the range searched was left undecided */
    double searched_lo,
        searched_hi; /* K-range searched for half-stable points: all of it certified */
} ew_critical_list;

/* All critical points of s: the scale-invariant or zero fixed point by algebra, half-stable
 * points (chi_par = chi_perp = 1 at K* > 0 with C_b >= 0) in the range searched.  n = 0 is
 * EW_OK: none. */
ew_status ew_critical_find(ew_critical_list **out, const ew_activation *s, ew_context *ctx);
void ew_critical_list_free(ew_critical_list *list);

/* The point a network gets by default: the scale-invariant or zero fixed point if there is a
 * stable one (then nothing is searched), else the half-stable point with the smallest K*; *out
 * NULL (EW_OK) where none was found in the range. */
ew_status ew_critical_preferred(ew_critical_point **out, const ew_activation *s,
                                ew_context *ctx);

/* The edge of chaos for a given C_b: the C_W with chi_perp(K*) = 1 at the fixed point K* =
 * C_W <s^2> + C_b, that is K <s'^2> - <s^2> - C_b <s'^2> = 0, by interval Newton.  C_b = 0
 * gives the zero fixed point or scale-invariant point where there is one.  EW_UNABLE if there
 * is none in the range searched, more than one, or it is not isolated. */
ew_status ew_critical_edge(ew_critical_point **out, const ew_activation *s, const ew_scalar *cb,
                           ew_context *ctx);
/* From now on the coordinates come by this method; auto at first.  The interval known to hold K*
 * stays. */
ew_status ew_critical_point_method(ew_critical_point *p, ew_method method, ew_context *ctx);
void ew_critical_point_free(ew_critical_point *p);

#endif

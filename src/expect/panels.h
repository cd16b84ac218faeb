/* Inside the panel method: the tree of panels and its bounds, apart from the sums over it. */
#ifndef EW_EXPECT_PANELS_H
#define EW_EXPECT_PANELS_H

#include "expect/nodes.h"

/* [k, k + 1] 2^e in the local coordinate t of a side.  The ellipse has its foci at the ends and
 * the sum of semi-axes rho = 4 times their half distance. */
typedef struct {
    slong k, e;
    slong len;   /* s^(i), i < len, are bounded; -1: not proved analytic on the ellipse */
    mag_ptr sup; /* of s^(i) on the ellipse */
    mag_t reach; /* of z on the ellipse */
    ew_nodes nodes;
} ew_panel;

/* One piece seen from a kink: z = base + scale t with t >= 0, or t in [0, 1] when finite.  A
 * smooth activation is split at 0. */
typedef struct {
    const ew_expr *f;
    const ew_expr *from, *to; /* base (NULL: 0); the other end (NULL: infinite) */
    int sign;                 /* of scale; scale = sign when unbounded */
    double inner;             /* growth[] holds for |z| >= inner */
    slong growths;            /* s^(i), i < growths, bounded at the far end */
    ew_majorant *growth;
    slong panels;
    ew_panel **panel;
} ew_side;

/* The sides of an activation; free each with ew_side_clear. */
ew_status ew_sides_new(ew_side **out, slong *n, const ew_activation *s, ew_context *ctx);
void ew_side_clear(ew_side *s);

/* Make growth[0..len) available on an unbounded side. */
ew_status ew_side_growth(ew_side *s, slong len, ew_context *ctx);

/* Growth of F at the far end; ew_side_growth(s, ew_monomial_len(f)) has succeeded. */
void ew_side_majorant(ew_majorant *m, const ew_monomial *f, const ew_side *s);

/* base and scale as balls. */
void ew_side_frame(arb_t base, arb_t scale, const ew_side *s, slong prec);

/* The panel [k, k+1] 2^e, cached, with its ellipse bounded for len derivatives.  boxes:
 * incremented by the evaluations this took. */
ew_status ew_side_panel(ew_panel **out, ew_side *s, slong k, slong e, slong len, slong *boxes,
                        ew_context *ctx);

/* Where the panel (axis 1) or its ellipse lies: |Re z| >= x, |Im z| <= y, and its half width.
 */
typedef struct {
    double x, y, segment; /* segment: |z| >= segment on the panel itself */
    mag_t half;
} ew_place;
void ew_panel_place(ew_place *where, const ew_side *s, const ew_panel *p);

#endif

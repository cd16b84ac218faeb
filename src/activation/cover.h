/* The bounded part of a strip covered by boxes on which an expression is provably analytic. */
#ifndef EW_ACTIVATION_COVER_H
#define EW_ACTIVATION_COVER_H

#include "activation/strip.h"

typedef struct {
    double x0, x1;
    double y0, y1; /* 0 <= y0; f is real on the real line, so the lower half follows */
} ew_box;

/* Raise m->c until |f| <= m->c (1 + |x|)^p e^{q|x|} on the box and its mirror image, with m's p
 * and q, having proved f analytic there; boxes receives their number (may be NULL). EW_UNABLE:
 * f is not analytic on the box, or this was not proved; *where is then a point near the
 * trouble.  EW_DOMAIN: y1 = 0 and f is not finite near the real point *where.  Neither is
 * recorded in ctx; EW_MEMORY and EW_CANCELLED are. */
ew_status ew_cover(ew_majorant *m, slong *boxes, double where[2], const ew_expr *f,
                   ew_box region, ew_context *ctx);

/* ew_strip_majorant on the whole real line; adds the number of boxes to *boxes (may be NULL).
 */
ew_status ew_line_majorant(ew_majorant *m, slong *boxes, const ew_expr *f, double d,
                           ew_context *ctx);

#endif

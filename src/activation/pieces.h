/* The kinks of an expression and the smooth expressions between them. */
#ifndef EW_ACTIVATION_PIECES_H
#define EW_ACTIVATION_PIECES_H

#include "activation/expr.h"

#define EW_MAX_PIECES 1000

/* f[i], kink-free, is the expression between kink[i-1] and kink[i]; kinks are constants in
 * increasing order; neighbouring f are not known to be equal. */
typedef struct {
    slong n; /* pieces; 0 when empty */
    ew_expr **kink;
    ew_expr **f;
} ew_pieces;

void ew_pieces_init(ew_pieces *p);
void ew_pieces_clear(ew_pieces *p);

/* The pieces of any expression in z; p initialised.  Values at single points do not matter.
 * EW_DOMAIN: a kink at a place that is not a constant; EW_UNABLE: two places that cannot be
 * told apart, more than EW_MAX_PIECES pieces. */
ew_status ew_pieces_of(ew_pieces *p, const ew_expr *e, ew_context *ctx);

#endif

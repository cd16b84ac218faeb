/* Where a smooth expression changes sign: what decides the places of the kinks of |u|, max(u,
 * v). */
#ifndef EW_ACTIVATION_SIGNS_H
#define EW_ACTIVATION_SIGNS_H

#include "activation/expr.h"
#include "activation/strip.h"

#define EW_SIGN_UNKNOWN 2

/* root[0] < ... < root[n-1], constant expressions; sign[i] (-1, 1, 0 where u is identically
 * zero, or unknown) holds between root[i-1] and root[i].  Neighbouring signs differ. */
typedef struct {
    slong n;
    ew_expr **root; /* owned */
    int *sign;      /* n + 1 of them */
} ew_signs;

void ew_signs_init(ew_signs *s);
void ew_signs_clear(ew_signs *s);

/* One sign on the whole line. */
ew_status ew_signs_set(ew_signs *s, int sign, ew_context *ctx);

/* Add a last root (owned, also on failure; NULL is a recorded failure) and the sign after it; s
 * has been set.  A root that changes nothing is dropped. */
ew_status ew_signs_append(ew_signs *s, ew_expr *root, int sign, ew_context *ctx);

/* Rules for combining two signs: of a product, and of a sum (unknown when they conflict). */
int ew_sign_product(int a, int b);
int ew_sign_sum(int a, int b);

/* s = the signs of a combination, on the common refinement; s may not alias. */
ew_status ew_signs_combine(ew_signs *s, const ew_signs *a, const ew_signs *b,
                           int (*rule)(int, int), ew_context *ctx);

/* Keep what lies inside the open interval. */
ew_status ew_signs_restrict(ew_signs *s, ew_interval range, ew_context *ctx);

int ew_signs_known(const ew_signs *s);

/* The signs of kink-free u on the open interval, all known.  EW_DOMAIN when a sign change is at
 * a place that has no constant expression or was not found; EW_UNABLE when two places cannot be
 * told apart.  `whole` is the kinked expression the message names. */
ew_status ew_signs_of(ew_signs *s, const ew_expr *u, ew_interval range, const ew_expr *whole,
                      ew_context *ctx);

#endif

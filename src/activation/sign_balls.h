/* Signs proved by evaluation in balls. */
#ifndef EW_ACTIVATION_SIGN_BALLS_H
#define EW_ACTIVATION_SIGN_BALLS_H

#include "activation/signs.h"

/* The one sign of kink-free u on the closed interval; EW_SIGN_UNKNOWN when it is not proved, as
 * on an unbounded interval (NULL ends). */
int ew_sign_by_balls(const ew_expr *u, const ew_expr *lo, const ew_expr *hi);

/* 1 if u is not zero at a point of the interval: being analytic, it then vanishes at isolated
 * points only. */
int ew_sign_nonzero_somewhere(const ew_expr *u, ew_interval range);

#endif

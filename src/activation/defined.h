/* Where a smooth expression has a value: what a kinked expression owes for an argument of which
 * only the sign is kept. */
#ifndef EW_ACTIVATION_DEFINED_H
#define EW_ACTIVATION_DEFINED_H

#include "activation/strip.h"

/* *missing = NULL if kink-free u is proved to be a finite real number at almost every point of
 * the interval, else the part of u (borrowed) for which that was not proved. */
ew_status ew_defined_on(const ew_expr **missing, const ew_expr *u, ew_interval range,
                        ew_context *ctx);

/* The same, with EW_DOMAIN for what is not proved; `whole` is the expression the message names
 * beside the part. */
ew_status ew_require_defined(const ew_expr *u, ew_interval range, const ew_expr *whole,
                             ew_context *ctx);

#endif

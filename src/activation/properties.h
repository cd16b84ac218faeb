/* What is proved about an activation from its pieces. */
#ifndef EW_ACTIVATION_PROPERTIES_H
#define EW_ACTIVATION_PROPERTIES_H

#include "activation/activation.h"

/* Sets continuous, parity, polynomial, piecewise_poly, rational and homogeneous of an
 * activation whose expression and pieces are there.  EW_UNABLE: two values at a kink cannot be
 * told apart. */
ew_status ew_activation_prove(ew_activation *a, ew_context *ctx);

#endif

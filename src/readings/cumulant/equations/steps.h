/* What a recursion is made of, step by step. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_STEPS_H
#define EW_READINGS_CUMULANT_EQUATIONS_STEPS_H

#include "readings/cumulant/equations/equations.h"
#include "readings/cumulant/equations/specialise.h"

/* The steps towards the coefficient of n^-order of one joint cumulant of h, appended to
 * out->step unless they are there: the functions f_p of its entries; their conditional joint
 * cumulants in every block of a partition, at a general covariance G; and those of their
 * derivatives in G, at infinite width, that the order needs. */
ew_status ew_steps_add(ew_equations *out, const ew_hierarchy *h, const ew_pairs *list,
                       slong order, const ew_equation_options *opt, ew_context *ctx);

#endif

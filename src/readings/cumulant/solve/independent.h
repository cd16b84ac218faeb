/* Joint cumulants that vanish because inputs have nothing in common. */
#ifndef EW_READINGS_CUMULANT_SOLVE_INDEPENDENT_H
#define EW_READINGS_CUMULANT_SOLVE_INDEPENDENT_H

#include "readings/cumulant/hierarchy/hierarchy.h"

/* Layer 1 has the covariance ghat[pairs] and does not fluctuate, so that inputs between whose
 * fields all covariances are exactly 0 are independent there, and features of the one are
 * independent of those of the other: apart[i] = 1 where the entries of unknown i fall into two
 * such sets, and its cumulant is exactly 0 in layer 2. */
void ew_cumulant_apart(char *apart, const ew_hierarchy *h, arb_srcptr ghat);

#endif

/* Inside ew_jacobian_data: expectations of s = a max(z, 0) + b min(z, 0). */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DATA_KINKS_H
#define EW_READINGS_KERNEL_JACOBIAN_DATA_KINKS_H

#include "readings/kernel/jacobian/data_step.h"

/* Point i of `a` with n points of `b` from j on at layer l, x and e [variable][EW_JET_BLOCK],
 * from signed distances (readings/kernel/data/maps.h) and what the correlations may be off by.
 * Where these are equal or opposite for certain, s'' s'' and s' s''' are put to 0: they are
 * infinite, but multiply derivatives of rho that vanish faster. */
void ew_jet_kinks_expect(double *x, double *e, const ew_jacobian_maps *m, const ew_data_rows *a,
                         size_t i, const ew_data_rows *b, size_t j, size_t n, slong l,
                         const double *q, const double *error);

#endif

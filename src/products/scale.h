/* The natural size of a joint cumulant, from samples. */
#ifndef EW_PRODUCTS_SCALE_H
#define EW_PRODUCTS_SCALE_H

#include "readings/sample/sample.h"

/* The size that n^(k-1) times the joint cumulant of the entries of[0..k) would have, did
 * nothing cancel: the product of the roots of the kernels of all fields in it, times v^(k-1),
 * where v is the geometric mean over the entries of n Var(entry)/(kernel kernel).  (For a
 * chi-squared or log-normal entry, all of whose cumulants are such powers, up to a factor of
 * k.)  Two entries: the geometric mean of their n variances.  `n` is the width of the samples
 * in t; 0 when t does not tell. */
double ew_natural_scale(const ew_sample_table *t, slong layer, double n, char *const *of,
                        slong k);

#endif

/* Power series in eps = 1/n, truncated, with coefficients in a law's ring. */
#ifndef EW_READINGS_CUMULANT_SERIES_H
#define EW_READINGS_CUMULANT_SERIES_H

#include "readings/cumulant/hierarchy.h"

typedef struct {
    fmpq_mpoly_struct c[EW_MAX_ORDER + 1];
} ew_series;

void ew_series_init(ew_series *x, const ew_hierarchy *h);
void ew_series_clear(ew_series *x, const ew_hierarchy *h);
void ew_series_zero(ew_series *x, const ew_hierarchy *h);
void ew_series_one(ew_series *x, const ew_hierarchy *h);
void ew_series_set(ew_series *x, const ew_series *y, const ew_hierarchy *h);
/* x *= y */
void ew_series_multiply(ew_series *x, const ew_series *y, const ew_hierarchy *h);
/* x += w y */
void ew_series_add_scaled(ew_series *x, const ew_series *y, const fmpz_t w,
                          const ew_hierarchy *h);
/* x += eps^shift f y, f free of eps */
void ew_series_add_product(ew_series *x, const fmpq_mpoly_t f, const ew_series *y, slong shift,
                           const ew_hierarchy *h);

#endif

/* Cumulants and moments of delta = Ghat - G0 as series in eps, whose coefficients are the
 * unknowns. */
#ifndef EW_READINGS_CUMULANT_DELTA_H
#define EW_READINGS_CUMULANT_DELTA_H

#include "readings/cumulant/series.h"

/* A remembered answer: the cumulant of groups[0..n) of deltas. */
typedef struct {
    slong groups;
    ew_pairs *group;
    ew_series value;
} ew_delta_entry;

typedef struct {
    slong n, room;
    ew_delta_entry **entry;
} ew_delta_memory;

/* Moments and joint cumulants already computed. */
typedef struct {
    const ew_hierarchy *h;
    ew_delta_memory moments, joint;
} ew_delta;

void ew_delta_init(ew_delta *d, const ew_hierarchy *h);
void ew_delta_clear(ew_delta *d);
/* *x = kappa(prod delta_group[0], ..., prod delta_group[groups-1]), owned by d; an empty group
 * is the constant 1. */
ew_status ew_delta_cumulant(const ew_series **x, ew_delta *d, const ew_pairs *group,
                            slong groups, ew_context *ctx);

#endif

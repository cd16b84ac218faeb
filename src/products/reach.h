/* How wide is wide enough, by the predictions. */
#ifndef EW_PRODUCTS_REACH_H
#define EW_PRODUCTS_REACH_H

#include "products/regime.h"

typedef struct {
    double fit;    /* from this width on a fit is in its regime */
    double narrow; /* from this width on a point can be compared with its partial sums */
} ew_reach;

/* Raise reach to what one series needs.  Where c_1 is not known nothing is. */
void ew_reach_series(ew_reach *reach, const ew_prediction *p);
/* The same for a cumulant of equal entries whose c_1 is not known, from its c_0. */
void ew_reach_leading(ew_reach *reach, const ew_forecast *f, slong layer, slong quantity);

#endif

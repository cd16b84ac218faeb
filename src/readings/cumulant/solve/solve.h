/* A recursion run through the layers of one network; internal to the cumulant reading. */
#ifndef EW_READINGS_CUMULANT_SOLVE_H
#define EW_READINGS_CUMULANT_SOLVE_H

#include "readings/cumulant/solve/run.h"
#include "readings/cumulant/solve/preactivation_forms.h"
#include "readings/cumulant/solve/table.h"

/* A layer's values are the outline's entries, the forms, the statistics, then the ratios. */
typedef struct {
    const ew_setting *net;
    const ew_cumulant_options *opt;
    ew_relations *related;
    ew_hierarchy *h;
    ew_cumulant_run *run;
    ew_outline *outline;
    ew_forms *forms;
    ew_preactivation_forms *statistics;
    ew_cumulant_table *table;
    slong ratios;
    ew_ratio ratio[EW_MAX_RATIOS];
    slong values;       /* a layer's */
    slong exact_layers; /* layers 1..exact_layers are filled exactly */
    fmpq *exact;        /* [unknowns]: the state at the last of them */
} ew_cumulant_solver;

/* The place of a layer's i-th value in the table; layer from 1. */
ew_certified *ew_cumulant_place(const ew_cumulant_solver *s, slong i, slong layer);

/* Fill the layers whose values are rationals short enough (opt->exact: any length up to a
 * limit), from layer 1 on, and set exact_layers. */
ew_status ew_cumulant_fill_exact(ew_cumulant_solver *s, ew_context *ctx);
/* Fill the rest by balls. */
ew_status ew_cumulant_fill_balls(ew_cumulant_solver *s, ew_context *ctx);

#endif

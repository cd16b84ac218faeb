/* The table of results: its shape follows the outline. */
#ifndef EW_READINGS_CUMULANT_SOLVE_TABLE_H
#define EW_READINGS_CUMULANT_SOLVE_TABLE_H

#include "readings/cumulant/solve/cumulant.h"
#include "readings/cumulant/solve/forms.h"
#include "readings/cumulant/solve/preactivation_forms.h"

#define EW_MAX_RATIOS 8

/* Quotients of coefficients whose growth with depth the theory is about. */
typedef struct {
    const char *name;
    slong over, under[2]; /* entries of the outline: over / (under[0] under[1]) */
} ew_ratio;

/* Those whose letters the outline has; returns their number. */
slong ew_cumulant_ratios(ew_ratio out[EW_MAX_RATIOS], const ew_outline *o);

/* Shape and names; all values cleared, except the coefficients below the leading one: exact 0.
 */
ew_status ew_cumulant_table_new(ew_cumulant_table **out, const ew_outline *o,
                                const ew_neuron_statistics *neurons, int widths, slong layers,
                                ew_context *ctx);
/* The place of entry i, of form i, and of a statistic's value, at layer l (from 0). */
ew_certified *ew_cumulant_at(const ew_cumulant_table *t, const ew_outline *o, slong i, slong l);
ew_certified *ew_cumulant_form_at(const ew_cumulant_table *t, const ew_forms *f, slong i,
                                  slong l);
ew_certified *ew_cumulant_statistic_at(const ew_cumulant_table *t, const ew_statistic_value *v,
                                       slong l);

#endif

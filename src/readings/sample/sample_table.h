/* From the sums of batches to the table of estimates. */
#ifndef EW_READINGS_SAMPLE_TABLE_H
#define EW_READINGS_SAMPLE_TABLE_H

#include "readings/sample/sample.h"
#include "readings/sample/statistic.h"
#include "readings/sample/tally.h"

/* An empty table of `batches` batches. */
ew_status ew_sample_table_new(ew_sample_table **out, const ew_fields *fields,
                              const ew_statistics *statistics, slong layers, slong batches,
                              ew_context *ctx);

/* What the estimates are made with. */
typedef struct {
    const double *first; /* [pairs]: Ghat of layer 1 */
    const ew_statistics *statistics;
    const ew_tally_plan *plan;
} ew_estimation;

/* The estimates of batch b; then those of all samples, whose errors need the batches'. */
void ew_sample_table_batch(ew_sample_table *t, slong b, const ew_estimation *e,
                           const ew_tally *sums);
void ew_sample_table_total(ew_sample_table *t, const ew_estimation *e, const ew_tally *sums);

#endif

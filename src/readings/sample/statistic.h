/* Which joint cumulants of Ghat are estimated: all those of so many entries that the tangents'
 * symmetries leave, in the order and with the names of the cumulant tables. */
#ifndef EW_READINGS_SAMPLE_STATISTIC_H
#define EW_READINGS_SAMPLE_STATISTIC_H

#include "chain/field.h"

/* One joint cumulant and its copies under permutations of the tangents, itself the first: they
 * have the same value, and averaging them costs no further samples. */
typedef struct {
    slong copies;
    ew_pairs *copy;
} ew_statistic;

typedef struct {
    slong n;
    ew_statistic *at;
    slong members; /* copies in all */
} ew_statistics;

/* Those of 1..entries entries, in which each tangent occurs zero times or twice.  EW_UNABLE:
 * too many. */
ew_status ew_statistics_new(ew_statistics **out, const ew_fields *fields, slong entries,
                            ew_context *ctx);
void ew_statistics_free(ew_statistics *s);

#endif

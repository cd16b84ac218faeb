/* Moments and joint cumulants of products of delta = Ghat - G0, as graded polynomials in the
 * unknowns.  Each is computed once. */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_DELTA_H
#define EW_READINGS_CUMULANT_HIERARCHY_DELTA_H

#include "readings/cumulant/hierarchy/graded.h"
#include "readings/cumulant/hierarchy/groups.h"

typedef struct {
    ew_keys keys;
    slong room;
    ew_graded **value; /* [key] */
} ew_delta_memory;

typedef struct {
    const ew_hierarchy *h;
    ew_delta_memory moments, joint;
    ew_keys lists; /* lists looked up among the unknowns, and */
    slong *first;  /* [list]: the first of theirs, or -1 */
    slong room;
} ew_delta;

void ew_delta_init(ew_delta *d, const ew_hierarchy *h);
void ew_delta_clear(ew_delta *d);
/* *id = the number of kappa(prod delta_group[0], ..., prod delta_group[groups-1]); an empty
 * group is the constant 1.  The groups get normalised. */
ew_status ew_delta_cumulant(slong *id, ew_delta *d, ew_pairs *group, slong groups,
                            ew_context *ctx);
/* The cumulant of that number. */
const ew_graded *ew_delta_at(const ew_delta *d, slong id);

/* c[j], j = 0..order, initialised in the law's ring: the coefficients of eps^j of E[prod
 * delta_list]. */
ew_status ew_delta_moment(fmpq_mpoly_struct *c, ew_delta *d, const ew_pairs *list,
                          ew_context *ctx);

#endif

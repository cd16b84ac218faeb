/* Groups of pairs up to permutations of the tangents: the arguments of joint cumulants of
 * products, the blocks of a partition. */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_GROUPS_H
#define EW_READINGS_CUMULANT_HIERARCHY_GROUPS_H

#include "chain/field.h"
#include "arith/keys.h"

#define EW_MAX_GROUPS (EW_MAX_PAIRS / 2)
#define EW_MAX_KEY (3 * EW_MAX_PAIRS)

/* Renumber the tangents so that groups which differ by a permutation of them mostly become
 * equal (never unequal statistics, sometimes not all equal ones: colour refinement without
 * backtracking). Groups are a multiset, and get sorted, unless `ordered`.  to[g] (may be NULL):
 * where tangent g went. */
void ew_groups_normalise(slong *to, ew_pairs *group, slong n, int ordered, const ew_fields *f);
/* Groups as a key; its length. */
slong ew_groups_key(int key[EW_MAX_KEY], const ew_pairs *group, slong n);
void ew_groups_of_key(ew_pairs *group, slong *n, const int *key, slong length);

#endif

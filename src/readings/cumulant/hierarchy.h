/* The layer recursion of all cumulants of Ghat to a given order in 1/n, derived from the
 * transition law (theory.md section 5): law of total cumulance, Taylor expansion about infinite
 * width, cumulants of products, truncation. */
#ifndef EW_READINGS_HIERARCHY_H
#define EW_READINGS_HIERARCHY_H

#include "chain/law.h"

#define EW_MAX_ORDER 6     /* 10^4 terms, a second */
#define EW_MAX_ORDER_NTK 4 /* 6 10^4 terms, a minute */

/* The coefficient of n^-order in a joint cumulant. */
typedef struct {
    ew_pairs list; /* canonical, no odd tangent */
    slong order;
    char *name; /* "K", "V", ..., else "k[a.a,a1.a1]_2" */
} ew_unknown;

/* Unknown i is variable law->extra + i of the law's ring.  Unknowns are sorted by list, then
 * order. */
typedef struct {
    slong order;
    ew_fields *fields;
    ew_law *law;
    slong unknowns;
    ew_unknown *unknown;
    fmpq_mpoly_struct *next; /* [unknowns]: the coefficient in the next layer */
} ew_hierarchy;

/* All joint cumulants of at most order + 1 entries in which every tangent occurs twice or not
 * at all.  EW_UNABLE beyond EW_MAX_ORDER. */
ew_status ew_hierarchy_new(ew_hierarchy **out, slong order, slong inputs,
                           const ew_generator *kind, slong generators, const ulong *set,
                           slong sets, ew_context *ctx);
/* One input; with ntk, the order + 1 tangents of the NTK's cumulants.  EW_UNABLE beyond the
 * limits. */
ew_status ew_hierarchy_network(ew_hierarchy **out, slong order, int ntk, ew_context *ctx);
void ew_hierarchy_free(ew_hierarchy *h);

/* The unknown of a list (any order of its entries and tangents) and order, or -1: it vanishes.
 */
slong ew_hierarchy_find(const ew_hierarchy *h, const ew_pairs *list, slong order);

#endif

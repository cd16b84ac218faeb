/* The unknowns of a recursion, and the contents that select them; internal to the cumulant
 * reading.
 */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_UNKNOWNS_H
#define EW_READINGS_CUMULANT_HIERARCHY_UNKNOWNS_H

#include "readings/cumulant/hierarchy/hierarchy.h"

/* The tangent parts of all fields of a list, ascending, empty ones left out: a.a12,a1.a2 has
 * content 1, 2, 12.  Directions do not count. */
typedef struct {
    slong n;
    ulong set[2 * EW_MAX_PAIRS];
} ew_content;

/* The contents with derivatives of second or higher order in the tangents that are kept. */
typedef struct {
    slong n, room;
    ew_content *x;
} ew_contents;

void ew_content_add(ew_content *c, ulong set);
/* 0: the content was there already. */
ew_status ew_contents_add(int *fresh, ew_contents *list, const ew_content *c, ew_context *ctx);

/* Fill h->unknown: all canonical lists of at most h->order + 1 pairs of h->fields in which
 * every tangent occurs twice or not at all; with `contents`, of those with second or higher
 * derivatives in the tangents only the ones whose content is there. */
ew_status ew_unknowns_list(ew_hierarchy *h, const ew_contents *contents, ew_context *ctx);

/* Derive the recursion of those unknowns.  Takes `fields` over, whatever happens. */
ew_status ew_hierarchy_build(ew_hierarchy **out, ew_ensemble ensemble, slong order,
                             ew_fields *fields, const ew_contents *contents, ew_context *ctx);

#endif

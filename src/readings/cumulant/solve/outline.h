/* What a table lists: joint cumulants over all inputs, each a multiple of an unknown of the
 * hierarchy of the inputs that are not related. */
#ifndef EW_READINGS_CUMULANT_SOLVE_OUTLINE_H
#define EW_READINGS_CUMULANT_SOLVE_OUTLINE_H

#include "readings/cumulant/hierarchy/hierarchy.h"
#include "readings/cumulant/solve/relations.h"

/* The coefficient of n^-order in the joint cumulant of `list`: factor times an unknown. */
typedef struct {
    ew_pairs list;
    slong order, term;
    slong unknown;
    fmpq first, later; /* the factor in layer 1, and beyond */
    char *name;        /* as ew_unknown's */
} ew_outline_entry;

/* Entries are sorted by list, then order; a term is a list. */
typedef struct {
    ew_fields *fields; /* those of the hierarchy, at all inputs */
    slong order, terms, entries, room;
    ew_outline_entry *entry;
} ew_outline;

/* h: the hierarchy at r's representatives; it must outlive the outline. */
ew_status ew_outline_new(ew_outline **out, const ew_hierarchy *h, const ew_relations *r,
                         ew_context *ctx);
void ew_outline_free(ew_outline *o);

/* The entry of a list and order, or -1: it vanishes. */
slong ew_outline_find(const ew_outline *o, const ew_pairs *list, slong order);

/* All entries at one layer from the hierarchy's unknowns there; scale as in a run. */
void ew_outline_balls(arb_ptr value, mag_ptr scale, const ew_outline *o, slong layer,
                      arb_srcptr state, mag_srcptr state_scale, slong prec);
void ew_outline_rationals(fmpq *value, const ew_outline *o, slong layer, const fmpq *state);

#endif

/* Which coefficients a name stands for. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_QUANTITY_H
#define EW_READINGS_CUMULANT_EQUATIONS_QUANTITY_H

#include "readings/cumulant/hierarchy/hierarchy.h"

/* A letter ("V": from the leading coefficient on; "V_2": of n^-2 only; "K", "Theta", "G1": that
 * one; "G": all of them), "K_ab", "G1_ab", "Theta_ab", "kappa3", "kappa3_3", or the generic "k[a.a,a.a]" and
 * "k[a.a,a.a]_2". With several inputs a letter stands for all coefficients that become it when
 * all inputs become one. */
typedef struct {
    char *of;          /* "a.a,a.a" */
    slong least, most; /* orders */
    int letter;        /* of is about one input, whatever the number of inputs */
    ew_family family;  /* the least fields it needs; order: the least that has it */
} ew_quantity;

/* EW_USAGE: no such name (the message lists them). */
ew_status ew_quantity_read(ew_quantity *q, const char *name, ew_context *ctx);
void ew_quantity_clear(ew_quantity *q);

/* selected[i] = 1 for the unknowns it stands for.  EW_USAGE when there is none: the cumulant
 * vanishes or begins at a higher order. */
ew_status ew_quantity_select(char *selected, const ew_quantity *q, const char *name,
                             const ew_hierarchy *h, ew_context *ctx);

#endif

/* Taylor expansions kappa[f_list](G0 + delta) about infinite width (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_TAYLOR_H
#define EW_READINGS_CUMULANT_HIERARCHY_TAYLOR_H

#include "readings/cumulant/hierarchy/groups.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

/* coefficient * prod delta_by */
typedef struct {
    ew_pairs by;
    slong coefficient; /* its number */
    slong grade;       /* of the conditional cumulant that it comes from */
    ulong parity;      /* tangents that occur an odd number of times in by */
} ew_taylor_term;

typedef struct {
    slong n, room;
    ew_taylor_term *term; /* ascending in by.n + 2 grade */
} ew_taylor;

/* Expansions, each computed once; those that differ by a permutation of the tangents share
 * their coefficients. */
typedef struct {
    const ew_hierarchy *h;
    slong *to; /* G -> G0, as a renaming of variables */
    ew_keys lists;
    slong expansions;
    ew_taylor **expansion; /* [list] */
    ew_keys keys;          /* of the coefficients: list, by and grade */
    slong room;
    fmpq_mpoly_struct *coefficient;
    slong *power; /* [coefficient]: of 1/n_l, |list| - 1 + grade */
    double bytes; /* held by the coefficients */
} ew_taylors;

ew_status ew_taylors_init(ew_taylors *t, const ew_hierarchy *h, ew_context *ctx);
void ew_taylors_clear(ew_taylors *t);

/* The expansion of the conditional cumulants of a list, of all grades, up to the degree that
 * the order of h needs: delta^j contributes from order ceil(j/2), and grade g itself from order
 * |list| - 1 + g. */
ew_status ew_taylors_of(const ew_taylor **out, ew_taylors *t, const ew_pairs *list,
                        ew_context *ctx);
slong ew_taylor_degree(const ew_hierarchy *h, slong entries);

#endif

/* How a polynomial is written: which variables have which symbols, and which terms stand
 * together. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_LAYOUT_H
#define EW_READINGS_CUMULANT_EQUATIONS_LAYOUT_H

#include "arith/context.h"
#include "arith/flint.h"

/* The variables of a ring as they are printed. */
typedef struct {
    const fmpq_mpoly_ctx_struct *ring;
    slong variables;
    char **text, **latex; /* [v]; owned */
    slong *place;         /* factors are written in the order place[0], place[1], ...; owned */
    char *lead;           /* [v]: terms are collected by their powers of these; owned */
    char *square;         /* [v]: is the square of its symbol; owned */
} ew_symbols;

/* Room for all of it, symbols NULL, place the identity. */
ew_status ew_symbols_init(ew_symbols *s, const fmpq_mpoly_ctx_t ring, slong variables,
                          ew_context *ctx);
void ew_symbols_clear(ew_symbols *s);

/* Groups of terms.  Group g is scale[g] * common[g] * sum of its terms, where a group of one
 * term has that term as its common part and coefficient 1. */
typedef struct {
    slong variables, terms, groups;
    slong *first;  /* [groups + 1]: terms of group g */
    fmpq *scale;   /* [groups] */
    ulong *common; /* [groups][variables] */
    fmpq *coef;    /* [terms]; positive ones first in every group */
    ulong *exp;    /* [terms][variables] */
} ew_layout;

/* Terms with the same powers of the leads make a group if they share a factor, else one group
 * each.  Groups without leads come first, then those linear in variable `own` alone (-1: none),
 * then the rest in the ring's order. */
ew_status ew_layout_new(ew_layout **out, const fmpq_mpoly_t f, const ew_symbols *s, slong own,
                        ew_context *ctx);
void ew_layout_free(ew_layout *x);

#endif

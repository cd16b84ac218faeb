/* Which products of entries of Ghat are summed over the samples: what the estimates need. */
#ifndef EW_READINGS_SAMPLE_MONOMIAL_H
#define EW_READINGS_SAMPLE_MONOMIAL_H

#include "readings/sample/statistic.h"

/* A tree: every product is that of its parent, an earlier one (-1: the empty product), and one
 * further pair, not less than the parent's. */
typedef struct {
    slong parent, pair;
    slong child, sibling; /* -1: none */
} ew_power_product;

typedef struct {
    slong n, room;
    slong root; /* the first child of the empty product, -1: none */
    ew_power_product *at;
} ew_monomials;

/* For lists (p, q) all p^i q^j with i, j <= 2, which determine the covariance and its error;
 * for longer ones the products of their sublists. */
ew_status ew_monomials_new(ew_monomials **out, const ew_statistics *s, ew_context *ctx);
void ew_monomials_free(ew_monomials *m);

/* The number of the product of the list's pairs (ascending, not empty), -1 if there is none. */
slong ew_monomials_find(const ew_monomials *m, const ew_pairs *list);

#endif

/* Gaussian expectations of jet polynomials by contraction; internal to the law. */
#ifndef EW_CHAIN_WICK_H
#define EW_CHAIN_WICK_H

#include "chain/law.h"

/* An ascending list of distinct atoms, each with the number of derivatives in covariances that
 * are still to be taken of it. */
typedef struct {
    slong n, room;
    ew_atom *x;
    slong *left;
} ew_atom_list;

/* Add x, or raise what it has left. */
ew_status ew_atom_list_add(ew_atom_list *list, const ew_atom *x, slong left, ew_context *ctx);

/* Multiply the derivatives of x by d_a d_b and bring it to normal form: D_ab value(old) =
 * factor * value(new).  D_aa = d_a^2 / 2.  0 when an input is absent from x and the derivative
 * vanishes. */
int ew_atom_raise(fmpq_t factor, ew_atom *x, slong a, slong b);

/* <prod_a d_a^m[a] f> over the fields z ~ N(0, G), f in law->jet.ring and m NULL for no
 * derivatives in preactivations, without the terms of degree beyond `most` (-1: none) in
 * covariances that vanish at infinite width.  With `found`: only record the atoms there (out is
 * not touched, the law's ring need not exist), with `derivatives` of them left, less one for
 * every vanishing covariance when most >= 0; else out in law->ring. */
ew_status ew_wick(fmpq_mpoly_t out, ew_atom_list *found, const ew_law *law,
                  const fmpq_mpoly_t f, const unsigned char *m, slong most, slong derivatives,
                  ew_context *ctx);

#endif

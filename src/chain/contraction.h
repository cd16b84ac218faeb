/* Contractions of the Gaussian rows of a residual block; internal to its law. */
#ifndef EW_CHAIN_CONTRACTION_H
#define EW_CHAIN_CONTRACTION_H

#include "arith/keys.h"
#include "chain/field.h"

/* Where polynomials in alpha^2, H and Qhat live. */
typedef struct {
    const fmpq_mpoly_ctx_struct *ring;
    slong variables;
    slong alpha2, h, q; /* h + p and q + p belong to pair p */
} ew_contraction_ring;

/* d^(k-1) times the joint cumulant of the k entries H'_AB given H and Qhat: a sum over
 * connected diagrams. Entries are vertices with two legs, joined by contractions <alpha R_A
 * alpha R_B> = alpha^2 Qhat_AB, in a cycle, or in a path whose two loose ends take the mean,
 * h_A.h_B/d = H_AB. */
void ew_connected_diagrams(fmpq_mpoly_t out, const ew_contraction_ring *r, const ew_pairs *list,
                           const ew_fields *fields);

/* The products of Qhat that such cumulants are made of, each once, with the derivatives wanted
 * of what it becomes. */
typedef struct {
    ew_keys keys;
    slong room;
    ew_pairs *list;
    slong *derivatives;
} ew_contractions;

/* Every perfect matching of the legs of a list; with `apart`, every pair of legs by itself.
 * Zero all before the first. */
ew_status ew_contractions_add(ew_contractions *all, const ew_pairs *list, slong derivatives,
                              int apart, const ew_fields *fields, ew_context *ctx);
void ew_contractions_clear(ew_contractions *all);

#endif

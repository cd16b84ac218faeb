/* Expectations of derivatives of products of f_p over one neuron's fields, each met once and
 * numbered; internal to the law. */
#ifndef EW_CHAIN_ROW_H
#define EW_CHAIN_ROW_H

#include "arith/keys.h"
#include "chain/wick.h"

#define EW_ROW_DERIVATIVES 64

/* <d_A1 d_A2 ... f_p1 f_p2 ...>: f holds the product after its derivatives in derived fields, m
 * those in preactivations. */
typedef struct {
    fmpq_mpoly_t f; /* in the law's jet ring */
    unsigned char m[EW_MAX_INPUTS];
    ulong parity; /* tangents that occur an odd number of times */
    slong left;   /* derivatives in G wanted of it, -1: it is not needed */
    int known;
    fmpq_mpoly_t value; /* in the law's ring */
} ew_row;

typedef struct {
    const ew_law *law;
    ew_keys keys; /* entries, their number, then fields of derivatives */
    slong room;
    ew_row *row;
} ew_rows;

void ew_rows_init(ew_rows *r, const ew_law *law);
void ew_rows_clear(ew_rows *r);
/* The row of a list without derivatives. */
ew_status ew_rows_of(slong *id, ew_rows *r, const ew_pairs *list, ew_context *ctx);
/* Row `from` with one more derivative; *id = -1 when that vanishes. */
ew_status ew_rows_derive(slong *id, ew_rows *r, slong from, slong field, ew_context *ctx);
/* Want `left` derivatives of the row's expectation, and add its atoms. */
ew_status ew_rows_want(ew_rows *r, slong id, slong left, ew_atom_list *found, ew_context *ctx);
/* Its expectation, computed once; the law's ring is open. */
ew_status ew_rows_value(const fmpq_mpoly_struct **value, ew_rows *r, slong id, ew_context *ctx);

#endif

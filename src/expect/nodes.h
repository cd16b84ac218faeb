/* A list of nodes with what does not depend on the variance: derivatives of the activation
 * there, and products of them.  Shared by all variances, atoms and calls; recomputed when more
 * bits, derivatives or nodes are asked for. */
#ifndef EW_EXPECT_NODES_H
#define EW_EXPECT_NODES_H

#include "expect/evaluator.h"

/* F(z) + sign F(-z) at every node (sign 0: F(z) alone). */
typedef struct {
    ew_monomial f;
    int sign;
    slong n, prec;
    arb_ptr v;
} ew_product;

/* Any node z stands for z and -z, zero twice. */
#define EW_MIRROR_PAIRS 2

typedef struct {
    const ew_expr *f; /* the activation's expression on these nodes */
    ew_parity parity; /* of f, when mirrored */
    int mirror;       /* nodes z >= 0 stand for z and -z too, zero once; or EW_MIRROR_PAIRS */
    slong n, len, prec;
    arb_ptr z;    /* n nodes */
    arb_ptr s[2]; /* s[0][k len + i] = f^(i)(z_k), i < len; s[1]: at -z_k when mirrored */
    slong products;
    ew_product *product;
} ew_nodes;

void ew_nodes_init(ew_nodes *N, const ew_expr *f, ew_parity parity, int mirror);
void ew_nodes_clear(ew_nodes *N);

/* Make at least n nodes, len derivatives and prec bits available.  fill(z, from, n, data, prec)
 * sets z[from..n).  Everything known is kept when it suffices.  EW_CANCELLED on request. */
typedef void (*ew_node_fn)(arb_ptr z, slong from, slong n, void *data, slong prec);
ew_status ew_nodes_require(ew_nodes *N, slong n, slong len, slong prec, ew_node_fn fill,
                           void *data, ew_context *ctx);

/* The values F(z) + sign F(-z) at the first n nodes, at prec bits or more, kept for other
 * calls; NULL (recorded) when memory is exhausted. */
arb_srcptr ew_nodes_product(ew_nodes *N, const ew_monomial *f, int sign, slong n, slong prec,
                            ew_context *ctx);

/* sums[i] += sum_k w_k He_{k_i}(x_k) F_i(z_k) over the first n nodes, x_k = z_k / sqrt K, for
 * the batch's terms; squares[m] += sum_k w_k F_m(z_k)^2 for its monomials (at low precision;
 * squares may be NULL). Mirrored nodes count z and -z (zero once). */
ew_status ew_nodes_sum(arb_ptr sums, arb_ptr squares, ew_nodes *N, slong n, arb_srcptr w,
                       const arb_t K, const ew_batch *b, slong prec, ew_context *ctx);

#endif

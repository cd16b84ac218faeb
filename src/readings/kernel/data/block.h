/* The unit vectors of a block of points at one layer: b = (cb/K')^(1/2) and (cw/K')^(1/2)
 * a_k(K), k >= 0, so that the next layer's correlation of two points is b b' + sum_k rho^k
 * a_k a_k'. */
#ifndef EW_READINGS_KERNEL_DATA_BLOCK_H
#define EW_READINGS_KERNEL_DATA_BLOCK_H

#include "readings/kernel/data/rows.h"
#include "readings/kernel/data/tile.h"

#define EW_STRIP 16 /* points whose coefficients lie next to each other */

/* `size` points, the others of the EW_DATA_TILE there is room for being zero. */
typedef struct {
    size_t size, room;
    slong terms;     /* of each class, k = 2 i + class < 2 terms; a multiple of 16 or 1 */
    double *coef[2]; /* [terms][EW_STRIP] for each strip, strip after strip */
    /* Kinked s: the numbers b of the coefficients beyond (expect/dual/tail.h), scaled. */
    double (*beyond[2])[EW_DATA_TILE]; /* [EW_TAIL_ORDERS] */
    double k[EW_DATA_TILE], bias[EW_DATA_TILE];
    double root[EW_DATA_TILE];   /* sqrt(K') */
    double growth[EW_DATA_TILE]; /* sqrt(K'/K) */

    /* Bounds for all points: of the vectors' errors in both norms, of their |.|_1^2 and sum of
     * k (k - 1) a_k^2 (kinked s: of what is in `coef`), of errors of ln K plus ln K', and of ln
     * K'. */
    double off, off1, slope, bend, log_error, root_error;
    double jump, curvature;                                     /* as of pieces, scaled */
    double rest, rest1, whole, whole1, each[2][EW_TAIL_ORDERS]; /* of those beyond; of |b| */
    slong tails;  /* tail[j] bounds the norm |.|_1 of what is at k >= 32 j */
    double *tail; /* [tails] */
    double *edge; /* [tails]: the largest of those tails at which a point's coefficients end */
} ew_data_block;

ew_status ew_data_block_init(ew_data_block *b, ew_context *ctx);
void ew_data_block_clear(ew_data_block *b);

/* Points first.. of `rows`, `size` of them, in the step to layer l + 1 >= 2: all but the
 * coefficients. */
void ew_data_block_open(ew_data_block *b, const ew_data_net *net, const ew_data_rows *rows,
                        size_t first, size_t size, slong l);
/* Then these, `terms` of each class. */
ew_status ew_data_block_fill(ew_data_block *b, const ew_data_net *net, const ew_data_step *s,
                             slong terms, ew_context *ctx);

/* The first layer: rho is the cosine, and a_1 is all there is. */
ew_status ew_data_block_first(ew_data_block *b, const ew_data_step *s, const ew_data_rows *rows,
                              const ew_points *p, size_t first, size_t size, ew_context *ctx);

#endif

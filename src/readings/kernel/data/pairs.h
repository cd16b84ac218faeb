/* One layer for the pairs of two blocks of points, each pair with its error. */
#ifndef EW_READINGS_KERNEL_DATA_PAIRS_H
#define EW_READINGS_KERNEL_DATA_PAIRS_H

#include "readings/kernel/data/block.h"

/* Pairs [row][column] of a tile, EW_DATA_TILE columns whatever their number.  q: the signed
 * distance from being equal or opposite (maps.h); error: bounds that of rho; exactly 0 with q =
 * 0 for points known to be equal or opposite.  theta may be NULL, and theta_error then is. */
typedef struct {
    double *q, *error, *theta, *theta_error;
} ew_data_pairs;

/* What a layer does to pairs of two blocks. */
typedef struct {
    const ew_data_step *step;
    int even, odd; /* what becomes of opposite points: bias counted */
    int has[2];    /* classes that are not all zero */
    /* Bounds for all pairs: of differences of the vectors, of the norm |.|_1 of both times
     * each other, and so on. */
    double off, off_slope, slope, bend, tail;
    /* What an error e of rho moves c' by: e (jump_a m^(-1/4) + curvature_a) (jump_b ...), where
     * m is the larger of e and half of the distance. */
    double jump[2], curvature[2];
    double growth_error, root_error; /* relative, of growths and of roots multiplied */
    const ew_dual *dual;             /* of homogeneous s; coefficients are those of its slope */
    const double *tails;             /* [j]: what is left out after 32 j coefficients */
    slong stop;                      /* of them */

    /* Kinked s: what lies beyond all coefficients. */
    const ew_dual_tail *beyond; /* NULL for other s, and in the first layer */
    double rest;                /* bounds what both vectors miss of it */
    double rest_products;       /* what that and rounding cost sums of products, */
    double rest_slope;          /* and sums of k times them */
} ew_data_layer_pair;

/* `first`: the first layer, whose q are distances of cosines and whose theta is set. */
void ew_data_pairs_step(ew_data_pairs *pairs, const ew_data_layer_pair *layer, int first,
                        const ew_data_block *rows, const ew_data_block *columns);

#endif

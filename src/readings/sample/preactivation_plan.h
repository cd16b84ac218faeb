/* What has to be added up of sampled neurons for the joint cumulants of preactivations.
 *
 * The rows of a layer may be multiplied by signs: an expectation of preactivations vanishes
 * unless every neuron occurs in it an even number of times.  A cumulant is a sum over
 * partitions into blocks of that kind; a block's expectation is estimated by the mean over
 * tuples of distinct neurons of one sample, a product of blocks by that over tuples of distinct
 * samples. */
#ifndef EW_READINGS_SAMPLE_PREACTIVATION_PLAN_H
#define EW_READINGS_SAMPLE_PREACTIVATION_PLAN_H

#include "arith/context.h"
#include "arith/flint.h"

#define EW_PREACTIVATION_ENTRIES 6
#define EW_PREACTIVATION_GROUPS (EW_PREACTIVATION_ENTRIES / 2)

/* Inputs at which one neuron's preactivations are multiplied, ascending: 2, 4 or 6. */
typedef struct {
    slong n, input[EW_PREACTIVATION_ENTRIES];
} ew_neuron_product;

/* Up to three numbers, ascending; all of them occur. */
typedef struct {
    slong n, of[EW_PREACTIVATION_GROUPS];
} ew_number_set;

/* coefficient times the product of the expectations of blocks. */
typedef struct {
    double coefficient;
    ew_number_set blocks;
} ew_preactivation_term;

/* kappa of the entries input[i] of neuron[i] = 1, 2, ... */
typedef struct {
    slong n, neuron[EW_PREACTIVATION_ENTRIES], input[EW_PREACTIVATION_ENTRIES];
    slong terms;
    ew_preactivation_term *term;
} ew_preactivation_statistic;

typedef struct {
    slong inputs, entries; /* up to 4 or 6 */
    slong pairs;           /* products of two inputs: the first ones */
    slong products, products_room;
    ew_neuron_product *product;
    slong blocks, blocks_room;
    ew_number_set *block; /* products, each at a neuron of its own */
    slong (*joined)[8];   /* [block][bits]: the product that unites those of its products */
    slong cells, cells_room;
    ew_number_set *cell; /* blocks whose means in one sample are multiplied */
    slong statistics, statistics_room;
    ew_preactivation_statistic *statistic;
} ew_preactivation_plan;

/* kappa_4, and kappa_6 if `entries` is 6, of one neuron and between neurons, up to the order of
 * arguments.  EW_UNABLE: kappa_6 of more than three inputs. */
ew_status ew_preactivation_plan_new(ew_preactivation_plan **out, slong inputs, slong entries,
                                    ew_context *ctx);
void ew_preactivation_plan_free(ew_preactivation_plan *p);

/* cell[c] of one sample of n neurons from the means over them of all products; block is
 * workspace.  NaN where there are fewer neurons than a block has. */
void ew_preactivation_cells(double *cell, double *block, const ew_preactivation_plan *p,
                            const double *mean, double n);
/* The unbiased estimate from the sums of the cells over so many samples. */
double ew_preactivation_estimate(const ew_preactivation_plan *p, slong statistic,
                                 const double *sum, double samples);

#endif

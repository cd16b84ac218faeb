/* Joint cumulants of the preactivations themselves (theory.md section 3): given Ghat the rows
 * are independent and Gaussian, so that kappa(z_i1, ..., z_i2k) is the sum of kappa_k(Ghat...)
 * over the pairings of its entries in which every pair is of one neuron. */
#ifndef EW_READINGS_CUMULANT_SOLVE_NEURONS_H
#define EW_READINGS_CUMULANT_SOLVE_NEURONS_H

#include "readings/cumulant/solve/outline.h"

#define EW_MAX_NEURON_ENTRIES 8 /* kappa_8 */

/* Entry i is the preactivation of neuron[i] (1, 2, ...) at input[i]. */
typedef struct {
    slong n;
    slong neuron[EW_MAX_NEURON_ENTRIES], input[EW_MAX_NEURON_ENTRIES];
} ew_neuron_statistic;

typedef struct {
    slong n, room;
    ew_neuron_statistic *x;
} ew_neuron_statistics;

/* kappa_4, kappa_6, kappa_8 as far as the outline's order goes (kappa_2k from order k - 1), of
 * one neuron and between neurons, every neuron an even number of times, up to renaming neurons.
 */
ew_status ew_neuron_statistics_list(ew_neuron_statistics *list, const ew_outline *o,
                                    ew_context *ctx);

/* The statistic as a sum of joint cumulants of Ghat: list[i] occurs count[i] times, i < *n; at
 * most EW_MAX_PAIRINGS of them. */
#define EW_MAX_PAIRINGS 105
void ew_neuron_pairings(slong *n, ew_pairs *list, slong *count, const ew_neuron_statistic *x,
                        const ew_fields *fields);

#endif

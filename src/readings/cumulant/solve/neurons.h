/* Which joint cumulants of the preactivations themselves a table lists (theory.md section 3).
 */
#ifndef EW_READINGS_CUMULANT_SOLVE_NEURONS_H
#define EW_READINGS_CUMULANT_SOLVE_NEURONS_H

#include "readings/cumulant/hierarchy/preactivation.h"

#define EW_MAX_NEURON_ENTRIES EW_PREACTIVATION_MOST /* kappa_8 */

/* Entry i is the preactivation of neuron[i] (1, 2, ...) at input[i]. */
typedef struct {
    slong n;
    slong neuron[EW_MAX_NEURON_ENTRIES], input[EW_MAX_NEURON_ENTRIES];
} ew_neuron_statistic;

typedef struct {
    slong n, room;
    ew_neuron_statistic *x;
} ew_neuron_statistics;

/* kappa_4, kappa_6, kappa_8 of so many inputs as far as the order goes (kappa_2k from order k -
 * 1), of one neuron and between neurons, every neuron an even number of times, up to renaming
 * neurons.
 */
ew_status ew_neuron_statistics_list(ew_neuron_statistics *list, slong inputs, slong order,
                                    ew_context *ctx);

/* Neurons are exchangeable: the statistic in the form in which it is listed. */
void ew_neuron_canonical(ew_neuron_statistic *x);

#endif

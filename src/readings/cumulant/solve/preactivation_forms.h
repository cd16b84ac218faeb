/* The joint cumulants of preactivations of one network, from the state of the hierarchy. */
#ifndef EW_READINGS_CUMULANT_SOLVE_PREACTIVATION_FORMS_H
#define EW_READINGS_CUMULANT_SOLVE_PREACTIVATION_FORMS_H

#include "chain/evaluate.h"
#include "readings/cumulant/solve/neurons.h"
#include "readings/cumulant/solve/relations.h"

typedef enum {
    EW_STATISTIC_COEFFICIENT, /* of n^-order */
    EW_STATISTIC_VALUE,       /* at the width: sum_j c_j n^-j */
    EW_STATISTIC_LAST         /* its last term, c_M n^-M */
} ew_statistic_kind;

typedef struct {
    ew_statistic_kind kind;
    slong statistic, order;
} ew_statistic_value;

/* Statistics that differ by a relation between inputs share a polynomial. */
typedef struct {
    const ew_hierarchy *h;
    ulong width; /* 0: none */
    ew_neuron_statistics list;
    slong *form;  /* [statistic]: number of its polynomials, form * (order + 1) + j for n^-j */
    fmpq *factor; /* [2 * statistic]: times this in layer 1, and [.. + 1] beyond */
    slong values; /* of a layer */
    ew_statistic_value *value;
    ew_poly_program *program;
} ew_preactivation_forms;

/* Of all inputs of `related`, h being the hierarchy at its representatives; both must outlive
 * the result.  None of residual networks, the coordinates of whose h are not alike. */
ew_status ew_preactivation_forms_new(ew_preactivation_forms **out, const ew_hierarchy *h,
                                     const ew_relations *related, ulong width, ew_context *ctx);
void ew_preactivation_forms_free(ew_preactivation_forms *s);

/* All values at one layer from the hierarchy's unknowns there; scale as in a run. */
ew_status ew_preactivation_forms_balls(arb_ptr value, mag_ptr scale,
                                       const ew_preactivation_forms *s, const ew_setting *net,
                                       slong layer, arb_srcptr state, mag_srcptr state_scale,
                                       slong prec, ew_context *ctx);
/* The same exactly: 1, or 0 when a parameter is not rational. */
int ew_preactivation_forms_rationals(fmpq *value, const ew_preactivation_forms *s,
                                     const ew_setting *net, slong layer, const fmpq *state);

#endif

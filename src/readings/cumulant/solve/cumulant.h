/* Reading 2: cumulants in 1/n, layer by layer (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_SOLVE_CUMULANT_H
#define EW_READINGS_CUMULANT_SOLVE_CUMULANT_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

typedef struct {
    slong order;      /* M >= 1 */
    int descent;      /* as in ew_family: 1 adds Theta, A, B, D, F, H1 */
    slong digits;     /* certified significant digits */
    int exact;        /* exact rationals or EW_UNABLE */
    ew_method method; /* EW_AUTO */
} ew_cumulant_options;

/* Values of layer first + l stand at l * terms + ..., etc.; `first` is 1, or 0 of a residual
 * network, whose layer 0 is the input.  value and last are there when the
 * network has widths: at n = width[0] the coefficients add up to `value`, of which `last` is
 * the term of the highest order. */
typedef struct {
    slong layers, terms, order, first;
    slong *of_n;     /* [t]: number of entries in the joint cumulant */
    char ***of;      /* [t][i]: "a.a", "a1.a1" */
    char **name;     /* [t * (order + 1) + j]: PDLT's letter of that coefficient, or NULL */
    ew_certified *c; /* [(l * terms + t) * (order + 1) + j]: coefficient of n^-j */
    ew_certified *value, *last; /* [l * terms + t], or NULL */
    slong ratios;
    const char **ratio_name; /* static: "V/K^2", "A/Theta^2", ...: leading coefficients */
    ew_certified *ratio;     /* [l * ratios + i]; mid NULL where the denominator is zero */
    slong statistics;        /* joint cumulants of the preactivations themselves */
    slong *statistic_n;      /* [s]: 4, 6 or 8 */
    slong **neuron,
        **input; /* [s][i]: entry i is that of neuron 1, 2, ... at input 0, 1, ... */
    ew_certified *statistic_c;                      /* like c, with statistics for terms */
    ew_certified *statistic_value, *statistic_last; /* like value, last */
    const char *method;
} ew_cumulant_table;

/* All inputs and directions of the network; related inputs (relations.h) are computed once.
 * The first layer is deterministic.  Of a residual network the entries are those of H = h.h/n.
 * Exact forms are added where they are rational and short. EW_UNABLE: accuracy, size, three
 * inputs of a non-polynomial activation, an infinite coefficient, or (opt->exact) no rational
 * values. */
ew_status ew_cumulant_solve(ew_cumulant_table **out, const ew_setting *net,
                            const ew_cumulant_options *opt, ew_context *ctx);
void ew_cumulant_free(ew_cumulant_table *t);

/* c of the coefficient with PDLT letter `name` at layer (from `first` on), or NULL. */
const ew_certified *ew_cumulant_named(const ew_cumulant_table *t, const char *name,
                                      slong layer);

#endif

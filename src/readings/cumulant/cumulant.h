/* Reading 2: cumulants in 1/n, layer by layer (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_H
#define EW_READINGS_CUMULANT_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

typedef struct {
    slong order;      /* M >= 1 */
    int ntk;          /* tangents too: Theta, A, B, D, F, H1 */
    slong digits;     /* certified significant digits */
    int exact;        /* exact rationals or EW_UNABLE */
    ew_method method; /* EW_AUTO */
} ew_cumulant_options;

typedef struct {
    slong layers, terms, order;
    slong *of_n;     /* [t]: number of entries in the joint cumulant */
    char ***of;      /* [t][i]: "a.a", "a1.a1" */
    char **name;     /* [t * (order + 1) + j]: PDLT's letter of that coefficient, or NULL */
    ew_certified *c; /* [(l * terms + t) * (order + 1) + j]: coefficient of n^-j, layer l + 1 */
    slong ratios;
    const char **ratio_name; /* static: "V/K^2", "A/Theta^2", ...: leading coefficients */
    ew_certified *ratio;     /* [l * ratios + i]; mid NULL where the denominator is zero */
    const char *method;
} ew_cumulant_table;

/* One input.  Layer 1 is deterministic.  Exact forms are added where they are rational and
 * short. EW_UNABLE: accuracy, or (opt->exact) no rational values. */
ew_status ew_cumulant_solve(ew_cumulant_table **out, const ew_setting *net,
                            const ew_cumulant_options *opt, ew_context *ctx);
void ew_cumulant_free(ew_cumulant_table *t);

/* c of the coefficient with PDLT letter `name` at layer (1-based), or NULL. */
const ew_certified *ew_cumulant_named(const ew_cumulant_table *t, const char *name,
                                      slong layer);

#endif

/* A recursion for one activation and given parameters: what is exactly known is substituted. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_SPECIALISE_H
#define EW_READINGS_CUMULANT_EQUATIONS_SPECIALISE_H

#include "readings/cumulant/equations/equations.h"
#include "readings/cumulant/equations/formula.h"

/* image[v] is what variable v becomes: itself where nothing better is known. */
typedef struct {
    const ew_formula_ring *ring;
    fmpq_mpoly_struct *image;
    slong replaced; /* how many are not themselves */
} ew_substitution;

/* Parameters that are rational, and the atoms marked in used[v] that are polynomials in the
 * covariances.  An infinite atom is EW_UNABLE, or with strict = 0 stays. */
ew_status ew_substitution_new(ew_substitution **out, const ew_formula_ring *r, const char *used,
                              int strict, const ew_equation_options *opt, ew_context *ctx);
void ew_substitution_free(ew_substitution *s);
/* May alias. */
ew_status ew_substitute(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_substitution *s,
                        ew_context *ctx);

#endif

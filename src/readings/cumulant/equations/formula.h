/* The ring in which recursions are printed: that of the law, and symbols for common
 * combinations of its atoms. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_FORMULA_H
#define EW_READINGS_CUMULANT_EQUATIONS_FORMULA_H

#include "readings/cumulant/hierarchy/hierarchy.h"
#include "readings/cumulant/equations/layout.h"

/* Views of atoms for one input: chi_par = C_W D<s^2>, chi_perp = C_W <s1^2>,
 * h = lambda_W D<s^2> + C_W Theta D<s1^2>. */
enum { EW_CHI_PAR, EW_CHI_PERP, EW_H, EW_VIEWS };

/* Variables: those of the law, in order; then the views. */
typedef struct {
    const ew_hierarchy *h;
    fmpq_mpoly_ctx_t ring;
    slong views; /* the first view */
    ew_symbols symbols;
} ew_formula_ring;

/* h must outlive it. */
ew_status ew_formula_ring_new(ew_formula_ring **out, const ew_hierarchy *h, ew_context *ctx);
void ew_formula_ring_free(ew_formula_ring *r);

/* f of the law's ring in this one. */
void ew_formula_embed(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_formula_ring *r);
/* The terms of f that have the same powers of the variables marked in lead as its first are
 * moved to part; exp: room for two exponent vectors. */
void ew_formula_split(fmpq_mpoly_t part, fmpq_mpoly_t f, ulong *exp, const char *lead,
                      const ew_formula_ring *r);
/* The views written out again. */
ew_status ew_formula_expand(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_formula_ring *r,
                            ew_context *ctx);
/* Write f, free of views, with chi_par and chi_perp where C_W allows, and with h where that
 * makes the terms with the same cumulants fewer; algebraically equal to f. */
ew_status ew_formula_abbreviate(fmpq_mpoly_t out, const fmpq_mpoly_t f,
                                const ew_formula_ring *r, ew_context *ctx);

#endif

/* Derived polynomials made into flat programs: one form for balls, rationals and doubles. */
#ifndef EW_CHAIN_EVALUATE_H
#define EW_CHAIN_EVALUATE_H

#include "chain/law.h"
#include "chain/terms.h"

/* n polynomials over one list of variables; immutable.  A term is a product of variables times
 * a whole number; consecutive terms of a polynomial share their first factors, whose product is
 * computed once. */
typedef struct {
    slong n, variables, terms;
    slong *first;  /* [n + 1]: terms of polynomial i */
    slong *start;  /* [terms + 1]: factors of term t */
    slong *factor; /* variables, one entry a power, ascending */
    slong *shared; /* [terms]: leading factors that are those of the term before */
    slong longest; /* factors of a term */
    fmpz *coef;    /* [terms] */
    fmpz *den;     /* [n]: what polynomial i is divided by at last */
    char *used;    /* [variables] */
} ew_poly_program;

ew_status ew_poly_program_new(ew_poly_program **out, const fmpq_mpoly_struct *const *f, slong n,
                              const ew_law *law, ew_context *ctx);
/* The same of terms in that many variables, taken in their order. */
ew_status ew_poly_program_of_terms(ew_poly_program **out, const ew_terms *f, slong n,
                                   slong variables, ew_context *ctx);
void ew_poly_program_free(ew_poly_program *p);

/* needed[v] = 1 for the variables in terms with no factor v of zero[v] != 0. */
void ew_poly_program_needed(char *needed, const ew_poly_program *p, const char *zero);

/* y[i] = f_i(x), x indexed by the law's variables; y must not overlap x.  scale (may be NULL):
 * as below, for size[v] = |x[v]|. */
void ew_poly_program_ball(arb_ptr y, mag_ptr scale, const ew_poly_program *p, arb_srcptr x,
                          slong prec);
/* scale[i] bounds the sum of the absolute values of the terms of f_i where |x[v]| <= size[v].
 */
void ew_poly_program_scale(mag_ptr scale, const ew_poly_program *p, mag_srcptr size);
void ew_poly_program_rational(fmpq *y, const ew_poly_program *p, const fmpq *x);
void ew_poly_program_double(double *y, const ew_poly_program *p, const double *x);

/* The atoms of a law that a program uses, reduced to expectations that can be computed
 * (chain/atom_plan.h). */
typedef struct ew_atom_plan ew_atom_plan;

/* The plan holds no more of the law than the numbers of its variables; s must outlive it. */
ew_status ew_atom_plan_new(ew_atom_plan **out, const ew_law *law, const char *used,
                           const ew_activation *s, ew_context *ctx);
void ew_atom_plan_free(ew_atom_plan *plan);
/* Set x[v] for every atom variable v of the plan at the covariance gram (inputs * inputs,
 * row-major), and size[v] (size may be NULL) to what |x[v]| is made of: an upper bound that
 * does not shrink when x[v] is close to 0.  needed (may be NULL: all): [variables], the others
 * become 0. EW_UNABLE: an infinite atom, one over three inputs of a kinked s, a kinked
 * s at a singular covariance. */
ew_status ew_atom_plan_some(arb_ptr x, mag_ptr size, const ew_atom_plan *plan,
                            const char *needed, ew_evaluator *E, arb_srcptr gram, slong prec,
                            ew_context *ctx);
ew_status ew_atom_plan_ball(arb_ptr x, mag_ptr size, const ew_atom_plan *plan, ew_evaluator *E,
                            arb_srcptr gram, slong prec, ew_context *ctx);
/* The same exactly: 1, or 0 when some value is not rational. */
int ew_atom_plan_some_rational(fmpq *x, const ew_atom_plan *plan, const char *needed,
                               const fmpq *gram);
int ew_atom_plan_rational(fmpq *x, const ew_atom_plan *plan, const fmpq *gram);

#endif

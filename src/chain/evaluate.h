/* Derived polynomials made into flat programs: one form for balls, rationals and doubles. */
#ifndef EW_CHAIN_EVALUATE_H
#define EW_CHAIN_EVALUATE_H

#include "chain/law.h"

/* n polynomials over one list of variables; immutable. */
typedef struct {
    slong n, variables, terms;
    slong *first;  /* [n + 1]: terms of polynomial i */
    slong *start;  /* [terms + 1]: factors of term t */
    slong *factor; /* variables, one entry a power */
    fmpz *num, *den;
    char *used; /* [variables] */
} ew_poly_program;

ew_status ew_poly_program_new(ew_poly_program **out, const fmpq_mpoly_struct *const *f, slong n,
                              const ew_law *law, ew_context *ctx);
void ew_poly_program_free(ew_poly_program *p);

/* y[i] = f_i(x), x indexed by the law's variables; y must not overlap x.  scale (may be NULL):
 * as below, for size[v] = |x[v]|. */
void ew_poly_program_ball(arb_ptr y, mag_ptr scale, const ew_poly_program *p, arb_srcptr x,
                          slong prec);
/* scale[i] bounds the sum of the absolute values of the terms of f_i where |x[v]| <= size[v].
 */
void ew_poly_program_scale(mag_ptr scale, const ew_poly_program *p, mag_srcptr size);
void ew_poly_program_rational(fmpq *y, const ew_poly_program *p, const fmpq *x);
void ew_poly_program_double(double *y, const ew_poly_program *p, const double *x);

/* The atoms of a one-input law that a program uses, as requests to the evaluator of
 * expectations. */
typedef struct {
    const ew_activation *s;
    slong requests;
    ew_atom1 *request;
    slong rows, room;
    struct ew_atom_row *row;
} ew_atom_plan;

/* For kinked s the one derivative left in atoms of odd order goes to the Gaussian (score form)
 * instead of to s.  Atoms of a polynomial or homogeneous s that vanish by degree are exactly 0.
 */
ew_status ew_atom_plan_new(ew_atom_plan **out, const ew_law *law, const char *used,
                           const ew_activation *s, ew_context *ctx);
void ew_atom_plan_free(ew_atom_plan *plan);
/* Set x[v] for every atom variable v of the plan, at variance K, and size[v] (size may be NULL)
 * to what |x[v]| is made of: an upper bound that does not shrink when x[v] is close to 0. */
ew_status ew_atom_plan_ball(arb_ptr x, mag_ptr size, const ew_atom_plan *plan, ew_evaluator *E,
                            const arb_t K, slong prec, ew_context *ctx);
/* The same exactly: 1, or 0 when some value is not rational. */
int ew_atom_plan_rational(fmpq *x, const ew_atom_plan *plan, const ew_activation *s,
                          const fmpq_t K);

#endif

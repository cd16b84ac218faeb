/* A recursion run in rationals, with an evaluator of atoms of its own: polynomials and ReLU. */
#ifndef EW_TESTS_READINGS_EXACT_H
#define EW_TESTS_READINGS_EXACT_H

#include "chain/evaluate.h"
#include "readings/cumulant/hierarchy.h"

typedef struct {
    int relu; /* s = max(z, 0), else the polynomial s */
    fmpq_poly_t s;
} exact_activation;

typedef struct {
    ew_hierarchy *h;
    ew_poly_program *program;
    fmpq *x, *y; /* the law's variables, and the next state */
} exact_chain;

/* order, ntk as in ew_cumulant_equations; the state starts at K, Theta and zeros, r = 1. */
void exact_open(exact_chain *c, slong order, int ntk, const char *cw, const char *cb,
                const char *lambda_w, const char *lambda_b, const char *K, const char *theta);
void exact_step(exact_chain *c, const exact_activation *s);
const fmpq *exact_of(const exact_chain *c, const char *of, slong order); /* "a.a,a1.a1" */
void exact_close(exact_chain *c);

#endif

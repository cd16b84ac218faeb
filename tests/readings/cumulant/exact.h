/* A recursion run in rationals, with an evaluator of atoms of its own: polynomials and ReLU. */
#ifndef EW_TESTS_READINGS_EXACT_H
#define EW_TESTS_READINGS_EXACT_H

#include "chain/evaluate.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

typedef struct {
    int relu; /* s = max(z, 0), else the polynomial s */
    fmpq_poly_t s;
} exact_activation;

typedef struct {
    ew_hierarchy *h;
    ew_poly_program *program;
    fmpq *x, *y; /* the law's variables, and the next state */
} exact_chain;

/* All covariances start at zero, r = 1. */
void exact_open_family(exact_chain *c, const ew_family *family, const char *cw, const char *cb,
                       const char *lambda_w, const char *lambda_b);
/* One input; the state starts at K, Theta and zeros. */
void exact_open(exact_chain *c, slong order, int ntk, const char *cw, const char *cb,
                const char *lambda_w, const char *lambda_b, const char *K, const char *theta);
/* The infinite-width value of an entry: "a.b". */
void exact_set(exact_chain *c, const char *of, const char *value);
/* One layer on.  ReLU: one input; polynomials: one or two. */
void exact_step(exact_chain *c, const exact_activation *s);
const fmpq *exact_of(const exact_chain *c, const char *of, slong order); /* "a.a,a1.a1" */
void exact_close(exact_chain *c);

#endif

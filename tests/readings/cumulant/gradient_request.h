/* Gradients of a network described in text, for tests. */
#ifndef EW_TESTS_GRADIENT_REQUEST_H
#define EW_TESTS_GRADIENT_REQUEST_H

#include "readings/cumulant/gradient/gradient.h"

/* A network described in text; lists are separated by commas. */
typedef struct {
    ew_ensemble ensemble;
    const char *activation, *cw, *cb, *gram;
    slong depth, order, widths;
    ulong *width;
    ulong at_width;
    int exact;
    ew_limit_class limit;
    const char *cosine;
} gradient_request;

ew_status gradient_solve_in(ew_gradient_table **t, const gradient_request *r, ew_context *ctx);
/* The same; the test fails unless the status is EW_OK. */
ew_gradient_table *gradient_solve(gradient_request r);

double gradient_value(const ew_certified *c);
/* Coefficient j of a series; layers from 1. */
double gradient_coefficient(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                            ew_gradient_series which, slong j);

#endif

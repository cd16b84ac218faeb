/* One pass of the gradient recursions through a network, in balls or rationals; internal. */
#ifndef EW_READINGS_CUMULANT_GRADIENT_RUN_H
#define EW_READINGS_CUMULANT_GRADIENT_RUN_H

#include "readings/cumulant/gradient/gradient.h"
#include "readings/cumulant/gradient/number.h"

/* A law compiled for one activation. */
typedef struct {
    const ew_setting *net;
    const ew_gradient_options *opt;
    ew_gradient_law *g;
    ew_poly_program *program;
    ew_poly_program *argument; /* the variance at which the atoms stand; NULL: K */
    ew_atom_plan *plan;
    ew_evaluator *E;
    int frames; /* the law is that of Gaussian weights, the network's weights are orthogonal */
} ew_gradient_solver;

/* Moments of one kind of gradient, as series: E g^2 = scale second, E g^4 = c scale^2 fourth,
 * E (mean g^2)^2 = scale^2 pair. */
typedef struct {
    slong c;
    int spread; /* pair is known */
    ew_numbers scale, second, fourth, pair;
} ew_gradient_moments;

typedef enum { EW_PASS_VALUE, EW_PASS_SIZE } ew_pass_kind;

typedef struct {
    const ew_gradient_solver *s;
    slong prec;        /* 0: rationals */
    ew_pass_kind kind; /* sizes: sums of absolute terms in the place of values */
    int folded;        /* eps = 1/width in place: series of one term */
    slong terms;
    ew_numbers *value;        /* [layer], 1..depth-1: the law's polynomials */
    ew_numbers parameter;     /* [3 layer]: C_W of layer, [3 layer + 1]: its K - C_b; [1]
                                 (K - C_b)/C_W of the input, [2] cos^2 */
    ew_gradient_moments *row; /* [of * depth + l] */
} ew_gradient_pass;

/* The kinds of gradients that are known of a network. */
slong ew_gradient_kinds(const ew_setting *net);

/* Fill row.  *known = 0 (rationals only): some value is not rational or too long. */
ew_status ew_gradient_pass_run(ew_gradient_pass *p, int *known, ew_context *ctx);
void ew_gradient_pass_clear(ew_gradient_pass *p);

/* Evaluate the law's polynomials at every layer, into p->value and p->parameter. */
ew_status ew_gradient_layers(ew_gradient_pass *p, int *known, ew_context *ctx);

#endif

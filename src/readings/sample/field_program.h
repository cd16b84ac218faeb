/* The transition's functions f_p compiled for doubles: from the chain's polynomials in jets and
 * fields to a list of products, evaluated on many neurons at a time (theory.md sections 2, 3).
 */
#ifndef EW_READINGS_SAMPLE_FIELD_PROGRAM_H
#define EW_READINGS_SAMPLE_FIELD_PROGRAM_H

#include "chain/feature.h"
#include "chain/setting.h"

/* Arrays over a block of neurons are numbered: the jets s_a^(i) (input by input), then the
 * fields, then the intermediate products; a product's factors have smaller numbers than itself.
 */
typedef struct {
    slong left, right;
} ew_product;

/* Ghat_p = B_p + sum of coefficient * C_W^cw * lambda_W^lambda * mean[m]. */
typedef struct {
    slong pair, mean;
    double coefficient;
    ulong cw, lambda;
} ew_mean_term;

typedef struct {
    slong inputs, jets, fields, pairs;
    slong products, means, terms;
    ew_product *product;
    ew_product *mean; /* the mean over the layer of the product of two arrays */
    ew_mean_term *term;
    ew_bias *bias; /* [pairs]: what B_p is */
} ew_field_program;

/* Array numbers. */
slong ew_field_program_jet(const ew_field_program *p, slong input, slong derivative);
slong ew_field_program_field(const ew_field_program *p, slong field);
slong ew_field_program_product(const ew_field_program *p, slong product);
slong ew_field_program_arrays(const ew_field_program *p); /* how many */

ew_status ew_field_program_new(ew_field_program **out, const ew_fields *fields,
                               ew_context *ctx);
void ew_field_program_free(ew_field_program *p);

/* The parameters of one layer in doubles. */
typedef struct {
    double cw, cb, lambda_w, lambda_b;
} ew_layer_numbers;

/* Ghat (pairs) of the next layer from the means. */
void ew_field_program_covariance(double *ghat, const ew_field_program *p, const double *mean,
                                 const ew_layer_numbers *x);

#endif

/* The features of a layer's fields compiled for doubles: from the chain's polynomials in jets
 * and fields to straight-line code, evaluated on many neurons at a time (theory.md sections 2,
 * 3).  The feature [e^S] s(z_a(e)) belongs to the field (a, S); everything the next layer needs
 * of this one is features: their Gram matrix makes Ghat, and weights times features the rows.
 */
#ifndef EW_READINGS_SAMPLE_FIELD_PROGRAM_H
#define EW_READINGS_SAMPLE_FIELD_PROGRAM_H

#include "chain/feature.h"
#include "chain/setting.h"

/* Arrays over a block of neurons are numbered: the jets s_a^(i) (input by input), then the
 * fields, then what the steps make, in their order. */
typedef struct {
    slong left, right;
    int add; /* else multiply */
} ew_field_step;

/* Ghat_pair = B_p + sum of rate * mean over neurons of the two features of the pair `mean`. */
typedef struct {
    slong pair, mean;
    int tangent; /* the rate is lambda_W, else C_W */
} ew_mean_term;

typedef struct {
    slong inputs, jets, fields, pairs;
    slong steps, terms;
    ew_field_step *step;
    slong *feature; /* [fields]: the array of the field's feature */
    ew_mean_term *term;
    ew_bias *bias;         /* [pairs]: what B_p is */
    slong *first, *second; /* [pairs]: the fields of a pair */
} ew_field_program;

/* Array numbers. */
slong ew_field_program_jet(const ew_field_program *p, slong input, slong derivative);
slong ew_field_program_field(const ew_field_program *p, slong field);
slong ew_field_program_step(const ew_field_program *p, slong step);
slong ew_field_program_arrays(const ew_field_program *p); /* how many */

ew_status ew_field_program_new(ew_field_program **out, const ew_fields *fields,
                               ew_context *ctx);
void ew_field_program_free(ew_field_program *p);

/* The parameters of one layer in doubles. */
typedef struct {
    double cw, cb, lambda_w, lambda_b;
} ew_layer_numbers;

/* Ghat (pairs) of the next layer from mean[pairs], the means of products of two features. */
void ew_field_program_covariance(double *ghat, const ew_field_program *p, const double *mean,
                                 const ew_layer_numbers *x);
/* The two parts of it: what the weights bring, and what biases and tangents do. */
void ew_field_program_parts(double *weights, double *others, const ew_field_program *p,
                            const double *mean, const ew_layer_numbers *x);

#endif

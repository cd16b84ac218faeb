/* A block of neurons: from the fields of each to its features and their mean products.  Both
 * samplers share it; they differ in how they get at the fields (theory.md section 8). */
#ifndef EW_READINGS_SAMPLE_NEURONS_H
#define EW_READINGS_SAMPLE_NEURONS_H

#include "activation/jet.h"
#include "readings/sample/field_program.h"

/* Neurons of a block: of several samples when the layer is narrow, else a part of one. */
#define EW_NEURONS 512

typedef struct {
    const ew_field_program *program;
    const ew_program *activation;
    double *array; /* [arrays][EW_NEURONS] */
} ew_neurons;

ew_status ew_neurons_new(ew_neurons **out, const ew_field_program *program,
                         const ew_program *activation, ew_context *ctx);
void ew_neurons_free(ew_neurons *s);

/* One number a neuron: a field to be written, a feature to be read after ew_neurons_run. */
double *ew_neurons_field(const ew_neurons *s, slong field);
const double *ew_neurons_feature(const ew_neurons *s, slong field);

/* Compute the features of the first `count` neurons from their fields.  A neuron's features
 * depend on its own fields only. */
ew_status ew_neurons_run(ew_neurons *s, size_t count, ew_context *ctx);
/* sum[pairs] += the products of features, over the neurons at..at+count-1. */
void ew_neurons_add(double *sum, const ew_neurons *s, size_t at, size_t count);

#endif

/* Training of one network with explicit Gaussian weights: gradient descent on half the sum of
 * squared errors over all points at once, with the rates of theory.md section 1, lambda_b for
 * biases and lambda_W / n_{l-1} for the weights of layer l. */
#ifndef EW_READINGS_SAMPLE_TRAIN_H
#define EW_READINGS_SAMPLE_TRAIN_H

#include <stddef.h>

#include "activation/jet.h"
#include "readings/sample/field_program.h"

/* All layers but the last have `width` neurons, the last has `outputs`. */
typedef struct {
    size_t depth, coordinates, width, outputs;
    const ew_layer_numbers *numbers; /* [depth]: of layer l at l - 1 */
    const ew_program *activation;
    size_t points; /* most of one call */
} ew_train_shape;

/* Of one thread; keeps pointers to what the shape points to. */
typedef struct ew_train ew_train;
ew_status ew_train_new(ew_train **out, const ew_train_shape *shape, ew_context *ctx);
void ew_train_free(ew_train *t);

/* Weights and biases at the start, a function of seed and sample. */
ew_status ew_train_draw(ew_train *t, uint64_t seed, uint64_t sample, ew_context *ctx);

/* Parameters of layer l, for reading and writing: weights[out][in], biases[out]. */
double *ew_train_weights(ew_train *t, size_t layer);
double *ew_train_biases(ew_train *t, size_t layer);

/* These two between ew_lapack_begin and end.  x[points][coordinates], points <= shape.points;
 * f[points][outputs]. */
ew_status ew_train_outputs(double *f, ew_train *t, const double *x, size_t points,
                           ew_context *ctx);
/* One step of length h against the gradient for the targets y[points][outputs]. */
ew_status ew_train_step(ew_train *t, const double *x, const double *y, size_t points, double h,
                        ew_context *ctx);

#endif

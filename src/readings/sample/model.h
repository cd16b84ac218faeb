/* The model that samplers take, from a setting: its numbers in doubles, its widths, its first
 * layer. */
#ifndef EW_READINGS_SAMPLE_MODEL_H
#define EW_READINGS_SAMPLE_MODEL_H

#include "arith/sha256.h"
#include "readings/sample/sample.h"
#include "readings/sample/sampler.h"

/* The model and what it points to. */
typedef struct {
    ew_sampler_model sampler;
    ew_fields *fields;
    ew_field_program *program;
    ew_program *activation;
    ew_layer_numbers *numbers;
    uint64_t *width;
    double *first, *input;
    slong coordinates;
    ew_layer_numbers *outer; /* of a residual network */
    ew_sampler_blocks blocks;
} ew_sample_model;

/* The fields of cumulants of `moments` entries, with what `descent` stands for.  EW_UNABLE: too
 * many. */
ew_status ew_sample_fields(ew_fields **out, slong inputs, slong directions, int descent,
                           slong moments, ew_context *ctx);

/* The fields that the options ask for.  EW_USAGE: no width, no samples, widths that are not
 * whole.  EW_UNABLE: more inputs than the fields allow.  EW_DOMAIN: derivatives that do not
 * exist. */
ew_status ew_sample_model_new(ew_sample_model **out, const ew_setting *net,
                              const ew_sample_options *opt, ew_context *ctx);
/* The sampler the options ask for, of the model's ensemble. */
const ew_row_source *ew_sample_rows(const ew_sample_model *m, const ew_sample_options *opt);
/* EW_UNABLE unless a neuron of the last layer is N(0, Ghat) given the layer below: orthogonal
 * rows and residual sums are not.  `what` names who asks. */
ew_status ew_sample_check_gaussian(const ew_setting *net, const char *what, ew_context *ctx);
void ew_sample_model_free(ew_sample_model *m);

/* SHA-256 of all its numbers: models that differ in the least have different ones. */
ew_status ew_sample_model_mark(char hex[EW_SHA256_SIZE], const ew_sample_model *m,
                               ew_context *ctx);

#endif

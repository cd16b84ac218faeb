/* The chain model of a setting: its numbers in doubles, its widths, its first layer. */
#ifndef EW_READINGS_SAMPLE_MODEL_H
#define EW_READINGS_SAMPLE_MODEL_H

#include "readings/sample/chain_sampler.h"
#include "readings/sample/sample.h"

/* One input, tangents as asked.  Free with ew_chain_model_free; *fields is owned by the model.
 */
typedef struct {
    ew_chain_model chain;
    ew_fields *fields;
    ew_field_program *program;
    ew_program *activation;
    ew_layer_numbers *numbers;
    uint64_t *width;
    double *first;
} ew_sample_model;

ew_status ew_sample_model_new(ew_sample_model **out, const ew_setting *net,
                              const ew_sample_options *opt, ew_context *ctx);
void ew_sample_model_free(ew_sample_model *m);

#endif

/* Inputs whose preactivations are multiples of each other's, in every layer. */
#ifndef EW_READINGS_CUMULANT_SOLVE_RELATIONS_H
#define EW_READINGS_CUMULANT_SOLVE_RELATIONS_H

#include "chain/setting.h"

/* z_a(e) along directions is f(c x + e v), where x is the input that represents a and f the
 * network: c f(x + e v/c) for c = 1, for an odd s with c = -1 and for a homogeneous s with c >
 * 0; f(x - e v) beyond the first layer for an even s with c = -1.  The last three need a
 * network without biases (for an even s: a first layer without), and without tangents of
 * biases.  An even s does so in layers only: residual blocks keep the sign of x. */
typedef struct {
    slong inputs;
    slong *image; /* [inputs]: representative */
    fmpq *factor; /* [inputs]: c; 0: every field of the input is 0 */
    char *even;   /* [inputs]: c = -1, s even */
    slong distinct;
    slong *source;  /* [distinct]: the input that is the representative */
    ew_setting net; /* the network at the representatives; borrows the numbers */
} ew_relations;

/* Related where it is proved: inner products must be rationals or, up to C_W, known as such.
 * `net` must outlive the result. */
ew_status ew_relations_new(ew_relations **out, const ew_setting *net, int tangents,
                           ew_context *ctx);
void ew_relations_free(ew_relations *r);

/* t *= the factor of the field (a, S) to that of its representative, S having so many
 * directions, in layer 1 or beyond. */
void ew_relations_factor(fmpq_t t, const ew_relations *r, slong input, slong directions,
                         int first_layer);

#endif

/* Features of fields and the functions f_p, as polynomials in jets (theory.md section 2). */
#ifndef EW_CHAIN_FEATURE_H
#define EW_CHAIN_FEATURE_H

#include "chain/field.h"

/* The jet ring: C_W, lambda_W, the jets s_a^(i), and the fields with S not empty. */
typedef struct {
    const ew_fields *fields;
    fmpq_mpoly_ctx_t ring;
    slong variables;
    slong jets; /* s, ..., s^(jets-1) of each input */
} ew_jet_ring;

#define EW_JET_CW 0
#define EW_JET_LAMBDA_W 1

/* `fields` must outlive the ring. */
void ew_jet_ring_init(ew_jet_ring *r, const ew_fields *fields);
void ew_jet_ring_clear(ew_jet_ring *r);
slong ew_jet_variable(const ew_jet_ring *r, slong input, slong derivative);
slong ew_jet_field(const ew_jet_ring *r, slong field); /* field must have S not empty */

/* f_p(z): the conditional mean of Ghat'_p given the fields of one neuron, less B_p.  f must be
 * initialised in r->ring. */
void ew_feature_product(fmpq_mpoly_t f, const ew_jet_ring *r, slong pair);

#endif

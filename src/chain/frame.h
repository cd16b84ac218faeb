/* Rows of Haar frames: the joint cumulants of the fields of several neurons, given Ghat
 * (theory.md section 7). */
#ifndef EW_CHAIN_FRAME_H
#define EW_CHAIN_FRAME_H

#include "chain/field.h"
#include "chain/haar.h"
#include "chain/terms.h"

#define EW_FRAME_MOST 16 /* entries of a cumulant */

/* The symbols of its terms: 1/N, and Q_p. */
enum { EW_FRAME_INVERSE, EW_FRAME_PAIR };

/* out += the cumulant of the fields field[i] of neurons neuron[i], i < n, n > 2, to the order
 * of `w` in 1/N.  Of two entries of one neuron it is Ghat_p itself, of two neurons 0. */
ew_status ew_frame_cumulant(ew_terms *out, const ew_haar *w, const slong *neuron,
                            const slong *field, slong n, const ew_fields *f, ew_context *ctx);

#endif

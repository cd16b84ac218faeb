/* Inside ew_jacobian: what balls and rationals share. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_STATE_H
#define EW_READINGS_KERNEL_JACOBIAN_STATE_H

#include "chain/residual.h"
#include "readings/kernel/jacobian/jacobian.h"
#include "readings/kernel/jacobian/step.h"

/* How two inputs are related, for certain: z_b = value z_a, and their derivatives along one
 * direction likewise.  value = 0: not at all. */
typedef struct {
    int value, derivative;
} ew_twin;

/* The maps of an activation. */
typedef struct {
    ew_evaluator *E;
    ew_jacobian_map one, two;
} ew_jacobian_stage;

/* Layer 1 is the linear activation's step from the inputs themselves: covariances are inner
 * products over n_0 there, and Theta is 0. */
struct ew_jacobian {
    const ew_setting *net;
    int tangent;
    slong m, d, rows;
    ew_activation *identity;
    ew_jacobian_stage linear, hidden;
    ew_block_layers *block; /* residual networks */
    signed char *first;     /* [a * m + b], a < b: 1 equal, -1 opposite inputs, 0 neither */
    slong biased;           /* the first layer after 1 whose biases may not vanish */
    const char *used;
};

/* Inputs a < b at a layer. */
ew_twin ew_jacobian_twin(const ew_jacobian *j, slong a, slong b, slong layer);

/* The rows of the slots of inputs a, b and directions u, v. */
static inline void ew_jacobian_slot_rows(slong row[EW_SLOTS], const ew_jacobian *j, slong a,
                                         slong b, slong u, slong v)
{
    row[EW_SLOT_A] = a;
    row[EW_SLOT_AU] = ew_jacobian_row(j->m, j->d, a, u);
    row[EW_SLOT_B] = b;
    row[EW_SLOT_BV] = ew_jacobian_row(j->m, j->d, b, v);
}

/* The inner product over n_0 of two rows: inputs and directions.  An ew_scalar, or NULL for two
 * inputs. */
const ew_scalar *ew_jacobian_product(const ew_jacobian *j, slong row, slong other);

/* Every number of the table that is rational and within reach, into it. */
ew_status ew_jacobian_rationals(ew_jacobian_table *t, const ew_jacobian *j, slong digits,
                                ew_context *ctx);

#endif

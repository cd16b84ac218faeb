/* Inside ew_jacobian: one layer's mean map for two inputs, each with one direction. */
#ifndef EW_READINGS_KERNEL_JACOBIAN_STEP_H
#define EW_READINGS_KERNEL_JACOBIAN_STEP_H

#include "chain/evaluate.h"
#include "chain/setting.h"

/* What is paired: f and its derivative at the first input, f and its derivative at the second.
 * In the law of one input the two are the same, with two directions. */
enum { EW_SLOT_A, EW_SLOT_AU, EW_SLOT_B, EW_SLOT_BV, EW_SLOTS };

/* The pairs of slots that are wanted of the next layer. */
enum { EW_OUT_AB, EW_OUT_AU_B, EW_OUT_A_BV, EW_OUT_AU_BV, EW_OUTS };

/* A variable that is a covariance of derived fields: of which slots, and whether of the
 * tangent's fields. */
typedef struct {
    slong variable;
    int slot[2], tangent;
} ew_slot_variable;

/* The pairs (A, B) of slots, then with a tangent those of its fields, as polynomials derived by
 * the chain. */
typedef struct {
    slong inputs; /* 1 or 2 */
    int tangent;
    ew_fields *fields;
    ew_law *law;
    ew_poly_program *program; /* EW_OUTS polynomials, or twice as many */
    ew_atom_plan *plan;
    slong covs;
    ew_slot_variable *cov; /* those the program uses */
} ew_jacobian_map;

ew_status ew_jacobian_map_init(ew_jacobian_map *map, slong inputs, int tangent,
                               const ew_activation *s, ew_context *ctx);
void ew_jacobian_map_clear(ew_jacobian_map *map);

/* The slots of output i, 0 <= i < EW_OUTS. */
void ew_jacobian_slots(int slot[2], int i);

#endif

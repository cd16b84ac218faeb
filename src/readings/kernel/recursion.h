/* The mean map of the covariance chain, compiled: one layer of NNGP and NTK for one input and
 * for a pair of inputs, as polynomials the chain derives (theory.md section 4). */
#ifndef EW_READINGS_KERNEL_RECURSION_H
#define EW_READINGS_KERNEL_RECURSION_H

#include "chain/evaluate.h"
#include "chain/setting.h"

/* What the one-input program yields, in order; without a tangent K and chi_par only. */
enum { EW_MAP_K, EW_MAP_CHI_PAR, EW_MAP_THETA, EW_MAP_CHI_PERP, EW_MAP_ONE };

/* How two inputs are related, for certain: their fields are independent of relation, equal, or
 * opposite. */
typedef enum { EW_GENERAL, EW_EQUAL, EW_OPPOSITE } ew_relation;

typedef struct {
    const ew_setting *net;
    int tangent; /* 0: no Theta and no chi_perp */
    ew_fields *fields1, *fields2;
    ew_law *law1, *law2;
    ew_poly_program *one, *two; /* two: K_ab, Theta_ab */
    ew_atom_plan *plan;
    slong atoms; /* of the pair program */
    ew_atom2 *atom;
    slong *variable;
    struct ew_block_map *block; /* residual networks: then this is all there is */
} ew_mean_map;

ew_status ew_mean_map_init(ew_mean_map *map, const ew_setting *net, int tangent,
                           ew_context *ctx);
void ew_mean_map_clear(ew_mean_map *map);

/* The step from `layer` to the next: parameters are those of layer + 1 (of the last one beyond
 * it). y[EW_MAP_ONE], scale may be NULL; k, theta: at `layer`. */
ew_status ew_mean_map_one(arb_ptr y, mag_ptr scale, const ew_mean_map *map, ew_evaluator *E,
                          slong layer, const arb_t k, const arb_t theta, slong prec,
                          ew_context *ctx);
/* y[2] = K_ab, Theta_ab; related: EW_GENERAL or EW_OPPOSITE (only with a parity of s). */
ew_status ew_mean_map_two(arb_ptr y, mag_ptr scale, const ew_mean_map *map, ew_evaluator *E,
                          slong layer, ew_relation related, const arb_t kaa, const arb_t kab,
                          const arb_t kbb, const arb_t theta, slong prec, ew_context *ctx);
/* The same from given values of <s_a s_b> and <s'_a s'_b>, for activations whose pair map has
 * no other atoms (EW_UNABLE). */
ew_status ew_mean_map_two_given(arb_ptr y, const ew_mean_map *map, slong layer, const arb_t ss,
                                const arb_t dd, const arb_t theta, slong prec, ew_context *ctx);
/* Exactly: 1, or 0 when some value is not rational. */
int ew_mean_map_one_rational(fmpq *y, const ew_mean_map *map, slong layer, const fmpq_t k,
                             const fmpq_t theta);
int ew_mean_map_two_rational(fmpq *y, const ew_mean_map *map, slong layer, const fmpq_t kaa,
                             const fmpq_t kab, const fmpq_t kbb, const fmpq_t theta);

#endif

/* The mean map of a residual block at infinite width: K' = K + alpha^2 <V s, V s>, and so on,
 * from the mean maps of the two layers it consists of (chain/residual.h). */
#ifndef EW_READINGS_KERNEL_BLOCK_H
#define EW_READINGS_KERNEL_BLOCK_H

#include "readings/kernel/recursion.h"

typedef struct ew_block_map ew_block_map;

ew_status ew_block_map_new(ew_block_map **out, const ew_setting *net, int tangent,
                           ew_context *ctx);
void ew_block_map_free(ew_block_map *map);

/* As ew_mean_map_one and its kin; the block from `layer` to the next. */
ew_status ew_block_map_one(arb_ptr y, mag_ptr scale, const ew_block_map *map, ew_evaluator *E,
                           slong layer, const arb_t k, const arb_t theta, slong prec,
                           ew_context *ctx);
ew_status ew_block_map_two(arb_ptr y, mag_ptr scale, const ew_block_map *map, ew_evaluator *E,
                           slong layer, ew_relation related, const arb_t kaa, const arb_t kab,
                           const arb_t kbb, const arb_t theta, slong prec, ew_context *ctx);
int ew_block_map_one_rational(fmpq *y, const ew_block_map *map, slong layer, const fmpq_t k,
                              const fmpq_t theta);
int ew_block_map_two_rational(fmpq *y, const ew_block_map *map, slong layer, const fmpq_t kaa,
                              const fmpq_t kab, const fmpq_t kbb, const fmpq_t theta);

#endif

/* How far a block of pairs may be from the truth, layer by layer. */
#ifndef EW_READINGS_KERNEL_DATA_ERROR_H
#define EW_READINGS_KERNEL_DATA_ERROR_H

#include "readings/kernel/data/apply.h"

/* A distance t = 1 -+ rho that should be t' obeys |t - t'| <= relative * t' + absolute; Theta
 * is off by `theta` at most.
 *
 * On side 0, and on side 1 for odd s, a layer's map F(t) = E0 + t S(t) is concave and not
 * negative (c' grows with rho >= 0): F(t (1 + e)) differs from F(t) by at most e F(t), and F(t
 * + d) from F(t) by at most F(d) - E0, so that relative errors do not grow, in the chaotic
 * phase either.  Else it is the bound of |c'| on side 1 that carries errors on.  <s' s'> is off
 * by at most e <s'^2>, since t c''(1 - t) <= c'(1) - c'(1 - t). */
typedef struct {
    double relative, absolute, theta;
} ew_data_error;

/* From the layer before `layer` (of `maps`, counted from 0) to it, given what its step met. */
void ew_data_error_step(ew_data_error *e, const ew_data_maps *maps, slong layer,
                        const ew_data_spread *spread);

/* Of an entry of the NNGP at that layer (0: the first). */
double ew_data_error_covariance(const ew_data_error *e, const ew_data_maps *maps, slong layer);

#endif

/* The layers of a network at infinite width as maps of doubles, for pairs of inputs of one
 * common norm, with proved bounds (theory.md section 4).
 *
 * A pair is carried as its signed distance q from being equal or opposite: q = 1 - rho when the
 * correlation rho is not negative, else -(1 + rho), -0.0 at rho = -1.  With the dual's slope S
 * (expect/dual/dual.h), a layer takes 1 - rho to (1 - rho) S, and 1 + rho to E0 + (1 + rho) S.
 */
#ifndef EW_READINGS_KERNEL_DATA_MAPS_H
#define EW_READINGS_KERNEL_DATA_MAPS_H

#include "chain/setting.h"
#include "expect/dual/dual.h"

/* From one layer to the next.  Theta' = theta0 + theta1 rho' + <s' s'> Theta, <s' s'> with its
 * factor. */
typedef struct {
    const ew_dual *dual;
    const double *table; /* [side][piece][EW_PIECE_DEGREE + 1][slope, <s' s'>]; of the dual */
    int even;            /* s: opposite inputs become equal */
    int odd;             /* s */
    double start;        /* E0; exactly 0 for odd s without bias */
    double theta0, theta1;
    double variance, theta; /* the next layer's, of one input */
    double steepest;        /* bounds |d rho'/d rho| on side 1 */
} ew_data_layer;

typedef struct {
    slong layers; /* maps: the network's depth less 1 */
    ew_data_layer *layer;
    int tangent;
    double variance, theta0, theta1; /* layer 1: K, and Theta = theta0 + theta1 cos(angle) */
    double rho0, rho1;               /* layer 1: rho = rho0 + rho1 cos(angle), 0 <= rho0 <= 1 */
    slong duals;
    ew_dual **dual;
    double **table; /* of each dual */
} ew_data_maps;

/* For inputs with x.x/n_0 = 1.  Of `net` count the activation, the depth and the parameters.
 * EW_UNABLE: an activation that has no dual, a residual network. */
ew_status ew_data_maps_new(ew_data_maps **out, const ew_setting *net, int tangent,
                           ew_context *ctx);
void ew_data_maps_free(ew_data_maps *m);

#endif

/* Data points of any lengths, each followed through the layers at its own variance, and a
 * layer's coefficients for blocks of them (theory.md sections 4 and 9). */
#ifndef EW_READINGS_KERNEL_DATA_ROWS_H
#define EW_READINGS_KERNEL_DATA_ROWS_H

#include "chain/setting.h"
#include "expect/dual/dual.h"
#include "expect/dual/spectrum.h"
#include "readings/kernel/data/points.h"

/* From one layer to the next: K_ab' = cb + cw <s s>; Theta_ab' = theta0 + theta1 K_ab' +
 * factor cw <s' s'> Theta_ab.  For the first layer <s s> is x_a.x_b/n_0 and factor is 0. */
typedef struct {
    double cb, cw, theta0, theta1, factor;
    double theta_error; /* of theta0 */
} ew_data_step;

/* A network for points of any lengths. */
typedef struct {
    slong layers; /* steps after the first layer */
    int tangent;
    ew_parity parity;      /* of s */
    ew_data_step *step;    /* [layers + 1] */
    ew_spectrum *spectrum; /* NULL if s is homogeneous: */
    ew_dual *dual;         /* at variance 1, divided by <s^2>_1 = square */
    double square;
} ew_data_net;

/* EW_UNABLE: activations with kinks away from 0 or jumps, residual networks. */
ew_status ew_data_net_new(ew_data_net **out, const ew_setting *net, int tangent,
                          ew_context *ctx);
void ew_data_net_free(ew_data_net *net);

/* Variances of n points in layers 1 to layers + 1 as doubles, and bounds of the error of their
 * logarithms. */
typedef struct {
    size_t n;
    double *k, *error; /* [layer][n] */
} ew_data_rows;

/* Makes the pieces of the curve that are needed, too.  EW_UNABLE: a variance that leaves the
 * range of doubles. */
ew_status ew_data_rows_new(ew_data_rows *rows, const ew_points *p, ew_data_net *net,
                           ew_context *ctx);
void ew_data_rows_clear(ew_data_rows *rows);

#endif

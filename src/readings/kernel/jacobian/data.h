/* Both matrices of data sets in double precision with proved bounds, for points rescaled to one
 * length, x.x/n_0 = 1, and for points of any lengths.
 *
 * By symmetry K and Theta of a pair depend on (k_aa, k_bb, k_ab) of layer 1 alone, so that
 * derivatives along u at x_a and v at x_b are
 *   d_u  = p_own x_a.u + p_other x_b.u,   d'_v = p_own_b x_b.v + p_other x_a.v,
 *   d_u d'_v = m_oo (x_a.u)(x_b.v) + m_on (x_a.u)(x_a.v) + m_no (x_b.u)(x_b.v)
 *            + m_nn (x_b.u)(x_a.v) + m_perp u.v,
 * inner products over n_0: the jets of order (1, 1), whatever the dimension; points of one
 * length have p_own = p_own_b and m_on = m_no.  They
 * are the covariances of fields along formal directions: one whose only product is with the
 * point itself, one with the other point, one with its like; and step by the chain's own law
 * (readings/kernel/jacobian/step.h), its expectations from tables (expect/dual/jets.h). */
#ifndef EW_READINGS_KERNEL_JACOBIAN_DATA_H
#define EW_READINGS_KERNEL_JACOBIAN_DATA_H

#include "chain/setting.h"
#include "expect/dual/jets.h"
#include "readings/kernel/data/points.h"
#include "readings/kernel/data/rows.h"
#include "readings/kernel/jacobian/directions.h"
#include "readings/kernel/jacobian/step.h"

/* The numbers of a pair: f's covariance and the jets above, of K, then of Theta. */
enum {
    EW_JET_VALUE,
    EW_JET_OWN,
    EW_JET_OTHER,
    EW_JET_OO,
    EW_JET_ON,
    EW_JET_NN,
    EW_JET_PERP,
    EW_JET_OWN_B,
    EW_JET_NO,
    EW_JETS_OF_PAIR
};

/* A double and a bound of how far the number is from it. */
typedef struct {
    double x, error;
} ew_near;

/* Where a variable of the map comes from: an expectation, times a power of 2. */
typedef struct {
    slong variable, pair; /* of the tables, i <= j */
    double factor;
    int order[2]; /* of the derivatives at a and at b */
} ew_jet_atom;

/* From one layer to the next: the variance K, d K_aa/2 along the point itself, parameters. */
typedef struct {
    ew_near variance, own, parameter[EW_PARAMETERS];
    ew_dual_jets *table;
} ew_jacobian_layer;

typedef struct {
    slong layers; /* maps: the network's depth less 1 */
    ew_jacobian_layer *layer;
    int tangent;
    ew_jacobian_map map;
    slong atoms;
    ew_jet_atom *atom;
    /* layer 1: value[t] at equal points, falling by step[t] times 1 - cos */
    ew_near value[2], step[2];
    ew_data_net *net; /* of points of any lengths; else NULL */
    ew_near kink;     /* of s = a max(z, 0) + b min(z, 0): (a - b)^2/(2 pi) */
} ew_jacobian_maps;

/* Of `net` count the activation, the depth and the parameters.  EW_UNABLE: an activation with
 * kinks, a residual network. */
ew_status ew_jacobian_maps_new(ew_jacobian_maps **out, const ew_setting *net, int tangent,
                               ew_context *ctx);
/* The same for points of any lengths, to be used in place of it; of a max(z, 0) + b min(z, 0)
 * without a tangent, too. */
ew_status ew_jacobian_lengths_new(ew_jacobian_maps **out, const ew_setting *net, int tangent,
                                  ew_context *ctx);
void ew_jacobian_maps_free(ew_jacobian_maps *m);

/* The jets of n <= EW_JET_BLOCK pairs of points of one length at the last layer, from 1 - |cos|
 * with the sign of the cosine and what it may be off by; y, e[(1 + tangent) *
 * EW_JETS_OF_PAIR][EW_JET_BLOCK]. `scratch`: ew_jet_scratch(m) doubles. */
#define EW_JET_BLOCK 64
size_t ew_jet_scratch(const ew_jacobian_maps *m);
void ew_jet_pairs(double *y, double *e, const ew_jacobian_maps *m, const double *q, double off,
                  size_t n, double *scratch);

/* A rectangle of one of the matrices: entries [rows][columns] from (row, column) on, rows and
 * columns numbered as in jacobian.h (points for inputs).  With one set of points only those of
 * pairs of tiles a <= b come; `mirror`: they stand for their transpose, too.  Called by several
 * threads. */
typedef ew_status (*ew_rectangle_fn)(int ntk, int mirror, size_t row, size_t column,
                                     size_t rows, size_t columns, const double *x, void *data,
                                     ew_context *ctx);

/* Proved: what the entries may be off by, at most. */
typedef struct {
    double nngp, ntk;
} ew_jacobian_bound;

/* Between the points of a, rescaled unless the maps are of any lengths, and those of b (NULL:
 * of a), along directions that are prepared.  EW_UNABLE when a bound is no use. */
ew_status ew_jacobian_data(ew_jacobian_bound *bound, const ew_jacobian_maps *m,
                           const ew_points *a, const ew_points *b, const ew_directions *along,
                           ew_rectangle_fn fn, void *data, ew_context *ctx);

#endif

/* The linear flow of products/flow.h in doubles, with proved bounds: for data sets. */
#ifndef EW_PRODUCTS_FLOW_DATA_H
#define EW_PRODUCTS_FLOW_DATA_H

#include <stddef.h>

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    size_t n, all, outputs;
    double *h, *k;           /* [all][n] */
    double *own_h, *own;     /* [all]: h_xx, k_xx */
    double *y;               /* [n][outputs]; exact */
    double ridge;            /* exact */
    double h_error, k_error; /* entries are off by this at most */
    double share; /* k <= share * h as matrices of all inputs; INFINITY where not known */
    /* by ew_flow_data_prepare: */
    double *d, *v;   /* [n], [n][n]: eigenvalues, ascending, and eigenvectors (rows) of A */
    double *hv, *kv; /* [all][n]: h v^T, k v^T */
    double *w;       /* [n][n]: v k_XX v^T */
    double *c;       /* [n][outputs]: v y */
    double residual, skew; /* |v A - d v|, |v v^T - 1| at most, for the true A */
    double error;          /* of the eigenvalues */
    double least;          /* no eigenvalue is smaller; not negative */
    double size_h, size_k, size_y,
        size_w; /* of the longest row of h, of k; of y, w: Frobenius */
} ew_flow_data;

/* Everything above `d` allocated and zero.  Cleared also on failure. */
ew_status ew_flow_data_init(ew_flow_data *f, size_t n, size_t all, size_t outputs,
                            ew_context *ctx);
void ew_flow_data_clear(ew_flow_data *f);

/* Between ew_lapack_begin and end, which the caller sees to; ctx->threads threads, which change
 * no bit.  `spread` = 0: without what variances need.  A second time there is nothing to do. */
ew_status ew_flow_data_prepare(ew_flow_data *f, int spread, ew_context *ctx);

/* Of every value's error. */
typedef struct {
    double mean, variance, norm2;
} ew_flow_bound;

typedef struct {
    double *mean;     /* [all][outputs] */
    double *variance; /* [all], NULL: not wanted */
    double *norm2;    /* [all]: |b|^2, with variance */
    double loss,
        expected; /* of the trained values, as sums; expected: prepared with `spread` */
    ew_flow_bound trained, others;
    double loss_bound, expected_bound; /* the latter INFINITY without variance */
} ew_flow_data_state;

/* At time t, or in the limit (t = NULL).  EW_UNABLE in the limit unless `least` is positive. */
ew_status ew_flow_data_at(ew_flow_data_state *s, const ew_flow_data *f, arb_srcptr t,
                          ew_context *ctx);

/* e^(-d t) + ridge g(d) and g(d) at the eigenvalues, to within two units of the last place. */
void ew_flow_data_factors(double *e, double *g, const ew_flow_data *f, arb_srcptr t);

#endif

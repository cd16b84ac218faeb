/* A network with rational parameters, and matrices of data sets: what the tests of this folder
 * set up. */
#ifndef EW_TESTS_KERNEL_SETTING_H
#define EW_TESTS_KERNEL_SETTING_H

#include <stdlib.h>
#include <string.h>

#include "readings/kernel/data/general.h"
#include "readings/kernel/data/matrix.h"
#include "readings/kernel/kernel.h"
#include "support/check.h"

#define MOST_INPUTS 16
#define MOST_COORDINATES 4

typedef struct {
    ew_context *ctx;
    ew_setting net;
    ew_activation *s;
    ew_scalar cw, cb, lw, lb, gram[MOST_INPUTS * (MOST_INPUTS + 1) / 2];
    ew_kernel_table *t;
    /* of Jacobians */
    ew_scalar along[MOST_INPUTS * MOST_COORDINATES];
    ew_scalar between[MOST_COORDINATES * (MOST_COORDINATES + 1) / 2];
    fmpq *dot;
    /* of data sets */
    ew_data_maps *maps;
    ew_data_net *data;
    double *nngp, *ntk;
    size_t columns;
} fixture;

static inline ew_scalar constant(const char *text)
{
    ew_scalar s = {NULL, NULL, NULL};
    if (ew_expr_parse(&s.e, text, NULL, "test", NULL) != EW_OK)
        fail_msg("cannot parse %s", text);
    return s;
}

/* lambda_W = 1; no inputs. */
static inline void open_network(fixture *f, const char *activation, slong depth, const char *cw,
                                const char *cb, const char *lb)
{
    memset(f, 0, sizeof *f);
    f->ctx = ew_context_new();
    check_ok(f->ctx, ew_activation_new(&f->s, activation, f->ctx));
    f->cw = constant(cw);
    f->cb = constant(cb);
    f->lw = constant("1");
    f->lb = constant(lb);
    f->net.activation = f->s;
    f->net.depth = depth;
    f->net.cw = (ew_scalar_list){1, &f->cw};
    f->net.cb = (ew_scalar_list){1, &f->cb};
    f->net.lambda_w = (ew_scalar_list){1, &f->lw};
    f->net.lambda_b = (ew_scalar_list){1, &f->lb};
}

/* Entries of gram are the caller's to free. */
static inline void close_network(fixture *f)
{
    free(f->nngp);
    free(f->ntk);
    ew_data_maps_free(f->maps);
    ew_data_net_free(f->data);
    ew_kernel_free(f->t);
    ew_expr_free(f->cw.e);
    ew_expr_free(f->cb.e);
    ew_expr_free(f->lw.e);
    ew_expr_free(f->lb.e);
    ew_activation_free(f->s);
    ew_context_free(f->ctx);
}

/* ---- data sets ---- */

static inline ew_status keep(size_t row, size_t column, size_t rows, size_t columns,
                             const double *nngp, const double *ntk, void *data, ew_context *ctx)
{
    (void) ctx;
    fixture *f = data;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            f->nngp[(row + i) * f->columns + column + j] = nngp[i * columns + j];
            f->ntk[(row + i) * f->columns + column + j] = ntk[i * columns + j];
        }
    return EW_OK;
}

/* The kernels of x[n][d] with y[m][d], or among each other (y = NULL), of `data`, else of
 * `maps`, into nngp and ntk. */
static inline ew_status run_data(ew_data_bound *bound, fixture *f, const double *x, size_t n,
                                 const double *y, size_t m, size_t d)
{
    ew_points a, b;
    f->columns = y ? m : n;
    free(f->nngp);
    free(f->ntk);
    f->nngp = calloc(n * f->columns, sizeof(double));
    f->ntk = calloc(n * f->columns, sizeof(double));
    check_ok(f->ctx, ew_points_init(&a, x, n, d, f->ctx));
    if (y)
        check_ok(f->ctx, ew_points_init(&b, y, m, d, f->ctx));
    ew_status status =
        f->data ? ew_data_general(bound, f->data, &a, y ? &b : NULL, keep, f, f->ctx)
                : ew_data_kernel(bound, f->maps, &a, y ? &b : NULL, 0, keep, f, f->ctx);
    ew_points_clear(&a);
    if (y)
        ew_points_clear(&b);
    return status;
}

#endif

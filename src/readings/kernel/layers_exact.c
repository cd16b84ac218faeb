/* The recursion in rationals, as far as it stays rational: polynomials, and homogeneous
 * activations where the angles allow. */
#include "readings/kernel/solver.h"

#include <stdlib.h>

/* Rationals grow without bound in deep polynomial networks: given up beyond this size. */
#define RATIONAL_BITS 20000

/* ---- rationals ---- */

/* Triangles of rationals, and which entries are known. */
typedef struct {
    fmpq *k, *theta;
    char *known;
} exact_layer;

static int small(const fmpq_t x)
{
    return fmpz_bits(fmpq_numref(x)) <= RATIONAL_BITS &&
           fmpz_bits(fmpq_denref(x)) <= RATIONAL_BITS;
}

static int exact_first(exact_layer *x, const ew_kernel_solver *s)
{
    const ew_setting *net = s->net;
    fmpq_t cw, cb, lw, lb;
    fmpq_init(cw);
    fmpq_init(cb);
    fmpq_init(lw);
    fmpq_init(lb);
    int known = ew_scalar_rational(cw, ew_scalar_at(&net->cw, 1)) &&
                ew_scalar_rational(cb, ew_scalar_at(&net->cb, 1)) &&
                ew_scalar_rational(lw, ew_scalar_at(&net->lambda_w, 1)) &&
                ew_scalar_rational(lb, ew_scalar_at(&net->lambda_b, 1)) && !fmpq_is_zero(cw);
    for (slong p = 0; p < s->triangle && known; p++) {
        x->known[p] = (char) ew_scalar_rational(x->k + p, net->gram + p);
        fmpq_sub(x->theta + p, x->k + p, cb);
        fmpq_div(x->theta + p, x->theta + p, cw);
        fmpq_mul(x->theta + p, x->theta + p, lw);
        fmpq_add(x->theta + p, x->theta + p, lb);
    }
    fmpq_clear(cw);
    fmpq_clear(cb);
    fmpq_clear(lw);
    fmpq_clear(lb);
    return known;
}

static ew_status store(ew_certified *c, const fmpq_t x, slong digits, ew_context *ctx)
{
    return c->mid ? EW_OK : ew_certify_rational(c, x, digits, ctx);
}

/* What is known of layer l, into the table; the susceptibilities of inputs that step exactly.
 */
static ew_status exact_input(exact_layer *y, const ew_kernel_solver *s, const exact_layer *x,
                             slong l, slong a, slong digits, ew_context *ctx)
{
    slong p = ew_triangle_index(s->m, a, a), n = s->triangle;
    ew_status status = EW_OK;
    fmpq *v = _fmpq_vec_init(EW_MAP_ONE);
    y->known[p] =
        x->known[p] && ew_mean_map_one_rational(v, &s->map, l + 1, x->k + p, x->theta + p);
    if (y->known[p]) {
        ew_certified *row = s->flat + ew_kernel_row(s, l) + 2 * n;
        status = store(row + a, v + EW_MAP_CHI_PAR, digits, ctx);
        if (status == EW_OK && s->map.tangent)
            status = store(row + s->m + a, v + EW_MAP_CHI_PERP, digits, ctx);
        fmpq_swap(y->k + p, v + EW_MAP_K);
        fmpq_swap(y->theta + p, v + EW_MAP_THETA);
        y->known[p] = (char) (small(y->k + p) && small(y->theta + p));
    }
    _fmpq_vec_clear(v, EW_MAP_ONE);
    return status;
}

static void exact_pair(exact_layer *y, const ew_kernel_solver *s, const exact_layer *x, slong l,
                       slong a, slong b)
{
    slong p = ew_triangle_index(s->m, a, b), aa = ew_triangle_index(s->m, a, a),
          bb = ew_triangle_index(s->m, b, b);
    fmpq *v = _fmpq_vec_init(2);
    y->known[p] = x->known[p] && x->known[aa] && x->known[bb] &&
                  ew_mean_map_two_rational(v, &s->map, l + 1, x->k + aa, x->k + p, x->k + bb,
                                           x->theta + p);
    if (y->known[p]) {
        fmpq_swap(y->k + p, v);
        fmpq_swap(y->theta + p, v + 1);
        y->known[p] = (char) (small(y->k + p) && small(y->theta + p));
    }
    _fmpq_vec_clear(v, 2);
}

static ew_status exact_report(const ew_kernel_solver *s, const exact_layer *x, slong l,
                              slong digits, int *any, ew_context *ctx)
{
    ew_status status = EW_OK;
    *any = 0;
    for (slong p = 0; p < s->triangle && status == EW_OK; p++) {
        if (!x->known[p])
            continue;
        *any = 1;
        status = store(s->flat + ew_kernel_row(s, l) + p, x->k + p, digits, ctx);
        if (status == EW_OK && s->map.tangent)
            status = store(s->flat + ew_kernel_row(s, l) + s->triangle + p, x->theta + p,
                           digits, ctx);
    }
    return status;
}

static ew_status exact_layers(exact_layer *x, exact_layer *y, const ew_kernel_solver *s,
                              slong digits, ew_context *ctx)
{
    ew_status status = EW_OK;
    int any = exact_first(x, s);
    for (slong l = 0; l < s->net->depth && any && status == EW_OK; l++) {
        status = exact_report(s, x, l, digits, &any, ctx);
        for (slong a = 0; a < s->m && any && status == EW_OK; a++) {
            status = ew_poll(ctx);
            if (status == EW_OK)
                status = exact_input(y, s, x, l, a, digits, ctx);
            for (slong b = a + 1; b < s->m && l + 1 < s->net->depth; b++)
                exact_pair(y, s, x, l, a, b);
        }
        exact_layer t = *x;
        *x = *y;
        *y = t;
    }
    return status;
}

ew_status ew_kernel_exact(const ew_kernel_solver *s, slong digits, ew_context *ctx)
{
    slong n = s->triangle;
    exact_layer x = {NULL, NULL, NULL}, y = {NULL, NULL, NULL};
    ew_status status = EW_MEMORY;
    x.known = ew_alloc_zero((size_t) n, 1, ctx);
    y.known = ew_alloc_zero((size_t) n, 1, ctx);
    x.k = _fmpq_vec_init(n);
    x.theta = _fmpq_vec_init(n);
    y.k = _fmpq_vec_init(n);
    y.theta = _fmpq_vec_init(n);
    if (x.known && y.known)
        status = exact_layers(&x, &y, s, digits, ctx);
    _fmpq_vec_clear(x.k, n);
    _fmpq_vec_clear(x.theta, n);
    _fmpq_vec_clear(y.k, n);
    _fmpq_vec_clear(y.theta, n);
    free(x.known);
    free(y.known);
    return status;
}

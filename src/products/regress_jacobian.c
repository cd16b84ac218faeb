/* The kernels of robust training as doubles. */
#include <math.h>

#include "products/regress_fill.h"
#include "readings/kernel/jacobian/data.h"
#include "readings/kernel/jacobian/jacobian.h"

#define CHUNK 16 /* points whose covariance with each other is made for its diagonal */

double ew_regress_root(const ew_regress_options *opt)
{
    arb_t x;
    arb_init(x);
    double d = 0;
    if (ew_scalar_ball(x, opt->robust, 90, NULL) == EW_OK)
        d = sqrt(arf_get_d(arb_midref(x), ARF_RND_NEAR));
    arb_clear(x);
    return d;
}

/* ---- kernels ------------------------------------------------------------------------------
 */

/* A set of points in the flow, from row `first` on: its values, then its derivatives.  Rows
 * of a rectangle are those of `count` of its points, from `from` on. */
typedef struct {
    const ew_regress_options *opt;
    const ew_jacobian_maps *maps;
    const ew_directions *along;
    ew_flow_data *f;
    size_t first, points, from, count;
    int own; /* the diagonal alone is wanted */
} filler;

static size_t place(const filler *r, size_t row)
{
    size_t at =
        row < r->count ? r->from + row : r->points + r->from * r->along->n + row - r->count;
    return r->first + at;
}

static void put(const filler *r, int ntk, size_t row, size_t column, double x)
{
    ew_flow_data *f = r->f;
    size_t at = place(r, row);
    int trained = r->first == 0;
    int h = ntk || !r->opt->ntk, k = !ntk;
    if (!r->own && h)
        f->h[at * f->n + column] = x;
    if (!r->own && k)
        f->k[at * f->n + column] = x;
    if (row != column || !(r->own || trained))
        return;
    if (h)
        f->own_h[at] = x;
    if (k)
        f->own[at] = x;
}

/* Called by several threads, each for entries of its own. */
static ew_status take(int ntk, int mirror, size_t row, size_t column, size_t rows,
                      size_t columns, const double *x, void *data, ew_context *ctx)
{
    const filler *r = data;
    (void) ctx;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            put(r, ntk, row + i, column + j, x[i * columns + j]);
            if (mirror)
                put(r, ntk, column + j, row + i, x[i * columns + j]);
        }
    return EW_OK;
}

static ew_status run(filler *r, const ew_points *a, const ew_points *b, ew_context *ctx)
{
    ew_jacobian_bound bound;
    ew_status status = ew_jacobian_data(&bound, r->maps, a, b, r->along, take, r, ctx);
    if (status == EW_OK) {
        r->f->k_error = fmax(r->f->k_error, bound.nngp);
        r->f->h_error = fmax(r->f->h_error, r->opt->ntk ? bound.ntk : bound.nngp);
    }
    return status;
}

static ew_status diagonal(filler *r, const ew_points *p, ew_context *ctx)
{
    ew_status status = EW_OK;
    r->own = 1;
    for (r->from = 0; r->from < p->n && status == EW_OK; r->from += CHUNK) {
        ew_points part = *p;
        part.n = r->count = p->n - r->from < CHUNK ? p->n - r->from : CHUNK;
        part.x += r->from * p->d;
        part.norm += r->from;
        status = run(r, &part, NULL, ctx);
    }
    return status;
}

/* Trained points with each other, others with them, and of the others the variances. */
static ew_status run_all(filler *r, const ew_points *train, const ew_points *test,
                         ew_context *ctx)
{
    r->points = r->count = train->n;
    ew_status status = run(r, train, NULL, ctx);
    if (status != EW_OK || test->n == 0)
        return status;
    r->first = train->n * (1 + r->along->n);
    r->points = r->count = test->n;
    status = run(r, test, train, ctx);
    return status == EW_OK ? diagonal(r, test, ctx) : status;
}

/* ---- weights ------------------------------------------------------------------------------
 */

/* Trained derivatives times the root of their weight in the loss: an entry is multiplied twice
 * at most, by a root that is off by half a unit in its last place. */
static void weigh(ew_flow_data *f, size_t train, double root)
{
    double most_h = 0, most_k = 0, growth = fmax(1, root * root) * (1 + 0x1p-50);
    for (size_t x = 0; x < f->all; x++)
        for (size_t j = 0; j < f->n; j++) {
            double *h = f->h + x * f->n + j, *k = f->k + x * f->n + j;
            for (int times = (x >= train && x < f->n) + (j >= train); times > 0; times--) {
                *h *= root;
                *k *= root;
            }
            most_h = fmax(most_h, fabs(*h));
            most_k = fmax(most_k, fabs(*k));
        }
    for (size_t x = train; x < f->n; x++) {
        f->own_h[x] = f->h[x * f->n + x];
        f->own[x] = f->k[x * f->n + x];
    }
    f->h_error = f->h_error * growth + 0x1p-50 * most_h;
    f->k_error = f->k_error * growth + 0x1p-50 * most_k;
}

ew_status ew_regress_fill_jacobian(ew_flow_data *f, const ew_setting *net,
                                   const ew_regress_options *opt, const ew_regress_points *p,
                                   const ew_points *train, const ew_points *test,
                                   ew_context *ctx)
{
    filler r = {.opt = opt, .along = p->along, .f = f};
    ew_jacobian_maps *maps = NULL;
    ew_status status = ew_jacobian_exists(net, opt->ntk, ctx);
    if (status == EW_OK)
        status = ew_regress_regular_data(net, opt, p->along, ctx);
    if (status == EW_OK)
        status = (p->unit ? ew_jacobian_maps_new : ew_jacobian_lengths_new)(&maps, net,
                                                                            opt->ntk, ctx);
    r.maps = maps;
    if (status == EW_OK)
        status = run_all(&r, train, test, ctx);
    if (status == EW_OK)
        weigh(f, p->train, ew_regress_root(opt));
    ew_jacobian_maps_free(maps);
    return status;
}

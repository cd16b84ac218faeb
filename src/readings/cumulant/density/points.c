/* The Edgeworth density and distribution function on a grid. */
#include "readings/cumulant/density/density.h"

#include <stdlib.h>

#include "arith/decimal.h"

typedef struct {
    ew_output_density *d;
    const ew_density_grid *grid;
} request;

/* What all points share at one precision. */
typedef struct {
    arb_t root;                       /* sqrt(K) */
    arb_poly_struct *density, *other; /* [order] */
    slong prec;
} ground;

/* The abscissa where it is rational: x of a given point, else t; so that 0 is 0. */
static int rational(fmpq_t q, const ew_density_grid *g, slong i)
{
    if (g->point)
        return ew_scalar_rational(q, g->point + i);
    fmpq_t to, w;
    fmpq_init(to);
    fmpq_init(w);
    int known = ew_scalar_rational(q, g->from) && ew_scalar_rational(to, g->to);
    fmpq_set_si(w, i, g->n > 1 ? (ulong) g->n - 1 : 1);
    fmpq_sub(to, to, q);
    fmpq_addmul(q, to, w);
    fmpq_clear(to);
    fmpq_clear(w);
    return known;
}

/* t = from + i (to - from)/(n-1); size: |from| + |to|. */
static ew_status step(arb_t t, mag_t size, const ew_density_grid *g, slong i, slong prec,
                      ew_context *ctx)
{
    arb_t to;
    mag_t m;
    arb_init(to);
    mag_init(m);
    ew_status status = ew_scalar_ball(t, g->from, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(to, g->to, prec, ctx);
    arb_get_mag(size, t);
    arb_get_mag(m, to);
    mag_add(size, size, m);
    arb_sub(to, to, t, prec);
    arb_mul_si(to, to, i, prec);
    arb_div_si(to, to, g->n > 1 ? g->n - 1 : 1, prec);
    arb_add(t, t, to, prec);
    arb_clear(to);
    mag_clear(m);
    return status;
}

/* t and x into v[0] and v[1]. */
static ew_status abscissa(arb_ptr v, mag_ptr scale, const ew_density_grid *grid,
                          const ground *g, slong i, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_ptr t = v, x = v + 1, given = grid->point ? x : t;
    fmpq_t q;
    fmpq_init(q);
    if (rational(q, grid, i))
        arb_set_fmpq(given, q, g->prec);
    else if (grid->point)
        status = ew_scalar_ball(x, grid->point + i, g->prec, ctx);
    else
        status = step(t, scale, grid, i, g->prec, ctx);
    if (grid->point)
        arb_div(t, x, g->root, g->prec);
    else
        arb_mul(x, t, g->root, g->prec);
    arb_get_mag(scale + 1, g->root);
    mag_mul(scale + 1, scale + 1, scale);
    fmpq_clear(q);
    return status;
}

/* phi(t) and Phi(t) = erfc(-t/sqrt(2))/2, which keeps its digits in the left tail. */
static void standard(arb_t phi, arb_t cdf, const arb_t t, slong prec)
{
    arb_t s;
    arb_init(s);
    arb_sqr(phi, t, prec);
    arb_mul_2exp_si(phi, phi, -1);
    arb_neg(phi, phi);
    arb_exp(phi, phi, prec);
    arb_const_sqrt_pi(s, prec);
    arb_div(phi, phi, s, prec);
    arb_sqrt_ui(s, 2, prec);
    arb_div(phi, phi, s, prec);
    arb_div(s, t, s, prec);
    arb_neg(s, s);
    arb_hypgeom_erfc(cdf, s, prec);
    arb_mul_2exp_si(cdf, cdf, -1);
    arb_clear(s);
}

/* size: the sum of |p_i| |t|^i. */
static void evaluate(arb_t y, mag_t size, const arb_poly_t p, const arb_t t, slong prec)
{
    mag_t m, c;
    mag_init(m);
    mag_init(c);
    arb_get_mag(m, t);
    mag_zero(size);
    for (slong i = arb_poly_degree(p); i >= 0; i--) {
        arb_get_mag(c, arb_poly_get_coeff_ptr(p, i));
        mag_mul(size, size, m);
        mag_add(size, size, c);
    }
    arb_poly_evaluate(y, p, t, prec);
    mag_clear(m);
    mag_clear(c);
}

static ew_status point(arb_ptr v, mag_ptr scale, const request *r, const ground *g, slong i,
                       ew_context *ctx)
{
    slong M = r->d->order, prec = g->prec;
    arb_ptr density = v + 2, cdf = v + 3 + M;
    arb_t phi, y;
    mag_t m;
    arb_init(phi);
    arb_init(y);
    mag_init(m);
    ew_status status = abscissa(v, scale, r->grid, g, i, ctx);
    standard(phi, cdf, v, prec);
    arb_div(density, phi, g->root, prec);
    for (slong k = 1; k <= M && status == EW_OK; k++) {
        evaluate(y, scale + 2 + k, g->density + k - 1, v, prec);
        arb_mul(density + k, density, y, prec);
        arb_get_mag(m, density);
        mag_mul(scale + 2 + k, scale + 2 + k, m);
        evaluate(y, scale + 3 + M + k, g->other + k - 1, v, prec);
        arb_mul(y, y, phi, prec);
        arb_sub(cdf + k, cdf, y, prec);
        arb_get_mag(m, phi);
        mag_mul(m, m, scale + 3 + M + k);
        arb_get_mag(scale + 3 + M + k, cdf);
        mag_add(scale + 3 + M + k, scale + 3 + M + k, m);
    }
    arb_clear(phi);
    arb_clear(y);
    mag_clear(m);
    return status;
}

slong ew_density_columns(const ew_output_density *d)
{
    return 4 + 2 * d->order;
}

static ew_status open_ground(ground *g, const ew_output_density *d, slong prec, ew_context *ctx)
{
    g->prec = prec;
    g->density = ew_alloc(2 * (size_t) d->order * sizeof *g->density, ctx);
    if (!g->density)
        return EW_MEMORY;
    g->other = g->density + d->order;
    for (slong k = 1; k <= d->order; k++) {
        arb_poly_init(g->density + k - 1);
        arb_poly_init(g->other + k - 1);
        ew_density_polynomials(g->density + k - 1, g->other + k - 1, d, k, prec);
    }
    arb_init(g->root);
    arb_sqrt(g->root, d->K, prec);
    return EW_OK;
}

static void close_ground(ground *g, const ew_output_density *d)
{
    for (slong k = 0; k < 2 * d->order; k++)
        arb_poly_clear(g->density + k);
    free(g->density);
    arb_clear(g->root);
}

static ew_status points(arb_ptr values, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    const request *r = data;
    slong columns = ew_density_columns(r->d);
    ground g;
    ew_status status = ew_density_need(r->d, prec, ctx);
    if (status == EW_OK)
        status = open_ground(&g, r->d, prec, ctx);
    if (status != EW_OK)
        return status;
    for (slong i = 0; i < r->grid->n && status == EW_OK; i++)
        status = point(values + i * columns, scales + i * columns, r, &g, i, ctx);
    close_ground(&g, r->d);
    return status;
}

static ew_status set_exact(ew_certified *out, const ew_density_grid *grid, slong columns,
                           ew_context *ctx)
{
    fmpq_t q;
    fmpq_init(q);
    ew_status status = EW_OK;
    for (slong i = 0; i < grid->n && status == EW_OK; i++) {
        ew_certified *given = out + i * columns + (grid->point ? 1 : 0);
        if (given->exact || !rational(q, grid, i))
            continue;
        given->exact = ew_rational_text(q);
        if (!given->exact)
            status = ew_fail(ctx, EW_MEMORY, "out of memory");
    }
    fmpq_clear(q);
    return status;
}

ew_status ew_density_at(ew_certified *out, ew_output_density *d, const ew_density_grid *grid,
                        slong digits, ew_context *ctx)
{
    request r = {d, grid};
    slong columns = ew_density_columns(d);
    ew_status status = ew_certify(out, grid->n * columns, digits, points, &r, ctx);
    return status == EW_OK ? set_exact(out, grid, columns, ctx) : status;
}

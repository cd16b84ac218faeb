#include "readings/kernel/data/maps.h"

#include <math.h>
#include <stdlib.h>

#include "arith/pool.h"
#include "readings/kernel/data/affine.h"

#define BITS 256
#define GROUP 3             /* duals made by one job */
#define SLACK (1 + 0x1p-40) /* of bounds that are the product of a few doubles */

/* ---- one layer -----------------------------------------------------------------------------
 */

/* What a dual is made from. */
typedef struct {
    arb_t k, slope, derivative;
} request;

/* What the layers are computed with, and one input's state. */
typedef struct {
    ew_data_maps *m;
    ew_data_unit unit;
    ew_mean_map map;
    ew_evaluator *E;
    const ew_activation *s;
    arb_t k, theta, next_k, next_theta;
    arb_ptr affine;          /* of ew_data_affine */
    arb_t slope, derivative; /* the dual's scales */
    arb_t last;              /* `derivative` of the dual asked for last */
    request *request;        /* [layers]: of each dual */
    slong *which;            /* [layers]: dual */
} builder;

static ew_status builder_init(builder *b, ew_data_maps *m, const ew_setting *net,
                              ew_context *ctx)
{
    const size_t n = (size_t) m->layers + 1;
    b->request = ew_alloc(n * sizeof *b->request, ctx);
    b->which = ew_alloc(n * sizeof *b->which, ctx);
    if (!b->request || !b->which) {
        free(b->request);
        free(b->which);
        return EW_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        arb_init(b->request[i].k);
        arb_init(b->request[i].slope);
        arb_init(b->request[i].derivative);
    }
    b->m = m;
    b->E = NULL;
    b->s = net->activation;
    ew_data_unit_init(&b->unit, net);
    arb_ptr each[] = {b->k,     b->theta,      b->next_k, b->next_theta,
                      b->slope, b->derivative, b->last};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        arb_init(each[i]);
    b->affine = _arb_vec_init(EW_DATA_AFFINE);
    return EW_OK;
}

static void builder_clear(builder *b)
{
    for (slong i = 0; i <= b->m->layers; i++) {
        arb_clear(b->request[i].k);
        arb_clear(b->request[i].slope);
        arb_clear(b->request[i].derivative);
    }
    free(b->request);
    free(b->which);
    arb_ptr each[] = {b->k,     b->theta,      b->next_k, b->next_theta,
                      b->slope, b->derivative, b->last};
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        arb_clear(each[i]);
    _arb_vec_clear(b->affine, EW_DATA_AFFINE);
    ew_mean_map_clear(&b->map);
    ew_evaluator_free(b->E);
}

static double nearest(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* Homogeneous s without bias: the map of correlations does not depend on the layer, and need be
 * tabulated once. */
static int same_as_before(const builder *b)
{
    return b->m->duals && b->s->homogeneous && arb_is_zero(b->affine) &&
           arb_equal(b->derivative, b->last);
}

/* Both functions of a side next to each other. */
static double *interleave(const ew_dual *d, ew_context *ctx)
{
    size_t n = (size_t) d->f[0].pieces * (EW_PIECE_DEGREE + 1);
    double *table = ew_alloc(4 * n * sizeof *table, ctx);
    for (size_t side = 0; side < 2 && table; side++)
        for (size_t i = 0; i < n; i++) {
            table[2 * (side * n + i)] = d->f[EW_DUAL_SLOPE + side].coef[i];
            table[2 * (side * n + i) + 1] = d->f[EW_DUAL_DERIVATIVE + side].coef[i];
        }
    return table;
}

/* Which dual the layer has; a new one is only noted down, and made later. */
static void ask(builder *b, slong layer)
{
    if (!same_as_before(b)) {
        request *r = b->request + b->m->duals++;
        arb_set(r->k, b->k);
        arb_set(r->slope, b->slope);
        arb_set(r->derivative, b->derivative);
    }
    b->which[layer - 1] = b->m->duals - 1;
    arb_set(b->last, b->derivative);
}

/* A job makes GROUP duals, whose variances share much of what an evaluator knows. */
static ew_status make_duals(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    builder *b = data;
    ew_data_maps *m = b->m;
    ew_evaluator *E;
    const slong first = (slong) job * GROUP, end = FLINT_MIN(first + GROUP, m->duals);
    ew_status status = ew_evaluator_new(&E, b->s, EW_AUTO, ctx);
    if (status != EW_OK)
        return status;
    for (slong i = first; i < end && status == EW_OK; i++) {
        const request *r = b->request + i;
        status = ew_dual_new(m->dual + i, E, b->s, r->k, r->slope, r->derivative, ctx);
        if (status == EW_OK && !(m->table[i] = interleave(m->dual[i], ctx)))
            status = EW_MEMORY;
        ew_pool_advance(pool, 1.0 / (double) (end - first));
    }
    ew_evaluator_free(E);
    return status;
}

/* E0 = (K' + C_b + C_W <s(z) s(-z)>)/K'. */
static void set_start(ew_data_layer *l, const builder *b)
{
    arb_t x;
    arb_init(x);
    arb_add(x, b->affine, b->next_k, BITS);
    arb_div(x, x, b->next_k, BITS);
    l->start = l->odd && arb_is_zero(b->affine) ? 0 : nearest(x); /* without that of the dual */
    arb_clear(x);
}

/* In terms of rho' instead of <s s> = (K' rho' - [0])/[1]. */
static void set_theta(ew_data_layer *l, const builder *b)
{
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    arb_div(x, b->affine + 3, b->affine + 1, BITS);
    arb_mul(y, x, b->affine, BITS);
    arb_sub(y, b->affine + 2, y, BITS);
    l->theta0 = nearest(y);
    arb_mul(x, x, b->next_k, BITS);
    l->theta1 = nearest(x);
    arb_clear(y);
    arb_clear(x);
}

static ew_status add_layer(builder *b, slong layer, ew_context *ctx)
{
    ew_data_layer *l = b->m->layer + layer - 1;
    arb_ptr y = _arb_vec_init(EW_MAP_ONE);
    ew_status status =
        ew_mean_map_one(y, NULL, &b->map, b->E, layer, b->k, b->theta, BITS, ctx);
    arb_set(b->next_k, y + EW_MAP_K);
    arb_set(b->next_theta, y + EW_MAP_THETA);
    _arb_vec_clear(y, EW_MAP_ONE);
    if (status == EW_OK)
        status = ew_data_affine(b->affine, &b->map, layer, BITS, ctx);
    if (status == EW_OK && !(arb_is_positive(b->affine + 1) && arb_is_positive(b->next_k)))
        status =
            ew_fail(ctx, EW_UNABLE, "C_W or the variance of layer %ld is 0", (long) layer + 1);
    if (status != EW_OK)
        return status;
    arb_div(b->slope, b->affine + 1, b->next_k, BITS);
    if (b->m->tangent)
        arb_set(b->derivative, b->affine + 4);
    else
        arb_one(b->derivative);
    ask(b, layer);
    l->even = b->s->parity == EW_PARITY_EVEN;
    l->odd = b->s->parity == EW_PARITY_ODD;
    set_start(l, b);
    if (b->m->tangent)
        set_theta(l, b);
    l->variance = nearest(b->next_k);
    l->theta = nearest(b->next_theta);
    /* d rho'/d rho = slope K <s' s'> */
    l->steepest = SLACK * nearest(b->slope) * nearest(b->k) / nearest(b->derivative) * SLACK;
    arb_swap(b->k, b->next_k);
    arb_swap(b->theta, b->next_theta);
    return EW_OK;
}

/* On side 1 |<s' s'>| is at most its table's bound. */
static void give_dual(ew_data_layer *l, const ew_data_maps *m, slong dual)
{
    l->dual = m->dual[dual];
    l->table = m->table[dual];
    if (l->start > 0)
        l->start += l->dual->opposite;
    l->steepest *= l->dual->f[EW_DUAL_DERIVATIVE + 1].most;
}

/* Layer 1 is affine in the cosine; its values at 0 and 1 are those of the unit inputs. */
static ew_status first_layer(builder *b, ew_context *ctx)
{
    arb_ptr k = _arb_vec_init(4), theta = _arb_vec_init(4);
    ew_status status = ew_setting_first(k, theta, &b->unit.net, BITS, ctx);
    arb_set(b->k, k);
    arb_set(b->theta, theta);
    if (status == EW_OK && !arb_is_positive(b->k))
        status = ew_fail(ctx, EW_UNABLE, "the variance of layer 1 is 0");
    b->m->variance = nearest(k);
    b->m->theta0 = nearest(theta + 1);
    arb_sub(theta, theta, theta + 1, BITS);
    b->m->theta1 = nearest(theta);
    arb_sub(k, k, k + 1, BITS);
    arb_div(k, k, b->k, BITS);
    b->m->rho1 = nearest(k);
    arb_div(k + 1, k + 1, b->k, BITS);
    b->m->rho0 = nearest(k + 1);
    _arb_vec_clear(k, 4);
    _arb_vec_clear(theta, 4);
    return status;
}

static ew_status build(builder *b, ew_context *ctx)
{
    ew_data_maps *m = b->m;
    ew_status status = ew_mean_map_init(&b->map, &b->unit.net, m->tangent, ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&b->E, b->s, EW_AUTO, ctx);
    if (status == EW_OK)
        status = first_layer(b, ctx);
    for (slong l = 1; l <= m->layers && status == EW_OK; l++)
        status = add_layer(b, l, ctx);
    if (status == EW_OK)
        status = ew_pool_run((size_t) ((m->duals + GROUP - 1) / GROUP), make_duals, b,
                             "tabulating the layers", ctx);
    for (slong l = 0; l < m->layers && status == EW_OK; l++)
        give_dual(m->layer + l, m, b->which[l]);
    return status;
}

ew_status ew_data_maps_new(ew_data_maps **out, const ew_setting *net, int tangent,
                           ew_context *ctx)
{
    *out = NULL;
    if (net->residual)
        return ew_fail(ctx, EW_UNABLE, "no kernels of data for residual networks");
    ew_data_maps *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    m->layers = net->depth - 1;
    m->tangent = tangent != 0;
    m->layer = ew_alloc_zero((size_t) m->layers + 1, sizeof *m->layer, ctx);
    m->dual = ew_alloc_zero((size_t) m->layers + 1, sizeof *m->dual, ctx);
    m->table = ew_alloc_zero((size_t) m->layers + 1, sizeof *m->table, ctx);
    ew_status status = m->layer && m->dual && m->table ? EW_OK : EW_MEMORY;
    if (status == EW_OK) {
        builder b;
        status = builder_init(&b, m, net, ctx);
        if (status == EW_OK) {
            status = build(&b, ctx);
            builder_clear(&b);
        }
    }
    if (status == EW_OK)
        *out = m;
    else
        ew_data_maps_free(m);
    return status;
}

void ew_data_maps_free(ew_data_maps *m)
{
    if (!m)
        return;
    for (slong i = 0; m->dual && i < m->duals; i++)
        ew_dual_free(m->dual[i]);
    for (slong i = 0; m->table && i < m->duals; i++)
        free(m->table[i]);
    free(m->table);
    free(m->dual);
    free(m->layer);
    free(m);
}

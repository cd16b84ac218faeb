/* Certified digits of both matrices, layer by layer. */
#include "readings/kernel/jacobian/state.h"

#include <stdlib.h>

/* Numbers of a table, at most. */
#define MOST_ENTRIES 4000000

typedef struct {
    ew_jacobian *j;
    ew_jacobian_table *t;
    slong triangle;
    ew_certified *flat; /* [layer][nngp, ntk][triangle] */
} solver;

static slong matrices(const solver *s)
{
    return 1 + s->j->tangent;
}

/* What an entry is compared to when it cancels: its rows' variances. */
static void entry_scale(mag_t scale, const arb_mat_t x, slong r, slong c)
{
    mag_t other;
    mag_init(other);
    arb_get_mag(scale, arb_mat_entry(x, r, r));
    arb_get_mag(other, arb_mat_entry(x, c, c));
    mag_mul(scale, scale, other);
    mag_sqrt(scale, scale);
    mag_clear(other);
}

static void report(arb_ptr values, mag_ptr scales, const solver *s, const arb_mat_t x)
{
    slong n = s->j->rows;
    for (slong r = 0, p = 0; r < n; r++)
        for (slong c = r; c < n; c++, p++) {
            arb_set(values + p, arb_mat_entry(x, r, c));
            entry_scale(scales + p, x, r, c);
        }
}

static ew_status run(arb_ptr values, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    solver *s = data;
    slong n = s->j->rows, depth = s->t->layers;
    arb_mat_t x[2], y[2];
    for (int t = 0; t < 2; t++) {
        arb_mat_init(x[t], n, n);
        arb_mat_init(y[t], n, n);
    }
    ew_status status = ew_jacobian_first(x[0], x[1], s->j, prec, ctx);
    for (slong l = 0; l < depth && status == EW_OK; l++) {
        slong base = l * matrices(s) * s->triangle;
        for (slong t = 0; t < matrices(s); t++)
            report(values + base + t * s->triangle, scales + base + t * s->triangle, s, x[t]);
        ew_progress(ctx, (double) l / (double) depth, "layers");
        if (l + 1 < depth)
            status = ew_jacobian_step(y[0], y[1], s->j, x[0], x[1], l + 1, prec, ctx);
        for (int t = 0; t < 2; t++)
            arb_mat_swap(x[t], y[t]);
    }
    for (int t = 0; t < 2; t++) {
        arb_mat_clear(x[t]);
        arb_mat_clear(y[t]);
    }
    return status;
}

void ew_jacobian_table_free(ew_jacobian_table *t)
{
    if (!t)
        return;
    slong n = t->layers * t->rows * t->rows;
    ew_certified_free(t->nngp, n);
    ew_certified_free(t->ntk, n);
    free(t);
}

static ew_status table_new(ew_jacobian_table **out, const ew_jacobian *j, ew_context *ctx)
{
    slong n = j->net->depth * j->rows * j->rows;
    ew_jacobian_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    *out = t;
    if (!t)
        return EW_MEMORY;
    t->layers = j->net->depth;
    t->rows = j->rows;
    t->inputs = j->m;
    t->directions = j->d;
    t->nngp = ew_certified_new(n, ctx);
    t->ntk = j->tangent ? ew_certified_new(n, ctx) : NULL;
    return t->nngp && (t->ntk || !j->tangent) ? EW_OK : EW_MEMORY;
}

static ew_status copy(ew_certified *to, const ew_certified *from, ew_context *ctx)
{
    to->mid = ew_strdup(from->mid, ctx);
    to->rad = ew_strdup(from->rad, ctx);
    to->exact = from->exact ? ew_strdup(from->exact, ctx) : NULL;
    to->method = from->method;
    to->absolute = from->absolute;
    return to->mid && to->rad && (to->exact || !from->exact) ? EW_OK : EW_MEMORY;
}

/* Upper triangles of the table to the flat list, or back and to both halves. */
static ew_status transfer(solver *s, int back, ew_context *ctx)
{
    slong n = s->j->rows;
    ew_certified *flat = s->flat;
    ew_status status = EW_OK;
    for (slong l = 0; l < s->t->layers; l++)
        for (slong t = 0; t < matrices(s); t++) {
            ew_certified *square = (t ? s->t->ntk : s->t->nngp) + l * n * n;
            for (slong r = 0; r < n; r++)
                for (slong c = r; c < n && status == EW_OK; c++, flat++) {
                    ew_certified *x = square + r * n + c;
                    ew_certified_move(back ? x : flat, back ? flat : x);
                    if (back && r != c)
                        status = copy(square + c * n + r, x, ctx);
                }
        }
    return status;
}

static ew_status solve(solver *s, const ew_setting *net, slong digits, ew_context *ctx)
{
    slong n = s->j->rows;
    ew_status status = table_new(&s->t, s->j, ctx);
    if (status == EW_OK)
        status = ew_jacobian_rationals(s->t, s->j, digits, ctx);
    s->triangle = n * (n + 1) / 2;
    slong total = net->depth * matrices(s) * s->triangle;
    if (status == EW_OK && !(s->flat = ew_certified_new(total, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = transfer(s, 0, ctx);
    if (status == EW_OK)
        status = ew_certify(s->flat, total, digits, run, s, ctx);
    if (status == EW_OK)
        status = transfer(s, 1, ctx);
    s->t->method = ew_jacobian_method(s->j);
    ew_certified_free(s->flat, total);
    return status;
}

ew_status ew_jacobian_solve(ew_jacobian_table **out, const ew_setting *net, int tangent,
                            slong digits, ew_method method, ew_context *ctx)
{
    solver s = {NULL, NULL, 0, NULL};
    slong n = net->inputs * (1 + net->directions);
    *out = NULL;
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH || n > MOST_ENTRIES / n / net->depth)
        return ew_fail(ctx, EW_UNABLE,
                       "jacobian: %ld layers of %ld x %ld entries are more than %d certified "
                       "numbers",
                       (long) net->depth, (long) n, (long) n, MOST_ENTRIES);
    ew_status status = ew_jacobian_new(&s.j, net, tangent, method, ctx);
    if (status == EW_OK)
        status = solve(&s, net, digits, ctx);
    ew_jacobian_free(s.j);
    if (status != EW_OK)
        ew_jacobian_table_free(s.t);
    else
        *out = s.t;
    return status;
}

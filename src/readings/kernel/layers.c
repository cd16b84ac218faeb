/* NNGP and NTK of m inputs, layer by layer: every input once, every pair once, balls at a given
 * precision or exact rationals where the whole recursion is rational. */
#include "readings/kernel/solver.h"

#include "activation/algebra.h"

#include <stdlib.h>
#include <string.h>

/* The method to name: the series if it was ever needed, else a quadrature, else closed forms.
 */
static void note_method(ew_kernel_solver *s)
{
    const char *name = ew_evaluator_method(s->E);
    if (!s->used || !strcmp(s->used, "closed form") || !strcmp(name, "Mehler series"))
        s->used = name;
}

/* ---- relations that survive the layers ---- */

static int unbiased(const ew_setting *net, slong layer)
{
    fmpq_t cb;
    fmpq_init(cb);
    int zero = ew_scalar_rational(cb, ew_scalar_at(&net->cb, layer)) && fmpq_is_zero(cb);
    fmpq_clear(cb);
    return zero;
}

/* x = factor y, factor 1 or -1, for certain. */
static int same_number(const ew_scalar *x, int factor, const ew_scalar *y, ew_context *ctx)
{
    fmpq_t a, b;
    fmpq_init(a);
    fmpq_init(b);
    int known = ew_scalar_rational(a, x) && ew_scalar_rational(b, y);
    if (factor < 0)
        fmpq_neg(b, b);
    int same = known && fmpq_equal(a, b);
    fmpq_clear(a);
    fmpq_clear(b);
    return known ? same : x->e && y->e && ew_expr_same(x->e, factor, y->e, ctx);
}

/* Of entries p, q of layer 1's covariance C_b + C_W x.y/n_0: the products decide where they
 * are known, whatever the parameters (without a bias only can p = -q be one's variance). */
static int same_entry(const ew_setting *net, slong p, int factor, slong q, ew_context *ctx)
{
    if (!net->dot || (factor < 0 && !unbiased(net, 1)))
        return same_number(net->gram + p, factor, net->gram + q, ctx);
    fmpq_t minus;
    fmpq_init(minus);
    fmpq_neg(minus, net->dot + q);
    int same = fmpq_equal(net->dot + p, factor < 0 ? minus : net->dot + q);
    fmpq_clear(minus);
    return same;
}

/* Layer 1: equal or opposite inputs, for certain. */
static ew_relation relation_of(const ew_setting *net, slong a, slong b, ew_context *ctx)
{
    slong m = net->inputs, aa = ew_triangle_index(m, a, a), ab = ew_triangle_index(m, a, b);
    if (!same_entry(net, aa, 1, ew_triangle_index(m, b, b), ctx))
        return EW_GENERAL;
    if (same_entry(net, aa, 1, ab, ctx))
        return EW_EQUAL;
    return same_entry(net, aa, -1, ab, ctx) ? EW_OPPOSITE : EW_GENERAL;
}

/* After one layer, parameters those of `next`: equal stays equal; opposite stays so for odd s
 * without bias, and becomes equal for even s. */
static ew_relation relation_next(const ew_setting *net, ew_relation r, slong next)
{
    if (r != EW_OPPOSITE)
        return r;
    if (net->activation->parity == EW_PARITY_EVEN)
        return net->residual ? EW_GENERAL : EW_EQUAL;
    return unbiased(net, next) && net->activation->parity == EW_PARITY_ODD ? EW_OPPOSITE
                                                                           : EW_GENERAL;
}

static void classify(ew_kernel_solver *s, ew_context *ctx)
{
    const ew_setting *net = s->net;
    for (slong a = 0; a < s->m; a++) {
        s->same[a] = a;
        for (slong b = 0; b < a && s->same[a] == a; b++)
            if (same_entry(net, ew_triangle_index(s->m, a, a), 1, ew_triangle_index(s->m, b, b),
                           ctx))
                s->same[a] = b;
        for (slong b = a + 1; b < s->m; b++)
            s->first[ew_triangle_index(s->m, a, b)] = relation_of(net, a, b, ctx);
    }
}

/* ---- balls ---- */

/* The state of one layer. */
typedef struct {
    arb_ptr k, theta; /* triangles */
    mag_ptr k_scale, theta_scale;
} layer;

static void layer_init(layer *x, slong n)
{
    x->k = _arb_vec_init(n);
    x->theta = _arb_vec_init(n);
    x->k_scale = _mag_vec_init(n);
    x->theta_scale = _mag_vec_init(n);
}

static void layer_clear(layer *x, slong n)
{
    _arb_vec_clear(x->k, n);
    _arb_vec_clear(x->theta, n);
    _mag_vec_clear(x->k_scale, n);
    _mag_vec_clear(x->theta_scale, n);
}

static void copy_entry(layer *y, slong to, slong from)
{
    arb_set(y->k + to, y->k + from);
    arb_set(y->theta + to, y->theta + from);
    mag_set(y->k_scale + to, y->k_scale + from);
    mag_set(y->theta_scale + to, y->theta_scale + from);
}

/* What a covariance is compared to when it cancels: the variances. */
static void scale_of_pair(mag_t scale, const mag_t aa, const mag_t bb)
{
    mag_mul(scale, aa, bb);
    mag_sqrt(scale, scale);
}

static void first_scales(mag_ptr scale, arb_srcptr v, slong m)
{
    for (slong a = 0; a < m; a++)
        arb_get_mag(scale + ew_triangle_index(m, a, a), v + ew_triangle_index(m, a, a));
    for (slong a = 0; a < m; a++)
        for (slong b = a + 1; b < m; b++)
            scale_of_pair(scale + ew_triangle_index(m, a, b),
                          scale + ew_triangle_index(m, a, a),
                          scale + ew_triangle_index(m, b, b));
}

static ew_status first_layer(layer *x, const ew_kernel_solver *s, slong prec, ew_context *ctx)
{
    slong m = s->m;
    arb_ptr k = _arb_vec_init(m * m), theta = _arb_vec_init(m * m);
    ew_status status = ew_setting_first(k, theta, s->net, prec, ctx);
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++) {
            slong p = ew_triangle_index(m, a, b);
            arb_swap(x->k + p, k + a * m + b);
            arb_swap(x->theta + p, theta + a * m + b);
        }
    first_scales(x->k_scale, x->k, m);
    first_scales(x->theta_scale, x->theta, m);
    _arb_vec_clear(k, m * m);
    _arb_vec_clear(theta, m * m);
    return status;
}

/* y's diagonal from x's, and the susceptibilities chi[0..m), chi[m..2m) of x's layer. */
static ew_status diagonal(layer *y, arb_ptr chi, ew_kernel_solver *s, const layer *x, slong l,
                          slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_ptr v = _arb_vec_init(EW_MAP_ONE);
    mag_ptr scale = _mag_vec_init(EW_MAP_ONE);
    for (slong a = 0; a < s->m && status == EW_OK; a++) {
        slong p = ew_triangle_index(s->m, a, a), c = s->same[a];
        if (c < a) {
            copy_entry(y, p, ew_triangle_index(s->m, c, c));
            arb_set(chi + a, chi + c);
            arb_set(chi + s->m + a, chi + s->m + c);
            continue;
        }
        status =
            ew_mean_map_one(v, scale, &s->map, s->E, l + 1, x->k + p, x->theta + p, prec, ctx);
        if (status != EW_OK)
            break;
        note_method(s);
        arb_swap(y->k + p, v + EW_MAP_K);
        arb_swap(y->theta + p, v + EW_MAP_THETA);
        mag_swap(y->k_scale + p, scale + EW_MAP_K);
        mag_swap(y->theta_scale + p, scale + EW_MAP_THETA);
        arb_swap(chi + a, v + EW_MAP_CHI_PAR);
        arb_swap(chi + s->m + a, v + EW_MAP_CHI_PERP);
    }
    _arb_vec_clear(v, EW_MAP_ONE);
    _mag_vec_clear(scale, EW_MAP_ONE);
    return status;
}

/* Inputs that an even s made equal need not have equal gradients, where biases are trained:
 * Theta steps on from its own value, with the expectations of one input. */
static ew_status equal_fields(layer *y, ew_kernel_solver *s, const layer *x, slong l, slong p,
                              slong aa, slong prec, ew_context *ctx)
{
    arb_ptr v = _arb_vec_init(EW_MAP_ONE);
    ew_status status =
        ew_mean_map_one(v, NULL, &s->map, s->E, l + 1, x->k + aa, x->theta + p, prec, ctx);
    arb_swap(y->theta + p, v + EW_MAP_THETA);
    _arb_vec_clear(v, EW_MAP_ONE);
    return status;
}

static ew_status one_pair(layer *y, ew_kernel_solver *s, const layer *x, slong l, slong a,
                          slong b, slong prec, ew_context *ctx)
{
    slong p = ew_triangle_index(s->m, a, b), aa = ew_triangle_index(s->m, a, a),
          bb = ew_triangle_index(s->m, b, b);
    int exact = s->now[p] == EW_OPPOSITE && s->net->activation->parity != EW_PARITY_NONE;
    if (s->now[p] == EW_EQUAL) {
        copy_entry(y, p, aa);
        return s->first[p] == EW_EQUAL ? EW_OK : equal_fields(y, s, x, l, p, aa, prec, ctx);
    }
    arb_ptr v = _arb_vec_init(2);
    mag_ptr scale = _mag_vec_init(2);
    ew_status status =
        ew_mean_map_two(v, scale, &s->map, s->E, l + 1, exact ? EW_OPPOSITE : EW_GENERAL,
                        x->k + aa, x->k + p, x->k + bb, x->theta + p, prec, ctx);
    if (status == EW_OK)
        note_method(s);
    arb_swap(y->k + p, v);
    arb_swap(y->theta + p, v + 1);
    scale_of_pair(y->k_scale + p, y->k_scale + aa, y->k_scale + bb);
    scale_of_pair(y->theta_scale + p, y->theta_scale + aa, y->theta_scale + bb);
    _arb_vec_clear(v, 2);
    _mag_vec_clear(scale, 2);
    return status;
}

static ew_status pairs(layer *y, ew_kernel_solver *s, const layer *x, slong l, slong prec,
                       ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong a = 0; a < s->m && status == EW_OK; a++) {
        status = ew_poll(ctx);
        if (s->alone && a >= s->alone)
            break;
        for (slong b = a + 1; b < s->m && status == EW_OK; b++) {
            slong p = ew_triangle_index(s->m, a, b);
            status = one_pair(y, s, x, l, a, b, prec, ctx);
            s->now[p] = relation_next(s->net, s->now[p], l + 2);
        }
    }
    return status;
}

/* -1/ln chi_perp; at chi_perp = 0 its limit. */
static void correlation_depth(arb_t d, const arb_t chi, slong prec)
{
    if (arb_is_zero(chi)) {
        arb_zero(d);
        return;
    }
    arb_log(d, chi, prec);
    arb_inv(d, d, prec);
    arb_neg(d, d);
}

static void report(arb_ptr values, mag_ptr scales, ew_kernel_solver *s, const layer *x,
                   arb_srcptr chi, slong l, slong prec)
{
    slong n = s->triangle, base = ew_kernel_row(s, l);
    for (slong a = 0; a < s->m; a++) {
        arb_srcptr perp = chi + s->m + a;
        arb_t one;
        arb_init(one);
        arb_one(one);
        s->below[l * s->m + a] = (char) (!arb_is_negative(perp) && arb_lt(perp, one));
        arb_clear(one);
        if (s->depth_only) {
            correlation_depth(values + l * s->m + a, perp, prec);
        } else {
            arb_set(values + base + 2 * n + a, chi + a);
            arb_set(values + base + 2 * n + s->m + a, perp);
        }
    }
    for (slong p = 0; p < n && !s->depth_only; p++) {
        arb_set(values + base + p, x->k + p);
        arb_set(values + base + n + p, x->theta + p);
        mag_set(scales + base + p, x->k_scale + p);
        mag_set(scales + base + n + p, x->theta_scale + p);
    }
}

ew_status ew_kernel_run(arb_ptr values, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    ew_kernel_solver *s = data;
    layer x, y;
    slong depth = s->net->depth;
    arb_ptr chi = _arb_vec_init(2 * s->m);
    layer_init(&x, s->triangle);
    layer_init(&y, s->triangle);
    memcpy(s->now, s->first, (size_t) s->triangle * sizeof *s->now);
    ew_status status = first_layer(&x, s, prec, ctx);
    for (slong l = 0; l < depth && status == EW_OK; l++) {
        status = ew_poll(ctx);
        ew_progress(ctx, (double) l / (double) depth, "layers");
        if (status == EW_OK)
            status = diagonal(&y, chi, s, &x, l, prec, ctx);
        if (status == EW_OK && l + 1 < depth && !s->depth_only)
            status = pairs(&y, s, &x, l, prec, ctx);
        if (status == EW_OK)
            report(values, scales, s, &x, chi, l, prec);
        layer t = x;
        x = y;
        y = t;
    }
    layer_clear(&x, s->triangle);
    layer_clear(&y, s->triangle);
    _arb_vec_clear(chi, 2 * s->m);
    return status;
}

/* ---- the table ---- */

void ew_kernel_free(ew_kernel_table *t)
{
    if (!t)
        return;
    slong m = t->inputs, n = t->layers;
    ew_certified_free(t->nngp, n * m * m);
    ew_certified_free(t->ntk, n * m * m);
    ew_certified_free(t->chi_par, n * m);
    ew_certified_free(t->chi_perp, n * m);
    ew_certified_free(t->depth, n * m);
    free(t);
}

static ew_status table_new(ew_kernel_table **out, slong m, slong layers, int tangent,
                           ew_context *ctx)
{
    size_t square = (size_t) (layers * m * m), line = (size_t) (layers * m);
    ew_kernel_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    *out = t;
    if (!t)
        return EW_MEMORY;
    t->inputs = m;
    t->layers = layers;
    t->nngp = ew_alloc_zero(square, sizeof *t->nngp, ctx);
    t->chi_par = ew_alloc_zero(line, sizeof *t->chi_par, ctx);
    t->chi_perp = ew_alloc_zero(line, sizeof *t->chi_perp, ctx);
    t->depth = ew_alloc_zero(line, sizeof *t->depth, ctx);
    if (tangent)
        t->ntk = ew_alloc_zero(square, sizeof *t->ntk, ctx);
    if (t->nngp && t->chi_par && t->chi_perp && t->depth && (t->ntk || !tangent))
        return EW_OK;
    return EW_MEMORY;
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

/* A triangle to both halves of a square. */
static ew_status unfold(ew_certified *square, ew_certified *triangle, slong m, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m && status == EW_OK; b++) {
            ew_certified *from = triangle + ew_triangle_index(m, a, b);
            if (a != b)
                status = copy(square + b * m + a, from, ctx);
            ew_certified_move(square + a * m + b, from);
        }
    return status;
}

static ew_status unfold_layers(ew_kernel_table *t, ew_kernel_solver *s, int tangent,
                               ew_context *ctx)
{
    slong m = s->m, n = s->triangle;
    ew_status status = EW_OK;
    for (slong l = 0; l < t->layers && status == EW_OK; l++) {
        ew_certified *row = s->flat + ew_kernel_row(s, l);
        status = unfold(t->nngp + l * m * m, row, m, ctx);
        if (status == EW_OK && tangent)
            status = unfold(t->ntk + l * m * m, row + n, m, ctx);
        for (slong a = 0; a < m; a++) {
            ew_certified_move(t->chi_par + l * m + a, row + 2 * n + a);
            if (s->map.tangent)
                ew_certified_move(t->chi_perp + l * m + a, row + 2 * n + m + a);
        }
    }
    return status;
}

/* Entries that are already decided are passed over by ew_certify: those that do not exist get a
 * mark. */
static ew_status mark_absent(ew_certified *x, ew_context *ctx)
{
    x->mid = ew_strdup("", ctx);
    return x->mid ? EW_OK : EW_MEMORY;
}

static void drop_absent(ew_certified *x, slong n)
{
    for (slong i = 0; i < n; i++)
        if (x[i].mid && !x[i].mid[0])
            ew_certified_clear(x + i);
}

static ew_status certify_all(ew_kernel_solver *s, slong digits, ew_context *ctx)
{
    slong total = ew_kernel_row(s, s->net->depth);
    ew_status status = EW_OK;
    if (!s->map.tangent)
        for (slong l = 0; l < s->net->depth && status == EW_OK; l++) {
            ew_certified *row = s->flat + ew_kernel_row(s, l);
            for (slong p = 0; p < s->triangle && status == EW_OK; p++)
                status = mark_absent(row + s->triangle + p, ctx);
            for (slong a = 0; a < s->m && status == EW_OK; a++)
                status = mark_absent(row + 2 * s->triangle + s->m + a, ctx);
        }
    if (status == EW_OK)
        status = ew_kernel_exact(s, digits, ctx);
    if (status == EW_OK)
        status = ew_certify(s->flat, total, digits, ew_kernel_run, s, ctx);
    drop_absent(s->flat, total);
    return status;
}

/* Correlation depths where chi_perp < 1 is certain: the inputs alone again, to more digits when
 * chi_perp is close to 1. */
static ew_status certify_depths(ew_kernel_table *t, ew_kernel_solver *s, slong digits,
                                ew_context *ctx)
{
    slong n = t->layers * s->m;
    ew_status status = EW_OK;
    arb_ptr v = NULL;
    if (!s->map.tangent)
        return EW_OK;
    s->depth_only = 1;
    v = _arb_vec_init(n);
    status = ew_kernel_run(v, NULL, 64 + 4 * digits, s, ctx);
    _arb_vec_clear(v, n);
    for (slong i = 0; i < n && status == EW_OK; i++)
        if (!s->below[i])
            status = mark_absent(t->depth + i, ctx);
    if (status == EW_OK)
        status = ew_certify(t->depth, n, digits, ew_kernel_run, s, ctx);
    drop_absent(t->depth, n);
    return status;
}

ew_status ew_kernel_solver_init(ew_kernel_solver *s, const ew_setting *net, int tangent,
                                ew_method method, ew_context *ctx)
{
    slong m = net->inputs, n = m * (m + 1) / 2;
    s->net = net;
    s->m = m;
    s->triangle = n;
    s->stride = 2 * n + 2 * m;
    s->same = ew_alloc((size_t) m * sizeof *s->same, ctx);
    s->first = ew_alloc_zero((size_t) n, sizeof *s->first, ctx);
    s->now = ew_alloc_zero((size_t) n, sizeof *s->now, ctx);
    s->below = ew_alloc_zero((size_t) (net->depth * m), 1, ctx);
    s->flat = ew_alloc_zero((size_t) ew_kernel_row(s, net->depth), sizeof *s->flat, ctx);
    if (!s->same || !s->first || !s->now || !s->below || !s->flat)
        return EW_MEMORY;
    classify(s, ctx);
    ew_status status = ew_evaluator_new(&s->E, net->activation, method, ctx);
    return status == EW_OK
               ? ew_mean_map_init(&s->map, net, tangent || net->activation->continuous, ctx)
               : status;
}

void ew_kernel_solver_clear(ew_kernel_solver *s)
{
    if (s->flat)
        ew_certified_free(s->flat, ew_kernel_row(s, s->net->depth));
    free(s->same);
    free(s->first);
    free(s->now);
    free(s->below);
    ew_evaluator_free(s->E);
    ew_mean_map_clear(&s->map);
}

ew_status ew_kernel_check(const ew_setting *net, int tangent, ew_context *ctx)
{
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH)
        return ew_fail(ctx, EW_USAGE, "kernel: depth must be from 1 to %d", EW_MAX_DEPTH);
    if (tangent && !net->activation->continuous)
        return ew_fail(ctx, EW_DOMAIN, "kernel: %s jumps, so it has no NTK",
                       net->activation->text);
    return ew_setting_first(NULL, NULL, net, 64, ctx);
}

ew_status ew_kernel_solve(ew_kernel_table **out, const ew_setting *net, int tangent,
                          slong digits, ew_method method, ew_context *ctx)
{
    ew_kernel_table *t = NULL;
    ew_kernel_solver s = {0};
    *out = NULL;
    if (digits < 1 || digits > EW_MAX_DIGITS)
        return ew_fail(ctx, EW_USAGE, "kernel: digits must be from 1 to %d", EW_MAX_DIGITS);
    ew_status status = ew_kernel_check(net, tangent, ctx);
    if (status == EW_OK)
        status = ew_kernel_solver_init(&s, net, tangent, method, ctx);
    if (status == EW_OK)
        status = table_new(&t, net->inputs, net->depth, tangent, ctx);
    if (status == EW_OK)
        status = certify_all(&s, digits, ctx);
    if (status == EW_OK)
        status = unfold_layers(t, &s, tangent, ctx);
    if (status == EW_OK)
        status = certify_depths(t, &s, digits, ctx);
    if (status == EW_OK)
        t->method = s.used ? s.used : "closed form";
    ew_kernel_solver_clear(&s);
    if (status != EW_OK) {
        ew_kernel_free(t);
        return status;
    }
    *out = t;
    return EW_OK;
}

#include "expect/dual/hermite.h"

#include <math.h>
#include <stdlib.h>

#include "activation/jet.h"
#include "expect/bound.h"
#include "expect/dual/hermite_sums.h"
#include "expect/grid.h"

#define BITS 140      /* of values and weights */
#define FURTHEST 46.0 /* e^(-x^2/4) and its low part are normal doubles */
#define MOST_NODES 32768
#define TRIES 12
#define MARGIN 4 /* bits a bound may exceed its estimate by */

/* Nodes i step, i >= 0, each for itself and its mirror image. */
typedef struct {
    ew_evaluator *E;
    arb_srcptr K;
    slong points, n;
    arb_t hull; /* of all variances */
    double low, high, step;
    size_t nodes;
    double size; /* log2 of about sqrt <s^2> */
    mag_t off;   /* discretisation and ends */
    ew_hermite_grid g;
    double *storage;
    arb_ptr sum; /* [points]: of |parts|, and of what their doubles are off by */
} family;

static double bound_of(const arb_t x, arf_rnd_t direction)
{
    arf_t end;
    arf_init(end);
    if (direction == ARF_RND_DOWN)
        arb_get_lbound_arf(end, x, 53);
    else
        arb_get_ubound_arf(end, x, 53);
    double d = arf_get_d(end, direction == ARF_RND_DOWN ? ARF_RND_FLOOR : ARF_RND_CEIL);
    arf_clear(end);
    return d;
}

static void family_init(family *x, ew_evaluator *E, const arb_t low, const arb_t high,
                        arb_srcptr K, slong points, slong n)
{
    *x = (family){.E = E, .K = K, .points = points, .n = n};
    arb_init(x->hull);
    arb_union(x->hull, low, high, 64);
    mag_init(x->off);
    x->low = bound_of(low, ARF_RND_DOWN);
    x->high = bound_of(high, ARF_RND_UP);
    x->sum = _arb_vec_init(2 * points);
}

static void family_clear(family *x)
{
    _arb_vec_clear(x->sum, 2 * x->points);
    mag_clear(x->off);
    arb_clear(x->hull);
    free(x->storage);
}

/* ---- the grid ------------------------------------------------------------------------------
 */

static ew_status set_size(family *x, const arb_t low, ew_context *ctx)
{
    ew_atom1 square = {{0, {2}}, 0};
    arb_t y;
    mag_t m;
    arb_init(y);
    mag_init(m);
    ew_status status = ew_expect_one(y, NULL, x->E, &square, 1, low, 32, ctx);
    arb_get_mag(m, y);
    x->size = mag_get_d_log2_approx(m) / 2;
    mag_clear(m);
    arb_clear(y);
    return status;
}

static ew_status unable(ew_context *ctx)
{
    return ew_fail(ctx, EW_UNABLE, "no trapezoidal rule in doubles for these coefficients");
}

/* A short dyadic number, so that the nodes are exact, below that of a level: what bounds the
 * level's error bounds this one's. */
static double step_of(const family *x, slong level)
{
    int e;
    double f = frexp(ew_grid_step(level) / sqrt(x->high) * (1 - 0x1p-30), &e);
    return ldexp(floor(ldexp(f, 20)), e - 20);
}

static ew_status choose_step(family *x, const ew_profile *p, double target, slong bits,
                             ew_context *ctx)
{
    ew_edge at;
    slong level = ew_grid_first(x->high, bits);
    for (int i = 0; i < TRIES; i++, level++) {
        level = ew_grid_level(&at, p, x->n - 1, target, x->high, level, NULL);
        if (level >= EW_GRID_LEVELS)
            return unable(ctx);
        ew_bound_trapezoid(x->off, &p->rung[at.rung].m, x->n - 1, at.d, ew_grid_step(level),
                           x->hull);
        x->step = step_of(x, level);
        if (mag_get_d_log2_approx(x->off) <= target + MARGIN)
            return EW_OK;
    }
    return unable(ctx);
}

static ew_status choose_end(family *x, const ew_profile *p, double target, ew_context *ctx)
{
    const ew_majorant *line = &p->rung[0].m;
    const double root = sqrt(x->low) * (1 - 0x1p-50);
    mag_t end;
    mag_init(end);
    double z = ew_bound_tail_start(line, x->n - 1, 0, target - p->rung[0].log2c, x->high);
    ew_status status = z < 0 ? unable(ctx) : EW_OK;
    for (int i = 0; status == EW_OK; i++, z *= 1.1) {
        double nodes = ceil(z / root / x->step) + 2;
        if (!(nodes <= MOST_NODES && nodes * x->step <= FURTHEST) || i == TRIES) {
            status = unable(ctx);
            break;
        }
        x->nodes = (size_t) nodes;
        ew_bound_tail(end, line, x->n - 1, (nodes - 1) * x->step * root * (1 - 0x1p-50),
                      x->hull);
        if (mag_get_d_log2_approx(end) <= target + MARGIN)
            break;
    }
    mag_mul_2exp_si(end, end, 1);
    mag_add(x->off, x->off, end);
    mag_clear(end);
    return status;
}

static ew_status choose_grid(family *x, slong bits, ew_context *ctx)
{
    const ew_monomial s = {0, {1}};
    const ew_profile *p;
    const double target = x->size - (double) bits - MARGIN;
    ew_status status = ew_grid_profile(&p, x->E, &s, ctx);
    if (status == EW_OK && p->rungs < 2)
        status = unable(ctx);
    if (status == EW_OK)
        status = choose_step(x, p, target, bits, ctx);
    return status == EW_OK ? choose_end(x, p, target, ctx) : status;
}

/* ---- what is summed ------------------------------------------------------------------------
 */

static void split(ew_pairs to, size_t i, const arb_t x)
{
    arf_t rest;
    arf_init(rest);
    to.h[i] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arf_set_d(rest, to.h[i]);
    arf_sub(rest, arb_midref(x), rest, BITS, ARF_RND_NEAR);
    to.l[i] = arf_get_d(rest, ARF_RND_NEAR);
    arf_clear(rest);
}

/* The same; the sums of sizes and errors of a function grow. */
static void split_part(family *x, slong point, ew_pairs to, size_t i, const arb_t y)
{
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    split(to, i, y);
    arb_abs(t, y);
    arb_add(x->sum + point, x->sum + point, t, 64);
    arb_set_d(t, to.h[i]);
    arb_set_d(u, to.l[i]);
    arb_add(t, t, u, BITS);
    arb_sub(t, t, y, BITS);
    arb_abs(t, t);
    arb_add(x->sum + x->points + point, x->sum + x->points + point, t, 64);
    arb_clear(u);
    arb_clear(t);
}

static ew_pairs take(double **storage, size_t n)
{
    ew_pairs p = {*storage, *storage + n};
    *storage += 2 * n;
    return p;
}

static ew_status make_room(family *x, ew_context *ctx)
{
    const size_t n = (x->nodes + EW_HERMITE_CHUNK - 1) / EW_HERMITE_CHUNK * EW_HERMITE_CHUNK;
    const ew_parity parity = x->E->s->parity;
    size_t parts = parity == EW_PARITY_NONE ? 2 : 1, functions = (size_t) x->points;
    x->storage = ew_alloc_zero(n * (3 + 2 * parts * functions), sizeof *x->storage, ctx);
    if (!x->storage)
        return EW_MEMORY;
    double *rest = x->storage + n;
    x->g = (ew_hermite_grid){.nodes = n, .functions = functions, .x = x->storage};
    x->g.start = take(&rest, n);
    if (parity != EW_PARITY_ODD)
        x->g.part[0] = take(&rest, n * functions);
    if (parity != EW_PARITY_EVEN)
        x->g.part[1] = take(&rest, n * functions);
    for (size_t i = 0; i < x->nodes; i++)
        x->storage[i] = (double) i * x->step;
    return EW_OK;
}

/* y = s(z) + s(-z) and s(z) - s(-z); s(0) and 0 at z = 0. */
static void both_parts(arb_ptr y, acb_ptr work, const family *x, const arb_t z)
{
    const ew_activation *s = x->E->s;
    acb_zero(work + 1);
    arb_set(acb_realref(work + 1), z);
    ew_jet(work, s->piece[0].f, work + 1, 1, 0, BITS);
    arb_set(y, acb_realref(work));
    arb_zero(y + 1);
    if (arb_is_zero(z))
        return;
    if (s->parity != EW_PARITY_NONE) {
        arb_mul_2exp_si(y, y, 1);
        arb_set(y + 1, y);
        return;
    }
    acb_neg(work + 1, work + 1);
    ew_jet(work, s->piece[0].f, work + 1, 1, 0, BITS);
    arb_sub(y + 1, y, acb_realref(work), BITS);
    arb_add(y, y, acb_realref(work), BITS);
}

/* U_0 = (2 pi)^(-1/4) e^(-x^2/4), and the functions are multiplied with step U_0. */
static void set_weight(arb_t w, double node)
{
    arb_t t;
    arb_init(t);
    arb_set_d(w, node);
    arb_mul(w, w, w, BITS);
    arb_mul_2exp_si(w, w, -2);
    arb_neg(w, w);
    arb_exp(w, w, BITS);
    arb_const_pi(t, BITS);
    arb_mul_2exp_si(t, t, 1);
    arb_root_ui(t, t, 4, BITS);
    arb_div(w, w, t, BITS);
    arb_clear(t);
}

static ew_status set_functions(family *x, ew_context *ctx)
{
    arb_t weight, z, node;
    arb_init(weight);
    arb_init(z);
    arb_init(node);
    acb_ptr work = _acb_vec_init(2);
    arb_ptr y = _arb_vec_init(2), root = _arb_vec_init(x->points);
    for (slong p = 0; p < x->points; p++)
        arb_sqrt(root + p, x->K + p, BITS);
    ew_status status = EW_OK;
    for (size_t i = 0; i < x->nodes && status == EW_OK; i++) {
        if (i % 64 == 0)
            status = ew_poll(ctx);
        arb_set_d(node, x->g.x[i]);
        set_weight(weight, x->g.x[i]);
        split(x->g.start, i, weight);
        arb_set_d(z, x->step);
        arb_mul(weight, weight, z, BITS);
        for (slong p = 0; p < x->points; p++) {
            arb_mul(z, node, root + p, BITS);
            both_parts(y, work, x, z);
            for (slong c = 0; c < 2; c++) {
                arb_mul(y + c, y + c, weight, BITS);
                if (x->g.part[c].h)
                    split_part(x, p, x->g.part[c], (size_t) p * x->g.nodes + i, y + c);
            }
        }
    }
    _arb_vec_clear(root, x->points);
    _arb_vec_clear(y, 2);
    _acb_vec_clear(work, 2);
    arb_clear(node);
    arb_clear(z);
    arb_clear(weight);
    return status;
}

/* ---- the sums ------------------------------------------------------------------------------
 */

static void set_roots(ew_pairs root, ew_pairs inverse, slong n)
{
    arb_t t;
    arb_init(t);
    for (slong k = 0; k <= n; k++) {
        arb_sqrt_ui(t, (ulong) k, BITS);
        split(root, (size_t) k, t);
        if (k == 0)
            continue;
        arb_inv(t, t, BITS);
        split(inverse, (size_t) k, t);
    }
    arb_clear(t);
}

/* What a function's sums are off by: everything is at most `most` times sums over the nodes;
 * underflow is below 2^-1000 a node and step. */
static void set_error(mag_t error, const family *x, slong point, double most)
{
    mag_t size, t;
    mag_init(size);
    mag_init(t);
    arb_get_mag(size, x->sum + point);
    mag_set_d(error, ew_hermite_drift((double) x->nodes * x->step, (size_t) x->n) +
                         ew_hermite_rounding(x->g.nodes) + 0x1p-104);
    mag_mul(error, error, size);
    arb_get_mag(t, x->sum + x->points + point);
    mag_add(error, error, t);
    mag_set_d(t, most);
    mag_mul(error, error, t);
    mag_add(error, error, x->off);
    mag_set_ui_2exp_si(t, 1, -960);
    mag_add(error, error, t);
    mag_clear(t);
    mag_clear(size);
}

static void set_values(arb_ptr value, const family *x, ew_pairs sum, double most)
{
    arb_t low;
    mag_t error;
    arb_init(low);
    mag_init(error);
    for (slong p = 0; p < x->points; p++) {
        set_error(error, x, p, most);
        for (slong k = 0; k < x->n; k++) {
            arb_ptr y = value + k * x->points + p;
            arb_zero(y);
            if (!x->g.part[k % 2].h)
                continue;
            arb_set_d(y, sum.h[k * x->points + p]);
            arb_set_d(low, sum.l[k * x->points + p]);
            arb_add(y, y, low, ARF_PREC_EXACT);
            arb_add_error_mag(y, error);
        }
    }
    mag_clear(error);
    arb_clear(low);
}

static ew_status run(arb_ptr value, family *x, ew_context *ctx)
{
    const size_t n = (size_t) x->n, sums = n * (size_t) x->points;
    double most, *storage = ew_alloc((4 * (n + 1) + 2 * sums) * sizeof *storage, ctx);
    if (!storage)
        return EW_MEMORY;
    double *rest = storage;
    ew_pairs root = take(&rest, n + 1), inverse = take(&rest, n + 1), sum = take(&rest, sums);
    set_roots(root, inverse, x->n);
    ew_status status = ew_hermite_sums(sum, &most, &x->g, n, root, inverse, ctx);
    if (status == EW_OK)
        set_values(value, x, sum, most);
    free(storage);
    return status;
}

/* The largest radius is small enough. */
static int reached(arb_srcptr value, const family *x, slong bits)
{
    mag_t most;
    mag_init(most);
    for (slong i = 0; i < x->n * x->points; i++)
        mag_max(most, most, arb_radref(value + i));
    int small =
        mag_is_finite(most) && mag_get_d_log2_approx(most) <= x->size - (double) bits + 2;
    mag_clear(most);
    return small;
}

ew_status ew_hermite_several(arb_ptr value, ew_evaluator *E, const arb_t low, const arb_t high,
                             arb_srcptr K, slong points, slong n, slong bits, ew_context *ctx)
{
    family x;
    if (E->s->n != 1)
        return unable(ctx);
    family_init(&x, E, low, high, K, points, n);
    ew_status status = set_size(&x, low, ctx);
    if (status == EW_OK && !(ew_ordinary_variance(x.hull) && isfinite(x.size)))
        status = unable(ctx);
    if (status == EW_OK)
        status = choose_grid(&x, bits, ctx);
    if (status == EW_OK)
        status = make_room(&x, ctx);
    if (status == EW_OK)
        status = set_functions(&x, ctx);
    if (status == EW_OK)
        status = run(value, &x, ctx);
    if (status == EW_OK && !reached(value, &x, bits))
        status = unable(ctx);
    family_clear(&x);
    return status;
}

/* Functions of one variance K and a correlation rho. */
#include <math.h>
#include <stdlib.h>

#include "expect/approximate/rounded.h"
#include "products/header/function_curve.h"
#include "products/header/function_plan.h"

#define K_MIN 0x1p-8 /* the default domain */
#define K_MAX 2.0
#define U 0x1.00001p-53 /* a rounding, and its products with others */
#define PROBE_BITS 120

typedef struct {
    const ew_header_request *r;
    ew_dual_text text;
    ew_surface surface;
    ew_root root;
    ew_curve curve[EW_CURVES];
    arb_t cw, cb;
} dual;

/* ---- what is claimed ----------------------------------------------------------------------
 */

/* The errors of the core functions, relative to <s'^2>, and times K to <s^2>; that of <s^2>. */
typedef struct {
    double relative[EW_SURFACE_MOST];
    double of_dd[EW_SURFACE_MOST], of_ss[EW_SURFACE_MOST];
    double one;
} sizes;

static void root_sizes(sizes *z, const dual *x)
{
    for (slong f = 0; f < EW_SURFACE_MOST; f++) {
        z->relative[f] = x->root.relative[f];
        z->of_dd[f] = z->of_ss[f] = x->root.error[f] / x->root.base[0] * (1 + 0x1p-50);
    }
    z->one = x->root.base_error / x->root.base[0] + 2 * U; /* the factor K */
}

/* The pieces of the curves are octaves, as are those of the surface. */
static void surface_sizes(sizes *z, const dual *x)
{
    const ew_surface *s = &x->surface;
    const ew_curve *ss = &x->curve[EW_CURVE_SS], *dd = &x->curve[EW_CURVE_DD];
    for (slong p = 0; p < s->pieces.n; p++) {
        slong q = p + s->pieces.first - ss->pieces.first;
        double most = ldexp(1, s->pieces.first + (int) p + 1);
        for (slong f = 0; f < s->functions; f++) {
            double e = s->error[p * s->functions + f] * (1 + 0x1p-50);
            z->relative[f] = s->relative[f];
            z->of_dd[f] = fmax(z->of_dd[f], e / dd->least[q]);
            z->of_ss[f] = fmax(z->of_ss[f], e * most / ss->least[q]);
        }
        z->one = fmax(z->one, ss->error[q] / ss->least[q] * (1 + 0x1p-50));
    }
}

/* <s s> at rho < 0 is <s s> at -1, itself a difference of <s^2> and of K times two averages,
 * plus K times an average; every intermediate is at most 2 <s^2>. */
static double crossing(const sizes *z)
{
    return z->one + z->of_ss[EW_SURFACE_SLOPE] + 2 * z->of_ss[EW_SURFACE_SLOPE_OPPOSITE] +
           12 * U;
}

/* At rho >= 0, <s s> = <s^2> - K t times an average, both at most <s^2>. */
static double facing(const sizes *z)
{
    return z->one + z->of_ss[EW_SURFACE_SLOPE] + 3 * U;
}

/* For s with <s(z) s(-z)> = 0 both sides have relative bounds: <s s> >= <s>^2 at rho >= 0. */
static double one_sided(const dual *x, const sizes *z)
{
    const ew_root *r = &x->root;
    if (!x->text.root || r->opposite != 0 || r->opposite_error > 0x1p-1000)
        return INFINITY;
    double least = r->base[0] - ew_root_at(r, EW_SURFACE_SLOPE, 1) - 0x1p-40;
    return fmax(facing(z) * r->base[0] / least * (1 + 0x1p-50),
                z->relative[EW_SURFACE_SLOPE_OPPOSITE] + 3 * U);
}

static void claims(dual *x)
{
    sizes z = {.one = 0};
    ew_dual_claims *c = &x->text.claim;
    ew_dual_shape shape = x->text.shape;
    if (x->text.root)
        root_sizes(&z, x);
    else
        surface_sizes(&z, x);
    double distance = z.relative[EW_SURFACE_SLOPE] + 3 * U, next = z.one + 7 * U;
    c->distance = distance;
    c->distance_scaled = INFINITY;
    c->dd = z.relative[EW_SURFACE_DD];
    c->dd_scaled = z.of_dd[EW_SURFACE_DD];
    if (shape == EW_DUAL_ODD) {
        c->ss = z.relative[EW_SURFACE_QUOTIENT] + 3 * U;
        c->ss_scaled = z.of_ss[EW_SURFACE_QUOTIENT] + 3 * U;
        c->distance_scaled = 2 * z.one + distance + 2 * U; /* 2 <s^2> less the other */
    } else if (shape == EW_DUAL_EVEN) {
        c->ss = INFINITY;
        c->ss_scaled = facing(&z);
    } else {
        c->ss = one_sided(x, &z);
        c->ss_scaled = fmax(facing(&z), crossing(&z));
        c->dd = fmax(c->dd, z.relative[EW_SURFACE_DD_OPPOSITE]);
        c->dd_scaled = fmax(c->dd_scaled, z.of_dd[EW_SURFACE_DD_OPPOSITE]);
        c->distance_scaled = crossing(&z);
    }
    c->next = c->distance + next;
    c->next_scaled = c->distance_scaled + 2 * next;
    double *all[] = {&c->ss,        &c->dd,        &c->distance,        &c->next,
                     &c->ss_scaled, &c->dd_scaled, &c->distance_scaled, &c->next_scaled};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = ew_bound_up(*all[i]);
    if (isfinite(c->ss))
        c->ss_scaled = INFINITY;
    if (isfinite(c->dd))
        c->dd_scaled = INFINITY;
}

/* ---- points -------------------------------------------------------------------------------
 */

enum { SS, DD, DISTANCE, NEXT, FUNCTIONS };

static const char *const names[FUNCTIONS] = {"ss", "dd", "distance", "next"};

/* What is true at (K, rho), rho a ball or exact: all four, and <s^2>, <s'^2>. */
typedef struct {
    arb_t y[FUNCTIONS], ss, dd;
} truth;

static void truth_init(truth *t)
{
    for (int i = 0; i < FUNCTIONS; i++)
        arb_init(t->y[i]);
    arb_init(t->ss);
    arb_init(t->dd);
}

static void truth_clear(truth *t)
{
    for (int i = 0; i < FUNCTIONS; i++)
        arb_clear(t->y[i]);
    arb_clear(t->ss);
    arb_clear(t->dd);
}

/* Expectations in two variables, by quadrature: nothing of what made the tables. */
static ew_status find(truth *t, const dual *x, double K, const arb_t rho, slong prec,
                      ew_context *ctx)
{
    const ew_atom2 two[] = {{{0, {1}}, {0, {1}}, 0, 0, 0}, {{0, {0, 1}}, {0, {0, 1}}, 0, 0, 0}};
    const ew_atom1 one[] = {{{0, {2}}, 0}, {{0, {0, 2}}, 0}};
    arb_t k, cross;
    arb_init(k);
    arb_init(cross);
    arb_ptr y = _arb_vec_init(4);
    arb_set_d(k, K);
    arb_mul(cross, k, rho, ARF_PREC_EXACT);
    ew_status status = ew_expect_two(y, NULL, x->r->E, two, 2, k, cross, k, prec, ctx);
    if (status == EW_OK)
        status = ew_expect_one(y + 2, NULL, x->r->E, one, 2, k, prec, ctx);
    arb_set(t->y[SS], y);
    arb_set(t->y[DD], y + 1);
    arb_set(t->ss, y + 2);
    arb_set(t->dd, y + 3);
    arb_sub(t->y[DISTANCE], y + 2, y, prec);
    arb_mul(t->y[NEXT], x->cw, y + 2, prec);
    arb_add(t->y[NEXT], t->y[NEXT], x->cb, prec);
    arb_div(t->y[NEXT], x->cw, t->y[NEXT], prec);
    arb_mul(t->y[NEXT], t->y[NEXT], t->y[DISTANCE], prec);
    _arb_vec_clear(y, 4);
    arb_clear(cross);
    arb_clear(k);
    return status;
}

static double above(const arb_t x)
{
    arf_t t;
    arf_init(t);
    arb_get_ubound_arf(t, x, 53);
    double y = arf_get_d(t, ARF_RND_CEIL);
    arf_clear(t);
    return y;
}

/* The claim at a point. */
static double bound_at(const dual *x, int f, double argument, const truth *t,
                       const ew_header_probe *p)
{
    const ew_dual_claims *c = &x->text.claim;
    const double relative[] = {c->ss, c->dd, c->distance, c->next};
    const double scaled[] = {c->ss_scaled, c->dd_scaled, c->distance_scaled, c->next_scaled};
    const double scale[] = {above(t->ss), above(t->dd), above(t->ss), 1};
    int far = f >= DISTANCE && argument > 1 && isfinite(scaled[f]);
    double b = isfinite(relative[f]) && !far ? relative[f] * fmax(fabs(p->lo), fabs(p->hi))
                                             : scaled[f] * scale[f];
    return nextafter(b, INFINITY) + 0x1p-1000;
}

static ew_status add_point(ew_header_function *f, const dual *x, int which, double K,
                           double argument, const truth *t, ew_context *ctx)
{
    ew_header_probe *p = ew_header_probe_add(f, ctx);
    if (!p)
        return EW_MEMORY;
    p->arg[0] = K;
    p->arg[1] = argument;
    p->args = 2;
    if (t) {
        ew_header_probe_set(p, t->y[which]);
        p->bound = bound_at(x, which, argument, t, p);
    }
    return EW_OK;
}

/* Functions of rho there, or of t. */
static ew_status probe_at(ew_header_function *f, const dual *x, double K, double argument,
                          int of_t, ew_context *ctx)
{
    truth t;
    arb_t rho;
    slong prec = PROBE_BITS;
    arb_init(rho);
    truth_init(&t);
    arb_set_d(rho, argument);
    if (of_t) {
        arb_sub_ui(rho, rho, 1, ARF_PREC_EXACT);
        arb_neg(rho, rho);
        if (argument > 0)
            prec += (slong) -fmin(2 * log2(argument), 0);
    }
    ew_status status = find(&t, x, K, rho, prec, ctx);
    int first = of_t ? DISTANCE : SS;
    for (int i = first; i < first + 2 && status == EW_OK; i++)
        status = add_point(&f[i], x, i, K, argument, &t, ctx);
    truth_clear(&t);
    arb_clear(rho);
    return status;
}

static ew_status probe_outside(ew_header_function *f, const dual *x, ew_context *ctx)
{
    const double lo = x->text.lo, hi = x->text.hi;
    const double rho[][2] = {{nextafter(lo, 0), 0.5},
                             {nextafter(hi, INFINITY), 0.5},
                             {NAN, 0.5},
                             {lo, nextafter(1, 2)},
                             {lo, -2},
                             {hi, NAN}};
    const double t[][2] = {{nextafter(lo, 0), 0.5},
                           {nextafter(hi, INFINITY), 0.5},
                           {NAN, 0.5},
                           {lo, nextafter(2, 3)},
                           {lo, -0x1p-1000},
                           {hi, NAN}};
    ew_status status = EW_OK;
    for (int i = 0; i < 6 && status == EW_OK; i++)
        for (int g = 0; g < FUNCTIONS && status == EW_OK; g++) {
            const double *a = g < DISTANCE ? rho[i] : t[i];
            status = add_point(&f[g], x, g, a[0], a[1], NULL, ctx);
        }
    return status;
}

/* Extreme correlations at both ends of the domain, and random pairs. */
static ew_status probe_inside(ew_header_function *f, const dual *x, ew_context *ctx)
{
    const double lo = x->text.lo, hi = x->text.hi;
    const double rho[] = {1, -1, 0, 0.5, -0.5, nextafter(1, 0), -0.25, nextafter(-0.5, 0)};
    const double t[] = {0, 1, 2, nextafter(1, 2), 0x1p-60, 0.5, nextafter(0.25, 0), 0x1p-9};
    ew_status status = EW_OK;
    for (int end = 0; end < 2; end++)
        for (int i = 0; i < 8 && status == EW_OK; i++) {
            status = probe_at(f, x, end ? hi : lo, rho[i], 0, ctx);
            if (status == EW_OK)
                status = probe_at(f, x, end ? hi : lo, t[i], 1, ctx);
        }
    for (slong i = 0; i < x->r->probes / 4 && status == EW_OK; i++) {
        const uint64_t n = 4 * (uint64_t) i;
        double K = ew_probe_between(x->r->seed, n, lo, hi),
               r = 2 * ew_probe_uniform(x->r->seed, 2 * n + 2) - 1,
               d = ew_probe_between(x->r->seed, n + 2, 0x1p-20, 2);
        status = probe_at(f, x, K, r, 0, ctx);
        if (status == EW_OK)
            status = probe_at(f, x, K, d, 1, ctx);
    }
    return status;
}

static ew_status add_functions(ew_header_functions *out, const dual *x, ew_context *ctx)
{
    const double relative[] = {x->text.claim.ss, x->text.claim.dd, x->text.claim.distance,
                               x->text.claim.next};
    char *from = ew_decimal_text(x->text.lo, ctx), *to = ew_decimal_text(x->text.hi, ctx);
    ew_status status = from && to ? EW_OK : EW_MEMORY;
    for (int i = 0; i < FUNCTIONS && status == EW_OK; i++) {
        ew_header_function *f = ew_header_function_add(out, ctx);
        if (f) {
            f->name = ew_format(ctx, "%s_%s", x->r->prefix, names[i]);
            f->call = ew_format(ctx, "%s_%s(a[0], a[1])", x->r->prefix, names[i]);
            f->domain = ew_format(ctx, "%s <= K <= %s, %s", from, to,
                                  i < DISTANCE ? "-1 <= rho <= 1" : "0 <= t <= 2");
            f->relative = relative[i];
        }
        status = f && f->name && f->call && f->domain ? EW_OK : EW_MEMORY;
    }
    free(from);
    free(to);
    if (status == EW_OK)
        status = probe_outside(out->function, x, ctx);
    if (status == EW_OK)
        status = probe_inside(out->function, x, ctx);
    return status;
}

/* ---- building -----------------------------------------------------------------------------
 */

static ew_status build(dual *x, ew_context *ctx)
{
    const ew_header_request *r = x->r;
    const ew_activation *s = r->net->activation;
    int shrink = r->k_min == 0 && r->k_max == 0;
    ew_dual_text *text = &x->text;
    ew_status status = ew_header_curves(x->curve, &text->lo, &text->hi, r, ctx);
    if (status != EW_OK)
        return status;
    text->prefix = r->prefix;
    if (s->homogeneous) {
        text->root = &x->root;
        return ew_root_new(&x->root, r->E, s, ctx);
    }
    text->surface = &x->surface;
    text->shape = s->parity == EW_PARITY_ODD    ? EW_DUAL_ODD
                  : s->parity == EW_PARITY_EVEN ? EW_DUAL_EVEN
                                                : EW_DUAL_NONE;
    if (shrink) {
        text->lo = fmax(text->lo, K_MIN);
        text->hi = fmin(text->hi, K_MAX);
    }
    return ew_surface_new(&x->surface, r->E, s, &text->lo, &text->hi, shrink, ctx);
}

static ew_status parameters(dual *x, ew_context *ctx)
{
    ew_status status =
        ew_setting_layer(x->cw, x->cb, NULL, NULL, x->r->net, 2, PROBE_BITS, ctx);
    x->text.cw = arf_get_d(arb_midref(x->cw), ARF_RND_NEAR);
    x->text.cb = arf_get_d(arb_midref(x->cb), ARF_RND_NEAR);
    return status;
}

ew_status ew_header_dual(ew_header_functions *out, const ew_header_request *r, ew_context *ctx)
{
    dual *x = ew_alloc_zero(1, sizeof *x, ctx);
    *out = (ew_header_functions){0};
    if (!x)
        return EW_MEMORY;
    x->r = r;
    arb_init(x->cw);
    arb_init(x->cb);
    ew_status status = parameters(x, ctx);
    if (status == EW_OK)
        status = build(x, ctx);
    if (status == EW_OK) {
        claims(x);
        out->text = ew_dual_write(&x->text, ctx);
        status = out->text ? add_functions(out, x, ctx) : EW_MEMORY;
    }
    for (int i = 0; i < EW_CURVES; i++)
        ew_curve_clear(&x->curve[i]);
    ew_surface_clear(&x->surface);
    arb_clear(x->cw);
    arb_clear(x->cb);
    free(x);
    if (status != EW_OK)
        ew_header_functions_clear(out);
    return status;
}

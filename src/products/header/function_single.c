/* Functions of one variance K: what a layer makes of one input. */
#include <math.h>
#include <stdlib.h>

#include "products/header/function_curve.h"

#define PROBE_BITS 100

/* <s^2>, D<s^2>, <s'^2> */
static const ew_atom1 atoms[EW_CURVES] = {{{0, {2}}, 0}, {{0, {2}}, 1}, {{0, {0, 2}}, 0}};
static const char *const names[EW_CURVES] = {"ss_one", "ss_slope", "dd_one"};
static const char *const whats[EW_CURVES] = {"<s^2>_K = E s(z)^2, z ~ N(0, K),", "d<s^2>_K/dK",
                                             "<s'^2>_K = E s'(z)^2, z ~ N(0, K),"};

/* The two that have a factor C_W. */
static const char chi[] = "\n"
                          "/* chi_par(K) = C_W d<s^2>_K/dK: $par$. */\n"
                          "static inline double @_chi_par(double K)\n"
                          "{\n"
                          "    return $cw$ * @_ss_slope(K);\n"
                          "}\n"
                          "\n"
                          "/* chi_perp(K) = C_W <s'^2>_K: $perp$. */\n"
                          "static inline double @_chi_perp(double K)\n"
                          "{\n"
                          "    return $cw$ * @_dd_one(K);\n"
                          "}\n";

typedef struct {
    const ew_header_request *r;
    ew_curve curve[EW_CURVES];
    double lo, hi;
    arb_t cw;
    double rounded;   /* C_W */
    int which, times; /* truth: this atom, times C_W or not */
} single;

static ew_status truth(arb_t y, const arb_t K, void *data, ew_context *ctx)
{
    single *x = data;
    ew_status status = ew_expect_one(y, NULL, x->r->E, &atoms[x->which], 1, K, PROBE_BITS, ctx);
    if (x->times)
        arb_mul(y, y, x->cw, PROBE_BITS);
    return status;
}

/* Two more roundings: of C_W and of the product. */
static double with_factor(double relative)
{
    return relative + 0x1.0001p-52 * (1 + relative);
}

static char *claim(double relative, const char *instead, ew_context *ctx)
{
    if (!isfinite(relative))
        return ew_strdup(instead, ctx);
    return ew_curve_claim("", "", relative, ctx);
}

static ew_status write_text(ew_header_functions *out, const single *x, ew_context *ctx)
{
    const char *prefix = x->r->prefix;
    ew_writer w = {.ctx = ctx};
    for (int i = 0; i < EW_CURVES; i++)
        ew_write_curve(&w, prefix, names[i], whats[i], &x->curve[i], x->lo, x->hi);
    char *cw = ew_double_text(x->rounded, ctx),
         *par =
             claim(with_factor(x->curve[EW_CURVE_SLOPE].relative),
                   "its absolute error is that of the factor, times C_W, and 2^-52 of it", ctx),
         *perp =
             claim(with_factor(x->curve[EW_CURVE_DD].relative),
                   "its absolute error is that of the factor, times C_W, and 2^-52 of it", ctx);
    if (cw && par && perp) {
        const ew_word words[] = {{"cw", cw}, {"par", par}, {"perp", perp}, {NULL, NULL}};
        ew_template(&w, chi, prefix, words);
    } else {
        w.failed = 1;
    }
    free(cw);
    free(par);
    free(perp);
    out->text = ew_writer_take(&w);
    return out->text ? EW_OK : EW_MEMORY;
}

static ew_status describe(ew_header_function *f, const single *x, const char *name,
                          ew_context *ctx)
{
    char *from = ew_decimal_text(x->lo, ctx), *to = ew_decimal_text(x->hi, ctx);
    f->name = ew_format(ctx, "%s_%s", x->r->prefix, name);
    f->call = ew_format(ctx, "%s_%s(a[0])", x->r->prefix, name);
    f->domain = from && to ? ew_format(ctx, "%s <= K <= %s", from, to) : NULL;
    free(from);
    free(to);
    return f->name && f->call && f->domain ? EW_OK : EW_MEMORY;
}

/* A function with its points; the absolute errors of one with a factor are not tabulated, so
 * that it is checked where it has a relative bound. */
static ew_status add(ew_header_functions *out, single *x, const char *name, int which,
                     int times, ew_context *ctx)
{
    const ew_curve *c = &x->curve[which];
    double relative = times ? with_factor(c->relative) : c->relative;
    if (times && !isfinite(relative))
        return EW_OK;
    ew_header_function *f = ew_header_function_add(out, ctx);
    if (!f)
        return EW_MEMORY;
    f->relative = relative;
    x->which = which;
    x->times = times;
    ew_status status = describe(f, x, name, ctx);
    if (status == EW_OK)
        status = ew_header_probe_curve(f, c, x->lo, x->hi, x->r, truth, x, ctx);
    return status;
}

ew_status ew_header_curves(ew_curve curve[EW_CURVES], double *lo, double *hi,
                           const ew_header_request *r, ew_context *ctx)
{
    int shrink;
    ew_status status = ew_header_domain(lo, hi, &shrink, r, ctx);
    if (status == EW_OK)
        status = ew_curves_new(curve, r->E, atoms, EW_CURVES, lo, hi, shrink, ctx);
    return status;
}

ew_status ew_header_single(ew_header_functions *out, const ew_header_request *r,
                           ew_context *ctx)
{
    single x = {.r = r};
    *out = (ew_header_functions){0};
    arb_init(x.cw);
    ew_status status = ew_header_curves(x.curve, &x.lo, &x.hi, r, ctx);
    if (status == EW_OK)
        status = ew_setting_layer(x.cw, NULL, NULL, NULL, r->net, 2, PROBE_BITS, ctx);
    x.rounded = arf_get_d(arb_midref(x.cw), ARF_RND_NEAR);
    if (status == EW_OK)
        status = write_text(out, &x, ctx);
    for (int i = 0; i < EW_CURVES && status == EW_OK; i++)
        status = add(out, &x, names[i], i, 0, ctx);
    if (status == EW_OK)
        status = add(out, &x, "chi_par", EW_CURVE_SLOPE, 1, ctx);
    if (status == EW_OK)
        status = add(out, &x, "chi_perp", EW_CURVE_DD, 1, ctx);
    for (int i = 0; i < EW_CURVES; i++)
        ew_curve_clear(&x.curve[i]);
    arb_clear(x.cw);
    if (status != EW_OK)
        ew_header_functions_clear(out);
    return status;
}

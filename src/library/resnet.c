/* resnet: residual networks whose weights are correlated in depth, by simulation. */
#include "library/resnet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/plot.h"
#include "library/csv_input.h"
#include "library/value.h"

#define WIDTH 8
#define SAMPLES 64
#define DEPTHS "64,256,1024"
#define HURSTS "1/10,3/10,1/2,3/4,9/10"
#define BITS 128

typedef struct {
    const ew_network *net;
    ew_setup *setup;
    ew_deep_options opt;
    int single, two, inner; /* the forms asked for */
    slong *depth;
    slong hursts;
    double *hurst;
    double second; /* s''(0) */
    double *abar, *bbar;
    ew_estimate *coordinate; /* [2 d]: with abar */
    slong points;
    ew_resnet_point *point;
} resnet;

static const char *const form_name[] = {"single", "two", "inner"};

const char *ew_deep_form_name(ew_deep_form form)
{
    return form_name[form];
}

double ew_resnet_predicted(ew_deep_form form, int odd, double hurst)
{
    double h = form == EW_DEEP_TWO && odd ? 2 * hurst - 1 : hurst;
    return h > 0.5 ? h : 0.5;
}

/* ---- what is asked ------------------------------------------------------------------------
 */

static ew_status read_forms(resnet *s, ew_context *ctx)
{
    const char *text = ew_network_get(s->net, "form");
    ew_items list;
    ew_status status = ew_value_items(&list, "form", text ? text : "single,two", ctx);
    for (slong i = 0; i < list.n; i++) {
        s->single |= strcmp(list.item[i], "single") == 0;
        s->two |= strcmp(list.item[i], "two") == 0;
        s->inner |= strcmp(list.item[i], "inner") == 0;
    }
    ew_items_clear(&list);
    if (status == EW_OK && s->inner && (s->single || s->two))
        status = ew_fail(ctx, EW_USAGE, "form: inner stands alone");
    if (status == EW_OK && s->inner && ew_network_get(s->net, "hurst"))
        status = ew_fail(ctx, EW_USAGE, "hurst: form inner has Brownian weights");
    return status;
}

/* d from the rows and columns of one or more matrices, of d rows each: the width, where it is
 * given; 0 when they make none. */
static slong matrix_width(const resnet *s, const ew_csv *csv)
{
    slong d = ew_network_get(s->net, "width") ? (slong) s->opt.width
              : csv->rows % csv->columns == 0 ? csv->columns
                                              : csv->columns - 1;
    int fits = d > 0 && (csv->columns == d || csv->columns == d + 1) && csv->rows % d == 0;
    return fits ? d : 0;
}

static ew_status take_matrices(resnet *s, const ew_csv *csv, ew_context *ctx)
{
    slong d = matrix_width(s, csv);
    if (!d)
        return ew_fail(ctx, EW_USAGE, "abar: %ld rows of %ld numbers make no matrix",
                       (long) csv->rows, (long) csv->columns);
    s->opt.width = (size_t) d;
    s->opt.knots = csv->rows / d;
    s->abar = ew_alloc_zero((size_t) (csv->rows * d), sizeof *s->abar, ctx);
    s->bbar = ew_alloc_zero((size_t) csv->rows, sizeof *s->bbar, ctx);
    s->coordinate = ew_alloc_zero(2 * (size_t) d, sizeof *s->coordinate, ctx);
    if (!s->abar || !s->bbar || !s->coordinate)
        return EW_MEMORY;
    for (slong i = 0; i < csv->rows; i++)
        for (slong j = 0; j < csv->columns; j++) {
            double x = fmpq_get_d(csv->x + i * csv->columns + j);
            *(j < d ? s->abar + i * d + j : s->bbar + i) = x;
        }
    s->opt.abar = s->abar;
    s->opt.bbar = s->bbar;
    return EW_OK;
}

/* --abar FILE.csv: d rows of d numbers; one more number a row is bbar.  Several such matrices
 * are those of equally spaced times from 0 to 1. */
static ew_status read_shift(resnet *s, ew_context *ctx)
{
    const char *path = ew_network_get(s->net, "abar");
    ew_csv *csv;
    if (!path)
        return EW_OK;
    if (!s->inner || isnan(s->opt.beta))
        return ew_fail(ctx, EW_USAGE, "abar: only with form inner and residual");
    if (s->opt.beta < 1)
        return ew_fail(ctx, EW_UNABLE, "no limit: Abar moves h by L^(1 - beta)");
    ew_status status = ew_csv_read(&csv, path, ctx);
    if (status != EW_OK)
        return status;
    status = take_matrices(s, csv, ctx);
    ew_csv_free(csv);
    return status;
}

static int ascending(const void *x, const void *y)
{
    slong a = *(const slong *) x, b = *(const slong *) y;
    return (a > b) - (a < b);
}

static ew_status read_depths(resnet *s, ew_context *ctx)
{
    const char *text = ew_network_get(s->net, "depth");
    ew_items list;
    ew_status status = ew_value_items(&list, "depth", text ? text : DEPTHS, ctx);
    if (status != EW_OK)
        return status;
    s->depth = ew_alloc_zero((size_t) list.n, sizeof *s->depth, ctx);
    if (!s->depth)
        status = EW_MEMORY;
    for (slong i = 0; i < list.n && status == EW_OK; i++) {
        uint64_t l;
        status = ew_value_integer(&l, "depth", list.item[i], 1, EW_MAX_DEPTH, ctx);
        s->depth[i] = (slong) l;
    }
    if (status == EW_OK)
        qsort(s->depth, (size_t) list.n, sizeof *s->depth, ascending);
    s->opt.depth = s->depth;
    s->opt.depths = list.n;
    for (slong i = 1; i < list.n && status == EW_OK; i++)
        if (s->depth[i] == s->depth[i - 1])
            status = ew_fail(ctx, EW_USAGE, "depth: %ld is given twice", (long) s->depth[i]);
    ew_items_clear(&list);
    return status;
}

static double number(const ew_expr *e)
{
    arb_t x;
    arb_init(x);
    ew_expr_constant(x, e, BITS);
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    return d;
}

static ew_status read_hursts(resnet *s, ew_context *ctx)
{
    const char *text = ew_network_get(s->net, "hurst");
    ew_expr **x;
    ew_status status =
        ew_value_constants(&x, &s->hursts, "hurst", text ? text : HURSTS, 1, ctx);
    if (status != EW_OK)
        return status;
    s->hurst = ew_alloc_zero((size_t) s->hursts, sizeof *s->hurst, ctx);
    for (slong i = 0; s->hurst && i < s->hursts; i++)
        s->hurst[i] = number(x[i]);
    for (slong i = 0; s->hurst && i < s->hursts && status == EW_OK; i++)
        if (!(s->hurst[i] > 0 && s->hurst[i] <= 1))
            status = ew_fail(ctx, EW_DOMAIN, "hurst: the index must be above 0 and at most 1");
    ew_constants_free(x, s->hursts);
    return s->hurst ? status : EW_MEMORY;
}

static ew_status scalar_number(double *d, const ew_scalar *x, ew_context *ctx)
{
    arb_t b;
    arb_init(b);
    ew_status status = ew_scalar_ball(b, x, BITS, ctx);
    *d = arf_get_d(arb_midref(b), ARF_RND_NEAR);
    arb_clear(b);
    return status;
}

static int as_wide_as_h(const ew_residual *r)
{
    return !r->inner && !r->wide && r->over == r->under;
}

/* C_W, C_b, C_V, beta and |h_0|^2/d. */
static ew_status read_numbers(resnet *s, ew_context *ctx)
{
    const char *residual = ew_network_get(s->net, "residual");
    const char *gram = ew_network_get(s->net, "gram");
    ew_setting *net = &s->setup->net;
    ew_expr *size = NULL;
    ew_status status = ew_setup_parameters(s->setup, s->net, ctx);
    if (status == EW_OK && (net->cw.n > 1 || net->cb.n > 1))
        status = ew_fail(ctx, EW_USAGE, "cw, cb: one value, not a list");
    if (status == EW_OK)
        status = scalar_number(&s->opt.cw, net->cw.x, ctx);
    if (status == EW_OK)
        status = scalar_number(&s->opt.cb, net->cb.x, ctx);
    if (status == EW_OK && s->opt.cb != 0 && !s->inner)
        status = ew_fail(ctx, EW_UNABLE, "cb: only form inner has biases");
    if (status == EW_OK)
        status = ew_value_constant(&size, "gram", gram ? gram : "1", ctx);
    if (status == EW_OK)
        status = ew_value_sign(size, "gram", 1, ctx);
    if (status == EW_OK)
        s->opt.size = number(size);
    ew_expr_free(size);
    s->opt.cv = 1;
    s->opt.beta = NAN;
    if (status == EW_OK && residual)
        status = ew_residual_read(&s->setup->residual, residual, ctx);
    if (status == EW_OK && residual && !as_wide_as_h(s->setup->residual))
        status = ew_fail(ctx, EW_UNABLE, "residual: the inner width is that of h here");
    if (status == EW_OK && residual)
        status = scalar_number(&s->opt.cv, &s->setup->residual->cv, ctx);
    if (status == EW_OK && residual)
        status = scalar_number(&s->opt.beta, &s->setup->residual->beta, ctx);
    return status;
}

/* s(0) = 0 and s'(0) = 1, or h' = h + s(...) has no limit; s''(0) makes the drift. */
static ew_status read_expansion(resnet *s, ew_context *ctx)
{
    arb_ptr c = _arb_vec_init(3);
    ew_status status = ew_activation_taylor(c, NULL, NULL, s->setup->activation, 3, BITS, ctx);
    if (status == EW_OK && (!arb_contains_zero(c) || !arb_contains_si(c + 1, 1)))
        status = ew_fail(ctx, EW_DOMAIN, "form inner: needs s(0) = 0 and s'(0) = 1");
    s->second = 2 * arf_get_d(arb_midref(c + 2), ARF_RND_NEAR);
    if (status == EW_OK && s->second == 0 && s->opt.beta != 1)
        status = ew_fail(ctx, EW_DOMAIN, "form inner: s''(0) = 0, so that there is no drift");
    _arb_vec_clear(c, 3);
    return status;
}

static ew_status set_up(resnet *s, ew_context *ctx)
{
    ew_status status = ew_setup_brief(&s->setup, s->net, ctx);
    if (status == EW_OK)
        status = read_forms(s, ctx);
    if (status == EW_OK)
        status = read_depths(s, ctx);
    if (status == EW_OK)
        status = read_hursts(s, ctx);
    if (status == EW_OK)
        status = read_numbers(s, ctx);
    if (status == EW_OK && s->inner)
        status = read_expansion(s, ctx);
    if (status == EW_OK && !s->inner && isnan(s->opt.beta) && s->opt.depths < 2)
        status = ew_fail(ctx, EW_USAGE, "depth: the critical beta needs two or more");
    if (status != EW_OK)
        return status;
    s->opt.s = s->setup->activation;
    s->opt.width = (size_t) ew_network_integer(s->net, "width", WIDTH);
    s->opt.samples = ew_network_unsigned(s->net, "samples", SAMPLES);
    s->opt.seed = ew_network_unsigned(s->net, "seed", 0);
    return read_shift(s, ctx);
}

static void clear(resnet *s)
{
    for (slong i = 0; s->point && i < s->points; i++)
        free(s->point[i].alpha);
    free(s->point);
    free(s->abar);
    free(s->bbar);
    free(s->coordinate);
    free(s->depth);
    free(s->hurst);
    ew_setup_free(s->setup);
}

/* ---- the measurements ---------------------------------------------------------------------
 */

static json_t *estimate_json(ew_estimate x)
{
    return ew_json_sampled(x.mean, x.se);
}

static json_t *depth_json(const ew_deep_options *opt, slong i, int with_hurst)
{
    json_t *o = json_object();
    int bad = 0;
    if (with_hurst) {
        bad |= json_object_set_new(o, "form", json_string(ew_deep_form_name(opt->form)));
        bad |= json_object_set_new(o, "hurst", json_real(opt->hurst));
    }
    bad |= json_object_set_new(o, "depth", json_integer((json_int_t) opt->depth[i]));
    return ew_command_node(o, bad, NULL);
}

static ew_status measure_critical(json_t *points, json_t *depths, resnet *s, ew_context *ctx)
{
    ew_resnet_point *p = &s->point[s->points];
    int odd = s->opt.s->parity == EW_PARITY_ODD, bad = 0;
    uint64_t used;
    p->form = s->opt.form;
    p->hurst = s->opt.hurst;
    p->predicted = ew_resnet_predicted(p->form, odd, p->hurst);
    p->alpha = ew_alloc_zero((size_t) s->opt.depths, sizeof *p->alpha, ctx);
    if (!p->alpha)
        return EW_MEMORY;
    s->points++;
    ew_status status = ew_deep_critical(p->alpha, &p->beta, &used, &s->opt, ctx);
    if (status != EW_OK)
        return status;
    json_t *o = json_object();
    bad |= json_object_set_new(o, "form", json_string(ew_deep_form_name(p->form)));
    bad |= json_object_set_new(o, "hurst", json_real(p->hurst));
    bad |= json_object_set_new(o, "beta", estimate_json(p->beta));
    bad |= json_object_set_new(o, "predicted", json_real(p->predicted));
    if (used < s->opt.samples)
        bad |= json_object_set_new(o, "samples", json_integer((json_int_t) used));
    bad |= json_array_append_new(points, o);
    for (slong i = 0; i < s->opt.depths; i++) {
        o = depth_json(&s->opt, i, 1);
        bad |= json_object_set_new(o, "ln_alpha", estimate_json(p->alpha[i]));
        bad |= json_array_append_new(depths, o);
    }
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

/* A table of estimates by depth, the columns named. */
static ew_status append_rows(json_t *depths, const resnet *s, const char *const *name,
                             ew_estimate *const *x, ew_context *ctx)
{
    int bad = 0;
    for (slong i = 0; i < s->opt.depths; i++) {
        json_t *o = depth_json(&s->opt, i, !s->inner);
        for (int c = 0; name[c]; c++)
            bad |= json_object_set_new(o, name[c], estimate_json(x[c][i]));
        bad |= json_array_append_new(depths, o);
    }
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

static ew_status measure_at(json_t *depths, resnet *s, ew_context *ctx)
{
    static const char *const moves[] = {"size", "move", NULL};
    static const char *const drifts[] = {"move", "predicted", "ratio", NULL};
    size_t n = (size_t) s->opt.depths;
    ew_estimate *x = ew_alloc_zero(3 * n, sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    ew_estimate *const column[] = {x, x + n, x + 2 * n};
    ew_status status =
        s->inner ? ew_deep_drift(x, x + n, x + 2 * n, s->coordinate, s->second, &s->opt, ctx)
                 : ew_deep_at(x, x + n, &s->opt, ctx);
    if (status == EW_OK)
        status = append_rows(depths, s, s->inner ? drifts : moves, column, ctx);
    free(x);
    return status;
}

static ew_status measure_form(json_t *points, json_t *depths, resnet *s, ew_deep_form form,
                              ew_context *ctx)
{
    ew_status status = EW_OK;
    s->opt.form = form;
    for (slong i = 0; i < (s->inner ? 1 : s->hursts) && status == EW_OK; i++) {
        s->opt.hurst = s->inner ? 0.5 : s->hurst[i];
        status = s->inner || !isnan(s->opt.beta) ? measure_at(depths, s, ctx)
                                                 : measure_critical(points, depths, s, ctx);
    }
    return status;
}

static ew_status measure(json_t *points, json_t *depths, resnet *s, ew_context *ctx)
{
    ew_status status = EW_OK;
    s->point = ew_alloc_zero((size_t) (2 * s->hursts), sizeof *s->point, ctx);
    if (!s->point)
        return EW_MEMORY;
    if (s->single)
        status = measure_form(points, depths, s, EW_DEEP_SINGLE, ctx);
    if (s->two && status == EW_OK)
        status = measure_form(points, depths, s, EW_DEEP_TWO, ctx);
    if (s->inner && status == EW_OK)
        status = measure_form(points, depths, s, EW_DEEP_INNER, ctx);
    return status;
}

/* The limit of form inner, and what the coordinates do where there is a matrix. */
static int put_inner(json_t *body, const resnet *s, ew_context *ctx)
{
    const char *mean = s->opt.beta != 1   ? ""
                       : s->opt.knots > 1 ? "Abar(t) H + bbar(t) + "
                       : s->abar          ? "Abar H + bbar + "
                                          : "H + ";
    char *text =
        ew_format(ctx, "dH = (%s(1/2) s''(0) Q) dt + Q^(1/2) dB, Q = C_W |H|^2/d + C_b", mean);
    int bad = !text || json_object_set_new(body, "equation", json_string(text));
    free(text);
    bad = bad || json_object_set_new(body, "second_derivative", ew_json_real(s->second));
    if (bad || !s->abar)
        return bad;
    json_t *rows = json_array();
    for (size_t c = 0; c < s->opt.width; c++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "coordinate", json_integer((json_int_t) c + 1));
        bad |= json_object_set_new(o, "move", estimate_json(s->coordinate[c]));
        bad |=
            json_object_set_new(o, "predicted", estimate_json(s->coordinate[s->opt.width + c]));
        bad |= json_array_append_new(rows, o);
    }
    return bad | json_object_set_new(body, "coordinates", rows);
}

/* ---- the result ---------------------------------------------------------------------------
 */

static json_t *network_json(const resnet *s, ew_context *ctx)
{
    const ew_deep_options *opt = &s->opt;
    const ew_setting *net = &s->setup->net;
    const char *gram = ew_network_get(s->net, "gram");
    json_t *o = json_object(), *depth = json_array();
    int bad = json_object_set_new(o, "activation", json_string(opt->s->text));
    for (slong i = 0; i < opt->depths; i++)
        bad |= json_array_append_new(depth, json_integer((json_int_t) opt->depth[i]));
    bad |= json_object_set_new(o, "depth", depth);
    bad |= json_object_set_new(o, "width", json_integer((json_int_t) opt->width));
    bad |= json_object_set_new(o, "cw", ew_scalar_json(net->cw.x, s->setup->digits, ctx));
    bad |= json_object_set_new(o, "cb", ew_scalar_json(net->cb.x, s->setup->digits, ctx));
    if (s->setup->residual)
        bad |= json_object_set_new(o, "residual", ew_residual_json(s->setup, ctx));
    bad |= json_object_set_new(o, "gram", json_string(gram ? gram : "1"));
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) opt->samples));
    bad |= json_object_set_new(o, "seed", ew_json_unsigned(opt->seed));
    return ew_command_node(o, bad, ctx);
}

static ew_status run(ew_result **res, resnet *s, ew_context *ctx)
{
    const char *plot = ew_network_get(s->net, "plot");
    json_t *points = json_array(), *depths = json_array(), *body = json_object();
    ew_status status = set_up(s, ctx);
    if (status == EW_OK && plot && (s->inner || !isnan(s->opt.beta)))
        status = ew_fail(ctx, EW_USAGE, "plot: only of the critical beta");
    if (status == EW_OK && plot)
        status = ew_plot_check(plot, ctx);
    if (status == EW_OK)
        status = measure(points, depths, s, ctx);
    if (status == EW_OK && plot)
        status = ew_resnet_plot(plot, s->point, s->points, s->opt.s, ctx);
    int bad = 0;
    if (s->points)
        bad |= json_object_set(body, "points", points);
    bad |= json_object_set(body, "depths", depths);
    if (status == EW_OK && s->inner)
        bad |= put_inner(body, s, ctx);
    json_decref(points);
    json_decref(depths);
    if (status == EW_OK)
        return ew_command_end(res, "resnet", network_json(s, ctx),
                              ew_command_node(body, bad, ctx), ctx);
    json_decref(body);
    return status;
}

ew_status ew_resnet(ew_result **res, const ew_network *net, ew_context *ctx)
{
    resnet s = {.net = net};
    ew_status status = ew_command_begin(res, net, ctx);
    if (status != EW_OK)
        return status;
    ew_command_threads(net, ctx);
    status = run(res, &s, ctx);
    clear(&s);
    return status;
}

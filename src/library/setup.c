#include "library/setup.h"

#include <stdlib.h>
#include <string.h>

#include "library/value.h"

/* ---- scalar lists -------------------------------------------------------------------------
 */

void ew_scalars_clear(ew_scalar_list *list)
{
    for (slong i = 0; i < list->n; i++)
        ew_expr_free(list->x[i].e);
    free(list->x);
    memset(list, 0, sizeof *list);
}

ew_status ew_scalars_read(ew_scalar_list *list, const char *name, const char *text,
                          ew_context *ctx)
{
    ew_expr **x;
    slong n;
    memset(list, 0, sizeof *list);
    ew_status status = ew_value_constants(&x, &n, name, text, -1, ctx);
    if (status != EW_OK)
        return status;
    list->x = ew_alloc_zero((size_t) n, sizeof *list->x, ctx);
    if (!list->x) {
        ew_constants_free(x, n);
        return EW_MEMORY;
    }
    list->n = n;
    for (slong i = 0; i < n; i++)
        list->x[i].e = x[i];
    free(x);
    return EW_OK;
}

static ew_status copy_list(ew_scalar_list *list, const ew_scalar_list *from, ew_context *ctx)
{
    list->x = ew_alloc_zero((size_t) from->n, sizeof *list->x, ctx);
    if (!list->x)
        return EW_MEMORY;
    list->n = from->n;
    for (slong i = 0; i < from->n; i++) {
        list->x[i] = from->x[i];
        if (from->x[i].e)
            list->x[i].e = ew_expr_ref(from->x[i].e);
    }
    return EW_OK;
}

static ew_status check_length(const ew_setup *s, const char *name, slong n, ew_context *ctx)
{
    if (n == 1 || n == s->net.depth)
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "%s: %ld values for %ld layers", name, (long) n,
                   (long) s->net.depth);
}

/* ---- learning rates -----------------------------------------------------------------------
 */

static ew_status set_rates(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *convention = ew_network_get(net, "convention");
    const char *w = ew_network_get(net, "lambda-w"), *b = ew_network_get(net, "lambda-b");
    ew_status status;
    if (convention && strcmp(convention, "neural-tangents") == 0) {
        /* There every parameter is unit normal times sigma/sqrt(n): lambda_W = C_W, lambda_b =
         * C_b. */
        if (w || b)
            return ew_fail(ctx, EW_USAGE, "%s: convention neural-tangents fixes it",
                           w ? "lambda-w" : "lambda-b");
        status = copy_list(&s->net.lambda_w, &s->net.cw, ctx);
        return status == EW_OK ? copy_list(&s->net.lambda_b, &s->net.cb, ctx) : status;
    }
    status = ew_scalars_read(&s->net.lambda_w, "lambda-w", w ? w : "1", ctx);
    if (status == EW_OK)
        status = ew_scalars_read(&s->net.lambda_b, "lambda-b", b ? b : "0", ctx);
    if (status == EW_OK)
        status = check_length(s, "lambda-w", s->net.lambda_w.n, ctx);
    return status == EW_OK ? check_length(s, "lambda-b", s->net.lambda_b.n, ctx) : status;
}

/* ---- inputs -------------------------------------------------------------------------------
 */

static ew_status set_gram(ew_setup *s, const char *text, ew_context *ctx)
{
    ew_scalar_list list;
    ew_status status = ew_scalars_read(&list, "gram", text, ctx);
    if (status != EW_OK)
        return status;
    slong m = 1;
    while (m * (m + 1) / 2 < list.n)
        m++;
    s->net.gram = list.x;
    s->net.inputs = m;
    if (m * (m + 1) / 2 == list.n)
        return EW_OK;
    status =
        ew_fail(ctx, EW_USAGE, "gram: an upper triangle has 1, 3, 6, 10, ... entries, not %ld",
                (long) list.n);
    ew_scalars_clear(&list);
    s->net.gram = NULL;
    s->net.inputs = 0;
    return status;
}

static ew_status dot_ball(arb_t x, slong prec, void *data, ew_context *ctx)
{
    const ew_dot_scalar *d = data;
    arb_t cw;
    arb_init(cw);
    ew_status status = ew_setting_layer(cw, x, NULL, NULL, d->net, 1, prec, ctx);
    if (status == EW_OK) {
        arb_t q;
        arb_init(q);
        arb_set_fmpq(q, d->square, prec);
        arb_sqrt(q, q, prec);
        arb_mul(cw, cw, q, prec);
        arb_set_fmpq(q, d->dot, prec);
        arb_addmul(x, cw, q, prec);
        arb_clear(q);
    }
    arb_clear(cw);
    return status;
}

/* C_b + C_W x.y/n_0, exact where C_W and C_b are. */
static ew_status dot_scalar(ew_scalar *x, ew_dot_scalar *d, ew_context *ctx)
{
    const ew_scalar *cw = ew_scalar_at(&d->net->cw, 1), *cb = ew_scalar_at(&d->net->cb, 1);
    if (!cw->e || !cb->e) {
        x->fn = dot_ball;
        x->data = d;
        return EW_OK;
    }
    ew_expr *dot = ew_expr_num(d->dot, ctx);
    if (!fmpq_is_one(d->square))
        dot = ew_expr_2(EW_MUL, dot, ew_expr_1(EW_SQRT, ew_expr_num(d->square, ctx), ctx), ctx);
    x->e = ew_expr_2(EW_ADD, ew_expr_ref(cb->e),
                     ew_expr_2(EW_MUL, ew_expr_ref(cw->e), dot, ctx), ctx);
    return x->e ? EW_OK : ew_recorded(ctx);
}

/* The rows of `inputs`, then those of `inputs-test`. */
static ew_status read_inputs(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *test = ew_network_get(net, "inputs-test");
    ew_status status = ew_csv_read(&s->inputs, ew_network_get(net, "inputs"), ctx);
    ew_csv *more = NULL;
    s->given = status == EW_OK ? s->inputs->rows : 0;
    if (status == EW_OK && test)
        status = ew_csv_read(&more, test, ctx);
    if (status == EW_OK && test)
        status = ew_csv_append(s->inputs, more, test, ctx);
    ew_csv_free(more);
    return status;
}

/* x.y/(|x| |y|) = x.y sqrt(1/(|x|^2 |y|^2)), a rational where it can be. */
static ew_status normalize(ew_dot_scalar *d, const fmpq_t xx, const fmpq_t yy, slong row,
                           ew_context *ctx)
{
    fmpz_t p, q;
    if (fmpq_is_zero(xx))
        return ew_fail(ctx, EW_USAGE, "inputs: row %ld is 0 and has no direction (normalize)",
                       (long) row + 1);
    if (fmpq_is_zero(yy))
        return EW_OK; /* told at its own row */
    fmpq_mul(d->square, xx, yy);
    fmpq_inv(d->square, d->square);
    fmpz_init(p);
    fmpz_init(q);
    if (fmpz_is_square(fmpq_numref(d->square)) && fmpz_is_square(fmpq_denref(d->square))) {
        fmpz_sqrt(p, fmpq_numref(d->square));
        fmpz_sqrt(q, fmpq_denref(d->square));
        fmpq_mul_fmpz(d->dot, d->dot, p);
        fmpq_div_fmpz(d->dot, d->dot, q);
        fmpq_one(d->square);
    }
    fmpz_clear(p);
    fmpz_clear(q);
    return EW_OK;
}

/* x_a.x_b/n_0 into the pair's scalar. */
static ew_status set_dot(ew_dot_scalar *d, const ew_csv *csv, slong a, slong b, int unit,
                         ew_context *ctx)
{
    slong n = csv->columns;
    const fmpq *x = csv->x + a * n, *y = csv->x + b * n;
    fmpq_init(d->dot);
    fmpq_init(d->square);
    fmpq_one(d->square);
    ew_csv_product(d->dot, x, y, n);
    if (!unit)
        return EW_OK;
    fmpq_t xx, yy;
    fmpq_init(xx);
    fmpq_init(yy);
    ew_csv_product(xx, x, x, n);
    ew_csv_product(yy, y, y, n);
    ew_status status = normalize(d, xx, yy, a, ctx);
    fmpq_clear(xx);
    fmpq_clear(yy);
    return status;
}

static ew_status set_inputs(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    ew_status status = read_inputs(s, net, ctx);
    if (status != EW_OK)
        return status;
    const ew_csv *csv = s->inputs;
    int unit = ew_network_get(net, "normalize") != NULL;
    slong m = csv->rows, n = m * (m + 1) / 2;
    s->dot = ew_alloc_zero((size_t) n, sizeof *s->dot, ctx);
    s->net.gram = ew_alloc_zero((size_t) n, sizeof *s->net.gram, ctx);
    if (!s->dot || !s->net.gram)
        status = EW_MEMORY;
    else
        s->net.dot = s->products = _fmpq_vec_init(n);
    if (status == EW_OK)
        s->net.inputs = m;
    s->net.coordinates = csv->columns;
    for (slong a = 0; status == EW_OK && a < m; a++) {
        for (slong b = a; status == EW_OK && b < m; b++) {
            ew_dot_scalar *d = s->dot + s->dots;
            d->net = &s->net;
            s->dots++;
            status = set_dot(d, csv, a, b, unit, ctx);
            if (!fmpq_is_one(d->square))
                s->net.dot = NULL;
            fmpq_set(s->products + s->dots - 1, d->dot);
            if (status == EW_OK)
                status = dot_scalar(s->net.gram + s->dots - 1, d, ctx);
        }
    }
    return status;
}

static ew_status set_covariance(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *gram = ew_network_get(net, "gram"), *path = ew_network_get(net, "inputs");
    if (gram && path)
        return ew_fail(ctx, EW_USAGE, "gram and inputs exclude each other");
    return path ? set_inputs(s, net, ctx) : set_gram(s, gram ? gram : "1", ctx);
}

/* ---- widths -------------------------------------------------------------------------------
 */

static ew_status set_widths(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "width");
    ew_items list;
    if (!text)
        return EW_OK;
    ew_status status = ew_value_items(&list, "width", text, ctx);
    if (status == EW_OK)
        status = check_length(s, "width", list.n, ctx);
    if (status == EW_OK && s->residual && list.n > 1)
        status = ew_fail(ctx, EW_USAGE, "width: a residual network has one, not a list");
    if (status == EW_OK && !(s->net.width = ew_alloc_zero((size_t) list.n, sizeof(ulong), ctx)))
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < list.n; i++) {
        uint64_t n;
        status = ew_value_integer(&n, "width", list.item[i], 1, 1000000000, ctx);
        s->net.width[i] = (ulong) n;
        s->net.widths = i + 1;
    }
    ew_items_clear(&list);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------
 */

static ew_method method_named(const char *name)
{
    static const struct {
        const char *name;
        ew_method method;
    } methods[] = {{"auto", EW_AUTO},     {"closed", EW_CLOSED},     {"grid", EW_GRID},
                   {"panels", EW_PANELS}, {"adaptive", EW_ADAPTIVE}, {"plane", EW_PLANE}};
    for (size_t i = 0; name && i < sizeof methods / sizeof *methods; i++)
        if (strcmp(name, methods[i].name) == 0)
            return methods[i].method;
    return EW_AUTO;
}

ew_status ew_setup_brief(ew_setup **out, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "activation");
    *out = NULL;
    if (!text)
        return ew_fail(ctx, EW_USAGE, "activation: none given");
    ew_setup *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    arb_init(s->at[0].last);
    arb_init(s->at[1].last);
    s->digits = ew_network_integer(net, "digits", 15);
    s->exact = ew_network_get(net, "exact") != NULL;
    s->method = method_named(ew_network_get(net, "method"));
    ew_status status = ew_activation_new(&s->activation, text, ctx);
    s->net.activation = s->activation;
    if (status != EW_OK)
        ew_setup_free(s);
    else
        *out = s;
    return status;
}

/* All but depth and widths, which are set before and after. */
static ew_status set_all(ew_setup *s, const ew_network *net, int abilities, ew_context *ctx)
{
    ew_status status = ew_setup_parameters(s, net, ctx);
    if (status == EW_OK)
        status = check_length(s, "cw", s->net.cw.n, ctx);
    if (status == EW_OK)
        status = check_length(s, "cb", s->net.cb.n, ctx);
    if (status == EW_OK)
        status = set_rates(s, net, ctx);
    if (status == EW_OK && s->residual)
        status = ew_setup_blocks(s, net, ctx);
    if (status != EW_OK || abilities & EW_SETUP_DATA)
        return status == EW_OK ? set_gram(s, "1", ctx) : status;
    status = set_covariance(s, net, ctx);
    return status == EW_OK ? ew_setup_directions(s, net, ctx) : status;
}

/* The network's depth; the largest of a list of alternatives. */
static ew_status read_depth(slong *depth, const ew_network *net, int alternatives,
                            ew_context *ctx)
{
    const char *text = ew_network_get(net, "depth");
    ew_items list;
    *depth = alternatives ? 5 : 2;
    if (!text)
        return EW_OK;
    ew_status status = ew_value_items(&list, "depth", text, ctx);
    if (status == EW_OK && list.n > 1 && !alternatives)
        status = ew_fail(ctx, EW_USAGE, "depth: one value, not a list");
    for (slong i = 0; status == EW_OK && i < list.n; i++) {
        uint64_t layers;
        status = ew_value_integer(&layers, "depth", list.item[i], 1, EW_MAX_DEPTH, ctx);
        if (i == 0 || (slong) layers > *depth)
            *depth = (slong) layers;
    }
    ew_items_clear(&list);
    return status;
}

ew_ensemble ew_setup_ensemble(const ew_network *net)
{
    const char *name = ew_network_get(net, "ensemble");
    return name && strcmp(name, "orthogonal") == 0 ? EW_ENSEMBLE_ORTHOGONAL
                                                   : EW_ENSEMBLE_GAUSSIAN;
}

static ew_status read_ensemble(ew_ensemble *ensemble, const ew_network *net, int orthogonal,
                               ew_context *ctx)
{
    *ensemble = ew_setup_ensemble(net);
    if (*ensemble == EW_ENSEMBLE_GAUSSIAN || orthogonal)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "ensemble: this command cannot do orthogonal weights");
}

static ew_status read_residual(ew_setup *s, const ew_network *net, int residual,
                               ew_context *ctx)
{
    const char *text = ew_network_get(net, "residual");
    if (!text)
        return EW_OK;
    if (!residual)
        return ew_fail(ctx, EW_UNABLE, "residual: this command cannot do residual networks");
    if (s->net.ensemble == EW_ENSEMBLE_ORTHOGONAL)
        return ew_fail(ctx, EW_UNABLE, "residual: not with orthogonal weights");
    return ew_residual_read(&s->residual, text, ctx);
}

ew_status ew_setup_able(ew_setup **out, const ew_network *net, int abilities, ew_context *ctx)
{
    int alternatives = abilities & EW_SETUP_ALTERNATIVES;
    slong depth;
    ew_ensemble ensemble;
    ew_setup *s = NULL;
    *out = NULL;
    ew_status status = read_depth(&depth, net, alternatives, ctx);
    if (status == EW_OK)
        status = read_ensemble(&ensemble, net, abilities & EW_SETUP_ORTHOGONAL, ctx);
    if (status == EW_OK)
        status = ew_setup_brief(&s, net, ctx);
    if (status != EW_OK)
        return status;
    s->net.depth = depth;
    s->net.ensemble = ensemble;
    status = read_residual(s, net, abilities & EW_SETUP_RESIDUAL, ctx);
    if (status == EW_OK)
        status = set_all(s, net, abilities, ctx);
    if (status == EW_OK && !alternatives)
        status = set_widths(s, net, ctx);
    if (status != EW_OK)
        ew_setup_free(s);
    else
        *out = s;
    return status;
}

ew_status ew_setup_new(ew_setup **out, const ew_network *net, ew_context *ctx)
{
    return ew_setup_able(out, net, 0, ctx);
}

ew_status ew_setup_alternatives(ew_setup **out, const ew_network *net, ew_context *ctx)
{
    return ew_setup_able(out, net, EW_SETUP_ALTERNATIVES, ctx);
}

void ew_setup_free(ew_setup *s)
{
    if (!s)
        return;
    ew_scalar_list gram = {s->net.inputs * (s->net.inputs + 1) / 2, s->net.gram};
    ew_scalars_clear(&s->net.cw);
    ew_scalars_clear(&s->net.cb);
    ew_scalars_clear(&s->net.lambda_w);
    ew_scalars_clear(&s->net.lambda_b);
    ew_scalars_clear(&gram);
    free(s->net.width);
    for (slong i = 0; i < s->dots; i++) {
        fmpq_clear(s->dot[i].dot);
        fmpq_clear(s->dot[i].square);
    }
    free(s->dot);
    if (s->products)
        _fmpq_vec_clear(s->products, s->net.inputs * (s->net.inputs + 1) / 2);
    ew_setup_directions_free(s);
    ew_csv_free(s->inputs);
    ew_residual_free(s->residual);
    arb_clear(s->at[0].last);
    arb_clear(s->at[1].last);
    ew_critical_point_free(s->point);
    ew_critical_list_free(s->critical);
    ew_activation_free(s->activation);
    free(s);
}

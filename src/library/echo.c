/* The network as understood, for the result. */
#include <stdlib.h>
#include <string.h>

#include "arith/certify.h"
#include "arith/decimal.h"
#include "emit/result.h"
#include "library/setup.h"

static ew_status one_ball(arb_ptr value, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) scale;
    return ew_scalar_ball(value, data, prec, ctx);
}

static json_t *text_json(char *text, ew_context *ctx)
{
    json_t *node = text ? json_string(text) : NULL;
    free(text);
    if (!node)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return node;
}

json_t *ew_scalar_json(const ew_scalar *x, slong digits, ew_context *ctx)
{
    fmpq_t q;
    json_t *node;
    fmpq_init(q);
    int rational = ew_scalar_rational(q, x);
    if (rational) {
        node = text_json(ew_rational_text(q), ctx);
    } else if (x->e) {
        node = text_json(ew_expr_text(x->e, ctx), ctx);
    } else {
        ew_certified c;
        ew_certified_init(&c);
        node = NULL;
        if (ew_certify(&c, 1, digits, one_ball, (void *) (uintptr_t) x, ctx) == EW_OK)
            node = ew_json_certified(&c);
        ew_certified_clear(&c);
    }
    fmpq_clear(q);
    return node;
}

static json_t *array_json(const ew_scalar *x, slong n, slong digits, ew_context *ctx)
{
    json_t *array = json_array();
    int bad = 0;
    for (slong i = 0; !bad && i < n; i++)
        bad |= json_array_append_new(array, ew_scalar_json(x + i, digits, ctx));
    if (!bad)
        return array;
    json_decref(array);
    return NULL;
}

/* A uniform list as one value, else by layer, or by block. */
static json_t *list_json(const ew_scalar_list *list, const ew_setup *s, ew_context *ctx)
{
    const ew_scalar *x = list->x;
    slong n = list->n;
    if (s->residual) {
        x++; /* the input is not one of the blocks, which share what is uniform */
        n--;
        if (x[0].e == x[n - 1].e && x[0].data == x[n - 1].data)
            n = 1;
    }
    return n == 1 ? ew_scalar_json(x, s->digits, ctx) : array_json(x, n, s->digits, ctx);
}

static json_t *defaulted_json(const ew_setup *s)
{
    json_t *names = json_array();
    int bad = 0;
    if (s->cw_defaulted)
        bad |= json_array_append_new(names, json_string("cw"));
    if (s->cb_defaulted)
        bad |= json_array_append_new(names, json_string("cb"));
    if (!bad)
        return names;
    json_decref(names);
    return NULL;
}

static json_t *width_json(const ew_setting *net)
{
    json_t *array = json_array();
    int bad = 0;
    for (slong i = 0; i < net->widths; i++)
        bad |= json_array_append_new(array, json_integer((json_int_t) net->width[i]));
    if (!bad)
        return array;
    json_decref(array);
    return NULL;
}

json_t *ew_setup_json(const ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *convention = ew_network_get(net, "convention");
    const char *ensemble =
        s->net.ensemble == EW_ENSEMBLE_ORTHOGONAL ? "orthogonal" : "gaussian";
    slong m = s->net.inputs;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "activation", json_string(s->activation->text));
    ew_clear(ctx);
    bad |= json_object_set_new(o, "depth",
                               json_integer((json_int_t) s->net.depth - (s->residual != NULL)));
    bad |= json_object_set_new(o, "cw", list_json(&s->net.cw, s, ctx));
    bad |= json_object_set_new(o, "cb", list_json(&s->net.cb, s, ctx));
    bad |= json_object_set_new(o, "lambda_w", list_json(&s->net.lambda_w, s, ctx));
    bad |= json_object_set_new(o, "lambda_b", list_json(&s->net.lambda_b, s, ctx));
    bad |= json_object_set_new(o, "ensemble", json_string(ensemble));
    if (s->residual)
        bad |= json_object_set_new(o, "residual", ew_residual_json(s, ctx));
    bad |= json_object_set_new(o, "inputs", json_integer((json_int_t) m));
    bad |= json_object_set_new(o, "gram",
                               array_json(s->net.gram, m * (m + 1) / 2, s->digits, ctx));
    const char *directions = ew_network_get(net, "directions");
    if (s->net.directions > 0 || directions || ew_network_get(net, "jacobian") ||
        ew_network_get(net, "robust"))
        bad |= json_object_set_new(o, "directions",
                                   json_string(directions ? directions : "coordinates"));
    if (s->net.widths > 0)
        bad |= json_object_set_new(o, "width", width_json(&s->net));
    bad |= json_object_set_new(o, "digits", json_integer((json_int_t) s->digits));
    bad |= json_object_set_new(o, "convention", json_string(convention ? convention : "pdlt"));
    bad |= json_object_set_new(o, "defaulted", defaulted_json(s));
    if (!bad)
        return o;
    json_decref(o);
    if (ew_recorded(ctx) == EW_MEMORY)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return NULL;
}

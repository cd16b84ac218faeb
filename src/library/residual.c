#include "library/residual.h"

#include <stdlib.h>
#include <string.h>

#include "library/setup.h"
#include "library/value.h"

#define MOST_INNER 1000000000

void ew_residual_free(ew_residual *r)
{
    if (!r)
        return;
    ew_expr_free(r->beta.e);
    ew_expr_free(r->cv.e);
    free(r);
}

static ew_status constant(ew_scalar *x, const char *name, const char *text, int least,
                          ew_context *ctx)
{
    if (x->e)
        return ew_fail(ctx, EW_USAGE, "%s: given twice", name);
    ew_status status = ew_value_constant(&x->e, name, text, ctx);
    return status == EW_OK ? ew_value_sign(x->e, name, least, ctx) : status;
}

/* One item KEY=VALUE. */
static ew_status read_item(ew_residual *r, const char *item, ew_context *ctx)
{
    const char *equals = strchr(item, '=');
    size_t n = equals ? (size_t) (equals - item) : 0;
    uint64_t inner;
    if (n == 4 && strncmp(item, "beta", n) == 0)
        return constant(&r->beta, "residual: beta", equals + 1, 0, ctx);
    if (n == 2 && strncmp(item, "cv", n) == 0)
        return constant(&r->cv, "residual: cv", equals + 1, 1, ctx);
    if (n != 5 || strncmp(item, "inner", n) != 0)
        return ew_fail(ctx, EW_USAGE, "residual: '%.40s' is not beta=B, cv=X or inner=M", item);
    if (r->inner)
        return ew_fail(ctx, EW_USAGE, "residual: inner: given twice");
    ew_status status =
        ew_value_integer(&inner, "residual: inner", equals + 1, 1, MOST_INNER, ctx);
    r->inner = (ulong) inner;
    return status;
}

ew_status ew_residual_read(ew_residual **out, const char *text, ew_context *ctx)
{
    ew_items list;
    *out = NULL;
    ew_status status = ew_value_items(&list, "residual", text, ctx);
    if (status != EW_OK)
        return status;
    ew_residual *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        status = EW_MEMORY;
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        status = read_item(r, list.item[i], ctx);
    if (status == EW_OK && !r->beta.e)
        status = ew_fail(ctx, EW_USAGE, "residual: beta=B is missing");
    if (status == EW_OK && !r->cv.e)
        status = ew_value_constant(&r->cv.e, "residual: cv", "1", ctx);
    ew_items_clear(&list);
    if (status == EW_OK)
        *out = r;
    else
        ew_residual_free(r);
    return status;
}

/* The list of layers 1..blocks+1: `first`, then those of the blocks. */
static ew_status prepend(ew_scalar_list *list, const char *first, slong blocks, ew_context *ctx)
{
    ew_scalar_list all = {blocks + 1, NULL};
    all.x = ew_alloc_zero((size_t) all.n, sizeof *all.x, ctx);
    if (!all.x)
        return EW_MEMORY;
    ew_status status = ew_value_constant(&all.x->e, "residual", first, ctx);
    for (slong l = 1; l <= blocks; l++) {
        all.x[l] = *ew_scalar_at(list, l);
        if (all.x[l].e)
            all.x[l].e = ew_expr_ref(all.x[l].e);
    }
    ew_scalars_clear(list);
    *list = all;
    return status;
}

ew_status ew_setup_blocks(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *convention = ew_network_get(net, "convention");
    slong blocks = s->net.depth;
    s->residual->rate_cv = convention && strcmp(convention, "neural-tangents") == 0;
    s->net.residual = s->residual;
    s->net.depth = blocks + 1;
    ew_status status = prepend(&s->net.cw, "1", blocks, ctx);
    if (status == EW_OK)
        status = prepend(&s->net.cb, "0", blocks, ctx);
    if (status == EW_OK)
        status = prepend(&s->net.lambda_w, "0", blocks, ctx);
    return status == EW_OK ? prepend(&s->net.lambda_b, "0", blocks, ctx) : status;
}

json_t *ew_residual_json(const ew_setup *s, ew_context *ctx)
{
    const ew_residual *r = s->residual;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "beta", ew_scalar_json(&r->beta, s->digits, ctx));
    bad |= json_object_set_new(o, "cv", ew_scalar_json(&r->cv, s->digits, ctx));
    if (r->inner)
        bad |= json_object_set_new(o, "inner", json_integer((json_int_t) r->inner));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

#include "library/residual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "library/setup.h"
#include "library/value.h"

#define MOST_INNER 1000000000
#define MOST_PART 1000000

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

/* "n", "2n", "3/2n", "n/2": the number before n and that after it; 0 when it is none of these.
 */
static int read_multiple(ew_residual *r, const char *text)
{
    char number[32] = "1";
    const char *n = strchr(text, 'n');
    size_t before = n ? (size_t) (n - text) : sizeof number;
    fmpq_t x, y;
    int known = 0;
    if (before >= sizeof number || (n[1] && n[1] != '/'))
        return 0;
    memcpy(number, before ? text : "1", before ? before : 1);
    number[before ? before : 1] = '\0';
    fmpq_init(x);
    fmpq_init(y);
    if (ew_rational_read(x, number) == 0 && ew_rational_read(y, n[1] ? n + 2 : "1") == 0 &&
        fmpq_sgn(x) > 0 && fmpq_sgn(y) > 0) {
        fmpq_div(x, x, y);
        known = fmpz_cmp_ui(fmpq_numref(x), MOST_PART) <= 0 &&
                fmpz_cmp_ui(fmpq_denref(x), MOST_PART) <= 0;
    }
    if (known) {
        r->over = fmpz_get_ui(fmpq_numref(x));
        r->under = fmpz_get_ui(fmpq_denref(x));
    }
    fmpq_clear(x);
    fmpq_clear(y);
    return known;
}

static ew_status read_inner(ew_residual *r, const char *text, ew_context *ctx)
{
    uint64_t inner;
    if (r->inner || r->over || r->wide)
        return ew_fail(ctx, EW_USAGE, "residual: inner: given twice");
    if (strcmp(text, "infinite") == 0) {
        r->wide = 1;
        return EW_OK;
    }
    if (read_multiple(r, text))
        return EW_OK;
    ew_status status = ew_value_integer(&inner, "residual: inner", text, 1, MOST_INNER, ctx);
    r->inner = (ulong) inner;
    return status;
}

/* One item KEY=VALUE. */
static ew_status read_item(ew_residual *r, const char *item, ew_context *ctx)
{
    const char *equals = strchr(item, '=');
    size_t n = equals ? (size_t) (equals - item) : 0;
    if (n == 4 && strncmp(item, "beta", n) == 0)
        return constant(&r->beta, "residual: beta", equals + 1, 0, ctx);
    if (n == 2 && strncmp(item, "cv", n) == 0)
        return constant(&r->cv, "residual: cv", equals + 1, 1, ctx);
    if (n != 5 || strncmp(item, "inner", n) != 0)
        return ew_fail(ctx, EW_USAGE, "residual: '%.40s' is not beta=B, cv=X or inner=M", item);
    return read_inner(r, equals + 1, ctx);
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
    if (status == EW_OK)
        r->cv_given = r->cv.e != NULL;
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

/* "n", "2n", "3/2n", "infinite" */
static json_t *inner_json(const ew_residual *r, ew_context *ctx)
{
    char part[48] = "";
    if (r->over > 1 || r->under > 1)
        snprintf(part, sizeof part, r->under > 1 ? "%lu/%lu" : "%lu", r->over, r->under);
    char *text = r->wide ? ew_strdup("infinite", ctx) : ew_format(ctx, "%sn", part);
    json_t *node = text ? json_string(text) : NULL;
    free(text);
    return node;
}

json_t *ew_residual_json(const ew_setup *s, ew_context *ctx)
{
    const ew_residual *r = s->residual;
    json_t *o = json_object();
    int bad = json_object_set_new(o, "beta", ew_scalar_json(&r->beta, s->digits, ctx));
    bad |= json_object_set_new(o, "cv", ew_scalar_json(&r->cv, s->digits, ctx));
    if (r->inner)
        bad |= json_object_set_new(o, "inner", json_integer((json_int_t) r->inner));
    else
        bad |= json_object_set_new(o, "inner", inner_json(r, ctx));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

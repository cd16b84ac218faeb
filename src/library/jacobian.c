#include "library/jacobian.h"

#include <stdlib.h>

/* Where it does not exist the Jacobian NTK is left out, as the NTK of a step is. */
static int has_ntk(const ew_setup *s, char **why, ew_context *ctx)
{
    int exists = ew_jacobian_exists(&s->net, 1, ctx) == EW_OK;
    *why = exists ? NULL : ew_strdup(ew_context_error(ctx), ctx);
    if (!exists)
        ew_clear(ctx);
    return exists;
}

static ew_status check_exact(const ew_setup *s, const ew_jacobian_table *t, ew_context *ctx)
{
    slong n = t->layers * t->rows * t->rows;
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < n; i++) {
        status = ew_command_exact(s, t->nngp + i, "an entry of the Jacobian's covariance", ctx);
        if (status == EW_OK && t->ntk)
            status = ew_command_exact(s, t->ntk + i, "an entry of the Jacobian NTK", ctx);
    }
    return status;
}

ew_status ew_jacobian_asked(ew_jacobian_table **out, const ew_setup *s, const ew_network *net,
                            ew_context *ctx)
{
    *out = NULL;
    if (!ew_network_get(net, "jacobian")) {
        if (ew_network_get(net, "directions"))
            return ew_fail(ctx, EW_USAGE, "directions: only with jacobian");
        return EW_OK;
    }
    ew_status status = ew_jacobian_exists(&s->net, 0, ctx);
    if (status != EW_OK)
        return status;
    char *why;
    int ntk = has_ntk(s, &why, ctx);
    free(why);
    status = ew_jacobian_solve(out, &s->net, ntk, s->digits, s->method, ctx);
    if (status == EW_OK)
        status = check_exact(s, *out, ctx);
    return status;
}

int ew_jacobian_layer_json(json_t *layer, const ew_jacobian_table *t, slong l)
{
    slong n = t->rows;
    int bad =
        json_object_set_new(layer, "jacobian_nngp", ew_json_matrix(t->nngp + l * n * n, n));
    if (t->ntk)
        bad |=
            json_object_set_new(layer, "jacobian_ntk", ew_json_matrix(t->ntk + l * n * n, n));
    return bad;
}

/* "f(1)", ..., "d1 f(1)", ...: values first, then each input's derivatives. */
static json_t *rows_json(const ew_jacobian_table *t, ew_context *ctx)
{
    json_t *rows = json_array();
    int bad = rows == NULL;
    for (slong r = 0; r < t->rows && !bad; r++) {
        slong k = r - t->inputs;
        char *name = k < 0 ? ew_format(ctx, "f(%ld)", (long) (r + 1))
                           : ew_format(ctx, "d%ld f(%ld)", (long) (k % t->directions + 1),
                                       (long) (k / t->directions + 1));
        bad = !name || json_array_append_new(rows, json_string(name));
        free(name);
    }
    return ew_command_node(rows, bad, ctx);
}

static int set_text(json_t *o, const char *key, char *text)
{
    int bad = !text || json_object_set_new(o, key, json_string(text));
    free(text);
    return bad;
}

/* Why a matrix is singular; NULL, with nothing recorded, when it is not known to be. */
static char *singular_text(const ew_jacobian_table *t, const ew_setup *s, ew_context *ctx)
{
    ew_jacobian_relation r = ew_jacobian_singular(&s->net);
    if (r.input < 0)
        return NULL;
    char *degree = r.degree == 1  ? ew_strdup("", ctx)
                   : r.degree > 0 ? ew_format(ctx, "%ld ", (long) r.degree)
                                  : ew_strdup("q ", ctx);
    char *text =
        ew_format(ctx, "%s: x.J f = %sf without biases, and the directions span input %ld",
                  t->ntk && r.ntk ? "jacobian_nngp and jacobian_ntk" : "jacobian_nngp",
                  degree ? degree : "", (long) (r.input + 1));
    free(degree);
    return text;
}

json_t *ew_jacobian_json(const ew_jacobian_table *t, const ew_setup *s, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "rows", rows_json(t, ctx));
    char *singular = singular_text(t, s, ctx), *why = NULL;
    if (singular)
        bad |= set_text(o, "singular", singular);
    if (!has_ntk(s, &why, ctx))
        bad |= set_text(o, "no_ntk", why);
    return ew_command_node(o, bad, ctx);
}

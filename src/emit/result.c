#include "emit/result.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

ew_result *ew_result_of(json_t *root, ew_context *ctx)
{
    ew_result *res = calloc(1, sizeof *res);
    if (!res || !root) {
        json_decref(root);
        free(res);
        ew_fail(ctx, EW_MEMORY, "out of memory");
        return NULL;
    }
    res->root = root;
    return res;
}

ew_result *ew_result_new(const char *command, json_t *network, json_t *result, ew_context *ctx)
{
    json_t *root = json_object();
    int bad = !root || !network || !result;
    bad |= json_object_set_new(root, "edgeworth", json_string(ew_version()));
    bad |= json_object_set_new(root, "command", json_string(command));
    bad |= json_object_set_new(root, "network", network);
    bad |= json_object_set_new(root, "result", result);
    if (bad) {
        json_decref(root);
        root = NULL;
    }
    return ew_result_of(root, ctx);
}

void ew_result_free(ew_result *res)
{
    if (!res)
        return;
    json_decref(res->root);
    free(res);
}

/* The object, or NULL in its place when building it failed. */
static json_t *whole(json_t *object, int bad)
{
    if (!bad)
        return object;
    json_decref(object);
    return NULL;
}

json_t *ew_json_certified(const ew_certified *x)
{
    if (!x->mid)
        return json_null();
    json_t *o = json_object();
    int bad = json_object_set_new(o, "mid", json_string(x->mid));
    bad |= json_object_set_new(o, "rad", json_string(x->rad));
    if (x->exact)
        bad |= json_object_set_new(o, "exact", json_string(x->exact));
    if (x->absolute)
        bad |= json_object_set_new(o, "absolute", json_true());
    if (x->method)
        bad |= json_object_set_new(o, "method", json_string(x->method));
    return whole(o, bad);
}

json_t *ew_json_unsigned(uint64_t n)
{
    char text[24];
    if (n <= INT64_MAX)
        return json_integer((json_int_t) n);
    snprintf(text, sizeof text, "%" PRIu64, n);
    return json_string(text);
}

json_t *ew_json_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *ew_json_sampled(double mean, double se)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "mean", ew_json_real(mean));
    bad |= json_object_set_new(o, "se", ew_json_real(se));
    return whole(o, bad);
}

json_t *ew_json_vector(const ew_certified *x, slong n)
{
    json_t *a = json_array();
    int bad = 0;
    for (slong i = 0; i < n; i++)
        bad |= json_array_append_new(a, ew_json_certified(x + i));
    return whole(a, bad);
}

json_t *ew_json_matrix(const ew_certified *x, slong n)
{
    json_t *a = json_array();
    int bad = 0;
    for (slong i = 0; i < n; i++)
        bad |= json_array_append_new(a, ew_json_vector(x + i * n, n));
    return whole(a, bad);
}

int ew_json_is_leaf(const json_t *node)
{
    if (json_is_object(node))
        return json_object_get(node, "mid") || json_object_get(node, "mean");
    return !json_is_array(node);
}

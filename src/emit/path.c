/* Reading a result by path. */
#include "emit/result.h"

#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

/* The next key of an object: .key, key or ["key"]; NULL when malformed. */
static json_t *step_key(json_t *node, const char *key, size_t n)
{
    char *copy = strndup(key, n);
    json_t *next = copy && n > 0 ? json_object_get(node, copy) : NULL;
    free(copy);
    return next;
}

/* [digits] or ["key"] at *p. */
static json_t *step_bracket(json_t *node, const char **p)
{
    const char *start = *p + 1;
    if (*start == '"') {
        const char *end = strchr(start + 1, '"');
        if (!end || end[1] != ']')
            return NULL;
        *p = end + 2;
        return step_key(node, start + 1, (size_t) (end - start) - 1);
    }
    size_t n = strspn(start, "0123456789"), index = 0;
    if (n == 0 || n > 9 || start[n] != ']')
        return NULL;
    for (size_t i = 0; i < n; i++)
        index = 10 * index + (size_t) (start[i] - '0');
    *p = start + n + 1;
    return json_array_get(node, index);
}

json_t *ew_json_at(json_t *node, const char *path)
{
    const char *p = path;
    while (node && *p) {
        if (*p == '[') {
            node = step_bracket(node, &p);
            continue;
        }
        if (*p == '.' && p != path)
            p++;
        size_t n = strcspn(p, ".[");
        node = step_key(node, p, n);
        p += n;
    }
    return node;
}

const char *ew_result_text(const ew_result *res, const char *path)
{
    return res ? json_string_value(ew_json_at(res->root, path)) : NULL;
}

size_t ew_result_length(const ew_result *res, const char *path)
{
    return res ? json_array_size(ew_json_at(res->root, path)) : 0;
}

static double bound_double(const arb_t x, int upper)
{
    arf_t end;
    arf_init(end);
    if (upper)
        arb_get_ubound_arf(end, x, 64);
    else
        arb_get_lbound_arf(end, x, 64);
    double d = arf_get_d(end, upper ? ARF_RND_CEIL : ARF_RND_FLOOR);
    arf_clear(end);
    return d;
}

static ew_status read_ball(double *mid, double *lo, double *hi, const char *m, const char *r)
{
    arb_t x;
    arb_init(x);
    slong prec = 64 + 4 * (slong) strlen(m);
    int malformed = ew_ball_read(x, m, r, prec);
    if (!malformed) {
        if (lo)
            *lo = bound_double(x, 0);
        if (hi)
            *hi = bound_double(x, 1);
        if (mid)
            *mid = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    }
    arb_clear(x);
    return malformed ? EW_USAGE : EW_OK;
}

ew_status ew_result_double(double *mid, double *lo, double *hi, const ew_result *res,
                           const char *path)
{
    json_t *node = res ? ew_json_at(res->root, path) : NULL;
    const char *m = json_string_value(json_object_get(node, "mid"));
    const char *r = json_string_value(json_object_get(node, "rad"));
    if (m && r)
        return read_ball(mid, lo, hi, m, r);
    if (!json_is_number(node))
        return EW_USAGE;
    double x = json_number_value(node);
    if (mid)
        *mid = x;
    if (lo)
        *lo = x;
    if (hi)
        *hi = x;
    return EW_OK;
}

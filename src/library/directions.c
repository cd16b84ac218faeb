/* The option `directions`: vectors along which inputs are differentiated, as inner products. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library/directions.h"
#include "library/setup.h"
#include "library/value.h"

#define MOST_COORDINATES 1000 /* of a Jacobian */
#define MOST_OF_DATA 4096

/* A unit vector orthogonal to all else, the first input, or a vector of known coordinates. */
typedef enum { PERP, RADIAL, COORDINATES } direction_kind;

typedef struct {
    direction_kind kind;
    fmpq *v;  /* [columns] */
    int unit; /* rescaled to v.v/n_0 = 1 */
} direction;

/* Without columns the inputs have no coordinates. */
typedef struct {
    slong n, room, most, columns;
    direction *d;
} direction_list;

/* Its coordinates, or NULL, and whether inputs are rescaled. */
typedef struct {
    const fmpq *x;
    int unit;
} first_input;

static void clear_list(direction_list *list)
{
    for (slong i = 0; i < list->n; i++)
        if (list->d[i].v)
            _fmpq_vec_clear(list->d[i].v, list->columns);
    free(list->d);
}

static ew_status add(direction_list *list, direction_kind kind, const fmpq *v, ew_context *ctx)
{
    if (list->n == list->most)
        return ew_fail(ctx, EW_UNABLE, "directions: at most %ld", (long) list->most);
    if (list->n == list->room) {
        slong room = 2 * list->room + EW_MAX_GENERATORS;
        list->d = ew_realloc(list->d, (size_t) room * sizeof *list->d, ctx);
        if (!list->d)
            return EW_MEMORY;
        list->room = room;
    }
    direction *d = &list->d[list->n++];
    d->kind = kind;
    d->unit = 0;
    d->v = kind == COORDINATES ? _fmpq_vec_init(list->columns) : NULL;
    for (slong k = 0; d->v && k < list->columns; k++)
        fmpq_set(d->v + k, v + k);
    return EW_OK;
}

static ew_status need_inputs(const direction_list *list, const char *item, ew_context *ctx)
{
    if (list->columns > 0)
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "directions: %.40s needs the inputs' coordinates (inputs)",
                   item);
}

/* Coordinate k, from 1 on. */
static ew_status add_unit(direction_list *list, slong k, ew_context *ctx)
{
    fmpq *v = _fmpq_vec_init(list->columns);
    fmpq_one(v + k - 1);
    ew_status status = add(list, COORDINATES, v, ctx);
    _fmpq_vec_clear(v, list->columns);
    return status;
}

/* "eK" */
static ew_status add_coordinate(direction_list *list, const char *item, ew_context *ctx)
{
    uint64_t k;
    ew_status status =
        ew_value_integer(&k, "directions", item + 1, 1, (uint64_t) list->columns, ctx);
    return status == EW_OK ? add_unit(list, (slong) k, ctx) : status;
}

static ew_status add_file(direction_list *list, const char *path, ew_context *ctx)
{
    ew_csv *csv;
    ew_status status = ew_csv_read(&csv, path, ctx);
    if (status != EW_OK)
        return status;
    if (csv->columns != list->columns)
        status = ew_fail(ctx, EW_USAGE, "directions: %s has %ld columns, the inputs have %ld",
                         path, (long) csv->columns, (long) list->columns);
    for (slong i = 0; status == EW_OK && i < csv->rows; i++)
        status = add(list, COORDINATES, csv->x + i * csv->columns, ctx);
    ew_csv_free(csv);
    return status;
}

static int is_coordinate(const char *item)
{
    return item[0] == 'e' && item[1] && item[1 + strspn(item + 1, "0123456789")] == '\0';
}

static ew_status add_radial(direction_list *list, const first_input *first, ew_context *ctx)
{
    ew_status status = add(list, first->x ? COORDINATES : RADIAL, first->x, ctx);
    if (status == EW_OK && first->x)
        list->d[list->n - 1].unit = first->unit;
    return status;
}

static ew_status add_item(direction_list *list, const first_input *first, const char *item,
                          ew_context *ctx)
{
    if (strcmp(item, "perp") == 0)
        return add(list, PERP, NULL, ctx);
    if (strcmp(item, "radial") == 0)
        return add_radial(list, first, ctx);
    size_t n = strlen(item);
    if (!is_coordinate(item) && !(n > 4 && strcmp(item + n - 4, ".csv") == 0))
        return ew_fail(ctx, EW_USAGE,
                       "directions: '%.40s' is none of perp, radial, e1, e2, ..., FILE.csv",
                       item);
    ew_status status = need_inputs(list, item, ctx);
    if (status != EW_OK)
        return status;
    return is_coordinate(item) ? add_coordinate(list, item, ctx) : add_file(list, item, ctx);
}

/* ---- inner products -----------------------------------------------------------------------
 */

static ew_status radial_ball(arb_t x, slong prec, void *data, ew_context *ctx)
{
    const ew_radial_scalar *r = data;
    arb_t cw, cb;
    arb_init(cw);
    arb_init(cb);
    ew_status status = ew_setting_layer(cw, cb, NULL, NULL, r->net, 1, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(x, r->net->gram + r->gram, prec, ctx);
    arb_sub(x, x, cb, prec);
    arb_div(x, x, cw, prec);
    arb_clear(cw);
    arb_clear(cb);
    return status;
}

/* (K_1a - C_b)/C_W, exact where these are; the first row of gram is K_11, K_12, ... */
static ew_status radial_scalar(ew_scalar *x, ew_setup *s, slong a, ew_context *ctx)
{
    const ew_scalar *cw = ew_scalar_at(&s->net.cw, 1), *cb = ew_scalar_at(&s->net.cb, 1);
    const ew_scalar *k = s->net.gram + a;
    if (!cw->e || !cb->e || !k->e) {
        x->fn = radial_ball;
        x->data = s->radial + a;
        return EW_OK;
    }
    ew_expr *difference = ew_expr_sub(ew_expr_ref(k->e), ew_expr_ref(cb->e), ctx);
    x->e = ew_expr_2(EW_DIV, difference, ew_expr_ref(cw->e), ctx);
    return x->e ? EW_OK : ew_recorded(ctx);
}

static ew_status rational_scalar(ew_scalar *x, const fmpq_t q, ew_context *ctx)
{
    x->e = ew_expr_num(q, ctx);
    return x->e ? EW_OK : ew_recorded(ctx);
}

/* v.w/n_0, of vectors that are rescaled to v.v/n_0 = 1 or not. */
static ew_status product_scalar(ew_scalar *x, const fmpq *v, int unit_v, const fmpq *w,
                                int unit_w, slong n, ew_context *ctx)
{
    fmpq_t q, size, square;
    fmpq_init(q);
    fmpq_init(size);
    fmpq_init(square);
    fmpq_one(square);
    const fmpq *const vector[] = {v, w};
    const int unit[] = {unit_v, unit_w};
    for (int i = 0; i < 2; i++)
        if (unit[i]) {
            ew_csv_product(size, vector[i], vector[i], n);
            fmpq_div(square, square, size);
        }
    ew_csv_product(q, v, w, n);
    x->e = ew_expr_num(q, ctx);
    if (!fmpq_is_one(square))
        x->e = ew_expr_2(EW_MUL, x->e, ew_expr_1(EW_SQRT, ew_expr_num(square, ctx), ctx), ctx);
    fmpq_clear(q);
    fmpq_clear(size);
    fmpq_clear(square);
    return x->e ? EW_OK : ew_recorded(ctx);
}

/* x_a.v / n_0 */
static ew_status set_along(ew_scalar *x, ew_setup *s, slong a, const direction *d, int unit,
                           ew_context *ctx)
{
    if (d->kind == RADIAL)
        return radial_scalar(x, s, a, ctx);
    if (d->kind == COORDINATES)
        return product_scalar(x, s->inputs->x + a * s->inputs->columns, unit, d->v, d->unit,
                              s->inputs->columns, ctx);
    fmpq_t zero;
    fmpq_init(zero);
    ew_status status = rational_scalar(x, zero, ctx);
    fmpq_clear(zero);
    return status;
}

/* v.w / n_0; v and w are the same direction or not. */
static ew_status set_between(ew_scalar *x, ew_setup *s, const direction *d, const direction *e,
                             ew_context *ctx)
{
    if (d->kind == RADIAL && e->kind == RADIAL)
        return radial_scalar(x, s, 0, ctx);
    if (d->kind == COORDINATES && e->kind == COORDINATES)
        return product_scalar(x, d->v, d->unit, e->v, e->unit, s->inputs->columns, ctx);
    fmpq_t q;
    fmpq_init(q);
    if (d == e && d->kind == PERP)
        fmpq_one(q);
    ew_status status = rational_scalar(x, q, ctx);
    fmpq_clear(q);
    return status;
}

/* unit: the inputs are rescaled. */
static ew_status set_products(ew_setup *s, const direction_list *list, int unit,
                              ew_context *ctx)
{
    slong m = s->net.inputs, n = list->n;
    s->net.along = ew_alloc_zero((size_t) (m * n), sizeof *s->net.along, ctx);
    s->net.between = ew_alloc_zero((size_t) (n * (n + 1) / 2), sizeof *s->net.between, ctx);
    s->radial = ew_alloc_zero((size_t) m, sizeof *s->radial, ctx);
    if (!s->net.along || !s->net.between || !s->radial)
        return EW_MEMORY;
    s->net.directions = n;
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++) {
        s->radial[a] = (ew_radial_scalar){&s->net, a};
        for (slong i = 0; i < n && status == EW_OK; i++)
            status = set_along(s->net.along + a * n + i, s, a, &list->d[i], unit, ctx);
    }
    ew_scalar *between = s->net.between;
    for (slong i = 0; i < n; i++)
        for (slong j = i; j < n && status == EW_OK; j++)
            status = set_between(between++, s, &list->d[i], &list->d[j], ctx);
    return status;
}

/* The directions of a Jacobian: all coordinates unless others are named. */
static ew_status add_coordinates(direction_list *list, const ew_setup *s, ew_context *ctx)
{
    if (!s->inputs)
        return ew_fail(ctx, EW_USAGE,
                       "Jacobians: directions are needed where the inputs have no coordinates");
    ew_status status = EW_OK;
    for (slong k = 1; k <= list->columns && status == EW_OK; k++)
        status = add_unit(list, k, ctx);
    return status;
}

static ew_status add_items(direction_list *list, const first_input *first, const char *text,
                           ew_context *ctx)
{
    ew_items items;
    ew_status status = ew_value_items(&items, "directions", text, ctx);
    for (slong i = 0; status == EW_OK && i < items.n; i++)
        status = add_item(list, first, items.item[i], ctx);
    ew_items_clear(&items);
    return status;
}

ew_status ew_setup_directions(ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "directions");
    int kernel = ew_network_get(net, "jacobian") != NULL;
    int jacobian = kernel || ew_network_get(net, "robust");
    if (!text && !jacobian)
        return EW_OK;
    direction_list list = {.columns = s->inputs ? s->inputs->columns : 0,
                           .most = jacobian ? MOST_COORDINATES : EW_MAX_GENERATORS};
    int unit = ew_network_get(net, "normalize") != NULL;
    const first_input first = {s->inputs ? s->inputs->x : NULL, unit};
    ew_status status =
        text ? add_items(&list, &first, text, ctx) : add_coordinates(&list, s, ctx);
    if (status == EW_OK)
        status = set_products(s, &list, unit, ctx);
    clear_list(&list);
    return status;
}

void ew_setup_directions_free(ew_setup *s)
{
    slong n = s->net.directions;
    ew_scalar_list along = {s->net.inputs * n, s->net.along};
    ew_scalar_list between = {n * (n + 1) / 2, s->net.between};
    ew_scalars_clear(&along);
    ew_scalars_clear(&between);
    free(s->radial);
}

/* ---- of data sets -------------------------------------------------------------------------
 */

/* The first point, rescaled or not. */
static void set_radial(ew_directions *D, size_t g, const ew_points *p, int unit)
{
    double root = sqrt((double) p->d);
    for (size_t k = 0; k < p->d; k++)
        D->v[g * p->d + k] = unit ? p->x[k] / p->norm[0] * root : p->x[k];
    if (unit)
        D->relative = p->norm_error + 0x1p-51;
}

static void set_vector(ew_directions *D, size_t g, const direction *d, const ew_points *p,
                       int unit)
{
    arb_t x;
    arb_init(x);
    if (d->kind == RADIAL)
        set_radial(D, g, p, unit);
    D->perp[g] = d->kind == PERP;
    for (size_t k = 0; k < p->d && d->kind == COORDINATES; k++) {
        arb_set_fmpq(x, d->v + k, 60);
        D->v[g * p->d + k] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    }
    arb_clear(x);
}

/* All coordinates. */
static ew_status set_units(ew_directions *D, size_t d, ew_context *ctx)
{
    if (d > MOST_OF_DATA)
        return ew_fail(ctx, EW_UNABLE, "directions: at most %d", MOST_OF_DATA);
    ew_status status = ew_directions_init(D, d, d, ctx);
    for (size_t k = 0; k < d && status == EW_OK; k++)
        D->v[k * d + k] = 1;
    return status;
}

ew_status ew_directions_read(ew_directions *out, const ew_network *net, const ew_points *p,
                             int unit, ew_context *ctx)
{
    const char *text = ew_network_get(net, "directions");
    direction_list list = {.columns = (slong) p->d, .most = MOST_OF_DATA};
    const first_input unknown = {NULL, unit};
    ew_status status = text ? add_items(&list, &unknown, text, ctx) : set_units(out, p->d, ctx);
    if (status == EW_OK && text)
        status = ew_directions_init(out, (size_t) list.n, p->d, ctx);
    for (slong g = 0; g < list.n && status == EW_OK; g++)
        set_vector(out, (size_t) g, list.d + g, p, unit);
    if (status == EW_OK)
        ew_directions_prepare(out);
    clear_list(&list);
    return status;
}

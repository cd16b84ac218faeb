/* The options of the regress command. */
#include "library/regress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "library/directions.h"
#include "library/value.h"

void ew_regress_clear(ew_regress_request *r)
{
    ew_scalar_list time = {r->time ? r->opt.times : 0, r->time};
    ew_regress_free(r->table);
    ew_regress_numbers_free(r->real);
    ew_regress_check_free(r->check);
    ew_flow_data_clear(&r->flow);
    ew_points_free(&r->x);
    ew_points_free(&r->test);
    ew_directions_clear(&r->along);
    ew_csv_free(r->target);
    ew_scalars_clear(&r->ridge);
    ew_scalars_clear(&r->robust);
    ew_scalars_clear(&time);
    free(r->limit);
    free(r->at);
    ew_setup_free(r->setup);
}

static ew_status allocate_times(ew_regress_request *r, slong n, ew_context *ctx)
{
    r->opt.times = n;
    r->time = ew_alloc_zero((size_t) n, sizeof *r->time, ctx);
    r->limit = ew_alloc_zero((size_t) n, 1, ctx);
    r->at = ew_alloc_zero((size_t) n, sizeof *r->at, ctx);
    return r->time && r->limit && r->at ? EW_OK : EW_MEMORY;
}

static double nearest(const ew_scalar *x)
{
    arb_t b;
    arb_init(b);
    double d =
        ew_scalar_ball(b, x, 128, NULL) == EW_OK ? arf_get_d(arb_midref(b), ARF_RND_NEAR) : NAN;
    arb_clear(b);
    return d;
}

static ew_status read_items(ew_regress_request *r, const ew_items *list, ew_context *ctx)
{
    ew_status status = allocate_times(r, list->n, ctx);
    for (slong i = 0; i < list->n && status == EW_OK; i++) {
        r->limit[i] = strcmp(list->item[i], "inf") == 0;
        r->at[i] = INFINITY;
        if (!r->limit[i])
            status = ew_value_constant(&r->time[i].e, "time", list->item[i], ctx);
        if (status == EW_OK && !r->limit[i])
            r->at[i] = nearest(r->time + i);
    }
    return status;
}

/* Between the two times of the list, each the same multiple of the one before; what is meant is
 * the double. */
static ew_status spread(ew_regress_request *r, slong count, ew_context *ctx)
{
    double from = r->at[0], to = r->at[1];
    if (r->opt.times != 2 || !(from > 0 && to > from && isfinite(to)))
        return ew_fail(ctx, EW_USAGE, "count: it needs two finite times 0 < T1 < T2");
    ew_scalar_list old = {2, r->time};
    ew_scalars_clear(&old);
    free(r->limit);
    free(r->at);
    ew_status status = allocate_times(r, count, ctx);
    fmpq_t x;
    arf_t y;
    fmpq_init(x);
    arf_init(y);
    for (slong i = 0; i < count && status == EW_OK; i++) {
        double part = count > 1 ? (double) i / (double) (count - 1) : 0;
        r->at[i] = i + 1 == count && i > 0 ? to : from * pow(to / from, part);
        arf_set_d(y, r->at[i]);
        arf_get_fmpq(x, y);
        r->time[i].e = ew_expr_num(x, ctx);
        status = r->time[i].e ? EW_OK : ew_recorded(ctx);
    }
    fmpq_clear(x);
    arf_clear(y);
    return status;
}

static ew_status read_times(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "time");
    ew_items list;
    ew_status status = ew_value_items(&list, "time", text ? text : "inf", ctx);
    if (status == EW_OK)
        status = read_items(r, &list, ctx);
    ew_items_clear(&list);
    if (status == EW_OK && ew_network_get(net, "count"))
        status = spread(r, ew_network_integer(net, "count", 0), ctx);
    r->opt.time = r->time;
    r->opt.limit = r->limit;
    return status;
}

static ew_status read_targets(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    const char *path = ew_network_get(net, "targets");
    if (!path)
        return ew_fail(ctx, EW_USAGE, "targets: a file is needed");
    ew_status status = ew_csv_read(&r->target, path, ctx);
    if (status == EW_OK) {
        r->opt.target = r->target->x;
        r->opt.train = r->target->rows;
        r->opt.outputs = r->target->columns;
    }
    return status;
}

static int is(const ew_network *net, const char *name, const char *value)
{
    const char *text = ew_network_get(net, name);
    return text && strcmp(text, value) == 0;
}

static ew_status read_robust(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "robust");
    if (!text && ew_network_get(net, "directions"))
        return ew_fail(ctx, EW_USAGE, "directions: only with robust");
    if (!text)
        return EW_OK;
    ew_status status = ew_scalars_read(&r->robust, "robust", text, ctx);
    r->opt.robust = r->robust.x;
    r->vectors = ew_network_get(net, "directions") != NULL;
    return status;
}

/* Pairs of values that are still certified in a few seconds when nobody says otherwise. */
#define CERTIFIED_PAIRS 500

static ew_status read_points(ew_point_table *t, const ew_network *net, const char *name,
                             ew_context *ctx)
{
    const char *path = ew_network_get(net, name);
    return path ? ew_points_read(t, path, ctx) : EW_OK;
}

static ew_status read_directions(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    ew_points p;
    ew_status status = ew_points_init(&p, r->x.x, r->x.rows, r->x.columns, ctx);
    if (status == EW_OK)
        status = ew_directions_read(&r->along, net, &p,
                                    ew_network_get(net, "normalize") != NULL, ctx);
    ew_points_clear(&p);
    return status;
}

/* Doubles where they are asked for, or where there are many points and no digits are asked
 * for. */
static ew_status choose_arithmetic(ew_regress_request *r, const ew_network *net,
                                   ew_context *ctx)
{
    int certified = ew_network_get(net, "digits") || !ew_network_get(net, "inputs");
    r->fast = ew_network_get(net, "double") != NULL;
    if (r->fast && !ew_network_get(net, "inputs"))
        return ew_fail(ctx, EW_USAGE, "double: inputs are needed");
    if (certified && !r->fast)
        return EW_OK;
    ew_status status = read_points(&r->x, net, "inputs", ctx);
    if (status == EW_OK)
        status = read_points(&r->test, net, "inputs-test", ctx);
    if (status == EW_USAGE && !r->fast) { /* fractions, say: told there if not */
        ew_clear(ctx);
        return EW_OK;
    }
    if (status != EW_OK)
        return status;
    if (r->test.rows > 0 && r->test.columns != r->x.columns)
        return ew_fail(ctx, EW_USAGE, "%s: rows of %zu numbers, where the inputs have %zu",
                       ew_network_get(net, "inputs-test"), r->test.columns, r->x.columns);
    if (r->opt.robust)
        status = read_directions(r, net, ctx);
    double each = 1 + (double) r->along.n;
    double m = (double) r->x.rows, q = (double) r->test.rows;
    r->fast |= (m * (m + 1) / 2 + m * q) * each * each > CERTIFIED_PAIRS;
    return status;
}

ew_status ew_regress_read(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    const char *ridge = ew_network_get(net, "regularisation");
    ew_status status = ew_scalars_read(&r->ridge, "regularisation", ridge ? ridge : "0", ctx);
    if (status == EW_OK)
        status = read_times(r, net, ctx);
    if (status == EW_OK)
        status = read_targets(r, net, ctx);
    if (status == EW_OK)
        status = read_robust(r, net, ctx);
    if (status == EW_OK)
        status = choose_arithmetic(r, net, ctx);
    r->opt.ridge = r->ridge.x;
    r->opt.ntk = !is(net, "kernel", "nngp");
    r->opt.mean_loss = is(net, "loss", "mean");
    return status;
}

/* Of inputs from one file all are trained; of a Gram matrix, as many as there are targets. */
ew_status ew_regress_split(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    slong points = r->fast ? (slong) r->x.rows : r->setup->net.inputs;
    slong given = r->fast ? points : r->setup->given;
    r->opt.digits = r->setup->digits;
    r->opt.method = r->setup->method;
    int known = ew_network_get(net, "inputs") != NULL;
    if (known ? r->opt.train != given : r->opt.train > points)
        return ew_fail(ctx, EW_USAGE, "targets: %ld rows for %ld inputs", (long) r->opt.train,
                       (long) (known ? given : points));
    return EW_OK;
}

ew_status ew_regress_fill(ew_regress_request *r, const ew_network *net, ew_context *ctx)
{
    ew_regress_points p = {r->x.x,       r->test.x,    r->x.rows,
                           r->test.rows, r->x.columns, ew_network_get(net, "normalize") != NULL,
                           &r->along};
    if (r->flow.h)
        return EW_OK;
    return r->fast ? ew_regress_fill_points(&r->flow, &r->setup->net, &r->opt, &p, ctx)
                   : ew_regress_fill_certified(&r->flow, &r->setup->net, &r->opt, ctx);
}

/* ---- the points as doubles ---- */

double ew_regress_number(const fmpq *x)
{
    arb_t b;
    arb_init(b);
    arb_set_fmpq(b, x, 60);
    double d = arf_get_d(arb_midref(b), ARF_RND_NEAR);
    arb_clear(b);
    return d;
}

slong ew_regress_columns(const ew_regress_request *r)
{
    const ew_csv *csv = r->setup->inputs;
    return r->fast ? (slong) r->x.columns : csv ? csv->columns : 0;
}

double ew_regress_coordinate(const ew_regress_request *r, int test, slong i, slong column)
{
    slong n = ew_regress_columns(r);
    if (r->fast)
        return (test ? r->test.x : r->x.x)[i * n + column];
    return ew_regress_number(r->setup->inputs->x + ((test ? r->opt.train : 0) + i) * n +
                             column);
}

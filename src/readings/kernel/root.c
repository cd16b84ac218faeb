#include "readings/kernel/root.h"

#include <stdlib.h>

#define SEARCH_PREC 96
#define SMALLEST_CELL 0x1p-12 /* in log2 K */
#define LARGEST_CELL 0.25
#define MOST_CELLS 128 /* of one largest cell: where g is below its own error, give up */

typedef struct {
    ew_root_list *out;
    ew_root_fn g;
    void *data;
    slong cells; /* inspected since the last largest cell began */
    ew_context *ctx;
} search;

void ew_root_list_clear(ew_root_list *list)
{
    _arb_vec_clear(list->interval, list->n);
    list->interval = NULL;
    list->n = 0;
}

/* 2^t for a dyadic t, rounded to a double's 53 bits so that neighbouring cells share exact
 * ends. */
static void power_of_two(arf_t x, double t)
{
    arb_t e, two;
    arb_init(e);
    arb_init(two);
    arb_set_d(e, t);
    arb_set_ui(two, 2);
    arb_pow(e, two, e, SEARCH_PREC);
    arf_set_round(x, arb_midref(e), 53, ARF_RND_NEAR);
    arb_clear(e);
    arb_clear(two);
}

static void cell_ball(arb_t K, double lo, double hi)
{
    arf_t a, b;
    arf_init(a);
    arf_init(b);
    power_of_two(a, lo);
    power_of_two(b, hi);
    arb_set_interval_arf(K, a, b, SEARCH_PREC);
    arf_clear(a);
    arf_clear(b);
}

/* The sign of g at the exact point 2^t: -1, 1, or 0 if not decided. */
static ew_status sign_at(int *sign, search *s, double t)
{
    arb_t K, g, dg;
    arb_init(K);
    arb_init(g);
    arb_init(dg);
    power_of_two(arb_midref(K), t);
    ew_status st = s->g(g, dg, K, SEARCH_PREC, s->data, s->ctx);
    *sign = arb_is_positive(g) ? 1 : arb_is_negative(g) ? -1 : 0;
    arb_clear(K);
    arb_clear(g);
    arb_clear(dg);
    return st;
}

static ew_status keep(search *s, const arb_t K)
{
    ew_root_list *out = s->out;
    arb_ptr more =
        ew_realloc(out->interval, (size_t) (out->n + 1) * sizeof(arb_struct), s->ctx);
    if (!more)
        return EW_MEMORY;
    out->interval = more;
    arb_init(out->interval + out->n);
    arb_set(out->interval + out->n, K);
    out->n++;
    return EW_OK;
}

typedef enum { CELL_EMPTY, CELL_ROOT, CELL_OPEN } cell_kind;

/* A monotone cell (dg excludes 0) is decided by the signs at its ends.  Where g cannot be
 * evaluated the cell is given up and the search says so. */
static ew_status inspect(cell_kind *kind, search *s, const arb_t K, double lo, double hi)
{
    arb_t g, dg;
    arb_init(g);
    arb_init(dg);
    ew_status st = s->g(g, dg, K, SEARCH_PREC, s->data, s->ctx);
    *kind = CELL_OPEN;
    if (st == EW_UNABLE) {
        s->out->resolved = 0;
        *kind = CELL_EMPTY;
        ew_clear(s->ctx);
        st = EW_OK;
    } else if (st == EW_OK && arb_is_nonzero(g)) {
        *kind = CELL_EMPTY;
    } else if (st == EW_OK && arb_is_nonzero(dg)) {
        int left, right;
        st = sign_at(&left, s, lo);
        if (st == EW_OK)
            st = sign_at(&right, s, hi);
        if (st == EW_OK && left && right)
            *kind = left == right ? CELL_EMPTY : CELL_ROOT;
    }
    arb_clear(g);
    arb_clear(dg);
    return st;
}

static ew_status descend(search *s, double lo, double hi)
{
    ew_status st = ew_poll(s->ctx);
    if (st != EW_OK)
        return st;
    cell_kind kind = CELL_OPEN;
    if (hi - lo > LARGEST_CELL) {
        s->cells = 0;
    } else {
        arb_t K;
        arb_init(K);
        cell_ball(K, lo, hi);
        st = inspect(&kind, s, K, lo, hi);
        if (st == EW_OK && kind == CELL_ROOT)
            st = keep(s, K);
        arb_clear(K);
        if (st != EW_OK || kind != CELL_OPEN)
            return st;
        if (hi - lo <= SMALLEST_CELL || ++s->cells > MOST_CELLS) {
            s->out->resolved = 0;
            return EW_OK;
        }
    }
    double mid = 0.5 * (lo + hi);
    st = descend(s, lo, mid);
    if (hi - lo > LARGEST_CELL)
        s->cells = 0;
    return st == EW_OK ? descend(s, mid, hi) : st;
}

ew_status ew_root_isolate(ew_root_list *out, ew_root_fn g, void *data, double lo, double hi,
                          ew_context *ctx)
{
    out->n = 0;
    out->interval = NULL;
    out->resolved = 1;
    search s = {out, g, data, 0, ctx};
    ew_status st = descend(&s, lo, hi);
    if (st != EW_OK)
        ew_root_list_clear(out);
    return st;
}

/* One interval Newton step.  The zero lies in x and in m - g(m)/g'(x); an empty intersection
 * would contradict the isolation, so it means a bound upstream is wrong: refuse rather than
 * guess. */
static ew_status newton_step(arb_t x, ew_root_fn g, void *data, slong prec, ew_context *ctx)
{
    arb_t m, gm, gx, slope, unused;
    arb_init(m);
    arb_init(gm);
    arb_init(gx);
    arb_init(slope);
    arb_init(unused);
    arb_get_mid_arb(m, x);
    ew_status st = g(gm, unused, m, prec, data, ctx);
    if (st == EW_OK)
        st = g(gx, slope, x, prec, data, ctx);
    if (st == EW_OK) {
        arb_div(gm, gm, slope, prec);
        arb_sub(m, m, gm, prec);
        if (!arb_is_finite(m) || !arb_intersection(x, x, m, prec))
            st = ew_fail(ctx, EW_UNABLE,
                         "interval Newton for the critical point does not contract");
    }
    arb_clear(m);
    arb_clear(gm);
    arb_clear(gx);
    arb_clear(slope);
    arb_clear(unused);
    return st;
}

ew_status ew_root_refine(arb_t x, ew_root_fn g, void *data, slong prec, ew_context *ctx)
{
    slong have = arb_rel_accuracy_bits(x), stalls = 0;
    while (have < prec) {
        slong work = have < 16 ? SEARCH_PREC : 2 * have + 64;
        if (work > prec + 64)
            work = prec + 64;
        ew_status st = newton_step(x, g, data, work, ctx);
        if (st != EW_OK)
            return st;
        slong now = arb_rel_accuracy_bits(x);
        stalls = now <= have ? stalls + 1 : 0;
        if (stalls > 8)
            return ew_fail(ctx, EW_UNABLE, "the critical point was isolated to %ld bits only",
                           (long) have);
        have = now;
    }
    return EW_OK;
}

#include "activation/pieces.h"

#include <stdlib.h>

#include "activation/algebra.h"
#include "activation/defined.h"
#include "activation/polynomial.h"
#include "activation/signs.h"

void ew_pieces_init(ew_pieces *p)
{
    p->n = 0;
    p->kink = NULL;
    p->f = NULL;
}

void ew_pieces_clear(ew_pieces *p)
{
    for (slong i = 0; i < p->n; i++)
        ew_expr_free(p->f[i]);
    for (slong i = 0; i + 1 < p->n; i++)
        ew_expr_free(p->kink[i]);
    free(p->kink);
    free(p->f);
    ew_pieces_init(p);
}

/* Does piece f of the interval only lengthen the last one?  Their equality is proved where both
 * are defined, so that both must be. */
static ew_status lengthens(int *yes, const ew_pieces *p, const ew_expr *f, ew_interval range,
                           ew_context *ctx)
{
    const ew_expr *last = p->n > 0 ? p->f[p->n - 1] : NULL, *missing = NULL;
    *yes = last && ew_expr_same(last, 1, f, ctx);
    if (!*yes || ew_expr_equal(last, f))
        return EW_OK;
    ew_status status = ew_defined_on(&missing, f, range, ctx);
    if (status == EW_OK && !missing)
        status = ew_defined_on(&missing, last, range, ctx);
    *yes = status == EW_OK && !missing;
    return status;
}

/* Add a last piece, which begins where the one before ends; owns f, borrows the interval. */
static ew_status append(ew_pieces *p, ew_interval range, ew_expr *f, ew_context *ctx)
{
    int same = 0;
    ew_status status = f ? lengthens(&same, p, f, range, ctx) : ew_recorded(ctx);
    if (same) {
        ew_expr_free(f);
        return EW_OK;
    }
    if (status == EW_OK && p->n == EW_MAX_PIECES)
        status = ew_fail(ctx, EW_UNABLE, "more than %d kinks", EW_MAX_PIECES - 1);
    size_t n = (size_t) p->n + 1;
    if (status == EW_OK) {
        ew_expr **pieces = ew_realloc(p->f, n * sizeof *pieces, ctx);
        if (pieces)
            p->f = pieces;
        ew_expr **kinks = pieces ? ew_realloc(p->kink, n * sizeof *kinks, ctx) : NULL;
        if (kinks)
            p->kink = kinks;
        else
            status = EW_MEMORY;
    }
    if (status != EW_OK) {
        ew_expr_free(f);
        return status;
    }
    if (p->n > 0)
        p->kink[p->n - 1] = ew_expr_ref(range.lo);
    p->f[p->n++] = f;
    return EW_OK;
}

/* A walk along the common refinement of several expressions' pieces. */
typedef struct {
    slong n;
    ew_pieces *part;
    slong *at;         /* the current piece of each */
    const ew_expr *lo; /* the current cell; NULL is infinite */
    const ew_expr *hi;
} walk;

/* The next breakpoint, the least of the parts' next kinks. */
static ew_status find_end(walk *w, ew_context *ctx)
{
    w->hi = NULL;
    for (slong i = 0; i < w->n; i++) {
        if (w->at[i] + 1 == w->part[i].n)
            continue;
        int order = -1;
        const ew_expr *kink = w->part[i].kink[w->at[i]];
        ew_status status = w->hi ? ew_constant_compare(&order, kink, w->hi, ctx) : EW_OK;
        if (status != EW_OK)
            return status;
        if (order < 0)
            w->hi = kink;
    }
    return EW_OK;
}

/* To the next cell; hi is finite. */
static ew_status advance(walk *w, ew_context *ctx)
{
    w->lo = w->hi;
    for (slong i = 0; i < w->n; i++) {
        if (w->at[i] + 1 == w->part[i].n)
            continue;
        int order;
        ew_status status = ew_constant_compare(&order, w->part[i].kink[w->at[i]], w->lo, ctx);
        if (status != EW_OK)
            return status;
        w->at[i] += order == 0;
    }
    return find_end(w, ctx);
}

static ew_interval cell(const walk *w)
{
    return (ew_interval){.lo = w->lo, .hi = w->hi};
}

static const ew_expr *here(const walk *w, slong i)
{
    return w->part[i].f[w->at[i]];
}

/* On one cell of a node whose arguments have no kink there: append what the node is. */
typedef ew_status (*cell_fn)(ew_pieces *out, const walk *w, const ew_expr *node,
                             ew_context *ctx);

static ew_status smooth_cell(ew_pieces *out, const walk *w, const ew_expr *node,
                             ew_context *ctx)
{
    ew_expr **arg = ew_alloc((size_t) w->n * sizeof *arg, ctx);
    if (!arg)
        return EW_MEMORY;
    for (slong i = 0; i < w->n; i++)
        arg[i] = ew_expr_ref(here(w, i));
    ew_expr *f = ew_expr_new(node->op, arg, w->n, ctx);
    free(arg);
    return append(out, cell(w), f, ctx);
}

/* What a kinked node is where its deciding expression (u, or u - v) has this sign. */
static ew_expr *branch(const walk *w, ew_op op, int sign, ew_context *ctx)
{
    switch (op) {
    case EW_SIGN:
        return ew_expr_si(sign, ctx);
    case EW_STEP:
        return ew_expr_si(sign > 0, ctx);
    case EW_ABS:
        if (sign < 0)
            return ew_expr_neg(ew_expr_ref(here(w, 0)), ctx);
        return sign == 0 ? ew_expr_si(0, ctx) : ew_expr_ref(here(w, 0));
    case EW_MAX:
        return ew_expr_ref(here(w, sign >= 0 ? 0 : 1));
    default:
        return ew_expr_ref(here(w, sign <= 0 ? 0 : 1));
    }
}

static ew_expr *deciding(const walk *w, ew_context *ctx)
{
    ew_expr *u = ew_expr_ref(here(w, 0));
    if (w->n == 1)
        return u;
    return ew_expr_sub(u, ew_expr_ref(here(w, 1)), ctx);
}

/* The sign decides, wherever the arguments have values: that they do is not said by the piece,
 * which may contain none of them. */
static ew_status arguments_defined(const walk *w, const ew_expr *node, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < w->n; i++)
        status = ew_require_defined(here(w, i), cell(w), node, ctx);
    return status;
}

static ew_status kinked_cell(ew_pieces *out, const walk *w, const ew_expr *node,
                             ew_context *ctx)
{
    ew_signs s;
    ew_signs_init(&s);
    ew_expr *u = deciding(w, ctx);
    ew_status status = u ? ew_signs_of(&s, u, cell(w), node, ctx) : ew_recorded(ctx);
    if (status == EW_OK)
        status = arguments_defined(w, node, ctx);
    for (slong i = 0; status == EW_OK && i <= s.n; i++) {
        ew_interval range = {.lo = i == 0 ? w->lo : s.root[i - 1],
                             .hi = i == s.n ? w->hi : s.root[i]};
        status = append(out, range, branch(w, node->op, s.sign[i], ctx), ctx);
    }
    ew_expr_free(u);
    ew_signs_clear(&s);
    return status;
}

/* The walk's part 0 is 1 below the condition's constant and 0 above it. */
static ew_status if_cell(ew_pieces *out, const walk *w, const ew_expr *node, ew_context *ctx)
{
    (void) node;
    slong chosen = fmpq_is_zero(here(w, 0)->num) ? 2 : 1;
    return append(out, cell(w), ew_expr_ref(here(w, chosen)), ctx);
}

static ew_status condition(ew_pieces *p, const ew_expr *c, ew_context *ctx)
{
    int sign; /* refuses a constant that is not a finite number */
    ew_expr *simple = ew_constant_canonical(ew_expr_ref(c), ctx);
    ew_status status = simple ? ew_constant_sign(&sign, c, ctx) : ew_recorded(ctx);
    if (status == EW_OK)
        status = append(p, (ew_interval){.hi = simple}, ew_expr_si(1, ctx), ctx);
    if (status == EW_OK)
        status = append(p, (ew_interval){.lo = simple}, ew_expr_si(0, ctx), ctx);
    ew_expr_free(simple);
    return status;
}

static cell_fn cell_of(ew_op op)
{
    switch (op) {
    case EW_ABS:
    case EW_SIGN:
    case EW_STEP:
    case EW_MAX:
    case EW_MIN:
        return kinked_cell;
    case EW_IF:
        return if_cell;
    default:
        return smooth_cell;
    }
}

static ew_status walk_start(walk *w, const ew_expr *e, ew_context *ctx)
{
    w->part = ew_alloc_zero((size_t) e->n, sizeof *w->part, ctx);
    w->at = ew_alloc_zero((size_t) e->n, sizeof *w->at, ctx);
    if (!w->part || !w->at)
        return EW_MEMORY;
    w->n = e->n;
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < e->n; i++)
        if (e->op == EW_IF && i == 0)
            status = condition(w->part, e->arg[0], ctx);
        else
            status = ew_pieces_of(w->part + i, e->arg[i], ctx);
    return status == EW_OK ? find_end(w, ctx) : status;
}

static void walk_clear(walk *w)
{
    for (slong i = 0; i < w->n; i++)
        ew_pieces_clear(w->part + i);
    free(w->part);
    free(w->at);
}

ew_status ew_pieces_of(ew_pieces *p, const ew_expr *e, ew_context *ctx)
{
    if (!e->has_kink)
        return append(p, (ew_interval){NULL, NULL}, ew_expr_ref(e), ctx);
    walk w = {.n = 0};
    cell_fn piece = cell_of(e->op);
    ew_status status = walk_start(&w, e, ctx);
    while (status == EW_OK) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = piece(p, &w, e, ctx);
        if (status != EW_OK || !w.hi)
            break;
        status = advance(&w, ctx);
    }
    walk_clear(&w);
    return status;
}

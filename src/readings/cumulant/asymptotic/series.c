#include "readings/cumulant/asymptotic/series.h"

#include <stdlib.h>

ew_status ew_logring_init(ew_logring *R, slong variables, ew_context *ctx)
{
    R->variables = variables;
    R->ctx = ctx;
    R->failed = 0;
    R->inverse = ew_alloc((size_t) variables * sizeof *R->inverse, ctx);
    if (!R->inverse)
        return EW_MEMORY;
    for (slong v = 0; v < variables; v++)
        R->inverse[v] = -1;
    fmpq_mpoly_ctx_init(R->ring, variables, ORD_LEX);
    return EW_OK;
}

void ew_logring_clear(ew_logring *R)
{
    if (R->inverse)
        fmpq_mpoly_ctx_clear(R->ring);
    free(R->inverse);
    R->inverse = NULL;
}

/* v^i (1/v)^j = v^(i-j) in every term. */
static void reduce_pair(fmpq_mpoly_t c, slong v, slong w, const ew_logring *R)
{
    if (fmpq_mpoly_degree_si(c, v, R->ring) < 1 || fmpq_mpoly_degree_si(c, w, R->ring) < 1)
        return;
    ulong *e = flint_malloc((size_t) R->variables * sizeof *e);
    for (slong i = 0; i < fmpq_mpoly_length(c, R->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(e, c, i, R->ring);
        ulong both = FLINT_MIN(e[v], e[w]);
        e[v] -= both;
        e[w] -= both;
        fmpq_mpoly_set_term_exp_ui(c, i, e, R->ring);
    }
    flint_free(e);
    fmpq_mpoly_sort_terms(c, R->ring);
    fmpq_mpoly_combine_like_terms(c, R->ring);
}

void ew_logring_mul(fmpq_mpoly_t c, const fmpq_mpoly_t d, const ew_logring *R)
{
    fmpq_mpoly_mul(c, c, d, R->ring);
    for (slong v = 0; v < R->variables; v++)
        if (R->inverse[v] >= 0)
            reduce_pair(c, v, R->inverse[v], R);
}

void ew_logseries_init(ew_logseries *x, const ew_logring *R)
{
    (void) R;
    x->n = x->room = 0;
    x->t = NULL;
    fmpq_init(x->cut);
    fmpq_set_si(x->cut, EW_LOG_EXACT, 1);
}

static void drop_from(ew_logseries *x, slong n, const ew_logring *R)
{
    while (x->n > n) {
        x->n--;
        fmpq_clear(x->t[x->n].q);
        fmpq_mpoly_clear(x->t[x->n].c, R->ring);
    }
}

void ew_logseries_clear(ew_logseries *x, const ew_logring *R)
{
    drop_from(x, 0, R);
    free(x->t);
    fmpq_clear(x->cut);
}

void ew_logseries_zero(ew_logseries *x, const ew_logring *R)
{
    drop_from(x, 0, R);
    fmpq_set_si(x->cut, EW_LOG_EXACT, 1);
}

void ew_logseries_swap(ew_logseries *x, ew_logseries *y)
{
    ew_logseries t = *x;
    *x = *y;
    *y = t;
}

void ew_logseries_set(ew_logseries *x, const ew_logseries *y, ew_logring *R)
{
    if (x == y)
        return;
    ew_logseries_zero(x, R);
    ew_logseries_add(x, y, R);
}

void ew_logseries_cut(ew_logseries *x, const fmpq_t cut, const ew_logring *R)
{
    if (fmpq_cmp(x->cut, cut) <= 0)
        return;
    fmpq_set(x->cut, cut);
    slong n = x->n;
    while (n > 0 && fmpq_cmp(x->t[n - 1].q, cut) >= 0)
        n--;
    drop_from(x, n, R);
}

void ew_logseries_low(fmpq_t q, const ew_logseries *x)
{
    fmpq_set(q, x->n ? x->t[0].q : x->cut);
}

/* Make room for a term at i; 0 without memory. */
static int open_place(ew_logseries *x, slong i, ew_logring *R)
{
    if (x->n == x->room) {
        slong room = x->room ? 2 * x->room : 8;
        ew_logterm *more = ew_realloc(x->t, (size_t) room * sizeof *more, R->ctx);
        if (!more) {
            R->failed = 1;
            return 0;
        }
        x->t = more;
        x->room = room;
    }
    for (slong k = x->n++; k > i; k--)
        x->t[k] = x->t[k - 1];
    return 1;
}

static void close_place(ew_logseries *x, slong i, const ew_logring *R)
{
    fmpq_clear(x->t[i].q);
    fmpq_mpoly_clear(x->t[i].c, R->ring);
    for (slong k = i; k + 1 < x->n; k++)
        x->t[k] = x->t[k + 1];
    x->n--;
}

void ew_logseries_add_term(ew_logseries *x, const fmpq_t q, const fmpq_mpoly_t c, ew_logring *R)
{
    slong i = x->n;
    if (fmpq_cmp(q, x->cut) >= 0 || fmpq_mpoly_is_zero(c, R->ring))
        return;
    while (i > 0 && fmpq_cmp(x->t[i - 1].q, q) >= 0)
        i--;
    if (i < x->n && fmpq_equal(x->t[i].q, q)) {
        fmpq_mpoly_add(x->t[i].c, x->t[i].c, c, R->ring);
        if (fmpq_mpoly_is_zero(x->t[i].c, R->ring))
            close_place(x, i, R);
    } else if (open_place(x, i, R)) {
        fmpq_init(x->t[i].q);
        fmpq_set(x->t[i].q, q);
        fmpq_mpoly_init(x->t[i].c, R->ring);
        fmpq_mpoly_set(x->t[i].c, c, R->ring);
    }
}

void ew_logseries_add(ew_logseries *x, const ew_logseries *y, ew_logring *R)
{
    ew_logseries_cut(x, y->cut, R);
    for (slong i = 0; i < y->n; i++)
        ew_logseries_add_term(x, y->t[i].q, y->t[i].c, R);
}

void ew_logseries_sub(ew_logseries *x, const ew_logseries *y, ew_logring *R)
{
    fmpq_mpoly_t c;
    fmpq_mpoly_init(c, R->ring);
    ew_logseries_cut(x, y->cut, R);
    for (slong i = 0; i < y->n; i++) {
        fmpq_mpoly_neg(c, y->t[i].c, R->ring);
        ew_logseries_add_term(x, y->t[i].q, c, R);
    }
    fmpq_mpoly_clear(c, R->ring);
}

void ew_logseries_scale(ew_logseries *x, const fmpq_mpoly_t c, const fmpq_t q, ew_logring *R)
{
    for (slong i = 0; i < x->n; i++) {
        ew_logring_mul(x->t[i].c, c, R);
        fmpq_add(x->t[i].q, x->t[i].q, q);
    }
    if (fmpq_cmp_si(x->cut, EW_LOG_EXACT) != 0)
        fmpq_add(x->cut, x->cut, q);
    if (fmpq_mpoly_is_zero(c, R->ring))
        drop_from(x, 0, R);
}

/* The exponent from which a product is unknown: an error times the other factor's leading
 * power. */
static void product_cut(fmpq_t cut, const ew_logseries *x, const ew_logseries *y)
{
    fmpq_t low, other;
    fmpq_init(low);
    fmpq_init(other);
    ew_logseries_low(low, y);
    fmpq_add(cut, x->cut, low);
    ew_logseries_low(low, x);
    fmpq_add(other, y->cut, low);
    if (fmpq_cmp(other, cut) < 0)
        fmpq_set(cut, other);
    fmpq_clear(low);
    fmpq_clear(other);
    if (fmpq_cmp_si(x->cut, EW_LOG_EXACT) == 0 && fmpq_cmp_si(y->cut, EW_LOG_EXACT) == 0)
        fmpq_set_si(cut, EW_LOG_EXACT, 1);
}

void ew_logseries_mul(ew_logseries *z, const ew_logseries *x, const ew_logseries *y,
                      ew_logring *R)
{
    ew_logseries out;
    fmpq_t q;
    fmpq_mpoly_t c;
    ew_logseries_init(&out, R);
    fmpq_init(q);
    fmpq_mpoly_init(c, R->ring);
    product_cut(out.cut, x, y);
    for (slong i = 0; i < x->n; i++)
        for (slong j = 0; j < y->n; j++) {
            fmpq_add(q, x->t[i].q, y->t[j].q);
            if (fmpq_cmp(q, out.cut) >= 0)
                break;
            fmpq_mpoly_set(c, x->t[i].c, R->ring);
            ew_logring_mul(c, y->t[j].c, R);
            ew_logseries_add_term(&out, q, c, R);
        }
    ew_logseries_swap(z, &out);
    ew_logseries_clear(&out, R);
    fmpq_clear(q);
    fmpq_mpoly_clear(c, R->ring);
}

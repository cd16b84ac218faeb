#include "chain/terms.h"

#include <stdlib.h>
#include <string.h>

void ew_terms_clear(ew_terms *x)
{
    for (slong i = 0; i < x->n; i++)
        fmpq_clear(&x->t[i].c);
    free(x->t);
    free(x->pool);
    memset(x, 0, sizeof *x);
}

static ew_status make_room(ew_terms *x, size_t factors, ew_context *ctx)
{
    if (x->n == x->room) {
        slong room = x->room ? 2 * x->room : 16;
        ew_terms_entry *more = ew_realloc(x->t, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        x->t = more;
        x->room = room;
    }
    if (!x->pool || x->used + factors > x->pool_room) {
        size_t room = 2 * (x->used + factors) + 64;
        int *more = ew_realloc(x->pool, room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        x->pool = more;
        x->pool_room = room;
    }
    return EW_OK;
}

ew_status ew_terms_add(ew_terms *terms, const fmpq_t c, const int *x, slong n, const int *y,
                       slong m, ew_context *ctx)
{
    ew_status status = make_room(terms, (size_t) (n + m), ctx);
    if (status != EW_OK)
        return status;
    ew_terms_entry *t = &terms->t[terms->n++];
    int *out = terms->pool + terms->used;
    fmpq_init(&t->c);
    fmpq_set(&t->c, c);
    t->at = terms->used;
    t->n = (int) (n + m);
    for (slong i = 0, j = 0; i + j < n + m;)
        if (j == m || (i < n && x[i] <= y[j])) {
            out[i + j] = x[i];
            i++;
        } else {
            out[i + j] = y[j];
            j++;
        }
    terms->used += (size_t) (n + m);
    return EW_OK;
}

slong ew_terms_factors(int *factor, slong room, const ulong *exp, slong variables)
{
    slong n = 0;
    for (slong v = 0; v < variables; v++)
        for (ulong e = 0; e < exp[v]; e++, n++)
            if (n < room)
                factor[n] = (int) v;
    return n;
}

/* Lexicographic order, the greatest monomial first: more of an earlier variable is greater. */
static int greatest_first(const int *x, int n, const int *y, int m)
{
    for (int i = 0; i < n && i < m; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return (n < m) - (n > m);
}

static int precedes(const ew_terms *x, const ew_terms_entry *a, const ew_terms_entry *b)
{
    return greatest_first(x->pool + a->at, a->n, x->pool + b->at, b->n) <= 0;
}

/* Merge sort: qsort has no argument for the pool. */
static void sort(const ew_terms *x, ew_terms_entry *t, ew_terms_entry *room, slong n)
{
    if (n < 2)
        return;
    slong half = n / 2, i = 0, j = half;
    sort(x, t, room, half);
    sort(x, t + half, room, n - half);
    if (precedes(x, &t[half - 1], &t[half]))
        return;
    memcpy(room, t, (size_t) half * sizeof *t);
    for (slong k = 0; i < half; k++)
        t[k] = j == n || precedes(x, &room[i], &t[j]) ? room[i++] : t[j++];
}

/* Drop the factors of terms that are gone. */
static ew_status compact(ew_terms *x, ew_context *ctx)
{
    size_t used = 0;
    for (slong i = 0; i < x->n; i++)
        used += (size_t) x->t[i].n;
    if (used == x->used)
        return EW_OK;
    int *pool = ew_alloc((used + 1) * sizeof *pool, ctx);
    if (!pool)
        return EW_MEMORY;
    used = 0;
    for (slong i = 0; i < x->n; i++) {
        memcpy(pool + used, x->pool + x->t[i].at, (size_t) x->t[i].n * sizeof *pool);
        x->t[i].at = used;
        used += (size_t) x->t[i].n;
    }
    free(x->pool);
    x->pool = pool;
    x->used = x->pool_room = used;
    return EW_OK;
}

ew_status ew_terms_collect(ew_terms *x, ew_context *ctx)
{
    ew_terms_entry *room = ew_alloc((size_t) (x->n / 2 + 1) * sizeof *room, ctx);
    if (!room)
        return EW_MEMORY;
    sort(x, x->t, room, x->n);
    free(room);
    slong n = 0;
    for (slong i = 0; i < x->n; i++) {
        ew_terms_entry *last = n ? &x->t[n - 1] : NULL, *t = &x->t[i];
        if (last && greatest_first(x->pool + last->at, last->n, x->pool + t->at, t->n) == 0) {
            fmpq_add(&last->c, &last->c, &t->c);
            fmpq_clear(&t->c);
            continue;
        }
        if (last && fmpq_is_zero(&last->c))
            n--;
        x->t[n++] = *t;
    }
    if (n && fmpq_is_zero(&x->t[n - 1].c))
        n--;
    x->n = n;
    return compact(x, ctx);
}

/* Terms come in order, and with their common denominator: FLINT would rescale what it has
 * whenever a new denominator comes up. */
ew_status ew_terms_sum(fmpq_mpoly_t f, ew_terms *x, slong variables,
                       const fmpq_mpoly_ctx_t ring, ew_context *ctx)
{
    ew_status status = EW_MEMORY;
    ulong *exp = ew_alloc_zero((size_t) variables, sizeof *exp, ctx);
    if (exp)
        status = ew_terms_collect(x, ctx);
    fmpq_mpoly_zero(f, ring);
    if (status == EW_OK) {
        fmpz_t den, c;
        fmpz_init(den);
        fmpz_init(c);
        fmpz_one(den);
        for (slong i = 0; i < x->n; i++)
            fmpz_lcm(den, den, fmpq_denref(&x->t[i].c));
        for (slong i = 0; i < x->n; i++) {
            const int *factor = x->pool + x->t[i].at;
            for (int k = 0; k < x->t[i].n; k++)
                exp[factor[k]]++;
            fmpz_divexact(c, den, fmpq_denref(&x->t[i].c));
            fmpz_mul(c, c, fmpq_numref(&x->t[i].c));
            fmpq_mpoly_push_term_fmpz_ui(f, c, exp, ring);
            for (int k = 0; k < x->t[i].n; k++)
                exp[factor[k]] = 0;
        }
        fmpq_mpoly_scalar_div_fmpz(f, f, den, ring);
        fmpq_mpoly_reduce(f, ring);
        fmpz_clear(den);
        fmpz_clear(c);
    }
    free(exp);
    return status;
}

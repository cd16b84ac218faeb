#include "readings/cumulant/hierarchy/graded.h"

#include <stdlib.h>
#include <string.h>

void ew_graded_clear(ew_graded *f)
{
    for (slong i = 0; i < f->n; i++)
        fmpz_clear(&f->t[i].c);
    free(f->t);
    memset(f, 0, sizeof *f);
}

static ew_graded_term *append(ew_graded *f, ew_context *ctx)
{
    if (f->n == f->room) {
        slong room = f->room ? 2 * f->room : 4;
        ew_graded_term *more = ew_realloc(f->t, (size_t) room * sizeof *more, ctx);
        if (!more)
            return NULL;
        f->t = more;
        f->room = room;
    }
    ew_graded_term *t = &f->t[f->n++];
    memset(t, 0, sizeof *t);
    return t;
}

ew_status ew_graded_add_constant(ew_graded *f, slong c, ew_context *ctx)
{
    ew_graded_term *t = append(f, ctx);
    if (!t)
        return EW_MEMORY;
    fmpz_set_si(&t->c, c);
    return EW_OK;
}

ew_status ew_graded_add_unknown(ew_graded *f, slong unknown, slong grade, ew_context *ctx)
{
    ew_graded_term *t = append(f, ctx);
    if (!t)
        return EW_MEMORY;
    fmpz_one(&t->c);
    t->grade = (short) grade;
    t->n = 1;
    t->v[0] = (short) unknown;
    return EW_OK;
}

/* The monomials' product; every unknown has grade 1 at least, so that it fits. */
static void merge(ew_graded_term *t, const ew_graded_term *x, const ew_graded_term *y)
{
    slong i = 0, j = 0;
    t->grade = (short) (x->grade + y->grade);
    t->n = (short) (x->n + y->n);
    for (slong k = 0; k < t->n; k++)
        t->v[k] = j == y->n || (i < x->n && x->v[i] <= y->v[j]) ? x->v[i++] : y->v[j++];
}

ew_status ew_graded_add_product(ew_graded *f, const fmpz_t w, const ew_graded *g,
                                const ew_graded *h, slong most, ew_context *ctx)
{
    for (slong i = 0; i < g->n; i++)
        for (slong j = 0; j < h->n; j++) {
            if (g->t[i].grade + h->t[j].grade > most)
                continue;
            ew_graded_term *t = append(f, ctx);
            if (!t)
                return EW_MEMORY;
            merge(t, &g->t[i], &h->t[j]);
            fmpz_mul(&t->c, &g->t[i].c, &h->t[j].c);
            fmpz_mul(&t->c, &t->c, w);
        }
    return EW_OK;
}

/* The grade follows from the unknowns. */
static int by_monomial(const void *x, const void *y)
{
    const ew_graded_term *a = x, *b = y;
    return a->n != b->n ? a->n - b->n : memcmp(a->v, b->v, (size_t) a->n * sizeof *a->v);
}

void ew_graded_collect(ew_graded *f)
{
    if (f->n)
        qsort(f->t, (size_t) f->n, sizeof *f->t, by_monomial);
    slong n = 0;
    for (slong i = 0; i < f->n; i++) {
        if (n && by_monomial(&f->t[n - 1], &f->t[i]) == 0) {
            fmpz_add(&f->t[n - 1].c, &f->t[n - 1].c, &f->t[i].c);
            fmpz_clear(&f->t[i].c);
            continue;
        }
        if (n && fmpz_is_zero(&f->t[n - 1].c))
            n--;
        f->t[n++] = f->t[i];
    }
    if (n && fmpz_is_zero(&f->t[n - 1].c))
        n--;
    f->n = n;
}

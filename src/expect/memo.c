#include "expect/memo.h"

#include <stdlib.h>
#include <string.h>

#include "expect/jetsum.h"

#define SLOTS 512

/* k: aa, ab, bb */
typedef struct {
    slong n, prec;
    ew_atom2 *atoms; /* NULL: an empty slot */
    arb_struct k[3];
    arb_ptr values;
    mag_ptr scales;
    const char *used;
} entry;

struct ew_memo {
    entry slot[SLOTS];
};

static void entry_clear(entry *e)
{
    if (!e->atoms)
        return;
    for (int i = 0; i < 3; i++)
        arb_clear(e->k + i);
    _arb_vec_clear(e->values, e->n);
    _mag_vec_clear(e->scales, e->n);
    free(e->atoms);
    e->atoms = NULL;
}

void ew_memo_free(ew_memo *M)
{
    if (!M)
        return;
    for (slong i = 0; i < SLOTS; i++)
        entry_clear(M->slot + i);
    free(M);
}

static uint64_t bits_of(const arb_t x)
{
    double d = arf_get_d(arb_midref(x), ARF_RND_DOWN);
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u * UINT64_C(0x9e3779b97f4a7c15);
}

/* The same for all covariances that may share an answer: the sign bit of kab is shifted out,
 * and the variances are added up. */
static slong slot_of(const ew_question *q)
{
    uint64_t h = bits_of(q->kaa) + bits_of(q->kbb) + 3 * (bits_of(q->kab) << 1);
    return (slong) ((h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SLOTS;
}

/* a = b with the variables in the other order */
static int mirrored(const ew_atom2 *a, const ew_atom2 *b)
{
    return ew_monomial_equal(&a->f, &b->g) && ew_monomial_equal(&a->g, &b->f) &&
           a->jaa == b->jbb && a->jab == b->jab && a->jbb == b->jaa;
}

static int alike(const ew_atom2 *a, const ew_atom2 *b)
{
    return ew_monomial_equal(&a->f, &b->f) && ew_monomial_equal(&a->g, &b->g) &&
           a->jaa == b->jaa && a->jab == b->jab && a->jbb == b->jbb;
}

static int same_atoms(const entry *e, const ew_question *q, int swap)
{
    for (slong i = 0; i < q->n; i++)
        if (!(swap ? mirrored : alike)(e->atoms + i, q->atoms + i))
            return 0;
    return 1;
}

/* What the value is multiplied by when kab turns its sign; 0 if that is not known. */
static int turn(const ew_question *q, slong i)
{
    const ew_atom2 *a = q->atoms + i;
    int parity = ew_monomial_parity(&a->g, q->s->parity);
    if (!parity)
        parity = ew_monomial_parity(&a->f, q->s->parity);
    return a->jab % 2 ? -parity : parity;
}

/* 1 or -1: e has the covariance of q, or that with -kab; else 0. */
static int related(const entry *e, const ew_question *q, int swap)
{
    int sign = 0;
    arb_t minus;
    if (!arb_equal(e->k + (swap ? 2 : 0), q->kaa) || !arb_equal(e->k + (swap ? 0 : 2), q->kbb))
        return 0;
    arb_init(minus);
    arb_neg(minus, q->kab);
    sign = arb_equal(e->k + 1, q->kab) ? 1 : arb_equal(e->k + 1, minus) ? -1 : 0;
    arb_clear(minus);
    for (slong i = 0; i < q->n && sign < 0; i++)
        if (!turn(q, i))
            sign = 0;
    return sign && same_atoms(e, q, swap) ? sign : 0;
}

int ew_memo_find(arb_ptr values, mag_ptr scales, const char **used, const ew_memo *M,
                 const ew_question *q)
{
    const entry *e = M ? M->slot + slot_of(q) : NULL;
    if (!e || !e->atoms || e->n != q->n || e->prec != q->prec)
        return 0;
    int sign = related(e, q, 0);
    if (!sign)
        sign = related(e, q, 1);
    for (slong i = 0; i < q->n && sign; i++) {
        if (sign > 0 || turn(q, i) > 0)
            arb_set(values + i, e->values + i);
        else
            arb_neg(values + i, e->values + i);
        if (scales)
            mag_set(scales + i, e->scales + i);
    }
    if (sign)
        *used = e->used;
    return sign != 0;
}

ew_status ew_memo_keep(ew_memo **M, const ew_question *q, arb_srcptr values, mag_srcptr scales,
                       const char *used, ew_context *ctx)
{
    arb_srcptr k[3] = {q->kaa, q->kab, q->kbb};
    if (!*M && !(*M = ew_alloc_zero(1, sizeof **M, ctx)))
        return EW_MEMORY;
    entry *e = (*M)->slot + slot_of(q);
    entry_clear(e);
    e->atoms = ew_alloc((size_t) (q->n + 1) * sizeof *e->atoms, ctx);
    if (!e->atoms)
        return EW_MEMORY;
    memcpy(e->atoms, q->atoms, (size_t) q->n * sizeof *e->atoms);
    e->n = q->n;
    e->prec = q->prec;
    e->used = used;
    for (int i = 0; i < 3; i++) {
        arb_init(e->k + i);
        arb_set(e->k + i, k[i]);
    }
    e->values = _arb_vec_init(q->n);
    e->scales = _mag_vec_init(q->n);
    _arb_vec_set(e->values, values, q->n);
    for (slong i = 0; i < q->n; i++)
        mag_set(e->scales + i, scales + i);
    return EW_OK;
}

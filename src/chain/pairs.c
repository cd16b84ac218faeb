#include <string.h>

#include "chain/field.h"

void ew_pairs_add(ew_pairs *list, slong pair)
{
    slong i = list->n++;
    for (; i > 0 && list->p[i - 1] > pair; i--)
        list->p[i] = list->p[i - 1];
    list->p[i] = (int) pair;
}

int ew_pairs_compare(const ew_pairs *x, const ew_pairs *y)
{
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    for (slong i = 0; i < x->n; i++)
        if (x->p[i] != y->p[i])
            return x->p[i] < y->p[i] ? -1 : 1;
    return 0;
}

int ew_pairs_compare_at(const ew_pairs *x, slong i, const ew_pairs *y, slong j)
{
    int c = ew_pairs_compare(x, y);
    return c ? c : (i > j) - (i < j);
}

/* Decide about the entries from i on. */
static ew_status split_from(const ew_pairs *list, slong i, const ew_pairs *in,
                            const ew_pairs *rest, const fmpz_t ways, ew_split_fn fn, void *data)
{
    if (i == list->n)
        return rest->n ? fn(data, in, rest, ways) : EW_OK;
    slong m = 1;
    while (i + m < list->n && list->p[i + m] == list->p[i])
        m++;
    ew_status status = EW_OK;
    fmpz_t w;
    fmpz_init(w);
    for (slong k = 0; k <= m && status == EW_OK; k++) {
        ew_pairs x = *in, y = *rest;
        for (slong e = 0; e < m; e++)
            ew_pairs_add(e < k ? &x : &y, list->p[i]);
        fmpz_bin_uiui(w, (ulong) m, (ulong) k);
        fmpz_mul(w, w, ways);
        status = split_from(list, i + m, &x, &y, w, fn, data);
    }
    fmpz_clear(w);
    return status;
}

ew_status ew_pairs_splits(const ew_pairs *list, ew_split_fn fn, void *data)
{
    ew_pairs in = {1, {list->p[0]}}, rest = {0, {0}};
    fmpz one = 1;
    return split_from(list, 1, &in, &rest, &one, fn, data);
}

slong ew_pairs_weight(slong weight[EW_MAX_GENERATORS], const ew_pairs *list, const ew_fields *f)
{
    slong most = 0;
    for (slong g = 0; g < f->generators; g++) {
        weight[g] = 0;
        for (slong k = 0; k < list->n; k++) {
            slong i, j;
            ew_pair_fields(&i, &j, f, list->p[k]);
            weight[g] +=
                (slong) ((f->set[i % f->sets] >> g & 1) + (f->set[j % f->sets] >> g & 1));
        }
        if (weight[g] > most)
            most = weight[g];
    }
    return most;
}

int ew_pairs_odd(const ew_pairs *list, const ew_fields *f)
{
    ulong odd = 0;
    for (slong k = 0; k < list->n; k++)
        odd ^= f->parity[list->p[k]];
    return odd != 0;
}

ulong ew_set_image(ulong set, const slong to[EW_MAX_GENERATORS], const ew_fields *f)
{
    ulong s = 0;
    for (slong g = 0; set >> g && g < f->generators; g++)
        s |= (set >> g & 1) << to[g];
    return s;
}

slong ew_pair_image(slong pair, const slong to[EW_MAX_GENERATORS], const ew_fields *f)
{
    slong x[2];
    for (int e = 0; e < 2; e++) {
        ew_field field = ew_fields_at(f, f->end[e][pair]);
        x[e] = ew_fields_find(f, field.input, ew_set_image(field.set, to, f));
        if (x[e] < 0)
            return -1;
    }
    return ew_pair_of(f, x[0], x[1]);
}

/* The maps tried for a canonical form. */
typedef struct {
    const ew_pairs *list;
    const ew_fields *f;
    slong occurring, from[EW_MAX_GENERATORS], first[EW_MAX_GENERATORS];
    slong to[EW_MAX_GENERATORS];
    int found;
    ew_pairs best;
    slong best_to[EW_MAX_GENERATORS];
} images;

static void try_image(images *m)
{
    ew_pairs image = {0, {0}};
    for (slong k = 0; k < m->list->n; k++) {
        slong p = ew_pair_image(m->list->p[k], m->to, m->f);
        if (p < 0)
            return;
        ew_pairs_add(&image, p);
    }
    if (m->found && ew_pairs_compare(&image, &m->best) >= 0)
        return;
    m->best = image;
    memcpy(m->best_to, m->to, sizeof m->to);
    m->found = 1;
}

/* Every bijection of the occurring tangents onto the first ones, from the k-th on. */
static void try_images(images *m, slong k, ulong taken)
{
    if (k == m->occurring) {
        try_image(m);
        return;
    }
    for (slong i = 0; i < m->occurring; i++)
        if (!(taken >> i & 1)) {
            m->to[m->from[k]] = m->first[i];
            try_images(m, k + 1, taken | UWORD(1) << i);
        }
}

/* The tangents that do not occur take the places left, in order. */
static void complete_map(slong *to, const images *m, slong tangents)
{
    ulong occurring = 0;
    for (slong i = 0; i < m->occurring; i++) {
        occurring |= UWORD(1) << m->from[i];
        to[m->from[i]] = m->best_to[m->from[i]];
    }
    slong place = m->occurring;
    for (slong g = 0; g < m->f->generators && place < tangents; g++)
        if (m->f->kind[g] == EW_TANGENT && !(occurring >> g & 1))
            to[g] = m->first[place++];
}

void ew_pairs_canonical_map(ew_pairs *out, slong to[EW_MAX_GENERATORS], const ew_pairs *list,
                            const ew_fields *f)
{
    images m = {.list = list, .f = f};
    slong tangents = 0;
    ulong occurring = 0;
    for (slong k = 0; k < list->n; k++)
        for (int e = 0; e < 2; e++)
            occurring |= f->set[f->end[e][list->p[k]] % f->sets];
    for (slong g = 0; g < f->generators; g++) {
        to[g] = m.to[g] = g;
        if (f->kind[g] != EW_TANGENT)
            continue;
        m.first[tangents++] = g;
        if (occurring >> g & 1)
            m.from[m.occurring++] = g;
    }
    try_images(&m, 0, 0);
    *out = m.found ? m.best : *list;
    if (m.found)
        complete_map(to, &m, tangents);
}

void ew_pairs_canonical(ew_pairs *out, const ew_pairs *list, const ew_fields *f)
{
    slong to[EW_MAX_GENERATORS];
    ew_pairs_canonical_map(out, to, list, f);
}

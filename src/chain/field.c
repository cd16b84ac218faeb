#include "chain/field.h"

#include <stdlib.h>
#include <string.h>

static int bits(ulong x)
{
    int n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

static int by_size_then_value(const void *x, const void *y)
{
    ulong a = *(const ulong *) x, b = *(const ulong *) y;
    if (bits(a) != bits(b))
        return bits(a) < bits(b) ? -1 : 1;
    return (a > b) - (a < b);
}

/* All subsets of the wanted sets, in the order the header promises. */
static slong close_under_subsets(ulong *out, slong generators, const ulong *set, slong sets)
{
    slong n = 0;
    for (ulong s = 0; s < (UWORD(1) << generators); s++) {
        int wanted = s == 0;
        for (slong i = 0; i < sets && !wanted; i++)
            wanted = (s & ~set[i]) == 0;
        if (wanted)
            out[n++] = s;
    }
    qsort(out, (size_t) n, sizeof *out, by_size_then_value);
    return n;
}

ew_status ew_fields_new(ew_fields **out, slong inputs, const ew_generator *kind,
                        slong generators, const ulong *set, slong sets, ew_context *ctx)
{
    *out = NULL;
    if (inputs < 1 || inputs > EW_MAX_INPUTS || generators < 0 ||
        generators > EW_MAX_GENERATORS)
        return ew_fail(ctx, EW_USAGE, "fields: at most %d inputs and %d generators",
                       EW_MAX_INPUTS, EW_MAX_GENERATORS);
    ew_fields *f = ew_alloc_zero(1, sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    f->set = ew_alloc_zero((size_t) 1 << generators, sizeof *f->set, ctx);
    if (!f->set) {
        ew_fields_free(f);
        return EW_MEMORY;
    }
    f->inputs = inputs;
    f->generators = generators;
    for (slong g = 0; g < generators; g++)
        f->kind[g] = kind[g];
    f->sets = close_under_subsets(f->set, generators, set, sets);
    f->n = inputs * f->sets;
    f->pairs = f->n * (f->n + 1) / 2;
    *out = f;
    return EW_OK;
}

void ew_fields_free(ew_fields *f)
{
    if (!f)
        return;
    free(f->set);
    free(f);
}

ew_field ew_fields_at(const ew_fields *f, slong index)
{
    ew_field x = {index / f->sets, f->set[index % f->sets]};
    return x;
}

slong ew_fields_find(const ew_fields *f, slong input, ulong set)
{
    for (slong i = 0; i < f->sets; i++)
        if (f->set[i] == set)
            return input * f->sets + i;
    return -1;
}

/* Row by row of the upper triangle. */
slong ew_pair_of(const ew_fields *f, slong first, slong second)
{
    slong i = first < second ? first : second;
    slong j = first < second ? second : first;
    return i * f->n - i * (i - 1) / 2 + (j - i);
}

void ew_pair_fields(slong *first, slong *second, const ew_fields *f, slong pair)
{
    slong i = 0;
    for (; pair >= f->n - i; i++)
        pair -= f->n - i;
    *first = i;
    *second = i + pair;
}

int ew_pair_is_base(const ew_fields *f, slong pair)
{
    slong i, j;
    ew_pair_fields(&i, &j, f, pair);
    return f->set[i % f->sets] == 0 && f->set[j % f->sets] == 0;
}

static void append_generators(char *text, const ew_fields *f, ulong set, ew_generator kind,
                              const char *letters)
{
    size_t n = strlen(text);
    for (slong g = 0; g < f->generators; g++) {
        if (f->kind[g] != kind)
            continue;
        if (set >> g & 1)
            text[n++] = *letters;
        letters++;
    }
    text[n] = '\0';
}

static void append_field(char *text, const ew_fields *f, slong index)
{
    ew_field x = ew_fields_at(f, index);
    char letter[2] = {(char) ('a' + x.input), '\0'};
    strcat(text, letter);
    append_generators(text, f, x.set, EW_TANGENT, "12345678");
    append_generators(text, f, x.set, EW_DIRECTION, "uvwxyzst");
}

ew_bias ew_pair_bias(const ew_fields *f, slong pair)
{
    slong i, j;
    ew_pair_fields(&i, &j, f, pair);
    ulong s = ew_fields_at(f, i).set, t = ew_fields_at(f, j).set;
    if (s != t)
        return EW_BIAS_NONE;
    if (s == 0)
        return EW_BIAS_CB;
    for (slong g = 0; g < f->generators; g++)
        if (s == UWORD(1) << g && f->kind[g] == EW_TANGENT)
            return EW_BIAS_LAMBDA_B;
    return EW_BIAS_NONE;
}

char *ew_pair_name(const ew_fields *f, slong pair, ew_context *ctx)
{
    char text[2 * EW_MAX_GENERATORS + 8] = "";
    slong i, j;
    ew_pair_fields(&i, &j, f, pair);
    append_field(text, f, i);
    strcat(text, ".");
    append_field(text, f, j);
    return ew_strdup(text, ctx);
}

void ew_pairs_add(ew_pairs *list, slong pair)
{
    slong i = list->n++;
    for (; i > 0 && list->p[i - 1] > pair; i--)
        list->p[i] = list->p[i - 1];
    list->p[i] = pair;
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
    slong weight[EW_MAX_GENERATORS];
    ew_pairs_weight(weight, list, f);
    for (slong g = 0; g < f->generators; g++)
        if (f->kind[g] == EW_TANGENT && weight[g] % 2)
            return 1;
    return 0;
}

static ulong permuted_set(ulong set, const slong *to, slong generators)
{
    ulong s = 0;
    for (slong g = 0; g < generators; g++)
        if (set >> g & 1)
            s |= UWORD(1) << to[g];
    return s;
}

/* 0 when the permutation leads out of the set of fields. */
static int permute(ew_pairs *out, const ew_pairs *list, const ew_fields *f, const slong *to)
{
    out->n = 0;
    for (slong k = 0; k < list->n; k++) {
        slong x[2];
        ew_pair_fields(&x[0], &x[1], f, list->p[k]);
        for (int e = 0; e < 2; e++) {
            ew_field field = ew_fields_at(f, x[e]);
            x[e] = ew_fields_find(f, field.input, permuted_set(field.set, to, f->generators));
            if (x[e] < 0)
                return 0;
        }
        ew_pairs_add(out, ew_pair_of(f, x[0], x[1]));
    }
    return 1;
}

/* Try every permutation of the tangents from position g on. */
static void least(ew_pairs *best, const ew_pairs *list, const ew_fields *f, slong *to, slong g)
{
    while (g < f->generators && f->kind[g] != EW_TANGENT)
        g++;
    if (g == f->generators) {
        ew_pairs image;
        if (permute(&image, list, f, to) && ew_pairs_compare(&image, best) < 0)
            *best = image;
        return;
    }
    for (slong h = g; h < f->generators; h++) {
        if (f->kind[h] != EW_TANGENT)
            continue;
        slong t = to[g];
        to[g] = to[h];
        to[h] = t;
        least(best, list, f, to, g + 1);
        to[h] = to[g];
        to[g] = t;
    }
}

void ew_pairs_canonical(ew_pairs *out, const ew_pairs *list, const ew_fields *f)
{
    slong to[EW_MAX_GENERATORS];
    ew_pairs best = *list;
    for (slong g = 0; g < f->generators; g++)
        to[g] = g;
    least(&best, list, f, to, 0);
    *out = best;
}

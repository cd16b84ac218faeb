#include "chain/field.h"

#include <limits.h>
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

/* All subsets of the wanted sets, in the order the header promises; sorted places known. */
static void close_under_subsets(ew_fields *f, const ulong *set, slong sets)
{
    ulong all = UWORD(1) << f->generators;
    for (ulong s = 0; s < all; s++)
        f->place[s] = -1;
    f->set[f->sets++] = 0;
    f->place[0] = 0;
    for (slong i = 0; i < sets; i++)
        for (ulong s = set[i] & (all - 1); s; s = (s - 1) & set[i])
            if (f->place[s] < 0) {
                f->place[s] = 0;
                f->set[f->sets++] = s;
            }
    qsort(f->set, (size_t) f->sets, sizeof *f->set, by_size_then_value);
    for (slong i = 0; i < f->sets; i++)
        f->place[f->set[i]] = (short) i;
}

/* Pairs row by row of the upper triangle. */
static ew_status number_pairs(ew_fields *f, ew_context *ctx)
{
    f->n = f->inputs * f->sets;
    f->pairs = f->n * (f->n + 1) / 2;
    if (f->pairs > SHRT_MAX)
        return ew_fail(ctx, EW_UNABLE, "fields: %ld pairs of fields, limit %d", (long) f->pairs,
                       SHRT_MAX);
    f->parity = ew_alloc((size_t) f->pairs * sizeof *f->parity, ctx);
    for (int e = 0; e < 2; e++)
        f->end[e] = ew_alloc((size_t) f->pairs * sizeof *f->end[e], ctx);
    if (!f->parity || !f->end[0] || !f->end[1])
        return EW_MEMORY;
    slong p = 0;
    for (slong i = 0; i < f->n; i++)
        for (slong j = i; j < f->n; j++, p++) {
            f->end[0][p] = (short) i;
            f->end[1][p] = (short) j;
            f->parity[p] = (f->set[i % f->sets] ^ f->set[j % f->sets]) & f->tangents;
        }
    return EW_OK;
}

static ew_status check_limits(slong inputs, const ew_generator *kind, slong generators,
                              ew_context *ctx)
{
    slong tangents = 0;
    for (slong g = 0; g < generators && g < EW_MAX_GENERATORS; g++)
        tangents += kind[g] == EW_TANGENT;
    if (inputs < 1 || inputs > EW_MAX_INPUTS || generators < 0 ||
        generators > EW_MAX_GENERATORS || tangents > EW_MAX_TANGENTS ||
        generators - tangents > EW_MAX_DIRECTIONS)
        return ew_fail(ctx, EW_USAGE,
                       "fields: at most %d inputs, %d tangents, %d directions and %d of both",
                       EW_MAX_INPUTS, EW_MAX_TANGENTS, EW_MAX_DIRECTIONS, EW_MAX_GENERATORS);
    return EW_OK;
}

ew_status ew_fields_new(ew_fields **out, slong inputs, const ew_generator *kind,
                        slong generators, const ulong *set, slong sets, ew_context *ctx)
{
    *out = NULL;
    ew_status status = check_limits(inputs, kind, generators, ctx);
    if (status != EW_OK)
        return status;
    ew_fields *f = ew_alloc_zero(1, sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    f->inputs = inputs;
    f->generators = generators;
    for (slong g = 0; g < generators; g++) {
        f->kind[g] = kind[g];
        if (kind[g] == EW_TANGENT)
            f->tangents |= UWORD(1) << g;
    }
    f->set = ew_alloc_zero((size_t) 1 << generators, sizeof *f->set, ctx);
    f->place = ew_alloc_zero((size_t) 1 << generators, sizeof *f->place, ctx);
    status = f->set && f->place ? EW_OK : EW_MEMORY;
    if (status == EW_OK) {
        close_under_subsets(f, set, sets);
        status = number_pairs(f, ctx);
    }
    if (status != EW_OK) {
        ew_fields_free(f);
        return status;
    }
    *out = f;
    return EW_OK;
}

void ew_fields_free(ew_fields *f)
{
    if (!f)
        return;
    free(f->set);
    free(f->place);
    free(f->end[0]);
    free(f->end[1]);
    free(f->parity);
    free(f);
}

ew_field ew_fields_at(const ew_fields *f, slong index)
{
    ew_field x = {index / f->sets, f->set[index % f->sets]};
    return x;
}

slong ew_fields_find(const ew_fields *f, slong input, ulong set)
{
    slong place = f->place[set];
    return place < 0 ? -1 : input * f->sets + place;
}

slong ew_pair_of(const ew_fields *f, slong first, slong second)
{
    slong i = first < second ? first : second;
    slong j = first < second ? second : first;
    return i * f->n - i * (i - 1) / 2 + (j - i);
}

void ew_pair_fields(slong *first, slong *second, const ew_fields *f, slong pair)
{
    *first = f->end[0][pair];
    *second = f->end[1][pair];
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
    append_generators(text, f, x.set, EW_TANGENT, "123456789");
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

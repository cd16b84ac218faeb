#include "readings/cumulant/hierarchy/groups.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned long long colour;

static colour mix(colour x, colour y)
{
    colour h = (x ^ (y + 0x9e3779b97f4a7c15ULL + (x << 6) + (x >> 2))) * 0xff51afd7ed558ccdULL;
    return h ^ h >> 32;
}

/* A field's colour: what is left of it when tangents are known by their colours only. */
static colour field_colour(slong index, const colour *c, const ew_fields *f)
{
    ew_field x = ew_fields_at(f, index);
    colour sum = 0;
    for (slong g = 0; x.set >> g; g++)
        if (x.set >> g & 1)
            sum += c[g];
    return mix(mix((colour) x.input, x.set & ~f->tangents), sum);
}

static colour pair_colour(slong pair, const colour *c, const ew_fields *f)
{
    return field_colour(f->end[0][pair], c, f) + field_colour(f->end[1][pair], c, f);
}

/* Every tangent's next colour: what it occurs in. */
static void refine(colour *next, const colour *c, const ew_pairs *group, slong n, int ordered,
                   const ew_fields *f)
{
    memset(next, 0, EW_MAX_GENERATORS * sizeof *next);
    for (slong b = 0; b < n; b++) {
        colour whole = ordered ? (colour) b : 0;
        for (slong k = 0; k < group[b].n; k++)
            whole += mix(1, pair_colour(group[b].p[k], c, f));
        for (slong k = 0; k < group[b].n; k++)
            for (int e = 0; e < 2; e++) {
                slong own = f->end[e][group[b].p[k]];
                colour h =
                    mix(mix(whole, pair_colour(group[b].p[k], c, f)), field_colour(own, c, f));
                ulong set = ew_fields_at(f, own).set & f->tangents;
                for (slong g = 0; set >> g; g++)
                    if (set >> g & 1)
                        next[g] += mix(2, h);
            }
    }
    for (slong g = 0; g < f->generators; g++)
        next[g] = next[g] ? mix(next[g], c[g]) : 0;
}

/* Tangents that occur come first, by colour. */
static int renumber(slong *to, const colour *c, const ew_fields *f)
{
    slong order[EW_MAX_GENERATORS], label[EW_MAX_GENERATORS], n = 0, moved = 0;
    for (slong g = 0; g < f->generators; g++) {
        to[g] = g;
        if (f->kind[g] != EW_TANGENT)
            continue;
        label[n] = g;
        slong i = n++;
        for (; i > 0 && c[order[i - 1]] < c[g]; i--)
            order[i] = order[i - 1];
        order[i] = g;
    }
    for (slong i = 0; i < n; i++) {
        to[order[i]] = label[i];
        moved += order[i] != label[i];
    }
    return moved > 0;
}

/* 0 when some image is no pair. */
static int map_groups(ew_pairs *group, slong n, const slong *to, const ew_fields *f)
{
    ew_pairs image[EW_MAX_GROUPS];
    for (slong b = 0; b < n; b++) {
        image[b].n = 0;
        for (slong k = 0; k < group[b].n; k++) {
            slong p = ew_pair_image(group[b].p[k], to, f);
            if (p < 0)
                return 0;
            ew_pairs_add(&image[b], p);
        }
    }
    memcpy(group, image, (size_t) n * sizeof *image);
    return 1;
}

static void sort_groups(ew_pairs *group, slong n)
{
    for (slong b = 1; b < n; b++) {
        ew_pairs x = group[b];
        slong i = b;
        for (; i > 0 && ew_pairs_compare(&group[i - 1], &x) > 0; i--)
            group[i] = group[i - 1];
        group[i] = x;
    }
}

void ew_groups_normalise(slong *to, ew_pairs *group, slong n, int ordered, const ew_fields *f)
{
    slong own[EW_MAX_GENERATORS];
    if (!to)
        to = own;
    for (slong g = 0; g < f->generators; g++)
        to[g] = g;
    if (f->tangents & (f->tangents - 1)) {
        colour a[EW_MAX_GENERATORS], b[EW_MAX_GENERATORS];
        for (slong g = 0; g < EW_MAX_GENERATORS; g++)
            a[g] = f->tangents >> g & 1;
        for (int round = 0; round < 2; round++) {
            refine(b, a, group, n, ordered, f);
            refine(a, b, group, n, ordered, f);
        }
        if (renumber(to, a, f) && !map_groups(group, n, to, f))
            for (slong g = 0; g < f->generators; g++)
                to[g] = g;
    }
    if (!ordered)
        sort_groups(group, n);
}

slong ew_groups_key(int key[EW_MAX_KEY], const ew_pairs *group, slong n)
{
    slong length = 0;
    for (slong b = 0; b < n; b++) {
        key[length++] = (int) group[b].n;
        memcpy(key + length, group[b].p, (size_t) group[b].n * sizeof *key);
        length += group[b].n;
    }
    return length;
}

void ew_groups_of_key(ew_pairs *group, slong *n, const int *key, slong length)
{
    *n = 0;
    for (slong i = 0; i < length; i += key[i] + 1) {
        ew_pairs *g = &group[(*n)++];
        g->n = key[i];
        memcpy(g->p, key + i + 1, (size_t) g->n * sizeof *g->p);
    }
}

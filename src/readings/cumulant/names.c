#include "readings/cumulant/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* order < 0: the letter takes the order as a number, n^-order. */
static const struct {
    const char *letter, *of;
    slong order;
} letters[] = {
    {"K", "a.a", 0},           {"G", "a.a", -1},          {"Theta", "a1.a1", 0},
    {"H", "a1.a1", -1},        {"V", "a.a,a.a", 1},       {"D", "a.a,a1.a1", 1},
    {"F", "a.a1,a.a1", 1},     {"A", "a1.a1,a2.a2", 1},   {"B", "a1.a2,a1.a2", 1},
    {"P", "a.a12,a1.a2", 1},   {"Q", "a1.a12,a.a2", 1},   {"R", "a1.a123,a2.a3", 1},
    {"S", "a13.a23,a1.a2", 1}, {"T", "a1.a13,a2.a23", 1}, {"U", "a2.a13,a1.a23", 1},
};

static slong find_pair(const ew_fields *f, const char *name, size_t length)
{
    for (slong p = 0; p < f->pairs; p++) {
        char *own = ew_pair_name(f, p, NULL);
        int same = own && strlen(own) == length && strncmp(own, name, length) == 0;
        free(own);
        if (same)
            return p;
    }
    return -1;
}

int ew_pairs_read(ew_pairs *list, const ew_fields *f, const char *text)
{
    list->n = 0;
    for (;;) {
        size_t n = strcspn(text, ",");
        slong pair = find_pair(f, text, n);
        if (pair < 0 || list->n == EW_MAX_PAIRS)
            return 0;
        ew_pairs_add(list, pair);
        if (!text[n])
            return 1;
        text += n + 1;
    }
}

static char *generic_name(const ew_fields *f, const ew_pairs *list, slong order,
                          ew_context *ctx)
{
    char *text = ew_strdup("k[", ctx);
    for (slong i = 0; i < list->n && text; i++) {
        char *pair = ew_pair_name(f, list->p[i], ctx);
        char *longer = pair ? ew_format(ctx, "%s%s%s", text, i ? "," : "", pair) : NULL;
        free(pair);
        free(text);
        text = longer;
    }
    char *name = text ? ew_format(ctx, "%s]_%ld", text, (long) order) : NULL;
    free(text);
    return name;
}

char *ew_cumulant_letter(const ew_fields *f, const ew_pairs *list, slong order, ew_context *ctx)
{
    ew_pairs canonical, own;
    ew_pairs_canonical(&canonical, list, f);
    for (size_t i = 0; f->inputs == 1 && i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].order >= 0 ? letters[i].order != order : order < 1)
            continue;
        if (!ew_pairs_read(&own, f, letters[i].of))
            continue;
        ew_pairs_canonical(&own, &own, f);
        if (ew_pairs_compare(&own, &canonical) != 0)
            continue;
        return letters[i].order >= 0 ? ew_strdup(letters[i].letter, ctx)
                                     : ew_format(ctx, "%s%ld", letters[i].letter, (long) order);
    }
    return generic_name(f, &canonical, order, ctx);
}

int ew_cumulant_is_letter(const char *name)
{
    return strncmp(name, "k[", 2) != 0;
}

char *ew_cumulant_letter_latex(const char *name, ew_context *ctx)
{
    if (strcmp(name, "Theta") == 0)
        return ew_strdup("\\Theta", ctx);
    const char *digit = strpbrk(name, "0123456789");
    if (ew_cumulant_is_letter(name))
        return digit ? ew_format(ctx, "%.*s_{%s}", (int) (digit - name), name, digit)
                     : ew_strdup(name, ctx);
    const char *end = strchr(name, ']');
    return ew_format(ctx, "\\kappa_{\\mathrm{%.*s}}^{(%s)}", (int) (end - name - 2), name + 2,
                     end + 2);
}

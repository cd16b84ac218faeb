#include "readings/cumulant/hierarchy/names.h"

#include <stdlib.h>
#include <string.h>

static const ew_letter letters[] = {
    {"K", "a.a", 0, 0},           {"G", "a.a", -1, 0},          {"V", "a.a,a.a", 1, 0},
    {"Theta", "a1.a1", 0, 1},     {"H", "a1.a1", -1, 1},        {"D", "a.a,a1.a1", 1, 1},
    {"F", "a.a1,a.a1", 1, 1},     {"A", "a1.a1,a2.a2", 1, 1},   {"B", "a1.a2,a1.a2", 1, 1},
    {"P", "a.a12,a1.a2", 1, 2},   {"Q", "a1.a12,a.a2", 1, 2},   {"R", "a1.a123,a2.a3", 1, 3},
    {"S", "a13.a23,a1.a2", 1, 3}, {"T", "a1.a13,a2.a23", 1, 3}, {"U", "a2.a13,a1.a23", 1, 3},
    {NULL, NULL, 0, 0},
};

const ew_letter *ew_letters(void)
{
    return letters;
}

/* ---- lists --------------------------------------------------------------------------------
 */

/* The generator that a letter of a field's name stands for, or -1. */
static slong generator_of(const ew_fields *f, char letter)
{
    static const char tangents[] = "123456789", directions[] = "uvwxyzst";
    for (slong g = 0, t = 0, d = 0; g < f->generators; g++) {
        int tangent = f->kind[g] == EW_TANGENT;
        if (letter == (tangent ? tangents[t++] : directions[d++]))
            return g;
    }
    return -1;
}

/* "a12u" of n characters, or -1. */
static slong field_of(const ew_fields *f, const char *name, size_t n)
{
    ulong set = 0;
    if (n == 0 || name[0] < 'a' || name[0] - 'a' >= f->inputs)
        return -1;
    for (size_t i = 1; i < n; i++) {
        slong g = generator_of(f, name[i]);
        if (g < 0 || set >> g & 1)
            return -1;
        set |= UWORD(1) << g;
    }
    return ew_fields_find(f, name[0] - 'a', set);
}

int ew_pairs_read(ew_pairs *list, const ew_fields *f, const char *text)
{
    list->n = 0;
    for (;;) {
        size_t n = strcspn(text, ","), dot = strcspn(text, ".");
        if (dot >= n || list->n == EW_MAX_PAIRS)
            return 0;
        slong first = field_of(f, text, dot), second = field_of(f, text + dot + 1, n - dot - 1);
        if (first < 0 || second < 0)
            return 0;
        ew_pairs_add(list, ew_pair_of(f, first, second));
        if (!text[n])
            return 1;
        text += n + 1;
    }
}

/* The letter of a canonical list at an order: the leading one, or with `later` any; NULL when
 * there is none. */
static const ew_letter *letter_of(const ew_fields *f, const ew_pairs *canonical, slong order,
                                  int later)
{
    ew_pairs own;
    for (const ew_letter *x = letters; f->inputs == 1 && x->letter; x++) {
        if (x->order < 0 ? order < 1 : later ? order < x->order : order != x->order)
            continue;
        if (!ew_pairs_read(&own, f, x->of))
            continue;
        ew_pairs_canonical(&own, &own, f);
        if (ew_pairs_compare(&own, canonical) == 0 && !(x->order == 0 && order > 0))
            return x;
    }
    return NULL;
}

/* The letter of the mean of one pair of several inputs: K, G, Theta, H; its inputs in a, b. */
static const ew_letter *mean_of_inputs(slong *a, slong *b, const ew_fields *f,
                                       const ew_pairs *canonical, slong order)
{
    slong i, j;
    if (f->inputs == 1 || canonical->n != 1)
        return NULL;
    ew_pair_fields(&i, &j, f, canonical->p[0]);
    *a = i / f->sets;
    *b = j / f->sets;
    for (const ew_letter *x = letters; x->letter; x++) {
        ew_pairs own;
        if (x->order != (order ? -1 : 0) || !ew_pairs_read(&own, f, x->of))
            continue;
        ew_pairs same = {1, {ew_pair_of(f, i % f->sets, j % f->sets)}};
        if (ew_pairs_compare(&own, &same) == 0)
            return x;
    }
    return NULL;
}

static char *mean_symbol(const ew_letter *x, slong order, slong a, slong b, ew_context *ctx)
{
    int first = 'a' + (int) a, second = 'a' + (int) b;
    return order ? ew_format(ctx, "%s%ld_%c%c", x->letter, (long) order, first, second)
                 : ew_format(ctx, "%s_%c%c", x->letter, first, second);
}

static char *mean_latex(const ew_letter *x, slong order, slong a, slong b, ew_context *ctx)
{
    const char *letter = strcmp(x->letter, "Theta") == 0 ? "\\Theta" : x->letter;
    int first = 'a' + (int) a, second = 'a' + (int) b;
    return order ? ew_format(ctx, "{%s^{(%ld)}_{%c%c}}", letter, (long) order, first, second)
                 : ew_format(ctx, "{%s_{%c%c}}", letter, first, second);
}

/* k for the k-th cumulant, k >= 3, of one input's Ghat_zz, else 0. */
static slong plain_cumulant(const ew_fields *f, const ew_pairs *list)
{
    if (f->inputs != 1 || list->n < 3)
        return 0;
    for (slong i = 0; i < list->n; i++)
        if (!ew_pair_is_base(f, list->p[i]))
            return 0;
    return list->n;
}

/* ---- names --------------------------------------------------------------------------------
 */

static char *pairs_text(const ew_fields *f, const ew_pairs *list, ew_context *ctx)
{
    char *text = ew_strdup("", ctx);
    for (slong i = 0; i < list->n && text; i++) {
        char *pair = ew_pair_name(f, list->p[i], ctx);
        char *longer = pair ? ew_format(ctx, "%s%s%s", text, i ? "," : "", pair) : NULL;
        free(pair);
        free(text);
        text = longer;
    }
    return text;
}

static char *generic_name(const ew_fields *f, const ew_pairs *list, slong order,
                          ew_context *ctx)
{
    char *text = pairs_text(f, list, ctx);
    char *name = text ? ew_format(ctx, "k[%s]_%ld", text, (long) order) : NULL;
    free(text);
    return name;
}

char *ew_cumulant_letter(const ew_fields *f, const ew_pairs *list, slong order, ew_context *ctx)
{
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, f);
    const ew_letter *x = letter_of(f, &canonical, order, 0);
    if (!x)
        return generic_name(f, &canonical, order, ctx);
    return x->order >= 0 ? ew_strdup(x->letter, ctx)
                         : ew_format(ctx, "%s%ld", x->letter, (long) order);
}

int ew_cumulant_is_letter(const char *name)
{
    return strncmp(name, "k[", 2) != 0;
}

char *ew_cumulant_symbol(const ew_fields *f, const ew_pairs *list, slong order, ew_context *ctx)
{
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, f);
    const ew_letter *x = letter_of(f, &canonical, order, 1);
    slong k = plain_cumulant(f, &canonical), a, b;
    const ew_letter *mean = mean_of_inputs(&a, &b, f, &canonical, order);
    if (mean)
        return mean_symbol(mean, order, a, b, ctx);
    if (x && x->order < 0)
        return ew_format(ctx, "%s%ld", x->letter, (long) order);
    if (x)
        return order == x->order ? ew_strdup(x->letter, ctx)
                                 : ew_format(ctx, "%s_%ld", x->letter, (long) order);
    if (k)
        return order == k - 1 ? ew_format(ctx, "kappa%ld", (long) k)
                              : ew_format(ctx, "kappa%ld_%ld", (long) k, (long) order);
    return generic_name(f, &canonical, order, ctx);
}

/* "a.a12" as "aa_{12}". */
static char *pairs_latex(const ew_fields *f, const ew_pairs *list, ew_context *ctx)
{
    char *plain = pairs_text(f, list, ctx);
    char *latex = plain ? ew_alloc_zero(5 * strlen(plain) + 1, 1, ctx) : NULL;
    int script = 0;
    for (char *in = plain, *out = latex; latex && *in; in++) {
        int field = (in == plain || in[-1] == '.' || in[-1] == ',');
        if (script && (*in == '.' || *in == ',')) {
            *out++ = '}';
            script = 0;
        }
        if (*in == '.')
            continue;
        if (!field && *in != ',' && !script) {
            *out++ = '_';
            *out++ = '{';
            script = 1;
        }
        *out++ = *in;
        if (!in[1] && script)
            *out++ = '}';
    }
    free(plain);
    return latex;
}

char *ew_pair_latex(const ew_fields *f, slong pair, ew_context *ctx)
{
    ew_pairs one = {1, {pair}};
    return pairs_latex(f, &one, ctx);
}

char *ew_cumulant_symbol_latex(const ew_fields *f, const ew_pairs *list, slong order,
                               ew_context *ctx)
{
    ew_pairs canonical;
    ew_pairs_canonical(&canonical, list, f);
    const ew_letter *x = letter_of(f, &canonical, order, 1);
    slong k = plain_cumulant(f, &canonical), a, b;
    const ew_letter *mean = mean_of_inputs(&a, &b, f, &canonical, order);
    if (mean)
        return mean_latex(mean, order, a, b, ctx);
    if (x) {
        const char *letter = strcmp(x->letter, "Theta") == 0 ? "\\Theta" : x->letter;
        if (x->order < 0)
            return ew_format(ctx, "{%s_{%ld}}", letter, (long) order);
        return order == x->order ? ew_format(ctx, "{%s}", letter)
                                 : ew_format(ctx, "{%s^{(%ld)}}", letter, (long) order);
    }
    if (k)
        return order == k - 1
                   ? ew_format(ctx, "{\\kappa_{%ld}}", (long) k)
                   : ew_format(ctx, "{\\kappa_{%ld}^{(%ld)}}", (long) k, (long) order);
    char *pairs = pairs_latex(f, &canonical, ctx);
    char *name = pairs ? ew_format(ctx, "{\\kappa_{%s}^{(%ld)}}", pairs, (long) order) : NULL;
    free(pairs);
    return name;
}

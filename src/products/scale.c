#include "products/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_NAME 64

static int is_digit(char c)
{
    return c >= '1' && c <= '9';
}

/* Tangents are exchangeable: name them 1, 2, ... in order of appearance, ascending within a
 * field.  0 when the name is too long. */
static int canonical(char out[MOST_NAME], const char *name)
{
    char to[10] = {0}, next = '1';
    size_t n = strlen(name);
    if (n >= MOST_NAME)
        return 0;
    for (size_t i = 0; i <= n; i++) {
        char c = name[i];
        if (is_digit(c) && !to[c - '0'])
            to[c - '0'] = next++;
        out[i] = is_digit(c) ? to[c - '0'] : c;
        for (size_t k = i; is_digit(c) && k > 0 && is_digit(out[k - 1]) && out[k - 1] > out[k];
             k--) {
            char swap = out[k];
            out[k] = out[k - 1];
            out[k - 1] = swap;
        }
    }
    return 1;
}

static int same_entry(const char *x, const char *y)
{
    char a[MOST_NAME], b[MOST_NAME];
    return canonical(a, x) && canonical(b, y) && strcmp(a, b) == 0;
}

/* The joint cumulant of k entries of the law of `name`, or -1. */
static slong term_of(const ew_sample_table *t, const char *name, slong k)
{
    for (slong i = 0; i < t->terms; i++) {
        slong same = t->of_n[i] == k;
        for (slong j = 0; j < k && same; j++)
            same = same_entry(t->of[i][j], name);
        if (same)
            return i;
    }
    return -1;
}

static slong at_layer(const ew_sample_table *t, slong layer, slong term)
{
    return (layer - 1) * t->terms + term;
}

/* The roots of the kernels of an entry's two fields. */
static double entry_size(const ew_sample_table *t, slong layer, const char *name)
{
    double size = 1;
    for (const char *field = name; *field; field += *field == '.') {
        size_t n = strcspn(field, ".");
        char twice[MOST_NAME];
        if (snprintf(twice, sizeof twice, "%.*s.%.*s", (int) n, field, (int) n, field) >=
            MOST_NAME)
            return NAN;
        slong term = term_of(t, twice, 1);
        size *= term < 0 ? NAN : sqrt(fabs(t->value[at_layer(t, layer, term)].mean));
        field += n;
    }
    return size;
}

double ew_natural_scale(const ew_sample_table *t, slong layer, double n, char *const *of,
                        slong k)
{
    double size = 1, variance = 1;
    slong term = k == 2 ? ew_sample_term(t, (const char *const *) of, k) : -1;
    if (term >= 0)
        return n * t->spread[at_layer(t, layer, term)];
    for (slong i = 0; i < k; i++) {
        double s = entry_size(t, layer, of[i]);
        slong square = k > 1 ? term_of(t, of[i], 2) : -1;
        size *= s;
        if (k > 1)
            variance *= square < 0 ? NAN : n * t->spread[at_layer(t, layer, square)] / (s * s);
    }
    double scale = size * pow(variance, (double) (k - 1) / (double) k);
    return isfinite(scale) ? scale : 0;
}

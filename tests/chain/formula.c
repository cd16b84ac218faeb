#include "chain/formula.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static int word_char(char c)
{
    return isalnum((unsigned char) c) || c == '_';
}

/* Whether `name` stands at text[i], as a whole word when it is one. */
static size_t match(const char *text, size_t i, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(text + i, name, n) != 0)
        return 0;
    if (word_char(name[0]) && i > 0 && word_char(text[i - 1]))
        return 0;
    return word_char(name[n - 1]) && word_char(text[i + n]) ? 0 : n;
}

/* Replace the longest name that matches at every place. */
static char *replace(const char *text, const char *const *name, const char *const *value,
                     slong n)
{
    size_t size = 1 << 16, used = 0;
    char *out = malloc(size);
    for (size_t i = 0; text[i];) {
        slong best = -1;
        size_t longest = 0;
        for (slong k = 0; k < n; k++)
            if (match(text, i, name[k]) > longest) {
                longest = match(text, i, name[k]);
                best = k;
            }
        used += (size_t) snprintf(out + used, size - used, "%.*s", best < 0 ? 1 : (int) size,
                                  best < 0 ? text + i : value[best]);
        assert_true(used < size);
        i += best < 0 ? 1 : longest;
    }
    return out;
}

void formula_read(fmpq_mpoly_t out, const char *text, const char *const *names,
                  const char *const *values, const ew_law *law)
{
    slong n = 0;
    while (names && names[n])
        n++;
    char *now = strdup(text);
    for (slong k = n - 1; k >= 0; k--) {
        char *next = replace(now, names + k, values + k, 1);
        free(now);
        now = next;
    }
    const char **plain = calloc((size_t) law->variables, sizeof *plain);
    char *room = calloc((size_t) law->variables, 24);
    for (slong v = 0; v < law->variables; v++) {
        plain[v] = room + 24 * v;
        snprintf(room + 24 * v, 24, "x%ldx", (long) v);
    }
    char *final = replace(now, (const char *const *) law->name, plain, law->variables);
    if (fmpq_mpoly_set_str_pretty(out, final, plain, law->ring) != 0)
        fail_msg("formula not understood: %s -> %s", text, final);
    free(final);
    free(room);
    free(plain);
    free(now);
}

void formula_check(const fmpq_mpoly_t f, const char *text, const char *const *names,
                   const char *const *values, const ew_law *law)
{
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, law->ring);
    formula_read(g, text, names, values, law);
    if (!fmpq_mpoly_equal(f, g, law->ring))
        fail_msg("derived %s\n  expected %s",
                 fmpq_mpoly_get_str_pretty(f, (const char **) law->name, law->ring),
                 fmpq_mpoly_get_str_pretty(g, (const char **) law->name, law->ring));
    fmpq_mpoly_clear(g, law->ring);
}

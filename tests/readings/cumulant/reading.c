#include "reading.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

void reading_open(reading *r, slong order, slong inputs, int descent, slong directions)
{
    ew_context *ctx = ew_context_new();
    ew_family family = {
        .order = order, .inputs = inputs, .descent = descent, .directions = directions};
    check_ok(ctx, ew_hierarchy_family(&r->h, &family, ctx));
    check_ok(ctx, ew_formula_ring_new(&r->ring, r->h, ctx));
    ew_context_free(ctx);
}

void reading_close(reading *r)
{
    ew_formula_ring_free(r->ring);
    ew_hierarchy_free(r->h);
}

/* The variable whose symbol stands at text: the longest that matches, as a whole word. */
static slong symbol_at(size_t *length, const char *text, char *const *symbol, slong n)
{
    slong best = -1;
    *length = 0;
    for (slong v = 0; v < n; v++) {
        size_t size = strlen(symbol[v]);
        int word = isalnum((unsigned char) symbol[v][size - 1]);
        if (size <= *length || strncmp(text, symbol[v], size) != 0 ||
            (word && (isalnum((unsigned char) text[size]) || text[size] == '_')))
            continue;
        best = v;
        *length = size;
    }
    return best;
}

/* What LaTeX markup means to a reader of polynomials; 0 if it is none. */
static size_t markup_at(const char **meaning, const char *text)
{
    static const char *const table[][2] = {
        {"\\\\\n", ""},   {"&", ""},       {"\\quad", ""}, {" \\, ", "*"}, {"\\bigl(", "("},
        {"\\bigr)", ")"}, {"\\tfrac", ""}, {"}{", "/"},    {"{", "("},     {"}", ")"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strncmp(text, table[i][0], strlen(table[i][0])) == 0) {
            *meaning = table[i][1];
            return strlen(table[i][0]);
        }
    return 0;
}

/* Exponents are plain numbers to the parser: "^(12)" -> "^12". */
static void strip_exponents(char *text)
{
    char *out = text;
    for (char *in = text; *in; in++) {
        *out++ = *in;
        if (strncmp(in, "^(", 2) != 0)
            continue;
        for (in += 2; *in && *in != ')'; in++)
            *out++ = *in;
    }
    *out = '\0';
}

static void read_polynomial(fmpq_mpoly_t out, const char *text, int latex, const reading *r)
{
    const ew_symbols *s = &r->ring->symbols;
    char **name = calloc((size_t) s->variables, sizeof *name);
    char *plain = calloc(strlen(text) + 1, 12), *at = plain;
    for (slong v = 0; v < s->variables; v++) {
        name[v] = malloc(24);
        snprintf(name[v], 24, "x%ldx", (long) v);
    }
    for (const char *c = text; *c;) {
        size_t n;
        const char *meaning;
        slong v = symbol_at(&n, c, latex ? s->latex : s->text, s->variables);
        if (v >= 0)
            at += sprintf(at, "%s", name[v]);
        else if (latex && (n = markup_at(&meaning, c)))
            at += sprintf(at, "%s", meaning);
        else
            at += sprintf(at, "%c", *c);
        c += n ? n : 1;
    }
    strip_exponents(plain);
    if (fmpq_mpoly_set_str_pretty(out, plain, (const char **) name, r->ring->ring) != 0)
        fail_msg("not a polynomial: %s", text);
    for (slong v = 0; v < s->variables; v++)
        free(name[v]);
    free(name);
    free(plain);
}

void reading_text(fmpq_mpoly_t out, const char *text, const reading *r)
{
    read_polynomial(out, text, 0, r);
}

void reading_latex(fmpq_mpoly_t out, const char *latex, const reading *r)
{
    const char *right = strstr(latex, "&= ");
    assert_non_null(right);
    read_polynomial(out, right + 3, 1, r);
}

slong reading_unknown(const reading *r, const char *symbol)
{
    char full[256];
    snprintf(full, sizeof full, "%s[l]", symbol);
    for (slong i = 0; i < r->h->unknowns; i++)
        if (strcmp(r->ring->symbols.text[r->h->law->extra + i], full) == 0)
            return i;
    fail_msg("no unknown %s", symbol);
    return -1;
}

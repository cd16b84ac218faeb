/* Identifiers from labels and expressions. */
#include <stdlib.h>
#include <string.h>

#include "emit/c_item.h"

#define PREFIX_LENGTH 40

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters and digits stay; V/K^2 becomes V_over_K2, nngp[1,2] nngp_1_2, K(a.a, a.a) K_aa_aa. */
static void add_words(ew_buffer *b, const char *text)
{
    int gap = 0, inside = 0;
    for (const char *p = text; *p; p++) {
        if (is_letter(*p) || is_digit(*p)) {
            if (gap && b->size > 0 && b->text[b->size - 1] != '_')
                ew_buffer_add(b, "_");
            gap = 0;
            ew_buffer_addf(b, "%c", *p);
        } else if (*p == '/' && p != text) {
            ew_buffer_add(b, "_over");
            gap = 1;
        } else if (*p != '^' && !(*p == '.' && inside && is_letter(p[1])))
            gap = 1;
        inside += (*p == '(') - (*p == ')');
    }
}

/* Names that begin with one of these and go on with _ belong to the standard library. */
static int is_reserved(const char *prefix)
{
    static const char *const taken[] = {"atomic", "cnd", "memory_order", "mtx", "thrd", "tss"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(prefix, taken[i]) == 0)
            return 1;
    return 0;
}

ew_status ew_c_prefix_check(const char *prefix, ew_context *ctx)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; i < n; i++)
        if (!is_letter(prefix[i]) && !(i > 0 && (is_digit(prefix[i]) || prefix[i] == '_')))
            return ew_fail(ctx, EW_USAGE, "prefix: '%.40s' does not begin a name in C", prefix);
    if (n == 0 || n > PREFIX_LENGTH)
        return ew_fail(ctx, EW_USAGE, "prefix: 1 to %d letters, digits and underscores",
                       PREFIX_LENGTH);
    if (prefix[n - 1] == '_' || strstr(prefix, "__") || is_reserved(prefix))
        return ew_fail(ctx, EW_USAGE, "prefix: '%s' would begin reserved names", prefix);
    return EW_OK;
}

char *ew_c_prefix_of(const char *text, ew_context *ctx)
{
    ew_buffer b = {0};
    if (!is_letter(text[strspn(text, " \t(")]))
        ew_buffer_add(&b, "s");
    add_words(&b, text);
    if (b.text && b.size > PREFIX_LENGTH)
        b.text[b.size = PREFIX_LENGTH] = '\0';
    while (b.size > 0 && b.text[b.size - 1] == '_')
        b.text[--b.size] = '\0';
    return ew_buffer_take(&b, ctx);
}

static int is_taken(const ew_c_items *c, const char *name)
{
    for (size_t i = 0; i < c->tables; i++)
        if (strcmp(c->table_name[i], name) == 0)
            return 1;
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->item[i].name, name) == 0)
            return 1;
    return 0;
}

char *ew_c_name(const ew_c_items *c, const char *title, const char *label, ew_context *ctx)
{
    ew_buffer b = {0};
    ew_buffer_addf(&b, "%s_", c->prefix);
    add_words(&b, title);
    if (*title && *label)
        ew_buffer_add(&b, "_");
    add_words(&b, label);
    char *name = ew_buffer_take(&b, ctx), *first = name;
    for (int k = 2; name && is_taken(c, name); k++) {
        if (name != first)
            free(name);
        name = ew_format(ctx, "%s_%d", first, k);
    }
    if (name != first)
        free(first);
    return name;
}

/* LaTeX with line breaks: TeX breaks no displayed formula by itself, and \left ... \right
 * cannot be broken, so rows are filled here by estimated widths and brackets have a fixed size.
 */
#include "readings/cumulant/equations/print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/equations/writer.h"

#define ROW_WIDTH 640 /* points; a landscape A4 page with margins of 15 mm has 760 */

/* ---- widths -------------------------------------------------------------------------------
 */

/* The width of the command at *c (after its backslash), which is skipped. */
static double command_width(const char **c)
{
    static const struct {
        const char *name;
        double width;
    } known[] = {{"langle", 4}, {"rangle", 4}, {"left", 0},    {"right", 0}, {"bigl", 1},
                 {"bigr", 1},   {"tfrac", 3},  {"mathrm", 0},  {"quad", 10}, {"partial", 6},
                 {"Theta", 8},  {"lambda", 6}, {"parallel", 5}};
    size_t n = 0;
    while (isalpha((unsigned char) (*c)[n]))
        n++;
    const char *name = *c;
    *c += n ? n : 1;
    if (n == 0)
        return *name == ',' ? 1.7 : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == n && strncmp(known[i].name, name, n) == 0)
            return known[i].width;
    return 6.5;
}

static double character_width(char c)
{
    if (strchr("{}^_& \n", c))
        return 0;
    if (c == '+' || c == '-' || c == '=')
        return 12.5;
    return isupper((unsigned char) c) ? 7.5 : strchr("()'.,", c) ? 3.5 : 5.2;
}

/* Of a piece of source at 10pt, in points, as far as it matters for filling rows. */
static double latex_width(const char *latex)
{
    double width = 0;
    int depth = 0, small = 0; /* small: the depth of the script one is in */
    for (const char *c = latex; *c;) {
        double unit;
        if (*c == '\\') {
            c++;
            unit = command_width(&c);
        } else {
            if ((*c == '^' || *c == '_') && c[1] == '{' && !small)
                small = depth + 1;
            depth += (*c == '{') - (*c == '}');
            if (depth < small)
                small = 0;
            unit = character_width(*c++);
        }
        width += small ? 0.75 * unit : unit;
    }
    return width;
}

/* ---- rows ---------------------------------------------------------------------------------
 */

void ew_latex_rows_open(ew_latex_rows *r, const char *lhs, ew_context *ctx)
{
    *r = (ew_latex_rows){.out = {.ctx = ctx}, .used = latex_width(lhs) + 12};
    ew_writer_add(&r->out, lhs);
    ew_writer_add(&r->out, " &= ");
}

void ew_latex_rows_put(ew_latex_rows *r, int first, char *piece, const char *indent)
{
    double width = piece ? latex_width(piece) : 0;
    if (!first && r->used + width > ROW_WIDTH) {
        ew_writer_add(&r->out, " \\\\\n");
        ew_writer_add(&r->out, indent);
        r->used = latex_width(indent);
    }
    r->used += width;
    ew_writer_add_fresh(&r->out, piece);
}

static char *signed_product(int first, const fmpq_t c, const ulong *exp, const ew_symbols *s,
                            ew_context *ctx)
{
    fmpq_t a;
    fmpq_init(a);
    fmpq_abs(a, c);
    char *product = ew_print_monomial(a, exp, s, 1, ctx), *all = NULL;
    if (product)
        all = ew_format(
            ctx, "%s%s",
            first ? (fmpq_sgn(c) < 0 ? "-" : "") : (fmpq_sgn(c) < 0 ? " - " : " + "), product);
    free(product);
    fmpq_clear(a);
    return all;
}

/* The factors of one kind, with coefficient |scale|; "" when there are none. */
static char *some_factors(const fmpq_t scale, const ulong *exp, const ew_symbols *s, int leads,
                          ew_context *ctx)
{
    slong n = s->variables;
    int any = 0;
    ulong *part = ew_alloc_zero((size_t) n, sizeof *part, ctx);
    if (!part)
        return NULL;
    for (slong v = 0; v < n; v++)
        if (exp[v] && (s->lead[v] != 0) == leads) {
            part[v] = exp[v];
            any = 1;
        }
    fmpq_t a;
    fmpq_init(a);
    fmpq_abs(a, scale);
    char *text =
        any || !fmpq_is_one(a) ? ew_print_monomial(a, part, s, 1, ctx) : ew_strdup("", ctx);
    fmpq_clear(a);
    free(part);
    return text;
}

/* sign scale common ( first term */
static char *opening(int first, const ew_layout *x, slong g, const ew_symbols *s,
                     ew_context *ctx)
{
    slong from = x->first[g], n = x->variables;
    char *common = some_factors(x->scale + g, x->common + g * n, s, 0, ctx), *all = NULL;
    char *term = signed_product(1, x->coef + from, x->exp + from * n, s, ctx);
    int minus = fmpq_sgn(x->scale + g) < 0;
    if (common && term)
        all = ew_format(ctx, "%s%s%s\\bigl(%s",
                        first   ? (minus ? "-" : "")
                        : minus ? " - "
                                : " + ",
                        common, *common ? " \\, " : "", term);
    free(common);
    free(term);
    return all;
}

/* last term ) leads */
static char *closing(const ew_layout *x, slong g, const ew_symbols *s, ew_context *ctx)
{
    slong last = x->first[g + 1] - 1, n = x->variables;
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    char *leads = some_factors(one, x->common + g * n, s, 1, ctx), *all = NULL;
    char *term = signed_product(0, x->coef + last, x->exp + last * n, s, ctx);
    if (leads && term)
        all = ew_format(ctx, "%s\\bigr)%s%s", term, *leads ? " \\, " : "", leads);
    free(leads);
    free(term);
    fmpq_clear(one);
    return all;
}

static void put_group(ew_latex_rows *r, int first, const ew_layout *x, slong g,
                      const ew_symbols *s)
{
    ew_context *ctx = r->out.ctx;
    slong from = x->first[g], to = x->first[g + 1], n = x->variables;
    if (to == from + 1) {
        ew_latex_rows_put(r, first,
                          signed_product(first, x->scale + g, x->common + g * n, s, ctx),
                          "&\\quad ");
        return;
    }
    ew_latex_rows_put(r, first, opening(first, x, g, s, ctx), "&\\quad ");
    for (slong t = from + 1; t + 1 < to; t++)
        ew_latex_rows_put(r, 0, signed_product(0, x->coef + t, x->exp + t * n, s, ctx),
                          "&\\quad\\quad ");
    ew_latex_rows_put(r, 0, closing(x, g, s, ctx), "&\\quad\\quad ");
}

char *ew_print_latex(const char *lhs, const fmpq_mpoly_t f, const ew_symbols *s, slong own,
                     ew_context *ctx)
{
    ew_layout *x;
    ew_latex_rows r;
    if (ew_layout_new(&x, f, s, own, ctx) != EW_OK)
        return NULL;
    ew_latex_rows_open(&r, lhs, ctx);
    if (x->groups == 0)
        ew_writer_add(&r.out, "0");
    for (slong g = 0; g < x->groups; g++)
        put_group(&r, g == 0, x, g, s);
    ew_layout_free(x);
    return ew_writer_take(&r.out);
}

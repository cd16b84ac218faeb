#include "readings/cumulant/equations/print.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/equations/writer.h"

/* ---- products -----------------------------------------------------------------------------
 */

static void put_coefficient(ew_writer *w, const fmpq_t c, int latex)
{
    int whole = fmpz_is_one(fmpq_denref(c));
    if (latex && !whole)
        ew_writer_add(w, "\\tfrac{");
    ew_writer_add_fmpz(w, fmpq_numref(c));
    if (!whole) {
        ew_writer_add(w, latex ? "}{" : "/");
        ew_writer_add_fmpz(w, fmpq_denref(c));
        ew_writer_add(w, latex ? "}" : "");
    }
}

/* Factors that are leads, or those that are not; separated from what stands before. */
static void put_factors(ew_writer *w, const ulong *exp, const ew_symbols *s, int leads,
                        int latex, int *first)
{
    for (slong i = 0; i < s->variables; i++) {
        slong v = s->place[i];
        if (!exp[v] || (s->lead[v] != 0) != leads)
            continue;
        if (!*first)
            ew_writer_add(w, latex ? " \\, " : "*");
        *first = 0;
        ew_writer_add(w, latex ? s->latex[v] : s->text[v]);
        ulong power = s->square[v] ? 2 * exp[v] : exp[v];
        if (power > 1)
            ew_writer_add_fresh(w, ew_format(w->ctx, latex ? "^{%lu}" : "^%lu", power));
    }
}

static void put_scale(ew_writer *w, const fmpq_t scale, int latex, int *first)
{
    fmpq_t a;
    fmpq_init(a);
    fmpq_abs(a, scale);
    if (!fmpq_is_one(a)) {
        put_coefficient(w, a, latex);
        *first = 0;
    }
    fmpq_clear(a);
}

/* |scale| * monomial */
static void put_product(ew_writer *w, const fmpq_t scale, const ulong *exp, const ew_symbols *s,
                        int latex)
{
    int first = 1;
    put_scale(w, scale, latex, &first);
    put_factors(w, exp, s, 0, latex, &first);
    put_factors(w, exp, s, 1, latex, &first);
    if (first)
        ew_writer_add(w, "1");
}

char *ew_print_monomial(const fmpq_t scale, const ulong *exp, const ew_symbols *s, int latex,
                        ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    if (fmpq_sgn(scale) < 0)
        ew_writer_add(&w, "-");
    put_product(&w, scale, exp, s, latex);
    return ew_writer_take(&w);
}

/* ---- text ---------------------------------------------------------------------------------
 */

static const char *sign(int first, const fmpq_t c)
{
    int minus = fmpq_sgn(c) < 0;
    return first ? (minus ? "-" : "") : (minus ? " - " : " + ");
}

/* scale * common * (terms) * leads */
static void put_group(ew_writer *w, const ew_layout *x, slong g, const ew_symbols *s)
{
    slong n = x->variables, from = x->first[g], to = x->first[g + 1];
    const ulong *common = x->common + g * n;
    int first = 1;
    if (to == from + 1) {
        put_product(w, x->scale + g, common, s, 0);
        return;
    }
    put_scale(w, x->scale + g, 0, &first);
    put_factors(w, common, s, 0, 0, &first);
    ew_writer_add(w, first ? "(" : "*(");
    for (slong t = from; t < to; t++) {
        ew_writer_add(w, sign(t == from, x->coef + t));
        put_product(w, x->coef + t, x->exp + t * n, s, 0);
    }
    ew_writer_add(w, ")");
    first = 0;
    put_factors(w, common, s, 1, 0, &first);
}

char *ew_print_text(const fmpq_mpoly_t f, const ew_symbols *s, slong own, ew_context *ctx)
{
    ew_layout *x;
    ew_writer w = {.ctx = ctx};
    if (ew_layout_new(&x, f, s, own, ctx) != EW_OK)
        return NULL;
    if (x->groups == 0)
        ew_writer_add(&w, "0");
    for (slong g = 0; g < x->groups; g++) {
        ew_writer_add(&w, sign(g == 0, x->scale + g));
        put_group(&w, x, g, s);
    }
    ew_layout_free(x);
    return ew_writer_take(&w);
}

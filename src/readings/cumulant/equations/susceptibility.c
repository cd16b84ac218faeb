/* chi_par, chi_perp and h as printing views of atoms. */
#include "readings/cumulant/equations/formula.h"

#include <stdlib.h>
#include <string.h>

/* The variables the views are made of; -1 where the law has none. */
typedef struct {
    slong theta, d_s2, s1_2, d_s1_2;
} parts;

static slong atom_variable(const ew_law *law, slong jet, int derivative)
{
    ew_atom x;
    memset(&x, 0, sizeof x);
    x.e[0][jet] = 2;
    x.m[0] = derivative ? 2 : 0;
    return ew_law_atom(law, &x);
}

static parts find_parts(const ew_formula_ring *r)
{
    const ew_hierarchy *h = r->h;
    parts p = {-1, atom_variable(h->law, 0, 1), atom_variable(h->law, 1, 0),
               atom_variable(h->law, 1, 1)};
    slong g = 0;
    while (g < h->fields->generators && h->fields->kind[g] != EW_TANGENT)
        g++;
    slong field = g < h->fields->generators ? ew_fields_find(h->fields, 0, UWORD(1) << g) : -1;
    if (field >= 0) {
        ew_pairs list = {1, {ew_pair_of(h->fields, field, field)}};
        slong i = ew_hierarchy_find(h, &list, 0);
        p.theta = i < 0 ? -1 : h->law->extra + i;
    }
    return p;
}

/* c * prod of n variables, added to f. */
static void add_monomial(fmpq_mpoly_t f, const slong *v, slong n, const ew_formula_ring *r)
{
    fmpq_mpoly_t t, x;
    fmpq_mpoly_init(t, r->ring);
    fmpq_mpoly_init(x, r->ring);
    fmpq_mpoly_one(t, r->ring);
    for (slong i = 0; i < n; i++) {
        fmpq_mpoly_gen(x, v[i], r->ring);
        fmpq_mpoly_mul(t, t, x, r->ring);
    }
    fmpq_mpoly_add(f, f, t, r->ring);
    fmpq_mpoly_clear(t, r->ring);
    fmpq_mpoly_clear(x, r->ring);
}

ew_status ew_formula_expand(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_formula_ring *r,
                            ew_context *ctx)
{
    slong n = r->symbols.variables;
    const parts p = find_parts(r);
    fmpq_mpoly_struct *image = ew_alloc((size_t) n * sizeof *image, ctx);
    fmpq_mpoly_struct **at = ew_alloc((size_t) n * sizeof *at, ctx);
    ew_status status = image && at ? EW_OK : EW_MEMORY;
    for (slong v = 0; v < n && status == EW_OK; v++) {
        fmpq_mpoly_init(image + v, r->ring);
        at[v] = image + v;
        if (v < r->views)
            fmpq_mpoly_gen(image + v, v, r->ring);
    }
    if (status == EW_OK) {
        const slong par[] = {EW_CW, p.d_s2}, perp[] = {EW_CW, p.s1_2},
                    h1[] = {EW_LAMBDA_W, p.d_s2}, h2[] = {EW_CW, p.theta, p.d_s1_2};
        if (p.d_s2 >= 0)
            add_monomial(image + r->views + EW_CHI_PAR, par, 2, r);
        if (p.s1_2 >= 0)
            add_monomial(image + r->views + EW_CHI_PERP, perp, 2, r);
        if (p.theta >= 0 && p.d_s1_2 >= 0) {
            add_monomial(image + r->views + EW_H, h1, 2, r);
            add_monomial(image + r->views + EW_H, h2, 3, r);
        }
        fmpq_mpoly_t g;
        fmpq_mpoly_init(g, r->ring);
        int ok = fmpq_mpoly_compose_fmpq_mpoly(g, f, at, r->ring, r->ring);
        fmpq_mpoly_swap(out, g, r->ring);
        fmpq_mpoly_clear(g, r->ring);
        if (!ok)
            status = ew_fail(ctx, EW_UNABLE, "derive: powers too high to expand");
        for (slong v = 0; v < n; v++)
            fmpq_mpoly_clear(image + v, r->ring);
    }
    free(image);
    free(at);
    return status;
}

/* Take one factor `to` out of exp for every product of the n variables v in it (at most `most`
 * of them); returns how many. */
static ulong take(ulong *exp, const slong *v, slong n)
{
    ulong k = v[0] < 0 ? 0 : exp[v[0]];
    for (slong i = 1; i < n; i++)
        k = v[i] < 0 ? 0 : FLINT_MIN(k, exp[v[i]]);
    for (slong i = 0; i < n && k; i++)
        exp[v[i]] -= k;
    return k;
}

/* Every term with C_W Theta D<s1^2> in it, by h - lambda_W D<s^2>. */
static void use_h(fmpq_mpoly_t out, const fmpq_mpoly_t f, const parts *p, ulong *exp,
                  const ew_formula_ring *r)
{
    const slong v[] = {p->d_s1_2, EW_CW, p->theta};
    fmpq_mpoly_t term, by, x;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(term, r->ring);
    fmpq_mpoly_init(by, r->ring);
    fmpq_mpoly_init(x, r->ring);
    const slong lower[] = {EW_LAMBDA_W, p->d_s2};
    add_monomial(by, lower, 2, r);
    fmpq_mpoly_gen(x, r->views + EW_H, r->ring);
    fmpq_mpoly_sub(by, x, by, r->ring);
    fmpq_mpoly_zero(out, r->ring);
    for (slong t = 0; t < fmpq_mpoly_length(f, r->ring); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, t, r->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, r->ring);
        fmpq_mpoly_pow_ui(x, by, take(exp, v, 3), r->ring);
        fmpq_mpoly_zero(term, r->ring);
        fmpq_mpoly_push_term_fmpq_ui(term, c, exp, r->ring);
        fmpq_mpoly_reduce(term, r->ring);
        fmpq_mpoly_mul(term, term, x, r->ring);
        fmpq_mpoly_add(out, out, term, r->ring);
    }
    fmpq_mpoly_clear(x, r->ring);
    fmpq_mpoly_clear(by, r->ring);
    fmpq_mpoly_clear(term, r->ring);
    fmpq_clear(c);
}

static void use_chi(fmpq_mpoly_t out, const fmpq_mpoly_t f, const parts *p, ulong *exp,
                    const ew_formula_ring *r)
{
    const slong par[] = {p->d_s2, EW_CW}, perp[] = {p->s1_2, EW_CW};
    fmpq_mpoly_t g;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(g, r->ring);
    for (slong t = 0; t < fmpq_mpoly_length(f, r->ring); t++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, t, r->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, r->ring);
        exp[r->views + EW_CHI_PAR] += take(exp, par, 2);
        exp[r->views + EW_CHI_PERP] += take(exp, perp, 2);
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, r->ring);
    }
    fmpq_mpoly_sort_terms(g, r->ring);
    fmpq_mpoly_combine_like_terms(g, r->ring);
    fmpq_mpoly_reduce(g, r->ring);
    fmpq_mpoly_swap(out, g, r->ring);
    fmpq_mpoly_clear(g, r->ring);
    fmpq_clear(c);
}

ew_status ew_formula_abbreviate(fmpq_mpoly_t out, const fmpq_mpoly_t f,
                                const ew_formula_ring *r, ew_context *ctx)
{
    const parts p = find_parts(r);
    ulong *exp = ew_alloc(2 * (size_t) r->symbols.variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_t rest, part, short_part, sum;
    fmpq_mpoly_init(rest, r->ring);
    fmpq_mpoly_init(part, r->ring);
    fmpq_mpoly_init(short_part, r->ring);
    fmpq_mpoly_init(sum, r->ring);
    fmpq_mpoly_set(rest, f, r->ring);
    int h = p.theta >= 0 && p.d_s2 >= 0 && p.d_s1_2 >= 0;
    while (!fmpq_mpoly_is_zero(rest, r->ring)) {
        ew_formula_split(part, rest, exp, r->symbols.lead, r);
        if (h)
            use_h(short_part, part, &p, exp, r);
        if (h && fmpq_mpoly_length(short_part, r->ring) < fmpq_mpoly_length(part, r->ring))
            fmpq_mpoly_swap(part, short_part, r->ring);
        fmpq_mpoly_add(sum, sum, part, r->ring);
    }
    use_chi(out, sum, &p, exp, r);
    fmpq_mpoly_clear(rest, r->ring);
    fmpq_mpoly_clear(part, r->ring);
    fmpq_mpoly_clear(short_part, r->ring);
    fmpq_mpoly_clear(sum, r->ring);
    free(exp);
    return EW_OK;
}

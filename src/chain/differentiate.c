#include "chain/terms.h"
#include "chain/wick.h"

#include <stdlib.h>

/* out += d<atom v>/dG_ab * df/dv. */
static ew_status add_raised(fmpq_mpoly_t out, const fmpq_mpoly_t f, slong v, slong a, slong b,
                            const ew_law *law, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_mpoly_t d, raised;
    fmpq_t factor;
    fmpq_mpoly_init(d, law->ring);
    fmpq_mpoly_init(raised, law->ring);
    fmpq_init(factor);
    ew_atom x = law->atom[v - law->atom0];
    fmpq_mpoly_derivative(d, f, v, law->ring);
    if (!fmpq_mpoly_is_zero(d, law->ring) && ew_atom_raise(factor, &x, a, b)) {
        slong to = ew_law_atom(law, &x);
        if (to < 0) {
            status = ew_fail(ctx, EW_UNABLE, "transition law: derivative of too high an order");
        } else {
            fmpq_mpoly_gen(raised, to, law->ring);
            fmpq_mpoly_scalar_mul_fmpq(raised, raised, factor, law->ring);
            fmpq_mpoly_mul(d, d, raised, law->ring);
            if (law->slope >= 0) {
                fmpq_mpoly_gen(raised, law->slope, law->ring);
                fmpq_mpoly_mul(d, d, raised, law->ring);
            }
            fmpq_mpoly_add(out, out, d, law->ring);
        }
    }
    fmpq_clear(factor);
    fmpq_mpoly_clear(raised, law->ring);
    fmpq_mpoly_clear(d, law->ring);
    return status;
}

ew_status ew_law_differentiate(fmpq_mpoly_t out, const fmpq_mpoly_t f, slong pair,
                               const ew_law *law, ew_context *ctx)
{
    if (!ew_pair_is_base(law->fields, pair)) {
        fmpq_mpoly_derivative(out, f, law->cov[pair], law->ring);
        return EW_OK;
    }
    ew_status status = EW_OK;
    slong i, j;
    ew_pair_fields(&i, &j, law->fields, pair);
    slong a = i / law->fields->sets, b = j / law->fields->sets;
    slong *degree = ew_alloc((size_t) law->variables * sizeof *degree, ctx);
    if (!degree)
        return EW_MEMORY;
    fmpq_mpoly_t sum;
    fmpq_mpoly_init(sum, law->ring);
    if (law->cov[pair] >= 0)
        fmpq_mpoly_derivative(sum, f, law->cov[pair], law->ring);
    fmpq_mpoly_degrees_si(degree, f, law->ring);
    for (slong v = law->atom0; v < law->atom0 + law->atoms && status == EW_OK; v++)
        if (degree[v] > 0)
            status = add_raised(sum, f, v, a, b, law, ctx);
    free(degree);
    fmpq_mpoly_swap(out, sum, law->ring);
    fmpq_mpoly_clear(sum, law->ring);
    return status;
}

static slong vanishing_degree(const ulong *exp, const ew_law *law)
{
    slong degree = 0;
    for (slong p = 0; p < law->fields->pairs; p++)
        if (law->fields->parity[p])
            degree += (slong) exp[law->cov[p]];
    return degree;
}

ew_status ew_law_truncate(fmpq_mpoly_t out, const fmpq_mpoly_t f, slong most, const ew_law *law,
                          ew_context *ctx)
{
    ulong *exp = ew_alloc((size_t) law->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_t g;
    fmpq_t c;
    fmpq_mpoly_init(g, law->ring);
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->ring);
        if (vanishing_degree(exp, law) > most)
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, law->ring);
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, law->ring);
    }
    fmpq_mpoly_reduce(g, law->ring);
    fmpq_mpoly_swap(out, g, law->ring);
    fmpq_mpoly_clear(g, law->ring);
    fmpq_clear(c);
    free(exp);
    return EW_OK;
}

/* Add the image of c times one exponent vector, unless it vanishes; image is room for
 * `variables` exponents, zeros. */
static ew_status add_renamed(ew_terms *terms, const fmpq_t c, const ulong *exp, ulong *image,
                             const slong *to, slong variables, ew_context *ctx)
{
    int few[64], *factor = few;
    slong n = 0, vanishes = 0;
    for (slong v = 0; v < variables; v++)
        if (exp[v]) {
            n += (slong) exp[v];
            vanishes = vanishes || to[v] < 0;
        }
    if (vanishes)
        return EW_OK;
    if (n > 64 && !(factor = ew_alloc((size_t) n * sizeof *factor, ctx)))
        return EW_MEMORY;
    for (slong v = 0; v < variables; v++)
        if (exp[v])
            image[to[v]] += exp[v];
    ew_terms_factors(factor, n, image, variables);
    for (slong v = 0; v < variables; v++)
        if (exp[v])
            image[to[v]] = 0;
    ew_status status = ew_terms_add(terms, c, factor, n, NULL, 0, ctx);
    if (factor != few)
        free(factor);
    return status;
}

ew_status ew_law_rename(fmpq_mpoly_t out, const fmpq_mpoly_t f, const slong *to,
                        const ew_law *law, ew_context *ctx)
{
    ew_terms terms = {0, 0, NULL, 0, 0, NULL};
    ulong *exp = ew_alloc_zero(2 * (size_t) law->variables, sizeof *exp, ctx);
    ew_status status = exp ? EW_OK : EW_MEMORY;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; status == EW_OK && i < fmpq_mpoly_length(f, law->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, law->ring);
        status = add_renamed(&terms, c, exp, exp + law->variables, to, law->variables, ctx);
    }
    if (status == EW_OK)
        status = ew_terms_sum(out, &terms, law->variables, law->ring, ctx);
    ew_terms_clear(&terms);
    fmpq_clear(c);
    free(exp);
    return status;
}

ew_status ew_law_drop_odd(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_law *law,
                          ew_context *ctx)
{
    slong *to = ew_alloc((size_t) law->variables * sizeof *to, ctx);
    if (!to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        to[v] = v;
    for (slong p = 0; p < law->fields->pairs; p++) {
        ew_pairs one = {1, {p}};
        if (law->cov[p] >= 0 && ew_pairs_odd(&one, law->fields))
            to[law->cov[p]] = -1;
    }
    ew_status status = ew_law_rename(out, f, to, law, ctx);
    free(to);
    return status;
}

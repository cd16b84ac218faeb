#include "chain/wick.h"

#include <stdlib.h>
#include <string.h>

#include "chain/terms.h"

static ew_status make_room(ew_atom_list *list, ew_context *ctx)
{
    if (list->n < list->room)
        return EW_OK;
    slong room = list->room ? 2 * list->room : 64;
    ew_atom *x = ew_realloc(list->x, (size_t) room * sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    list->x = x;
    slong *left = ew_realloc(list->left, (size_t) room * sizeof *left, ctx);
    if (!left)
        return EW_MEMORY;
    list->left = left;
    list->room = room;
    return EW_OK;
}

ew_status ew_atom_list_add(ew_atom_list *list, const ew_atom *x, slong left, ew_context *ctx)
{
    slong lo = 0, hi = list->n;
    while (lo < hi) {
        slong mid = (lo + hi) / 2;
        int c = ew_atom_compare(&list->x[mid], x);
        if (c == 0) {
            if (list->left[mid] < left)
                list->left[mid] = left;
            return EW_OK;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (make_room(list, ctx) != EW_OK)
        return EW_MEMORY;
    size_t after = (size_t) (list->n - lo);
    memmove(list->x + lo + 1, list->x + lo, after * sizeof *list->x);
    memmove(list->left + lo + 1, list->left + lo, after * sizeof *list->left);
    list->x[lo] = *x;
    list->left[lo] = left;
    list->n++;
    return EW_OK;
}

int ew_atom_raise(fmpq_t factor, ew_atom *x, slong a, slong b)
{
    if (ew_atom_trivial(x, a) || ew_atom_trivial(x, b))
        return 0;
    slong before = ew_atom_twos(x);
    x->m[a]++;
    x->m[b]++;
    slong divide = ew_atom_lower(x);
    slong twos = ew_atom_twos(x) - before - (a == b);
    fmpq_set_si(factor, 1, (ulong) divide);
    if (twos >= 0)
        fmpq_mul_2exp(factor, factor, (flint_bitcnt_t) twos);
    else
        fmpq_div_2exp(factor, factor, (flint_bitcnt_t) -twos);
    return 1;
}

#define MOST_FACTORS 256

/* One monomial being contracted: what is left of it, and what has come out so far. */
typedef struct {
    const ew_law *law;
    ew_terms out;
    ew_atom_list *found;
    slong most, derivatives;
    slong vanishing;        /* covariances so far that vanish at infinite width */
    const unsigned char *m; /* [input]: derivatives to begin with, or NULL */
    slong *count;           /* [field]: uncontracted factors z_(a,S), S not empty */
    ulong *exp;             /* law ring exponents */
    ew_atom atom;
    fmpq_t coef;
    ew_context *ctx;
} contraction;

static ew_status finish(contraction *c, const fmpz_t ways)
{
    ew_atom atom = c->atom;
    int one = 1;
    for (slong a = 0; a < c->law->fields->inputs; a++)
        one = one && ew_atom_trivial(&atom, a);
    slong divide = ew_atom_lower(&atom);
    if (c->found)
        return one ? EW_OK
                   : ew_atom_list_add(c->found, &atom,
                                      c->derivatives - (c->most < 0 ? 0 : c->vanishing),
                                      c->ctx);
    slong v = one ? -1 : ew_law_atom(c->law, &atom);
    if (!one && v < 0)
        return ew_fail(c->ctx, EW_UNABLE, "transition law: an atom was not enumerated");
    fmpq_t t;
    fmpq_init(t);
    fmpq_set_si(t, 1, (ulong) divide);
    fmpq_mul_fmpz(t, t, ways);
    fmpq_mul(t, t, c->coef);
    fmpq_mul_2exp(t, t, (flint_bitcnt_t) ew_atom_twos(&atom));
    int factor[MOST_FACTORS], own = (int) v;
    slong n = ew_terms_factors(factor, MOST_FACTORS, c->exp, c->law->atom0);
    ew_status status =
        n <= MOST_FACTORS
            ? ew_terms_add(&c->out, t, factor, n, &own, !one, c->ctx)
            : ew_fail(c->ctx, EW_UNABLE, "transition law: a term of degree %ld", (long) n);
    fmpq_clear(t);
    return status;
}

static ew_status contract(contraction *c, const fmpz_t ways);

/* Contract factor A with a field or (base >= 0) with a preactivation, then go on. */
static ew_status contract_with(contraction *c, slong A, slong B, slong base, const fmpz_t ways)
{
    const ew_fields *f = c->law->fields;
    slong partner = base >= 0 ? base * f->sets : B;
    slong pair = ew_pair_of(f, A, partner), v = c->found ? 0 : c->law->cov[pair];
    int vanishes = f->parity[pair] != 0;
    if (vanishes && c->vanishing == c->most)
        return EW_OK;
    fmpz_t more;
    fmpz_init(more);
    fmpz_mul_si(more, ways, base >= 0 ? 1 : c->count[B]);
    if (base >= 0)
        c->atom.m[base]++;
    else
        c->count[B]--;
    c->exp[v]++;
    c->vanishing += vanishes;
    ew_status status = contract(c, more);
    c->vanishing -= vanishes;
    c->exp[v]--;
    if (base >= 0)
        c->atom.m[base]--;
    else
        c->count[B]++;
    fmpz_clear(more);
    return status;
}

/* Stein: <z_A F> = sum_B G_AB <dF/dz_B>, B over the other derived fields and the
 * preactivations. */
static ew_status contract(contraction *c, const fmpz_t ways)
{
    const ew_fields *f = c->law->fields;
    ew_status status = EW_OK;
    slong A = 0;
    while (A < f->n && !c->count[A])
        A++;
    if (A == f->n)
        return finish(c, ways);
    c->count[A]--;
    for (slong B = A; B < f->n && status == EW_OK; B++)
        if (c->count[B])
            status = contract_with(c, A, B, -1, ways);
    for (slong a = 0; a < f->inputs && status == EW_OK; a++)
        if (!ew_atom_trivial(&c->atom, a))
            status = contract_with(c, A, -1, a, ways);
    c->count[A]++;
    return status;
}

/* Sort a monomial of the jet ring into parameters, fields and jets, and contract it. */
static ew_status contract_monomial(contraction *c, const ulong *exp)
{
    const ew_jet_ring *jet = &c->law->jet;
    const ew_fields *f = c->law->fields;
    memset(&c->atom, 0, sizeof c->atom);
    memset(c->exp, 0, (size_t) (c->found ? EW_PARAMETERS : c->law->variables) * sizeof *c->exp);
    c->exp[EW_CW] = exp[EW_JET_CW];
    c->exp[EW_LAMBDA_W] = exp[EW_JET_LAMBDA_W];
    for (slong a = 0; a < f->inputs; a++)
        for (slong i = 0; i < jet->jets; i++)
            c->atom.e[a][i] = (unsigned char) exp[ew_jet_variable(jet, a, i)];
    for (slong a = 0; c->m && a < f->inputs; a++) {
        if (c->m[a] && ew_atom_trivial(&c->atom, a))
            return EW_OK;
        c->atom.m[a] = c->m[a];
    }
    for (slong A = 0; A < f->n; A++)
        c->count[A] = A % f->sets ? (slong) exp[ew_jet_field(jet, A)] : 0;
    fmpz one = 1;
    return contract(c, &one);
}

ew_status ew_wick(fmpq_mpoly_t out, ew_atom_list *found, const ew_law *law,
                  const fmpq_mpoly_t f, const unsigned char *m, slong most, slong derivatives,
                  ew_context *ctx)
{
    ew_status status = EW_OK;
    contraction c = {.law = law,
                     .found = found,
                     .most = most,
                     .derivatives = derivatives,
                     .m = m,
                     .ctx = ctx};
    slong variables = found ? EW_PARAMETERS : law->variables;
    ulong *exp = ew_alloc((size_t) law->jet.variables * sizeof *exp, ctx);
    c.count = ew_alloc_zero((size_t) law->fields->n, sizeof *c.count, ctx);
    c.exp = ew_alloc_zero((size_t) variables, sizeof *c.exp, ctx);
    if (!exp || !c.count || !c.exp) {
        free(exp);
        free(c.count);
        free(c.exp);
        return EW_MEMORY;
    }
    fmpq_init(c.coef);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->jet.ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c.coef, f, i, law->jet.ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->jet.ring);
        status = contract_monomial(&c, exp);
    }
    if (!found && status == EW_OK)
        status = ew_terms_sum(out, &c.out, law->variables, law->ring, ctx);
    ew_terms_clear(&c.out);
    fmpq_clear(c.coef);
    free(exp);
    free(c.count);
    free(c.exp);
    return status;
}

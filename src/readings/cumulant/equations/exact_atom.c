#include "readings/cumulant/equations/exact_atom.h"

#include <stdlib.h>
#include <string.h>

#include "chain/evaluate.h"

/* ---- polynomial activations ---------------------------------------------------------------
 */

/* The polynomial s, or 0 when a coefficient is not a known rational. */
static int rational_polynomial(fmpq_poly_t f, const ew_piece *p)
{
    int known = p->degree >= 0;
    fmpq_t c;
    fmpq_init(c);
    fmpq_poly_zero(f);
    for (slong i = 0; i <= p->degree && known; i++) {
        known = ew_expr_rational(c, p->coef[i]);
        fmpq_poly_set_coeff_fmpq(f, i, c);
    }
    fmpq_clear(c);
    return known;
}

/* d^m of prod_i (s^(i))^e[i]: the factor of one input. */
static void factor_of_input(fmpq_poly_t f, const ew_atom *x, slong a, const fmpq_poly_t s)
{
    fmpq_poly_t jet, power;
    fmpq_poly_init(jet);
    fmpq_poly_init(power);
    fmpq_poly_set(jet, s);
    fmpq_poly_one(f);
    for (slong i = 0; i < EW_JETS; i++) {
        fmpq_poly_pow(power, jet, x->e[a][i]);
        fmpq_poly_mul(f, f, power);
        fmpq_poly_derivative(jet, jet);
    }
    for (slong i = 0; i < x->m[a]; i++)
        fmpq_poly_derivative(f, f);
    fmpq_poly_clear(jet);
    fmpq_poly_clear(power);
}

/* A ring of z_0, ..., z_(m-1), then K_ab, a <= b, by rows. */
typedef struct {
    slong inputs, variables;
    fmpq_mpoly_ctx_t ring;
} heat_ring;

static slong covariance_variable(const heat_ring *h, slong a, slong b)
{
    return h->inputs + a * h->inputs - a * (a - 1) / 2 + (b - a);
}

static void multiply_input(fmpq_mpoly_t f, const fmpq_poly_t g, slong a, const heat_ring *h)
{
    fmpq_mpoly_t own;
    fmpq_t c;
    ulong *exp = flint_calloc((size_t) h->variables, sizeof *exp);
    fmpq_init(c);
    fmpq_mpoly_init(own, h->ring);
    for (slong i = fmpq_poly_degree(g); i >= 0; i--) {
        fmpq_poly_get_coeff_fmpq(c, g, i);
        exp[a] = (ulong) i;
        if (!fmpq_is_zero(c))
            fmpq_mpoly_push_term_fmpq_ui(own, c, exp, h->ring);
    }
    fmpq_mpoly_reduce(own, h->ring);
    fmpq_mpoly_mul(f, f, own, h->ring);
    fmpq_mpoly_clear(own, h->ring);
    fmpq_clear(c);
    flint_free(exp);
}

/* f = (1/2) sum_ab K_ab d_a d_b f */
static void heat_step(fmpq_mpoly_t f, const heat_ring *h)
{
    fmpq_mpoly_t sum, d, k;
    fmpq_t half;
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    fmpq_mpoly_init(sum, h->ring);
    fmpq_mpoly_init(d, h->ring);
    fmpq_mpoly_init(k, h->ring);
    for (slong a = 0; a < h->inputs; a++)
        for (slong b = a; b < h->inputs; b++) {
            fmpq_mpoly_derivative(d, f, a, h->ring);
            fmpq_mpoly_derivative(d, d, b, h->ring);
            fmpq_mpoly_gen(k, covariance_variable(h, a, b), h->ring);
            fmpq_mpoly_mul(d, d, k, h->ring);
            if (a == b)
                fmpq_mpoly_scalar_mul_fmpq(d, d, half, h->ring);
            fmpq_mpoly_add(sum, sum, d, h->ring);
        }
    fmpq_mpoly_swap(f, sum, h->ring);
    fmpq_mpoly_clear(sum, h->ring);
    fmpq_mpoly_clear(d, h->ring);
    fmpq_mpoly_clear(k, h->ring);
    fmpq_clear(half);
}

/* out += f at z = 0, moved to r's ring, times scale. */
static void add_at_zero(fmpq_mpoly_t out, const fmpq_mpoly_t f, const fmpq_t scale,
                        const slong *to, const heat_ring *h, const ew_formula_ring *r)
{
    ulong *exp = flint_calloc((size_t) (h->variables + r->symbols.variables), sizeof *exp);
    ulong *image = exp + h->variables;
    fmpq_mpoly_t term;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(term, r->ring);
    for (slong t = 0; t < fmpq_mpoly_length(f, h->ring); t++) {
        int constant = 1;
        fmpq_mpoly_get_term_exp_ui(exp, f, t, h->ring);
        for (slong a = 0; a < h->inputs; a++)
            constant = constant && exp[a] == 0;
        if (!constant)
            continue;
        for (slong v = h->inputs; v < h->variables; v++)
            image[to[v - h->inputs]] = exp[v];
        fmpq_mpoly_get_term_coeff_fmpq(c, f, t, h->ring);
        fmpq_mul(c, c, scale);
        fmpq_mpoly_zero(term, r->ring);
        fmpq_mpoly_push_term_fmpq_ui(term, c, image, r->ring);
        fmpq_mpoly_reduce(term, r->ring);
        fmpq_mpoly_add(out, out, term, r->ring);
    }
    fmpq_mpoly_clear(term, r->ring);
    fmpq_clear(c);
    flint_free(exp);
}

/* The variables K_ab of r's ring, in the order of the heat ring. */
static void covariances(slong *to, const ew_formula_ring *r)
{
    const ew_hierarchy *h = r->h;
    for (slong a = 0, n = 0; a < h->fields->inputs; a++)
        for (slong b = a; b < h->fields->inputs; b++) {
            ew_pairs list = {1,
                             {ew_pair_of(h->fields, a * h->fields->sets, b * h->fields->sets)}};
            to[n++] = h->law->extra + ew_hierarchy_find(h, &list, 0);
        }
}

/* <f> = exp((1/2) sum K_ab d_a d_b) f at z = 0. */
static void polynomial_atom(fmpq_mpoly_t out, const ew_atom *x, const fmpq_poly_t s,
                            const ew_formula_ring *r)
{
    slong m = r->h->fields->inputs, to[EW_MAX_INPUTS * (EW_MAX_INPUTS + 1) / 2];
    heat_ring h = {.inputs = m, .variables = m + m * (m + 1) / 2};
    fmpq_mpoly_ctx_init(h.ring, h.variables, ORD_LEX);
    fmpq_mpoly_t f;
    fmpq_poly_t g;
    fmpq_t scale;
    fmpq_init(scale);
    fmpq_poly_init(g);
    fmpq_mpoly_init(f, h.ring);
    fmpq_mpoly_one(f, h.ring);
    covariances(to, r);
    for (slong a = 0; a < m; a++) {
        factor_of_input(g, x, a, s);
        multiply_input(f, g, a, &h);
    }
    fmpq_mpoly_zero(out, r->ring);
    fmpq_one(scale);
    fmpq_div_2exp(scale, scale, (flint_bitcnt_t) ew_atom_twos(x));
    for (slong k = 1; !fmpq_mpoly_is_zero(f, h.ring); k++) {
        add_at_zero(out, f, scale, to, &h, r);
        heat_step(f, &h);
        fmpz_mul_si(fmpq_denref(scale), fmpq_denref(scale), k);
        fmpq_canonicalise(scale);
    }
    fmpq_mpoly_clear(f, h.ring);
    fmpq_poly_clear(g);
    fmpq_clear(scale);
    fmpq_mpoly_ctx_clear(h.ring);
}

/* ---- homogeneous activations --------------------------------------------------------------
 */

/* The p of s = c_- z^p, c_+ z^p around a kink at 0; -1 otherwise. */
static slong homogeneous_degree(const ew_activation *s)
{
    slong p = -1;
    if (s->n != 2 || ew_expr_sign(s->kink[0]) != 0)
        return -1;
    for (slong i = 0; i < 2; i++)
        for (slong d = 0; d <= s->piece[i].degree; d++) {
            if (ew_expr_sign(s->piece[i].coef[d]) == 0)
                continue;
            if (p >= 0 && p != d)
                return -1;
            p = d;
        }
    return s->piece[0].degree < 0 || s->piece[1].degree < 0 ? -1 : p;
}

/* The plan of one atom. */
static ew_status plan_of(ew_atom_plan **plan, const ew_atom *x, const ew_law *law,
                         const ew_activation *s, ew_context *ctx)
{
    *plan = NULL;
    char *used = ew_alloc_zero((size_t) law->variables, 1, ctx);
    if (!used)
        return EW_MEMORY;
    used[ew_law_atom(law, x)] = 1;
    ew_status status = ew_atom_plan_new(plan, law, used, s, ctx);
    free(used);
    return status;
}

/* Products of delta functions may be infinite: one evaluation at a generic covariance tells. */
static ew_status check_finite(const ew_atom_plan *plan, const ew_law *law,
                              const ew_activation *s, ew_context *ctx)
{
    slong m = law->fields->inputs;
    ew_evaluator *E = NULL;
    arb_ptr x = _arb_vec_init(law->variables), gram = _arb_vec_init(m * m);
    for (slong i = 0; i < m * m; i++) {
        arb_one(gram + i);
        if (i / m != i % m)
            arb_mul_2exp_si(gram + i, gram + i, -1);
    }
    ew_status status = ew_evaluator_new(&E, s, EW_AUTO, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_ball(x, NULL, plan, E, gram, 32, ctx);
    ew_evaluator_free(E);
    _arb_vec_clear(x, law->variables);
    _arb_vec_clear(gram, m * m);
    return status;
}

/* x has a factor that is a delta function at a kink: s'' or beyond, s' or beyond at a jump; or
 * becomes one by the derivative left over. */
static int has_delta(const ew_atom *x, const ew_activation *s)
{
    slong least = s->continuous ? 2 : 1;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        for (slong i = 0; i < EW_JETS; i++)
            if (x->e[a][i] && i + x->m[a] % 2 >= least)
                return 1;
    return 0;
}

/* *c = the atom at K_ab = 1, where that is rational. */
static int value_at_one(fmpq_t c, const ew_atom_plan *plan, const ew_atom *x, const ew_law *law)
{
    slong m = law->fields->inputs;
    fmpq *value = _fmpq_vec_init(law->variables), *gram = _fmpq_vec_init(m * m);
    for (slong i = 0; i < m * m; i++)
        fmpq_one(gram + i);
    int known = ew_atom_plan_rational(value, plan, gram);
    fmpq_set(c, value + ew_law_atom(law, x));
    _fmpq_vec_clear(value, law->variables);
    _fmpq_vec_clear(gram, m * m);
    return known;
}

/* The only input of x, or -1. */
static slong only_input(const ew_atom *x)
{
    slong input = -1, n = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        if (!ew_atom_trivial(x, a)) {
            input = a;
            n++;
        }
    return n == 1 ? input : -1;
}

static void set_power(fmpq_mpoly_t out, const fmpq_t c, slong power, slong input,
                      const ew_formula_ring *r)
{
    const ew_hierarchy *h = r->h;
    slong base = input * h->fields->sets;
    ew_pairs list = {1, {ew_pair_of(h->fields, base, base)}};
    fmpq_mpoly_zero(out, r->ring);
    if (fmpq_is_zero(c))
        return;
    fmpq_mpoly_gen(out, h->law->extra + ew_hierarchy_find(h, &list, 0), r->ring);
    fmpq_mpoly_pow_ui(out, out, (ulong) power, r->ring);
    fmpq_mpoly_scalar_mul_fmpq(out, out, c, r->ring);
}

/* s homogeneous of degree p and one input: c K^power, 2 power being the degree in z. */
static ew_status kinked_atom(fmpq_mpoly_t out, int *known, const ew_atom *x,
                             const ew_activation *s, const ew_formula_ring *r, ew_context *ctx)
{
    slong p = homogeneous_degree(s), input = only_input(x), degree = 0;
    int homogeneous = p >= 0 && input >= 0, doubtful = s->kinks && has_delta(x, s);
    ew_atom_plan *plan = NULL;
    fmpq_t c;
    if (!homogeneous && !doubtful)
        return EW_OK;
    fmpq_init(c);
    ew_status status = plan_of(&plan, x, r->h->law, s, ctx);
    if (status == EW_OK && doubtful)
        status = check_finite(plan, r->h->law, s, ctx);
    if (status == EW_OK && homogeneous) {
        for (slong i = 0; i < EW_JETS; i++)
            degree += x->e[input][i] * (p - i);
        degree -= x->m[input];
        *known = value_at_one(c, plan, x, r->h->law) &&
                 (fmpq_is_zero(c) || (degree >= 0 && degree % 2 == 0));
    }
    if (*known)
        set_power(out, c, degree / 2, input, r);
    ew_atom_plan_free(plan);
    fmpq_clear(c);
    return status;
}

static ew_status at_own_covariance(fmpq_mpoly_t out, int *known, const ew_atom *x,
                                   const ew_activation *s, const ew_formula_ring *r,
                                   ew_context *ctx)
{
    *known = 0;
    if (s->polynomial) {
        fmpq_poly_t f;
        fmpq_poly_init(f);
        *known = rational_polynomial(f, s->piece);
        if (*known)
            polynomial_atom(out, x, f, r);
        fmpq_poly_clear(f);
        return ew_poll(ctx);
    }
    return kinked_atom(out, known, x, s, r, ctx);
}

/* K_ab -> the covariance of the inner layer of residual blocks. */
static ew_status move_to_argument(fmpq_mpoly_t out, const ew_formula_ring *r, ew_context *ctx)
{
    const ew_hierarchy *h = r->h;
    slong n = r->symbols.variables, m = h->fields->inputs;
    slong k[EW_MAX_INPUTS * (EW_MAX_INPUTS + 1) / 2];
    fmpq_mpoly_struct *image = ew_alloc((size_t) n * sizeof *image, ctx);
    fmpq_mpoly_struct **at = ew_alloc((size_t) n * sizeof *at, ctx);
    ew_status status = image && at ? EW_OK : EW_MEMORY;
    for (slong v = 0; v < n && status == EW_OK; v++) {
        fmpq_mpoly_init(image + v, r->ring);
        fmpq_mpoly_gen(image + v, v, r->ring);
        at[v] = image + v;
    }
    int made = status == EW_OK;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, h->law->ring);
    covariances(k, r);
    for (slong a = 0, i = 0; a < m; a++)
        for (slong b = a; b < m && status == EW_OK; b++, i++) {
            status = ew_hierarchy_argument(f, h, a, b, ctx);
            ew_formula_embed(image + k[i], f, r);
        }
    fmpq_mpoly_clear(f, h->law->ring);
    if (status == EW_OK) {
        fmpq_mpoly_t g;
        fmpq_mpoly_init(g, r->ring);
        if (!fmpq_mpoly_compose_fmpq_mpoly(g, out, at, r->ring, r->ring))
            status = ew_fail(ctx, EW_UNABLE, "derive: powers too high to substitute");
        fmpq_mpoly_swap(out, g, r->ring);
        fmpq_mpoly_clear(g, r->ring);
    }
    for (slong v = 0; v < n && made; v++)
        fmpq_mpoly_clear(image + v, r->ring);
    free(image);
    free(at);
    return status;
}

ew_status ew_exact_atom(fmpq_mpoly_t out, int *known, const ew_atom *x, const ew_activation *s,
                        const ew_formula_ring *r, ew_context *ctx)
{
    ew_status status = at_own_covariance(out, known, x, s, r, ctx);
    return status == EW_OK && *known && r->h->law->block ? move_to_argument(out, r, ctx)
                                                         : status;
}

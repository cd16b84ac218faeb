#include "exact.h"

#include <stdlib.h>

#include "readings/cumulant/hierarchy/names.h"
#include "support/check.h"

/* d^j/dK^j of c K^m (2m-1)!!, added to v. */
static void add_moment(fmpq_t v, const fmpq_t c, slong m, slong j, const fmpq_t K)
{
    if (m < j)
        return;
    fmpq_t t, p;
    fmpz_t w;
    fmpq_init(t);
    fmpq_init(p);
    fmpz_init(w);
    fmpq_set(t, c);
    if (m > 0) {
        fmpz_fac_ui(w, 0);
        for (slong i = 1; i < 2 * m; i += 2)
            fmpz_mul_ui(w, w, (ulong) i);
        fmpq_mul_fmpz(t, t, w);
    }
    for (slong i = 0; i < j; i++) {
        fmpz_set_si(w, m - i);
        fmpq_mul_fmpz(t, t, w);
    }
    fmpq_pow_si(p, K, m - j);
    fmpq_mul(t, t, p);
    fmpq_add(v, v, t);
    fmpq_clear(t);
    fmpq_clear(p);
    fmpz_clear(w);
}

static void relu_atom(fmpq_t v, const ew_atom1 *a, const fmpq_t K)
{
    slong power = a->f.z + a->f.e[0];
    int half = a->f.e[0] || a->f.e[1];
    fmpq_t c;
    for (slong i = 2; i < EW_JETS; i++)
        if (a->f.e[i])
            return;
    if (power % 2)
        fail_msg("an odd half moment is not rational");
    fmpq_init(c);
    fmpq_set_si(c, 1, half ? 2 : 1);
    add_moment(v, c, power / 2, a->j, K);
    fmpq_clear(c);
}

/* <x^i y^j> for covariance G = {xx, xy, yy}: k contractions between x and y, the rest among
 * themselves. */
static void mixed_moment(fmpq_t v, slong i, slong j, const fmpq *const G[3])
{
    fmpq_t t, p;
    fmpz_t f;
    fmpq_init(t);
    fmpq_init(p);
    fmpz_init(f);
    fmpq_zero(v);
    for (slong k = i % 2; (i + j) % 2 == 0 && k <= i && k <= j; k += 2) {
        const slong power[3] = {(i - k) / 2, k, (j - k) / 2};
        fmpz_fac_ui(f, (ulong) i);
        fmpq_set_fmpz(t, f);
        fmpz_fac_ui(f, (ulong) j);
        fmpq_mul_fmpz(t, t, f);
        for (slong e = 0; e < 3; e++) {
            fmpz_fac_ui(f, (ulong) power[e]);
            fmpq_div_fmpz(t, t, f);
            fmpq_pow_si(p, G[e], power[e]);
            fmpq_mul(t, t, p);
        }
        fmpq_div_2exp(t, t, (flint_bitcnt_t) (power[0] + power[2]));
        fmpq_add(v, v, t);
    }
    fmpq_clear(t);
    fmpq_clear(p);
    fmpz_clear(f);
}

/* The factor of input a in <prod_a d_a^m[a] prod_i (s_a^(i))^e[a][i]>. */
static void input_factor(fmpq_poly_t f, const fmpq_poly_t s, const ew_atom *x, slong a)
{
    fmpq_poly_t jet;
    fmpq_poly_init(jet);
    fmpq_poly_one(f);
    fmpq_poly_set(jet, s);
    for (slong i = 0; i < EW_JETS; i++) {
        for (slong e = 0; e < x->e[a][i]; e++)
            fmpq_poly_mul(f, f, jet);
        fmpq_poly_derivative(jet, jet);
    }
    for (slong m = 0; m < x->m[a]; m++)
        fmpq_poly_derivative(f, f);
    fmpq_poly_clear(jet);
}

/* One or two inputs, by contraction; the value leaves out the powers of 2 of the derivatives.
 */
static void polynomial_atom(fmpq_t v, const fmpq_poly_t s, const ew_atom *x,
                            const fmpq *const G[3])
{
    fmpq_poly_t f, g;
    fmpq_t c, t;
    fmpq_init(c);
    fmpq_init(t);
    fmpq_poly_init(f);
    fmpq_poly_init(g);
    input_factor(f, s, x, 0);
    input_factor(g, s, x, 1);
    fmpq_zero(v);
    for (slong i = 0; i < fmpq_poly_length(f); i++)
        for (slong j = 0; j < fmpq_poly_length(g); j++) {
            mixed_moment(t, i, j, G);
            fmpq_poly_get_coeff_fmpq(c, f, i);
            fmpq_mul(t, t, c);
            fmpq_poly_get_coeff_fmpq(c, g, j);
            fmpq_mul(t, t, c);
            fmpq_add(v, v, t);
        }
    fmpq_div_2exp(v, v, (flint_bitcnt_t) ew_atom_twos(x));
    fmpq_poly_clear(f);
    fmpq_poly_clear(g);
    fmpq_clear(c);
    fmpq_clear(t);
}

static void set_variable(exact_chain *c, slong v, const char *text)
{
    assert_int_equal(fmpq_set_str(c->x + v, text, 10), 0);
}

void exact_open_family(exact_chain *c, const ew_family *family, const char *cw, const char *cb,
                       const char *lambda_w, const char *lambda_b)
{
    ew_context *ctx = ew_context_new();
    check_ok(ctx, ew_hierarchy_family(&c->h, family, ctx));
    const ew_hierarchy *h = c->h;
    const fmpq_mpoly_struct **f = malloc((size_t) h->unknowns * sizeof *f);
    for (slong i = 0; i < h->unknowns; i++)
        f[i] = &h->next[i];
    check_ok(ctx, ew_poly_program_new(&c->program, f, h->unknowns, h->law, ctx));
    free(f);
    c->x = _fmpq_vec_init(h->law->variables);
    c->y = _fmpq_vec_init(h->unknowns);
    set_variable(c, EW_CW, cw);
    set_variable(c, EW_CB, cb);
    set_variable(c, EW_LAMBDA_W, lambda_w);
    set_variable(c, EW_LAMBDA_B, lambda_b);
    set_variable(c, EW_RATIO, "1");
    ew_context_free(ctx);
}

void exact_set(exact_chain *c, const char *of, const char *value)
{
    assert_int_equal(fmpq_set_str((fmpq *) exact_of(c, of, 0), value, 10), 0);
}

void exact_open(exact_chain *c, slong order, int ntk, const char *cw, const char *cb,
                const char *lambda_w, const char *lambda_b, const char *K, const char *theta)
{
    ew_family family = {.order = order, .inputs = 1, .descent = ntk};
    exact_open_family(c, &family, cw, cb, lambda_w, lambda_b);
    exact_set(c, "a.a", K);
    if (ntk)
        exact_set(c, "a1.a1", theta);
}

static void evaluate_atom(fmpq_t value, const ew_atom *x, const exact_activation *s,
                          const fmpq *const G[3])
{
    ew_atom1 one;
    slong input;
    if (!s->relu) {
        polynomial_atom(value, s->s, x, G);
        return;
    }
    if (!ew_atom_as_one(&one, &input, x))
        fail_msg("ReLU: one input and an even number of derivatives here");
    fmpq_zero(value);
    relu_atom(value, &one, G[0]);
}

void exact_step(exact_chain *c, const exact_activation *s)
{
    const ew_law *law = c->h->law;
    int two = law->fields->inputs > 1;
    const fmpq *G[3] = {exact_of(c, "a.a", 0), exact_of(c, two ? "a.b" : "a.a", 0),
                        exact_of(c, two ? "b.b" : "a.a", 0)};
    fmpq_t value;
    fmpq_init(value);
    for (slong i = 0; i < law->atoms; i++)
        if (c->program->used[law->atom0 + i]) {
            evaluate_atom(value, &law->atom[i], s, G);
            fmpq_set(c->x + law->atom0 + i, value);
        }
    ew_poly_program_rational(c->y, c->program, c->x);
    for (slong i = 0; i < c->h->unknowns; i++)
        fmpq_set(c->x + law->extra + i, c->y + i);
    fmpq_clear(value);
}

const fmpq *exact_of(const exact_chain *c, const char *of, slong order)
{
    ew_pairs list;
    assert_true(ew_pairs_read(&list, c->h->fields, of));
    slong i = ew_hierarchy_find(c->h, &list, order);
    assert_true(i >= 0);
    return c->x + c->h->law->extra + i;
}

void exact_close(exact_chain *c)
{
    _fmpq_vec_clear(c->x, c->h->law->variables);
    _fmpq_vec_clear(c->y, c->h->unknowns);
    ew_poly_program_free(c->program);
    ew_hierarchy_free(c->h);
}

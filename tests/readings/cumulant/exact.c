#include "exact.h"

#include <stdlib.h>

#include "readings/cumulant/names.h"
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

static void polynomial_atom(fmpq_t v, const fmpq_poly_t s, const ew_atom1 *a, int odd,
                            const fmpq_t K)
{
    fmpq_poly_t f, jet;
    fmpq_t c;
    fmpq_init(c);
    fmpq_poly_init(f);
    fmpq_poly_init(jet);
    fmpq_poly_one(f);
    fmpq_poly_shift_left(f, f, a->f.z);
    fmpq_poly_set(jet, s);
    for (slong i = 0; i < EW_JETS; i++) {
        for (slong e = 0; e < a->f.e[i]; e++)
            fmpq_poly_mul(f, f, jet);
        fmpq_poly_derivative(jet, jet);
    }
    if (odd)
        fmpq_poly_derivative(f, f);
    for (slong m = 0; 2 * m < fmpq_poly_length(f); m++) {
        fmpq_poly_get_coeff_fmpq(c, f, 2 * m);
        add_moment(v, c, m, a->j, K);
    }
    fmpq_poly_clear(f);
    fmpq_poly_clear(jet);
    fmpq_clear(c);
}

static void set_variable(exact_chain *c, slong v, const char *text)
{
    assert_int_equal(fmpq_set_str(c->x + v, text, 10), 0);
}

void exact_open(exact_chain *c, slong order, int ntk, const char *cw, const char *cb,
                const char *lambda_w, const char *lambda_b, const char *K, const char *theta)
{
    ew_context *ctx = ew_context_new();
    check_ok(ctx, ew_hierarchy_family(
                      &c->h, &(ew_family){.order = order, .inputs = 1, .descent = ntk}, ctx));
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
    fmpq_set_str((fmpq *) exact_of(c, "a.a", 0), K, 10);
    if (ntk)
        fmpq_set_str((fmpq *) exact_of(c, "a1.a1", 0), theta, 10);
    ew_context_free(ctx);
}

void exact_step(exact_chain *c, const exact_activation *s)
{
    const ew_law *law = c->h->law;
    const fmpq *K = exact_of(c, "a.a", 0);
    fmpq_t value;
    fmpq_init(value);
    for (slong i = 0; i < law->atoms; i++) {
        if (!c->program->used[law->atom0 + i])
            continue;
        ew_atom even = law->atom[i];
        ew_atom1 one;
        slong input;
        int odd = even.m[0] % 2;
        even.m[0] -= (unsigned char) odd;
        assert_true(ew_atom_as_one(&one, &input, &even));
        fmpq_zero(value);
        if (s->relu && odd)
            fail_msg("no odd derivatives of ReLU here");
        if (s->relu)
            relu_atom(value, &one, K);
        else
            polynomial_atom(value, s->s, &one, odd, K);
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

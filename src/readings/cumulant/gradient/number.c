#include "readings/cumulant/gradient/number.h"

void ew_numbers_init(ew_numbers *x, slong n, slong prec)
{
    x->n = n;
    x->ball = prec ? _arb_vec_init(n) : NULL;
    x->rational = prec ? NULL : _fmpq_vec_init(n);
}

void ew_numbers_clear(ew_numbers *x)
{
    if (x->ball)
        _arb_vec_clear(x->ball, x->n);
    if (x->rational)
        _fmpq_vec_clear(x->rational, x->n);
    x->ball = NULL;
    x->rational = NULL;
}

void ew_number_set_si(ew_numbers *x, slong i, slong c)
{
    if (x->ball)
        arb_set_si(x->ball + i, c);
    else
        fmpq_set_si(x->rational + i, c, 1);
}

void ew_number_set_fmpq(ew_numbers *x, slong i, const fmpq_t c, slong prec)
{
    if (x->ball)
        arb_set_fmpq(x->ball + i, c, prec);
    else
        fmpq_set(x->rational + i, c);
}

void ew_number_set(ew_numbers *x, slong i, const ew_numbers *y, slong j)
{
    if (x->ball)
        arb_set(x->ball + i, y->ball + j);
    else
        fmpq_set(x->rational + i, y->rational + j);
}

static void addmul_ball(arb_t x, slong c, const arb_t y, const arb_t z, slong prec)
{
    if (c == 1) {
        arb_addmul(x, y, z, prec);
        return;
    }
    arb_t t;
    arb_init(t);
    arb_mul(t, y, z, prec);
    arb_mul_si(t, t, c, prec);
    arb_add(x, x, t, prec);
    arb_clear(t);
}

static void addmul_rational(fmpq_t x, slong c, const fmpq_t y, const fmpq_t z)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_mul(t, y, z);
    fmpq_mul_si(t, t, c);
    fmpq_add(x, x, t);
    fmpq_clear(t);
}

void ew_number_addmul(ew_numbers *x, slong i, slong c, const ew_numbers *y, slong j,
                      const ew_numbers *z, slong k, slong prec)
{
    if (x->ball)
        addmul_ball(x->ball + i, c, y->ball + j, z->ball + k, prec);
    else
        addmul_rational(x->rational + i, c, y->rational + j, z->rational + k);
}

void ew_number_mul(ew_numbers *x, slong i, const ew_numbers *y, slong j, slong prec)
{
    if (x->ball)
        arb_mul(x->ball + i, x->ball + i, y->ball + j, prec);
    else
        fmpq_mul(x->rational + i, x->rational + i, y->rational + j);
}

int ew_number_is_zero(const ew_numbers *x, slong i)
{
    return x->ball ? arb_is_zero(x->ball + i) : fmpq_is_zero(x->rational + i);
}

int ew_number_div(ew_numbers *x, slong i, const ew_numbers *y, slong j, slong prec)
{
    if (ew_number_is_zero(y, j))
        return 0;
    if (x->ball)
        arb_div(x->ball + i, x->ball + i, y->ball + j, prec);
    else
        fmpq_div(x->rational + i, x->rational + i, y->rational + j);
    return 1;
}

static void zero(ew_numbers *x)
{
    for (slong i = 0; i < x->n; i++)
        ew_number_set_si(x, i, 0);
}

/* y[to] += value eps^power x[from]. */
static void add_entry(ew_numbers *y, slong to, const ew_numbers *value, slong poly, slong power,
                      const ew_numbers *x, slong from, slong terms, slong prec)
{
    if (ew_number_is_zero(value, poly))
        return;
    for (slong i = 0; i + power < terms; i++)
        if (!ew_number_is_zero(x, from * terms + i))
            ew_number_addmul(y, to * terms + i + power, 1, value, poly, x, from * terms + i,
                             prec);
}

void ew_gradient_forward(ew_numbers *y, const ew_gradient_law *g, ew_gradient_map map,
                         const ew_numbers *value, const ew_numbers *x, slong terms, slong prec)
{
    const ew_gradient_matrix *m = &g->map[map];
    zero(y);
    for (slong i = 0; i < m->n; i++) {
        const ew_gradient_entry *e = &m->entry[i];
        add_entry(y, e->target, value, e->poly, terms > 1 ? e->power : 0, x, e->source, terms,
                  prec);
    }
}

void ew_gradient_backward(ew_numbers *y, const ew_gradient_law *g, ew_gradient_map map,
                          const ew_numbers *value, const ew_numbers *x, slong terms, slong prec)
{
    const ew_gradient_matrix *m = &g->map[map];
    zero(y);
    for (slong i = 0; i < m->n; i++) {
        const ew_gradient_entry *e = &m->entry[i];
        add_entry(y, e->source, value, e->poly, terms > 1 ? e->power : 0, x, e->target, terms,
                  prec);
    }
}

void ew_gradient_pair(ew_numbers *out, const ew_numbers *x, const ew_numbers *y,
                      slong components, slong terms, slong prec)
{
    zero(out);
    for (slong s = 0; s < components; s++)
        for (slong i = 0; i < terms; i++)
            for (slong j = 0; i + j < terms; j++)
                ew_number_addmul(out, i + j, 1, x, s * terms + i, y, s * terms + j, prec);
}

/* x = x/z, coefficient by coefficient: x_i <- (x_i - sum_(j<i) x_j z_(i-j)) / z_0. */
static int divide(ew_numbers *x, const ew_numbers *z, int absolute, slong terms, slong prec)
{
    for (slong i = 0; i < terms; i++) {
        for (slong j = 0; j < i; j++)
            ew_number_addmul(x, i, absolute ? 1 : -1, x, j, z, i - j, prec);
        if (!ew_number_div(x, i, z, 0, prec))
            return 0;
    }
    return 1;
}

int ew_gradient_quotient(ew_numbers *out, slong c, const ew_numbers *x, const ew_numbers *y,
                         const ew_numbers *z, int absolute, slong terms, slong prec)
{
    ew_numbers one;
    ew_numbers_init(&one, 1, prec);
    ew_number_set_si(&one, 0, 1);
    zero(out);
    for (slong i = 0; i < terms; i++) {
        ew_number_addmul(out, i, c, x, i, &one, 0, prec);
        if (y)
            ew_number_addmul(out, i, absolute ? 1 : -1, y, i, &one, 0, prec);
    }
    ew_numbers_clear(&one);
    return divide(out, z, absolute, terms, prec) && divide(out, z, absolute, terms, prec);
}

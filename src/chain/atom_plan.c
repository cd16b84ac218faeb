#include "chain/evaluate.h"

#include <stdlib.h>
#include <string.h>

#define VANISHES (-1)
#define NO_MEMORY (-2)

/* value(variable) += coef * request / K^power. */
struct ew_atom_row {
    slong variable, request;
    ulong power;
    fmpz coef;
};

static int same_request(const ew_atom1 *x, const ew_atom1 *y)
{
    return x->j == y->j && x->f.z == y->f.z && memcmp(x->f.e, y->f.e, sizeof x->f.e) == 0;
}

/* The index of a request, added if new, or NO_MEMORY. */
static slong find_request(ew_atom_plan *plan, const ew_atom1 *x, ew_context *ctx)
{
    slong r = 0;
    while (r < plan->requests && !same_request(&plan->request[r], x))
        r++;
    if (r < plan->requests)
        return r;
    ew_atom1 *more = ew_realloc(plan->request, (size_t) (r + 1) * sizeof *more, ctx);
    if (!more)
        return NO_MEMORY;
    plan->request = more;
    plan->request[r] = *x;
    return plan->requests++;
}

/* D_K^j <F>, F of degree d in z, vanishes when F is a polynomial and d < 2j, since <F> is one
 * of degree d/2 in K; and when s is homogeneous, d even and d < 2j, since <F> is c K^(d/2). */
static int vanishes(const ew_activation *s, const ew_atom1 *x)
{
    if (!s->polynomial && !s->homogeneous)
        return 0;
    slong degree = x->f.z;
    for (slong i = 0; i < EW_JETS; i++) {
        slong d = (s->polynomial ? s->piece[0].degree : 1) - i;
        if (x->f.e[i] && d < 0)
            return s->polynomial;
        degree += d * x->f.e[i];
    }
    return degree < 2 * x->j && (s->polynomial || degree % 2 == 0);
}

static ew_status add_row(ew_atom_plan *plan, slong variable, const ew_atom1 *x,
                         const fmpz_t coef, ulong power, ew_context *ctx)
{
    slong request = vanishes(plan->s, x) ? VANISHES : find_request(plan, x, ctx);
    if (request == NO_MEMORY)
        return EW_MEMORY;
    if (plan->rows == plan->room) {
        slong room = plan->room ? 2 * plan->room : 32;
        struct ew_atom_row *more = ew_realloc(plan->row, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        plan->row = more;
        plan->room = room;
    }
    struct ew_atom_row *row = &plan->row[plan->rows++];
    row->variable = variable;
    row->request = request;
    row->power = power;
    fmpz_init_set(&row->coef, coef);
    return EW_OK;
}

/* <dF/dz> = sum_i e_i <F s^(i+1) / s^(i)>. */
static ew_status add_leibniz(ew_atom_plan *plan, slong variable, const ew_atom1 *x,
                             ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpz_t coef;
    fmpz_init(coef);
    for (slong i = 0; i + 1 < EW_JETS && status == EW_OK; i++) {
        if (!x->f.e[i])
            continue;
        ew_atom1 y = *x;
        y.f.e[i]--;
        y.f.e[i + 1]++;
        fmpz_set_ui(coef, x->f.e[i]);
        status = add_row(plan, variable, &y, coef, 0, ctx);
    }
    fmpz_clear(coef);
    return status;
}

/* <dF/dz> = <z F>/K, so D^j of it is sum_t binomial(j, t) (-1)^t t! K^(-t-1) D^(j-t) <z F>. */
static ew_status add_score(ew_atom_plan *plan, slong variable, const ew_atom1 *x,
                           ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpz_t coef;
    fmpz_init(coef);
    for (slong t = 0; t <= x->j && status == EW_OK; t++) {
        ew_atom1 y = *x;
        y.f.z = 1;
        y.j = x->j - t;
        fmpz_rfac_uiui(coef, (ulong) (x->j - t + 1), (ulong) t);
        if (t % 2)
            fmpz_neg(coef, coef);
        status = add_row(plan, variable, &y, coef, (ulong) t + 1, ctx);
    }
    fmpz_clear(coef);
    return status;
}

static ew_status add_atom(ew_atom_plan *plan, slong variable, const ew_atom *atom,
                          ew_context *ctx)
{
    ew_atom even = *atom;
    ew_atom1 x;
    slong input, odd = ew_atom_odd(atom);
    if (odd >= 0)
        even.m[odd]--;
    if (!ew_atom_as_one(&x, &input, &even))
        return ew_fail(ctx, EW_UNABLE, "atoms: an expectation over more than one input");
    fmpz one = 1;
    if (odd < 0)
        return add_row(plan, variable, &x, &one, 0, ctx);
    return plan->s->kinks > 0 ? add_score(plan, variable, &x, ctx)
                              : add_leibniz(plan, variable, &x, ctx);
}

ew_status ew_atom_plan_new(ew_atom_plan **out, const ew_law *law, const char *used,
                           const ew_activation *s, ew_context *ctx)
{
    *out = NULL;
    ew_atom_plan *plan = ew_alloc_zero(1, sizeof *plan, ctx);
    if (!plan)
        return EW_MEMORY;
    plan->s = s;
    ew_status status = EW_OK;
    for (slong i = 0; i < law->atoms && status == EW_OK; i++)
        if (used[law->atom0 + i])
            status = add_atom(plan, law->atom0 + i, &law->atom[i], ctx);
    if (status != EW_OK) {
        ew_atom_plan_free(plan);
        return status;
    }
    *out = plan;
    return EW_OK;
}

void ew_atom_plan_free(ew_atom_plan *plan)
{
    if (!plan)
        return;
    for (slong i = 0; i < plan->rows; i++)
        fmpz_clear(&plan->row[i].coef);
    free(plan->request);
    free(plan->row);
    free(plan);
}

/* x[v] += t and size[v] += its size, for one row. */
static void add_ball(arb_ptr x, mag_ptr size, const struct ew_atom_row *row, arb_srcptr value,
                     mag_srcptr scale, const arb_t K, slong prec)
{
    arb_t t, u;
    mag_t m;
    arb_init(t);
    arb_init(u);
    mag_init(m);
    arb_one(u);
    if (row->power) {
        arb_pow_ui(u, K, row->power, prec);
        arb_inv(u, u, prec);
    }
    arb_mul_fmpz(u, u, &row->coef, prec);
    arb_mul(t, value + row->request, u, prec);
    arb_add(x + row->variable, x + row->variable, t, prec);
    if (size) {
        arb_get_mag(m, t);
        if (arb_contains_zero(t)) {
            arb_get_mag(m, u);
            mag_mul(m, m, scale + row->request);
        }
        mag_add(size + row->variable, size + row->variable, m);
    }
    arb_clear(t);
    arb_clear(u);
    mag_clear(m);
}

ew_status ew_atom_plan_ball(arb_ptr x, mag_ptr size, const ew_atom_plan *plan, ew_evaluator *E,
                            const arb_t K, slong prec, ew_context *ctx)
{
    arb_ptr value = _arb_vec_init(plan->requests);
    mag_ptr scale = _mag_vec_init(plan->requests);
    ew_status status =
        ew_expect_one(value, scale, E, plan->request, plan->requests, K, prec, ctx);
    for (slong i = 0; i < plan->rows && status == EW_OK; i++) {
        arb_zero(x + plan->row[i].variable);
        if (size)
            mag_zero(size + plan->row[i].variable);
    }
    for (slong i = 0; i < plan->rows && status == EW_OK; i++)
        if (plan->row[i].request != VANISHES)
            add_ball(x, size, &plan->row[i], value, scale, K, prec);
    _arb_vec_clear(value, plan->requests);
    _mag_vec_clear(scale, plan->requests);
    return status;
}

int ew_atom_plan_rational(fmpq *x, const ew_atom_plan *plan, const ew_activation *s,
                          const fmpq_t K)
{
    int known = 1;
    fmpq_t t, u;
    fmpq_init(t);
    fmpq_init(u);
    for (slong i = 0; i < plan->rows; i++)
        fmpq_zero(x + plan->row[i].variable);
    for (slong i = 0; i < plan->rows && known; i++) {
        const struct ew_atom_row *row = &plan->row[i];
        if (row->request == VANISHES)
            continue;
        known = ew_expect_one_rational(t, s, &plan->request[row->request], K);
        known = known && !(row->power && fmpq_is_zero(K));
        if (!known)
            break;
        fmpq_mul_fmpz(t, t, &row->coef);
        fmpq_pow_si(u, K, -(slong) row->power);
        fmpq_mul(t, t, u);
        fmpq_add(x + row->variable, x + row->variable, t);
    }
    fmpq_clear(t);
    fmpq_clear(u);
    return known;
}

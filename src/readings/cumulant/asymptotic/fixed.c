#include "readings/cumulant/asymptotic/fixed.h"

#include <stdlib.h>
#include <string.h>

/* ---- zeros ---------------------------------------------------------------------------------
 */

/* <s s''> = D<s^2> - <s'^2> and its like vanish where chi_par = chi_perp. */
static void zero_by_algebra(char *zero, const ew_law *law)
{
    ew_atom x = {{{0}}, {0}};
    x.e[0][0] = x.e[0][2] = 1;
    slong v = ew_law_atom(law, &x);
    if (v >= 0)
        zero[v] = 1;
}

/* The caller knows the class; a network that contradicts it in numbers is refused. */
static ew_status check_class(arb_srcptr x, const ew_fixed_solver *s, const arb_t K,
                             ew_context *ctx)
{
    const ew_law *law = s->h->law;
    ew_atom chi = {{{0}}, {0}}, square = {{{0}}, {0}};
    arb_t one, next;
    arb_init(one);
    arb_init(next);
    chi.e[0][0] = square.e[0][0] = 2;
    chi.m[0] = 2;
    slong v = ew_law_atom(law, &chi), w = ew_law_atom(law, &square);
    int good = v >= 0 && w >= 0;
    if (good) {
        arb_mul(one, x + EW_CW, x + v, 64);
        arb_mul(next, x + EW_CW, x + w, 64);
        arb_add(next, next, x + EW_CB, 64);
        good = arb_contains_si(one, 1) && arb_overlaps(next, K);
    }
    arb_clear(one);
    arb_clear(next);
    return good ? EW_OK
                : ew_fail(ctx, EW_UNABLE,
                          "asymptotics: K is not fixed with chi_par = 1 in this network");
}

/* Rates and atoms that are exactly 0 in balls. */
static ew_status zero_by_value(char *zero, const ew_fixed_solver *s, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    arb_ptr x = _arb_vec_init(law->variables);
    arb_t K;
    arb_init(K);
    ew_status status = ew_setting_first(K, NULL, s->net, 64, ctx);
    if (status == EW_OK)
        status = ew_law_parameters_ball(x, law, s->net, 1, s->run->tangents, 64, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_ball(x, NULL, s->run->plan, s->run->E, K, 64, ctx);
    if (status == EW_OK)
        status = check_class(x, s, K, ctx);
    for (slong v = 0; v < law->variables && status == EW_OK; v++)
        if ((v < law->extra || v >= law->atom0) && s->run->program->used[v])
            zero[v] |= arb_is_zero(x + v) != 0;
    arb_clear(K);
    _arb_vec_clear(x, law->variables);
    return status;
}

/* ---- from layers to polynomials -----------------------------------------------------------
 */

/* b = binomial(l - 1, j) as a polynomial in l. */
static void newton(fmpq_poly_t b, slong j)
{
    fmpq_poly_t factor;
    fmpq_poly_init(factor);
    fmpq_poly_one(b);
    fmpq_poly_set_coeff_si(factor, 1, 1);
    for (slong i = 0; i < j; i++) {
        fmpq_poly_set_coeff_si(factor, 0, -1 - i);
        fmpq_poly_mul(b, b, factor);
        fmpq_poly_scalar_div_si(b, b, i + 1);
    }
    fmpq_poly_clear(factor);
}

/* p = the polynomial of degree < n with p(l) = value[(l-1) * stride], by differences. */
void ew_fixed_interpolate(fmpq_poly_t p, const fmpq *value, slong stride, slong n)
{
    fmpq *d = _fmpq_vec_init(n);
    fmpq_poly_t b;
    fmpq_poly_init(b);
    for (slong l = 0; l < n; l++)
        fmpq_set(d + l, value + l * stride);
    fmpq_poly_zero(p);
    for (slong j = 0; j < n; j++) {
        newton(b, j);
        fmpq_poly_scalar_mul_fmpq(b, b, d);
        fmpq_poly_add(p, p, b);
        for (slong l = 0; l + 1 < n - j; l++)
            fmpq_sub(d + l, d + l + 1, d + l);
    }
    fmpq_poly_clear(b);
    _fmpq_vec_clear(d, n);
}

static void interpolate_balls(arb_poly_t p, arb_srcptr value, slong stride, slong n, slong prec)
{
    arb_ptr d = _arb_vec_init(n);
    fmpq_poly_t b;
    arb_poly_t term;
    fmpq_poly_init(b);
    arb_poly_init(term);
    for (slong l = 0; l < n; l++)
        arb_set(d + l, value + l * stride);
    arb_poly_zero(p);
    for (slong j = 0; j < n; j++) {
        newton(b, j);
        arb_poly_set_fmpq_poly(term, b, prec);
        arb_poly_scalar_mul(term, term, d, prec);
        arb_poly_add(p, p, term, prec);
        for (slong l = 0; l + 1 < n - j; l++)
            arb_sub(d + l, d + l + 1, d + l, prec);
    }
    arb_poly_clear(term);
    fmpq_poly_clear(b);
    _arb_vec_clear(d, n);
}

/* ---- exactly ------------------------------------------------------------------------------
 */

ew_status ew_fixed_first(fmpq *state, int *known, const ew_fixed_solver *s, ew_context *ctx)
{
    const ew_hierarchy *h = s->h;
    fmpq *ghat = _fmpq_vec_init(h->fields->pairs);
    ew_status status = ew_setting_first_rational(ghat, known, h->fields, s->net, ctx);
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++)
        if (h->unknown[i].list.n == 1 && h->unknown[i].order == 0)
            fmpq_set(state + i, ghat + h->unknown[i].list.p[0]);
    _fmpq_vec_clear(ghat, h->fields->pairs);
    return status;
}

/* value[layer * unknowns + i], if all of them are rational. */
static ew_status exact_layers(fmpq *value, int *known, const ew_fixed_solver *s,
                              ew_context *ctx)
{
    const ew_law *law = s->h->law;
    slong n = s->h->unknowns, k = ew_asymptotic_mean(s->h, 0);
    fmpq *x = _fmpq_vec_init(law->variables);
    ew_status status = ew_fixed_first(value, known, s, ctx);
    *known = status == EW_OK && *known &&
             ew_law_parameters_rational(x, law, s->net, 1, s->run->tangents) &&
             ew_atom_plan_rational(x, s->run->plan, value + k);
    for (slong l = 1; l < s->layers && *known; l++) {
        for (slong i = 0; i < n; i++)
            fmpq_set(x + law->extra + i, value + (l - 1) * n + i);
        ew_poly_program_rational(value + l * n, s->run->program, x);
    }
    _fmpq_vec_clear(x, law->variables);
    return status;
}

static ew_status solve_exactly(ew_fixed_solver *s, ew_context *ctx)
{
    slong n = s->h->unknowns;
    int known = 0;
    fmpq *value = _fmpq_vec_init(s->layers * n);
    ew_status status = exact_layers(value, &known, s, ctx);
    if (status == EW_OK && known) {
        s->exact = ew_alloc((size_t) n * sizeof *s->exact, ctx);
        for (slong i = 0; i < n && s->exact; i++) {
            fmpq_poly_init(s->exact + i);
            ew_fixed_interpolate(s->exact + i, value + i, n, s->degree[i] + 1);
        }
        status = s->exact ? EW_OK : EW_MEMORY;
    }
    _fmpq_vec_clear(value, s->layers * n);
    return status;
}

/* ---- in balls -----------------------------------------------------------------------------
 */

typedef struct {
    arb_ptr value;
    mag_ptr scale;
    slong n;
} record;

static ew_status keep(slong layer, arb_srcptr state, mag_srcptr scale, void *data,
                      ew_context *ctx)
{
    record *r = data;
    (void) ctx;
    _arb_vec_set(r->value + (layer - 1) * r->n, state, r->n);
    for (slong i = 0; i < r->n; i++) {
        mag_max(r->scale + i, r->scale + i, scale + i);
    }
    return EW_OK;
}

ew_status ew_fixed_balls(arb_poly_struct *p, mag_ptr scale, const ew_fixed_solver *s,
                         slong prec, ew_context *ctx)
{
    slong n = s->h->unknowns;
    record r = {_arb_vec_init(s->layers * n), scale, n};
    ew_setting net = *s->net;
    net.depth = s->layers;
    ew_status status = ew_cumulant_run_balls(s->run, &net, prec, keep, &r, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        interpolate_balls(p + i, r.value + i, n, s->degree[i] + 1, prec);
    _arb_vec_clear(r.value, s->layers * n);
    return status;
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_fixed_open(ew_fixed_solver *s, const ew_hierarchy *h, const ew_setting *net,
                        ew_method method, ew_context *ctx)
{
    memset(s, 0, sizeof *s);
    fmpq_init(s->growth);
    fmpq_one(s->growth);
    s->h = h;
    s->net = net;
    ew_status status = ew_cumulant_run_new(&s->run, h, net->activation, method, ctx);
    s->degree = ew_alloc_zero((size_t) h->unknowns, sizeof *s->degree, ctx);
    char *zero = ew_alloc_zero((size_t) h->law->variables, 1, ctx);
    if (status == EW_OK && !(s->degree && zero))
        status = EW_MEMORY;
    if (status == EW_OK)
        status =
            net->residual ? ew_fixed_blocks_zero(zero, s, ctx) : zero_by_value(zero, s, ctx);
    if (status == EW_OK) {
        zero_by_algebra(zero, h->law);
        status = ew_fixed_degrees(s, zero, ctx);
    }
    if (status == EW_OK)
        status = net->residual ? ew_fixed_blocks_solve(s, ctx) : solve_exactly(s, ctx);
    free(zero);
    return status;
}

void ew_fixed_close(ew_fixed_solver *s)
{
    for (slong i = 0; s->exact && i < s->h->unknowns; i++)
        fmpq_poly_clear(s->exact + i);
    fmpq_clear(s->growth);
    free(s->exact);
    free(s->degree);
    ew_cumulant_run_free(s->run);
}

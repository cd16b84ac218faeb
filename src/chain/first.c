/* The first layer: its features are those of the input jets under a linear activation. */
#include "chain/feature.h"
#include "chain/setting.h"

#include <stdlib.h>

/* coef * rate * <first, second>, the inner product over n_0 of two vectors: inputs, then
 * directions. */
typedef struct {
    slong rate, first, second;
    fmpq coef;
} linear_term;

static slong direction_of(const ew_fields *f, slong generator)
{
    slong d = 0;
    for (slong g = 0; g < generator; g++)
        d += f->kind[g] == EW_DIRECTION;
    return d;
}

/* The vector that a derived field of the input is; -1 when it vanishes: an input is linear in
 * its directions and does not depend on parameters. */
static slong vector_of(const ew_fields *f, slong field)
{
    ulong set = ew_fields_at(f, field).set;
    for (slong g = 0; g < f->generators; g++)
        if (set == UWORD(1) << g)
            return f->kind[g] == EW_DIRECTION ? f->inputs + direction_of(f, g) : -1;
    return -1;
}

/* Sort the factors of one monomial: 0 when it vanishes for s(z) = z. */
static int linear_monomial(linear_term *t, const ulong *exp, const ew_jet_ring *r)
{
    const ew_fields *f = r->fields;
    slong vector[2] = {-1, -1}, n = 0;
    t->rate = exp[EW_JET_LAMBDA_W] ? EW_JET_LAMBDA_W : EW_JET_CW;
    for (slong a = 0; a < f->inputs; a++) {
        for (slong i = 2; i < r->jets; i++)
            if (exp[ew_jet_variable(r, a, i)])
                return 0;
        for (ulong e = exp[ew_jet_variable(r, a, 0)]; e > 0 && n < 2; e--)
            vector[n++] = a;
    }
    for (slong A = 0; A < f->n; A++) {
        ulong e = A % f->sets ? exp[ew_jet_field(r, A)] : 0;
        for (; e > 0 && n < 2; e--)
            if ((vector[n++] = vector_of(f, A)) < 0)
                return 0;
    }
    t->first = vector[0];
    t->second = vector[1];
    return n == 2;
}

/* f_p of the input jets: 0 when it vanishes.  It is one term: a field with a tangent feels only
 * that tangent's channel, one without only the weights'. */
static int first_feature(linear_term *t, const ew_jet_ring *r, ulong *exp, slong pair)
{
    fmpq_mpoly_t f;
    int found = 0;
    fmpq_mpoly_init(f, r->ring);
    ew_feature_product(f, r, pair);
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring) && !found; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, r->ring);
        found = linear_monomial(t, exp, r);
        if (found)
            fmpq_mpoly_get_term_coeff_fmpq(&t->coef, f, i, r->ring);
    }
    fmpq_mpoly_clear(f, r->ring);
    return found;
}

/* ---- numbers: balls, or rationals where ball is NULL --------------------------------------
 */

/* Parameters of layer 1, K_ab, and the inner products over n_0 of all vectors. */
typedef struct {
    const ew_setting *net;
    slong vectors;
    int tangents; /* else the rates are not read */
    arb_ptr ball; /* C_W, C_b, lambda_W, lambda_b, then the inner products row by row */
    fmpq *exact;
} first_numbers;

enum { CW, CB, LAMBDA_W, LAMBDA_B, PRODUCTS };

static slong triangle(slong m, slong a, slong b)
{
    return a <= b ? a * m - a * (a - 1) / 2 + (b - a) : triangle(m, b, a);
}

/* Which of the setting's numbers <first, second> is; for two inputs K_ab. */
static const ew_scalar *product_scalar(const ew_setting *net, slong first, slong second)
{
    slong m = net->inputs;
    slong u = first < second ? first : second, v = first < second ? second : first;
    if (v < m)
        return net->gram + triangle(m, u, v);
    if (u < m)
        return net->along + u * net->directions + (v - m);
    return net->between + triangle(net->directions, u - m, v - m);
}

/* x_u.x_v/n_0 = (K_uv - C_b)/C_W, or as the setting knows it: only so is 0 certain where the
 * parameters are not rational. */
static void input_product(arb_t t, const arb_t k, const first_numbers *x, slong u, slong v,
                          slong prec)
{
    if (x->net->dot) {
        arb_set_fmpq(t, x->net->dot + triangle(x->net->inputs, u, v), prec);
    } else {
        arb_sub(t, k, x->ball + CB, prec);
        arb_div(t, t, x->ball + CW, prec);
    }
}

static ew_status read_balls(first_numbers *x, slong prec, ew_context *ctx)
{
    slong n = x->vectors, m = x->net->inputs;
    arb_ptr p = x->ball;
    ew_status status =
        ew_setting_layer(p + CW, p + CB, x->tangents ? p + LAMBDA_W : NULL,
                         x->tangents ? p + LAMBDA_B : NULL, x->net, 1, prec, ctx);
    for (slong u = 0; u < n && status == EW_OK; u++)
        for (slong v = 0; v < n && status == EW_OK; v++) {
            arb_ptr t = p + PRODUCTS + u * n + v;
            status = ew_scalar_ball(t, product_scalar(x->net, u, v), prec, ctx);
            if (u < m && v < m)
                input_product(t, t, x, u, v, prec);
        }
    return status;
}

static int read_rationals(first_numbers *x)
{
    const ew_setting *net = x->net;
    const ew_scalar_list *list[] = {&net->cw, &net->cb, &net->lambda_w, &net->lambda_b};
    slong n = x->vectors, m = net->inputs;
    fmpq *p = x->exact;
    int known = 1;
    for (int i = 0; i < (x->tangents ? PRODUCTS : LAMBDA_W) && known; i++)
        known = ew_scalar_rational(p + i, ew_scalar_at(list[i], 1));
    known = known && !fmpq_is_zero(p + CW);
    for (slong u = 0; u < n && known; u++)
        for (slong v = 0; v < n && known; v++) {
            fmpq *t = p + PRODUCTS + u * n + v;
            known = ew_scalar_rational(t, product_scalar(net, u, v));
            if (u < m && v < m) {
                fmpq_sub(t, t, p + CB);
                fmpq_div(t, t, p + CW);
            }
        }
    return known;
}

/* Ghat_p = B_p + coef rate <first, second>; K_ab itself as it was given. */
static ew_status set_ball(arb_t g, const first_numbers *x, const ew_fields *f, slong pair,
                          const linear_term *t, slong prec, ew_context *ctx)
{
    if (ew_pair_is_base(f, pair))
        return ew_scalar_ball(g, product_scalar(x->net, t->first, t->second), prec, ctx);
    arb_zero(g);
    if (t->first >= 0) {
        arb_set_fmpq(g, &t->coef, prec);
        arb_mul(g, g, x->ball + (t->rate == EW_JET_LAMBDA_W ? LAMBDA_W : CW), prec);
        arb_mul(g, g, x->ball + PRODUCTS + t->first * x->vectors + t->second, prec);
    }
    if (ew_pair_bias(f, pair) == EW_BIAS_LAMBDA_B)
        arb_add(g, g, x->ball + LAMBDA_B, prec);
    return EW_OK;
}

static void set_rational(fmpq_t g, const first_numbers *x, const ew_fields *f, slong pair,
                         const linear_term *t)
{
    fmpq_zero(g);
    if (t->first >= 0) {
        fmpq_mul(g, &t->coef, x->exact + (t->rate == EW_JET_LAMBDA_W ? LAMBDA_W : CW));
        fmpq_mul(g, g, x->exact + PRODUCTS + t->first * x->vectors + t->second);
    }
    if (ew_pair_bias(f, pair) == EW_BIAS_CB)
        fmpq_add(g, g, x->exact + CB);
    if (ew_pair_bias(f, pair) == EW_BIAS_LAMBDA_B)
        fmpq_add(g, g, x->exact + LAMBDA_B);
}

/* Fill ball (prec > 0) or exact from the numbers read. */
static ew_status fill(arb_ptr ball, fmpq *exact, const first_numbers *x, const ew_fields *f,
                      slong prec, ew_context *ctx)
{
    ew_jet_ring r;
    linear_term t;
    ew_status status = EW_OK;
    ew_jet_ring_init(&r, f);
    fmpq_init(&t.coef);
    ulong *exp = ew_alloc((size_t) r.variables * sizeof *exp, ctx);
    if (!exp)
        status = EW_MEMORY;
    for (slong p = 0; p < f->pairs && status == EW_OK; p++) {
        if (!first_feature(&t, &r, exp, p))
            t.first = t.second = -1;
        if (ball)
            status = set_ball(ball + p, x, f, p, &t, prec, ctx);
        else
            set_rational(exact + p, x, f, p, &t);
    }
    free(exp);
    fmpq_clear(&t.coef);
    ew_jet_ring_clear(&r);
    return status;
}

static first_numbers open_numbers(const ew_fields *f, const ew_setting *net)
{
    first_numbers x = {.net = net, .vectors = net->inputs + net->directions};
    for (slong g = 0; g < f->generators; g++)
        x.tangents |= f->kind[g] == EW_TANGENT;
    return x;
}

static ew_status check_fields(const ew_fields *f, const ew_setting *net, ew_context *ctx)
{
    if (f->inputs == net->inputs && direction_of(f, f->generators) <= net->directions)
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "first layer: the network has %ld inputs and %ld directions",
                   (long) net->inputs, (long) net->directions);
}

ew_status ew_setting_first_fields(arb_ptr ghat, const ew_fields *fields, const ew_setting *net,
                                  slong prec, ew_context *ctx)
{
    first_numbers x = open_numbers(fields, net);
    slong n = PRODUCTS + x.vectors * x.vectors;
    ew_status status = check_fields(fields, net, ctx);
    if (status == EW_OK)
        status = ew_setting_first(NULL, NULL, net, prec, ctx);
    if (status != EW_OK)
        return status;
    x.ball = _arb_vec_init(n);
    status = read_balls(&x, prec, ctx);
    if (status == EW_OK)
        status = fill(ghat, NULL, &x, fields, prec, ctx);
    _arb_vec_clear(x.ball, n);
    return status;
}

/* The term of (z_(a,1), z_(b,1)) of two inputs and a tangent; fields is made for it. */
static ew_status ntk_term(linear_term *t, ew_fields **fields, slong *pair, ew_context *ctx)
{
    const ew_generator tangent = EW_TANGENT;
    const ulong set = 1;
    ew_jet_ring r;
    ew_status status = ew_fields_new(fields, 2, &tangent, 1, &set, 1, ctx);
    if (status != EW_OK)
        return status;
    *pair =
        ew_pair_of(*fields, ew_fields_find(*fields, 0, set), ew_fields_find(*fields, 1, set));
    ew_jet_ring_init(&r, *fields);
    ulong *exp = ew_alloc((size_t) r.variables * sizeof *exp, ctx);
    if (!exp)
        status = EW_MEMORY;
    else if (!first_feature(t, &r, exp, *pair))
        t->first = t->second = -1;
    free(exp);
    ew_jet_ring_clear(&r);
    return status;
}

ew_status ew_setting_first_ntk(arb_ptr theta, arb_srcptr k, const ew_setting *net, slong prec,
                               ew_context *ctx)
{
    slong m = net->inputs, pair = 0;
    ew_fields *fields = NULL;
    first_numbers x = {
        .net = net, .vectors = 2, .tangents = 1, .ball = _arb_vec_init(PRODUCTS + 4)};
    arb_ptr p = x.ball, product = p + PRODUCTS;
    linear_term t;
    fmpq_init(&t.coef);
    ew_status status =
        ew_setting_layer(p + CW, p + CB, p + LAMBDA_W, p + LAMBDA_B, net, 1, prec, ctx);
    if (status == EW_OK)
        status = ntk_term(&t, &fields, &pair, ctx);
    for (slong i = 0; i < m * m && status == EW_OK; i++) {
        input_product(product, k + i, &x, i / m, i % m, prec);
        for (slong v = 1; v < 4; v++)
            arb_set(product + v, product);
        status = set_ball(theta + i, &x, fields, pair, &t, prec, ctx);
    }
    fmpq_clear(&t.coef);
    ew_fields_free(fields);
    _arb_vec_clear(x.ball, PRODUCTS + 4);
    return status;
}

ew_status ew_setting_first_rational(fmpq *ghat, int *known, const ew_fields *fields,
                                    const ew_setting *net, ew_context *ctx)
{
    first_numbers x = open_numbers(fields, net);
    slong n = PRODUCTS + x.vectors * x.vectors;
    ew_status status = check_fields(fields, net, ctx);
    if (status != EW_OK)
        return status;
    x.exact = _fmpq_vec_init(n);
    *known = read_rationals(&x);
    if (*known)
        status = fill(NULL, ghat, &x, fields, 0, ctx);
    _fmpq_vec_clear(x.exact, n);
    return status;
}

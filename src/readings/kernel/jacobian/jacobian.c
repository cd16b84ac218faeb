#include "readings/kernel/jacobian/state.h"

#include <stdlib.h>

#include "expect/local.h"

/* ---- what exists --------------------------------------------------------------------------
 */

/* The Jacobian is made of s', the derivative of the NTK along both inputs of s'' s''. */
ew_status ew_jacobian_exists(const ew_setting *net, int tangent, ew_context *ctx)
{
    const ew_activation *s = net->activation;
    slong order = ew_function_order(s);
    if (order < 1)
        return ew_fail(ctx, EW_DOMAIN,
                       "jacobian: %s jumps, so the variance of its derivative is infinite",
                       s->text);
    if (tangent && order < 2 && net->depth > 1)
        return ew_fail(ctx, EW_DOMAIN,
                       "jacobian: the derivative of %s jumps, so d d' Theta is infinite at "
                       "coinciding inputs",
                       s->text);
    return EW_OK;
}

static slong upper(slong m, slong a, slong b)
{
    return a <= b ? a * m - a * (a - 1) / 2 + (b - a) : upper(m, b, a);
}

static int rational_gram(fmpq_t x, const ew_setting *net, slong a, slong b)
{
    slong p = upper(net->inputs, a, b);
    if (!net->dot)
        return ew_scalar_rational(x, net->gram + p);
    fmpq_set(x, net->dot + p);
    return 1;
}

/* Equal and opposite inputs, by inner products that are known exactly. */
static int relation_of(const ew_setting *net, slong a, slong b)
{
    fmpq *x = _fmpq_vec_init(3);
    int r = 0;
    if (rational_gram(x, net, a, a) && rational_gram(x + 1, net, b, b) &&
        rational_gram(x + 2, net, a, b) && fmpq_equal(x, x + 1)) {
        r = fmpq_equal(x, x + 2);
        fmpq_neg(x, x);
        if (!r && fmpq_equal(x, x + 2))
            r = -1;
    }
    _fmpq_vec_clear(x, 3);
    return r;
}

static int unbiased(const ew_setting *net, slong layer)
{
    fmpq_t x;
    fmpq_init(x);
    int zero = ew_scalar_rational(x, ew_scalar_at(&net->cb, layer)) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

/* Opposite fields z_b = -z_a, with equal derivatives, pass odd s; even s makes them equal, with
 * opposite derivatives; and biases between unequal fields end it. */
ew_twin ew_jacobian_twin(const ew_jacobian *j, slong a, slong b, slong layer)
{
    int first = j->first[a * j->m + b];
    ew_parity parity = j->net->activation->parity;
    if (first >= 0)
        return (ew_twin){first, first};
    if (j->net->residual || !unbiased(j->net, 1))
        return (ew_twin){0, 0};
    if (layer <= 1 || (parity == EW_PARITY_ODD && layer < j->biased))
        return (ew_twin){-1, 1};
    return parity == EW_PARITY_EVEN ? (ew_twin){1, -1} : (ew_twin){0, 0};
}

/* ---- construction -------------------------------------------------------------------------
 */

static ew_status stage_init(ew_jacobian_stage *x, const ew_jacobian *j, const ew_activation *s,
                            ew_method method, ew_context *ctx)
{
    ew_status status = ew_evaluator_new(&x->E, s, method, ctx);
    if (status == EW_OK)
        status = ew_jacobian_map_init(&x->one, 1, j->tangent, s, ctx);
    if (status == EW_OK && j->m > 1)
        status = ew_jacobian_map_init(&x->two, 2, j->tangent, s, ctx);
    return status;
}

static void stage_clear(ew_jacobian_stage *x)
{
    ew_evaluator_free(x->E);
    ew_jacobian_map_clear(&x->one);
    ew_jacobian_map_clear(&x->two);
}

static ew_status find_relations(ew_jacobian *j, ew_context *ctx)
{
    slong m = j->m;
    j->first = ew_alloc_zero((size_t) (m * m), 1, ctx);
    if (!j->first)
        return EW_MEMORY;
    for (slong a = 0; a < m; a++)
        for (slong b = a + 1; b < m; b++)
            j->first[a * m + b] = (signed char) relation_of(j->net, a, b);
    j->biased = 2;
    while (j->biased <= j->net->depth && unbiased(j->net, j->biased))
        j->biased++;
    return EW_OK;
}

static ew_status build(ew_jacobian *j, ew_method method, ew_context *ctx)
{
    ew_status status = ew_setting_first(NULL, NULL, j->net, 64, ctx);
    if (status == EW_OK)
        status = find_relations(j, ctx);
    if (status == EW_OK)
        status = ew_activation_new(&j->identity, "z", ctx);
    if (status == EW_OK)
        status = stage_init(&j->linear, j, j->identity, EW_AUTO, ctx);
    if (status == EW_OK && j->net->depth > 1)
        status = stage_init(&j->hidden, j, j->net->activation, method, ctx);
    if (status == EW_OK && j->net->residual)
        status = ew_block_layers_new(&j->block, j->net, ctx);
    return status;
}

ew_status ew_jacobian_new(ew_jacobian **out, const ew_setting *net, int tangent,
                          ew_method method, ew_context *ctx)
{
    *out = NULL;
    if (net->directions < 1)
        return ew_fail(ctx, EW_USAGE, "jacobian: no direction to differentiate along");
    ew_status status = ew_jacobian_exists(net, tangent, ctx);
    if (status != EW_OK)
        return status;
    ew_jacobian *j = ew_alloc_zero(1, sizeof *j, ctx);
    if (!j)
        return EW_MEMORY;
    j->net = net;
    j->tangent = tangent != 0;
    j->m = net->inputs;
    j->d = net->directions;
    j->rows = j->m * (1 + j->d);
    status = build(j, method, ctx);
    if (status != EW_OK)
        ew_jacobian_free(j);
    else
        *out = j;
    return status;
}

void ew_jacobian_free(ew_jacobian *j)
{
    if (!j)
        return;
    stage_clear(&j->linear);
    stage_clear(&j->hidden);
    ew_block_layers_free(j->block);
    ew_activation_free(j->identity);
    free(j->first);
    free(j);
}

slong ew_jacobian_rows(const ew_jacobian *j)
{
    return j->rows;
}

const char *ew_jacobian_method(const ew_jacobian *j)
{
    return j->used ? j->used : "closed form";
}

const ew_scalar *ew_jacobian_product(const ew_jacobian *j, slong row, slong other)
{
    slong m = j->m, d = j->d;
    if (row > other)
        return ew_jacobian_product(j, other, row);
    if (other < m)
        return NULL;
    if (row < m)
        return j->net->along + row * d + (other - m) % d;
    return j->net->between + upper(d, (row - m) % d, (other - m) % d);
}

/* ---- singular matrices --------------------------------------------------------------------
 */

/* x_a.x_a/n_0, without biases. */
static int square(fmpq_t x, const ew_setting *net, slong a)
{
    fmpq_t cw;
    fmpq_init(cw);
    int known = rational_gram(x, net, a, a);
    if (known && !net->dot) {
        known = ew_scalar_rational(cw, ew_scalar_at(&net->cw, 1)) && !fmpq_is_zero(cw);
        if (known)
            fmpq_div(x, x, cw);
    }
    fmpq_clear(cw);
    return known;
}

/* Does the span of the directions hold x_a?  By the rank of their Gram matrix with x_a. */
static int spanned(const ew_setting *net, slong a)
{
    slong d = net->directions;
    fmpq_mat_t g, r, v, s;
    fmpq_mat_init(g, d + 1, d + 1);
    fmpq_mat_init(v, d, d);
    fmpq_mat_init(r, d + 1, d + 1);
    fmpq_mat_init(s, d, d);
    int known = square(fmpq_mat_entry(g, d, d), net, a);
    for (slong i = 0; i < d && known; i++) {
        known = ew_scalar_rational(fmpq_mat_entry(g, i, d), net->along + a * d + i);
        fmpq_set(fmpq_mat_entry(g, d, i), fmpq_mat_entry(g, i, d));
        for (slong k = 0; k < d && known; k++) {
            known = ew_scalar_rational(fmpq_mat_entry(v, i, k), net->between + upper(d, i, k));
            fmpq_set(fmpq_mat_entry(g, i, k), fmpq_mat_entry(v, i, k));
        }
    }
    int inside = known && fmpq_mat_rref(r, g) == fmpq_mat_rref(s, v);
    fmpq_mat_clear(g);
    fmpq_mat_clear(v);
    fmpq_mat_clear(r);
    fmpq_mat_clear(s);
    return inside;
}

/* The p of s(c z) = c^p s(z), c > 0; 0 when there is none. */
static slong homogeneity(const ew_activation *s)
{
    fmpq_t x;
    fmpq_init(x);
    slong p = s->homogeneous ? 1 : s->polynomial ? s->piece[0].degree : 0;
    for (slong i = 0; i < p && !s->homogeneous; i++) {
        const ew_scalar c = {s->piece[0].coef[i], NULL, NULL};
        if (!ew_scalar_rational(x, &c) || !fmpq_is_zero(x))
            p = 0;
    }
    fmpq_clear(x);
    return p;
}

ew_jacobian_relation ew_jacobian_homogeneous(const ew_setting *net)
{
    ew_jacobian_relation r = {-1, 1, 0};
    slong p = net->depth > 1 ? homogeneity(net->activation) : 1;
    if (p < 1 || !ew_scalar_list_zero(&net->cb) || (net->residual && p > 1))
        return r;
    for (slong l = 1; l < net->depth && r.degree > 0; l++)
        r.degree = p > 1 && r.degree > WORD_MAX / p ? -1 : r.degree * p;
    r.ntk = ew_scalar_list_zero(&net->lambda_b);
    r.input = 0;
    return r;
}

ew_jacobian_relation ew_jacobian_singular(const ew_setting *net)
{
    ew_jacobian_relation r = ew_jacobian_homogeneous(net);
    if (r.input < 0)
        return r;
    while (r.input < net->inputs && !spanned(net, r.input))
        r.input++;
    if (r.input == net->inputs)
        r.input = -1;
    return r;
}

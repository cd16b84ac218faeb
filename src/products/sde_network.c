#include "products/sde_network.h"

#include <math.h>
#include <stdlib.h>

#include "arith/pool.h"
#include "expect/expect.h"
#include "readings/sample/model.h"
#include "readings/sample/product.h"

#define BITS 128
/* Samples in a job. */
#define JOB 64

/* ---- the activation and the variance of weights at a width ---- */

static ew_expr *root_of(uint64_t n, ew_context *ctx)
{
    return ew_expr_1(EW_SQRT, ew_expr_si((slong) n, ctx), ctx);
}

/* s'(0) exactly where it is rational, else to more digits than a double has. */
static ew_status slope(ew_expr **out, const ew_activation *s, ew_context *ctx)
{
    arb_ptr c = _arb_vec_init(2);
    fmpq *exact = _fmpq_vec_init(2);
    int known[2];
    *out = NULL;
    ew_status status = ew_activation_taylor(c, exact, known, s, 2, BITS, ctx);
    if (status == EW_OK) {
        if (!known[1])
            arf_get_fmpq(exact + 1, arb_midref(c + 1));
        *out = ew_expr_num(exact + 1, ctx);
        status = *out ? EW_OK : ew_recorded(ctx);
    }
    _fmpq_vec_clear(exact, 2);
    _arb_vec_clear(c, 2);
    return status;
}

/* S (phi(z/S) - phi(0))/phi'(0), S = a sqrt(n). */
static ew_status smooth_expr(ew_expr **out, const ew_sde_model *m, uint64_t n, ew_context *ctx)
{
    const ew_expr *phi = m->activation->expr;
    ew_expr *first, *size = ew_expr_2(EW_MUL, ew_expr_ref(m->a), root_of(n, ctx), ctx);
    ew_status status = slope(&first, m->activation, ctx);
    ew_expr *zero = ew_expr_si(0, ctx), *scaled = NULL;
    if (size)
        scaled = ew_expr_2(EW_DIV, ew_expr_leaf(EW_Z, 0, ctx), ew_expr_ref(size), ctx);
    ew_expr *inner = scaled ? ew_expr_substitute(phi, scaled, ctx) : NULL;
    ew_expr *origin = zero ? ew_expr_substitute(phi, zero, ctx) : NULL;
    ew_expr_free(scaled);
    ew_expr_free(zero);
    *out = ew_expr_2(EW_DIV, ew_expr_2(EW_MUL, size, ew_expr_sub(inner, origin, ctx), ctx),
                     first, ctx);
    return status == EW_OK && !*out ? ew_recorded(ctx) : status;
}

/* (1 + c/sqrt(n)) op(z, 0) */
static ew_expr *side(ew_op op, const ew_expr *c, uint64_t n, ew_context *ctx)
{
    ew_expr *factor = ew_expr_2(EW_ADD, ew_expr_si(1, ctx),
                                ew_expr_2(EW_DIV, ew_expr_ref(c), root_of(n, ctx), ctx), ctx);
    ew_expr *half = ew_expr_2(op, ew_expr_leaf(EW_Z, 0, ctx), ew_expr_si(0, ctx), ctx);
    return ew_expr_2(EW_MUL, factor, half, ctx);
}

ew_status ew_sde_network_activation(ew_activation **out, const ew_sde_model *model,
                                    uint64_t width, ew_context *ctx)
{
    ew_expr *e = NULL;
    ew_status status = EW_OK;
    *out = NULL;
    if (model->shaping == EW_SHAPING_SMOOTH)
        status = smooth_expr(&e, model, width, ctx);
    else if (model->shaping == EW_SHAPING_RELU)
        e = ew_expr_2(EW_ADD, side(EW_MAX, model->c_plus, width, ctx),
                      side(EW_MIN, model->c_minus, width, ctx), ctx);
    else
        e = ew_expr_ref(model->activation->expr);
    if (status == EW_OK && !e)
        status = ew_recorded(ctx);
    char *text = status == EW_OK ? ew_expr_text(e, ctx) : NULL;
    if (status == EW_OK)
        status = text ? ew_activation_new(out, text, ctx) : ew_recorded(ctx);
    free(text);
    ew_expr_free(e);
    return status;
}

static ew_status stored(arb_t x, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    arb_set_round(x, data, prec);
    return EW_OK;
}

/* 1/E s(g)^2, which for a homogeneous s is its critical C_W, too; or 1/s'(0)^2. */
static ew_status weight_variance(arb_t cw, const ew_sde_model *model, const ew_activation *s,
                                 ew_context *ctx)
{
    ew_status status;
    if (model->shaping == EW_SHAPING_NONE && !s->homogeneous) {
        arb_ptr c = _arb_vec_init(2);
        status = ew_activation_taylor(c, NULL, NULL, s, 2, BITS, ctx);
        arb_sqr(cw, c + 1, BITS);
        _arb_vec_clear(c, 2);
    } else {
        ew_evaluator *e;
        ew_atom1 square = {.f.e = {2}};
        arb_t one;
        arb_init(one);
        arb_one(one);
        status = ew_evaluator_new(&e, s, EW_AUTO, ctx);
        if (status == EW_OK)
            status = ew_expect_one(cw, NULL, e, &square, 1, one, 64, ctx);
        ew_evaluator_free(e);
        arb_clear(one);
    }
    arb_inv(cw, cw, BITS);
    if (status == EW_OK && !arb_is_finite(cw))
        status = ew_fail(ctx, EW_UNABLE, "validate: no variance of weights for %.60s", s->text);
    return status;
}

/* ---- samples ---- */

typedef struct {
    const ew_sample_model *model;
    const ew_sample_options *opt;
    slong depth;
    double *ghat;
} run;

static void keep(slong layer, uint64_t first, size_t count, const double *ghat, void *data)
{
    const run *r = data;
    uint64_t pairs = (uint64_t) r->model->fields->pairs, n = r->opt->samples;
    if (layer != r->depth)
        return;
    for (size_t k = 0; k < count; k++)
        for (uint64_t p = 0; p < pairs; p++) {
            double x = ghat[k * pairs + p];
            r->ghat[p * n + (first - r->opt->first) + k] = isfinite(x) ? x : NAN;
        }
}

static ew_status run_job(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    run *r = data;
    uint64_t from = (uint64_t) job * JOB, left = r->opt->samples - from;
    ew_sampler *s;
    ew_status status =
        ew_sampler_new(&s, ew_sample_rows(r->model, r->opt), &r->model->sampler, ctx);
    if (status == EW_OK)
        status = ew_sampler_run(s, r->opt->first + from, left < JOB ? left : JOB, keep, r, ctx);
    ew_sampler_free(s);
    ew_pool_advance(pool, 1);
    return status;
}

static ew_status run_all(run *r, ew_context *ctx)
{
    int products = r->opt->sampler == EW_SAMPLER_NETWORK;
    ew_status status = products ? ew_product_begin(ctx) : EW_OK;
    if (status != EW_OK)
        return status;
    status =
        ew_pool_run((size_t) ((r->opt->samples + JOB - 1) / JOB), run_job, r, "sampling", ctx);
    if (products)
        ew_product_end();
    return status;
}

static ew_status sample_setting(double **ghat, const ew_setting *net,
                                const ew_sample_options *opt, ew_context *ctx)
{
    ew_sample_model *model;
    ew_status status = ew_sample_model_new(&model, net, opt, ctx);
    if (status != EW_OK)
        return status;
    run r = {model, opt, net->depth, NULL};
    r.ghat = *ghat =
        ew_alloc_zero((size_t) model->fields->pairs * opt->samples, sizeof(double), ctx);
    status = *ghat ? run_all(&r, ctx) : EW_MEMORY;
    if (status != EW_OK) {
        free(*ghat);
        *ghat = NULL;
    }
    ew_sample_model_free(model);
    return status;
}

ew_status ew_sde_network_sample(double **ghat, const ew_sde_model *model, const ew_setting *net,
                                slong depth, const ew_sample_options *opt, ew_context *ctx)
{
    ew_activation *s;
    arb_t variance;
    *ghat = NULL;
    if (depth < 2)
        return ew_fail(ctx, EW_USAGE, "validate: %ld layers are too few", (long) depth);
    ew_status status = ew_sde_network_activation(&s, model, opt->width, ctx);
    if (status != EW_OK)
        return status;
    arb_init(variance);
    status = weight_variance(variance, model, s, ctx);
    ew_scalar cw = {.fn = stored, .data = variance}, cb = {.e = ew_expr_si(0, ctx)};
    ew_setting shaped = {.activation = s,
                         .depth = depth,
                         .cw = {1, &cw},
                         .cb = {1, &cb},
                         .lambda_w = net->lambda_w,
                         .lambda_b = net->lambda_b,
                         .inputs = net->inputs,
                         .gram = net->gram};
    if (status == EW_OK)
        status = cb.e ? sample_setting(ghat, &shaped, opt, ctx) : ew_recorded(ctx);
    ew_expr_free(cb.e);
    arb_clear(variance);
    ew_activation_free(s);
    return status;
}

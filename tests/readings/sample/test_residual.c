/* Samples of residual networks against exact moments (theory.md section 6). */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "chain/residual.h"
#include "readings/sample/model.h"
#include "readings/sample/product.h"
#include "readings/sample/residual.h"

#define BLOCKS 4

/* C_W of layer 1 and of the blocks, 0, C_V, beta, |h_0|^2/d, which is h_0.v/d and |v|^2/d too:
 * the one direction is the input itself. */
typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_scalar one, cw[BLOCKS + 1], zero, size;
    ew_residual residual;
    ew_setting net;
} network;

static void set(ew_scalar *x, const char *text, ew_context *ctx)
{
    *x = (ew_scalar){NULL, NULL, NULL};
    check_ok(ctx, ew_expr_parse(&x->e, text, NULL, "number", ctx));
}

static void network_init(network *t, const char *activation, const char *cw, const char *cv,
                         ulong inner)
{
    ew_context *ctx = t->ctx = ew_context_new();
    check_ok(ctx, ew_activation_new(&t->s, activation, ctx));
    for (int l = 0; l <= BLOCKS; l++)
        set(&t->cw[l], l ? cw : "1", ctx);
    set(&t->zero, "0", ctx);
    set(&t->one, "1", ctx);
    set(&t->size, "2", ctx);
    t->residual = (ew_residual){.inner = inner};
    set(&t->residual.beta, "1/2", ctx);
    set(&t->residual.cv, cv, ctx);
    t->net = (ew_setting){.activation = t->s,
                          .depth = BLOCKS + 1,
                          .cw = {BLOCKS + 1, t->cw},
                          .cb = {1, &t->zero},
                          .lambda_w = {1, &t->one},
                          .lambda_b = {1, &t->zero},
                          .inputs = 1,
                          .gram = &t->size,
                          .directions = 1,
                          .along = &t->size,
                          .between = &t->size,
                          .residual = &t->residual};
}

static void network_clear(network *t)
{
    for (int l = 0; l <= BLOCKS; l++)
        ew_expr_free(t->cw[l].e);
    ew_expr_free(t->zero.e);
    ew_expr_free(t->one.e);
    ew_expr_free(t->size.e);
    ew_expr_free(t->residual.beta.e);
    ew_expr_free(t->residual.cv.e);
    ew_activation_free(t->s);
    ew_context_free(t->ctx);
}

static void check_near(const ew_estimate *x, double want)
{
    if (!(fabs(x->mean - want) < 4 * x->se) || x->se > 0.1 * want)
        fail_msg("%g +- %g, expected %g", x->mean, x->se, want);
}

/* Leaky ReLU of slopes 1 and 1/2, kap = 5/8: E H and E |Jv|^2/d after every block, and the
 * variance after the first by chain/residual_law.h's formula: f = C_V s^2 of z ~ N(0, G) has
 * <f> = Q = C_V kap G and var f = C_V^2 G^2 (3 (1 + 1/16)/2 - kap^2). */
static void moments(ew_sampler_kind kind, ulong d, ulong m)
{
    network t;
    ew_sample_table *table;
    network_init(&t, "leaky_relu(1/2)", "3/2", "2/3", m);
    ew_sample_options opt = {
        .width = d, .samples = (uint64_t) check_trials(20000), .seed = 5, .sampler = kind};
    check_ok(t.ctx, ew_sample_chain(&table, &t.net, &opt, t.ctx));
    assert_int_equal(table->layers, BLOCKS + 1);
    double a2 = 1.0 / BLOCKS, kap = 5.0 / 8, growth = 1 + a2 * kap;
    slong square = ew_sample_term(table, (const char *const[]){"a.a"}, 1);
    slong jacobian = ew_sample_term(table, (const char *const[]){"au.au"}, 1);
    slong variance = ew_sample_term(table, (const char *const[]){"a.a", "a.a"}, 2);
    for (slong l = 1; l <= BLOCKS; l++) {
        check_near(table->value + l * table->terms + square, 2 * pow(growth, (double) l));
        check_near(table->value + l * table->terms + jacobian, 2 * pow(growth, (double) l));
    }
    double h = 2, q = kap * h, v = h * h * (51.0 / 32 - kap * kap) / (double) m;
    check_near(table->value + table->terms + variance,
               (4 * a2 * h * q + 2 * a2 * a2 * (q * q + v)) / (double) d + a2 * a2 * v);
    ew_sample_free(table);
    network_clear(&t);
}

static void chain_moments(void **state)
{
    (void) state;
    moments(EW_SAMPLER_CHAIN, 3, 5);
    moments(EW_SAMPLER_CHAIN, 6, 1);
    moments(EW_SAMPLER_CHAIN, 1, 600);
}

static void network_moments(void **state)
{
    (void) state;
    moments(EW_SAMPLER_NETWORK, 3, 5);
    moments(EW_SAMPLER_NETWORK, 20, 2);
}

static ew_sample_model *model_of(network *t, ulong d)
{
    ew_sample_model *model;
    ew_sample_options opt = {
        .width = d, .samples = 1, .seed = 9, .sampler = EW_SAMPLER_NETWORK};
    check_ok(t->ctx, ew_sample_model_new(&model, &t->net, &opt, t->ctx));
    return model;
}

/* E |J^T p|^2 between any two blocks. */
static void gradients(void **state)
{
    (void) state;
    network t;
    network_init(&t, "leaky_relu(1/2)", "3/2", "2/3", 5);
    ew_sample_model *model = model_of(&t, 3);
    ew_residual_sampler *s;
    double growth[BLOCKS + 1], sum[BLOCKS + 1] = {0}, squares[BLOCKS + 1] = {0};
    double n = (double) check_trials(20000);
    check_ok(t.ctx, ew_product_begin(t.ctx));
    check_ok(t.ctx, ew_residual_sampler_new(&s, &model->sampler, 1, t.ctx));
    for (uint64_t i = 0; i < (uint64_t) n; i++) {
        check_ok(t.ctx, ew_residual_sampler_gradient(growth, s, i, t.ctx));
        for (int l = 0; l <= BLOCKS; l++) {
            sum[l] += growth[l];
            squares[l] += growth[l] * growth[l];
        }
    }
    for (int l = 0; l < BLOCKS; l++) {
        double mean = sum[l] / n;
        ew_estimate x = {mean, sqrt((squares[l] / n - mean * mean) / n)};
        check_near(&x, pow(1 + 5.0 / 8 / BLOCKS, BLOCKS - l));
    }
    ew_residual_sampler_free(s);
    ew_product_end();
    ew_sample_model_free(model);
    network_clear(&t);
}

static void keep_last(slong layer, uint64_t first, size_t count, const double *h, void *data)
{
    (void) layer;
    (void) first;
    (void) count;
    *(const double **) data = h;
}

/* In one dimension J^T p and J v are the same number: backward and forward. */
static void one_dimension(void **state)
{
    (void) state;
    network t;
    network_init(&t, "tanh(z) + z^2/9", "3/2", "2/3", 700);
    ew_sample_model *model = model_of(&t, 1);
    ew_residual_sampler *s;
    check_ok(t.ctx, ew_product_begin(t.ctx));
    check_ok(t.ctx, ew_residual_sampler_new(&s, &model->sampler, 1, t.ctx));
    slong u = ew_fields_find(model->fields, 0, 1), uu = ew_pair_of(model->fields, u, u);
    for (uint64_t i = 0; i < 5; i++) {
        double growth[BLOCKS + 1];
        const double *h;
        check_ok(t.ctx, ew_residual_sampler_gradient(growth, s, i, t.ctx));
        check_ok(t.ctx, ew_residual_sampler_run(s, i, 1, keep_last, &h, t.ctx));
        if (fabs(h[uu] / 2 - growth[0]) > 1e-12 * growth[0])
            fail_msg("forward %.17g, backward %.17g", h[uu] / 2, growth[0]);
    }
    ew_residual_sampler_free(s);
    ew_product_end();
    ew_sample_model_free(model);
    network_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_moments),
        cmocka_unit_test(network_moments),
        cmocka_unit_test(gradients),
        cmocka_unit_test(one_dimension),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

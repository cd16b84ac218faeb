/* validate --residual at one width: sampled means of H against those that are exact at every
 * width. */
#include <math.h>
#include <stdlib.h>

#include "library/command.h"
#include "library/validate.h"
#include "products/holm.h"
#include "products/significance.h"
#include "readings/kernel/kernel.h"
#include "readings/sample/sample.h"

#define LEVEL 0.01
#define WIDTH 16
#define SAMPLES 20000
/* Layers checked, at most: evenly among those there are. */
#define MOST_LAYERS 12

typedef struct {
    slong layer, a, b;
    double predicted, z;
    ew_estimate observed;
} check;

typedef struct {
    ew_setup *s;
    ew_sample_options opt;
    ew_kernel_table *kernel;
    ew_sample_table *sampled;
    slong n;
    check *at;
    double *p, *adjusted, level;
} residual_run;

static void clear(residual_run *r)
{
    ew_kernel_free(r->kernel);
    ew_sample_free(r->sampled);
    ew_setup_free(r->s);
    free(r->at);
    free(r->p);
    free(r->adjusted);
}

/* What is for layers only is refused, not ignored. */
static ew_status refuse(const ew_network *net, ew_context *ctx)
{
    static const char *const idle[] = {"order",   "ntk",    "dntk",       "ddntk", "observed",
                                       "moments", "plot",   "checkpoint", "time",  "shaping",
                                       "a",       "c-plus", "c-minus"};
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (ew_network_get(net, idle[i]))
            return ew_fail(ctx, EW_UNABLE, "%s: not with residual at one width", idle[i]);
    return EW_OK;
}

/* The mean of Qhat given H is linear in H, so that the mean of H of one input does not depend
 * on its law: s(z) = a max(z, 0) + b min(z, 0), no biases (theory.md section 6). */
static int is_linear(const ew_setting *net)
{
    fmpq_t cb;
    int zero = net->activation->homogeneous;
    fmpq_init(cb);
    for (slong l = 2; l <= net->depth && zero; l++)
        zero = ew_scalar_rational(cb, ew_scalar_at(&net->cb, l)) && fmpq_is_zero(cb);
    fmpq_clear(cb);
    return zero;
}

static void add(residual_run *r, slong layer, slong a, slong b)
{
    slong m = r->s->net.inputs;
    char name[] = {(char) ('a' + a), '.', (char) ('a' + b), '\0'};
    const char *of[] = {name};
    slong term = ew_sample_term(r->sampled, of, 1);
    check *c = &r->at[r->n];
    *c = (check){.layer = layer, .a = a, .b = b};
    c->predicted = ew_certified_double(r->kernel->nngp + (layer * m + a) * m + b);
    c->observed = r->sampled->value[layer * r->sampled->terms + term];
    c->z = (c->observed.mean - c->predicted) / c->observed.se;
    r->p[r->n++] = ew_student_two_sided(c->z, (double) r->opt.samples - 1);
}

/* The first block starts from H that is known: every mean is that at infinite width.  Those of
 * further blocks are where they are linear. */
static ew_status compare(residual_run *r, ew_context *ctx)
{
    slong blocks = r->s->net.depth - 1, m = r->s->net.inputs;
    slong layers = !is_linear(&r->s->net) ? 1 : blocks < MOST_LAYERS ? blocks : MOST_LAYERS;
    size_t most = (size_t) (m * m + layers * m);
    r->at = ew_alloc_zero(most, sizeof *r->at, ctx);
    r->p = ew_alloc_zero(most, sizeof *r->p, ctx);
    r->adjusted = ew_alloc_zero(most, sizeof *r->adjusted, ctx);
    if (!r->at || !r->p || !r->adjusted)
        return EW_MEMORY;
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++)
            add(r, 1, a, b);
    for (slong i = 1; i < layers; i++)
        for (slong a = 0; a < m; a++)
            add(r, 1 + i * (blocks - 1) / (layers - 1), a, a);
    return ew_holm(r->adjusted, r->p, (long) r->n, ctx);
}

static int passes(const residual_run *r, slong i)
{
    return r->adjusted[i] > r->level;
}

static json_t *check_json(const residual_run *r, slong i)
{
    const check *c = &r->at[i];
    char name[] = {'H', '(', (char) ('a' + c->a), '.', (char) ('a' + c->b), ')', '\0'};
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(name));
    bad |= json_object_set_new(o, "layer", json_integer((json_int_t) c->layer));
    bad |= json_object_set_new(o, "order", json_integer(0));
    bad |= json_object_set_new(o, "predicted", ew_json_real(c->predicted));
    bad |=
        json_object_set_new(o, "observed", ew_json_sampled(c->observed.mean, c->observed.se));
    bad |= json_object_set_new(o, "z", ew_json_real(c->z));
    bad |= json_object_set_new(o, "p", ew_json_real(r->adjusted[i]));
    bad |= json_object_set_new(o, "verdict", json_string(passes(r, i) ? "pass" : "fail"));
    return ew_command_node(o, bad, NULL);
}

static json_t *result_json(const residual_run *r, int pass, ew_context *ctx)
{
    json_t *checks = json_array(), *body = json_object();
    int bad = 0;
    for (slong i = 0; i < r->n && !bad; i++)
        bad |= json_array_append_new(checks, check_json(r, i));
    bad |= json_object_set_new(body, "checks", checks);
    bad |= json_object_set_new(body, "level", ew_json_real(r->level));
    bad |= json_object_set_new(body, "verdict", json_string(pass ? "pass" : "fail"));
    return ew_command_node(body, bad, ctx);
}

static json_t *network_json(const residual_run *r, const ew_network *net, ew_context *ctx)
{
    json_t *o = ew_setup_json(r->s, net, ctx);
    int bad = json_object_set_new(o, "width", json_pack("[I]", (json_int_t) r->opt.width));
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) r->opt.samples));
    bad |= json_object_set_new(o, "seed", ew_json_unsigned(r->opt.seed));
    return ew_command_node(o, bad, ctx);
}

static ew_status run(residual_run *r, const ew_network *net, ew_context *ctx)
{
    ew_status status = refuse(net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&r->s, net, EW_SETUP_RESIDUAL, ctx);
    if (status != EW_OK)
        return status;
    r->opt.sampler = ew_command_network(net) ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN;
    r->opt.width = r->s->net.widths ? r->s->net.width[0] : WIDTH;
    r->opt.samples = ew_network_unsigned(net, "samples", SAMPLES);
    r->opt.seed = ew_network_unsigned(net, "seed", 0);
    r->opt.moments = 1;
    r->level = ew_validate_level(net) > 0 ? ew_validate_level(net) : LEVEL;
    if (r->opt.samples < 2)
        return ew_fail(ctx, EW_USAGE, "samples: a standard error needs two or more");
    status = ew_kernel_solve(&r->kernel, &r->s->net, 0, r->s->digits, r->s->method, ctx);
    if (status == EW_OK)
        status = ew_sample_chain(&r->sampled, &r->s->net, &r->opt, ctx);
    return status == EW_OK ? compare(r, ctx) : status;
}

ew_status ew_validate_residual(ew_result **res, const ew_network *net, ew_context *ctx)
{
    residual_run r = {0};
    int pass = 1;
    ew_status status = run(&r, net, ctx);
    for (slong i = 0; i < r.n && status == EW_OK; i++)
        pass &= passes(&r, i);
    if (status == EW_OK)
        status = ew_command_end(res, "validate", network_json(&r, net, ctx),
                                result_json(&r, pass, ctx), ctx);
    clear(&r);
    if (status == EW_OK && !pass)
        return ew_fail(ctx, EW_FAILED, "validate: a mean is not as predicted");
    return status;
}

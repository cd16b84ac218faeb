#include "readings/cumulant/gradient/run.h"

#include <stdlib.h>

#include "readings/cumulant/solve/run.h"

/* Exact forms longer than this are of no use to a reader; --exact asks for them all the same.
 */
#define SHORT_BITS 1024
#define LONGEST_BITS 1000000

/* value[poly] *= eps^power, each polynomial being the one entry's that names it. */
static void fold(ew_numbers *value, const ew_gradient_pass *p)
{
    const ew_gradient_law *g = p->s->g;
    ew_numbers n;
    ew_numbers_init(&n, 1, p->prec);
    if (p->prec)
        arb_set_ui(n.ball, p->s->opt->width);
    else
        fmpz_set_ui(fmpq_numref(n.rational), p->s->opt->width);
    for (slong map = 0; map < EW_GRADIENT_MAPS; map++)
        for (slong i = 0; i < g->map[map].n; i++)
            for (slong a = 0; a < g->map[map].entry[i].power; a++)
                ew_number_div(value, g->map[map].entry[i].poly, &n, 0, p->prec);
    ew_numbers_clear(&n);
}

/* ---- balls --------------------------------------------------------------------------------
 */

typedef struct {
    arb_ptr x;    /* the law's variables */
    mag_ptr size; /* what they are made of */
    arb_t K;
    slong prec;
} ball_layer;

static ew_status keep_parameters(ew_gradient_pass *p, ball_layer *b, slong layer,
                                 ew_context *ctx)
{
    arb_ptr own = p->parameter.ball + 3 * layer;
    arb_set(own, b->x + EW_CW);
    if (!arb_is_positive(own))
        return ew_fail(ctx, EW_DOMAIN, "C_W of layer %ld is not positive: gradients vanish",
                       (long) layer);
    return EW_OK;
}

/* Its share of Ghat that the weights bring about. */
static void keep_share(ew_gradient_pass *p, ball_layer *b, slong layer)
{
    arb_sub(p->parameter.ball + 3 * layer + 1, b->K, b->x + EW_CB, b->prec);
}

/* K of layer 1, and x.x/n_0 and cos^2. */
static ew_status first_layer(ew_gradient_pass *p, ball_layer *b, ew_context *ctx)
{
    arb_ptr own = p->parameter.ball;
    ew_status status = ew_setting_first(b->K, NULL, p->s->net, b->prec, ctx);
    if (status == EW_OK)
        status = ew_setting_layer(b->x + EW_CW, b->x + EW_CB, NULL, NULL, p->s->net, 1, b->prec,
                                  ctx);
    if (status == EW_OK)
        status = keep_parameters(p, b, 1, ctx);
    if (status != EW_OK)
        return status;
    keep_share(p, b, 1);
    arb_div(own + 1, own + 4, own + 3, b->prec);
    if (p->s->opt->cosine) {
        status = ew_scalar_ball(own + 2, p->s->opt->cosine, b->prec, ctx);
        arb_mul(own + 2, own + 2, own + 2, b->prec);
    }
    return status;
}

static void take_sizes(ew_numbers *value, ball_layer *b, const ew_poly_program *program)
{
    mag_ptr scale = _mag_vec_init(program->n);
    ew_poly_program_scale(scale, program, b->size);
    for (slong i = 0; i < program->n; i++) {
        arb_zero(value->ball + i);
        arf_set_mag(arb_midref(value->ball + i), scale + i);
    }
    _mag_vec_clear(scale, program->n);
}

/* The polynomials that lead from `layer` to the next, and the next K. */
static ew_status step(ew_gradient_pass *p, ball_layer *b, slong layer, ew_context *ctx)
{
    const ew_gradient_solver *s = p->s;
    ew_numbers *value = &p->value[layer];
    slong zz = s->g->law->cov[ew_pair_of(s->g->fields, 0, 0)];
    ew_status status = ew_law_parameters_ball(b->x, s->g->law, s->net, layer, 0, b->prec, ctx);
    if (status == EW_OK)
        status = keep_parameters(p, b, layer + 1, ctx);
    if (zz >= 0)
        arb_set(b->x + zz, b->K);
    if (s->argument)
        ew_poly_program_ball(b->K, NULL, s->argument, b->x, b->prec);
    if (status == EW_OK)
        status = ew_atom_plan_ball(b->x, b->size, s->plan, s->E, b->K, b->prec, ctx);
    if (status != EW_OK)
        return status;
    ew_numbers_init(value, s->g->polys, b->prec);
    ew_poly_program_ball(value->ball, NULL, s->program, b->x, b->prec);
    arb_set(b->K, value->ball);
    keep_share(p, b, layer + 1);
    for (slong v = 0; v < s->g->law->atom0; v++)
        arb_get_mag(b->size + v, b->x + v);
    if (p->kind == EW_PASS_SIZE)
        take_sizes(value, b, s->program);
    if (p->folded)
        fold(value, p);
    return EW_OK;
}

static ew_status ball_layers(ew_gradient_pass *p, ew_context *ctx)
{
    slong variables = p->s->g->law->variables, depth = p->s->net->depth;
    ball_layer b = {.prec = p->prec};
    b.x = _arb_vec_init(variables);
    b.size = _mag_vec_init(variables);
    arb_init(b.K);
    ew_status status = first_layer(p, &b, ctx);
    for (slong l = 1; l < depth && status == EW_OK; l++) {
        status = step(p, &b, l, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        ew_progress(ctx, (double) l / (double) depth, "layers");
    }
    arb_clear(b.K);
    _mag_vec_clear(b.size, variables);
    _arb_vec_clear(b.x, variables);
    return status;
}

/* ---- rationals ----------------------------------------------------------------------------
 */

static int keep_rational(ew_gradient_pass *p, const fmpq *x, slong layer)
{
    fmpq *cw = p->parameter.rational + 3 * layer;
    fmpq_set(cw, x + EW_CW);
    return fmpq_sgn(cw) > 0;
}

static int rational_first(ew_gradient_pass *p, fmpq *x, fmpq_t K)
{
    fmpq *own = p->parameter.rational;
    const ew_setting *net = p->s->net;
    const ew_scalar *cosine = p->s->opt->cosine;
    if (!ew_scalar_rational(x + EW_CW, ew_scalar_at(&net->cw, 1)) ||
        !ew_scalar_rational(x + EW_CB, ew_scalar_at(&net->cb, 1)) ||
        !ew_scalar_rational(K, &net->gram[0]) || !keep_rational(p, x, 1) ||
        (cosine && !ew_scalar_rational(own + 2, cosine)))
        return 0;
    fmpq_sub(own + 4, K, x + EW_CB);
    fmpq_div(own + 1, own + 4, own + 3);
    fmpq_mul(own + 2, own + 2, own + 2);
    return 1;
}

static int too_long(const fmpq_t K, flint_bitcnt_t limit)
{
    return fmpz_bits(fmpq_numref(K)) > limit || fmpz_bits(fmpq_denref(K)) > limit;
}

static int rational_step(ew_gradient_pass *p, fmpq *x, fmpq_t K, slong layer)
{
    const ew_gradient_solver *s = p->s;
    ew_numbers *value = &p->value[layer];
    slong zz = s->g->law->cov[ew_pair_of(s->g->fields, 0, 0)];
    if (zz >= 0)
        fmpq_set(x + zz, K);
    if (!ew_law_parameters_rational(x, s->g->law, s->net, layer, 0) ||
        !keep_rational(p, x, layer + 1))
        return 0;
    if (s->argument)
        ew_poly_program_rational(K, s->argument, x);
    if (!ew_atom_plan_rational(x, s->plan, K))
        return 0;
    ew_numbers_init(value, s->g->polys, 0);
    ew_poly_program_rational(value->rational, s->program, x);
    fmpq_set(K, value->rational);
    fmpq_sub(p->parameter.rational + 3 * layer + 4, K, x + EW_CB);
    if (p->folded)
        fold(value, p);
    return 1;
}

static ew_status rational_layers(ew_gradient_pass *p, int *known, ew_context *ctx)
{
    slong variables = p->s->g->law->variables;
    flint_bitcnt_t limit = p->s->opt->exact ? LONGEST_BITS : SHORT_BITS;
    ew_status status = EW_OK;
    fmpq_t K;
    fmpq_init(K);
    fmpq *x = _fmpq_vec_init(variables);
    *known = rational_first(p, x, K);
    for (slong l = 1; l < p->s->net->depth && *known && status == EW_OK; l++) {
        *known = rational_step(p, x, K, l) && !too_long(K, limit);
        status = ew_poll(ctx);
    }
    _fmpq_vec_clear(x, variables);
    fmpq_clear(K);
    return status;
}

ew_status ew_gradient_layers(ew_gradient_pass *p, int *known, ew_context *ctx)
{
    *known = 1;
    return p->prec ? ball_layers(p, ctx) : rational_layers(p, known, ctx);
}

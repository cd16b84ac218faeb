#include "readings/cumulant/solve/run.h"

#include <stdlib.h>

#include "readings/cumulant/solve/independent.h"

/* ---- compilation --------------------------------------------------------------------------
 */

static slong find_mean(const ew_hierarchy *h, slong pair)
{
    ew_pairs list = {1, {pair}};
    return ew_hierarchy_find(h, &list, 0);
}

void ew_cumulant_run_gram(arb_ptr gram, const ew_cumulant_run *run, arb_srcptr x, slong prec)
{
    slong m = run->h->fields->inputs;
    if (run->argument)
        ew_poly_program_ball(gram, NULL, run->argument, x, prec);
    for (slong i = 0; i < m * m && !run->argument; i++)
        arb_set(gram + i, x + run->h->law->extra + run->gram[i]);
}

void ew_cumulant_run_gram_rational(fmpq *gram, const ew_cumulant_run *run, const fmpq *x)
{
    slong m = run->h->fields->inputs;
    if (run->argument)
        ew_poly_program_rational(gram, run->argument, x);
    for (slong i = 0; i < m * m && !run->argument; i++)
        fmpq_set(gram + i, x + run->h->law->extra + run->gram[i]);
}

static ew_status compile(ew_cumulant_run *run, ew_context *ctx)
{
    const ew_hierarchy *h = run->h;
    const ew_fields *f = h->fields;
    const fmpq_mpoly_struct **next = ew_alloc((size_t) h->unknowns * sizeof *next, ctx);
    run->gram = ew_alloc((size_t) (f->inputs * f->inputs) * sizeof *run->gram, ctx);
    ew_status status = next && run->gram ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++)
        next[i] = &h->next[i];
    for (slong i = 0; i < f->inputs * f->inputs && status == EW_OK; i++)
        run->gram[i] =
            find_mean(h, ew_pair_of(f, i / f->inputs * f->sets, i % f->inputs * f->sets));
    for (slong g = 0; g < f->generators; g++)
        run->tangents |= f->kind[g] == EW_TANGENT;
    if (status == EW_OK)
        status = ew_poly_program_new(&run->program, next, h->unknowns, h->law, ctx);
    free(next);
    if (status == EW_OK)
        status = ew_hierarchy_argument_program(&run->argument, run->h, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_new(&run->plan, h->law, run->program->used, run->s, ctx);
    return status;
}

ew_status ew_cumulant_run_new(ew_cumulant_run **out, const ew_hierarchy *h,
                              const ew_activation *s, ew_method method, ew_context *ctx)
{
    *out = NULL;
    ew_cumulant_run *run = ew_alloc_zero(1, sizeof *run, ctx);
    if (!run)
        return EW_MEMORY;
    run->h = h;
    run->s = s;
    ew_status status = ew_evaluator_new(&run->E, s, method, ctx);
    if (status == EW_OK)
        status = compile(run, ctx);
    if (status != EW_OK)
        ew_cumulant_run_free(run);
    else
        *out = run;
    return status;
}

void ew_cumulant_run_free(ew_cumulant_run *run)
{
    if (!run)
        return;
    ew_evaluator_free(run->E);
    ew_atom_plan_free(run->plan);
    ew_poly_program_free(run->program);
    ew_poly_program_free(run->argument);
    free(run->gram);
    free(run);
}

int ew_cumulant_uniform(const ew_setting *net)
{
    return net->cw.n == 1 && net->cb.n == 1 && net->lambda_w.n == 1 && net->lambda_b.n == 1 &&
           net->widths < 2;
}

void ew_cumulant_width_ratio(fmpq_t r, const ew_setting *net, slong layer)
{
    if (net->widths < 2)
        fmpq_one(r);
    else {
        fmpz_set_ui(fmpq_numref(r), net->width[0]);
        fmpz_set_ui(fmpq_denref(r), net->width[layer - 1]);
        fmpq_canonicalise(r);
    }
}

/* ---- one pass at one precision ------------------------------------------------------------
 */

typedef struct {
    const ew_cumulant_run *run;
    const ew_setting *net;
    slong prec;
    arb_ptr x;       /* the law's variables */
    arb_ptr state;   /* the unknowns among them */
    mag_ptr size;    /* what they are made of: |x|, or more where x is close to 0 */
    arb_ptr y;       /* [unknowns]: the next layer */
    mag_ptr scale;   /* [unknowns]: the sums of absolute terms that gave it */
    arb_ptr gram;    /* [inputs * inputs] */
    char *zero;      /* [variables]: exactly 0 */
    char *needed;    /* [variables]: occurs in a term without such a factor */
    char *apart;     /* [unknowns]: exactly 0 in layer 2 */
    slong parameter; /* the step whose parameters x holds, 0: none */
} pass;

/* Balls widen by a factor polynomial in the depth (theory.md section 9): start with enough
 * bits. */
static slong guarded(slong prec, slong depth)
{
    return prec + 2 * (slong) FLINT_BIT_COUNT(depth) + 16;
}

static ew_status open_pass(pass *p, const ew_cumulant_run *run, const ew_setting *net,
                           slong prec, ew_context *ctx)
{
    const ew_hierarchy *h = run->h;
    slong m = h->fields->inputs;
    *p = (pass){.run = run, .net = net, .prec = guarded(prec, net->depth)};
    p->x = _arb_vec_init(h->law->variables);
    p->state = p->x + h->law->extra;
    p->y = _arb_vec_init(h->unknowns);
    p->gram = _arb_vec_init(m * m);
    p->scale = _mag_vec_init(h->unknowns);
    p->size = _mag_vec_init(h->law->variables);
    p->zero = ew_alloc_zero((size_t) h->law->variables, 1, ctx);
    p->needed = ew_alloc_zero((size_t) h->law->variables, 1, ctx);
    p->apart = ew_alloc_zero((size_t) h->unknowns, 1, ctx);
    return p->zero && p->needed && p->apart ? EW_OK : EW_MEMORY;
}

static void close_pass(pass *p)
{
    const ew_hierarchy *h = p->run->h;
    slong m = h->fields->inputs;
    _arb_vec_clear(p->x, h->law->variables);
    _arb_vec_clear(p->y, h->unknowns);
    _arb_vec_clear(p->gram, m * m);
    _mag_vec_clear(p->scale, h->unknowns);
    _mag_vec_clear(p->size, h->law->variables);
    free(p->zero);
    free(p->needed);
    free(p->apart);
}

/* Layer 1 is deterministic: only the means are not 0. */
static ew_status first_layer(pass *p, ew_context *ctx)
{
    const ew_hierarchy *h = p->run->h;
    arb_ptr ghat = _arb_vec_init(h->fields->pairs);
    ew_status status = ew_setting_first_fields(ghat, h->fields, p->net, p->prec, ctx);
    for (slong i = 0; i < h->unknowns && status == EW_OK; i++)
        if (h->unknown[i].list.n == 1 && h->unknown[i].order == 0)
            arb_set(p->state + i, ghat + h->unknown[i].list.p[0]);
    if (status == EW_OK)
        ew_cumulant_apart(p->apart, h, ghat);
    _arb_vec_clear(ghat, h->fields->pairs);
    return status;
}

/* The weights of layer 1 differ from the others' in shape: they have as many columns as inputs
 * have coordinates. */
static ew_status parameters(pass *p, slong layer, ew_context *ctx)
{
    if (p->parameter > 1 && ew_cumulant_uniform(p->net))
        return EW_OK;
    p->parameter = layer;
    return ew_law_parameters_ball(p->x, p->run->h->law, p->net, layer, p->run->tangents,
                                  p->prec, ctx);
}

static void clear_apart(pass *p)
{
    for (slong i = 0; i < p->run->h->unknowns; i++)
        if (p->apart[i]) {
            arb_zero(p->state + i);
            mag_zero(p->scale + i);
        }
}

/* Sizes of the parameters and the state: the value, or its terms where it may be 0. */
static void measure(pass *p)
{
    const ew_law *law = p->run->h->law;
    for (slong v = 0; v < law->extra + p->run->h->unknowns; v++) {
        arb_get_mag(p->size + v, p->x + v);
        if (v >= law->extra && arb_contains_zero(p->x + v))
            mag_max(p->size + v, p->size + v, p->scale + (v - law->extra));
    }
}

/* What multiplies an exact 0 is not asked for: at the first layer, where nothing fluctuates
 * yet, the covariance may be singular and a kinked activation's derivatives in it need not
 * exist. */
static void find_needed(pass *p)
{
    const ew_law *law = p->run->h->law;
    for (slong v = 0; v < law->extra + p->run->h->unknowns; v++)
        p->zero[v] = arb_is_zero(p->x + v) != 0;
    ew_poly_program_needed(p->needed, p->run->program, p->zero);
}

static ew_status step(pass *p, slong layer, ew_context *ctx)
{
    const ew_cumulant_run *run = p->run;
    ew_status status = parameters(p, layer, ctx);
    if (status != EW_OK)
        return status;
    ew_cumulant_run_gram(p->gram, run, p->x, p->prec);
    find_needed(p);
    status =
        ew_atom_plan_some(p->x, p->size, run->plan, p->needed, run->E, p->gram, p->prec, ctx);
    if (status != EW_OK)
        return status;
    measure(p);
    ew_poly_program_ball(p->y, NULL, run->program, p->x, p->prec);
    ew_poly_program_scale(p->scale, run->program, p->size);
    for (slong i = 0; i < run->h->unknowns; i++)
        arb_swap(p->state + i, p->y + i);
    if (layer == 1)
        clear_apart(p);
    return EW_OK;
}

static ew_status run_layers(pass *p, slong layer, ew_cumulant_layer_fn fn, void *data,
                            ew_context *ctx)
{
    for (;; layer++) {
        ew_status status = fn(layer, p->state, p->scale, data, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status != EW_OK || layer >= p->net->depth)
            return status;
        status = step(p, layer, ctx);
        if (status != EW_OK)
            return status;
        ew_progress(ctx, (double) (layer + 1) / (double) p->net->depth, "layers");
    }
}

ew_status ew_cumulant_run_balls(const ew_cumulant_run *run, const ew_setting *net, slong prec,
                                ew_cumulant_layer_fn fn, void *data, ew_context *ctx)
{
    pass p;
    ew_status status = open_pass(&p, run, net, prec, ctx);
    if (status == EW_OK)
        status = first_layer(&p, ctx);
    if (status == EW_OK)
        status = run_layers(&p, 1, fn, data, ctx);
    close_pass(&p);
    return status;
}

ew_status ew_cumulant_run_from(const ew_cumulant_run *run, const ew_setting *net, slong layer,
                               arb_srcptr state, slong prec, ew_cumulant_layer_fn fn,
                               void *data, ew_context *ctx)
{
    pass p;
    if (layer < 1 || layer > net->depth)
        return ew_fail(ctx, EW_USAGE, "layer %ld of %ld", (long) layer, (long) net->depth);
    ew_status status = open_pass(&p, run, net, prec, ctx);
    _arb_vec_set(p.state, state, run->h->unknowns);
    if (status == EW_OK && layer == 1)
        status = first_layer(&p, ctx);
    if (status == EW_OK)
        status = run_layers(&p, layer, fn, data, ctx);
    close_pass(&p);
    return status;
}

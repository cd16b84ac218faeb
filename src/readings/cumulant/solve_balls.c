#include "readings/cumulant/solve.h"

#include <stdlib.h>

/* Vectors of one pass at one precision. */
typedef struct {
    arb_ptr x;       /* the law's variables */
    mag_ptr size;    /* what they are made of: |x|, or more where x is close to 0 */
    arb_ptr y;       /* [unknowns]: the next layer */
    mag_ptr scale;   /* [unknowns]: the sums of absolute terms that gave it */
    slong parameter; /* the layer whose parameters x holds, 0: none */
} pass;

static ew_status parameters(pass *p, const ew_cumulant_solver *s, slong layer, slong prec,
                            ew_context *ctx)
{
    if (p->parameter && ew_cumulant_uniform(s->net))
        return EW_OK;
    p->parameter = layer;
    int tangents = s->theta >= 0;
    return ew_setting_layer(p->x + EW_CW, p->x + EW_CB, tangents ? p->x + EW_LAMBDA_W : NULL,
                            tangents ? p->x + EW_LAMBDA_B : NULL, s->net, layer, prec, ctx);
}

/* From the last exact layer, or from the inputs. */
static ew_status start(arb_ptr state, const ew_cumulant_solver *s, slong prec, ew_context *ctx)
{
    if (s->exact_layers == 0)
        return ew_setting_first(state + s->k, s->theta < 0 ? NULL : state + s->theta, s->net,
                                prec, ctx);
    for (slong i = 0; i < s->h->unknowns; i++)
        arb_set_fmpq(state + i, &s->exact[i], prec);
    return EW_OK;
}

/* Sizes of the parameters and the state: the value, or its terms where it may be 0. */
static void measure(pass *p, const ew_cumulant_solver *s)
{
    const ew_law *law = s->h->law;
    for (slong v = 0; v < law->extra + s->h->unknowns; v++) {
        arb_get_mag(p->size + v, p->x + v);
        if (v >= law->extra && arb_contains_zero(p->x + v))
            mag_max(p->size + v, p->size + v, p->scale + (v - law->extra));
    }
}

static ew_status step(pass *p, const ew_cumulant_solver *s, slong layer, slong prec,
                      ew_context *ctx)
{
    arb_ptr state = p->x + s->h->law->extra;
    fmpq_t r;
    fmpq_init(r);
    ew_cumulant_width_ratio(r, s->net, layer);
    arb_set_fmpq(p->x + EW_RATIO, r, prec);
    fmpq_clear(r);
    ew_status status = parameters(p, s, layer + 1, prec, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_ball(p->x, p->size, s->plan, s->E, state + s->k, prec, ctx);
    if (status != EW_OK)
        return status;
    measure(p, s);
    ew_poly_program_ball(p->y, NULL, s->program, p->x, prec);
    ew_poly_program_scale(p->scale, s->program, p->size);
    for (slong i = 0; i < s->h->unknowns; i++)
        arb_swap(state + i, p->y + i);
    return EW_OK;
}

static void quotient(arb_t q, mag_t scale, const ew_ratio *r, const pass *p, arb_srcptr state,
                     slong prec)
{
    arb_t under;
    mag_t m;
    arb_init(under);
    mag_init(m);
    arb_mul(under, state + r->under[0], state + r->under[1], prec);
    if (!arb_is_zero(under)) {
        arb_inv(under, under, prec);
        arb_mul(q, state + r->over, under, prec);
        arb_get_mag(m, under);
        mag_mul(scale, p->scale + r->over, m);
    }
    arb_clear(under);
    mag_clear(m);
}

/* values: per layer the unknowns, then the ratios. */
static void store(arb_ptr values, mag_ptr scales, const pass *p, const ew_cumulant_solver *s,
                  slong prec)
{
    slong n = s->h->unknowns;
    arb_srcptr state = p->x + s->h->law->extra;
    for (slong i = 0; i < n; i++) {
        arb_set(values + i, state + i);
        mag_set(scales + i, p->scale + i);
    }
    for (slong i = 0; i < s->ratios; i++)
        quotient(values + n + i, scales + n + i, &s->ratio[i], p, state, prec);
}

static ew_status run(arb_ptr values, mag_ptr scales, pass *p, const ew_cumulant_solver *s,
                     slong prec, ew_context *ctx)
{
    slong width = s->h->unknowns + s->ratios, layer = s->exact_layers;
    ew_status status = start(p->x + s->h->law->extra, s, prec, ctx);
    if (status == EW_OK && layer == 0) {
        store(values, scales, p, s, prec);
        layer = 1;
        values += width;
        scales += width;
    }
    for (; layer < s->net->depth && status == EW_OK; layer++) {
        status = step(p, s, layer, prec, ctx);
        store(values, scales, p, s, prec);
        values += width;
        scales += width;
        if (status == EW_OK)
            status = ew_poll(ctx);
        ew_progress(ctx, (double) (layer + 1) / (double) s->net->depth, "layers");
    }
    return status;
}

/* Balls widen by a factor polynomial in the depth (theory.md section 9): start with enough
 * bits. */
static slong guarded(slong prec, slong depth)
{
    return prec + 2 * (slong) FLINT_BIT_COUNT(depth) + 16;
}

static ew_status all_layers(arb_ptr values, mag_ptr scales, slong prec, void *data,
                            ew_context *ctx)
{
    const ew_cumulant_solver *s = data;
    slong n = s->h->unknowns;
    pass p = {.parameter = 0};
    p.x = _arb_vec_init(s->h->law->variables);
    p.y = _arb_vec_init(n);
    p.scale = _mag_vec_init(n);
    p.size = _mag_vec_init(s->h->law->variables);
    ew_status status = run(values, scales, &p, s, guarded(prec, s->net->depth), ctx);
    _arb_vec_clear(p.x, s->h->law->variables);
    _arb_vec_clear(p.y, n);
    _mag_vec_clear(p.scale, n);
    _mag_vec_clear(p.size, s->h->law->variables);
    return status;
}

static void move(ew_certified *to, ew_certified *from, const char *method)
{
    ew_certified_clear(to);
    *to = *from;
    to->method = method;
    ew_certified_init(from);
}

static void distribute(const ew_cumulant_solver *s, ew_certified *value)
{
    for (slong l = s->exact_layers; l < s->net->depth; l++) {
        for (slong i = 0; i < s->h->unknowns; i++)
            move(ew_cumulant_at(s->table, s->h, i, l), value++, s->table->method);
        for (slong i = 0; i < s->ratios; i++)
            move(&s->table->ratio[l * s->ratios + i], value++, s->table->method);
    }
}

ew_status ew_cumulant_fill_balls(ew_cumulant_solver *s, ew_context *ctx)
{
    slong n = (s->net->depth - s->exact_layers) * (s->h->unknowns + s->ratios);
    ew_certified *value = ew_alloc((size_t) n * sizeof *value, ctx);
    if (!value)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        ew_certified_init(&value[i]);
    ew_status status = ew_certify(value, n, s->opt->digits, all_layers, s, ctx);
    if (status == EW_OK) {
        if (s->net->depth > 1)
            s->table->method = ew_evaluator_method(s->E);
        distribute(s, value);
    }
    for (slong i = 0; i < n; i++)
        ew_certified_clear(&value[i]);
    free(value);
    return status;
}

#include "readings/cumulant/gradient/run.h"

#include <stdlib.h>

/* States of one pass; vectors of components x terms. */
typedef struct {
    ew_gradient_pass *p;
    slong depth;
    ew_numbers *forward; /* [layer]: E[delta^k] */
    ew_numbers
        *backward[3]; /* [degree][layer]: E[uu^degree] of the last layer as a functional */
    ew_numbers one;   /* [0]: 1 */
} states;

static slong length(const ew_gradient_pass *p, slong families)
{
    return families * p->s->g->powers * p->terms;
}

static void vector_init(ew_numbers *x, const ew_gradient_pass *p, slong families)
{
    ew_numbers_init(x, length(p, families), p->prec);
}

/* ---- forward and backward -----------------------------------------------------------------
 */

static void run_forward(states *t)
{
    const ew_gradient_pass *p = t->p;
    for (slong l = 1; l <= t->depth; l++) {
        vector_init(&t->forward[l], p, 1);
        if (l == 1)
            ew_number_set_si(&t->forward[l], 0, 1);
        else
            ew_gradient_forward(&t->forward[l], p->s->g, EW_GRADIENT_BASE, &p->value[l - 1],
                                &t->forward[l - 1], p->terms, p->prec);
    }
}

static void run_backward(states *t, slong degree)
{
    const ew_gradient_pass *p = t->p;
    ew_gradient_map map = degree == 1 ? EW_GRADIENT_CHAIN1 : EW_GRADIENT_CHAIN2;
    ew_numbers *w = t->backward[degree];
    for (slong l = t->depth; l >= 1; l--) {
        vector_init(&w[l], p, degree + 1);
        if (l == t->depth)
            ew_number_set_si(&w[l], 0, 1);
        else
            ew_gradient_backward(&w[l], p->s->g, map, &p->value[l], &w[l + 1], p->terms,
                                 p->prec);
    }
}

/* ---- input gradients ----------------------------------------------------------------------
 */

/* uu = C_W and zu^2 = cos^2 C_W (K - C_b), the direction having |v|^2 = n_0. */
static void input_start(ew_numbers *x, const ew_gradient_pass *p, slong degree)
{
    const ew_numbers *own = &p->parameter;
    for (slong b = 0; b <= degree; b++) {
        slong at = b * p->s->g->powers * p->terms;
        ew_number_set_si(x, at, 1);
        for (slong i = 0; i < degree; i++)
            ew_number_mul(x, at, own, 3, p->prec);
        for (slong i = 0; i < b; i++) {
            ew_number_mul(x, at, own, 2, p->prec);
            ew_number_mul(x, at, own, 1, p->prec);
            ew_number_mul(x, at, own, 3, p->prec);
        }
    }
}

static void keep_series(ew_numbers *to, const ew_numbers *x, slong terms)
{
    for (slong j = 0; j < terms; j++)
        ew_number_set(to, j, x, j);
}

/* x *= E g^4/(3 E Ghat_uu^2) for a neuron of `layer`, a series in 1/n. */
static void row_factor(ew_numbers *x, const ew_gradient_pass *p, slong layer)
{
    const fmpq *fourth = p->s->g->fourth;
    ew_numbers f, y;
    fmpq_t frame, power;
    if (!p->s->g->law->orthogonal)
        return;
    fmpq_init(frame);
    fmpq_init(power);
    ew_numbers_init(&f, p->terms, p->prec);
    ew_numbers_init(&y, p->terms, p->prec);
    ew_law_frame(frame, p->s->net, layer);
    for (slong j = 0; j < p->terms; j++) {
        fmpq_pow_si(power, frame, j);
        fmpq_mul(power, power, fourth + j);
        if (p->kind == EW_PASS_SIZE)
            fmpq_abs(power, power);
        ew_number_set_fmpq(&f, j, power, p->prec);
        for (slong i = 0; i <= j; i++)
            ew_number_addmul(&y, j, 1, x, i, &f, j - i, p->prec);
    }
    keep_series(x, &y, p->terms);
    ew_numbers_clear(&f);
    ew_numbers_clear(&y);
    fmpq_clear(frame);
    fmpq_clear(power);
}

/* Given Ghat the derivative is N(0, Ghat_uu), or a row of a frame: E g^2 = E Ghat_uu, E g^4 = 3
 * E Ghat_uu^2 up to row_factor. */
static void input_moments(states *t, slong degree)
{
    ew_gradient_pass *p = t->p;
    ew_gradient_map map = degree == 1 ? EW_GRADIENT_CHAIN1 : EW_GRADIENT_CHAIN2;
    ew_numbers x, y;
    vector_init(&x, p, degree + 1);
    vector_init(&y, p, degree + 1);
    input_start(&x, p, degree);
    for (slong l = 1; l <= t->depth; l++) {
        ew_gradient_moments *row = &p->row[EW_GRADIENT_INPUT * t->depth + l - 1];
        ew_numbers swap;
        keep_series(degree == 1 ? &row->second : &row->fourth, &x, p->terms);
        if (degree == 2) {
            keep_series(&row->pair, &x, p->terms);
            row_factor(&row->fourth, p, l);
        }
        if (l == t->depth)
            break;
        ew_gradient_forward(&y, p->s->g, map, &p->value[l], &x, p->terms, p->prec);
        swap = x;
        x = y;
        y = swap;
    }
    ew_numbers_clear(&x);
    ew_numbers_clear(&y);
}

/* ---- gradients of single weights and biases -----------------------------------------------
 */

/* q = E[factor delta^k] at layer `layer`: the activation that a weight multiplies (`column`),
 * or nothing: the input's entries have modulus 1 up to the scale, biases multiply 1. */
static void column(ew_numbers *q, states *t, ew_gradient_of of, slong layer,
                   ew_gradient_map map)
{
    const ew_gradient_pass *p = t->p;
    if (of == EW_GRADIENT_BIAS || layer == 1) {
        for (slong i = 0; i < q->n; i++)
            ew_number_set(q, i, &t->forward[layer], i);
        return;
    }
    ew_gradient_forward(q, p->s->g, map, &p->value[layer - 1], &t->forward[layer - 1], p->terms,
                        p->prec);
}

/* One neuron of `layer` perturbed: its moment of that degree at the output. */
static void through_row(ew_numbers *out, states *t, const ew_numbers *q, slong layer,
                        slong degree)
{
    const ew_gradient_pass *p = t->p;
    ew_gradient_map map = degree == 1 ? EW_GRADIENT_ROW1 : EW_GRADIENT_ROW2;
    ew_numbers x;
    if (layer == t->depth) {
        keep_series(out, q, p->terms);
        return;
    }
    vector_init(&x, p, degree + 1);
    ew_gradient_forward(&x, p->s->g, map, &p->value[layer], q, p->terms, p->prec);
    ew_gradient_pair(out, &x, &t->backward[degree][layer + 1], (degree + 1) * p->s->g->powers,
                     p->terms, p->prec);
    ew_numbers_clear(&x);
}

/* The sum over all neurons of the layer is the chain whose direction starts there as uu = 1. */
static void through_layer(ew_numbers *out, states *t, const ew_numbers *q, slong layer)
{
    const ew_gradient_pass *p = t->p;
    ew_gradient_pair(out, q, &t->backward[2][layer], p->s->g->powers, p->terms, p->prec);
}

static void parameter_moments(states *t, ew_gradient_of of, slong layer)
{
    ew_gradient_pass *p = t->p;
    ew_gradient_moments *row = &p->row[of * t->depth + layer - 1];
    ew_numbers q;
    vector_init(&q, p, 1);
    column(&q, t, of, layer, EW_GRADIENT_COLUMN1);
    through_row(&row->second, t, &q, layer, 1);
    column(&q, t, of, layer, EW_GRADIENT_COLUMN2);
    through_row(&row->fourth, t, &q, layer, 2);
    column(&q, t, of, layer, EW_GRADIENT_COLUMN11);
    through_layer(&row->pair, t, &q, layer);
    ew_numbers_clear(&q);
    row->c = layer == t->depth ? 1 : 3;
    if (layer < t->depth)
        row_factor(&row->fourth, p, t->depth);
    if (of == EW_GRADIENT_WEIGHT && layer == 1)
        ew_number_set(&row->scale, 0, &p->parameter, 1);
    else if (of == EW_GRADIENT_WEIGHT)
        ew_number_div(&row->scale, 0, &p->parameter, 3 * layer, p->prec);
}

/* ---- the pass -----------------------------------------------------------------------------
 */

static ew_status open_rows(ew_gradient_pass *p, ew_context *ctx)
{
    slong depth = p->s->net->depth;
    p->value = ew_alloc_zero((size_t) depth, sizeof *p->value, ctx);
    p->row = ew_alloc_zero(3 * (size_t) depth, sizeof *p->row, ctx);
    ew_numbers_init(&p->parameter, 3 * (depth + 1), p->prec);
    if (!p->value || !p->row)
        return EW_MEMORY;
    for (slong i = 0; i < 3 * depth; i++) {
        ew_numbers_init(&p->row[i].scale, 1, p->prec);
        ew_numbers_init(&p->row[i].second, p->terms, p->prec);
        ew_numbers_init(&p->row[i].fourth, p->terms, p->prec);
        ew_numbers_init(&p->row[i].pair, p->terms, p->prec);
        ew_number_set_si(&p->row[i].scale, 0, 1);
        p->row[i].c = 3;
    }
    return EW_OK;
}

static ew_status open_states(states *t, ew_gradient_pass *p, ew_context *ctx)
{
    *t = (states){.p = p, .depth = p->s->net->depth};
    size_t n = (size_t) t->depth + 1;
    t->forward = ew_alloc_zero(n, sizeof *t->forward, ctx);
    t->backward[1] = ew_alloc_zero(n, sizeof *t->forward, ctx);
    t->backward[2] = ew_alloc_zero(n, sizeof *t->forward, ctx);
    return t->forward && t->backward[1] && t->backward[2] ? EW_OK : EW_MEMORY;
}

static void close_states(states *t)
{
    for (slong l = 0; l <= t->depth; l++) {
        if (t->forward)
            ew_numbers_clear(&t->forward[l]);
        for (slong q = 1; q <= 2; q++)
            if (t->backward[q])
                ew_numbers_clear(&t->backward[q][l]);
    }
    free(t->forward);
    free(t->backward[1]);
    free(t->backward[2]);
}

static ew_status all_rows(states *t, ew_context *ctx)
{
    ew_status status = EW_OK;
    run_forward(t);
    for (slong degree = 1; degree <= 2; degree++) {
        run_backward(t, degree);
        input_moments(t, degree);
    }
    for (slong l = 1; l <= t->depth && status == EW_OK; l++) {
        parameter_moments(t, EW_GRADIENT_WEIGHT, l);
        parameter_moments(t, EW_GRADIENT_BIAS, l);
        status = ew_poll(ctx);
    }
    return status;
}

ew_status ew_gradient_pass_run(ew_gradient_pass *p, int *known, ew_context *ctx)
{
    states t;
    p->terms = p->folded ? 1 : p->s->opt->order + 1;
    ew_status status = open_rows(p, ctx);
    if (status == EW_OK)
        status = ew_gradient_layers(p, known, ctx);
    if (status != EW_OK || !*known)
        return status;
    status = open_states(&t, p, ctx);
    if (status == EW_OK)
        status = all_rows(&t, ctx);
    close_states(&t);
    return status;
}

void ew_gradient_pass_clear(ew_gradient_pass *p)
{
    slong depth = p->s->net->depth;
    for (slong l = 0; p->value && l < depth; l++)
        ew_numbers_clear(&p->value[l]);
    for (slong i = 0; p->row && i < 3 * depth; i++) {
        ew_numbers_clear(&p->row[i].scale);
        ew_numbers_clear(&p->row[i].second);
        ew_numbers_clear(&p->row[i].fourth);
        ew_numbers_clear(&p->row[i].pair);
    }
    ew_numbers_clear(&p->parameter);
    free(p->value);
    free(p->row);
}

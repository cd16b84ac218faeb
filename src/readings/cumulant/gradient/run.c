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

/* ---- frames whose moments close -----------------------------------------------------------
 */

/* sqrt(N) times a Haar frame times A^(1/2), A a Wishart matrix of mean Q and N degrees of
 * freedom, has independent rows N(0, Q).  A moment that is a polynomial in Q for such rows is,
 * for those of the frame, the polynomial whose mean over A it is: squares of Q_zz and of Q_uu
 * are multiplied by N/(N + 2), what is linear stays.  After that the law is that of Gaussian
 * weights.  Only components that the moments in question are made of are corrected. */
static void set_frame(ew_numbers *rho, const ew_gradient_pass *p, slong layer)
{
    fmpq_t x, n;
    fmpq_init(x);
    fmpq_init(n);
    ew_law_frame(x, p->s->net, layer);
    fmpz_set_ui(fmpq_numref(n), p->s->opt->width);
    fmpq_div(x, n, x);
    fmpq_add_si(n, x, 2);
    fmpq_div(x, x, n);
    ew_number_set_fmpq(rho, 0, x, p->prec);
    fmpq_clear(x);
    fmpq_clear(n);
}

/* With Q = q + delta, q = K - C_b, the square of Q becomes rho Q^2 when delta^2 becomes rho
 * delta^2 + (rho - 1)(2 q delta + q^2). */
static void correct_square(ew_numbers *x, const ew_numbers *rho, const ew_gradient_pass *p,
                           slong layer)
{
    slong q = 3 * layer + 1;
    ew_numbers w;
    ew_numbers_init(&w, 3, p->prec);
    ew_number_set_si(&w, 0, 1);
    ew_number_set_si(&w, 1, -1);
    ew_number_addmul(&w, 1, 1, rho, 0, &w, 0, p->prec);
    ew_number_addmul(&w, 2, 2, x, 1, &w, 0, p->prec);
    ew_number_addmul(&w, 2, 1, x, 0, &p->parameter, q, p->prec);
    ew_number_mul(&w, 2, &p->parameter, q, p->prec);
    ew_number_mul(x, 2, rho, 0, p->prec);
    ew_number_addmul(x, 2, 1, &w, 1, &w, 2, p->prec);
    ew_numbers_clear(&w);
}

/* A state of `layer`, as the law is to see it. */
static void correct_state(ew_numbers *x, const ew_gradient_pass *p, ew_gradient_map map,
                          slong layer)
{
    slong families = ew_gradient_sources(p->s->g, map) / p->s->g->powers;
    ew_numbers rho;
    ew_numbers_init(&rho, 1, p->prec);
    set_frame(&rho, p, layer);
    if (families == 1)
        correct_square(x, &rho, p, layer);
    if (families == 3)
        ew_number_mul(x, 0, &rho, 0, p->prec);
    ew_numbers_clear(&rho);
}

/* y = map x, from `layer` to the next. */
static void apply(ew_numbers *y, const ew_gradient_pass *p, ew_gradient_map map, slong layer,
                  const ew_numbers *x)
{
    ew_numbers own;
    if (!p->s->frames) {
        ew_gradient_forward(y, p->s->g, map, &p->value[layer], x, p->terms, p->prec);
        return;
    }
    ew_numbers_init(&own, x->n, p->prec);
    for (slong i = 0; i < x->n; i++)
        ew_number_set(&own, i, x, i);
    correct_state(&own, p, map, layer);
    ew_gradient_forward(y, p->s->g, map, &p->value[layer], &own, p->terms, p->prec);
    ew_numbers_clear(&own);
}

/* y = map^T x for a map of the chain. */
static void apply_transposed(ew_numbers *y, const ew_gradient_pass *p, ew_gradient_map map,
                             slong layer, const ew_numbers *x)
{
    ew_gradient_backward(y, p->s->g, map, &p->value[layer], x, p->terms, p->prec);
    if (p->s->frames)
        correct_state(y, p, map, layer);
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
            apply(&t->forward[l], p, EW_GRADIENT_BASE, l - 1, &t->forward[l - 1]);
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
            apply_transposed(&w[l], p, map, l, &w[l + 1]);
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

/* f = E g^4/(3 E Ghat_uu^2) for a neuron of `layer`, a series in 1/n. */
static void set_row_factor(ew_numbers *f, const ew_gradient_pass *p, slong layer)
{
    fmpq_t frame, power;
    fmpq_init(frame);
    fmpq_init(power);
    ew_law_frame(frame, p->s->net, layer);
    for (slong j = 0; j < p->terms; j++) {
        fmpq_pow_si(power, frame, j);
        fmpq_mul(power, power, p->s->g->fourth + j);
        if (p->kind == EW_PASS_SIZE)
            fmpq_abs(power, power);
        ew_number_set_fmpq(f, j, power, p->prec);
    }
    fmpq_clear(frame);
    fmpq_clear(power);
}

/* x times that. */
static void row_factor(ew_numbers *x, const ew_gradient_pass *p, slong layer)
{
    ew_numbers f, y;
    if (!p->s->g->law->orthogonal && !p->s->frames)
        return;
    ew_numbers_init(&f, p->terms, p->prec);
    ew_numbers_init(&y, p->terms, p->prec);
    if (p->s->frames)
        set_frame(&f, p, layer);
    else
        set_row_factor(&f, p, layer);
    for (slong j = 0; j < p->terms; j++)
        for (slong i = 0; i <= j; i++)
            ew_number_addmul(&y, j, 1, x, i, &f, j - i, p->prec);
    keep_series(x, &y, p->terms);
    ew_numbers_clear(&f);
    ew_numbers_clear(&y);
}

/* Given Ghat the derivative is N(0, Ghat_uu), or a row of a frame: E g^2 = E Ghat_uu, E g^4 = 3
 * E Ghat_uu^2 up to row_factor.  The first layer's law does not change when the input's
 * coordinates are rotated: derivatives along orthogonal directions across the input are those
 * along one that is uniform, and E g_v^2 g_w^2 = E g_v^4/3. */
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
            row_factor(&row->fourth, p, l);
            keep_series(&row->pair, &row->fourth, p->terms);
        }
        if (l == t->depth)
            break;
        apply(&y, p, map, l, &x);
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
    apply(q, p, map, layer - 1, &t->forward[layer - 1]);
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
    apply(&x, p, map, layer, q);
    ew_gradient_pair(out, &x, &t->backward[degree][layer + 1], (degree + 1) * p->s->g->powers,
                     p->terms, p->prec);
    ew_numbers_clear(&x);
}

/* All neurons of the layer perturbed by independent normals: the square of the sum over them of
 * (dz_out/dz_i)^2 is a third of the mean of the derivative's fourth power. */
static void through_layer(ew_numbers *out, states *t, const ew_numbers *q, slong layer)
{
    const ew_gradient_pass *p = t->p;
    slong powers = p->s->g->powers;
    ew_numbers x;
    if (!p->s->g->law->averages || layer == t->depth) {
        ew_gradient_pair(out, q, &t->backward[2][layer], powers, p->terms, p->prec);
        return;
    }
    vector_init(&x, p, 3);
    apply(&x, p, EW_GRADIENT_START2, layer, q);
    ew_gradient_pair(out, &x, &t->backward[2][layer + 1], 3 * powers, p->terms, p->prec);
    row_factor(out, p, t->depth);
    ew_numbers_clear(&x);
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

slong ew_gradient_kinds(const ew_setting *net)
{
    return net->residual ? 1 : 3;
}

static ew_status open_rows(ew_gradient_pass *p, ew_context *ctx)
{
    slong depth = p->s->net->depth, rows = ew_gradient_kinds(p->s->net) * depth;
    p->value = ew_alloc_zero((size_t) depth, sizeof *p->value, ctx);
    p->row = ew_alloc_zero((size_t) rows, sizeof *p->row, ctx);
    ew_numbers_init(&p->parameter, 3 * (depth + 1), p->prec);
    if (!p->value || !p->row)
        return EW_MEMORY;
    for (slong i = 0; i < rows; i++) {
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
    for (slong degree = 1; degree <= 2; degree++)
        input_moments(t, degree);
    if (ew_gradient_kinds(t->p->s->net) == 1)
        return EW_OK;
    run_forward(t);
    for (slong degree = 1; degree <= 2; degree++)
        run_backward(t, degree);
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
    slong depth = p->s->net->depth, rows = ew_gradient_kinds(p->s->net) * depth;
    for (slong l = 0; p->value && l < depth; l++)
        ew_numbers_clear(&p->value[l]);
    for (slong i = 0; p->row && i < rows; i++) {
        ew_numbers_clear(&p->row[i].scale);
        ew_numbers_clear(&p->row[i].second);
        ew_numbers_clear(&p->row[i].fourth);
        ew_numbers_clear(&p->row[i].pair);
    }
    ew_numbers_clear(&p->parameter);
    free(p->value);
    free(p->row);
}

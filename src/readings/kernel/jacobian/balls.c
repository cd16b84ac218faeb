/* The recursion in balls. */
#include "readings/kernel/jacobian/state.h"

#include <string.h>

typedef struct {
    ew_jacobian *j;
    ew_jacobian_stage *stage;
    const ew_setting *net; /* of the parameters */
    const arb_mat_struct *k, *theta;
    slong layer, prec;
} step;

static void note_method(ew_jacobian *j, ew_evaluator *E)
{
    const char *name = ew_evaluator_method(E);
    if (!j->used || !strcmp(j->used, "closed form") || !strcmp(name, "Mehler series"))
        j->used = name;
}

static const arb_mat_struct *matrix(const step *s, int tangent)
{
    return tangent ? s->theta : s->k;
}

/* Parameters and atoms, which do not depend on directions. */
static ew_status set_common(arb_ptr x, const ew_jacobian_map *map, const step *s, slong a,
                            slong b, ew_context *ctx)
{
    slong layer = s->layer + 1;
    ew_twin twin = a < b ? ew_jacobian_twin(s->j, a, b, s->layer) : (ew_twin){0, 0};
    arb_ptr gram = _arb_vec_init(4);
    arb_set(gram, arb_mat_entry(s->k, a, a));
    arb_set(gram + 1, arb_mat_entry(s->k, a, b));
    arb_set(gram + 3, arb_mat_entry(s->k, b, b));
    if (twin.value) {
        arb_mul_si(gram + 1, gram, twin.value, s->prec);
        arb_set(gram + 3, gram);
    }
    arb_set(gram + 2, gram + 1);
    arb_one(x + EW_RATIO);
    ew_status status =
        ew_setting_layer(x + EW_CW, x + EW_CB, map->tangent ? x + EW_LAMBDA_W : NULL,
                         map->tangent ? x + EW_LAMBDA_B : NULL, s->net, layer, s->prec, ctx);
    if (status == EW_OK)
        status = ew_atom_plan_ball(x, NULL, map->plan, s->stage->E, gram, s->prec, ctx);
    if (status == EW_OK)
        note_method(s->j, s->stage->E);
    _arb_vec_clear(gram, 4);
    return status;
}

static void put(arb_mat_t y, slong i, slong k, const arb_t x)
{
    arb_set(arb_mat_entry(y, i, k), x);
    if (i != k)
        arb_set(arb_mat_entry(y, k, i), x);
}

/* One pair of inputs and of directions. */
static void directions(arb_mat_struct *const next[2], arb_ptr y, arb_ptr x,
                       const ew_jacobian_map *map, const step *s, const slong row[EW_SLOTS])
{
    for (slong i = 0; i < map->covs; i++) {
        const ew_slot_variable *c = map->cov + i;
        arb_set(x + c->variable,
                arb_mat_entry(matrix(s, c->tangent), row[c->slot[0]], row[c->slot[1]]));
    }
    ew_poly_program_ball(y, NULL, map->program, x, s->prec);
    for (int t = 0; t <= map->tangent; t++)
        for (int i = 0; i < EW_OUTS; i++) {
            int slot[2];
            ew_jacobian_slots(slot, i);
            put(next[t], row[slot[0]], row[slot[1]], y + t * EW_OUTS + i);
        }
}

/* A kink at the one place where the inputs cannot be told apart from their mirror images. */
static ew_status explain(ew_status status, const ew_jacobian *j, slong a, slong b,
                         ew_context *ctx)
{
    if (status != EW_UNABLE || !j->net->activation->kinks || a == b || !j->first[a * j->m + b])
        return status;
    return ew_fail(ctx, EW_UNABLE,
                   "jacobian: inputs %ld and %ld are opposite, and %s has kinks and is neither "
                   "odd nor even, or has biases or blocks",
                   (long) a + 1, (long) b + 1, j->net->activation->text);
}

static ew_status one_pair(arb_mat_struct *const next[2], const step *s, slong a, slong b,
                          ew_context *ctx)
{
    const ew_jacobian_map *map = a == b ? &s->stage->one : &s->stage->two;
    slong d = s->j->d, row[EW_SLOTS], n = map->law->variables;
    arb_ptr x = _arb_vec_init(n), y = _arb_vec_init(2 * EW_OUTS);
    ew_status status = explain(set_common(x, map, s, a, b, ctx), s->j, a, b, ctx);
    for (slong u = 0; u < d && status == EW_OK; u++)
        for (slong v = a == b ? u : 0; v < d; v++) {
            ew_jacobian_slot_rows(row, s->j, a, b, u, v);
            directions(next, y, x, map, s, row);
        }
    _arb_vec_clear(x, n);
    _arb_vec_clear(y, 2 * EW_OUTS);
    return status;
}

/* The pair's entries from those of input a with itself. */
static void copy_twin(arb_mat_struct *next, const ew_jacobian *j, slong a, slong b,
                      ew_twin twin)
{
    slong row[EW_SLOTS];
    arb_t t;
    arb_init(t);
    for (slong u = 0; u < j->d; u++)
        for (slong v = 0; v < j->d; v++)
            for (int i = 0; i < EW_OUTS; i++) {
                int slot[2];
                slong image[EW_SLOTS];
                ew_jacobian_slots(slot, i);
                ew_jacobian_slot_rows(row, j, a, b, u, v);
                ew_jacobian_slot_rows(image, j, a, a, u, v);
                arb_mul_si(t, arb_mat_entry(next, image[slot[0]], image[slot[1]]),
                           slot[1] == EW_SLOT_BV ? twin.derivative : twin.value,
                           ARF_PREC_EXACT);
                put(next, row[slot[0]], row[slot[1]], t);
            }
    arb_clear(t);
}

/* Equal inputs have equal fields.  Opposite ones have opposite fields of weights, but not of
 * tangents when biases are trained: they are related without a tangent only. */
static int copied(ew_twin *twin, const step *s, slong a, slong b)
{
    if (a == b)
        return 0;
    *twin = ew_jacobian_twin(s->j, a, b, s->layer + 1);
    return twin->value && (!s->j->tangent || s->j->first[a * s->j->m + b] > 0);
}

static ew_status apply(arb_mat_struct *const next[2], const step *s, ew_context *ctx)
{
    slong m = s->j->m;
    ew_status status = EW_OK;
    for (slong a = 0; a < m && status == EW_OK; a++)
        for (slong b = a; b < m && status == EW_OK; b++) {
            ew_twin twin;
            status = ew_poll(ctx);
            if (status != EW_OK)
                break;
            if (!copied(&twin, s, a, b)) {
                status = one_pair(next, s, a, b, ctx);
                continue;
            }
            for (int t = 0; t <= s->j->tangent; t++)
                copy_twin(next[t], s->j, a, b, twin);
        }
    return status;
}

/* ---- layer 1 ------------------------------------------------------------------------------
 */

static ew_status input_product(arb_t x, const ew_setting *net, slong a, slong b, slong prec,
                               ew_context *ctx)
{
    slong m = net->inputs, p = a * m - a * (a - 1) / 2 + (b - a);
    if (net->dot) {
        arb_set_fmpq(x, net->dot + p, prec);
        return EW_OK;
    }
    arb_t cw, cb;
    arb_init(cw);
    arb_init(cb);
    ew_status status = ew_setting_layer(cw, cb, NULL, NULL, net, 1, prec, ctx);
    if (status == EW_OK)
        status = ew_scalar_ball(x, net->gram + p, prec, ctx);
    arb_sub(x, x, cb, prec);
    arb_div(x, x, cw, prec);
    arb_clear(cw);
    arb_clear(cb);
    return status;
}

static ew_status products(arb_mat_t k, const ew_jacobian *j, slong prec, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_t x;
    arb_init(x);
    for (slong r = 0; r < j->rows && status == EW_OK; r++)
        for (slong c = r; c < j->rows && status == EW_OK; c++) {
            const ew_scalar *v = ew_jacobian_product(j, r, c);
            status =
                v ? ew_scalar_ball(x, v, prec, ctx) : input_product(x, j->net, r, c, prec, ctx);
            put(k, r, c, x);
        }
    arb_clear(x);
    return status;
}

ew_status ew_jacobian_first(arb_mat_t nngp, arb_mat_t ntk, ew_jacobian *j, slong prec,
                            ew_context *ctx)
{
    arb_mat_t k, theta;
    slong m = j->m;
    arb_mat_init(k, j->rows, j->rows);
    arb_mat_init(theta, j->rows, j->rows);
    const step s = {j, &j->linear, j->net, k, theta, 0, prec};
    ew_status status = products(k, j, prec, ctx);
    if (status == EW_OK)
        status = apply((arb_mat_struct *const[]){nngp, ntk}, &s, ctx);
    /* as given, not by way of inner products */
    for (slong a = 0, p = 0; a < m; a++)
        for (slong b = a; b < m && status == EW_OK; b++, p++) {
            status = ew_scalar_ball(arb_mat_entry(nngp, a, b), j->net->gram + p, prec, ctx);
            arb_set(arb_mat_entry(nngp, b, a), arb_mat_entry(nngp, a, b));
        }
    arb_mat_clear(k);
    arb_mat_clear(theta);
    return status;
}

/* ---- further layers -----------------------------------------------------------------------
 */

/* y = x + a2 y */
static void add_branch(arb_mat_t y, const arb_mat_t x, const arb_t a2, slong prec)
{
    arb_mat_scalar_mul_arb(y, y, a2, prec);
    arb_mat_add(y, y, x, prec);
}

/* A block is two layers and a skip connection (chain/residual.h). */
static ew_status block_step(arb_mat_struct *const next[2], const step *s, ew_context *ctx)
{
    ew_jacobian *j = s->j;
    arb_mat_t k, theta;
    arb_t a2;
    arb_init(a2);
    arb_mat_init(k, j->rows, j->rows);
    arb_mat_init(theta, j->rows, j->rows);
    step inner = *s, outer = *s;
    inner.net = &j->block->inner;
    inner.stage = &j->linear;
    outer.net = &j->block->outer;
    outer.k = k;
    outer.theta = theta;
    ew_status status = ew_residual_alpha2(a2, j->net, s->prec, ctx);
    if (status == EW_OK)
        status = apply((arb_mat_struct *const[]){k, theta}, &inner, ctx);
    if (status == EW_OK)
        status = apply(next, &outer, ctx);
    add_branch(next[0], s->k, a2, s->prec);
    if (j->tangent)
        add_branch(next[1], s->theta, a2, s->prec);
    arb_mat_clear(k);
    arb_mat_clear(theta);
    arb_clear(a2);
    return status;
}

ew_status ew_jacobian_step(arb_mat_t nngp_next, arb_mat_t ntk_next, ew_jacobian *j,
                           const arb_mat_t nngp, const arb_mat_t ntk, slong layer, slong prec,
                           ew_context *ctx)
{
    arb_mat_struct *const next[] = {nngp_next, ntk_next};
    const step s = {j, &j->hidden, j->net, nngp, ntk, layer, prec};
    return j->block ? block_step(next, &s, ctx) : apply(next, &s, ctx);
}

ew_status ew_jacobian_output(arb_mat_t nngp, arb_mat_t ntk, ew_jacobian *j, slong prec,
                             ew_context *ctx)
{
    arb_mat_t k, theta;
    arb_mat_init(k, j->rows, j->rows);
    arb_mat_init(theta, j->rows, j->rows);
    ew_status status = ew_jacobian_first(nngp, ntk, j, prec, ctx);
    for (slong l = 1; l < j->net->depth && status == EW_OK; l++) {
        status = ew_jacobian_step(k, theta, j, nngp, ntk, l, prec, ctx);
        arb_mat_swap(nngp, k);
        if (j->tangent)
            arb_mat_swap(ntk, theta);
    }
    arb_mat_clear(k);
    arb_mat_clear(theta);
    return status;
}

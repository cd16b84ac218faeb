/* The constants, tables and programs of ew_jacobian_maps. */
#include <math.h>
#include <stdlib.h>

#include "readings/kernel/jacobian/data.h"
#include "readings/kernel/jacobian/jacobian.h"

#define BITS 128

static ew_near near_of(const arb_t x)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    ew_near y;
    y.x = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    y.error = INFINITY;
    if (isfinite(y.x)) {
        arf_set_d(arb_midref(t), y.x);
        arb_sub(t, x, t, BITS);
        arb_get_mag(m, t);
        y.error = nextafter(mag_get_d(m), INFINITY);
    }
    mag_clear(m);
    arb_clear(t);
    return y;
}

/* ---- the programs' variables --------------------------------------------------------------
 */

/* Expectations are <s_a^(i) s_b^(j)> with derivatives of either input. */
static ew_status add_atom(ew_jacobian_maps *m, ew_jet_pair *pair, slong *pairs, slong variable,
                          const ew_atom *x, ew_context *ctx)
{
    int order[2];
    for (int input = 0; input < 2; input++) {
        int found = 0;
        for (int i = 0; i < EW_JETS; i++)
            if (x->e[input][i]) {
                found += x->e[input][i];
                order[input] = i + x->m[input];
            }
        if (found != 1)
            return ew_fail(ctx, EW_UNABLE, "jacobian: an expectation of an unexpected form");
    }
    /* where variances are equal, the function is that of i <= j */
    const int least = FLINT_MIN(order[0], order[1]), most = FLINT_MAX(order[0], order[1]);
    slong p = 0;
    while (p < *pairs && (pair[p].i != least || pair[p].j != most))
        p++;
    if (p == *pairs)
        pair[(*pairs)++] = (ew_jet_pair){least, most};
    m->atom[m->atoms++] =
        (ew_jet_atom){variable, p, ldexp(1.0, -(int) ew_atom_twos(x)), {order[0], order[1]}};
    return EW_OK;
}

static ew_status list_atoms(ew_jacobian_maps *m, ew_jet_pair **pair, slong *pairs,
                            ew_context *ctx)
{
    const ew_law *law = m->map.law;
    size_t n = (size_t) law->atoms + 1;
    m->atom = ew_alloc(n * sizeof *m->atom, ctx);
    *pair = ew_alloc(n * sizeof **pair, ctx);
    ew_status status = m->atom && *pair ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < law->atoms && status == EW_OK; i++)
        if (m->map.program->used[law->atom0 + i])
            status = add_atom(m, *pair, pairs, law->atom0 + i, law->atom + i, ctx);
    return status;
}

/* Doubles hold the coefficients. */
static ew_status check_program(const ew_poly_program *p, ew_context *ctx)
{
    int fine = 1;
    for (slong t = 0; t < p->terms; t++)
        fine = fine && fmpz_bits(p->coef + t) <= 50;
    for (slong i = 0; i < p->n; i++)
        fine = fine && fmpz_bits(p->den + i) <= 50;
    return fine ? EW_OK
                : ew_fail(ctx, EW_UNABLE, "jacobian: a coefficient of an unexpected size");
}

/* ---- the layers ---------------------------------------------------------------------------
 */

/* One input of x.x/n_0 = 1, and itself as the direction. */
typedef struct {
    ew_setting net;
    ew_expr *one;
    ew_scalar gram, unit;
    arb_t k;
} single;

static ew_status unit_gram(arb_t x, slong prec, void *data, ew_context *ctx)
{
    const ew_setting *net = data;
    arb_t cb;
    arb_init(cb);
    ew_status status = ew_setting_layer(x, cb, NULL, NULL, net, 1, prec, ctx);
    arb_add(x, x, cb, prec);
    arb_clear(cb);
    return status;
}

static ew_status parameters(ew_jacobian_layer *y, const ew_setting *net, slong layer,
                            int tangent, ew_context *ctx)
{
    arb_ptr x = _arb_vec_init(EW_PARAMETERS);
    arb_one(x + EW_RATIO);
    ew_status status =
        ew_setting_layer(x + EW_CW, x + EW_CB, tangent ? x + EW_LAMBDA_W : NULL,
                         tangent ? x + EW_LAMBDA_B : NULL, net, layer, BITS, ctx);
    for (slong i = 0; i < EW_PARAMETERS; i++)
        y->parameter[i] = near_of(x + i);
    _arb_vec_clear(x, EW_PARAMETERS);
    return status;
}

static ew_status one_layer(ew_jacobian_layer *y, ew_evaluator *E, const ew_setting *net,
                           slong layer, int tangent, const arb_mat_t k, const ew_jet_pair *pair,
                           slong pairs, ew_context *ctx)
{
    y->variance = near_of(arb_mat_entry(k, 0, 0));
    y->own = near_of(arb_mat_entry(k, 0, 1));
    ew_status status = parameters(y, net, layer + 1, tangent, ctx);
    if (status == EW_OK)
        status = ew_dual_jets_new(&y->table, E, net->activation, arb_mat_entry(k, 0, 0), pair,
                                  pairs, ctx);
    return status;
}

static ew_status all_layers(ew_jacobian_maps *m, ew_jacobian *j, const ew_setting *net,
                            const ew_jet_pair *pair, slong pairs, ew_context *ctx)
{
    arb_mat_t x[2], y[2];
    ew_evaluator *E = NULL;
    for (int t = 0; t < 2; t++) {
        arb_mat_init(x[t], 2, 2);
        arb_mat_init(y[t], 2, 2);
    }
    ew_status status = ew_evaluator_new(&E, net->activation, EW_AUTO, ctx);
    if (status == EW_OK)
        status = ew_jacobian_first(x[0], x[1], j, BITS, ctx);
    for (int t = 0; t <= m->tangent; t++) {
        m->value[t] = near_of(arb_mat_entry(x[t], 0, 0));
        m->step[t] = near_of(arb_mat_entry(x[t], 0, 1));
    }
    for (slong l = 0; l < m->layers && status == EW_OK; l++) {
        ew_progress(ctx, (double) l / (double) m->layers, "tables");
        status = one_layer(m->layer + l, E, net, l + 1, m->tangent, x[0], pair, pairs, ctx);
        if (status == EW_OK)
            status = ew_jacobian_step(y[0], y[1], j, x[0], x[1], l + 1, BITS, ctx);
        for (int t = 0; t < 2; t++)
            arb_mat_swap(x[t], y[t]);
    }
    for (int t = 0; t < 2; t++) {
        arb_mat_clear(x[t]);
        arb_mat_clear(y[t]);
    }
    ew_evaluator_free(E);
    return status;
}

/* What makes the layers, of one length or of any. */
typedef ew_status layers_fn(ew_jacobian_maps *m, ew_jacobian *j, const ew_setting *net,
                            const ew_jet_pair *pair, slong pairs, ew_context *ctx);

static ew_status build(ew_jacobian_maps *m, const ew_setting *net, layers_fn *layers,
                       ew_context *ctx)
{
    single s = {.net = *net, .gram = {NULL, unit_gram, (void *) net}};
    ew_jacobian *j = NULL;
    ew_jet_pair *pair = NULL;
    slong pairs = 0;
    ew_status status = ew_expr_parse(&s.one, "1", NULL, "jacobian", ctx);
    s.unit.e = s.one;
    s.net.inputs = s.net.directions = 1;
    s.net.gram = &s.gram;
    s.net.dot = NULL;
    s.net.along = s.net.between = &s.unit;
    if (status == EW_OK)
        status = ew_jacobian_new(&j, &s.net, m->tangent, EW_AUTO, ctx);
    if (status == EW_OK)
        status = ew_jacobian_map_init(&m->map, 2, m->tangent, net->activation, ctx);
    if (status == EW_OK)
        status = check_program(m->map.program, ctx);
    if (status == EW_OK)
        status = list_atoms(m, &pair, &pairs, ctx);
    if (status == EW_OK)
        status = layers(m, j, &s.net, pair, pairs, ctx);
    free(pair);
    ew_jacobian_free(j);
    if (s.one)
        ew_expr_free(s.one);
    return status;
}

static layers_fn any_lengths;

static ew_status maps_new(ew_jacobian_maps **out, const ew_setting *net, int tangent,
                          layers_fn *layers, ew_context *ctx)
{
    *out = NULL;
    ew_status status = ew_jacobian_exists(net, tangent, ctx);
    if (status != EW_OK)
        return status;
    const int homogeneous = layers == any_lengths && net->activation->homogeneous;
    if ((net->activation->kinks && !homogeneous) || net->residual)
        return ew_fail(ctx, EW_UNABLE,
                       "jacobian: in doubles only for smooth activations, or without normalize "
                       "a max(z,0) + b min(z,0), and no residual networks");
    ew_jacobian_maps *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    m->layers = net->depth - 1;
    m->tangent = tangent != 0;
    m->layer = ew_alloc_zero((size_t) m->layers + 1, sizeof *m->layer, ctx);
    status = m->layer ? build(m, net, layers, ctx) : EW_MEMORY;
    if (status != EW_OK)
        ew_jacobian_maps_free(m);
    else
        *out = m;
    return status;
}

ew_status ew_jacobian_maps_new(ew_jacobian_maps **out, const ew_setting *net, int tangent,
                               ew_context *ctx)
{
    return maps_new(out, net, tangent, all_layers, ctx);
}

/* ---- any lengths --------------------------------------------------------------------------
 */

/* (a - b)^2/(2 pi) of s = a max(z, 0) + b min(z, 0): <s^2>_1 = (a^2 + b^2)/2, and <s(g) s(-g)>
 * = -a b. */
static ew_status set_kink(ew_jacobian_maps *m, const ew_activation *s, ew_context *ctx)
{
    const ew_atom2 product = {{0, {1}}, {0, {1}}, 0, 0, 0};
    ew_evaluator *E = NULL;
    arb_t one, x, y;
    arb_init(one);
    arb_init(x);
    arb_init(y);
    arb_one(one);
    ew_status status = ew_evaluator_new(&E, s, EW_AUTO, ctx);
    if (status == EW_OK)
        status = ew_expect_two(x, NULL, E, &product, 1, one, one, one, BITS, ctx);
    arb_neg(y, one);
    if (status == EW_OK)
        status = ew_expect_two(y, NULL, E, &product, 1, one, y, one, BITS, ctx);
    arb_add(x, x, y, BITS);
    arb_const_pi(y, BITS);
    arb_div(x, x, y, BITS);
    m->kink = s->kinks ? near_of(x) : (ew_near){0, 0};
    ew_evaluator_free(E);
    arb_clear(one);
    arb_clear(x);
    arb_clear(y);
    return status;
}

static ew_status any_lengths(ew_jacobian_maps *m, ew_jacobian *j, const ew_setting *net,
                             const ew_jet_pair *pair, slong pairs, ew_context *ctx)
{
    arb_mat_t k, theta;
    slong orders = 0;
    arb_mat_init(k, 2, 2);
    arb_mat_init(theta, 2, 2);
    for (slong i = 0; i < pairs; i++)
        orders = FLINT_MAX(orders, 1 + pair[i].j);
    ew_status status = orders < EW_SPECTRUM_ORDERS
                           ? ew_data_net_new(&m->net, net, m->tangent, ctx)
                           : ew_fail(ctx, EW_UNABLE,
                                     "jacobian: a derivative of an unexpected "
                                     "order");
    if (status == EW_OK)
        status = ew_jacobian_first(k, theta, j, BITS, ctx);
    if (status == EW_OK) {
        if (m->net->spectrum)
            ew_spectrum_ask(m->net->spectrum, orders + 1);
        else
            status = set_kink(m, net->activation, ctx);
        m->step[0] = near_of(arb_mat_entry(k, 0, 1));
        m->step[1] = near_of(arb_mat_entry(theta, 0, 1));
    }
    for (slong l = 0; l < m->layers && status == EW_OK; l++)
        status = parameters(m->layer + l, net, l + 2, m->tangent, ctx);
    arb_mat_clear(k);
    arb_mat_clear(theta);
    return status;
}

ew_status ew_jacobian_lengths_new(ew_jacobian_maps **out, const ew_setting *net, int tangent,
                                  ew_context *ctx)
{
    return maps_new(out, net, tangent, any_lengths, ctx);
}

void ew_jacobian_maps_free(ew_jacobian_maps *m)
{
    if (!m)
        return;
    for (slong l = 0; m->layer && l < m->layers; l++)
        ew_dual_jets_free(m->layer[l].table);
    ew_data_net_free(m->net);
    free(m->layer);
    free(m->atom);
    ew_jacobian_map_clear(&m->map);
    free(m);
}

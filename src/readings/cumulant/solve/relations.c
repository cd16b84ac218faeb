#include "readings/cumulant/solve/relations.h"

#include <stdlib.h>

#include "activation/jet.h"

static slong triangle(slong m, slong a, slong b)
{
    return a <= b ? a * m - a * (a - 1) / 2 + (b - a) : triangle(m, b, a);
}

/* x_a.x_b / n_0 up to one positive factor; 0 when it is not known exactly. */
static int inner_product(fmpq_t x, const ew_setting *net, slong a, slong b)
{
    slong at = triangle(net->inputs, a, b);
    if (net->dot) {
        fmpq_set(x, net->dot + at);
        return 1;
    }
    fmpq_t cb;
    fmpq_init(cb);
    int known = ew_scalar_rational(x, net->gram + at) &&
                ew_scalar_rational(cb, ew_scalar_at(&net->cb, 1));
    fmpq_sub(x, x, cb);
    fmpq_clear(cb);
    return known;
}

/* x_b = c x_a, x_a not 0: by the equality case of Cauchy-Schwarz. */
static int collinear(fmpq_t c, const ew_setting *net, slong a, slong b)
{
    fmpq *x = _fmpq_vec_init(3);
    int found = inner_product(x, net, a, a) && inner_product(x + 1, net, a, b) &&
                inner_product(x + 2, net, b, b) && !fmpq_is_zero(x);
    if (found) {
        fmpq_div(c, x + 1, x);
        fmpq_mul(x, x, x + 2);
        fmpq_mul(x + 1, x + 1, x + 1);
        found = fmpq_equal(x, x + 1);
    }
    _fmpq_vec_clear(x, 3);
    return found;
}

static int all_zero(const ew_scalar_list *list, slong layers)
{
    fmpq_t x;
    int zero = 1;
    fmpq_init(x);
    for (slong l = 1; l <= (list->n == 1 ? 1 : layers) && zero; l++)
        zero = ew_scalar_rational(x, ew_scalar_at(list, l)) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

typedef struct {
    int unbiased, unbiased_first; /* all layers; the first */
} biases;

static biases find_biases(const ew_setting *net, int tangents)
{
    biases b;
    b.unbiased =
        all_zero(&net->cb, net->depth) && (!tangents || all_zero(&net->lambda_b, net->depth));
    b.unbiased_first = all_zero(&net->cb, 1) && (!tangents || all_zero(&net->lambda_b, 1));
    return b;
}

/* Does x_b = c x_a make all fields at b multiples of those at a? */
static int persists(int *even, const fmpq_t c, const ew_setting *net, const biases *b)
{
    const ew_activation *s = net->activation;
    fmpq_t minus;
    fmpq_init(minus);
    fmpq_set_si(minus, -1, 1);
    int opposite = fmpq_equal(c, minus);
    fmpq_clear(minus);
    *even = opposite && s->parity == EW_PARITY_EVEN && b->unbiased_first && !net->residual;
    return fmpq_is_one(c) || *even ||
           (b->unbiased &&
            ((opposite && s->parity == EW_PARITY_ODD) || (s->homogeneous && fmpq_sgn(c) > 0)));
}

/* Both pieces next to 0, which may be one, are exactly 0 there; a ball of radius 0 is a proof.
 */
static int zero_at_zero(const ew_activation *s)
{
    acb_t z, value;
    int zero = 1;
    acb_init(z);
    acb_init(value);
    for (slong i = 0; i < s->n && zero; i++) {
        if ((i > 0 && ew_expr_sign(s->kink[i - 1]) == 1) ||
            (i < s->kinks && ew_expr_sign(s->kink[i]) == -1))
            continue;
        ew_jet(value, s->piece[i].f, z, 1, 0, 64);
        zero = acb_is_zero(value) != 0;
    }
    acb_clear(z);
    acb_clear(value);
    return zero;
}

/* s(0) = 0: every field without directions vanishes at the zero input. */
static int vanishes(const ew_setting *net, slong a, const biases *b)
{
    fmpq_t x;
    fmpq_init(x);
    int zero = net->directions == 0 && b->unbiased && inner_product(x, net, a, a) &&
               fmpq_is_zero(x) && zero_at_zero(net->activation);
    fmpq_clear(x);
    return zero;
}

/* Zero inputs are 0 times whatever the first representative is. */
static void relate(ew_relations *r, const ew_setting *net, slong a, const biases *b)
{
    int even = 0, found = 0;
    r->image[a] = 0;
    if (vanishes(net, a, b))
        return;
    for (slong k = 0; k < r->distinct && !found; k++) {
        found = collinear(r->factor + a, net, r->source[k], a) &&
                persists(&even, r->factor + a, net, b);
        if (found)
            r->image[a] = k;
    }
    r->even[a] = (char) (found && even);
    if (found)
        return;
    fmpq_one(r->factor + a);
    r->image[a] = r->distinct;
    r->source[r->distinct++] = a;
}

/* All inputs zero: one of them stands for itself. */
static void keep_one(ew_relations *r)
{
    if (r->distinct > 0)
        return;
    fmpq_one(r->factor);
    r->source[r->distinct++] = 0;
}

static ew_status restrict_network(ew_relations *r, const ew_setting *net, ew_context *ctx)
{
    slong m = r->distinct, d = net->directions;
    r->net = *net;
    r->net.inputs = m;
    r->net.dot = NULL;
    r->net.gram = ew_alloc((size_t) (m * (m + 1) / 2) * sizeof *r->net.gram, ctx);
    r->net.along = ew_alloc((size_t) (m * d + 1) * sizeof *r->net.along, ctx);
    if (!r->net.gram || !r->net.along)
        return EW_MEMORY;
    for (slong a = 0; a < m; a++) {
        for (slong b = a; b < m; b++)
            r->net.gram[triangle(m, a, b)] =
                net->gram[triangle(net->inputs, r->source[a], r->source[b])];
        for (slong v = 0; v < d; v++)
            r->net.along[a * d + v] = net->along[r->source[a] * d + v];
    }
    return EW_OK;
}

ew_status ew_relations_new(ew_relations **out, const ew_setting *net, int tangents,
                           ew_context *ctx)
{
    *out = NULL;
    ew_relations *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    size_t m = (size_t) net->inputs;
    ew_status status = EW_MEMORY;
    r->image = ew_alloc(m * sizeof *r->image, ctx);
    r->source = ew_alloc(m * sizeof *r->source, ctx);
    r->even = ew_alloc_zero(m, sizeof *r->even, ctx);
    r->factor = _fmpq_vec_init(net->inputs);
    r->inputs = net->inputs;
    if (r->image && r->source && r->even) {
        biases b = find_biases(net, tangents);
        for (slong a = 0; a < net->inputs; a++)
            relate(r, net, a, &b);
        keep_one(r);
        status = restrict_network(r, net, ctx);
    }
    if (status != EW_OK)
        ew_relations_free(r);
    else
        *out = r;
    return status;
}

void ew_relations_free(ew_relations *r)
{
    if (!r)
        return;
    free(r->image);
    free(r->source);
    free(r->even);
    if (r->factor)
        _fmpq_vec_clear(r->factor, r->inputs);
    free(r->net.gram);
    free(r->net.along);
    free(r);
}

void ew_relations_factor(fmpq_t t, const ew_relations *r, slong input, slong directions,
                         int first_layer)
{
    fmpq_t c;
    fmpq_init(c);
    int even = r->even[input] && !first_layer;
    fmpq_pow_si(c, r->factor + input, even ? directions : 1 - directions);
    fmpq_mul(t, t, c);
    fmpq_clear(c);
}

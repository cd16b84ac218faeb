/* The numbers of a header as JSON. */
#include "arith/certify.h"
#include "arith/decimal.h"
#include "arith/nearest.h"
#include "library/command.h"
#include "library/header.h"
#include "library/value.h"
#include "products/header/constants.h"
#include "readings/kernel/coefficients.h"

static ew_status memory(int bad, ew_context *ctx)
{
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

ew_status ew_header_read_domain(double *from, double *to, const char *text, ew_context *ctx)
{
    ew_items list;
    ew_nearest lo = {0}, hi = {0};
    fmpq_t a, b;
    fmpq_init(a);
    fmpq_init(b);
    ew_status status = ew_value_items(&list, "domain", text, ctx);
    if (status == EW_OK &&
        (list.n != 2 || ew_rational_read(a, list.item[0]) ||
         ew_rational_read(b, list.item[1]) || fmpq_sgn(a) <= 0 || fmpq_cmp(a, b) >= 0 ||
         ew_nearest_rational(&lo, a) != EW_NEAREST_DECIDED ||
         ew_nearest_rational(&hi, b) != EW_NEAREST_DECIDED || lo.lower == 0))
        status = ew_fail(ctx, EW_USAGE, "domain: '%.40s' is not A,B with 0 < A < B in doubles",
                         text);
    *from = lo.lower;
    *to = hi.upper;
    ew_items_clear(&list);
    fmpq_clear(a);
    fmpq_clear(b);
    return status;
}

/* ---- words --------------------------------------------------------------------------------
 */

json_t *ew_header_about(void)
{
    return json_pack(
        "{ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss ss}", "class",
        "universality class of the critical point, or none", "K_star", "fixed point K*", "C_W",
        "variance of a weight times the width of the layer below", "C_b", "variance of a bias",
        "chi_par_star", "chi_par = C_W d<s^2>/dK at K*", "chi_perp_star",
        "chi_perp = C_W <s'^2> at K*", "a1", "chi_par = 1 + 2 a1 K + O(K^2)", "b1",
        "chi_perp = 1 + b1 K + O(K^2)", "hermite_K", "variance of the Hermite expansion",
        "layer", "number of the layer, the input's preactivation being layer 1", "K",
        "kernel at infinite width", "G1", "its correction: <K> = K + G1/n + ...", "Theta",
        "NTK at infinite width", "H1", "its correction", "V",
        "four-point vertex: the variance of K is V/n + ...", "A",
        "variance of the NTK, A/n and B/n", "B", "variance of the NTK, A/n and B/n", "D",
        "covariance of kernel and NTK, D/n and F/n", "F",
        "covariance of kernel and NTK, D/n and F/n", "layer_chi_par",
        "chi_par from this layer to the next", "layer_chi_perp",
        "chi_perp from this layer to the next", "coefficient",
        "of the power or polynomial of this degree");
}

json_t *ew_header_notes(void)
{
    return json_pack(
        "[s s s s s]",
        "Weights have variance C_W / (width of the layer below), biases C_b; <.> is the mean",
        "over z ~ N(0, K), s the activation.  Layer 1 is the first preactivation, entry 0 of "
        "an",
        "array; n is the width of the hidden layers.  Letters as in Roberts, Yaida and Hanin,",
        "The Principles of Deep Learning Theory.  taylor: s(z) = sum_k c_k z^k near 0; "
        "hermite:",
        "s(sqrt(K) x) = sum_k h_k He_k(x)/sqrt(k!) at K = hermite_K.");
}

/* ---- constants ----------------------------------------------------------------------------
 */

static const char *const name[EW_CONSTANTS] = {
    [EW_CONSTANT_K] = "K_star",
    [EW_CONSTANT_CW] = "C_W",
    [EW_CONSTANT_CB] = "C_b",
    [EW_CONSTANT_CHI_PAR] = "chi_par_star",
    [EW_CONSTANT_CHI_PERP] = "chi_perp_star",
    [EW_CONSTANT_A1] = "a1",
    [EW_CONSTANT_B1] = "b1",
};

static ew_status put_point(json_t *body, const ew_setup *s, ew_context *ctx)
{
    ew_certified *x = ew_certified_new(EW_CONSTANTS, ctx);
    ew_class class = s->point ? ew_critical_class(s->point) : EW_NO_CLASS;
    ew_status status =
        x ? ew_header_constants(x, &s->net, s->point, s->digits, ctx) : EW_MEMORY;
    int bad = json_object_set_new(body, "class", json_string(ew_class_name(class)));
    for (int i = 0; status == EW_OK && i < EW_CONSTANTS; i++)
        if (x[i].mid)
            bad |= json_object_set_new(body, name[i], ew_json_certified(x + i));
    ew_certified_free(x, EW_CONSTANTS);
    return status == EW_OK ? memory(bad, ctx) : status;
}

static ew_status scalar_ball(arb_ptr v, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    (void) scale;
    return ew_scalar_ball(v, data, prec, ctx);
}

static json_t *scalar_json(const ew_scalar *x, slong digits, ew_context *ctx)
{
    ew_certified c;
    fmpq_t q;
    ew_certified_init(&c);
    fmpq_init(q);
    ew_status status = ew_scalar_rational(q, x) ? ew_certify_rational(&c, q, digits, ctx)
                                                : ew_certify(&c, 1, digits, scalar_ball,
                                                             (void *) (uintptr_t) x, ctx);
    json_t *node = status == EW_OK ? ew_json_certified(&c) : NULL;
    ew_certified_clear(&c);
    fmpq_clear(q);
    return node;
}

/* C_W and C_b by layer, where one of them is a list. */
static ew_status put_parameters(json_t *body, const ew_setup *s, ew_context *ctx)
{
    json_t *list = json_array();
    int bad = list == NULL;
    if (s->net.cw.n == 1 && s->net.cb.n == 1) {
        json_decref(list);
        return EW_OK;
    }
    for (slong l = 1; !bad && l <= s->net.depth; l++) {
        json_t *o = json_object();
        json_t *w = scalar_json(ew_scalar_at(&s->net.cw, l), s->digits, ctx);
        json_t *b = scalar_json(ew_scalar_at(&s->net.cb, l), s->digits, ctx);
        bad |= json_object_set_new(o, "C_W", w);
        bad |= json_object_set_new(o, "C_b", b);
        bad |= json_array_append_new(list, o);
    }
    bad |= json_object_set_new(body, "parameters", list);
    return bad ? ew_recorded(ctx) : EW_OK;
}

static json_t *series_json(const ew_certified *x, slong n)
{
    json_t *list = json_array();
    int bad = list == NULL;
    for (slong k = 0; !bad && k < n; k++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "degree", json_integer((json_int_t) k));
        bad |= json_object_set_new(o, "coefficient", ew_json_certified(x + k));
        bad |= json_array_append_new(list, o);
    }
    return ew_command_node(list, bad, NULL);
}

/* An activation with a kink at 0 has no Taylor series there. */
static ew_status put_taylor(json_t *body, const ew_setup *s, ew_context *ctx)
{
    const slong n = EW_HEADER_COEFFICIENTS;
    ew_certified *x = ew_certified_new(n, ctx);
    ew_status status = x ? ew_taylor_solve(x, n, s->activation, s->digits, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = memory(json_object_set_new(body, "taylor", series_json(x, n)), ctx);
    else if (status == EW_UNABLE) {
        ew_clear(ctx);
        status = EW_OK;
    }
    ew_certified_free(x, n);
    return status;
}

static ew_status fixed_point(arb_t x, slong prec, void *point, ew_context *ctx)
{
    return ew_critical_balls(x, NULL, NULL, NULL, NULL, point, prec, ctx);
}

/* The variance of the Hermite expansion: the one given, else K* where that is positive and not
 * arbitrary, else 1. */
static ew_status hermite_variance(ew_scalar *K, const ew_setup *s, const ew_network *net,
                                  ew_context *ctx)
{
    const char *text = ew_network_get(net, "k");
    ew_class class = s->point ? ew_critical_class(s->point) : EW_NO_CLASS;
    *K = (ew_scalar){.fn = fixed_point, .data = s->point};
    if (!text && (class == EW_HALF_STABLE || class == EW_EDGE))
        return EW_OK;
    ew_status status = ew_value_constant(&K->e, "k", text ? text : "1", ctx);
    return status == EW_OK ? ew_value_sign(K->e, "k", 1, ctx) : status;
}

static ew_status put_hermite(json_t *body, const ew_setup *s, const ew_network *net,
                             ew_context *ctx)
{
    const slong n = EW_HEADER_COEFFICIENTS;
    ew_certified *x = ew_certified_new(n, ctx);
    ew_scalar K = {0};
    ew_status status = x ? hermite_variance(&K, s, net, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_hermite_solve(x, NULL, n, s->activation, &K, s->digits, s->method, ctx);
    json_t *variance = status == EW_OK ? scalar_json(&K, s->digits, ctx) : NULL;
    if (status == EW_OK && !variance)
        status = ew_recorded(ctx);
    if (status == EW_OK)
        status = memory(json_object_set(body, "hermite_K", variance) ||
                            json_object_set_new(body, "hermite", series_json(x, n)),
                        ctx);
    json_decref(variance);
    ew_expr_free(K.e);
    ew_certified_free(x, n);
    return status;
}

ew_status ew_header_put_constants(json_t *body, const ew_setup *s, const ew_network *net,
                                  ew_context *ctx)
{
    ew_status status = put_point(body, s, ctx);
    if (status == EW_OK)
        status = put_parameters(body, s, ctx);
    if (status == EW_OK)
        status = put_taylor(body, s, ctx);
    return status == EW_OK ? put_hermite(body, s, net, ctx) : status;
}

/* ---- layers -------------------------------------------------------------------------------
 */

/* chi_par and chi_perp of every layer, where the kernel of this network can be had. */
static ew_status put_susceptibilities(json_t *layers, const ew_network *net, ew_context *ctx)
{
    ew_result *kernel = NULL;
    json_t *layer;
    size_t i;
    int bad = 0;
    ew_status status = ew_kernel(&kernel, net, ctx);
    if (status == EW_UNABLE || status == EW_DOMAIN) {
        ew_clear(ctx);
        return EW_OK;
    }
    if (status != EW_OK)
        return status;
    json_t *rows = json_object_get(json_object_get(kernel->root, "result"), "layers");
    json_array_foreach(layers, i, layer)
    {
        json_t *row = json_array_get(rows, i);
        bad |= json_object_set(layer, "layer_chi_par", json_object_get(row, "chi_par"));
        bad |= json_object_set(layer, "layer_chi_perp", json_object_get(row, "chi_perp"));
    }
    ew_result_free(kernel);
    return memory(bad, ctx);
}

/* Letters, and the terms that have none. */
ew_status ew_header_put_layers(json_t *body, const ew_network *net, ew_context *ctx)
{
    ew_result *cumulants = NULL;
    json_t *layer;
    size_t i;
    ew_status status = ew_cumulants(&cumulants, net, ctx);
    if (status != EW_OK)
        return status;
    json_t *layers = json_object_get(json_object_get(cumulants->root, "result"), "layers");
    json_array_foreach(layers, i, layer)
    {
        json_object_del(layer, "preactivation");
        json_object_del(layer, "kappa");
    }
    status = memory(json_object_set(body, "layers", layers), ctx);
    if (status == EW_OK)
        status = put_susceptibilities(layers, net, ctx);
    ew_result_free(cumulants);
    return status;
}

/* ---- the SDE ------------------------------------------------------------------------------
 */

/* The options of `sde` alone: others it may refuse. */
static ew_status sde_network(ew_network **out, const ew_network *net, ew_context *ctx)
{
    static const char *const taken[] = {"activation", "shaping",  "a",        "c-plus",
                                        "c-minus",    "power",    "clock",    "ensemble",
                                        "ntk",        "lambda-w", "lambda-b", "digits"};
    ew_status status = ew_network_new(out, ctx);
    for (size_t i = 0; status == EW_OK && i < sizeof taken / sizeof *taken; i++)
        if (ew_network_get(net, taken[i]))
            status = ew_network_set(*out, taken[i], ew_network_get(net, taken[i]), ctx);
    return status;
}

ew_status ew_header_put_sde(json_t *body, const ew_network *net, ew_context *ctx)
{
    ew_network *only = NULL;
    ew_result *sde = NULL;
    ew_status status = sde_network(&only, net, ctx);
    if (status == EW_OK)
        status = ew_sde_run(&sde, only, ctx);
    if (status == EW_OK)
        status = memory(json_object_set(body, "sde",
                                        json_object_get(json_object_get(sde->root, "result"),
                                                        "coefficients")),
                        ctx);
    ew_network_free(only);
    ew_result_free(sde);
    return status;
}

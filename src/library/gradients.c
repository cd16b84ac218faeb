/* gradients: do they explode or vanish?  Second and fourth moments as series in 1/n. */
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "library/command.h"
#include "library/value.h"
#include "readings/cumulant/gradient/gradient.h"

#define SHORT 20 /* characters of an exact number in a sentence */

static const char *const kind_name[] = {"input", "weight", "bias"};
static const char *const series_name[] = {"mean_square", "ratio", "spread"};
static const char *const numeric_name[] = {"at_n", "last_term", "exact_at_n"};

/* ---- rows ---------------------------------------------------------------------------------
 */

static json_t *row_json(const ew_gradient_table *t, ew_gradient_of of, slong l)
{
    json_t *o = json_object();
    int bad = 0;
    for (int w = 0; w < EW_GRADIENT_SERIES; w++) {
        const ew_certified *c = ew_gradient_at(t, of, l, (ew_gradient_series) w, 0);
        if (w != EW_GRADIENT_SPREAD || of != EW_GRADIENT_INPUT || t->spread_of_input)
            bad |= json_object_set_new(o, series_name[w], ew_json_vector(c, t->order + 1));
    }
    for (int w = 0; t->numeric && w < EW_GRADIENT_NUMERIC; w++) {
        slong row = (slong) of * t->layers + l;
        const ew_certified *x = &t->numeric[row * EW_GRADIENT_NUMERIC + w];
        if (w != EW_GRADIENT_EXACT || t->closed)
            bad |= json_object_set_new(o, numeric_name[w], ew_json_certified(x));
    }
    return ew_command_node(o, bad, NULL);
}

/* The input of residual blocks is layer 0. */
static json_t *layer_json(const ew_gradient_table *t, slong l, slong number)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "layer", json_integer((json_int_t) number));
    for (int of = 0; of < t->kinds; of++)
        bad |= json_object_set_new(o, kind_name[of], row_json(t, (ew_gradient_of) of, l));
    return ew_command_node(o, bad, NULL);
}

static json_t *layers_json(const ew_gradient_table *t, const ew_setup *s)
{
    json_t *layers = json_array();
    int bad = 0;
    for (slong l = 0; !bad && l < t->layers; l++)
        bad |= json_array_append_new(layers, layer_json(t, l, s->residual ? l : l + 1));
    return ew_command_node(layers, bad, NULL);
}

/* ---- the verdict --------------------------------------------------------------------------
 */

static const char *shortest(const ew_certified *x)
{
    size_t n = x->exact ? strlen(x->exact) : SHORT + 1;
    return n <= SHORT ? x->exact : x->mid;
}

/* All layers' frames are of one size: the input has no more coordinates than they have neurons.
 */
static int one_size(const ew_setup *s)
{
    return s->net.widths < 2 &&
           (!s->net.widths || (ulong) s->net.coordinates <= s->net.width[0]);
}

/* 3 + 8 L/n + 28/3 (L/n)^2, or 3 + 8/n + 28/3/n^2. */
static char *limit_text(const ew_gradient_table *t, int of_depth, ew_context *ctx)
{
    const char *const first = of_depth ? "%s + %s L/n" : "%s + %s/n";
    const char *const other = of_depth ? "%s + %s (L/n)^%ld" : "%s + %s n^-%ld";
    char *text = ew_format(ctx, "%s", shortest(&t->limit[0]));
    for (slong j = 1; text && j <= t->order; j++) {
        const char *c = shortest(&t->limit[j]);
        char *more =
            j > 1 ? ew_format(ctx, other, text, c, (long) j) : ew_format(ctx, first, text, c);
        free(text);
        text = more;
    }
    return text;
}

static char *closed_text(const ew_gradient_table *t, const ew_setup *s, ew_context *ctx)
{
    const char *slope = shortest(&t->slope);
    if (s->net.ensemble == EW_ENSEMBLE_ORTHOGONAL)
        return ew_format(ctx,
                         "3 (1 + %s/(n + 2))^L/(1 + 2/n) for L hidden layers, exactly; 3 "
                         "exp(%s L/n) as n and L grow together",
                         slope, slope);
    return ew_format(ctx,
                     "3 (1 + %s/n)^L for L hidden layers, exactly; 3 exp(%s L/n) as n and L "
                     "grow together",
                     slope, slope);
}

static char *residual_text(const ew_gradient_table *t, ew_context *ctx)
{
    char *limit = t->limit ? limit_text(t, 0, ctx) : NULL;
    char *text =
        limit ? ew_format(ctx, "3 (1 + %s/n + ...) after all blocks; %s + ... as L grows",
                          t->strength.mid, limit)
              : ew_format(ctx, "3 (1 + %s/n + ...) after all blocks", t->strength.mid);
    free(limit);
    return text;
}

/* E[g^4]/E[g^2]^2 of the input gradient after L hidden layers. */
static char *law_text(const ew_gradient_table *t, const ew_setup *s, ew_context *ctx)
{
    if (s->residual)
        return residual_text(t, ctx);
    if (t->layers < 2)
        return ew_strdup("3: there is no hidden layer", ctx);
    if (t->closed && one_size(s))
        return closed_text(t, s, ctx);
    if (t->limit && s->net.widths < 2 && t->unbounded) {
        char *limit = limit_text(t, 1, ctx);
        char *text = limit ? ew_format(ctx, "%s + ... as n and L grow together", limit) : NULL;
        free(limit);
        return text;
    }
    return ew_format(ctx, "3 (1 + %s/n + ...), growing like L^%s at the last layer%s",
                     t->strength.mid, t->exponent.mid,
                     t->limit && s->net.widths < 2 ? "; 3 as n and L grow together" : "");
}

/* The sign of x - 1, by the ball that is printed. */
static int against_one(const ew_certified *x)
{
    arb_t ball;
    arb_init(ball);
    int sign = 0;
    if (x->mid && ew_ball_read(ball, x->mid, x->rad, 64) == 0) {
        arb_sub_ui(ball, ball, 1, 64);
        sign = arb_is_positive(ball) - arb_is_negative(ball);
    }
    arb_clear(ball);
    return sign;
}

static char *mean_text(const ew_gradient_table *t, ew_context *ctx)
{
    int sign = t->layers > 1 ? against_one(&t->growth) : 0;
    if (sign == 0)
        return ew_strdup("E[g^2] neither grows nor falls in the last layer", ctx);
    return ew_format(ctx, "E[g^2] %s by the factor %s in the last layer",
                     sign > 0 ? "grows" : "falls", t->growth.mid);
}

/* A law in L/n. */
static int in_depth(const ew_gradient_table *t, const ew_setup *s)
{
    return !s->residual && (t->limit ? t->unbounded : t->closed);
}

static char *verdict_text(const ew_gradient_table *t, const ew_setup *s, ew_context *ctx)
{
    const int large = t->numeric && against_one(&t->strength_at_n) > 0;
    const char *const whatever =
        !s->residual && t->limit && !t->unbounded ? ", whatever L/n" : "";
    if (t->layers < 2)
        return ew_strdup("no hidden layer: gradients neither explode nor vanish", ctx);
    if (!t->numeric && in_depth(t, s))
        return ew_format(
            ctx,
            "gradients explode or vanish if and only if L/n is large: c L/n is 1 at "
            "n = %s",
            t->strength.mid);
    if (!t->numeric)
        return ew_format(ctx, "gradients explode or vanish unless n is well above %s%s",
                         t->strength.mid, whatever);
    if (s->residual || *whatever)
        return ew_format(ctx, "gradients %sexplode or vanish: c/n = %s%s",
                         large ? "" : "do not ", t->strength_at_n.mid, whatever);
    return ew_format(ctx, "gradients %sexplode or vanish: L/n is %s, c L/n = %s",
                     large ? "" : "do not ", large ? "large" : "small", t->strength_at_n.mid);
}

static int put_text(json_t *o, const char *key, char *text)
{
    int bad = !text || json_object_set_new(o, key, json_string(text));
    free(text);
    return bad;
}

static int put_law(json_t *body, const ew_gradient_table *t, const ew_setup *s, ew_context *ctx)
{
    int bad = put_text(body, "verdict", verdict_text(t, s, ctx));
    bad |= put_text(body, "law", law_text(t, s, ctx));
    bad |= put_text(body, "mean", mean_text(t, ctx));
    bad |= json_object_set_new(body, "strength", ew_json_certified(&t->strength));
    if (t->numeric)
        bad |= json_object_set_new(body, "strength_at_n", ew_json_certified(&t->strength_at_n));
    if (t->layers < 2)
        return bad;
    bad |= json_object_set_new(body, "slope", ew_json_certified(&t->slope));
    bad |= json_object_set_new(body, "exponent", ew_json_certified(&t->exponent));
    bad |= json_object_set_new(body, "growth", ew_json_certified(&t->growth));
    if (t->limit && s->net.widths < 2)
        bad |= json_object_set_new(body, "limit", ew_json_vector(t->limit, t->order + 1));
    return bad;
}

static json_t *table_json(const ew_gradient_table *t, const ew_setup *s, ew_context *ctx)
{
    json_t *body = json_object();
    int bad = put_law(body, t, s, ctx);
    bad |= json_object_set_new(body, "layers", layers_json(t, s));
    bad |= json_object_set_new(body, "method", json_string(t->method));
    return ew_command_node(body, bad, ctx);
}

/* ---- the request --------------------------------------------------------------------------
 */

/* A given number is that of the critical point, exactly. */
static int same_number(const ew_scalar_list *given, const ew_expr *critical)
{
    fmpq_t x, y;
    fmpq_init(x);
    fmpq_init(y);
    int same = given->n == 1 && critical && ew_scalar_rational(x, given->x) &&
               ew_expr_rational(y, critical) && fmpq_equal(x, y);
    fmpq_clear(x);
    fmpq_clear(y);
    return same;
}

/* Of all layers; the input of residual blocks has none. */
static int without_bias(const ew_setup *s)
{
    int none = 1;
    fmpq_t x;
    fmpq_init(x);
    for (slong l = 0; l < s->net.cb.n && none; l++)
        none = ew_scalar_rational(x, s->net.cb.x + l) && fmpq_is_zero(x);
    fmpq_clear(x);
    return none;
}

/* The class of the critical point that C_W and C_b come from, or happen to be those of. */
static ew_status limit_class(ew_limit_class *limit, ew_setup *s, ew_context *ctx)
{
    int chosen = s->point != NULL;
    ew_status status = EW_OK;
    *limit = EW_LIMIT_NONE;
    if (!without_bias(s) || (s->net.cw.n != 1 && !s->residual))
        return EW_OK;
    if (s->activation->homogeneous || s->residual)
        *limit = s->activation->homogeneous ? EW_LIMIT_HOMOGENEOUS : EW_LIMIT_NONE;
    else {
        if (!chosen)
            status = ew_critical_preferred(&s->point, s->activation, ctx);
        if (status == EW_OK && s->point && ew_critical_class(s->point) == EW_ZERO_FIXED_POINT &&
            ew_critical_stable(s->point) &&
            (chosen || same_number(&s->net.cw, ew_critical_exact(s->point, EW_AT_CW))))
            *limit = EW_LIMIT_ZERO;
    }
    return status;
}

/* The cosine of the angle between the direction and the input. */
static ew_status read_cosine(ew_scalar_list *list, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "cosine");
    if (!text)
        return EW_OK;
    ew_status status = ew_scalars_read(list, "cosine", text, ctx);
    if (status == EW_OK && list->n != 1)
        status = ew_fail(ctx, EW_USAGE, "cosine: one number, not %ld", (long) list->n);
    arb_t x;
    arb_init(x);
    if (status == EW_OK)
        status = ew_scalar_ball(x, list->x, 256, ctx);
    arb_abs(x, x);
    arb_sub_ui(x, x, 1, 256);
    if (status == EW_OK && arb_is_positive(x))
        status = ew_fail(ctx, EW_DOMAIN, "cosine: %.40s is not between -1 and 1", text);
    arb_clear(x);
    return status;
}

static ew_status solve(ew_gradient_table **t, ew_setup *s, const ew_network *net,
                       ew_context *ctx)
{
    ew_scalar_list cosine = {0};
    ew_gradient_options opt = {0};
    opt.order = ew_network_integer(net, "order", 1);
    opt.digits = s->digits;
    opt.exact = s->exact;
    opt.method = s->method;
    opt.width = s->net.widths ? s->net.width[0] : 0;
    ew_status status = limit_class(&opt.limit, s, ctx);
    if (status == EW_OK)
        status = read_cosine(&cosine, net, ctx);
    opt.cosine = cosine.n ? cosine.x : NULL;
    if (status == EW_OK)
        status = ew_gradient_solve(t, &s->net, &opt, ctx);
    ew_scalars_clear(&cosine);
    return status;
}

static json_t *network_json(const ew_setup *s, const ew_network *net, ew_context *ctx)
{
    const char *cosine = ew_network_get(net, "cosine");
    json_t *o = ew_setup_json(s, net, ctx);
    int bad = json_object_set_new(
        o, "order", json_integer((json_int_t) ew_network_integer(net, "order", 1)));
    if (cosine)
        bad |= json_object_set_new(o, "cosine", json_string(cosine));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_gradients(ew_result **res, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_gradient_table *t = NULL;
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL, ctx);
    if (status == EW_OK)
        status = solve(&t, s, net, ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "gradients", network_json(s, net, ctx),
                                table_json(t, s, ctx), ctx);
    ew_gradient_free(t);
    ew_setup_free(s);
    return status;
}

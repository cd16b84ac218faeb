#include "chain/setting.h"
#include "chain/psd.h"

#include <stdlib.h>

ew_status ew_scalar_ball(arb_t x, const ew_scalar *s, slong prec, ew_context *ctx)
{
    if (!s->e)
        return s->fn(x, prec, s->data, ctx);
    ew_expr_constant(x, s->e, prec);
    if (arb_is_finite(x))
        return EW_OK;
    char *text = ew_expr_text(s->e, ctx);
    ew_status status =
        ew_fail(ctx, EW_DOMAIN, "%s is not a number", text ? text : "a constant");
    free(text);
    return status;
}

int ew_scalar_rational(fmpq_t x, const ew_scalar *s)
{
    return s->e && ew_expr_rational(x, s->e);
}

const ew_scalar *ew_scalar_at(const ew_scalar_list *list, slong layer)
{
    return list->x + (list->n == 1 ? 0 : layer - 1);
}

int ew_scalar_list_zero(const ew_scalar_list *list)
{
    fmpq_t x;
    fmpq_init(x);
    int zero = 1;
    for (slong i = 0; i < list->n && zero; i++)
        zero = ew_scalar_rational(x, list->x + i) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

/* One parameter of a layer; variances may not be negative. */
static ew_status parameter(arb_t x, const ew_scalar_list *list, slong layer,
                           const char *variance, slong prec, ew_context *ctx)
{
    if (!x)
        return EW_OK;
    if (list->n != 1 && layer > list->n)
        return ew_fail(ctx, EW_USAGE, "a list of %ld values has none for layer %ld",
                       (long) list->n, (long) layer);
    ew_status status = ew_scalar_ball(x, ew_scalar_at(list, layer), prec, ctx);
    if (status == EW_OK && variance && arb_is_negative(x))
        return ew_fail(ctx, EW_DOMAIN, "%s is negative in layer %ld", variance, (long) layer);
    return status;
}

ew_status ew_setting_layer(arb_t cw, arb_t cb, arb_t lambda_w, arb_t lambda_b,
                           const ew_setting *net, slong layer, slong prec, ew_context *ctx)
{
    ew_status status = parameter(cw, &net->cw, layer, "C_W", prec, ctx);
    if (status == EW_OK)
        status = parameter(cb, &net->cb, layer, "C_b", prec, ctx);
    if (status == EW_OK)
        status = parameter(lambda_w, &net->lambda_w, layer, NULL, prec, ctx);
    if (status == EW_OK)
        status = parameter(lambda_b, &net->lambda_b, layer, NULL, prec, ctx);
    return status;
}

/* Index of (a, b) in an upper triangle stored by rows. */
static slong triangle(slong m, slong a, slong b)
{
    slong lo = a < b ? a : b, hi = a < b ? b : a;
    return lo * m - lo * (lo - 1) / 2 + (hi - lo);
}

/* K - C_b over Q, row-major: *known = 0 when some entry is not an exactly known rational. */
static ew_status centred_rational(int *psd, int *known, const ew_setting *net, ew_context *ctx)
{
    slong m = net->inputs;
    ew_status status = EW_OK;
    fmpq_t cb;
    fmpq_init(cb);
    fmpq *a = _fmpq_vec_init(m * m);
    *known = ew_scalar_rational(cb, ew_scalar_at(&net->cb, 1));
    for (slong i = 0; *known && i < m; i++)
        for (slong j = 0; *known && j < m; j++) {
            *known = ew_scalar_rational(a + i * m + j, net->gram + triangle(m, i, j));
            fmpq_sub(a + i * m + j, a + i * m + j, cb);
        }
    if (*known)
        status = ew_psd_rational(psd, a, m, ctx);
    _fmpq_vec_clear(a, m * m);
    fmpq_clear(cb);
    return status;
}

/* Inputs exist with this layer-1 covariance: K - C_b = C_W x.x/n_0 is positive semi-definite.
 */
static ew_status check_gram(const ew_setting *net, arb_srcptr k, const arb_t cb, slong prec,
                            ew_context *ctx)
{
    slong m = net->inputs;
    int psd = 1, known;
    ew_status status = centred_rational(&psd, &known, net, ctx);
    if (status == EW_OK && !known) {
        arb_ptr a = _arb_vec_init(m * m);
        for (slong i = 0; i < m * m; i++)
            arb_sub(a + i, k + i, cb, prec);
        status = ew_psd_balls(&psd, a, m, prec, ctx);
        _arb_vec_clear(a, m * m);
    }
    if (status == EW_OK && psd == 0)
        return ew_fail(ctx, EW_DOMAIN,
                       m == 1
                           ? "the layer-1 variance is less than C_b"
                           : "the layer-1 covariance minus C_b is not positive semi-definite");
    return status;
}

static ew_status read_gram(arb_ptr k, const ew_setting *net, slong prec, ew_context *ctx)
{
    slong m = net->inputs;
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m && status == EW_OK; b++) {
            status = ew_scalar_ball(k + a * m + b, net->gram + triangle(m, a, b), prec, ctx);
            arb_set(k + b * m + a, k + a * m + b);
        }
    return status;
}

ew_status ew_setting_first(arb_ptr k, arb_ptr theta, const ew_setting *net, slong prec,
                           ew_context *ctx)
{
    slong m = net->inputs;
    arb_t cw, cb;
    arb_init(cw);
    arb_init(cb);
    arb_ptr g = _arb_vec_init(m * m);
    ew_status status = ew_setting_layer(cw, cb, NULL, NULL, net, 1, prec, ctx);
    if (status == EW_OK && !arb_is_positive(cw))
        status = ew_fail(ctx, EW_DOMAIN, "C_W of the first layer is not positive");
    if (status == EW_OK)
        status = read_gram(g, net, prec, ctx);
    if (status == EW_OK)
        status = check_gram(net, g, cb, prec < 1024 ? 1024 : prec, ctx);
    if (status == EW_OK && theta)
        status = ew_setting_first_ntk(theta, g, net, prec, ctx);
    if (status == EW_OK && k)
        _arb_vec_set(k, g, m * m);
    _arb_vec_clear(g, m * m);
    arb_clear(cw);
    arb_clear(cb);
    return status;
}

/* ---- frames -------------------------------------------------------------------------------
 */

ew_status ew_setting_check_frame(ulong out, ulong in, slong layer, slong fields,
                                 ew_context *ctx)
{
    if (FLINT_MAX(out, in) >= (ulong) fields)
        return EW_OK;
    return ew_fail(
        ctx, EW_UNABLE,
        "orthogonal weights of %lu x %lu (layer %ld) and %ld fields: the larger width "
        "must be at least the number of fields",
        (unsigned long) out, (unsigned long) in, (long) layer, (long) fields);
}

ew_status ew_setting_check_frames(const ew_setting *net, slong fields, ew_context *ctx)
{
    ew_status status = EW_OK;
    ulong in = net->coordinates ? (ulong) net->coordinates : 1;
    if (net->ensemble != EW_ENSEMBLE_ORTHOGONAL || net->widths == 0)
        return EW_OK;
    for (slong l = 1; l <= net->depth && status == EW_OK; l++) {
        ulong out = net->width[net->widths > 1 ? l - 1 : 0];
        status = ew_setting_check_frame(out, in, l, l < net->depth ? fields : net->inputs, ctx);
        in = out;
    }
    return status;
}

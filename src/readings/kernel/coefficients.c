#include "readings/kernel/coefficients.h"

#include <stdlib.h>

#include "arith/decimal.h"
#include "expect/evaluator.h"

/* ---- Taylor ------------------------------------------------------------------------------ */

typedef struct {
    const ew_activation *s;
    slong n;
} taylor;

static ew_status taylor_balls(arb_ptr values, mag_ptr scales, slong prec, void *data,
                              ew_context *ctx)
{
    const taylor *t = data;
    (void) scales;
    return ew_activation_taylor(values, NULL, NULL, t->s, t->n, prec, ctx);
}

static ew_status add_rationals(ew_certified *c, slong n, const ew_activation *s,
                               ew_context *ctx)
{
    int *known = ew_alloc_zero((size_t) n, sizeof *known, ctx);
    if (!known)
        return EW_MEMORY;
    arb_ptr ball = _arb_vec_init(n);
    fmpq *value = _fmpq_vec_init(n);
    ew_status status = ew_activation_taylor(ball, value, known, s, n, 64, ctx);
    for (slong k = 0; status == EW_OK && k < n; k++)
        if (known[k] && !c[k].exact && !(c[k].exact = ew_rational_text(value + k)))
            status = ew_fail(ctx, EW_MEMORY, "out of memory");
    _arb_vec_clear(ball, n);
    _fmpq_vec_clear(value, n);
    free(known);
    return status;
}

static void clear_all(ew_certified *c, slong n)
{
    for (slong k = 0; k < n; k++)
        ew_certified_clear(c + k);
}

ew_status ew_taylor_solve(ew_certified *c, slong n, const ew_activation *s, slong digits,
                          ew_context *ctx)
{
    taylor t = {s, n};
    ew_status status = ew_certify(c, n, digits, taylor_balls, &t, ctx);
    if (status == EW_OK)
        status = add_rationals(c, n, s, ctx);
    if (status != EW_OK)
        clear_all(c, n);
    return status;
}

/* ---- Hermite ----------------------------------------------------------------------------- */

typedef struct {
    ew_evaluator *E;
    const ew_scalar *K;
    slong n;
} hermite;

/* What parity makes zero is zero exactly. */
static void use_parity(arb_ptr values, slong n, ew_parity parity)
{
    for (slong k = 0; parity != EW_PARITY_NONE && k < n; k++)
        if ((k % 2 == 1) == (parity == EW_PARITY_EVEN))
            arb_zero(values + k);
}

static ew_status hermite_balls(arb_ptr values, mag_ptr scales, slong prec, void *data,
                               ew_context *ctx)
{
    hermite *h = data;
    ew_monomial s = {.e = {1}};
    mag_t norm;
    arb_t K;
    mag_init(norm);
    arb_init(K);
    ew_status status = ew_scalar_ball(K, h->K, prec, ctx);
    if (status == EW_OK && !arb_is_positive(K))
        status = ew_fail(ctx, EW_DOMAIN, "Hermite coefficients need a positive variance");
    if (status == EW_OK)
        status = ew_expect_hermite(values, norm, h->E, &s, h->n - 1, K, prec, ctx);
    if (status == EW_OK)
        use_parity(values, h->n, h->E->s->parity);
    for (slong k = 0; k < h->n; k++)
        mag_set(scales + k, norm);
    mag_clear(norm);
    arb_clear(K);
    return status;
}

ew_status ew_hermite_solve(ew_certified *c, const char **how, slong n, const ew_activation *s,
                           const ew_scalar *K, slong digits, ew_method method, ew_context *ctx)
{
    hermite h = {.K = K, .n = n};
    ew_status status = ew_evaluator_new(&h.E, s, method, ctx);
    if (status == EW_OK)
        status = ew_certify(c, n, digits, hermite_balls, &h, ctx);
    if (status == EW_OK && how)
        *how = ew_evaluator_method(h.E);
    ew_evaluator_free(h.E);
    return status;
}

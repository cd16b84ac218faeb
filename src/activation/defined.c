#include "activation/defined.h"

#include <stdlib.h>

#include "activation/sign_balls.h"
#include "activation/signs.h"

#define MAX_CONDITIONS 1000

typedef struct {
    ew_interval range;
    slong conditions;
    ew_context *ctx;
} proof;

/* A proof that failed is an answer; only a lack of memory or an interruption ends the work. */
static ew_status attempted(int *ok, ew_status status, ew_context *ctx)
{
    *ok = status == EW_OK;
    if (status != EW_DOMAIN && status != EW_UNABLE && status != EW_USAGE)
        return status;
    ew_clear(ctx);
    return EW_OK;
}

/* *ok = 1 if u, where defined, is proved to have signs of this kind only: at least `least`, and
 * not 0 if `least` is -1 (so that u has isolated zeros at most). */
static ew_status signs_are(int *ok, const ew_expr *u, int least, proof *q)
{
    ew_signs s;
    ew_signs_init(&s);
    ew_status status = attempted(ok, ew_signs_of(&s, u, q->range, u, q->ctx), q->ctx);
    for (slong i = 0; *ok && i <= s.n; i++)
        *ok = s.sign[i] >= least && (least >= 0 || s.sign[i] != 0);
    ew_signs_clear(&s);
    return status;
}

/* What the operators alone show to be finite on the whole line is analytic there. */
static ew_status zeros_are_isolated(int *ok, const ew_expr *u, proof *q)
{
    *ok = u->total && ew_sign_nonzero_somewhere(u, q->range);
    return *ok ? EW_OK : signs_are(ok, u, -1, q);
}

/* The condition on an expression made for it; NULL is a recorded failure. */
static ew_status owned(int *ok, ew_expr *u, int least, proof *q)
{
    *ok = 0;
    ew_status status = u ? EW_OK : attempted(ok, ew_recorded(q->ctx), q->ctx);
    if (u)
        status = least < 0 ? zeros_are_isolated(ok, u, q) : signs_are(ok, u, least, q);
    ew_expr_free(u);
    return status;
}

static ew_status power(int *ok, const ew_expr *u, proof *q)
{
    fmpq_t k;
    fmpq_init(k);
    int integer = ew_expr_rational(k, u->arg[1]) && fmpz_is_one(fmpq_denref(k));
    int negative = fmpq_sgn(k) < 0;
    fmpq_clear(k);
    *ok = 1;
    if (integer)
        return negative ? zeros_are_isolated(ok, u->arg[0], q) : EW_OK;
    return signs_are(ok, u->arg[0], ew_expr_sign(u->arg[1]) == 1 ? 0 : 1, q);
}

/* u is defined almost everywhere, given that its arguments are. */
static ew_status operation(int *ok, const ew_expr *u, proof *q)
{
    ew_context *ctx = q->ctx;
    switch (u->op) {
    case EW_DIV:
        return zeros_are_isolated(ok, u->arg[1], q);
    case EW_POW:
        return power(ok, u, q);
    case EW_LOG:
        return signs_are(ok, u->arg[0], 1, q);
    case EW_LOG1P:
        return owned(ok, ew_expr_2(EW_ADD, ew_expr_si(1, ctx), ew_expr_ref(u->arg[0]), ctx), 1,
                     q);
    case EW_SQRT:
        return signs_are(ok, u->arg[0], 0, q);
    case EW_TAN:
        return owned(ok, ew_expr_1(EW_COS, ew_expr_ref(u->arg[0]), ctx), -1, q);
    case EW_ASIN:
    case EW_ACOS:
        *ok = 0;
        return EW_OK;
    default:
        *ok = 1;
        return EW_OK;
    }
}

static int constant_is_finite(const ew_expr *u)
{
    int finite = 0;
    arb_t x;
    arb_init(x);
    for (slong prec = 64; !finite && prec <= 1024; prec *= 4) {
        ew_expr_constant(x, u, prec);
        finite = arb_is_finite(x);
    }
    arb_clear(x);
    return finite;
}

/* The proof by covering the interval, which also bounds u. */
static ew_status covered(int *ok, const ew_expr *u, proof *q)
{
    ew_majorant m;
    ew_majorant_init(&m);
    ew_status status = attempted(ok, ew_strip_majorant(&m, u, q->range, 0.0, q->ctx), q->ctx);
    ew_majorant_clear(&m);
    return status;
}

static ew_status search(const ew_expr **missing, const ew_expr *u, proof *q)
{
    int ok = 1;
    ew_status status = EW_OK;
    if (u->total)
        return EW_OK;
    if (!u->has_z) {
        *missing = constant_is_finite(u) ? NULL : u;
        return EW_OK;
    }
    for (slong i = 0; status == EW_OK && !*missing && i < u->n; i++)
        status = search(missing, u->arg[i], q);
    if (status != EW_OK || *missing)
        return status;
    status = ew_poll(q->ctx);
    if (status == EW_OK && q->conditions++ < MAX_CONDITIONS)
        status = operation(&ok, u, q);
    else
        ok = 0;
    if (status == EW_OK && !ok)
        status = covered(&ok, u, q);
    if (!ok)
        *missing = u;
    return status;
}

ew_status ew_defined_on(const ew_expr **missing, const ew_expr *u, ew_interval range,
                        ew_context *ctx)
{
    proof q = {.range = range, .ctx = ctx};
    *missing = NULL;
    return search(missing, u, &q);
}

ew_status ew_require_defined(const ew_expr *u, ew_interval range, const ew_expr *whole,
                             ew_context *ctx)
{
    const ew_expr *missing;
    ew_status status = ew_defined_on(&missing, u, range, ctx);
    if (status != EW_OK || !missing)
        return status;
    char *part = ew_expr_text(missing, ctx), *text = part ? ew_expr_text(whole, ctx) : NULL;
    status = !text
                 ? EW_MEMORY
                 : ew_fail(ctx, EW_DOMAIN,
                           "%.60s needs %.60s, which is not proved to be finite and real there",
                           text, part);
    free(text);
    free(part);
    return status;
}

#include "arith/certify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"

#define GUARD_BITS 64

void ew_certified_init(ew_certified *x)
{
    memset(x, 0, sizeof *x);
}

void ew_certified_clear(ew_certified *x)
{
    free(x->mid);
    free(x->rad);
    free(x->exact);
    ew_certified_init(x);
}

ew_certified *ew_certified_new(slong n, ew_context *ctx)
{
    ew_certified *x = ew_alloc((size_t) n * sizeof *x, ctx);
    for (slong i = 0; x && i < n; i++)
        ew_certified_init(&x[i]);
    return x;
}

void ew_certified_free(ew_certified *x, slong n)
{
    for (slong i = 0; x && i < n; i++)
        ew_certified_clear(&x[i]);
    free(x);
}

void ew_certified_move(ew_certified *to, ew_certified *from)
{
    ew_certified_clear(to);
    *to = *from;
    ew_certified_init(from);
}

double ew_certified_double(const ew_certified *x)
{
    arb_t b;
    arb_init(b);
    int known = x->mid && x->rad && ew_ball_read(b, x->mid, x->rad, 128) == 0;
    double d = known ? arf_get_d(arb_midref(b), ARF_RND_NEAR) : NAN;
    arb_clear(b);
    return d;
}

static slong decimal_bits(slong digits)
{
    return (slong) (3.3219280948873626 * (double) digits) + 1;
}

static ew_status no_memory(ew_context *ctx)
{
    return ew_fail(ctx, EW_MEMORY, "out of memory");
}

/* mid 0 and rad the power of ten next below 10^-digits * scale, if that covers the ball: a
 * round number, so that two methods whose scales differ a little print the same. */
static ew_status try_absolute(ew_certified *out, const arb_t x, const mag_t scale, slong digits,
                              ew_context *ctx)
{
    if (!arb_contains_zero(x) || !arb_is_finite(x) || mag_is_zero(scale) || mag_is_inf(scale))
        return EW_OK;
    mag_t size;
    arb_t bound;
    fmpz_t e;
    mag_init(size);
    arb_init(bound);
    fmpz_init(e);
    arb_get_mag(size, x);
    slong k = ew_mag_decimal_exponent(scale) - digits;
    arb_set_ui(bound, 10);
    fmpz_set_si(e, k);
    arb_pow_fmpz(bound, bound, e, 64);
    arf_t lower;
    arf_init(lower);
    arb_get_lbound_arf(lower, bound, 64);
    if (arf_cmpabs_mag(lower, size) >= 0) {
        out->mid = ew_strdup("0", ctx);
        out->rad = ew_format(ctx, "1e%ld", (long) k);
        out->absolute = 1;
    }
    ew_status status = out->absolute && !(out->mid && out->rad) ? no_memory(ctx) : EW_OK;
    arf_clear(lower);
    mag_clear(size);
    arb_clear(bound);
    fmpz_clear(e);
    return status;
}

/* Set out if x decides it; `last` allows the answers of last resort. */
static ew_status decide(ew_certified *out, const arb_t x, const mag_t scale, slong digits,
                        int last, ew_context *ctx)
{
    ew_rounding r = ew_round(&out->mid, &out->rad, x, digits);
    if (r != EW_UNDECIDED && !out->mid)
        return no_memory(ctx);
    if (r == EW_ZERO && !(out->exact = ew_strdup("0", ctx)))
        return EW_MEMORY;
    if (r == EW_UNDECIDED && ew_beyond_writing(x))
        return ew_fail(ctx, EW_UNABLE, "a number is too large or too small to be written out");
    if (r == EW_UNDECIDED && last) {
        ew_round_tie(&out->mid, &out->rad, x, digits);
        if (!out->mid)
            return try_absolute(out, x, scale, digits, ctx);
    }
    return EW_OK;
}

/* The bits at which the answers of last resort are allowed. */
static slong last_bits(slong digits)
{
    return decimal_bits(4 * digits + 64);
}

/* What one evaluation leaves undecided. */
typedef struct {
    slong open, zeros; /* zeros: of them, those not told from 0 */
} rest;

/* One evaluation at prec bits. */
static ew_status attempt(rest *r, ew_certified *out, slong n, slong digits, arb_ptr values,
                         mag_ptr scales, ew_ball_fn fn, void *data, slong prec, ew_context *ctx)
{
    int last = prec >= last_bits(digits);
    for (slong i = 0; i < n; i++) {
        arb_zero(values + i);
        mag_zero(scales + i);
    }
    ew_status status = fn(values, scales, prec, data, ctx);
    *r = (rest){0, 0};
    for (slong i = 0; status == EW_OK && i < n; i++) {
        if (out[i].mid)
            continue;
        status = decide(out + i, values + i, scales + i, digits, last, ctx);
        r->open += out[i].mid == NULL;
        r->zeros += out[i].mid == NULL && arb_contains_zero(values + i);
    }
    return status;
}

/* Half as many bits again; but what a second evaluation does not tell from 0 is likely 0, and
 * that is said at the bits of last resort: then no evaluation before or beyond them is made. */
static slong more_bits(slong prec, slong digits, const rest *r)
{
    slong first = decimal_bits(digits) + GUARD_BITS, last = last_bits(digits) + GUARD_BITS;
    slong next = prec + prec / 2;
    if (prec < last && (next > last || (prec > first && r->zeros == r->open)))
        next = last;
    return next < EW_MAX_BITS ? next : EW_MAX_BITS;
}

ew_status ew_certify(ew_certified *out, slong n, slong digits, ew_ball_fn fn, void *data,
                     ew_context *ctx)
{
    ew_status status = EW_OK;
    slong prec = decimal_bits(digits) + GUARD_BITS;
    rest r = {n, 0};
    arb_ptr values = _arb_vec_init(n);
    mag_ptr scales = _mag_vec_init(n);
    while (r.open > 0) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = attempt(&r, out, n, digits, values, scales, fn, data, prec, ctx);
        if (status != EW_OK || r.open == 0)
            break;
        if (prec >= EW_MAX_BITS) {
            status =
                ew_fail(ctx, EW_UNABLE,
                        "%ld of %ld numbers could not be certified to %ld digits with %d bits",
                        (long) r.open, (long) n, (long) digits, EW_MAX_BITS);
            break;
        }
        prec = more_bits(prec, digits, &r);
    }
    for (slong i = 0; status != EW_OK && i < n; i++)
        ew_certified_clear(out + i);
    _arb_vec_clear(values, n);
    _mag_vec_clear(scales, n);
    return status;
}

ew_status ew_certify_rational(ew_certified *out, const fmpq_t x, slong digits, ew_context *ctx)
{
    ew_round_rational(&out->mid, &out->rad, x, digits);
    out->exact = ew_rational_text(x);
    if (out->mid && out->exact)
        return EW_OK;
    ew_certified_clear(out);
    return no_memory(ctx);
}

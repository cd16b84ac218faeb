#include "expect/dual/tail.h"

#include <math.h>
#include <stdlib.h>

#include "expect/dual/interpolation.h"
#include "expect/dual/tail_sums.h"

#define BITS 256
#define ROW_ERROR 0x1p-48

/* ---- the numbers b
 * -------------------------------------------------------------------------- */

/* h[e], e < n: the complete homogeneous symmetric polynomials of c + 1, c + 3, ..., q + 1 of
 * them: what 1/((1 - l v) ...) has for coefficients. */
static void symmetric(arb_ptr h, slong n, slong c, slong q)
{
    _arb_vec_zero(h, n);
    arb_one(h);
    for (slong j = 0; j <= q; j++)
        for (slong e = 1; e < n; e++)
            arb_addmul_ui(h + e, h + e - 1, (ulong) (2 * j + 1 + c), BITS);
}

/* The row of class c: coefficient p of q is N^-(p+1) times -+J_k h_(p-q), k = 2 q + 1 + c. */
static ew_status set_row(ew_dual_tail *d, arb_srcptr jump, slong c, ew_context *ctx)
{
    const slong n = d->orders;
    d->row[c] = ew_alloc_zero((size_t) (n * n), sizeof *d->row[c], ctx);
    if (!d->row[c])
        return EW_MEMORY;
    arb_t x, scale;
    arb_init(x);
    arb_init(scale);
    arb_ptr h = _arb_vec_init(n);
    for (slong q = 0; q < n; q++) {
        symmetric(h, n, c, q);
        for (slong p = q; p < n; p++) {
            arb_mul(x, h + p - q, jump + 2 * q + 1 + c, BITS);
            arb_set_si(scale, d->n);
            arb_pow_ui(scale, scale, (ulong) (p + 1), BITS);
            arb_div(x, x, scale, BITS);
            double y = arf_get_d(arb_midref(x), ARF_RND_NEAR);
            d->row[c][p * n + q] = (q + c) % 2 ? -y : y;
        }
    }
    _arb_vec_clear(h, n);
    arb_clear(scale);
    arb_clear(x);
    return EW_OK;
}

static double power_of(double K, int class)
{
    return class ? K : sqrt(K);
}

void ew_dual_tail_row(double b[2][EW_TAIL_ORDERS], const ew_dual_tail *d, double K)
{
    for (int c = 0; c < 2; c++)
        for (slong p = 0; p < EW_TAIL_ORDERS; p++) {
            double y = 0;
            for (slong q = p; d->row[c] && p < d->orders && q >= 0; q--)
                y = y * K + d->row[c][p * d->orders + q];
            b[c][p] = y * power_of(K, c);
        }
}

void ew_dual_tail_size(double size[2][EW_TAIL_ORDERS], const ew_dual_tail *d, double K)
{
    for (int c = 0; c < 2; c++)
        for (slong p = 0; p < EW_TAIL_ORDERS; p++) {
            double y = 0;
            for (slong q = p; d->row[c] && p < d->orders && q >= 0; q--)
                y = y * K + fabs(d->row[c][p * d->orders + q]);
            size[c][p] = y * power_of(K, c) * (1 + ROW_ERROR);
        }
}

/* Of the term of J_k all p >= orders together: sum_p N^-(p+1) h_(p-q), the whole being the
 * product of 1/(N - l). */
static void left_of(arb_t y, const ew_dual_tail *d, slong c, slong q)
{
    const slong n = d->orders - q;
    arb_t x;
    arb_init(x);
    arb_ptr h = _arb_vec_init(n);
    symmetric(h, n, c, q);
    arb_zero(y);
    for (slong e = n - 1; e >= 0; e--) {
        arb_div_si(y, y, d->n, BITS);
        arb_add(y, y, h + e, BITS);
    }
    arb_set_si(x, d->n);
    arb_pow_ui(x, x, (ulong) (q + 1), BITS);
    arb_div(y, y, x, BITS);
    arb_one(x);
    for (slong j = 0; j <= q; j++)
        arb_div_si(x, x, d->n - (2 * j + 1 + c), BITS);
    arb_sub(y, x, y, BITS);
    _arb_vec_clear(h, n);
    arb_clear(x);
}

/* Both norms of a class whose b_p, p >= orders, add up to this, y being at most 1. */
static void add_left(mag_t rest, mag_t rest1, const arb_t left, const ew_dual_tail *d, slong c)
{
    mag_t m, one;
    mag_init(m);
    mag_init(one);
    arb_get_mag(m, left);
    mag_set_d(one, d->one[c][0] * (1 + ROW_ERROR));
    mag_sqrt(one, one);
    mag_addmul(rest, m, one);
    mag_set_d(one, d->one1[c][0]);
    mag_sqrt(one, one);
    mag_addmul(rest1, m, one);
    mag_clear(one);
    mag_clear(m);
}

void ew_dual_tail_rest(mag_t rest, mag_t rest1, const ew_dual_tail *d, arb_srcptr jump,
                       const arb_t K)
{
    arb_t x, power, sum;
    arb_init(x);
    arb_init(power);
    arb_init(sum);
    mag_zero(rest);
    mag_zero(rest1);
    for (slong c = 0; c < 2; c++) {
        if (!d->row[c])
            continue;
        arb_zero(sum);
        for (slong q = 0; q < d->orders; q++) {
            left_of(x, d, c, q);
            arb_pow_ui(power, K, (ulong) (2 * q + 1 + c), BITS);
            arb_sqrt(power, power, BITS);
            arb_mul(x, x, power, BITS);
            arb_mul(x, x, jump + 2 * q + 1 + c, BITS);
            arb_abs(x, x);
            arb_add(sum, sum, x, BITS);
        }
        add_left(rest, rest1, sum, d, c);
    }
    arb_clear(sum);
    arb_clear(power);
    arb_clear(x);
}

/* ---- the tables
 * ---------------------------------------------------------------------------- */

static ew_status value(arb_ptr y, const arb_t t, slong prec, void *data, ew_context *ctx)
{
    (void) prec;
    (void) ctx;
    ew_tail_sums *const *x = data;
    for (slong c = 0; c < 2; c++)
        if (x[c]) {
            ew_tail_sums_at(y, x[c], t);
            y += 2 * x[c]->orders;
        }
    return EW_OK;
}

/* Piece 0. */
static void set_start(ew_dual_tail *d, slong c, ew_tail_sums *x, double *table)
{
    const slong each = EW_PIECE_DEGREE + 1;
    mag_t error, most;
    mag_init(error);
    mag_init(most);
    arb_ptr y = _arb_vec_init(each);
    for (slong f = 0; f < 2 * d->orders; f++, table += each) {
        ew_tail_sums_start(y, error, x, f / 2, f % 2, each, EW_TAIL_OCTAVES);
        for (slong k = 0; k < each; k++)
            ew_round_to(table + k, error, y + k);
        ew_horner_error(error, most, table, 1, EW_PIECE_DEGREE);
        double *e = &d->error[c][f / 2], *m = &d->most[c][f / 2];
        *e = fmax(*e, nextafter(mag_get_d(error), INFINITY));
        *m = fmax(*m, nextafter(fabs(table[0]) + mag_get_d(most), INFINITY));
    }
    _arb_vec_clear(y, each);
    mag_clear(most);
    mag_clear(error);
}

/* f[class][order][slope, derivative] piece by piece. */
static ew_status interleave(ew_dual_tail *d, const ew_piecewise *f, ew_tail_sums **x, slong n,
                            ew_context *ctx)
{
    const slong each = EW_PIECE_DEGREE + 1, pieces = f->pieces;
    d->place = *f;
    d->place.coef = NULL;
    d->table = ew_alloc((size_t) (pieces * n * each) * sizeof *d->table, ctx);
    if (!d->table)
        return EW_MEMORY;
    for (slong i = 0; i < pieces; i++)
        for (slong g = 0; g < n; g++)
            for (slong k = 0; k < each; k++)
                d->table[(i * n + g) * each + k] = f[g].coef[i * each + k];
    double *start = d->table;
    for (slong c = 0; c < 2; c++) {
        if (!x[c])
            continue;
        for (slong p = 0; p < d->orders; p++, f += 2) {
            d->error[c][p] = fmax(f[0].error, f[1].error);
            d->most[c][p] = fmax(f[0].most, f[1].most);
        }
        set_start(d, c, x[c], start);
        start += d->orders * EW_TAIL_EACH;
    }
    return EW_OK;
}

static ew_status tabulate(ew_dual_tail *d, ew_tail_sums **x, slong n, ew_context *ctx)
{
    ew_disc_functions f = {n, x, value, NULL, NULL, NULL};
    arb_t zero;
    arb_init(zero);
    arb_ptr y = _arb_vec_init(n);
    f.bound = _mag_vec_init(n);
    f.slope = _mag_vec_init(n);
    value(y, zero, 0, x, ctx);
    for (slong i = 0; i < n; i++) {
        arb_get_mag(f.bound + i, y + i);
        mag_inf(f.slope + i);
    }
    ew_piecewise *out = ew_alloc_zero((size_t) n, sizeof *out, ctx);
    ew_status status =
        out ? ew_piecewise_new_down_to(out, &f, EW_TAIL_OCTAVES, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = interleave(d, out, x, n, ctx);
    if (out)
        ew_piecewise_free(out, n);
    free(out);
    _mag_vec_clear(f.bound, n);
    _mag_vec_clear(f.slope, n);
    _arb_vec_clear(y, n);
    arb_clear(zero);
    return status;
}

static void set_ends(ew_dual_tail *d, const ew_tail_sums *x, slong c)
{
    arb_t y;
    mag_t m;
    arb_init(y);
    mag_init(m);
    for (slong p = 0; p < 2 * d->orders - 1; p++) {
        ew_tail_sums_one(y, x, p);
        d->one[c][p] = arf_get_d(arb_midref(y), ARF_RND_NEAR);
        ew_tail_sums_one1(y, x, p);
        arb_get_mag(m, y);
        d->one1[c][p] = nextafter(mag_get_d(m), INFINITY);
    }
    mag_clear(m);
    arb_clear(y);
}

ew_status ew_dual_tail_new(ew_dual_tail **out, arb_srcptr jump, ew_parity parity, slong n,
                           slong orders, ew_context *ctx)
{
    ew_tail_sums *x[2] = {NULL, NULL};
    slong functions = 0;
    *out = NULL;
    ew_dual_tail *d = ew_alloc_zero(1, sizeof *d, ctx);
    ew_status status = d ? EW_OK : EW_MEMORY;
    for (slong c = 0; c < 2 && status == EW_OK; c++) {
        d->n = n;
        d->orders = orders;
        if (parity == (c ? EW_PARITY_EVEN : EW_PARITY_ODD))
            continue;
        status = set_row(d, jump, c, ctx);
        if (status == EW_OK)
            status = ew_tail_sums_new(&x[c], c, n, orders, ctx);
        if (status == EW_OK)
            set_ends(d, x[c], c);
        functions += 2 * orders;
    }
    if (status == EW_OK)
        status = tabulate(d, x, functions, ctx);
    ew_tail_sums_free(x[0]);
    ew_tail_sums_free(x[1]);
    if (status == EW_OK)
        *out = d;
    else
        ew_dual_tail_free(d);
    return status;
}

void ew_dual_tail_free(ew_dual_tail *d)
{
    if (!d)
        return;
    free(d->row[0]);
    free(d->row[1]);
    free(d->table);
    free(d);
}

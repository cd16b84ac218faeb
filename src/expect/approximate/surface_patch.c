#include "expect/approximate/surface_patch.h"

#include <math.h>

#include "expect/approximate/rounded.h"

#define N EW_PATCH_POINTS
#define CUT_BITS 58  /* what is left out, below the least value */
#define KEEP_BITS 62 /* what the coefficients keep */
#define BOXES 6      /* in each variable; twice as many in t next to t = 0 */

/* c = EW_PIECE_MIDDLE/2^(piece + 1) */
static void centre(arb_t c, slong piece)
{
    arb_set_d(c, EW_PIECE_MIDDLE);
    arb_mul_2exp_si(c, c, -piece - 1);
}

/* t = c (1 + w)/(1 - (1 - c) w) at w = x W, or 2^-piece (1 + x)/2. */
void ew_patch_point(arb_t t, slong piece, int end, const arb_t x, slong prec)
{
    arb_t c, w;
    if (end) {
        arb_add_ui(t, x, 1, prec);
        arb_mul_2exp_si(t, t, -piece - 1);
        return;
    }
    arb_init(c);
    arb_init(w);
    centre(c, piece);
    ew_patch_width(w, piece, 0, prec);
    arb_mul(w, w, x, prec);
    arb_add_ui(t, w, 1, prec);
    arb_mul(t, t, c, prec);
    arb_sub_ui(c, c, 1, prec);
    arb_mul(c, c, w, prec);
    arb_add_ui(c, c, 1, prec);
    arb_div(t, t, c, prec);
    arb_clear(w);
    arb_clear(c);
}

/* The larger of |w| at the two ends: with t = 2^-piece, 2^-(piece+1) and c = 2^-(piece+1) p,
 * (2 - p)/(p + 2 (1 - c)) and (p - 1)/(p + 1 - c). */
void ew_patch_width(arb_t W, slong piece, int end, slong prec)
{
    arb_t c, a, b;
    if (end) {
        arb_one(W);
        return;
    }
    arb_init(c);
    arb_init(a);
    arb_init(b);
    centre(c, piece);
    arb_sub_ui(c, c, 1, prec);
    arb_neg(c, c); /* 1 - c */
    arb_set_d(a, EW_PIECE_MIDDLE);
    arb_add(b, a, c, prec);
    arb_addmul_ui(a, c, 2, prec);
    arb_set_d(W, 2 - EW_PIECE_MIDDLE);
    arb_div(a, W, a, prec);
    arb_set_d(W, EW_PIECE_MIDDLE - 1);
    arb_div(b, W, b, prec);
    arb_max(W, a, b, prec);
    arb_clear(b);
    arb_clear(a);
    arb_clear(c);
}

/* ---- coefficients -------------------------------------------------------------------------
 */

typedef struct {
    const ew_patch *x;
    ew_patch_fit *out;
    arb_ptr c; /* [N][N]: [in t][in K] */
    mag_t error;
} work;

static void transform(work *k)
{
    const ew_patch *x = k->x;
    arb_ptr half = _arb_vec_init(N * N);
    for (slong i = 0; i < x->points; i++)
        ew_chebyshev_fit(half + i * N, 1, x->value + i * N, 1, x->in_k);
    for (slong j = 0; j < N; j++)
        ew_chebyshev_fit(k->c + j, N, half + j, N, x->in_t);
    _arb_vec_clear(half, N * N);
}

/* The largest `end` such that what is beyond it adds up to no more than `most`; that is added
 * to the error. */
static slong cut_row(work *k, arb_srcptr row, slong stride, slong end, slong each,
                     const mag_t most)
{
    mag_t rest, t;
    mag_init(rest);
    mag_init(t);
    while (end > 0) {
        mag_set(t, rest);
        for (slong i = 0; i < each; i++) {
            mag_t one;
            mag_init(one);
            arb_get_mag(one, row + (end - 1) * stride + i);
            mag_add(t, t, one);
            mag_clear(one);
        }
        if (mag_cmp(t, most) > 0)
            break;
        mag_swap(rest, t);
        end--;
    }
    mag_add(k->error, k->error, rest);
    mag_clear(t);
    mag_clear(rest);
    return end;
}

static void cut(work *k)
{
    mag_t most;
    mag_init(most);
    mag_mul_2exp_si(most, k->x->least, -CUT_BITS);
    slong rows = FLINT_MAX(cut_row(k, k->c, N, k->x->points, N, most), 1);
    mag_div_ui(most, most, (ulong) rows);
    k->out->degree = rows - 1;
    for (slong j = rows - 1; j >= 0; j--) {
        slong n = cut_row(k, k->c + j * N, 1, N, 1, most);
        /* Powers of t take in those Chebyshev polynomials of higher degree. */
        if (j + 1 < rows)
            n = FLINT_MAX(n, k->out->length[j + 1]);
        k->out->length[j] = (unsigned char) FLINT_MAX(n, 1);
    }
    mag_clear(most);
}

/* From Chebyshev polynomials to powers, in K and then in t. */
static void expand(work *k)
{
    slong rows = k->out->degree + 1;
    arb_t W;
    arb_init(W);
    arb_ptr column = _arb_vec_init(N);
    ew_octaves_width(W, EW_TABLE_BITS);
    for (slong j = 0; j < rows; j++) {
        slong n = k->out->length[j];
        ew_chebyshev_expand(k->c + j * N, k->c + j * N, 1, n, W);
        for (slong i = n; i < N; i++)
            arb_zero(k->c + j * N + i);
    }
    ew_patch_width(W, k->x->piece, k->x->end, EW_TABLE_BITS);
    for (slong i = 0; i < N; i++) {
        if (k->x->end)
            ew_chebyshev_expand_from_zero(column, k->c + i, N, rows, W);
        else
            ew_chebyshev_expand(column, k->c + i, N, rows, W);
        for (slong j = 0; j < rows; j++)
            arb_set(k->c + j * N + i, column + j);
    }
    _arb_vec_clear(column, N);
    arb_clear(W);
}

/* To doubles; coefficient (j, i) may be off by 2^-KEEP_BITS least/(W_t^j W_K^i). */
static void round_all(work *k)
{
    slong unit = MAG_EXP(k->x->least) - KEEP_BITS;
    arb_t W;
    mag_t wk, wt, weight, e, t;
    arb_init(W);
    mag_init(wk);
    mag_init(wt);
    mag_init(weight);
    mag_init(e);
    mag_init(t);
    ew_octaves_width(W, 64);
    arb_get_mag(wk, W);
    ew_patch_width(W, k->x->piece, k->x->end, 64);
    arb_get_mag(wt, W);
    double bits = -log2(mag_get_d(wt));
    for (slong j = 0; j <= k->out->degree; j++)
        for (slong i = 0; i < k->out->length[j]; i++) {
            arb_ptr c = k->c + j * N + i;
            slong more = (slong) floor(2.5 * (double) i + bits * (double) j);
            double y = ew_round_coefficient(e, c, unit + more);
            k->out->coef[j][i] = y;
            mag_pow_ui(weight, wk, (ulong) i);
            mag_mul(e, e, weight);
            mag_pow_ui(weight, wt, (ulong) j);
            mag_mul(e, e, weight);
            mag_add(k->error, k->error, e);
        }
    mag_clear(t);
    mag_clear(e);
    mag_clear(weight);
    mag_clear(wt);
    mag_clear(wk);
    arb_clear(W);
}

/* ---- errors -------------------------------------------------------------------------------
 */

/* Box b of BOXES of [-W, W], or of 2 BOXES of [0, W]. */
static void box(arb_t w, const arb_t W, slong b, int from_zero)
{
    arb_set_si(w, from_zero ? 2 * b + 1 : 2 * b + 1 - BOXES);
    mag_one(arb_radref(w));
    arb_mul(w, w, W, 64);
    arb_div_ui(w, w, BOXES * (from_zero ? 4 : 1), 64);
}

/* The coefficients in t over a box of K. */
static void rows_over(ew_rounded *rows, const work *k, const arb_t w, const mag_t slack)
{
    ew_rounded c;
    ew_rounded_init(&c, N);
    for (slong j = 0; j <= k->out->degree; j++) {
        c.n = k->out->length[j];
        for (slong i = 0; i < c.n; i++)
            arb_set_d(c.coef + i, k->out->coef[j][i]);
        ew_horner(rows->coef + j, rows->error + j, &c, w, slack);
    }
    c.n = N;
    ew_rounded_clear(&c);
}

/* What t, when it is 1 - |rho|, |rho| < 1/2, has been rounded by: 2^-54; |dw/dt| < 1.26 there.
 */
static void add_distance_error(mag_t error, const ew_rounded *rows, const mag_t W)
{
    mag_t sum, t, power;
    mag_init(sum);
    mag_init(t);
    mag_init(power);
    mag_one(power);
    for (slong j = 1; j < rows->n; j++) {
        arb_get_mag(t, rows->coef + j);
        mag_mul_ui(t, t, (ulong) j);
        mag_addmul(sum, t, power);
        mag_mul(power, power, W);
    }
    mag_set_ui_2exp_si(t, 81, -60); /* 81/64 2^-54 */
    mag_addmul(error, sum, t);
    mag_clear(power);
    mag_clear(t);
    mag_clear(sum);
}

static void account_box(work *k, const ew_rounded *rows, const arb_t w, const mag_t slack,
                        const mag_t W)
{
    arb_t y;
    mag_t error, least;
    arb_init(y);
    mag_init(error);
    mag_init(least);
    ew_horner(y, error, rows, w, slack);
    if (k->x->piece == 0)
        add_distance_error(error, rows, W);
    mag_add(error, error, k->error);
    arb_add_error_mag(y, k->error); /* the function itself */
    k->out->error = fmax(k->out->error, ew_mag_up(error));
    arb_get_mag_lower(least, y);
    mag_div(error, error, least);
    k->out->relative = fmax(k->out->relative, ew_mag_up(error));
    mag_clear(least);
    mag_clear(error);
    arb_clear(y);
}

static void account(work *k)
{
    arb_t WK, WT, w;
    mag_t slack_k, slack_t, W;
    ew_rounded rows;
    arb_init(WK);
    arb_init(WT);
    arb_init(w);
    mag_init(slack_k);
    mag_init(slack_t);
    mag_init(W);
    ew_rounded_init(&rows, k->out->degree + 1);
    ew_octaves_width(WK, 64);
    ew_patch_width(WT, k->x->piece, k->x->end, 64);
    arb_get_mag(W, WT);
    ew_quotient_slack(slack_k);
    if (!k->x->end) { /* a product before the sum in the denominator; else w is exact */
        mag_set_ui_2exp_si(slack_t, 1, -53);
        mag_add(slack_t, slack_t, slack_k);
    }
    for (slong a = 0; a < BOXES; a++) {
        box(w, WK, a, 0);
        rows_over(&rows, k, w, slack_k);
        for (slong b = 0; b < BOXES * (k->x->end ? 2 : 1); b++) {
            box(w, WT, b, k->x->end);
            account_box(k, &rows, w, slack_t, W);
        }
    }
    ew_rounded_clear(&rows);
    mag_clear(W);
    mag_clear(slack_t);
    mag_clear(slack_k);
    arb_clear(w);
    arb_clear(WT);
    arb_clear(WK);
}

void ew_patch_make(ew_patch_fit *out, const ew_patch *x)
{
    work k = {.x = x, .out = out, .c = _arb_vec_init(N * N)};
    out->error = out->relative = 0;
    mag_init(k.error);
    mag_set(k.error, x->error);
    transform(&k);
    cut(&k);
    expand(&k);
    round_all(&k);
    account(&k);
    mag_clear(k.error);
    _arb_vec_clear(k.c, N * N);
}

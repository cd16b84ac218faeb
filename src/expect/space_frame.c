/* The covariance of several variables as R diag(tau) R^T. */
#include <math.h>

#include "expect/space.h"

void ew_space_frame_init(ew_space_frame *f, slong n)
{
    f->n = n;
    f->rank = 0;
    f->R = _arb_vec_init(n * n);
    f->tau = _arb_vec_init(n);
    f->off = _mag_vec_init(n * n);
}

void ew_space_frame_clear(ew_space_frame *f)
{
    _arb_vec_clear(f->R, f->n * f->n);
    _arb_vec_clear(f->tau, f->n);
    _mag_vec_clear(f->off, f->n * f->n);
}

/* Of the variables at places from.. the one of largest remaining variance comes first. */
static void pivot(ew_space_frame *f, arb_srcptr left, slong from)
{
    slong best = from, n = f->n;
    for (slong a = from + 1; a < n; a++)
        if (arf_cmp(arb_midref(left + f->order[a] * (n + 1)),
                    arb_midref(left + f->order[best] * (n + 1))) > 0)
            best = a;
    slong t = f->order[from];
    f->order[from] = f->order[best];
    f->order[best] = t;
}

/* x = mid(x), at most 1 in absolute value. */
static void settle(arb_t x)
{
    arb_get_mid_arb(x, x);
    if (arf_cmpabs_2exp_si(arb_midref(x), 0) > 0)
        arb_set_si(x, arf_sgn(arb_midref(x)));
}

/* Column `at` of R (rows by variables) and its part of what is left. */
static void eliminate(ew_space_frame *f, arb_ptr R, arb_ptr left, slong at, slong prec)
{
    slong n = f->n, p = f->order[at];
    arb_t t;
    arb_init(t);
    arb_set_round(f->tau + at, left + p * (n + 1), prec);
    arb_get_mid_arb(f->tau + at, f->tau + at);
    arb_one(R + p * n + at);
    for (slong b = at + 1; b < n; b++) {
        slong v = f->order[b];
        arb_div(R + v * n + at, left + v * n + p, f->tau + at, prec);
        settle(R + v * n + at);
    }
    for (slong b = at + 1; b < n; b++)
        for (slong c = at + 1; c < n; c++) {
            arb_ptr x = left + f->order[b] * n + f->order[c];
            arb_mul(t, R + f->order[b] * n + at, R + f->order[c] * n + at, prec);
            arb_submul(x, t, f->tau + at, prec);
            arb_get_mid_arb(x, x);
        }
    arb_clear(t);
}

static void set_off(ew_space_frame *f, arb_srcptr gram, arb_srcptr R, slong prec)
{
    slong n = f->n;
    arb_t x, t;
    arb_init(x);
    arb_init(t);
    for (slong a = 0; a < n; a++)
        for (slong b = 0; b < n; b++) {
            arb_set(x, gram + a * n + b);
            for (slong k = 0; k < f->rank; k++) {
                arb_mul(t, R + a * n + k, R + b * n + k, prec);
                arb_submul(x, t, f->tau + k, prec);
            }
            arb_get_mag(f->off + a * n + b, x);
        }
    arb_clear(x);
    arb_clear(t);
}

static void set_places(ew_space_frame *f, arb_srcptr R)
{
    slong n = f->n;
    for (slong a = 0; a < n; a++) {
        f->taud[a] = arf_get_d(arb_midref(f->tau + a), ARF_RND_NEAR);
        for (slong b = 0; b < n; b++) {
            arb_ptr x = f->R + a * n + b;
            arb_set(x, R + f->order[a] * n + b);
            f->Rd[a][b] = fabs(arf_get_d(arb_midref(x), ARF_RND_UP));
        }
    }
}

void ew_space_frame_set(ew_space_frame *f, arb_srcptr gram, slong prec)
{
    slong n = f->n, wp = prec + 24;
    arb_ptr left = _arb_vec_init(n * n), R = _arb_vec_init(n * n);
    arf_t least;
    arf_init(least);
    for (slong i = 0; i < n * n; i++)
        arb_get_mid_arb(left + i, gram + i);
    for (slong a = 0; a < n; a++)
        f->order[a] = a;
    pivot(f, left, 0);
    arf_mul_2exp_si(least, arb_midref(left + f->order[0] * (n + 1)), -prec);
    _arb_vec_zero(f->tau, n);
    for (f->rank = 0; f->rank < n; f->rank++) {
        pivot(f, left, f->rank);
        arf_srcptr top = arb_midref(left + f->order[f->rank] * (n + 1));
        if (arf_sgn(top) <= 0 || arf_cmp(top, least) <= 0)
            break;
        eliminate(f, R, left, f->rank, wp);
    }
    set_places(f, R);
    set_off(f, gram, R, 4 * wp);
    arf_clear(least);
    _arb_vec_clear(left, n * n);
    _arb_vec_clear(R, n * n);
}

#include "arith/symmetric.h"

#include <stdlib.h>

#define MOST_SWEEPS 100

void ew_symmetric_init(ew_symmetric *s, slong n)
{
    s->n = n;
    arb_mat_init(s->v, n, n);
    s->d = _arb_vec_init(n);
    mag_init(s->residual);
    mag_init(s->skew);
    mag_init(s->error);
}

void ew_symmetric_clear(ew_symmetric *s)
{
    arb_mat_clear(s->v);
    _arb_vec_clear(s->d, s->n);
    mag_clear(s->residual);
    mag_clear(s->skew);
    mag_clear(s->error);
}

/* ---- rotations of exact numbers ---- */

/* The middles being rotated: b symmetric, kept in full. */
typedef struct {
    slong n, prec;
    arb_mat_t b;
    arf_t c, s, t, u, w;
} rotor;

static void rotor_init(rotor *r, const arb_mat_t a, slong prec)
{
    r->n = arb_mat_nrows(a);
    r->prec = prec;
    arb_mat_init(r->b, r->n, r->n);
    for (slong i = 0; i < r->n; i++)
        for (slong j = 0; j < r->n; j++)
            arf_set(arb_midref(arb_mat_entry(r->b, i, j)),
                    arb_midref(arb_mat_entry(a, j <= i ? i : j, j <= i ? j : i)));
    arf_init(r->c);
    arf_init(r->s);
    arf_init(r->t);
    arf_init(r->u);
    arf_init(r->w);
}

static void rotor_clear(rotor *r)
{
    arb_mat_clear(r->b);
    arf_clear(r->c);
    arf_clear(r->s);
    arf_clear(r->t);
    arf_clear(r->u);
    arf_clear(r->w);
}

static arf_ptr entry(arb_mat_t m, slong i, slong j)
{
    return arb_midref(arb_mat_entry(m, i, j));
}

/* (x, y) becomes (c x - s y, s x + c y). */
static void rotate(arf_ptr x, arf_ptr y, rotor *r)
{
    slong prec = r->prec;
    arf_mul(r->u, r->c, x, prec, ARF_RND_DOWN);
    arf_submul(r->u, r->s, y, prec, ARF_RND_DOWN);
    arf_mul(r->w, r->s, x, prec, ARF_RND_DOWN);
    arf_addmul(r->w, r->c, y, prec, ARF_RND_DOWN);
    arf_swap(x, r->u);
    arf_swap(y, r->w);
}

/* The cosine and sine that make (p, q) vanish: t = 1/(x + sign(x) sqrt(x^2 + 1)), x = (b_qq -
 * b_pp)/(2 b_pq), is the tangent of at most 45 degrees. */
static void choose_angle(rotor *r, slong p, slong q)
{
    slong prec = r->prec;
    arf_sub(r->u, entry(r->b, q, q), entry(r->b, p, p), prec, ARF_RND_DOWN);
    arf_mul_2exp_si(r->w, entry(r->b, p, q), 1);
    arf_div(r->u, r->u, r->w, prec, ARF_RND_DOWN);
    arf_mul(r->w, r->u, r->u, prec, ARF_RND_DOWN);
    arf_add_ui(r->w, r->w, 1, prec, ARF_RND_DOWN);
    arf_sqrt(r->w, r->w, prec, ARF_RND_DOWN);
    if (arf_sgn(r->u) < 0)
        arf_neg(r->w, r->w);
    arf_add(r->t, r->u, r->w, prec, ARF_RND_DOWN);
    arf_ui_div(r->t, 1, r->t, prec, ARF_RND_DOWN);
    arf_mul(r->w, r->t, r->t, prec, ARF_RND_DOWN);
    arf_add_ui(r->w, r->w, 1, prec, ARF_RND_DOWN);
    arf_rsqrt(r->c, r->w, prec, ARF_RND_DOWN);
    arf_mul(r->s, r->t, r->c, prec, ARF_RND_DOWN);
}

/* Near what rounding leaves of the whole matrix anyway. */
#define SPARE_BITS 10

static int is_small(rotor *r, slong p, slong q, const arf_t size)
{
    arf_mul_2exp_si(r->u, entry(r->b, p, q), r->prec - SPARE_BITS);
    return arf_cmpabs(r->u, size) <= 0;
}

/* One sweep; the number of rotations. */
static slong sweep(rotor *r, arb_mat_t v, const arf_t size)
{
    slong count = 0;
    for (slong p = 0; p < r->n; p++)
        for (slong q = p + 1; q < r->n; q++) {
            if (is_small(r, p, q, size))
                continue;
            count++;
            choose_angle(r, p, q);
            for (slong k = 0; k < r->n; k++)
                rotate(entry(r->b, k, p), entry(r->b, k, q), r);
            for (slong k = 0; k < r->n; k++) {
                rotate(entry(r->b, p, k), entry(r->b, q, k), r);
                rotate(entry(v, p, k), entry(v, q, k), r);
            }
        }
    return count;
}

/* ---- order and bounds ---- */

static void sort(ew_symmetric *s, rotor *r)
{
    for (slong i = 0; i < s->n; i++)
        arf_set(arb_midref(s->d + i), entry(r->b, i, i));
    for (slong i = 0; i < s->n; i++) {
        slong least = i;
        for (slong j = i + 1; j < s->n; j++)
            if (arf_cmp(arb_midref(s->d + j), arb_midref(s->d + least)) < 0)
                least = j;
        if (least == i)
            continue;
        arb_swap(s->d + i, s->d + least);
        for (slong k = 0; k < s->n; k++)
            arb_swap(arb_mat_entry(s->v, i, k), arb_mat_entry(s->v, least, k));
    }
}

static void norm(mag_t x, const arb_mat_t a, slong prec)
{
    arb_t f;
    arb_init(f);
    arb_mat_frobenius_norm(f, a, prec);
    arb_get_mag(x, f);
    arb_clear(f);
}

/* With v^T = Q P, Q orthogonal, |P - 1| <= skew: Q^T A Q = P D P^-1 + Q^T R^T P^-1 differs from
 * D by at most (|R| + 2 skew |D|)/(1 - skew), which then bounds the shift of every eigenvalue
 * (Weyl). */
static void bound_eigenvalues(ew_symmetric *s)
{
    mag_t most, x, y;
    mag_init(most);
    mag_init(x);
    mag_init(y);
    for (slong i = 0; i < s->n; i++) {
        arb_get_mag(x, s->d + i);
        mag_max(most, most, x);
    }
    mag_mul(x, s->skew, most);
    mag_mul_2exp_si(x, x, 1);
    mag_add(x, x, s->residual);
    mag_one(y);
    mag_sub_lower(y, y, s->skew);
    if (mag_is_zero(y))
        mag_inf(s->error);
    else
        mag_div(s->error, x, y);
    mag_clear(most);
    mag_clear(x);
    mag_clear(y);
}

static void bound(ew_symmetric *s, const arb_mat_t a, slong prec)
{
    slong n = s->n;
    arb_mat_t x, y;
    arb_mat_init(x, n, n);
    arb_mat_init(y, n, n);
    arb_mat_mul(x, s->v, a, prec);
    for (slong i = 0; i < n; i++)
        for (slong k = 0; k < n; k++)
            arb_submul(arb_mat_entry(x, i, k), s->d + i, arb_mat_entry(s->v, i, k), prec);
    norm(s->residual, x, prec);
    arb_mat_transpose(x, s->v);
    arb_mat_mul(y, s->v, x, prec);
    for (slong i = 0; i < n; i++)
        arb_sub_ui(arb_mat_entry(y, i, i), arb_mat_entry(y, i, i), 1, prec);
    norm(s->skew, y, prec);
    bound_eigenvalues(s);
    arb_mat_clear(x);
    arb_mat_clear(y);
}

ew_status ew_symmetric_solve(ew_symmetric *s, const arb_mat_t a, slong prec, ew_context *ctx)
{
    rotor r;
    arf_t size;
    mag_t m;
    ew_status status = EW_OK;
    rotor_init(&r, a, prec);
    arf_init(size);
    mag_init(m);
    norm(m, a, 30);
    arf_set_mag(size, m);
    arb_mat_one(s->v);
    slong left = 1;
    for (int i = 0; i < MOST_SWEEPS && left > 0 && status == EW_OK; i++) {
        left = sweep(&r, s->v, size);
        status = ew_poll(ctx);
    }
    sort(s, &r);
    bound(s, a, prec);
    rotor_clear(&r);
    arf_clear(size);
    mag_clear(m);
    return status;
}

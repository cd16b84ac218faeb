#include "expect/dual/spectrum_piece.h"

#include <math.h>
#include <stdlib.h>

#include "expect/dual/hermite.h"
#include "expect/evaluator.h"

#define POINTS EW_SPECTRUM_POINTS
#define STEP EW_SPECTRUM_STEP
#define TERMS EW_SPECTRUM_TAYLOR
#define SHIFT (52 - EW_SPECTRUM_BITS)
#define REST_BITS 57  /* sum k a_k^2 left out, against the whole */
#define BASE_BITS 88  /* precision against |a|, at ordinary variances */
#define FAST_BITS 76  /* what pairs of doubles reach */
#define FAST_EXCESS 6 /* and no use where |a|_1 is smaller than |a| by more bits */
#define NODE_BITS 140 /* of the Chebyshev points, less than BITS by a margin */
#define BITS EW_INTERPOLATION_BITS

typedef struct {
    ew_evaluator *E;
    ew_spectrum_piece *p;
    const ew_spectrum_means *with;
    const ew_interpolation *points; /* of those */
    ew_spectrum_bounds bound;
    arb_t low, middle, high;
    slong n, prec, room;
    int fast;      /* coefficients by pairs of doubles */
    arb_ptr node;  /* [POINTS]: exact, and as good as Chebyshev points */
    arb_ptr value; /* [k][POINTS] */
    arb_ptr coef;  /* [POINTS][k]: of w^m */
    mag_ptr off;   /* [k]: what the computed polynomials are off by */
} maker;

static double from_key(uint64_t key)
{
    union {
        uint64_t bits;
        double x;
    } u = {key << SHIFT};
    return u.x;
}

static void maker_init(maker *m, ew_spectrum_piece *p, ew_evaluator *E,
                       const ew_spectrum_means *with)
{
    *m = (maker){.E = E, .p = p, .with = with, .points = &with->points};
    ew_spectrum_bounds_init(&m->bound);
    arb_init(m->low);
    arb_init(m->middle);
    arb_init(m->high);
    arb_set_d(m->low, from_key(p->key));
    arb_set_d(m->high, from_key(p->key + 1));
    arb_add(m->middle, m->low, m->high, BITS);
    arb_mul_2exp_si(m->middle, m->middle, -1);
    m->node = _arb_vec_init(POINTS);
}

static void maker_clear(maker *m)
{
    _arb_vec_clear(m->node, POINTS);
    if (m->value)
        _arb_vec_clear(m->value, m->room);
    if (m->coef)
        _arb_vec_clear(m->coef, m->n * POINTS);
    if (m->off)
        _mag_vec_clear(m->off, m->n);
    arb_clear(m->low);
    arb_clear(m->middle);
    arb_clear(m->high);
    ew_spectrum_bounds_clear(&m->bound);
}

/* ---- how many coefficients -------------------------------------------------------------- */

/* By how many bits the norm exceeds what is wanted of the norm |.|_1. */
static double excess(const arb_ptr whole)
{
    mag_t a, b;
    mag_init(a);
    mag_init(b);
    arb_get_mag(a, whole);
    arb_get_mag_lower(b, whole + 1);
    double bits =
        mag_is_zero(b) ? 0 : (mag_get_d_log2_approx(a) - mag_get_d_log2_approx(b)) / 2;
    mag_clear(a);
    mag_clear(b);
    return fmin(fmax(bits, 0), 4000);
}

/* sum of k a_k^2, first <= k < last */
static void add_squares(arb_t sum, arb_srcptr a, slong first, slong last, slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong k = first; k < last; k++) {
        arb_mul(t, a + k, a + k, prec);
        arb_addmul_ui(sum, t, (ulong) k, prec);
    }
    arb_clear(t);
}

/* Of n, n - STEP, ... the least after which little enough is left, n if none. */
static slong enough(int *reached, arb_srcptr a, const arb_t whole, slong n, slong prec)
{
    arb_t rest, target;
    arb_init(rest);
    arb_init(target);
    add_squares(rest, a, 0, n, prec);
    arb_sub(rest, whole, rest, prec);
    arb_mul_2exp_si(target, whole, -REST_BITS);
    *reached = arb_le(rest, target);
    for (; *reached && n > STEP; n -= STEP) {
        add_squares(rest, a, n - STEP, n, prec);
        if (!arb_le(rest, target))
            break;
    }
    arb_clear(target);
    arb_clear(rest);
    return n;
}

static slong most_of(const maker *m)
{
    return m->fast ? EW_SPECTRUM_MOST : EW_SPECTRUM_SLOW;
}

/* value[k points + p] = a_k(K[p]), k < *n; fewer in balls, which take over where pairs of
 * doubles do not do. */
static ew_status coefficients(arb_ptr value, slong *n, maker *m, arb_srcptr K, slong points,
                              ew_context *ctx)
{
    const ew_monomial s = {0, {1}};
    ew_status status = EW_OK;
    if (m->fast) {
        status =
            ew_hermite_several(value, m->E, m->low, m->high, K, points, *n, FAST_BITS, ctx);
        if (status != EW_UNABLE)
            return status;
        ew_clear(ctx);
        m->fast = 0;
        status = EW_OK;
    }
    *n = FLINT_MIN(*n, most_of(m));
    arb_ptr a = _arb_vec_init(*n);
    for (slong p = 0; p < points && status == EW_OK; p++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = ew_expect_hermite(a, NULL, m->E, &s, *n - 1, K + p, m->prec, ctx);
        for (slong k = 0; k < *n; k++)
            arb_swap(value + k * points + p, a + k);
    }
    _arb_vec_clear(a, *n);
    return status;
}

/* How many coefficients there should be at the upper end of the piece, where they fall most
 * slowly; and half as many again, since what is left out meets the coefficients of another
 * point there, which are larger at a larger K. */
static ew_status choose(maker *m, ew_context *ctx)
{
    arb_ptr whole = _arb_vec_init(2);
    ew_status status = ew_spectrum_wholes(whole, m->E, m->low, 64, ctx);
    const double beyond = excess(whole);
    m->prec = BASE_BITS + (slong) beyond;
    m->fast = m->p->orders == 0 && beyond <= FAST_EXCESS;
    if (m->with->tail) {
        m->n = m->with->tail->n;
        _arb_vec_clear(whole, 2);
        return status;
    }
    if (status == EW_OK)
        status = ew_spectrum_wholes(whole, m->E, m->high, m->prec, ctx);
    int reached = 0;
    for (slong n = STEP; status == EW_OK && !reached;) {
        slong asked = n;
        arb_ptr a = _arb_vec_init(n);
        status = coefficients(a, &n, m, m->high, 1, ctx);
        if (status == EW_OK)
            m->n = enough(&reached, a, whole + 1, n, m->prec);
        _arb_vec_clear(a, asked);
        if (n == most_of(m))
            break;
        slong next = m->fast ? 2 * n : (3 * n / 2 + STEP - 1) / STEP * STEP;
        n = FLINT_MIN(next, most_of(m));
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    if (reached && m->p->orders == 0)
        m->n = FLINT_MIN((3 * m->n / 2 + STEP - 1) / STEP * STEP, most_of(m));
    _arb_vec_clear(whole, 2);
    return status;
}

/* Chebyshev points to NODE_BITS bits, and what that changes the values by. */
static void set_nodes(maker *m, mag_t error)
{
    arb_t half;
    arb_init(half);
    arb_sub(half, m->high, m->middle, BITS);
    for (slong i = 0; i < POINTS; i++) {
        arb_ptr K = m->node + i;
        arb_mul(K, half, m->points->point + i, BITS);
        arb_add(K, K, m->middle, BITS);
        arb_get_mid_arb(K, K);
    }
    arb_clear(half);
    mag_mul_2exp_si(error, m->bound.move, -NODE_BITS);
}

/* By how many bits Taylor's series may enlarge errors: (n x)^j/j! at the least, j its last
 * term. */
static slong series_bits(slong n)
{
    return (slong) (TERMS * log2((double) (n + 2 * TERMS) / 9) - lgamma(TERMS + 1) / log(2)) +
           20;
}

/* Kinked s: one set of coefficients, at the middle, serves all nodes. */
static ew_status shift_values(maker *m, ew_context *ctx)
{
    ew_monomial s = {0, {1}};
    const slong n = m->n, prec = m->prec + FLINT_MAX(series_bits(n), 20);
    arb_ptr c = _arb_vec_init(n + 2 * TERMS), a = _arb_vec_init(n * POINTS);
    arb_ptr step = _arb_vec_init(POINTS);
    ew_status status =
        ew_expect_hermite(c, NULL, m->E, &s, n + 2 * TERMS - 1, m->middle, prec, ctx);
    for (slong i = 0; i < POINTS; i++) {
        arb_sub(step + i, m->node + i, m->middle, prec);
        arb_div(step + i, step + i, m->middle, prec);
    }
    if (status == EW_OK)
        ew_spectrum_shift(a, c, n, step, POINTS, prec);
    for (slong k = 0; k < n; k++)
        for (slong i = 0; i < POINTS; i++)
            arb_swap(m->value + k * POINTS + i, a + i * n + k);
    _arb_vec_clear(step, POINTS);
    _arb_vec_clear(a, n * POINTS);
    _arb_vec_clear(c, n + 2 * TERMS);
    return status;
}

/* The values miss what Taylor's series leaves: in norm, and so do polynomials through them, by
 * the Lebesgue constant. */
static void take_taylor(maker *m)
{
    ew_spectrum_bounds *b = &m->bound;
    mag_t x;
    mag_init(x);
    mag_mul_ui(x, b->taylor, 11);
    mag_mul_2exp_si(x, x, -2);
    mag_add(b->interpolation, b->interpolation, x);
    mag_mul_ui(x, b->taylor1, 11);
    mag_mul_2exp_si(x, x, -2);
    mag_add(b->interpolation1, b->interpolation1, x);
    mag_clear(x);
}

static ew_status set_values(maker *m, ew_context *ctx)
{
    mag_t error;
    mag_init(error);
    set_nodes(m, error);
    m->room = m->n * POINTS;
    m->value = _arb_vec_init(m->room);
    if (m->with->tail) {
        take_taylor(m);
        mag_clear(error);
        return shift_values(m, ctx);
    }
    ew_status status = coefficients(m->value, &m->n, m, m->node, POINTS, ctx);
    for (slong i = 0; i < m->n * POINTS; i++)
        arb_add_error_mag(m->value + i, error);
    mag_clear(error);
    return status;
}

/* ---- tails ---------------------------------------------------------------------------------
 */

/* rest[j] = max(rest[j], sum of k a_k^2 over k >= j STEP) at one point. */
static ew_status add_tails(mag_ptr rest, const maker *m, slong point, ew_context *ctx)
{
    arb_t sum, t;
    mag_t x;
    arb_init(sum);
    arb_init(t);
    mag_init(x);
    arb_ptr whole = _arb_vec_init(2);
    ew_status status = ew_spectrum_wholes(whole, m->E, m->node + point, m->prec, ctx);
    mag_mul(x, m->bound.norm1, m->bound.taylor1); /* smooth s: 0 */
    mag_mul_2exp_si(x, x, 1);
    mag_addmul(x, m->bound.taylor1, m->bound.taylor1);
    arb_add_error_mag(whole + 1, x);
    for (slong k = 0; k < m->n; k++) {
        arb_srcptr a = m->value + k * POINTS + point;
        arb_mul(t, a, a, m->prec);
        arb_submul_ui(whole + 1, t, (ulong) k, m->prec);
    }
    arf_t top;
    arf_init(top);
    arb_get_ubound_arf(top, whole + 1, 64);
    if (arf_sgn(top) > 0)
        arb_set_arf(sum, top);
    arf_clear(top);
    for (slong j = m->n / STEP; j >= 0; j--) {
        for (slong k = j * STEP; k < (j + 1) * STEP && k < m->n; k++) {
            arb_srcptr a = m->value + k * POINTS + point;
            arb_mul(t, a, a, 64);
            arb_addmul_ui(sum, t, (ulong) k, 64);
        }
        arb_get_mag(x, sum);
        mag_max(rest + j, rest + j, x);
    }
    _arb_vec_clear(whole, 2);
    mag_clear(x);
    arb_clear(t);
    arb_clear(sum);
    return status;
}

static double upper(const mag_t x)
{
    return nextafter(mag_get_d(x), INFINITY);
}

/* What interpolates the tails is at most their largest times the Lebesgue constant, which is
 * (2/pi) ln(n + 1) + 1 < 11/4. */
static ew_status set_tails(maker *m, ew_context *ctx)
{
    slong n = m->n / STEP + 1;
    m->p->tail = ew_alloc((size_t) n * sizeof *m->p->tail, ctx);
    mag_ptr rest = _mag_vec_init(n);
    ew_status status = m->p->tail ? EW_OK : EW_MEMORY;
    for (slong point = 0; point < POINTS && status == EW_OK; point++)
        status = add_tails(rest, m, point, ctx);
    for (slong j = 0; j < n && status == EW_OK; j++) {
        mag_sqrt(rest + j, rest + j);
        mag_mul_ui(rest + j, rest + j, 11);
        mag_mul_2exp_si(rest + j, rest + j, -2);
        mag_add(rest + j, rest + j, m->bound.interpolation1);
        m->p->tail[j] = upper(rest + j);
    }
    _mag_vec_clear(rest, n);
    return status;
}

/* ---- polynomials ---------------------------------------------------------------------------
 */

static void set_class(ew_spectrum_piece *p, ew_parity parity, slong n)
{
    p->n = n;
    p->count[0] = parity == EW_PARITY_ODD ? 0 : n / 2;
    p->count[1] = parity == EW_PARITY_EVEN ? 0 : n / 2;
}

/* own2, own12 += the squares of what the coefficients of a_k are off by, rounded. */
static void set_coefficient(maker *m, slong k, mag_t own2, mag_t own12)
{
    ew_spectrum_piece *p = m->p;
    slong count = p->count[k % 2];
    mag_t error;
    mag_init(error);
    arb_ptr y = m->value + k * POINTS;
    ew_interpolation_radii(error, y, 1, POINTS);
    for (slong j = 0; j < POINTS; j++) {
        arb_ptr c = m->coef + j * m->n + k;
        arb_dot(c, NULL, 0, m->points->map + j * POINTS, 1, y, 1, POINTS, BITS);
        if (count > 0)
            ew_round_to(p->coef[k % 2] + j * count + k / 2, error, c);
    }
    if (count > 0)
        ew_horner_error(error, NULL, p->coef[k % 2] + k / 2, count, EW_SPECTRUM_DEGREE);
    mag_set(m->off + k, error);
    mag_mul(error, error, error);
    mag_add(own2, own2, error);
    mag_mul_ui(error, error, (ulong) k);
    mag_add(own12, own12, error);
    mag_clear(error);
}

static ew_status set_coefficients(maker *m, ew_context *ctx)
{
    ew_spectrum_piece *p = m->p;
    for (slong c = 0; c < 2; c++) {
        p->coef[c] =
            ew_alloc_zero((size_t) (p->count[c] * POINTS) + 1, sizeof *p->coef[c], ctx);
        if (!p->coef[c])
            return EW_MEMORY;
    }
    mag_t own2, own12;
    mag_init(own2);
    mag_init(own12);
    m->coef = _arb_vec_init(m->n * POINTS);
    m->off = _mag_vec_init(m->n);
    for (slong k = 0; k < m->n; k++)
        set_coefficient(m, k, own2, own12);
    mag_sqrt(own2, own2);
    mag_sqrt(own12, own12);
    mag_add(own2, own2, m->bound.interpolation);
    mag_add(own12, own12, m->bound.interpolation1);
    p->own = upper(own2);
    p->own1 = upper(own12);
    mag_clear(own12);
    mag_clear(own2);
    return EW_OK;
}

/* The square of a polynomial with these vectors for coefficients, weighted by 1 or k. */
static void gram(arb_ptr y, const maker *m, int weighted)
{
    arb_t t;
    arb_init(t);
    arb_ptr w = _arb_vec_init(m->n * POINTS);
    _arb_vec_set(w, m->coef, m->n * POINTS);
    for (slong j = 0; j < POINTS && weighted; j++)
        for (slong k = 0; k < m->n; k++)
            arb_mul_ui(w + j * m->n + k, w + j * m->n + k, (ulong) k, BITS);
    _arb_vec_zero(y, EW_SPECTRUM_SQUARE + 1);
    for (slong i = 0; i < POINTS; i++)
        for (slong j = 0; j <= i; j++) {
            arb_dot(t, NULL, 0, w + i * m->n, 1, m->coef + j * m->n, 1, m->n, BITS);
            if (j < i)
                arb_mul_2exp_si(t, t, 1);
            arb_add(y + i + j, y + i + j, t, BITS);
        }
    _arb_vec_clear(w, m->n * POINTS);
    arb_clear(t);
}

/* | |a|^2 - |c|^2 | <= 2 |a| e + e^2 + tail^2. */
static void set_square(double *c, double *bound, const maker *m, int weighted, double own,
                       const mag_t norm)
{
    mag_t error, e;
    mag_init(error);
    mag_init(e);
    arb_ptr y = _arb_vec_init(EW_SPECTRUM_SQUARE + 1);
    gram(y, m, weighted);
    mag_set_d(e, own);
    mag_mul(error, norm, e);
    mag_mul_2exp_si(error, error, 1);
    mag_addmul(error, e, e);
    mag_set_d(e, m->p->tail[m->n / STEP]);
    mag_addmul(error, e, e);
    for (slong j = 0; j <= EW_SPECTRUM_SQUARE; j++)
        ew_round_to(c + j, error, y + j);
    ew_horner_error(error, NULL, c, 1, EW_SPECTRUM_SQUARE);
    *bound = upper(error);
    _arb_vec_clear(y, EW_SPECTRUM_SQUARE + 1);
    mag_clear(e);
    mag_clear(error);
}

/* 2 <a, a'>: what a, a' and the tail are off by, and roundings of a polynomial of degree 23 in
 * the length of the piece: crude, since it multiplies an error only. */
static double rate_error(const ew_spectrum_piece *p, const ew_spectrum_bounds *b)
{
    double e = p->own, d = upper(b->derivative), size = 0;
    double tail = p->tail[p->n / STEP];
    for (slong j = 0; j <= EW_SPECTRUM_SQUARE; j++)
        size += (double) j * fabs(p->square[j]);
    return 2 * (upper(b->norm) * d + p->move * e + e * d + tail * (p->move + d)) +
           0x1p-40 * size;
}

/* |a|^2 and |a|_1^2. */
static ew_status set_squares(maker *m, ew_context *ctx)
{
    ew_spectrum_piece *p = m->p;
    if (m->with->tail) {
        arb_t half;
        arb_init(half);
        arb_sub(half, m->high, m->middle, BITS);
        ew_status status =
            ew_spectrum_set_wholes(p, m->E, &m->with->squares, m->middle, half, ctx);
        arb_clear(half);
        return status;
    }
    set_square(p->square, &p->square_error, m, 0, p->own, m->bound.norm);
    set_square(p->slope, &p->slope_error, m, 1, p->own1, m->bound.norm1);
    p->rate_error = rate_error(p, &m->bound);
    return EW_OK;
}

/* Of a_k, k < n, in J_1 max(z, 0) at variance 1 sum k (k - 1) a_k^2 is the sum over 1 <= i <
 * n/2 of 2 i/(2 i - 1) w_i/2pi <= pi^(-3/2) i^(-1/2), w_i being at most (pi i)^(-1/2): in all
 * at most 2 pi^(-3/2) (n/2)^(1/2); `jump` has 8^(-1/4) for a factor. */
static void set_bends(maker *m)
{
    ew_spectrum_piece *p = m->p;
    p->jump = mag_is_zero(m->bound.jump) ? 0 : upper(m->bound.jump);
    p->curvature = upper(m->bound.curvature);
    double of_jump = p->jump * sqrt(1.02 * sqrt((double) p->n / 2));
    p->bend = (of_jump + p->curvature) * (of_jump + p->curvature) * (1 + 0x1p-40);
}

/* The numbers of the tail, each with its rounding, in both norms. */
static void set_beyond(maker *m)
{
    const ew_dual_tail *d = m->with->tail;
    ew_spectrum_piece *p = m->p;
    double size[2][EW_TAIL_ORDERS];
    ew_dual_tail_size(size, d, from_key(p->key + 1));
    for (int c = 0; c < 2; c++)
        for (slong i = 0; i < d->orders; i++) {
            p->beyond += size[c][i] * sqrt(d->one[c][2 * i]) * (1 + 0x1p-40);
            p->beyond1 += size[c][i] * sqrt(d->one1[c][2 * i]) * (1 + 0x1p-40);
        }
    p->rest = upper(m->bound.rest) + 0x1p-47 * p->beyond;
    p->rest1 = upper(m->bound.rest1) + 0x1p-47 * p->beyond1;
}

static ew_status set_polynomials(maker *m, ew_context *ctx)
{
    ew_spectrum_piece *p = m->p;
    ew_status status = set_coefficients(m, ctx);
    if (status == EW_OK)
        status = set_squares(m, ctx);
    p->move = upper(m->bound.move);
    p->move1 = upper(m->bound.move1);
    p->move2 = upper(m->bound.move2);
    set_bends(m);
    if (m->with->tail)
        set_beyond(m);
    return status;
}

ew_status ew_spectrum_piece_make(ew_spectrum_piece *p, ew_evaluator *E,
                                 const ew_spectrum_means *with, ew_context *ctx)
{
    maker m;
    maker_init(&m, p, E, with);
    ew_status status = ew_spectrum_bounds_set(&m.bound, E, m.low, m.high, p->orders, with->tail,
                                              with->jump, ctx);
    if (status == EW_OK)
        status = choose(&m, ctx);
    if (status == EW_OK && p->orders > 0)
        status = ew_spectrum_orders_choose(&m.n, &m.prec, E, m.low, m.high, p->orders, ctx);
    if (status == EW_OK)
        status = set_values(&m, ctx);
    if (status == EW_OK)
        status = set_tails(&m, ctx);
    if (status == EW_OK) {
        set_class(p, with->s->parity, m.n);
        status = set_polynomials(&m, ctx);
    }
    if (status == EW_OK && p->orders > 0)
        status = ew_spectrum_orders_set(p, E, &m.bound, m.node, m.value, m.off, m.prec, ctx);
    maker_clear(&m);
    return status;
}

void ew_spectrum_piece_clear(ew_spectrum_piece *p)
{
    free(p->coef[0]);
    free(p->coef[1]);
    free(p->tail);
    for (slong i = 0; p->order && i < p->orders; i++)
        free(p->order[i].tail);
    free(p->order);
}

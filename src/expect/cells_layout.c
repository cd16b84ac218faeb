/* How the lines u = kink and v = kink cut the plane. */
#include "expect/cells.h"

#include <stdlib.h>

/* Places are compared at this many times the working precision: what cannot be told apart then
 * is nearer than any error that matters, and the gap is accounted for. */
enum { FINE = 8 };

void ew_layout_init(ew_layout *L)
{
    ew_frame_init(&L->frame);
    arb_init(L->K);
    arb_init(L->c);
    arb_init(L->tau);
    arb_init(L->root_tau);
    arb_init(L->root_k);
    arb_init(L->U);
    arb_init(L->W);
    mag_init(L->blur);
    L->lines = L->strips = 0;
    L->line = NULL;
    L->strip = NULL;
}

void ew_layout_clear(ew_layout *L)
{
    for (slong i = 0; i < L->lines; i++) {
        arb_clear(L->line[i].a);
        arb_clear(L->line[i].b);
        arb_clear(L->line[i].d);
        arb_clear(L->line[i].e);
    }
    for (slong i = 0; i < L->strips; i++) {
        arb_clear(L->strip[i].lo);
        arb_clear(L->strip[i].hi);
        free(L->strip[i].region);
    }
    free(L->line);
    free(L->strip);
    ew_frame_clear(&L->frame);
    arb_clear(L->K);
    arb_clear(L->c);
    arb_clear(L->tau);
    arb_clear(L->root_tau);
    arb_clear(L->root_k);
    arb_clear(L->U);
    arb_clear(L->W);
    mag_clear(L->blur);
}

/* An exact number near sqrt(8 ln 2 bits variance): P(|g| > it) <= 2^(-4 bits). */
static void cut_off(arb_t x, const arb_t root, double bits)
{
    arb_set_d(x, 5.6 * bits); /* 8 ln 2 < 5.6 */
    arb_sqrt(x, x, 53);
    arb_mul(x, x, root, 53);
    arb_get_mid_arb(x, x);
}

static void set_frame(ew_layout *L, const ew_box *box, double bits_u, double bits_w, slong prec)
{
    ew_frame_set(&L->frame, box);
    arb_set_fmpq(L->K, L->frame.qk, prec);
    arb_set_fmpq(L->c, L->frame.qc, prec);
    if (L->frame.sign < 0)
        arb_neg(L->c, L->c);
    arb_set_fmpq(L->tau, L->frame.qtau, prec);
    arb_sqrt(L->root_tau, L->tau, prec);
    arb_sqrt(L->root_k, L->K, prec);
    L->flat = fmpq_is_zero(L->frame.qtau);
    cut_off(L->U, L->root_k, bits_u);
    cut_off(L->W, L->root_tau, bits_w);
}

static ew_line2 *add_line(ew_layout *L, int of_v)
{
    ew_line2 *l = L->line + L->lines++;
    arb_init(l->a);
    arb_init(l->b);
    arb_init(l->d);
    arb_init(l->e);
    l->of_v = of_v;
    return l;
}

/* u = place */
static void add_outer(ew_layout *L, const arb_t place, slong prec)
{
    ew_line2 *l = add_line(L, 0);
    arb_set(l->a, place);
    arb_mul(l->d, L->c, place, prec);
    arb_one(l->e);
}

/* v = place: u = (place - w)/c */
static void add_inner(ew_layout *L, const arb_t place, slong prec)
{
    ew_line2 *l = add_line(L, 1);
    arb_set(l->d, place);
    arb_div(l->a, place, L->c, prec);
    arb_inv(l->b, L->c, prec);
    arb_neg(l->b, l->b);
}

/* The rim |u| = U, then a line or two for each kink. */
static ew_status set_lines(ew_layout *L, const ew_activation *s, slong prec, ew_context *ctx)
{
    arb_t place;
    L->line = ew_alloc((size_t) (2 + 2 * s->kinks) * sizeof *L->line, ctx);
    if (!L->line)
        return EW_MEMORY;
    arb_init(place);
    arb_neg(place, L->U);
    add_outer(L, place, prec);
    add_outer(L, L->U, prec);
    for (slong i = 0; i < s->kinks; i++) {
        ew_expr_constant(place, s->kink[i], prec);
        add_outer(L, place, prec);
        if (!arb_is_zero(L->c))
            add_inner(L, place, prec);
    }
    arb_clear(place);
    return EW_OK;
}

static int by_middle(const void *x, const void *y)
{
    return arf_cmp(arb_midref((arb_srcptr) x), arb_midref((arb_srcptr) y));
}

/* Sorted places, those that overlap made one; what lies between them counts as a gap. */
static void merge(arb_ptr x, slong *n, mag_t gaps)
{
    slong kept = 0;
    mag_t t;
    mag_init(t);
    qsort(x, (size_t) *n, sizeof *x, by_middle);
    for (slong i = 0; i < *n; i++) {
        if (kept > 0 && arb_overlaps(x + kept - 1, x + i))
            arb_union(x + kept - 1, x + kept - 1, x + i, 30000);
        else
            arb_swap(x + kept++, x + i);
    }
    for (slong i = 0; i < kept; i++) {
        mag_mul_2exp_si(t, arb_radref(x + i), 1);
        mag_add(gaps, gaps, t);
    }
    *n = kept;
    mag_clear(t);
}

/* Where lines cross inside |w| < W (0 < w < W by symmetry), with both ends. */
static void crossings(arb_ptr x, slong *n, const ew_layout *L, const ew_activation *s,
                      slong prec)
{
    arb_t place, low;
    arb_init(place);
    arb_init(low);
    if (!L->half)
        arb_neg(low, L->W);
    *n = 0;
    arb_set(x + (*n)++, low);
    arb_set(x + (*n)++, L->W);
    for (slong j = 0; j < s->kinks; j++) {
        ew_expr_constant(place, s->kink[j], prec);
        for (slong i = 0; i < L->lines; i++) {
            if (L->line[i].of_v)
                continue;
            arb_sub(x + *n, place, L->line[i].d, prec);
            if (!arb_lt(x + *n, low) && !arb_gt(x + *n, L->W))
                (*n)++;
        }
    }
    arb_clear(place);
    arb_clear(low);
}

static const ew_expr *piece_at(const ew_activation *s, const arb_t z, slong prec)
{
    arb_t kink;
    slong i = 0;
    arb_init(kink);
    for (; i < s->kinks; i++) {
        ew_expr_constant(kink, s->kink[i], prec);
        if (arf_cmp(arb_midref(z), arb_midref(kink)) < 0)
            break;
    }
    arb_clear(kink);
    return s->piece[i].f;
}

typedef struct {
    arb_struct at;
    slong line;
} crossing_point;

static int by_place(const void *x, const void *y)
{
    return arf_cmp(arb_midref(&((const crossing_point *) x)->at),
                   arb_midref(&((const crossing_point *) y)->at));
}

/* The order of the lines at the middle of the strip is their order throughout.  *clear = 0 when
 * two of them cannot be told apart even there (flat layouts: a gap). */
static ew_status set_regions(ew_strip2 *strip, ew_layout *L, const ew_activation *s, slong prec,
                             ew_context *ctx)
{
    arb_t w, u, v;
    slong n = 0;
    crossing_point *p = ew_alloc((size_t) L->lines * sizeof *p, ctx);
    strip->n = 0;
    strip->region = ew_alloc((size_t) L->lines * sizeof *strip->region, ctx);
    if (!p || !strip->region) {
        free(p);
        return EW_MEMORY;
    }
    arb_init(w);
    arb_init(u);
    arb_init(v);
    arb_add(w, strip->lo, strip->hi, prec);
    arb_mul_2exp_si(w, w, -1);
    arb_get_mid_arb(w, w);
    for (slong i = 0; i < L->lines; i++) {
        arb_init(&p[n].at);
        arb_mul(&p[n].at, L->line[i].b, w, prec);
        arb_add(&p[n].at, &p[n].at, L->line[i].a, prec);
        p[n].line = i;
        arb_abs(u, &p[n].at);
        if (arb_gt(u, L->U))
            arb_clear(&p[n].at);
        else
            n++;
    }
    qsort(p, (size_t) n, sizeof *p, by_place);
    ew_status status = EW_OK;
    for (slong i = 0; i + 1 < n && status == EW_OK; i++) {
        if (arb_overlaps(&p[i].at, &p[i + 1].at)) {
            mag_t gap;
            mag_init(gap);
            if (!L->flat)
                status = ew_fail(ctx, EW_UNABLE, "kinks cannot be told apart");
            arb_sub(u, &p[i].at, &p[i + 1].at, 64);
            arb_get_mag(gap, u);
            mag_add(L->blur, L->blur, gap);
            mag_clear(gap);
            continue;
        }
        arb_add(u, &p[i].at, &p[i + 1].at, prec);
        arb_mul_2exp_si(u, u, -1);
        arb_mul(v, L->c, u, prec);
        arb_add(v, v, w, prec);
        strip->region[strip->n++] =
            (ew_region){p[i].line, p[i + 1].line, piece_at(s, u, prec), piece_at(s, v, prec)};
    }
    for (slong i = 0; i < n; i++)
        arb_clear(&p[i].at);
    free(p);
    arb_clear(w);
    arb_clear(u);
    arb_clear(v);
    return status;
}

static ew_status set_strips(ew_layout *L, const ew_activation *s, slong prec, ew_context *ctx)
{
    slong room = 2 + s->kinks * L->lines, n = 0;
    arb_ptr x = _arb_vec_init(room);
    ew_status status = EW_OK;
    if (L->flat)
        n = 2; /* w = 0 to 0 */
    else {
        crossings(x, &n, L, s, prec);
        merge(x, &n, L->blur);
    }
    L->strip = ew_alloc((size_t) n * sizeof *L->strip, ctx);
    if (!L->strip)
        status = EW_MEMORY;
    for (slong i = 0; i + 1 < n && status == EW_OK; i++) {
        ew_strip2 *t = L->strip + L->strips++;
        arb_init(t->lo);
        arb_init(t->hi);
        t->region = NULL;
        arb_set(t->lo, x + i);
        arb_set(t->hi, x + i + 1);
        status = set_regions(t, L, s, prec, ctx);
    }
    _arb_vec_clear(x, room);
    return status;
}

/* From lengths to probabilities: the density of w is below 1/(2 sqrt tau), that of u below
 * 1/(2 sqrt K). */
static void set_blur(ew_layout *L)
{
    mag_t t;
    mag_init(t);
    arb_get_mag_lower(t, L->flat ? L->root_k : L->root_tau);
    mag_div(L->blur, L->blur, t);
    mag_clear(t);
}

ew_status ew_layout_set(ew_layout *L, const ew_activation *s, const ew_box *box, double bits_u,
                        double bits_w, slong prec, ew_context *ctx)
{
    slong fine = L->fine = FINE * prec;
    set_frame(L, box, bits_u, bits_w, fine);
    L->half = s->parity != EW_PARITY_NONE && !L->flat;
    ew_status status = set_lines(L, s, fine, ctx);
    if (status == EW_OK)
        status = set_strips(L, s, fine, ctx);
    if (status == EW_OK)
        set_blur(L);
    arb_set_round(L->K, L->K, prec);
    arb_set_round(L->c, L->c, prec);
    arb_set_round(L->tau, L->tau, prec);
    arb_set_round(L->root_k, L->root_k, prec);
    arb_set_round(L->root_tau, L->root_tau, prec);
    return status;
}

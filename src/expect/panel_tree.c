#include "expect/panels.h"

#include "activation/jet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOX_DEPTH 5
#define BOX_BITS 64
#define FRAME_BITS 64

/* Semi-axes of the ellipse with foci +-1 and rho = 4: (4 +- 1/4)/2. */
#define AXIS_X 2.125
#define AXIS_Y 1.875

static void panel_free(ew_panel *p)
{
    if (p->len > 0)
        _mag_vec_clear(p->sup, p->len);
    mag_clear(p->reach);
    ew_nodes_clear(&p->nodes);
    free(p);
}

static void clear_growth(ew_side *s)
{
    for (slong i = 0; i < s->growths; i++)
        ew_majorant_clear(s->growth + i);
    free(s->growth);
    s->growth = NULL;
    s->growths = 0;
}

void ew_side_clear(ew_side *s)
{
    clear_growth(s);
    for (slong i = 0; i < s->panels; i++)
        panel_free(s->panel[i]);
    free(s->panel);
}

/* One side, appended. */
static void add_side(ew_side *side, slong *n, const ew_expr *f, const ew_expr *from,
                     const ew_expr *to, int sign)
{
    ew_side *s = side + (*n)++;
    s->f = f;
    s->from = from;
    s->to = to;
    s->sign = sign;
}

/* A piece is seen from 0 when it holds 0, so that panels shrink towards 0 exactly; otherwise
 * from its end nearer to 0. */
static void add_piece(ew_side *side, slong *n, const ew_piece *p)
{
    const ew_expr *lo = p->range.lo, *hi = p->range.hi;
    int left = lo ? ew_expr_sign(lo) : -1, right = hi ? ew_expr_sign(hi) : 1;
    if (right == -1) {
        add_side(side, n, p->f, hi, lo, -1);
    } else if (left == 1 || left == 2 || right == 2) {
        if (lo)
            add_side(side, n, p->f, lo, hi, 1);
        else
            add_side(side, n, p->f, hi, NULL, -1);
    } else {
        if (left == -1)
            add_side(side, n, p->f, NULL, lo, -1);
        if (right == 1)
            add_side(side, n, p->f, NULL, hi, 1);
    }
}

ew_status ew_sides_new(ew_side **out, slong *n, const ew_activation *s, ew_context *ctx)
{
    ew_side *side = ew_alloc_zero(2 * (size_t) s->n, sizeof *side, ctx);
    if (!side)
        return EW_MEMORY;
    *n = 0;
    for (slong i = 0; i < s->n; i++)
        add_piece(side, n, s->piece + i);
    *out = side;
    return EW_OK;
}

/* Growth of s on |y| <= d at the end: a wide strip if there is one, however far out; else a
 * narrow one, as log(1 + exp(50 z)) needs, whose cuts run along the end. */
static ew_status end_growth(ew_majorant *end, double *d, ew_side *s, ew_context *ctx)
{
    static const double band[][2] = {{1, 0x1p-2}, {0x1p-3, 0x1p-6}, {0x1p-7, 0x1p-10}};
    ew_status st = EW_UNABLE;
    for (int w = 0; w < 3 && st == EW_UNABLE; w++)
        for (double r = 1; r <= 128 && st == EW_UNABLE; r *= 2)
            for (*d = band[w][0]; *d >= band[w][1] && st == EW_UNABLE;) {
                st = ew_end_majorant(end, s->f, s->sign, r, *d, ctx);
                if (st == EW_OK)
                    s->inner = r + *d;
                else
                    *d /= 2;
            }
    return st;
}

/* Cauchy with radius d on the real line further out. */
ew_status ew_side_growth(ew_side *s, slong len, ew_context *ctx)
{
    ew_majorant end;
    double d;
    if (len <= s->growths)
        return EW_OK;
    clear_growth(s);
    ew_majorant_init(&end);
    ew_status st = end_growth(&end, &d, s, ctx);
    if (st == EW_OK) {
        ew_clear(ctx);
        s->growth = ew_alloc_zero((size_t) len, sizeof *s->growth, ctx);
        if (!s->growth)
            st = EW_MEMORY;
    }
    for (slong i = 0; i < len && !st; i++) {
        ew_majorant_init(s->growth + i);
        ew_majorant_cauchy(s->growth + i, &end, i, d);
        s->growths = i + 1;
    }
    ew_majorant_clear(&end);
    return st;
}

void ew_side_majorant(ew_majorant *m, const ew_monomial *f, const ew_side *s)
{
    ew_majorant t;
    ew_majorant_init(&t);
    mag_one(m->c);
    m->p = f->z;
    m->q = 0;
    for (slong i = 0; i < EW_JETS; i++)
        for (int e = 0; e < f->e[i]; e++) {
            ew_majorant_mul(&t, m, s->growth + i);
            ew_majorant_set(m, &t);
        }
    ew_majorant_clear(&t);
}

void ew_side_frame(arb_t base, arb_t scale, const ew_side *s, slong prec)
{
    if (s->from)
        ew_expr_constant(base, s->from, prec);
    else
        arb_zero(base);
    if (s->to) {
        ew_expr_constant(scale, s->to, prec);
        arb_sub(scale, scale, base, prec);
    } else {
        arb_set_si(scale, s->sign);
    }
}

/* base + scale t for a box t */
static void place_box(acb_t z, const arb_t base, const arb_t scale, double x0, double x1,
                      double y0, double y1)
{
    arb_t t;
    arb_init(t);
    arb_set_d(acb_realref(z), x0);
    arb_set_d(t, x1);
    arb_union(acb_realref(z), acb_realref(z), t, BOX_BITS);
    arb_set_d(acb_imagref(z), y0);
    arb_set_d(t, y1);
    arb_union(acb_imagref(z), acb_imagref(z), t, BOX_BITS);
    acb_mul_arb(z, z, scale, BOX_BITS);
    acb_add_arb(z, z, base, BOX_BITS);
    arb_clear(t);
}

/* A bound over the part of the ellipse in one rectangle of the upper half (f is real on the
 * real line, so conjugate points have equal moduli), subdividing where the box is not analytic.
 * Coordinates are exact binary fractions of the half width. */
typedef struct {
    const ew_side *side;
    arb_t base, scale; /* z = base + scale u, the panel being u in [-1, 1] */
    slong len;
    mag_ptr sup;
    acb_ptr jet;
    slong boxes;
} ellipse;

static int outside(double x0, double x1, double y0)
{
    double x = x0 > 0 ? x0 : x1 < 0 ? x1 : 0;
    /* strictly outside with room for the rounding of this test */
    return x * x / (AXIS_X * AXIS_X) + y0 * y0 / (AXIS_Y * AXIS_Y) > 1.0001;
}

static int bound_box(ellipse *L, double x0, double x1, double y0, double y1, int depth)
{
    acb_t z;
    mag_t m;
    int ok = 1;
    if (outside(x0, x1, y0))
        return 1;
    if (depth >= 1) {
        acb_init(z);
        mag_init(m);
        place_box(z, L->base, L->scale, x0, x1, y0, y1);
        L->boxes++;
        ew_jet(L->jet, L->side->f, z, L->len, 1, BOX_BITS);
        for (slong i = 0; i < L->len && ok; i++)
            ok = acb_is_finite(L->jet + i);
        for (slong i = 0; i < L->len && ok; i++) {
            acb_get_mag(m, L->jet + i);
            mag_max(L->sup + i, L->sup + i, m);
        }
        acb_clear(z);
        mag_clear(m);
        if (ok || depth >= BOX_DEPTH)
            return ok;
    }
    double x = 0.5 * (x0 + x1), y = 0.5 * (y0 + y1);
    return bound_box(L, x0, x, y0, y, depth + 1) && bound_box(L, x, x1, y0, y, depth + 1) &&
           bound_box(L, x0, x, y, y1, depth + 1) && bound_box(L, x, x1, y, y1, depth + 1);
}

/* z = base + scale (k + (1 + u)/2) 2^e */
static void panel_frame(arb_t base, arb_t scale, const ew_side *s, const ew_panel *p,
                        slong prec)
{
    arb_t t;
    arb_init(t);
    ew_side_frame(base, scale, s, prec);
    arb_mul_2exp_si(scale, scale, p->e - 1);
    arb_set_si(t, 2 * p->k + 1);
    arb_addmul(base, t, scale, prec);
    arb_clear(t);
}

static ew_status bound_panel(ew_panel *p, const ew_side *s, slong len, slong *boxes,
                             ew_context *ctx)
{
    ellipse L = {.side = s, .len = len};
    ew_status st = ew_poll(ctx);
    if (st)
        return st;
    arb_init(L.base);
    arb_init(L.scale);
    panel_frame(L.base, L.scale, s, p, FRAME_BITS);
    L.sup = _mag_vec_init(len);
    L.jet = _acb_vec_init(len);
    int ok = bound_box(&L, -AXIS_X, AXIS_X, 0, AXIS_Y, 0);
    *boxes += L.boxes;
    mag_t factorial;
    mag_init(factorial);
    for (slong i = 0; i < len; i++) {
        mag_fac_ui(factorial, (ulong) i);
        mag_mul(L.sup + i, L.sup + i, factorial);
    }
    if (p->len > 0)
        _mag_vec_clear(p->sup, p->len);
    p->sup = L.sup;
    p->len = len;
    if (!ok) {
        _mag_vec_clear(L.sup, len);
        p->sup = NULL;
        p->len = -1;
    }
    /* |z| <= |centre| + 17/8 half widths */
    arb_get_mag(p->reach, L.scale);
    mag_set_d(factorial, AXIS_X);
    mag_mul(p->reach, p->reach, factorial);
    arb_get_mag(factorial, L.base);
    mag_add(p->reach, p->reach, factorial);
    mag_clear(factorial);
    _acb_vec_clear(L.jet, len);
    arb_clear(L.base);
    arb_clear(L.scale);
    return EW_OK;
}

static ew_panel *find(const ew_side *s, slong k, slong e)
{
    for (slong i = 0; i < s->panels; i++)
        if (s->panel[i]->k == k && s->panel[i]->e == e)
            return s->panel[i];
    return NULL;
}

ew_status ew_side_panel(ew_panel **out, ew_side *s, slong k, slong e, slong len, slong *boxes,
                        ew_context *ctx)
{
    ew_panel *p = find(s, k, e);
    if (!p) {
        ew_panel **grow = ew_realloc(s->panel, (size_t) (s->panels + 1) * sizeof *grow, ctx);
        if (!grow)
            return EW_MEMORY;
        s->panel = grow;
        p = ew_alloc_zero(1, sizeof *p, ctx);
        if (!p)
            return EW_MEMORY;
        p->k = k;
        p->e = e;
        mag_init(p->reach);
        ew_nodes_init(&p->nodes, s->f, EW_PARITY_NONE, 0);
        s->panel[s->panels++] = p;
    }
    *out = p;
    return p->len < 0 || p->len >= len ? EW_OK : bound_panel(p, s, len, boxes, ctx);
}

void ew_panel_place(ew_place *where, const ew_side *s, const ew_panel *p)
{
    arb_t base, scale;
    mag_t centre, half, t;
    arb_init(base);
    arb_init(scale);
    mag_init(centre);
    mag_init(half);
    mag_init(t);
    panel_frame(base, scale, s, p, FRAME_BITS);
    arb_get_mag_lower(centre, base);
    arb_get_mag(half, scale);
    mag_set(where->half, half);
    mag_sub_lower(t, centre, half);
    where->segment = mag_get_d(t);
    mag_set_d(t, AXIS_X);
    mag_mul(t, t, half);
    mag_sub_lower(t, centre, t);
    where->x = mag_get_d(t);
    mag_set_d(t, AXIS_Y);
    mag_mul(t, t, half);
    where->y = mag_get_d(t);
    arb_clear(base);
    arb_clear(scale);
    mag_clear(centre);
    mag_clear(half);
    mag_clear(t);
}

#include "readings/cumulant/density/derive.h"

#include <stdlib.h>

#include "chain/haar.h"
#include "readings/cumulant/hierarchy/delta.h"

/* What the f_kj are made of. */
typedef struct {
    ew_density_polys *p;
    fmpq_mpoly_struct *moment; /* [m (order + 1) + k]: of n^-k in E delta^m, m <= 2 order */
    fmpq_mpoly_struct *q;      /* [m]: (K - C_b)^m, m <= 2 order */
    ew_haar *haar;             /* or NULL */
} ground;

static fmpq_mpoly_struct *f_at(const ew_density_polys *p, slong k, slong j)
{
    return p->f + k * (2 * p->h->order + 1) + j;
}

static fmpq_mpoly_struct *kappa_at(const ew_density_polys *p, slong k, slong j)
{
    return p->kappa + k * (p->h->order + 2) + j;
}

static fmpq_mpoly_struct *polys_new(slong n, const ew_hierarchy *h, ew_context *ctx)
{
    fmpq_mpoly_struct *f = ew_alloc((size_t) n * sizeof *f, ctx);
    for (slong i = 0; f && i < n; i++)
        fmpq_mpoly_init(f + i, h->law->ring);
    return f;
}

static void polys_free(fmpq_mpoly_struct *f, slong n, const ew_hierarchy *h)
{
    for (slong i = 0; f && i < n; i++)
        fmpq_mpoly_clear(f + i, h->law->ring);
    free(f);
}

static slong mean_variable(const ew_hierarchy *h)
{
    ew_pairs one = {1, {0}};
    return h->law->extra + ew_hierarchy_find(h, &one, 0);
}

/* ---- the moments of delta, the powers of K - C_b ------------------------------------------
 */

static ew_status fill_moments(ground *g, ew_context *ctx)
{
    const ew_hierarchy *h = g->p->h;
    ew_pairs list = {0, {0}};
    ew_delta delta;
    ew_status status = EW_OK;
    ew_delta_init(&delta, h);
    for (slong m = 0; m <= 2 * h->order && status == EW_OK; m++) {
        status = ew_delta_moment(g->moment + m * (h->order + 1), &delta, &list, ctx);
        ew_pairs_add(&list, 0);
    }
    ew_delta_clear(&delta);
    return status;
}

static void fill_powers(ground *g)
{
    const ew_hierarchy *h = g->p->h;
    fmpq_mpoly_t cb;
    fmpq_mpoly_init(cb, h->law->ring);
    fmpq_mpoly_gen(cb, EW_CB_BEFORE, h->law->ring);
    fmpq_mpoly_one(g->q, h->law->ring);
    fmpq_mpoly_gen(g->q + 1, mean_variable(h), h->law->ring);
    fmpq_mpoly_sub(g->q + 1, g->q + 1, cb, h->law->ring);
    for (slong m = 2; m <= 2 * h->order; m++)
        fmpq_mpoly_mul(g->q + m, g->q + m - 1, g->q + 1, h->law->ring);
    fmpq_mpoly_clear(cb, h->law->ring);
}

static ew_status open_ground(ground *g, ew_context *ctx)
{
    const ew_hierarchy *h = g->p->h;
    int frames = h->ensemble == EW_ENSEMBLE_ORTHOGONAL;
    g->moment = polys_new((2 * h->order + 1) * (h->order + 1), h, ctx);
    g->q = frames ? polys_new(2 * h->order + 1, h, ctx) : NULL;
    ew_status status = g->moment && (g->q || !frames) ? fill_moments(g, ctx) : EW_MEMORY;
    if (status == EW_OK && frames) {
        fill_powers(g);
        status = ew_haar_new(&g->haar, h->order, ctx);
    }
    return status;
}

static void close_ground(ground *g)
{
    const ew_hierarchy *h = g->p->h;
    polys_free(g->moment, (2 * h->order + 1) * (h->order + 1), h);
    polys_free(g->q, 2 * h->order + 1, h);
    ew_haar_free(g->haar);
}

/* ---- f ------------------------------------------------------------------------------------
 */

/* f_kj += w (r q)^g (K - C_b)^(a-e) [n^-(k-g)] E delta^(b+e), all k; j = a + b. */
static void add_moment(const ground *g, const fmpq_t w, slong grade, slong a, slong e, slong b)
{
    const ew_hierarchy *h = g->p->h;
    fmpq_mpoly_t t, rq;
    fmpq_mpoly_init(t, h->law->ring);
    fmpq_mpoly_init(rq, h->law->ring);
    fmpq_mpoly_set_fmpq(rq, w, h->law->ring);
    for (slong i = 0; i < grade; i++)
        for (int v = 0; v < 2; v++) {
            fmpq_mpoly_gen(t, v ? EW_SHARE : EW_RATIO, h->law->ring);
            fmpq_mpoly_mul(rq, rq, t, h->law->ring);
        }
    if (a > e)
        fmpq_mpoly_mul(rq, rq, g->q + a - e, h->law->ring);
    for (slong k = grade; k <= h->order; k++) {
        fmpq_mpoly_mul(t, rq, g->moment + (b + e) * (h->order + 1) + k - grade, h->law->ring);
        fmpq_mpoly_add(f_at(g->p, k, a + b), f_at(g->p, k, a + b), t, h->law->ring);
    }
    fmpq_mpoly_clear(t, h->law->ring);
    fmpq_mpoly_clear(rq, h->law->ring);
}

/* A term w N^-grade (2 s Q)^a of W, times e^(s delta). */
static void add_power(const ground *g, const fmpq_t w, slong grade, slong a)
{
    const ew_hierarchy *h = g->p->h;
    slong most = 2 * (h->order - grade);
    fmpz_t c;
    fmpq_t x;
    fmpz_init(c);
    fmpq_init(x);
    for (slong e = 0; e <= a && e <= most; e++)
        for (slong b = 0; b + e <= most; b++) {
            fmpz_bin_uiui(c, (ulong) a, (ulong) e);
            fmpq_mul_fmpz(x, w, c);
            fmpz_fac_ui(c, (ulong) b);
            fmpz_mul_2exp(c, c, (ulong) b);
            fmpq_div_fmpz(x, x, c);
            add_moment(g, x, grade, a, e, b);
        }
    fmpz_clear(c);
    fmpq_clear(x);
}

/* Grade g of W for one row, for which tr D^j = D^j. */
static ew_status add_grade(const ground *g, slong grade, ew_context *ctx)
{
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_t w;
    fmpq_t c;
    ulong a;
    fmpq_mpoly_ctx_init(ring, 1, ORD_LEX);
    fmpq_mpoly_init(w, ring);
    fmpq_init(c);
    ew_status status = ew_haar_rows(w, g->haar, grade, 1, ring, ctx);
    for (slong i = 0; i < fmpq_mpoly_length(w, ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, w, i, ring);
        fmpq_mpoly_get_term_exp_ui(&a, w, i, ring);
        add_power(g, c, grade, (slong) a);
    }
    fmpq_clear(c);
    fmpq_mpoly_clear(w, ring);
    fmpq_mpoly_ctx_clear(ring);
    return status;
}

static ew_status fill_f(const ground *g, ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    if (!g->haar)
        add_power(g, one, 0, 0);
    for (slong grade = 0; g->haar && grade <= g->p->h->order && status == EW_OK; grade++)
        status = add_grade(g, grade, ctx);
    fmpq_clear(one);
    return status;
}

/* ---- cumulants ----------------------------------------------------------------------------
 */

/* L = ln(1 + sum f_kj n^-k y^j): j L_j = j f_j - sum_{0<i<j} i L_i f_(j-i). */
static void fill_logarithm(ew_density_polys *p)
{
    const ew_law *law = p->h->law;
    slong order = p->h->order;
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, law->ring);
    for (slong j = 1; j <= order + 1; j++)
        for (slong k = 0; k <= order; k++) {
            fmpq_mpoly_struct *x = kappa_at(p, k, j);
            if (j <= 2 * order)
                fmpq_mpoly_scalar_mul_si(x, f_at(p, k, j), j, law->ring);
            for (slong i = 1; i < j; i++)
                for (slong l = 0; l <= k; l++) {
                    fmpq_mpoly_mul(t, kappa_at(p, l, i), f_at(p, k - l, j - i), law->ring);
                    fmpq_mpoly_scalar_mul_si(t, t, i, law->ring);
                    fmpq_mpoly_sub(x, x, t, law->ring);
                }
            fmpq_mpoly_scalar_div_si(x, x, j, law->ring);
        }
    fmpq_mpoly_clear(t, law->ring);
}

/* ln E e^(iuz) = s K + L, and kappa_2j is (2j)! times its coefficient of y^j. */
static void fill_kappa(ew_density_polys *p)
{
    const ew_law *law = p->h->law;
    slong order = p->h->order;
    fmpq_mpoly_t K;
    fmpz_t c;
    fmpq_mpoly_init(K, law->ring);
    fmpz_init(c);
    fill_logarithm(p);
    for (slong j = 1; j <= order + 1; j++) {
        fmpz_fac_ui(c, (ulong) (2 * j));
        for (slong k = 0; k <= order; k++)
            fmpq_mpoly_scalar_mul_fmpz(kappa_at(p, k, j), kappa_at(p, k, j), c, law->ring);
    }
    fmpq_mpoly_gen(K, mean_variable(p->h), law->ring);
    fmpq_mpoly_add(kappa_at(p, 0, 1), kappa_at(p, 0, 1), K, law->ring);
    fmpq_mpoly_clear(K, law->ring);
    fmpz_clear(c);
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_density_polys_new(ew_density_polys *p, const ew_hierarchy *h, ew_context *ctx)
{
    ground g = {.p = p};
    *p = (ew_density_polys){.h = h};
    p->f = polys_new((h->order + 1) * (2 * h->order + 1), h, ctx);
    p->kappa = polys_new((h->order + 1) * (h->order + 2), h, ctx);
    ew_status status = p->f && p->kappa ? open_ground(&g, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = fill_f(&g, ctx);
    if (status == EW_OK)
        fill_kappa(p);
    close_ground(&g);
    return status;
}

void ew_density_polys_clear(ew_density_polys *p)
{
    if (!p->h)
        return;
    polys_free(p->f, (p->h->order + 1) * (2 * p->h->order + 1), p->h);
    polys_free(p->kappa, (p->h->order + 1) * (p->h->order + 2), p->h);
}

char *ew_density_formula(const ew_density_polys *p, slong k, slong j, ew_context *ctx)
{
    const ew_law *law = p->h->law;
    const fmpq_mpoly_struct *f = f_at(p, k, j);
    if (fmpq_mpoly_is_zero(f, law->ring))
        return ew_strdup("0", ctx);
    const char **name = ew_alloc((size_t) law->variables * sizeof *name, ctx);
    if (!name)
        return NULL;
    for (slong v = 0; v < law->variables; v++)
        name[v] = law->name[v];
    if (p->h->ensemble == EW_ENSEMBLE_ORTHOGONAL)
        name[EW_CB_BEFORE] = "C_b"; /* of the last layer */
    char *sum = fmpq_mpoly_get_str_pretty(f, name, law->ring);
    int one = fmpq_mpoly_length(f, law->ring) == 1;
    char *text = sum ? ew_format(ctx, one ? "%s/K" : "(%s)/K", sum) : NULL;
    flint_free(sum);
    free(name);
    char *whole = text && j > 1 ? ew_format(ctx, "%s^%ld", text, (long) j) : NULL;
    if (j > 1)
        free(text);
    return j > 1 ? whole : text;
}

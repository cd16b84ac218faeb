#include "readings/cumulant/gradient/law.h"

#include <stdlib.h>

#include "chain/frame.h"

/* The pairs of one input with one direction. */
typedef struct {
    slong zz, zu, uu;
} pair_names;

static pair_names pairs_of(const ew_fields *f)
{
    return (pair_names){ew_pair_of(f, 0, 0), ew_pair_of(f, 0, 1), ew_pair_of(f, 1, 1)};
}

/* What a map averages over the layer below: q = 0 none, else the degree; the factors are one
 * product at one neuron (`joined`) or independent means.  A row is one perturbed neuron, a
 * start all of them. */
typedef struct {
    slong degree;
    int chain, row, joined, start;
} shape;

static const shape shapes[EW_GRADIENT_MAPS] = {
    [EW_GRADIENT_BASE] = {0, 0, 0, 0, 0},    [EW_GRADIENT_COLUMN1] = {1, 0, 0, 0, 0},
    [EW_GRADIENT_COLUMN2] = {2, 0, 0, 1, 0}, [EW_GRADIENT_COLUMN11] = {2, 0, 0, 0, 0},
    [EW_GRADIENT_ROW1] = {1, 0, 1, 1, 0},    [EW_GRADIENT_ROW2] = {2, 0, 1, 1, 0},
    [EW_GRADIENT_CHAIN1] = {1, 1, 0, 0, 0},  [EW_GRADIENT_CHAIN2] = {2, 1, 0, 0, 0},
    [EW_GRADIENT_START2] = {2, 0, 0, 0, 1},
};

/* How many components b = 0, 1, ... a map has at its ends. */
static slong families(ew_gradient_map map)
{
    const shape *s = &shapes[map];
    return s->chain || s->row || s->start ? s->degree + 1 : 1;
}

slong ew_gradient_sources(const ew_gradient_law *g, ew_gradient_map map)
{
    return g->powers * (shapes[map].chain ? families(map) : 1);
}

slong ew_gradient_targets(const ew_gradient_law *g, ew_gradient_map map)
{
    return g->powers * families(map);
}

/* The features of family b: uu^(q-b) zu^(2b); of the columns: zz^q. */
static ew_pairs family(const ew_gradient_law *g, const shape *s, slong b)
{
    pair_names p = pairs_of(g->fields);
    ew_pairs list = {0, {0}};
    for (slong i = 0; i < s->degree - b; i++)
        ew_pairs_add(&list, s->chain || s->row ? p.uu : p.zz);
    for (slong i = 0; i < 2 * b; i++)
        ew_pairs_add(&list, p.zu);
    return list;
}

/* ---- the law ------------------------------------------------------------------------------
 */

/* The one-neuron moments of every family, with up to M + 1 features f_zz beside the factors. */
static ew_status open_independent(ew_gradient_law *g, ew_context *ctx)
{
    ew_pairs wanted[5];
    slong n = 0, zz = pairs_of(g->fields).zz;
    for (slong q = 1; q <= 2; q++)
        for (slong b = q == 2 ? 0 : q; b <= q; b++)
            wanted[n++] =
                family(g, &shapes[q == 1 ? EW_GRADIENT_CHAIN1 : EW_GRADIENT_CHAIN2], b);
    wanted[n++] = family(g, &shapes[EW_GRADIENT_COLUMN2], 0);
    for (slong i = 0; i < n; i++)
        for (slong k = 0; k < g->order; k++)
            ew_pairs_add(&wanted[i], zz);
    const ew_transition of = {EW_ENSEMBLE_GAUSSIAN, g->order};
    return ew_law_new(&g->law, &of, g->fields, wanted, n, 2 * g->order, NULL, 0, ctx);
}

/* Every average that a map takes, and the lists of them whose cumulants count. */
#define MOST_AVERAGES 24
#define MOST_WANTED (16 * 3 * EW_GRADIENT_MAPS)
typedef struct {
    slong averages, wanteds;
    ew_law_average average[MOST_AVERAGES];
    ew_pairs wanted[MOST_WANTED];
} averages;

/* coefficient eps^power times the means of the factors. */
typedef struct {
    slong factors, power, coefficient;
    ew_law_average factor[EW_GRADIENT_FACTORS];
} product;

/* Every derivative of a neuron is x_i or y_i times a standard normal u_i: x = C_W s'^2 and
 * y = C_W s s' for f_uu and f_zu; E of the products of (mean x u^2) and (mean y u) over u. */
static slong start_products(product out[2], const ew_gradient_law *g, slong b)
{
    pair_names p = pairs_of(g->fields);
    const ew_law_average x = {{1, {(int) p.uu}}, 1}, yy = {{0, {0}}, 1};
    ew_law_average squares = yy, both = x;
    for (int i = 0; i < 2; i++) {
        ew_pairs_add(&squares.features, p.zu);
        ew_pairs_add(&both.features, b == 0 && i == 0 ? p.uu : p.zu);
    }
    if (b == 0)
        both.features = (ew_pairs){2, {(int) p.uu, (int) p.uu}};
    out[0] = (product){2, b, b == 2 ? 3 : 1, {b == 2 ? squares : x, b == 0 ? x : squares}};
    out[1] = (product){1, b + 1, 2, {both}};
    return b == 2 ? 1 : 2;
}

/* What the targets of family b are made of. */
static slong products(product out[2], const ew_gradient_law *g, const shape *s, slong b)
{
    ew_pairs all = family(g, s, b);
    if (s->start)
        return start_products(out, g, b);
    *out = (product){s->joined ? 1 : all.n, s->row ? b : 0, 1, {{{0, {0}}, 0}}};
    for (slong i = 0; i < out->factors; i++)
        out->factor[i] = (ew_law_average){s->joined ? all : (ew_pairs){1, {all.p[i]}}, s->row};
    return 1;
}

/* Its place in a list, or n. */
static slong find_average(const ew_law_average *list, slong n, const ew_law_average *x)
{
    slong i = 0;
    while (i < n &&
           (ew_pairs_compare(&list[i].features, &x->features) != 0 || list[i].bare != x->bare))
        i++;
    return i;
}

/* A block has cumulants of H' alone. */
static int is_block(ew_ensemble ensemble)
{
    return ew_transition_is_block(&(ew_transition){ensemble, 0});
}

/* Are the map's factors made of what the law averages? */
static int is_known(ew_gradient_map map, ew_ensemble ensemble)
{
    if (is_block(ensemble))
        return map == EW_GRADIENT_CHAIN1 || map == EW_GRADIENT_CHAIN2;
    return map != EW_GRADIENT_START2 || ensemble == EW_ENSEMBLE_ORTHOGONAL;
}

/* The entry of lists that stands for a factor. */
static slong add_average(averages *x, const ew_gradient_law *g, const ew_law_average *factor,
                         ew_ensemble ensemble)
{
    if (is_block(ensemble))
        return factor->features.p[0];
    slong place = find_average(x->average, x->averages, factor);
    if (place == x->averages)
        x->average[x->averages++] = *factor;
    return g->fields->pairs + place;
}

/* Some of the factors and as many Ghat_zz as make M + 1 together. */
static void want_product(averages *x, const ew_gradient_law *g, const product *f,
                         ew_ensemble ensemble)
{
    slong entry[EW_GRADIENT_FACTORS];
    for (slong i = 0; i < f->factors; i++)
        entry[i] = add_average(x, g, &f->factor[i], ensemble);
    for (ulong mask = 0; mask < UWORD(1) << f->factors; mask++) {
        ew_pairs *list = &x->wanted[x->wanteds];
        list->n = 0;
        for (slong i = 0; i < f->factors; i++)
            if (mask >> i & 1)
                ew_pairs_add(list, entry[i]);
        if (list->n > g->order + 1)
            continue;
        while (list->n < g->order + 1)
            ew_pairs_add(list, pairs_of(g->fields).zz);
        x->wanteds++;
    }
}

static void want_map(averages *x, const ew_gradient_law *g, ew_gradient_map map,
                     ew_ensemble ensemble)
{
    product f[2];
    for (slong b = 0; b < families(map); b++)
        for (slong n = products(f, g, &shapes[map], b), i = 0; i < n; i++)
            want_product(x, g, &f[i], ensemble);
}

static ew_status open_law(ew_gradient_law *g, ew_ensemble ensemble, ew_context *ctx)
{
    if (ensemble == EW_ENSEMBLE_GAUSSIAN)
        return open_independent(g, ctx);
    const ew_transition of = {ensemble, g->order};
    averages *x = ew_alloc_zero(1, sizeof *x, ctx);
    if (!x)
        return EW_MEMORY;
    for (ew_gradient_map map = 0; map < EW_GRADIENT_MAPS; map++)
        if (is_known(map, ensemble))
            want_map(x, g, map, ensemble);
    ew_status status = ew_law_new_averages(&g->law, &of, g->fields, x->average, x->averages,
                                           x->wanted, x->wanteds, 2 * g->order, ctx);
    free(x);
    return status;
}

/* Given Ghat a row of Gaussian weights is Gaussian; one of a frame has a kappa_4 of its own. */
static ew_status set_fourth(ew_gradient_law *g, ew_context *ctx)
{
    static const slong same[4] = {0, 0, 0, 0};
    ew_haar *haar = NULL;
    ew_terms x = {0, 0, NULL, 0, 0, NULL};
    g->fourth = _fmpq_vec_init(g->order + 1);
    fmpq_one(g->fourth);
    if (!g->law->orthogonal)
        return EW_OK;
    ew_status status = ew_haar_new(&haar, g->order, ctx);
    if (status == EW_OK)
        status = ew_frame_cumulant(&x, haar, same, same, 4, g->fields, ctx);
    for (slong i = 0; i < x.n; i++)
        fmpq_div_fmpz(g->fourth + x.t[i].n - 2, &x.t[i].c, (fmpz[1]){3});
    ew_terms_clear(&x);
    ew_haar_free(haar);
    return status;
}

/* ---- entries ------------------------------------------------------------------------------
 */

static ew_status add_poly(ew_gradient_law *g, const fmpq_mpoly_t f, ew_context *ctx)
{
    if (g->polys == g->room) {
        slong room = g->room ? 2 * g->room : 64;
        fmpq_mpoly_struct *more = ew_realloc(g->poly, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        g->poly = more;
        g->room = room;
    }
    fmpq_mpoly_init(&g->poly[g->polys], g->law->ring);
    fmpq_mpoly_set(&g->poly[g->polys++], f, g->law->ring);
    return EW_OK;
}

/* Every eps comes with a factor r, but for blocks. */
static ew_status add_entry(ew_gradient_law *g, ew_gradient_map map, ew_gradient_entry e,
                           const fmpq_mpoly_t f, ew_context *ctx)
{
    ew_gradient_matrix *m = &g->map[map];
    if (fmpq_mpoly_is_zero(f, g->law->ring))
        return EW_OK;
    if (m->n == m->room) {
        slong room = m->room ? 2 * m->room : 64;
        ew_gradient_entry *more = ew_realloc(m->entry, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        m->entry = more;
        m->room = room;
    }
    e.poly = g->polys;
    m->entry[m->n++] = e;
    fmpq_mpoly_t scaled;
    fmpq_mpoly_init(scaled, g->law->ring);
    fmpq_mpoly_one(scaled, g->law->ring);
    if (g->law->per_width >= 0)
        fmpq_mpoly_gen(scaled, g->law->per_width, g->law->ring);
    fmpq_mpoly_pow_ui(scaled, scaled, (ulong) e.power, g->law->ring);
    fmpq_mpoly_mul(scaled, scaled, f, g->law->ring);
    ew_status status = add_poly(g, scaled, ctx);
    fmpq_mpoly_clear(scaled, g->law->ring);
    return status;
}

/* out = the coefficient of G_uu^(q-b) G_zu^(2b) in f. */
static void direction_part(fmpq_mpoly_t out, const ew_gradient_law *g, const fmpq_mpoly_t f,
                           slong q, slong b)
{
    pair_names p = pairs_of(g->fields);
    slong vars[2] = {g->law->cov[p.uu], g->law->cov[p.zu]};
    ulong exps[2] = {(ulong) (q - b), (ulong) (2 * b)};
    fmpq_mpoly_get_coeff_vars_ui(out, f, vars, exps, 2, g->law->ring);
}

/* The perturbed neuron has derivative y s_j, y a standard normal of its own: E y^(2q) divides
 * out; a bare average has no y.  Every Ghat_zu^2 in place of Ghat_uu costs a factor 1/n_l. */
static ew_status add_row(ew_gradient_law *g, ew_gradient_map map, ew_gradient_entry e,
                         const fmpq_mpoly_t f, ew_context *ctx)
{
    slong q = shapes[map].degree;
    fmpq_mpoly_t part;
    if (g->law->averages)
        return add_entry(g, map, e, f, ctx);
    fmpq_mpoly_init(part, g->law->ring);
    direction_part(part, g, f, q, 0);
    fmpq_mpoly_scalar_div_si(part, part, q == 2 ? 3 : 1, g->law->ring);
    ew_status status = add_entry(g, map, e, part, ctx);
    fmpq_mpoly_clear(part, g->law->ring);
    return status;
}

/* Source components of every family. */
static ew_status add_chain(ew_gradient_law *g, ew_gradient_map map, ew_gradient_entry e,
                           const fmpq_mpoly_t f, ew_context *ctx)
{
    slong q = shapes[map].degree, k = e.source;
    ew_status status = EW_OK;
    fmpq_mpoly_t part;
    fmpq_mpoly_init(part, g->law->ring);
    for (slong b = 0; b <= q && status == EW_OK; b++) {
        e.source = b * g->powers + k;
        direction_part(part, g, f, q, b);
        status = add_entry(g, map, e, part, ctx);
    }
    fmpq_mpoly_clear(part, g->law->ring);
    return status;
}

/* Entries with target component b (2M + 1) + k from coefficient eps^power x, x a series in eps
 * and delta. */
static ew_status add_target(ew_gradient_law *g, ew_gradient_map map, slong b, slong k,
                            const ew_eps_delta_series *x, const product *of, ew_context *ctx)
{
    ew_status status = EW_OK;
    const shape *s = &shapes[map];
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, g->law->ring);
    for (slong a = 0; a + of->power <= g->order; a++)
        for (slong j = 0; j <= 2 * (g->order - a - of->power) && status == EW_OK; j++) {
            ew_gradient_entry e = {b * g->powers + k, j, a + of->power, 0};
            fmpq_mpoly_scalar_mul_si(f, &x->c[a][j], of->coefficient, g->law->ring);
            status = s->chain ? add_chain(g, map, e, f, ctx)
                     : s->row ? add_row(g, map, e, f, ctx)
                              : add_entry(g, map, e, f, ctx);
        }
    fmpq_mpoly_clear(f, g->law->ring);
    return status;
}

/* The entry of a law's lists that stands for a factor: with averages, one of them. */
static slong entry_of(const ew_gradient_law *g, const ew_law_average *factor)
{
    return g->law->averages
               ? g->fields->pairs + find_average(g->law->average, g->law->averages, factor)
               : factor->features.p[0];
}

static ew_status derive_product(ew_gradient_law *g, ew_gradient_map map, slong b,
                                const product *of, ew_context *ctx)
{
    ew_pairs features[EW_GRADIENT_FACTORS];
    slong entry[EW_GRADIENT_FACTORS];
    for (slong i = 0; i < of->factors; i++) {
        features[i] = of->factor[i].features;
        entry[i] = entry_of(g, &of->factor[i]);
    }
    ew_layer_means m;
    ew_status status =
        ew_layer_means_init(&m, g->law, g->order, features, entry, of->factors, ctx);
    for (slong k = 0; k < g->powers && status == EW_OK; k++) {
        const ew_eps_delta_series *x;
        status = ew_layer_means_product(&x, &m, k, ctx);
        if (status == EW_OK)
            status = add_target(g, map, b, k, x, of, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    ew_layer_means_clear(&m);
    return status;
}

/* The targets of family b. */
static ew_status derive_family(ew_gradient_law *g, ew_gradient_map map, slong b,
                               ew_context *ctx)
{
    product f[2];
    ew_status status = EW_OK;
    for (slong n = products(f, g, &shapes[map], b), i = 0; i < n && status == EW_OK; i++)
        status = derive_product(g, map, b, &f[i], ctx);
    return status;
}

static ew_status derive_kernel(ew_gradient_law *g, ew_context *ctx)
{
    ew_pairs one = {1, {pairs_of(g->fields).zz}};
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, g->law->ring);
    ew_status status = ew_law_cumulant(f, g->law, &one, 0, ctx);
    if (status == EW_OK)
        status = add_poly(g, f, ctx);
    fmpq_mpoly_clear(f, g->law->ring);
    return status;
}

static ew_status derive(ew_gradient_law *g, ew_context *ctx)
{
    ew_status status = derive_kernel(g, ctx);
    for (ew_gradient_map map = 0; map < EW_GRADIENT_MAPS; map++) {
        if (!is_known(map, g->law->of.ensemble))
            continue;
        for (slong b = 0; b < families(map) && status == EW_OK; b++)
            status = derive_family(g, map, b, ctx);
        ew_progress(ctx, (double) (map + 1) / EW_GRADIENT_MAPS, "deriving the recursion");
    }
    return status;
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_gradient_law_new(ew_gradient_law **out, ew_ensemble ensemble, slong order,
                              ew_context *ctx)
{
    const ew_generator kind = EW_DIRECTION;
    const ulong set = 1;
    *out = NULL;
    if (order < 1 || order > EW_GRADIENT_ORDER)
        return ew_fail(ctx, EW_UNABLE, "orders beyond %d are not derived", EW_GRADIENT_ORDER);
    ew_gradient_law *g = ew_alloc_zero(1, sizeof *g, ctx);
    if (!g)
        return EW_MEMORY;
    g->order = order;
    g->powers = 2 * order + 1;
    ew_status status = ew_fields_new(&g->fields, 1, &kind, 1, &set, 1, ctx);
    if (status == EW_OK)
        status = open_law(g, ensemble, ctx);
    if (status == EW_OK)
        status = set_fourth(g, ctx);
    if (status == EW_OK)
        status = derive(g, ctx);
    if (status != EW_OK) {
        ew_gradient_law_free(g);
        return status;
    }
    *out = g;
    return EW_OK;
}

void ew_gradient_law_free(ew_gradient_law *g)
{
    if (!g)
        return;
    for (slong i = 0; i < g->polys; i++)
        fmpq_mpoly_clear(&g->poly[i], g->law->ring);
    for (slong i = 0; i < EW_GRADIENT_MAPS; i++)
        free(g->map[i].entry);
    free(g->poly);
    if (g->fourth)
        _fmpq_vec_clear(g->fourth, g->order + 1);
    ew_law_free(g->law);
    ew_fields_free(g->fields);
    free(g);
}

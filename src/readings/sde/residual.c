/* Residual networks h' = h + L^(-1/2) V s(W h + b): drift and diffusion are the parts linear in
 * alpha^2 = 1/L of the conditional mean and covariance of one block (chain/residual_law.h),
 * which do not depend on the inner width.
 *
 * Where s(x) = s_+ max(x, 0) + s_- min(x, 0) and C_b = 0 the block's expectations at covariance
 * C_W V are those at V times powers of C_W: with C_W inside C_V and s normalised, they are
 * polynomials in V and N.  For any other s they stay what they are. */
#include "chain/residual_law.h"

#include <stdlib.h>

#include "readings/sde/build.h"
#include "readings/sde/derive.h"
#include "readings/sde/expand.h"
#include "readings/sde/moment.h"
#include "readings/sde/slopes.h"

/* An equation in the making. */
typedef struct {
    const ew_residual_model *model;
    ew_fields *fields;
    ew_residual_law *law;
    slong n;                           /* pairs of fields */
    fmpq_mpoly_struct *rate;           /* [n + n (n+1)/2]: of the law's ring */
    char *used;                        /* [variables of the law] */
    ew_scaling scaling;                /* closed forms */
    slong strength, cw, cb, inverse_d; /* variables: r, or C_V */
    slong bend;                        /* g */
    int closed;
} block;

static slong rates(const block *b)
{
    return b->n + b->n * (b->n + 1) / 2;
}

static void clear(block *b)
{
    for (slong i = 0; b->rate && i < rates(b); i++)
        fmpq_mpoly_clear(b->rate + i, b->law->law->ring);
    free(b->rate);
    free(b->used);
    ew_residual_law_free(b->law);
    ew_fields_free(b->fields);
}

/* ---- the block's law ----------------------------------------------------------------------
 */

static ew_status make_fields(block *b, ew_context *ctx)
{
    ew_generator kind[EW_MAX_INPUTS];
    ulong set[EW_MAX_INPUTS];
    slong d = b->model->direction, m = b->model->inputs;
    if (m < 1 || d < 0 || m * (1 + d) > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_USAGE, "sde: from 1 to %d fields, not %ld", EW_MAX_INPUTS,
                       (long) (m * (1 + d)));
    for (slong g = 0; g < d; g++) {
        kind[g] = EW_DIRECTION;
        set[g] = UWORD(1) << g;
    }
    ew_status status = ew_fields_new(&b->fields, m, kind, d, set, d, ctx);
    b->n = status == EW_OK ? b->fields->pairs : 0;
    return status;
}

static ew_status make_law(block *b, ew_context *ctx)
{
    slong n = b->n, all = rates(b), k = n;
    ew_pairs *wanted = ew_alloc((size_t) all * sizeof *wanted, ctx);
    if (!wanted)
        return EW_MEMORY;
    for (slong p = 0; p < n; p++)
        wanted[p] = (ew_pairs){1, {(int) p}};
    for (slong p = 0; p < n; p++)
        for (slong q = p; q < n; q++)
            wanted[k++] = (ew_pairs){2, {(int) p, (int) q}};
    ew_status status = ew_residual_law_new(&b->law, b->fields, wanted, all, 0, ctx);
    if (status == EW_OK) {
        b->rate = ew_alloc((size_t) all * sizeof *b->rate, ctx);
        b->used = ew_alloc_zero((size_t) b->law->law->variables, 1, ctx);
        status = b->rate && b->used ? EW_OK : EW_MEMORY;
    }
    for (slong i = 0; b->rate && i < all; i++)
        fmpq_mpoly_init(b->rate + i, b->law->law->ring);
    for (slong i = 0; i < all && status == EW_OK; i++) {
        status = ew_residual_law_cumulant(b->rate + i, b->law, &wanted[i], ctx);
        if (status == EW_OK)
            status = ew_residual_law_rate(b->rate + i, b->rate + i, b->law, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    free(wanted);
    return status;
}

static void mark_used(block *b)
{
    const ew_law *law = b->law->law;
    for (slong i = 0; i < rates(b); i++)
        for (slong v = 0; v < law->variables; v++)
            b->used[v] |= fmpq_mpoly_degree_si(b->rate + i, v, law->ring) > 0;
}

/* ---- constants and special functions ------------------------------------------------------
 */

/* Owns e. */
static ew_status add_number(slong *variable, ew_sde *sde, const char *name, const char *latex,
                            const char *meaning, ew_expr *e, int inverse, ew_context *ctx)
{
    if (!e)
        return ew_recorded(ctx);
    *variable = sde->constant0 + sde->constants;
    ew_status status =
        ew_sde_add_constant(sde, name, latex, meaning, (ew_scalar){.e = e}, 0, inverse, ctx);
    ew_expr_free(e);
    return status;
}

/* r = C_V C_W kap and g = 4 eta^2. */
static ew_status add_closed(ew_sde *sde, block *b, ew_context *ctx)
{
    const ew_residual_model *model = b->model;
    ew_slopes s = {NULL, NULL};
    ew_status status = ew_slopes_read(&s, model->activation, ctx);
    b->scaling = (ew_scaling){.homogeneous = 1, .order = 1, .weight = 1, .unit = 1};
    if (status == EW_OK)
        status = ew_sde_add_internal(&b->scaling.mu, sde, "mu", ew_slopes_mu(&s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&b->scaling.eta, sde, "eta", ew_slopes_eta(&s, ctx), ctx);
    if (status == EW_OK) {
        ew_expr *rate[] = {ew_expr_ref(model->cv), ew_expr_ref(model->cw),
                           ew_slopes_kappa(&s, ctx)};
        status = add_number(&b->strength, sde, "r", "r", "C_V C_W E s'(g)^2",
                            ew_expr_new(EW_MUL, rate, 3, ctx), 0, ctx);
    }
    if (status == EW_OK)
        status = add_number(&b->bend, sde, "g", "g", "(s_+ - s_-)^2/E s'(g)^2",
                            ew_slopes_bend(&s, ctx), 0, ctx);
    ew_slopes_clear(&s);
    return status;
}

static ew_status add_constants(ew_sde *sde, block *b, ew_context *ctx)
{
    const ew_residual_model *model = b->model;
    ew_status status = EW_OK;
    b->cb = -1;
    if (b->closed)
        status = add_closed(sde, b, ctx);
    else {
        status = add_number(&b->strength, sde, "C_V", "C_V", "variance of V",
                            ew_expr_ref(model->cv), 0, ctx);
        if (status == EW_OK)
            status = add_number(&b->cw, sde, "C_W", "C_W", "variance of W",
                                ew_expr_ref(model->cw), 0, ctx);
        if (status == EW_OK && model->cb)
            status = add_number(&b->cb, sde, "C_b", "C_b", "variance of b",
                                ew_expr_ref(model->cb), 0, ctx);
    }
    return status == EW_OK ? add_number(&b->inverse_d, sde, "d", "d", "the width of h",
                                        ew_expr_ref(model->dimension), 1, ctx)
                           : status;
}

/* The state entries that an atom's one or two inputs have. */
static ew_status add_moment(ew_sde *sde, const block *b, const ew_atom *x, ew_context *ctx)
{
    slong input[2], n = 0, variable;
    for (slong a = 0; a < b->fields->inputs; a++) {
        if (ew_atom_trivial(x, a) && !x->m[a])
            continue;
        if (n == 2)
            return ew_fail(ctx, EW_UNABLE, "sde: an expectation over three inputs");
        input[n++] = a * b->fields->sets;
    }
    if (n == 0)
        return ew_fail(ctx, EW_UNABLE, "sde: an expectation of nothing");
    slong aa = ew_pair_of(b->fields, input[0], input[0]);
    if (n == 1)
        return ew_sde_add_moment(&variable, sde, x, aa, EW_SDE_ONE, EW_SDE_ONE, ctx);
    return ew_sde_add_moment(&variable, sde, x, aa, ew_pair_of(b->fields, input[0], input[1]),
                             ew_pair_of(b->fields, input[1], input[1]), ctx);
}

static ew_status add_all_functions(ew_sde *sde, block *b, ew_context *ctx)
{
    const ew_law *law = b->law->law;
    ew_status status = EW_OK;
    if (b->closed)
        return ew_sde_add_functions(sde, &b->scaling, b->fields, ctx);
    for (slong i = 0; i < law->atoms && status == EW_OK; i++)
        if (b->used[law->atom0 + i])
            status = add_moment(sde, b, &law->atom[i], ctx);
    return status;
}

/* ---- from the law to the equation ---------------------------------------------------------
 */

/* The image of an atom in the equation's ring. */
static ew_status atom_image(fmpq_mpoly_t f, const ew_atom *atom, const ew_sde *sde,
                            const block *b, const ew_expansion *x)
{
    if (b->closed) {
        fmpq_mpoly_t g;
        fmpq_mpoly_init(g, x->ring);
        ew_status status = ew_expansion_atom(g, atom, x);
        ew_expansion_coefficient(f, g, 0, x);
        fmpq_mpoly_clear(g, x->ring);
        return status;
    }
    for (slong i = 0; i < sde->atoms; i++)
        if (ew_atom_compare(atom, &sde->atom[i].moment) == 0)
            fmpq_mpoly_gen(f, sde->atom0 + i, sde->ring);
    return EW_OK;
}

/* f *= C_W, where it is not part of r. */
static void times_cw(fmpq_mpoly_t f, const ew_sde *sde, const block *b)
{
    fmpq_mpoly_t g;
    if (b->closed)
        return;
    fmpq_mpoly_init(g, sde->ring);
    fmpq_mpoly_gen(g, b->cw, sde->ring);
    fmpq_mpoly_mul(f, f, g, sde->ring);
    fmpq_mpoly_clear(g, sde->ring);
}

/* Images of the law's variables; those that the rates do not use stay 0. */
static ew_status set_images(fmpq_mpoly_struct *image, const ew_sde *sde, const block *b,
                            const ew_expansion *x)
{
    const ew_law *law = b->law->law;
    ew_status status = EW_OK;
    for (slong p = 0; p < b->n; p++) {
        fmpq_mpoly_gen(image + b->law->h + p, p, sde->ring);
        if (law->cov[p] >= 0) {
            fmpq_mpoly_gen(image + law->cov[p], p, sde->ring);
            times_cw(image + law->cov[p], sde, b);
        }
    }
    fmpq_mpoly_gen(image + EW_CW, b->strength, sde->ring);
    fmpq_mpoly_gen(image + b->law->per_d, b->inverse_d, sde->ring);
    fmpq_mpoly_one(image + EW_RATIO, sde->ring);
    for (slong i = 0; i < law->atoms && status == EW_OK; i++)
        if (b->used[law->atom0 + i])
            status = atom_image(image + law->atom0 + i, &law->atom[i], sde, b, x);
    return status;
}

static ew_status compose(ew_sde *sde, const block *b, fmpq_mpoly_struct *image, ew_context *ctx)
{
    const ew_law *law = b->law->law;
    fmpq_mpoly_struct **list = ew_alloc((size_t) law->variables * sizeof *list, ctx);
    if (!list)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        list[v] = image + v;
    int ok = 1;
    for (slong i = 0; i < rates(b) && ok; i++)
        ok = fmpq_mpoly_compose_fmpq_mpoly(i < b->n ? sde->drift + i
                                                    : sde->diffusion + (i - b->n),
                                           b->rate + i, list, law->ring, sde->ring);
    free(list);
    return ok ? EW_OK : ew_fail(ctx, EW_UNABLE, "sde: powers too high to compose");
}

/* mu^2 + eta^2 = 1, 4 eta^2 = g. */
static ew_status take_parts_out(ew_sde *sde, const block *b, ew_context *ctx)
{
    const slong mu = b->scaling.mu, eta = b->scaling.eta;
    fmpq_mpoly_struct relation[2];
    fmpq_mpoly_init(relation, sde->ring);
    fmpq_mpoly_init(relation + 1, sde->ring);
    ew_sde_add_term(relation, 1, 1, (const slong[]){mu, mu}, 2, sde);
    ew_sde_add_term(relation, 1, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation, -1, 1, NULL, 0, sde);
    ew_sde_add_term(relation + 1, 4, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation + 1, -1, 1, &b->bend, 1, sde);
    ew_status status = ew_sde_eliminate(sde, relation, 2, ctx);
    fmpq_mpoly_clear(relation, sde->ring);
    fmpq_mpoly_clear(relation + 1, sde->ring);
    return status;
}

static ew_status fill(ew_sde *sde, const block *b, ew_context *ctx)
{
    ew_expansion x;
    slong n = b->law->law->variables;
    ew_status status = ew_expansion_init(&x, sde, &b->scaling, b->fields, 0, ctx);
    fmpq_mpoly_struct *image =
        status == EW_OK ? ew_alloc((size_t) n * sizeof *image, ctx) : NULL;
    for (slong v = 0; image && v < n; v++)
        fmpq_mpoly_init(image + v, sde->ring);
    if (status == EW_OK)
        status = image ? set_images(image, sde, b, &x) : EW_MEMORY;
    if (status == EW_OK)
        status = compose(sde, b, image, ctx);
    for (slong v = 0; image && v < n; v++)
        fmpq_mpoly_clear(image + v, sde->ring);
    free(image);
    ew_expansion_clear(&x);
    return status == EW_OK && b->closed ? take_parts_out(sde, b, ctx) : status;
}

/* The moments keep fields and law. */
static ew_status hand_over(ew_sde *sde, block *b, ew_context *ctx)
{
    ew_status status = EW_OK;
    if (sde->atoms) {
        for (slong i = 0; i < rates(b); i++)
            fmpq_mpoly_clear(b->rate + i, b->law->law->ring);
        free(b->rate);
        b->rate = NULL;
        status = ew_sde_moments_new(sde, b->fields, b->law, b->used, b->model->activation,
                                    b->cw, b->cb, ctx);
        b->fields = NULL;
        b->law = NULL;
    }
    return status;
}

static ew_status build(ew_sde *sde, block *b, ew_context *ctx)
{
    sde->inputs = b->fields->inputs;
    ew_status status = ew_sde_name_pairs(sde, b->fields, ctx);
    if (status == EW_OK)
        status = add_constants(sde, b, ctx);
    if (status == EW_OK)
        status = add_all_functions(sde, b, ctx);
    if (status == EW_OK)
        status = ew_sde_open(sde, ctx);
    if (status == EW_OK)
        status = fill(sde, b, ctx);
    if (status == EW_OK && !b->closed)
        status = hand_over(sde, b, ctx);
    return status == EW_OK ? ew_sde_finish(sde, ctx) : status;
}

ew_status ew_sde_residual(ew_sde **out, const ew_residual_model *model, ew_context *ctx)
{
    block b = {.model = model, .closed = model->activation->homogeneous && !model->cb};
    ew_sde *sde = NULL;
    *out = NULL;
    ew_status status = make_fields(&b, ctx);
    if (status == EW_OK)
        status = make_law(&b, ctx);
    if (status == EW_OK) {
        mark_used(&b);
        status = ew_sde_new(&sde, EW_SDE_COVARIANCE, EW_CLOCK_DEPTH, b.n, ctx);
    }
    if (status == EW_OK)
        status = build(sde, &b, ctx);
    clear(&b);
    if (status != EW_OK) {
        ew_sde_free(sde);
        return status;
    }
    *out = sde;
    return EW_OK;
}

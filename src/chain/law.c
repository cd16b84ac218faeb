#include "chain/law.h"

#include <stdlib.h>
#include <string.h>

#include "chain/block_step.h"
#include "chain/gaussian.h"
#include "chain/orthogonal.h"

static const char *const parameter_name[EW_ALL_PARAMETERS] = {
    "C_W", "C_b", "lambda_W", "lambda_b", "r", "q", "C_b[l]", "lambda_b[l]", "w[l]"};
static const char *const block_parameter_name[EW_BLOCK_PARAMETERS] = {
    "C_W", "C_b", "lambda_W", "lambda_b", "r", "alpha^2", "C_V", "lambda_V"};

int ew_transition_is_block(const ew_transition *of)
{
    return of->ensemble == EW_ENSEMBLE_WIDE_BLOCK || of->ensemble == EW_ENSEMBLE_BLOCK;
}

slong ew_law_parameters(const ew_law *law)
{
    if (ew_transition_is_block(&law->of))
        return EW_BLOCK_PARAMETERS;
    return law->of.ensemble == EW_ENSEMBLE_GAUSSIAN ? EW_PARAMETERS : EW_ALL_PARAMETERS;
}

slong ew_law_atom(const ew_law *law, const ew_atom *x)
{
    slong lo = 0, hi = law->atoms;
    while (lo < hi) {
        slong mid = (lo + hi) / 2;
        int c = ew_atom_compare(&law->atom[mid], x);
        if (c == 0)
            return law->atom0 + mid;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

/* ---- lists --------------------------------------------------------------------------------
 */

/* A product of f_p and the derivatives that are wanted of its moment. */
typedef struct {
    ew_pairs list;
    slong derivatives;
} wish;

typedef struct {
    slong n, room;
    wish *w;
} wishes;

static ew_status add_wish(wishes *x, const ew_pairs *list, slong derivatives, ew_context *ctx)
{
    if (x->n == x->room) {
        slong room = x->room ? 2 * x->room : 64;
        wish *more = ew_realloc(x->w, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        x->w = more;
        x->room = room;
    }
    x->w[x->n++] = (wish){*list, derivatives};
    return EW_OK;
}

/* All distinct parts of a list: of equal entries any number, from entry i on. */
static ew_status add_parts(wishes *x, const ew_pairs *list, slong i, ew_pairs *part,
                           slong derivatives, ew_context *ctx)
{
    if (i == list->n)
        return part->n ? add_wish(x, part, derivatives, ctx) : EW_OK;
    slong m = 1, n = part->n;
    while (i + m < list->n && list->p[i + m] == list->p[i])
        m++;
    ew_status status = EW_OK;
    for (slong k = 0; k <= m && status == EW_OK; k++) {
        status = add_parts(x, list, i + m, part, derivatives, ctx);
        part->p[part->n++] = list->p[i];
    }
    part->n = n;
    return status;
}

static int by_list(const void *x, const void *y)
{
    const wish *a = x, *b = y;
    int c = ew_pairs_compare(&a->list, &b->list);
    return c ? c : (a->derivatives < b->derivatives) - (a->derivatives > b->derivatives);
}

/* A cumulant needs the moments of all parts of its list. */
static ew_status enumerate_moments(ew_law *law, const ew_pairs *wanted,
                                   const slong *derivatives, slong n, ew_context *ctx)
{
    wishes x = {0, 0, NULL};
    ew_status status = EW_OK;
    ew_pairs part = {0, {0}};
    for (slong w = 0; w < n && status == EW_OK; w++)
        status = add_parts(&x, &wanted[w], 0, &part, derivatives[w], ctx);
    law->moment_of = ew_alloc((size_t) (x.n + 1) * sizeof *law->moment_of, ctx);
    law->derivatives = ew_alloc((size_t) (x.n + 1) * sizeof *law->derivatives, ctx);
    if (status == EW_OK && (!law->moment_of || !law->derivatives))
        status = EW_MEMORY;
    if (status == EW_OK && x.n)
        qsort(x.w, (size_t) x.n, sizeof *x.w, by_list);
    for (slong i = 0; i < x.n && status == EW_OK; i++)
        if (i == 0 || ew_pairs_compare(&x.w[i].list, &x.w[i - 1].list) != 0) {
            law->moment_of[law->moments] = x.w[i].list;
            law->derivatives[law->moments++] = x.w[i].derivatives;
        }
    free(x.w);
    return status;
}

slong ew_law_moment(const ew_law *law, const ew_pairs *list)
{
    slong lo = 0, hi = law->moments;
    while (lo < hi) {
        slong mid = (lo + hi) / 2;
        int c = ew_pairs_compare(&law->moment_of[mid], list);
        if (c == 0)
            return mid;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

/* ---- atoms and the ring -------------------------------------------------------------------
 */

/* Close the list under the derivatives left: one round a derivative. */
static ew_status raise_all(ew_atom_list *list, slong inputs, slong left, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong n = list->n;
    ew_atom *old = ew_alloc((size_t) (n + 1) * sizeof *old, ctx);
    if (!old)
        return EW_MEMORY;
    slong m = 0;
    for (slong i = 0; i < n; i++)
        if (list->left[i] == left)
            old[m++] = list->x[i];
    fmpq_t factor;
    fmpq_init(factor);
    for (slong i = 0; i < m; i++)
        for (slong a = 0; a < inputs; a++)
            for (slong b = a; b < inputs && status == EW_OK; b++) {
                ew_atom x = old[i];
                if (ew_atom_raise(factor, &x, a, b))
                    status = ew_atom_list_add(list, &x, left - 1, ctx);
            }
    fmpq_clear(factor);
    free(old);
    return status;
}

static ew_status enumerate_atoms(ew_law *law, ew_context *ctx)
{
    ew_atom_list list = {0, 0, NULL, NULL};
    slong most = 0;
    ew_status status = law->orthogonal ? ew_orthogonal_atoms(&list, law, ctx)
                       : law->block    ? ew_block_step_atoms(&list, law, ctx)
                                       : ew_gaussian_atoms(&list, law, ctx);
    for (slong i = 0; i < list.n; i++)
        if (list.left[i] > most)
            most = list.left[i];
    for (; most > 0 && status == EW_OK; most--)
        status = raise_all(&list, law->fields->inputs, most, ctx);
    free(list.left);
    law->atom = list.x;
    law->atoms = list.n;
    return status;
}

static ew_status name_variables(ew_law *law, const char *const *extra, slong extras,
                                ew_context *ctx)
{
    slong v = 0;
    const char *const *name = law->block ? block_parameter_name : parameter_name;
    for (slong i = 0; i < law->extra; i++)
        if (!(law->name[v++] = ew_strdup(name[i], ctx)))
            return EW_MEMORY;
    for (slong i = 0; i < extras; i++)
        if (!(law->name[v++] = ew_strdup(extra[i], ctx)))
            return EW_MEMORY;
    for (slong p = 0; p < law->fields->pairs; p++)
        if (law->cov[p] >= 0 && !(law->name[v++] = ew_pair_name(law->fields, p, ctx)))
            return EW_MEMORY;
    for (slong i = 0; i < law->atoms; i++)
        if (!(law->name[v++] = ew_atom_text(&law->atom[i], law->fields->inputs, ctx)))
            return EW_MEMORY;
    return EW_OK;
}

/* Atoms are known: number the variables and open the ring. */
static ew_status open_ring(ew_law *law, const char *const *extra, slong extras, ew_context *ctx)
{
    const ew_fields *f = law->fields;
    law->cov = ew_alloc((size_t) f->pairs * sizeof *law->cov, ctx);
    if (!law->cov)
        return EW_MEMORY;
    law->extra = ew_law_parameters(law);
    law->cov0 = law->extra + extras;
    law->atom0 = law->cov0;
    for (slong p = 0; p < f->pairs; p++)
        law->cov[p] =
            !law->orthogonal && !law->block && ew_pair_is_base(f, p) ? -1 : law->atom0++;
    law->variables = law->atom0 + law->atoms;
    law->name = ew_alloc_zero((size_t) law->variables, sizeof *law->name, ctx);
    if (!law->name)
        return EW_MEMORY;
    fmpq_mpoly_ctx_init(law->ring, law->variables, ORD_LEX);
    return name_variables(law, extra, extras, ctx);
}

void ew_law_argument(fmpq_mpoly_t out, const ew_law *law, slong a, slong b)
{
    slong sets = law->fields->sets;
    ew_block_step_covariance(out, law, ew_pair_of(law->fields, a * sets, b * sets));
}

/* ---- the object ---------------------------------------------------------------------------
 */

static ew_status open_cumulants(ew_law *law, ew_context *ctx)
{
    law->grades = ew_law_grades(law, 1);
    law->cumulant =
        ew_alloc_zero((size_t) (law->moments * law->grades) + 1, sizeof *law->cumulant, ctx);
    if (!law->cumulant)
        return EW_MEMORY;
    return law->orthogonal || law->block ? EW_OK : ew_gaussian_moments(law, ctx);
}

/* What a law is asked for. */
typedef struct {
    int at_limit;
    const ew_law_average *average;
    slong averages;
    const ew_pairs *wanted;
    const slong *derivatives;
    slong n;
    const char *const *extra;
    slong extras;
} request;

static ew_status take_averages(ew_law *law, const request *r, ew_context *ctx)
{
    law->average = ew_alloc_zero((size_t) r->averages + 1, sizeof *law->average, ctx);
    if (!law->average)
        return EW_MEMORY;
    for (slong i = 0; i < r->averages; i++)
        law->average[i] = r->average[i];
    law->averages = r->averages;
    return EW_OK;
}

static ew_status new_law(ew_law **out, const ew_transition *of, const ew_fields *fields,
                         const request *r, ew_context *ctx)
{
    *out = NULL;
    ew_law *law = ew_alloc_zero(1, sizeof *law, ctx);
    if (!law)
        return EW_MEMORY;
    law->of = *of;
    law->fields = fields;
    law->at_limit = r->at_limit;
    law->per_width = ew_transition_is_block(of) ? -1 : EW_RATIO;
    law->slope = ew_transition_is_block(of) ? EW_CW : -1;
    ew_jet_ring_init(&law->jet, fields);
    ew_status status = take_averages(law, r, ctx);
    if (status == EW_OK)
        status = enumerate_moments(law, r->wanted, r->derivatives, r->n, ctx);
    if (status == EW_OK && of->ensemble == EW_ENSEMBLE_ORTHOGONAL)
        status = ew_orthogonal_new(&law->orthogonal, law, ctx);
    if (status == EW_OK && ew_transition_is_block(of))
        status = ew_block_step_new(&law->block, law, ctx);
    if (status == EW_OK)
        status = enumerate_atoms(law, ctx);
    if (status == EW_OK)
        status = open_ring(law, r->extra, r->extras, ctx);
    if (status == EW_OK)
        status = open_cumulants(law, ctx);
    if (status != EW_OK) {
        ew_law_free(law);
        return status;
    }
    *out = law;
    return EW_OK;
}

/* So many derivatives of every list. */
static ew_status new_plain(ew_law **out, const ew_transition *of, const ew_fields *fields,
                           request *r, slong derivatives, ew_context *ctx)
{
    *out = NULL;
    slong *each = ew_alloc((size_t) (r->n + 1) * sizeof *each, ctx);
    if (!each)
        return EW_MEMORY;
    for (slong i = 0; i < r->n; i++)
        each[i] = derivatives;
    r->derivatives = each;
    ew_status status = new_law(out, of, fields, r, ctx);
    free(each);
    return status;
}

ew_status ew_law_new(ew_law **out, const ew_transition *of, const ew_fields *fields,
                     const ew_pairs *wanted, slong n, slong derivatives,
                     const char *const *extra, slong extras, ew_context *ctx)
{
    request r = {.wanted = wanted, .n = n, .extra = extra, .extras = extras};
    return new_plain(out, of, fields, &r, derivatives, ctx);
}

ew_status ew_law_new_averages(ew_law **out, const ew_transition *of, const ew_fields *fields,
                              const ew_law_average *average, slong averages,
                              const ew_pairs *wanted, slong n, slong derivatives,
                              ew_context *ctx)
{
    request r = {.average = average, .averages = averages, .wanted = wanted, .n = n};
    return new_plain(out, of, fields, &r, derivatives, ctx);
}

ew_status ew_law_new_at_limit(ew_law **out, const ew_transition *of, const ew_fields *fields,
                              const ew_pairs *wanted, const slong *derivatives, slong n,
                              const char *const *extra, slong extras, ew_context *ctx)
{
    const request r = {1, NULL, 0, wanted, derivatives, n, extra, extras};
    return new_law(out, of, fields, &r, ctx);
}

/* ---- averages -----------------------------------------------------------------------------
 */

/* The derived fields put to 1. */
static void bare(fmpq_mpoly_t f, const ew_law *law)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    for (slong A = 0; A < law->fields->n; A++)
        if (A % law->fields->sets)
            fmpq_mpoly_evaluate_one_fmpq(f, f, ew_jet_field(&law->jet, A), one, law->jet.ring);
    fmpq_clear(one);
}

void ew_law_averaged(fmpq_mpoly_t f, ulong *parity, const ew_law *law, slong entry)
{
    const ew_fields *fields = law->fields;
    *parity = 0;
    if (entry < fields->pairs) {
        ew_feature_product(f, &law->jet, entry);
        *parity = fields->parity[entry];
        return;
    }
    const ew_law_average *a = &law->average[entry - fields->pairs];
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, law->jet.ring);
    fmpq_mpoly_one(f, law->jet.ring);
    for (slong i = 0; i < a->features.n; i++) {
        ew_feature_product(g, &law->jet, a->features.p[i]);
        fmpq_mpoly_mul(f, f, g, law->jet.ring);
        *parity ^= fields->parity[a->features.p[i]];
    }
    if (a->bare)
        bare(f, law);
    fmpq_mpoly_clear(g, law->jet.ring);
}

void ew_law_free(ew_law *law)
{
    if (!law)
        return;
    for (slong i = 0; law->moment && i < law->moments; i++)
        fmpq_mpoly_clear(&law->moment[i], law->ring);
    for (slong i = 0; law->cumulant && i < law->moments * law->grades; i++)
        if (law->cumulant[i]) {
            fmpq_mpoly_clear(law->cumulant[i], law->ring);
            free(law->cumulant[i]);
        }
    ew_orthogonal_free(law->orthogonal, law);
    ew_block_step_free(law->block, law);
    for (slong v = 0; law->name && v < law->variables; v++)
        free(law->name[v]);
    if (law->name)
        fmpq_mpoly_ctx_clear(law->ring);
    ew_jet_ring_clear(&law->jet);
    free(law->moment);
    free(law->average);
    free(law->moment_of);
    free(law->derivatives);
    free(law->cumulant);
    free(law->name);
    free(law->cov);
    free(law->atom);
    free(law);
}

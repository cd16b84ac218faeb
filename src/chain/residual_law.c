#include "chain/residual_law.h"

#include <stdlib.h>

#include "chain/contraction.h"
#include "chain/gaussian.h"

/* ---- construction -------------------------------------------------------------------------
 */

static void forget(ew_residual_memory *m, const ew_law *law)
{
    for (slong i = 0; i < m->room; i++)
        fmpq_mpoly_clear(m->value + i, law->ring);
    free(m->value);
    ew_keys_clear(&m->keys);
}

void ew_residual_law_free(ew_residual_law *r)
{
    if (!r)
        return;
    forget(&r->moment, r->law);
    forget(&r->given, r->law);
    forget(&r->mean, r->law);
    forget(&r->joint, r->law);
    ew_law_free(r->law);
    free(r);
}

/* The names of the extra variables; fresh strings. */
static char **extra_names(slong *n, const ew_fields *fields, ew_context *ctx)
{
    static const char *const plain[] = {"alpha^2", "1/d", "1/m"};
    *n = 0;
    char **name = ew_alloc_zero((size_t) (3 + 2 * fields->pairs), sizeof *name, ctx);
    for (; name && *n < 3 + 2 * fields->pairs; ++*n) {
        slong p = (*n - 3) % fields->pairs;
        char *pair = *n < 3 ? NULL : ew_pair_name(fields, p, ctx);
        if (*n < 3)
            name[*n] = ew_strdup(plain[*n], ctx);
        else if (pair)
            name[*n] = ew_format(ctx, "%s_%s", *n < 3 + fields->pairs ? "H" : "Q", pair);
        free(pair);
        if (!name[*n])
            break;
    }
    return name;
}

static void free_names(char **name, slong n)
{
    for (slong i = 0; name && i < n; i++)
        free(name[i]);
    free(name);
}

static ew_status open_law(ew_residual_law *r, const ew_residual_scope *scope,
                          const ew_fields *fields, const ew_contractions *all, ew_context *ctx)
{
    const ew_transition of = {EW_ENSEMBLE_GAUSSIAN, 0};
    slong extras = 0, most = 0, n = all->keys.n;
    char **name = extra_names(&extras, fields, ctx);
    const char *const *extra = (const char *const *) name;
    ew_status status = name && extras == 3 + 2 * fields->pairs ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < n; i++)
        most = FLINT_MAX(most, all->derivatives[i]);
    if (status == EW_OK)
        status = scope->at_limit
                     ? ew_law_new_at_limit(&r->law, &of, fields, all->list, all->derivatives, n,
                                           extra, extras, ctx)
                     : ew_law_new(&r->law, &of, fields, all->list, n, most, extra, extras, ctx);
    free_names(name, extras);
    return status;
}

ew_status ew_residual_law_scoped(ew_residual_law **out, const ew_residual_scope *scope,
                                 const ew_fields *fields, const ew_pairs *wanted, slong n,
                                 ew_context *ctx)
{
    *out = NULL;
    ew_contractions all = {.room = 0};
    ew_residual_law *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    r->wide = scope->wide;
    r->most = scope->most;
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++)
        status =
            wanted[i].n < 1 || wanted[i].n > EW_RESIDUAL_ENTRIES
                ? ew_fail(ctx, EW_UNABLE, "residual block: cumulants of 1..%d entries only",
                          EW_RESIDUAL_ENTRIES)
                : ew_contractions_add(&all, &wanted[i], scope->derivatives[i], r->wide, fields,
                                      ctx);
    if (status == EW_OK)
        status = open_law(r, scope, fields, &all, ctx);
    ew_contractions_clear(&all);
    if (status != EW_OK) {
        ew_residual_law_free(r);
        return status;
    }
    r->alpha2 = r->law->extra;
    r->per_d = r->alpha2 + 1;
    r->per_m = r->alpha2 + 2;
    r->h = r->alpha2 + 3;
    r->q = r->h + fields->pairs;
    *out = r;
    return EW_OK;
}

ew_status ew_residual_law_new(ew_residual_law **out, const ew_fields *fields,
                              const ew_pairs *wanted, slong n, slong derivatives,
                              ew_context *ctx)
{
    slong *each = ew_alloc((size_t) (n + 1) * sizeof *each, ctx);
    *out = NULL;
    if (!each)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        each[i] = derivatives;
    const ew_residual_scope all = {.most = -1, .derivatives = each};
    ew_status status = ew_residual_law_scoped(out, &all, fields, wanted, n, ctx);
    free(each);
    return status;
}

/* ---- given H and Qhat ---------------------------------------------------------------------
 */

void ew_residual_law_given(fmpq_mpoly_t out, const ew_residual_law *r, const ew_pairs *list)
{
    const ew_contraction_ring ring = {r->law->ring, r->law->variables, r->alpha2, r->h, r->q};
    fmpq_mpoly_t power;
    ew_connected_diagrams(out, &ring, list, r->law->fields);
    fmpq_mpoly_init(power, r->law->ring);
    fmpq_mpoly_gen(power, r->per_d, r->law->ring);
    fmpq_mpoly_pow_ui(power, power, (ulong) list->n - 1, r->law->ring);
    fmpq_mpoly_mul(out, out, power, r->law->ring);
    fmpq_mpoly_clear(power, r->law->ring);
}

/* ---- moments of Qhat given H --------------------------------------------------------------
 */

/* *id of the list, whose value is to be set where it is fresh. */
static ew_status recall(slong *id, int *fresh, ew_residual_memory *m, const ew_pairs *list,
                        const ew_law *law, ew_context *ctx)
{
    ew_status status = ew_keys_add(id, fresh, &m->keys, list->p, list->n, ctx);
    if (status != EW_OK || m->keys.n <= m->room)
        return status;
    slong room = m->room ? 2 * m->room : 64;
    fmpq_mpoly_struct *more = ew_realloc(m->value, (size_t) room * sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    m->value = more;
    for (; m->room < room; m->room++)
        fmpq_mpoly_init(m->value + m->room, law->ring);
    return EW_OK;
}

/* m^(1-k) kappa[f_p1, ..., f_pk]; *vanishes where that is not kept.  V s has no biases. */
static ew_status cumulant_of_q(fmpq_mpoly_t f, int *vanishes, ew_residual_law *r,
                               const ew_pairs *list, ew_context *ctx)
{
    ew_law *law = r->law;
    const fmpq_mpoly_struct *k;
    *vanishes = list->n > 1 && (r->wide || (r->most >= 0 && list->n - 1 > r->most));
    if (*vanishes)
        return EW_OK;
    ew_status status = ew_gaussian_cumulant(&k, law, list, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_gen(f, r->per_m, law->ring);
    fmpq_mpoly_pow_ui(f, f, (ulong) list->n - 1, law->ring);
    fmpq_mpoly_mul(f, f, k, law->ring);
    return EW_OK;
}

/* kappa(in) E[rest], as part of a moment or a cumulant. */
typedef struct {
    ew_residual_law *r;
    fmpq_mpoly_struct *sum;
    ew_context *ctx;
} expansion;

static ew_status moment(slong *id, ew_residual_law *r, const ew_pairs *list, ew_context *ctx);

/* sum += ways kappa(in) E[rest] */
static ew_status add_split(void *data, const ew_pairs *in, const ew_pairs *rest,
                           const fmpz_t ways)
{
    const expansion *x = data;
    const ew_law *law = x->r->law;
    slong id;
    int vanishes;
    fmpq_mpoly_t k;
    fmpq_mpoly_init(k, law->ring);
    ew_status status = cumulant_of_q(k, &vanishes, x->r, in, x->ctx);
    if (status == EW_OK && !vanishes)
        status = moment(&id, x->r, rest, x->ctx);
    if (status == EW_OK && !vanishes) {
        fmpq_mpoly_mul(k, k, x->r->moment.value + id, law->ring);
        fmpq_mpoly_scalar_mul_fmpz(k, k, ways, law->ring);
        fmpq_mpoly_add(x->sum, x->sum, k, law->ring);
    }
    fmpq_mpoly_clear(k, law->ring);
    return status;
}

/* The number of E[prod Qhat_p]. */
static ew_status moment(slong *id, ew_residual_law *r, const ew_pairs *list, ew_context *ctx)
{
    const ew_law *law = r->law;
    int fresh, vanishes;
    ew_status status = recall(id, &fresh, &r->moment, list, law, ctx);
    if (status != EW_OK || !fresh)
        return status;
    fmpq_mpoly_t sum;
    fmpq_mpoly_init(sum, law->ring);
    expansion x = {r, sum, ctx};
    if (list->n == 0)
        fmpq_mpoly_one(sum, law->ring);
    else
        status = cumulant_of_q(sum, &vanishes, r, list, ctx);
    if (status == EW_OK && list->n > 1)
        status = ew_pairs_splits(list, add_split, &x);
    fmpq_mpoly_swap(r->moment.value + *id, sum, law->ring);
    fmpq_mpoly_clear(sum, law->ring);
    return status;
}

/* The mean over Qhat of a polynomial in it.  No aliasing. */
static ew_status average(fmpq_mpoly_t out, const fmpq_mpoly_t f, ew_residual_law *r,
                         ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_status status = ew_poll(ctx);
    ulong *exp = ew_alloc_zero((size_t) law->variables, sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    slong id;
    fmpq_mpoly_t t;
    fmpq_t c;
    fmpq_mpoly_init(t, law->ring);
    fmpq_init(c);
    fmpq_mpoly_zero(out, law->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->ring) && status == EW_OK; i++) {
        ew_pairs list = {0, {0}};
        fmpq_mpoly_get_term_exp_ui(exp, f, i, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, law->ring);
        for (slong p = 0; p < law->fields->pairs; p++)
            for (; exp[r->q + p] > 0; exp[r->q + p]--)
                ew_pairs_add(&list, p);
        fmpq_mpoly_zero(t, law->ring);
        fmpq_mpoly_push_term_fmpq_ui(t, c, exp, law->ring);
        status = moment(&id, r, &list, ctx);
        if (status == EW_OK) {
            fmpq_mpoly_mul(t, t, r->moment.value + id, law->ring);
            fmpq_mpoly_add(out, out, t, law->ring);
        }
    }
    fmpq_clear(c);
    fmpq_mpoly_clear(t, law->ring);
    free(exp);
    return status;
}

/* ---- given H ------------------------------------------------------------------------------
 */

/* A list of blocks: numbers of cumulants given Qhat. */

/* The number of a block. */
static ew_status block_of(slong *id, ew_residual_law *r, const ew_pairs *list, ew_context *ctx)
{
    int fresh;
    ew_status status = recall(id, &fresh, &r->given, list, r->law, ctx);
    if (status == EW_OK && fresh)
        ew_residual_law_given(r->given.value + *id, r, list);
    return status;
}

/* The number of the mean over Qhat of a product of blocks. */
static ew_status mean_of(slong *id, ew_residual_law *r, const ew_pairs *blocks, ew_context *ctx)
{
    const ew_law *law = r->law;
    int fresh;
    ew_status status = recall(id, &fresh, &r->mean, blocks, law, ctx);
    if (status != EW_OK || !fresh)
        return status;
    fmpq_mpoly_t product;
    fmpq_mpoly_init(product, law->ring);
    fmpq_mpoly_one(product, law->ring);
    for (slong i = 0; i < blocks->n; i++)
        fmpq_mpoly_mul(product, product, r->given.value + blocks->p[i], law->ring);
    status = average(r->mean.value + *id, product, r, ctx);
    fmpq_mpoly_clear(product, law->ring);
    return status;
}

static ew_status joint_of(slong *id, ew_residual_law *r, const ew_pairs *blocks,
                          ew_context *ctx);

/* sum -= ways kappa(in) E[rest] */
static ew_status subtract_split(void *data, const ew_pairs *in, const ew_pairs *rest,
                                const fmpz_t ways)
{
    const expansion *x = data;
    const ew_law *law = x->r->law;
    slong k, m;
    ew_status status = joint_of(&k, x->r, in, x->ctx);
    if (status == EW_OK)
        status = mean_of(&m, x->r, rest, x->ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_mul(t, x->r->joint.value + k, x->r->mean.value + m, law->ring);
    fmpq_mpoly_scalar_mul_fmpz(t, t, ways, law->ring);
    fmpq_mpoly_sub(x->sum, x->sum, t, law->ring);
    fmpq_mpoly_clear(t, law->ring);
    return EW_OK;
}

/* The number of the joint cumulant over Qhat of some blocks: kappa(X_1, ..., X_k) = E[X_1 ...
 * X_k]
 * - sum over S with 1 in S, S not all, of kappa(X_S) E[X of the others]. */
static ew_status joint_of(slong *id, ew_residual_law *r, const ew_pairs *blocks,
                          ew_context *ctx)
{
    const ew_law *law = r->law;
    int fresh;
    slong m;
    ew_status status = recall(id, &fresh, &r->joint, blocks, law, ctx);
    if (status != EW_OK || !fresh)
        return status;
    status = mean_of(&m, r, blocks, ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_t sum;
    fmpq_mpoly_init(sum, law->ring);
    fmpq_mpoly_set(sum, r->mean.value + m, law->ring);
    expansion x = {r, sum, ctx};
    if (blocks->n > 1)
        status = ew_pairs_splits(blocks, subtract_split, &x);
    fmpq_mpoly_swap(r->joint.value + *id, sum, law->ring);
    fmpq_mpoly_clear(sum, law->ring);
    return status;
}

/* The law of total cumulance, block by block of a partition. */
typedef struct {
    ew_residual_law *r;
    fmpq_mpoly_struct *out;
    ew_pairs blocks; /* so far */
    fmpz_t ways;
    ew_context *ctx;
} total;

static ew_status add_joint(total *t)
{
    const ew_law *law = t->r->law;
    slong id;
    ew_status status = joint_of(&id, t->r, &t->blocks, t->ctx);
    if (status != EW_OK)
        return status;
    fmpq_mpoly_t k;
    fmpq_mpoly_init(k, law->ring);
    fmpq_mpoly_scalar_mul_fmpz(k, t->r->joint.value + id, t->ways, law->ring);
    fmpq_mpoly_add(t->out, t->out, k, law->ring);
    fmpq_mpoly_clear(k, law->ring);
    return EW_OK;
}

static ew_status total_of(total *t, const ew_pairs *list);

/* The first entry's block is `in`, the whole list when rest is NULL. */
static ew_status take_block(total *t, const ew_pairs *in, const ew_pairs *rest,
                            const fmpz_t ways)
{
    if (t->r->wide && rest)
        return EW_OK;
    slong id;
    ew_pairs blocks = t->blocks;
    fmpz_t before;
    ew_status status = block_of(&id, t->r, in, t->ctx);
    if (status != EW_OK)
        return status;
    fmpz_init_set(before, t->ways);
    fmpz_mul(t->ways, t->ways, ways);
    ew_pairs_add(&t->blocks, id);
    status = rest ? total_of(t, rest) : add_joint(t);
    t->blocks = blocks;
    fmpz_swap(t->ways, before);
    fmpz_clear(before);
    return status;
}

static ew_status take_split(void *data, const ew_pairs *in, const ew_pairs *rest,
                            const fmpz_t ways)
{
    return take_block(data, in, rest, ways);
}

static ew_status total_of(total *t, const ew_pairs *list)
{
    fmpz one = 1;
    ew_status status = take_block(t, list, NULL, &one);
    return status == EW_OK && list->n > 1 ? ew_pairs_splits(list, take_split, t) : status;
}

ew_status ew_residual_law_cumulant(fmpq_mpoly_t out, ew_residual_law *r, const ew_pairs *list,
                                   ew_context *ctx)
{
    total t = {.r = r, .out = out, .ctx = ctx};
    if (list->n < 1 || list->n > EW_RESIDUAL_ENTRIES)
        return ew_fail(ctx, EW_UNABLE, "residual block: a cumulant was not asked for");
    fmpz_init_set_ui(t.ways, 1);
    fmpq_mpoly_zero(out, r->law->ring);
    ew_status status = total_of(&t, list);
    fmpz_clear(t.ways);
    return status;
}

ew_status ew_residual_law_rate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_residual_law *r,
                               ew_context *ctx)
{
    const ew_law *law = r->law;
    fmpq_mpoly_derivative(out, f, r->alpha2, law->ring);
    slong *to = ew_alloc((size_t) law->variables * sizeof *to, ctx);
    if (!to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        to[v] = v == r->alpha2 ? -1 : v;
    ew_status status = ew_law_rename(out, out, to, law, ctx);
    free(to);
    return status;
}

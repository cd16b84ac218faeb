#include "chain/residual_law.h"

#include <stdlib.h>

#include "chain/contraction.h"
#include "chain/partition.h"

/* ---- construction -------------------------------------------------------------------------
 */

void ew_residual_law_free(ew_residual_law *r)
{
    if (!r)
        return;
    for (slong i = 0; r->law && i < r->room; i++)
        fmpq_mpoly_clear(r->moment + i, r->law->ring);
    free(r->moment);
    ew_keys_clear(&r->lists);
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

/* m^(1-k) kappa[f_p1, ..., f_pk]; *vanishes where that is not kept. */
static ew_status cumulant_of_q(fmpq_mpoly_t f, int *vanishes, ew_residual_law *r,
                               const ew_pairs *list, ew_context *ctx)
{
    ew_law *law = r->law;
    *vanishes = list->n > 1 && (r->wide || (r->most >= 0 && list->n - 1 > r->most));
    if (*vanishes)
        return EW_OK;
    ew_status status = ew_law_cumulant(f, law, list, 0, ctx);
    if (list->n > 1) {
        fmpq_mpoly_t power;
        fmpq_mpoly_init(power, law->ring);
        fmpq_mpoly_gen(power, r->per_m, law->ring);
        fmpq_mpoly_pow_ui(power, power, (ulong) list->n - 1, law->ring);
        fmpq_mpoly_mul(f, f, power, law->ring);
        fmpq_mpoly_clear(power, law->ring);
    }
    return status;
}

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
        fmpq_mpoly_mul(k, k, x->r->moment + id, law->ring);
        fmpq_mpoly_scalar_mul_fmpz(k, k, ways, law->ring);
        fmpq_mpoly_add(x->sum, x->sum, k, law->ring);
    }
    fmpq_mpoly_clear(k, law->ring);
    return status;
}

static ew_status make_room(ew_residual_law *r, ew_context *ctx)
{
    if (r->lists.n <= r->room)
        return EW_OK;
    slong room = r->room ? 2 * r->room : 64;
    fmpq_mpoly_struct *more = ew_realloc(r->moment, (size_t) room * sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    r->moment = more;
    for (; r->room < room; r->room++)
        fmpq_mpoly_init(r->moment + r->room, r->law->ring);
    return EW_OK;
}

/* The number of E[prod Qhat_p]; each is computed once. */
static ew_status moment(slong *id, ew_residual_law *r, const ew_pairs *list, ew_context *ctx)
{
    const ew_law *law = r->law;
    int fresh, vanishes;
    ew_status status = ew_keys_add(id, &fresh, &r->lists, list->p, list->n, ctx);
    if (status == EW_OK)
        status = make_room(r, ctx);
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
    fmpq_mpoly_swap(r->moment + *id, sum, law->ring);
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
            fmpq_mpoly_mul(t, t, r->moment + id, law->ring);
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

/* The joint cumulant over Qhat of f_0..f_(n-1): over their partitions, (-1)^(b-1) (b-1)! times
 * the product of the blocks' means; ways times that is added to out. */
static ew_status add_cumulant(fmpq_mpoly_t out, const fmpq_mpoly_struct *f, slong n,
                              const fmpz_t ways, ew_residual_law *r, ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_partition p;
    ew_status status = EW_OK;
    fmpq_mpoly_t product, t, mean;
    fmpq_mpoly_init(product, law->ring);
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_init(mean, law->ring);
    ew_partition_first(&p, n);
    do {
        slong weight = 1;
        fmpq_mpoly_one(product, law->ring);
        for (slong b = 0; b < p.blocks && status == EW_OK; b++) {
            fmpq_mpoly_one(t, law->ring);
            for (slong i = 0; i < n; i++)
                if (p.block[i] == b)
                    fmpq_mpoly_mul(t, t, f + i, law->ring);
            status = average(mean, t, r, ctx);
            fmpq_mpoly_mul(product, product, mean, law->ring);
            weight *= b > 0 ? -b : 1;
        }
        fmpq_mpoly_scalar_mul_si(product, product, weight, law->ring);
        fmpq_mpoly_scalar_mul_fmpz(product, product, ways, law->ring);
        fmpq_mpoly_add(out, out, product, law->ring);
    } while (status == EW_OK && ew_partition_next(&p));
    fmpq_mpoly_clear(product, law->ring);
    fmpq_mpoly_clear(t, law->ring);
    fmpq_mpoly_clear(mean, law->ring);
    return status;
}

/* The law of total cumulance, block by block of a partition. */
typedef struct {
    ew_residual_law *r;
    fmpq_mpoly_struct *out, *f; /* f: of the blocks so far */
    slong blocks;
    fmpz_t ways;
    ew_context *ctx;
} total;

static ew_status total_of(total *t, const ew_pairs *list);

/* The first entry's block is `in`, the whole list when rest is NULL. */
static ew_status take_block(total *t, const ew_pairs *in, const ew_pairs *rest,
                            const fmpz_t ways)
{
    fmpz_t before;
    if (t->r->wide && rest)
        return EW_OK;
    fmpz_init_set(before, t->ways);
    fmpz_mul(t->ways, t->ways, ways);
    ew_residual_law_given(t->f + t->blocks++, t->r, in);
    ew_status status =
        rest ? total_of(t, rest) : add_cumulant(t->out, t->f, t->blocks, t->ways, t->r, t->ctx);
    t->blocks--;
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

/* out = f without some variables. */
static ew_status drop(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_law *law, slong first,
                      slong second, ew_context *ctx)
{
    slong *to = ew_alloc((size_t) law->variables * sizeof *to, ctx);
    if (!to)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables; v++)
        to[v] = v == first || v == second ? -1 : v;
    ew_status status = ew_law_rename(out, f, to, law, ctx);
    free(to);
    return status;
}

/* V s has no biases. */
ew_status ew_residual_law_cumulant(fmpq_mpoly_t out, ew_residual_law *r, const ew_pairs *list,
                                   ew_context *ctx)
{
    const ew_law *law = r->law;
    fmpq_mpoly_struct f[EW_RESIDUAL_ENTRIES];
    total t = {.r = r, .out = out, .f = f, .ctx = ctx};
    if (list->n < 1 || list->n > EW_RESIDUAL_ENTRIES)
        return ew_fail(ctx, EW_UNABLE, "residual block: a cumulant was not asked for");
    for (slong b = 0; b < list->n; b++)
        fmpq_mpoly_init(f + b, law->ring);
    fmpz_init_set_ui(t.ways, 1);
    fmpq_mpoly_zero(out, law->ring);
    ew_status status = total_of(&t, list);
    for (slong b = 0; b < list->n; b++)
        fmpq_mpoly_clear(f + b, law->ring);
    fmpz_clear(t.ways);
    return status == EW_OK ? drop(out, out, law, EW_CB, EW_LAMBDA_B, ctx) : status;
}

ew_status ew_residual_law_rate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_residual_law *r,
                               ew_context *ctx)
{
    fmpq_mpoly_derivative(out, f, r->alpha2, r->law->ring);
    return drop(out, out, r->law, r->alpha2, -1, ctx);
}

#include "chain/residual_law.h"

#include <stdlib.h>

#include "chain/partition.h"

/* ---- construction -------------------------------------------------------------------------
 */

void ew_residual_law_free(ew_residual_law *r)
{
    if (!r)
        return;
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

/* What a joint cumulant is made of contracts each of its 2k fields with another: every perfect
 * matching of them, as a list of pairs. */
static slong matchings(ew_pairs *out, slong n, const slong *leg, unsigned left,
                       const ew_pairs *sofar, const ew_fields *fields)
{
    slong first = 0, second;
    if (left == 0) {
        out[n] = *sofar;
        return n + 1;
    }
    while (!(left >> first & 1))
        first++;
    for (second = first + 1; left >> second; second++) {
        ew_pairs more = *sofar;
        if (!(left >> second & 1))
            continue;
        ew_pairs_add(&more, ew_pair_of(fields, leg[first], leg[second]));
        n = matchings(out, n, leg, left & ~(1u << first) & ~(1u << second), &more, fields);
    }
    return n;
}

static void legs_of(slong *leg, const ew_pairs *list, const ew_fields *fields)
{
    for (slong i = 0; i < list->n; i++)
        ew_pair_fields(leg + 2 * i, leg + 2 * i + 1, fields, list->p[i]);
}

/* (2k - 1)!! */
static slong matching_count(slong k)
{
    slong n = 1;
    for (slong i = 2 * k - 1; i > 1; i -= 2)
        n *= i;
    return n;
}

static ew_status make_law(ew_residual_law *r, const ew_fields *fields, const ew_pairs *wanted,
                          slong n, slong derivatives, ew_context *ctx)
{
    const ew_transition of = {EW_ENSEMBLE_GAUSSIAN, 0};
    slong total = 0, count = 0, leg[2 * EW_RESIDUAL_ENTRIES], extras = 0;
    ew_pairs none = {0, {0}};
    for (slong i = 0; i < n; i++)
        total += matching_count(wanted[i].n);
    ew_pairs *all = ew_alloc((size_t) (total + 1) * sizeof *all, ctx);
    char **name = all ? extra_names(&extras, fields, ctx) : NULL;
    ew_status status = name && extras == 3 + 2 * fields->pairs ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        legs_of(leg, &wanted[i], fields);
        count = matchings(all, count, leg, (1u << 2 * wanted[i].n) - 1, &none, fields);
    }
    if (status == EW_OK)
        status = ew_law_new(&r->law, &of, fields, all, count, derivatives,
                            (const char *const *) name, extras, ctx);
    free_names(name, extras);
    free(all);
    return status;
}

ew_status ew_residual_law_new(ew_residual_law **out, const ew_fields *fields,
                              const ew_pairs *wanted, slong n, slong derivatives,
                              ew_context *ctx)
{
    *out = NULL;
    for (slong i = 0; i < n; i++)
        if (wanted[i].n < 1 || wanted[i].n > EW_RESIDUAL_ENTRIES)
            return ew_fail(ctx, EW_UNABLE, "residual block: cumulants of 1..%d entries only",
                           EW_RESIDUAL_ENTRIES);
    ew_residual_law *r = ew_alloc_zero(1, sizeof *r, ctx);
    if (!r)
        return EW_MEMORY;
    ew_status status = make_law(r, fields, wanted, n, derivatives, ctx);
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

/* ---- given H and Qhat ---------------------------------------------------------------------
 */

/* A joint cumulant of quadratic forms in Gaussians is the sum over connected diagrams: entries
 * are joined by contractions <alpha R_A alpha R_B> = alpha^2 Q_AB, in a cycle, or in a path
 * whose two loose ends take the mean, h_A.h_B/d = H_AB.  (theory.md: cyclic arrangements.) */
typedef struct {
    const ew_residual_law *r;
    slong k;
    slong leg[2 * EW_RESIDUAL_ENTRIES];
    ulong *exp;
    fmpq_mpoly_struct *out;
} diagrams;

static void contract(diagrams *d, slong a, slong b, int mean, ulong times)
{
    const ew_residual_law *r = d->r;
    slong p = ew_pair_of(r->law->fields, d->leg[a], d->leg[b]);
    d->exp[(mean ? r->h : r->q) + p] += times;
    d->exp[r->alpha2] += mean ? 0 : times;
}

/* All ways to go on from the leg `at` through the entries left, and to end at `start`; the ends
 * of a path are told apart by their entries, so that each is counted once. */
static void go_on(diagrams *d, slong start, slong at, unsigned left, int path)
{
    if (left == 0) {
        if (path && at < start)
            return;
        contract(d, start, at, path, 1);
        fmpq_mpoly_push_term_si_ui(d->out, 1, d->exp, d->r->law->ring);
        contract(d, start, at, path, (ulong) -1);
        return;
    }
    for (slong i = 0; i < d->k; i++) {
        if (!(left >> i & 1))
            continue;
        for (slong side = 0; side < 2; side++) {
            contract(d, at, 2 * i + side, 0, 1);
            go_on(d, start, 2 * i + 1 - side, left & ~(1u << i), path);
            contract(d, at, 2 * i + side, 0, (ulong) -1);
        }
    }
}

void ew_residual_law_given(fmpq_mpoly_t out, const ew_residual_law *r, const ew_pairs *list)
{
    diagrams d = {r, list->n, {0}, NULL, out};
    unsigned all = (1u << list->n) - 1;
    fmpq_mpoly_zero(out, r->law->ring);
    legs_of(d.leg, list, r->law->fields);
    d.exp = flint_calloc((size_t) r->law->variables, sizeof *d.exp);
    d.exp[r->per_d] = (ulong) list->n - 1;
    go_on(&d, 0, 1, all & ~1u, 0);
    for (slong i = 0; i < list->n; i++)
        for (slong side = 0; side < (list->n == 1 ? 1 : 2); side++)
            go_on(&d, 2 * i + side, 2 * i + 1 - side, all & ~(1u << i), 1);
    flint_free(d.exp);
    fmpq_mpoly_sort_terms(out, r->law->ring);
    fmpq_mpoly_combine_like_terms(out, r->law->ring);
}

/* ---- given H ------------------------------------------------------------------------------
 */

static ew_status multiply_block(fmpq_mpoly_t f, const ew_pairs *block, ew_residual_law *r,
                                ew_context *ctx)
{
    fmpq_mpoly_t k;
    ew_law *law = r->law;
    fmpq_mpoly_init(k, law->ring);
    ew_status status = ew_law_cumulant(k, law, block, 0, ctx);
    fmpq_mpoly_mul(f, f, k, law->ring);
    fmpq_mpoly_gen(k, r->per_m, law->ring);
    for (slong i = 1; i < block->n && status == EW_OK; i++)
        fmpq_mpoly_mul(f, f, k, law->ring);
    fmpq_mpoly_clear(k, law->ring);
    return status;
}

/* E[prod Qhat_p]: over the partitions of the list, the products of m^(1-k) kappa[f_p...]. */
static ew_status moment(fmpq_mpoly_t out, ew_residual_law *r, const ew_pairs *list,
                        ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_partition p;
    ew_status status = EW_OK;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    fmpq_mpoly_zero(out, law->ring);
    ew_partition_first(&p, list->n);
    do {
        fmpq_mpoly_one(f, law->ring);
        for (slong b = 0; b < p.blocks && status == EW_OK; b++) {
            ew_pairs block = {0, {0}};
            for (slong i = 0; i < list->n; i++)
                if (p.block[i] == b)
                    ew_pairs_add(&block, list->p[i]);
            status = multiply_block(f, &block, r, ctx);
        }
        fmpq_mpoly_add(out, out, f, law->ring);
    } while (status == EW_OK && ew_partition_next(&p));
    fmpq_mpoly_clear(f, law->ring);
    return status;
}

/* The mean over Qhat of a polynomial in it.  No aliasing. */
static ew_status average(fmpq_mpoly_t out, const fmpq_mpoly_t f, ew_residual_law *r,
                         ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_status status = EW_OK;
    ulong *exp = ew_alloc_zero((size_t) law->variables, sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_mpoly_t t, e;
    fmpq_t c;
    fmpq_mpoly_init(t, law->ring);
    fmpq_mpoly_init(e, law->ring);
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
        status = moment(e, r, &list, ctx);
        fmpq_mpoly_mul(t, t, e, law->ring);
        fmpq_mpoly_add(out, out, t, law->ring);
    }
    fmpq_clear(c);
    fmpq_mpoly_clear(t, law->ring);
    fmpq_mpoly_clear(e, law->ring);
    free(exp);
    return status;
}

/* The joint cumulant over Qhat of f_0..f_(n-1): over their partitions, (-1)^(b-1) (b-1)! times
 * the product of the blocks' means; added to out. */
static ew_status add_cumulant(fmpq_mpoly_t out, const fmpq_mpoly_struct *f, slong n,
                              ew_residual_law *r, ew_context *ctx)
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
        fmpq_mpoly_add(out, out, product, law->ring);
    } while (status == EW_OK && ew_partition_next(&p));
    fmpq_mpoly_clear(product, law->ring);
    fmpq_mpoly_clear(t, law->ring);
    fmpq_mpoly_clear(mean, law->ring);
    return status;
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

/* The law of total cumulance; V s has no biases. */
ew_status ew_residual_law_cumulant(fmpq_mpoly_t out, ew_residual_law *r, const ew_pairs *list,
                                   ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_partition p;
    ew_status status = EW_OK;
    fmpq_mpoly_struct f[EW_RESIDUAL_ENTRIES];
    if (list->n < 1 || list->n > EW_RESIDUAL_ENTRIES)
        return ew_fail(ctx, EW_UNABLE, "residual block: a cumulant was not asked for");
    for (slong b = 0; b < list->n; b++)
        fmpq_mpoly_init(f + b, law->ring);
    fmpq_mpoly_zero(out, law->ring);
    ew_partition_first(&p, list->n);
    do {
        for (slong b = 0; b < p.blocks; b++) {
            ew_pairs block = {0, {0}};
            for (slong i = 0; i < list->n; i++)
                if (p.block[i] == b)
                    ew_pairs_add(&block, list->p[i]);
            ew_residual_law_given(f + b, r, &block);
        }
        status = add_cumulant(out, f, p.blocks, r, ctx);
    } while (status == EW_OK && ew_partition_next(&p));
    for (slong b = 0; b < list->n; b++)
        fmpq_mpoly_clear(f + b, law->ring);
    return status == EW_OK ? drop(out, out, law, EW_CB, EW_LAMBDA_B, ctx) : status;
}

ew_status ew_residual_law_rate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_residual_law *r,
                               ew_context *ctx)
{
    fmpq_mpoly_derivative(out, f, r->alpha2, r->law->ring);
    return drop(out, out, r->law, r->alpha2, -1, ctx);
}

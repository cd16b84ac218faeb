#include "chain/wick.h"

#include <stdlib.h>
#include <string.h>

static const char *const parameter_name[EW_PARAMETERS] = {"C_W", "C_b", "lambda_W", "lambda_b",
                                                          "r"};

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

static ew_status add_moment(ew_law *law, const ew_pairs *list, slong *room, ew_context *ctx)
{
    for (slong i = 0; i < law->moments; i++)
        if (ew_pairs_compare(&law->moment_of[i], list) == 0)
            return EW_OK;
    if (law->moments == *room) {
        *room = *room ? 2 * *room : 16;
        ew_pairs *more = ew_realloc(law->moment_of, (size_t) *room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        law->moment_of = more;
    }
    law->moment_of[law->moments++] = *list;
    return EW_OK;
}

/* A cumulant needs the moments of all its sublists. */
static ew_status enumerate_moments(ew_law *law, const ew_pairs *wanted, slong n,
                                   ew_context *ctx)
{
    slong room = 0;
    ew_status status = EW_OK;
    for (slong w = 0; w < n; w++)
        for (ulong s = 1; s < UWORD(1) << wanted[w].n && status == EW_OK; s++) {
            ew_pairs part = {0, {0}};
            for (slong i = 0; i < wanted[w].n; i++)
                if (s >> i & 1)
                    ew_pairs_add(&part, wanted[w].p[i]);
            status = add_moment(law, &part, &room, ctx);
        }
    return status;
}

/* out = E[prod f_p], or its atoms. */
static ew_status expect_product(fmpq_mpoly_t out, ew_atom_list *found, const ew_law *law,
                                const ew_pairs *list, ew_context *ctx)
{
    fmpq_mpoly_t product, f;
    fmpq_mpoly_init(product, law->jet.ring);
    fmpq_mpoly_init(f, law->jet.ring);
    fmpq_mpoly_one(product, law->jet.ring);
    for (slong i = 0; i < list->n; i++) {
        ew_feature_product(f, &law->jet, list->p[i]);
        fmpq_mpoly_mul(product, product, f, law->jet.ring);
    }
    ew_status status = ew_wick(out, found, law, product, ctx);
    fmpq_mpoly_clear(f, law->jet.ring);
    fmpq_mpoly_clear(product, law->jet.ring);
    return status;
}

/* Close the list under one more derivative in every base covariance. */
static ew_status raise_all(ew_atom_list *list, slong inputs, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong n = list->n;
    ew_atom *old = ew_alloc((size_t) n * sizeof *old, ctx);
    if (!old)
        return EW_MEMORY;
    if (n)
        memcpy(old, list->x, (size_t) n * sizeof *old);
    fmpq_t factor;
    fmpq_init(factor);
    for (slong i = 0; i < n; i++)
        for (slong a = 0; a < inputs; a++)
            for (slong b = a; b < inputs && status == EW_OK; b++) {
                ew_atom x = old[i];
                if (ew_atom_raise(factor, &x, a, b))
                    status = ew_atom_list_add(list, &x, ctx);
            }
    fmpq_clear(factor);
    free(old);
    return status;
}

static ew_status enumerate_atoms(ew_law *law, slong derivatives, ew_context *ctx)
{
    ew_atom_list list = {0, 0, NULL};
    ew_status status = EW_OK;
    for (slong i = 0; i < law->moments && status == EW_OK; i++)
        status = expect_product(NULL, &list, law, &law->moment_of[i], ctx);
    for (slong d = 0; d < derivatives && status == EW_OK; d++)
        status = raise_all(&list, law->fields->inputs, ctx);
    law->atom = list.x;
    law->atoms = list.n;
    return status;
}

static ew_status name_variables(ew_law *law, const char *const *extra, slong extras,
                                ew_context *ctx)
{
    slong v = 0;
    for (slong i = 0; i < EW_PARAMETERS; i++)
        if (!(law->name[v++] = ew_strdup(parameter_name[i], ctx)))
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
    law->extra = EW_PARAMETERS;
    law->cov0 = law->extra + extras;
    law->atom0 = law->cov0;
    for (slong p = 0; p < f->pairs; p++)
        law->cov[p] = ew_pair_is_base(f, p) ? -1 : law->atom0++;
    law->variables = law->atom0 + law->atoms;
    law->name = ew_alloc_zero((size_t) law->variables, sizeof *law->name, ctx);
    if (!law->name)
        return EW_MEMORY;
    fmpq_mpoly_ctx_init(law->ring, law->variables, ORD_LEX);
    return name_variables(law, extra, extras, ctx);
}

static ew_status compute_moments(ew_law *law, ew_context *ctx)
{
    ew_status status = EW_OK;
    law->moment = ew_alloc((size_t) law->moments * sizeof *law->moment, ctx);
    if (!law->moment)
        return EW_MEMORY;
    for (slong i = 0; i < law->moments; i++)
        fmpq_mpoly_init(&law->moment[i], law->ring);
    for (slong i = 0; i < law->moments && status == EW_OK; i++) {
        status = expect_product(&law->moment[i], NULL, law, &law->moment_of[i], ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
}

ew_status ew_law_new(ew_law **out, const ew_fields *fields, const ew_pairs *wanted, slong n,
                     slong derivatives, const char *const *extra, slong extras, ew_context *ctx)
{
    *out = NULL;
    ew_law *law = ew_alloc_zero(1, sizeof *law, ctx);
    if (!law)
        return EW_MEMORY;
    law->fields = fields;
    ew_jet_ring_init(&law->jet, fields);
    ew_status status = enumerate_moments(law, wanted, n, ctx);
    if (status == EW_OK)
        status = enumerate_atoms(law, derivatives, ctx);
    if (status == EW_OK)
        status = open_ring(law, extra, extras, ctx);
    if (status == EW_OK)
        status = compute_moments(law, ctx);
    if (status != EW_OK) {
        ew_law_free(law);
        return status;
    }
    *out = law;
    return EW_OK;
}

void ew_law_free(ew_law *law)
{
    if (!law)
        return;
    for (slong i = 0; law->moment && i < law->moments; i++)
        fmpq_mpoly_clear(&law->moment[i], law->ring);
    for (slong v = 0; law->name && v < law->variables; v++)
        free(law->name[v]);
    if (law->name)
        fmpq_mpoly_ctx_clear(law->ring);
    ew_jet_ring_clear(&law->jet);
    free(law->moment);
    free(law->moment_of);
    free(law->name);
    free(law->cov);
    free(law->atom);
    free(law);
}

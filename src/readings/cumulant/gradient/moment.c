#include "readings/cumulant/gradient/moment.h"

#include <stdlib.h>
#include <string.h>

/* ---- series -------------------------------------------------------------------------------
 */

static slong top(const ew_layer_means *m, slong a)
{
    return 2 * (m->order - a);
}

static ew_delta_series *delta_new(const ew_layer_means *m, ew_context *ctx)
{
    ew_delta_series *x = ew_alloc(sizeof *x, ctx);
    for (slong j = 0; x && j <= top(m, 0); j++)
        fmpq_mpoly_init(&x->c[j], m->law->ring);
    return x;
}

static void delta_free(ew_delta_series *x, const ew_layer_means *m)
{
    for (slong j = 0; x && j <= top(m, 0); j++)
        fmpq_mpoly_clear(&x->c[j], m->law->ring);
    free(x);
}

static ew_eps_delta_series *eps_new(const ew_layer_means *m, ew_context *ctx)
{
    ew_eps_delta_series *x = ew_alloc(sizeof *x, ctx);
    for (slong a = 0; x && a <= m->order; a++)
        for (slong j = 0; j <= top(m, a); j++)
            fmpq_mpoly_init(&x->c[a][j], m->law->ring);
    return x;
}

static void eps_free(ew_eps_delta_series *x, const ew_layer_means *m)
{
    for (slong a = 0; x && a <= m->order; a++)
        for (slong j = 0; j <= top(m, a); j++)
            fmpq_mpoly_clear(&x->c[a][j], m->law->ring);
    free(x);
}

/* z += w x y. */
static void add_product(fmpq_mpoly_t z, const fmpq_mpoly_t x, const fmpq_mpoly_t y, slong w,
                        const ew_layer_means *m)
{
    if (fmpq_mpoly_is_zero(x, m->law->ring) || fmpq_mpoly_is_zero(y, m->law->ring))
        return;
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, m->law->ring);
    fmpq_mpoly_mul(t, x, y, m->law->ring);
    fmpq_mpoly_scalar_mul_si(t, t, w, m->law->ring);
    fmpq_mpoly_add(z, z, t, m->law->ring);
    fmpq_mpoly_clear(t, m->law->ring);
}

static void delta_add_product(ew_delta_series *z, const ew_delta_series *x,
                              const ew_delta_series *y, slong w, const ew_layer_means *m)
{
    for (slong i = 0; i <= top(m, 0); i++)
        for (slong j = 0; i + j <= top(m, 0); j++)
            add_product(&z->c[i + j], &x->c[i], &y->c[j], w, m);
}

/* z += w x y, x having no terms below eps^least. */
static void eps_add_product(ew_eps_delta_series *z, const ew_eps_delta_series *x,
                            const ew_eps_delta_series *y, slong w, slong least,
                            const ew_layer_means *m)
{
    for (slong b = least; b <= m->order; b++)
        for (slong a = 0; a + b <= m->order; a++)
            for (slong j = 0; j <= top(m, a); j++)
                for (slong i = 0; i <= top(m, b) && i + j <= top(m, a + b); i++)
                    add_product(&z->c[a + b][i + j], &x->c[b][i], &y->c[a][j], w, m);
}

/* ---- one neuron ---------------------------------------------------------------------------
 */

/* The features of the factors in `mask` and of i copies of f_zz, all at one neuron. */
static ew_pairs features(const ew_layer_means *m, ulong mask, slong i)
{
    ew_pairs list = {0, {0}};
    for (slong f = 0; f < m->factors; f++)
        for (slong p = 0; (mask >> f & 1) && p < m->factor[f].n; p++)
            ew_pairs_add(&list, m->factor[f].p[p]);
    while (i-- > 0)
        ew_pairs_add(&list, m->base);
    return list;
}

static ew_status look_up(fmpq_mpoly_t out, const ew_layer_means *m, const ew_pairs *list,
                         ew_context *ctx)
{
    const ew_law *law = m->law;
    if (list->n == 0) {
        fmpq_mpoly_one(out, law->ring);
        return EW_OK;
    }
    for (slong i = 0; i < law->moments; i++)
        if (ew_pairs_compare(&law->moment_of[i], list) == 0) {
            fmpq_mpoly_set(out, &law->moment[i], law->ring);
            return EW_OK;
        }
    return ew_fail(ctx, EW_UNABLE, "gradients: a one-neuron moment was not derived");
}

/* x += w <features>_(K + delta), by Taylor's formula; w in the ring. */
static ew_status add_taylor(ew_delta_series *x, const ew_layer_means *m, const ew_pairs *list,
                            const fmpq_mpoly_t w, ew_context *ctx)
{
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, m->law->ring);
    ew_status status = look_up(f, m, list, ctx);
    for (slong j = 0; j <= top(m, 0) && status == EW_OK; j++) {
        if (j) {
            status = ew_law_differentiate(f, f, m->base, m->law, ctx);
            fmpq_mpoly_scalar_div_si(f, f, j, m->law->ring);
        }
        add_product(&x->c[j], f, w, 1, m);
    }
    fmpq_mpoly_clear(f, m->law->ring);
    return status;
}

/* w = binomial(k, i) (-centre)^(k-i). */
static void centring(fmpq_mpoly_t w, const ew_layer_means *m, slong k, slong i)
{
    fmpz_t b;
    fmpz_init(b);
    fmpz_bin_uiui(b, (ulong) k, (ulong) i);
    fmpq_mpoly_neg(w, m->centre, m->law->ring);
    fmpq_mpoly_pow_ui(w, w, (ulong) (k - i), m->law->ring);
    fmpq_mpoly_scalar_mul_fmpz(w, w, b, m->law->ring);
    fmpz_clear(b);
}

/* <prod_mask F (f_zz - centre)^k>_(K + delta). */
static ew_status moment(const ew_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                        ew_context *ctx)
{
    if ((*x = m->moment[mask][k]))
        return EW_OK;
    ew_delta_series *s = delta_new(m, ctx);
    if (!s)
        return EW_MEMORY;
    *x = m->moment[mask][k] = s;
    ew_status status = EW_OK;
    fmpq_mpoly_t w;
    fmpq_mpoly_init(w, m->law->ring);
    for (slong i = 0; i <= k && status == EW_OK; i++) {
        ew_pairs list = features(m, mask, i);
        centring(w, m, k, i);
        status = add_taylor(s, m, &list, w, ctx);
    }
    fmpq_mpoly_clear(w, m->law->ring);
    return status;
}

/* ---- blocks -------------------------------------------------------------------------------
 */

static slong members(ulong mask)
{
    slong n = 0;
    for (; mask; mask &= mask - 1)
        n++;
    return n;
}

static slong binomial(slong n, slong k)
{
    slong b = 1;
    for (slong i = 1; i <= k; i++)
        b = b * (n - k + i) / i;
    return b;
}

/* In how many ways a block of the factors `sub` and i of the k copies of delta' contains the
 * element that is split off: the lowest factor, or else the first copy. */
static slong ways(ulong mask, slong k, ulong sub, slong i)
{
    if ((sub & ~mask) || (mask && !(sub & mask & -mask)) || (!mask && i == 0))
        return 0;
    return mask ? binomial(k, i) : binomial(k - 1, i - 1);
}

static ew_status cumulant(const ew_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                          ew_context *ctx);

/* s -= the moments in which the block of the split-off element is not everything. */
static ew_status subtract_blocks(ew_delta_series *s, ew_layer_means *m, ulong mask, slong k,
                                 ew_context *ctx)
{
    ew_status status = EW_OK;
    for (ulong sub = 0; sub <= mask; sub++)
        for (slong i = 0; i <= k && status == EW_OK; i++) {
            const ew_delta_series *block, *rest;
            slong w = ways(mask, k, sub, i);
            if (!w || (sub == mask && i == k))
                continue;
            status = cumulant(&block, m, sub, i, ctx);
            if (status == EW_OK)
                status = moment(&rest, m, mask & ~sub, k - i, ctx);
            if (status == EW_OK)
                delta_add_product(s, block, rest, -w, m);
        }
    return status;
}

/* The joint cumulant of the same at one neuron. */
static ew_status cumulant(const ew_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                          ew_context *ctx)
{
    const ew_delta_series *whole;
    if ((*x = m->cumulant[mask][k]))
        return EW_OK;
    ew_status status = moment(&whole, m, mask, k, ctx);
    if (status != EW_OK)
        return status;
    ew_delta_series *s = delta_new(m, ctx);
    if (!s)
        return EW_MEMORY;
    *x = m->cumulant[mask][k] = s;
    for (slong j = 0; j <= top(m, 0); j++)
        fmpq_mpoly_set(&s->c[j], &whole->c[j], m->law->ring);
    return subtract_blocks(s, m, mask, k, ctx);
}

/* ---- blocks of means ----------------------------------------------------------------------
 */

/* Neurons are independent given Ghat: a block of means has the cumulant n^(1-size) kappa. */
static ew_status set_independent(ew_eps_delta_series *x, ew_layer_means *m, ulong mask, slong k,
                                 ew_context *ctx)
{
    const ew_delta_series *kappa;
    slong a = members(mask) + k - 1;
    ew_status status = cumulant(&kappa, m, mask, k, ctx);
    for (slong j = 0; j <= top(m, a) && status == EW_OK; j++)
        fmpq_mpoly_set(&x->c[a][j], &kappa->c[j], m->law->ring);
    return status;
}

/* The law has cumulants of the factors, not one neuron's moments. */
static int dependent(const ew_law *law)
{
    return law->averages || law->block;
}

/* Those cumulants, expanded about K. */
static ew_status set_dependent(ew_eps_delta_series *x, ew_layer_means *m, ulong mask, slong k,
                               ew_context *ctx)
{
    ew_pairs list = {0, {0}};
    slong size = members(mask) + k, end = size - 1 + ew_law_grades(m->law, size);
    ew_status status = EW_OK;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, m->law->ring);
    for (slong i = 0; i < m->factors; i++)
        if (mask >> i & 1)
            ew_pairs_add(&list, m->entry[i]);
    for (slong i = 0; i < k; i++)
        ew_pairs_add(&list, m->base);
    for (slong a = size - 1; a <= m->order && a < end && status == EW_OK; a++) {
        status = ew_law_cumulant(f, m->law, &list, a - size + 1, ctx);
        for (slong j = 0; j <= top(m, a) && status == EW_OK; j++) {
            if (j) {
                status = ew_law_differentiate(f, f, m->base, m->law, ctx);
                fmpq_mpoly_scalar_div_si(f, f, j, m->law->ring);
            }
            fmpq_mpoly_set(&x->c[a][j], f, m->law->ring);
        }
    }
    if (status == EW_OK && !mask && k == 1)
        fmpq_mpoly_sub(&x->c[0][0], &x->c[0][0], m->centre, m->law->ring);
    fmpq_mpoly_clear(f, m->law->ring);
    return status;
}

/* The joint cumulant of the means of the factors in `mask` and of k copies of delta'. */
static ew_status block(const ew_eps_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                       ew_context *ctx)
{
    if ((*x = m->block[mask][k]))
        return EW_OK;
    ew_eps_delta_series *z = eps_new(m, ctx);
    if (!z)
        return EW_MEMORY;
    *x = m->block[mask][k] = z;
    return dependent(m->law) ? set_dependent(z, m, mask, k, ctx)
                             : set_independent(z, m, mask, k, ctx);
}

/* ---- means over a layer -------------------------------------------------------------------
 */

static ew_status product(const ew_eps_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                         ew_context *ctx);

/* z += w kappa(block) E[rest]. */
static ew_status add_block(ew_eps_delta_series *z, ew_layer_means *m, ulong mask, slong k,
                           ulong sub, slong i, ew_context *ctx)
{
    slong w = ways(mask, k, sub, i), shift = members(sub) + i - 1;
    const ew_eps_delta_series *kappa, *rest;
    if (!w || shift > m->order)
        return EW_OK;
    ew_status status = block(&kappa, m, sub, i, ctx);
    if (status == EW_OK)
        status = product(&rest, m, mask & ~sub, k - i, ctx);
    if (status == EW_OK)
        eps_add_product(z, kappa, rest, w, shift, m);
    return status;
}

static ew_status product(const ew_eps_delta_series **x, ew_layer_means *m, ulong mask, slong k,
                         ew_context *ctx)
{
    if ((*x = m->mean[mask][k]))
        return EW_OK;
    ew_eps_delta_series *z = eps_new(m, ctx);
    if (!z)
        return EW_MEMORY;
    *x = m->mean[mask][k] = z;
    ew_status status = EW_OK;
    if (!mask && k == 0)
        fmpq_mpoly_one(&z->c[0][0], m->law->ring);
    for (ulong sub = 0; sub <= mask; sub++)
        for (slong i = 0; i <= k && status == EW_OK; i++)
            status = add_block(z, m, mask, k, sub, i, ctx);
    return status;
}

ew_status ew_layer_means_product(const ew_eps_delta_series **x, ew_layer_means *m, slong k,
                                 ew_context *ctx)
{
    return product(x, m, (UWORD(1) << m->factors) - 1, k, ctx);
}

/* ---- the object ---------------------------------------------------------------------------
 */

ew_status ew_layer_means_init(ew_layer_means *m, ew_law *law, slong order,
                              const ew_pairs *factor, const slong *entry, slong factors,
                              ew_context *ctx)
{
    memset(m, 0, sizeof *m);
    m->law = law;
    m->order = order;
    m->base = ew_pair_of(law->fields, 0, 0);
    m->factors = factors;
    for (slong i = 0; i < factors; i++) {
        m->factor[i] = factor[i];
        m->entry[i] = entry ? entry[i] : -1;
    }
    fmpq_mpoly_init(m->centre, law->ring);
    ew_pairs one = {1, {m->base}};
    return dependent(law) ? ew_law_cumulant(m->centre, law, &one, 0, ctx)
                          : look_up(m->centre, m, &one, ctx);
}

void ew_layer_means_clear(ew_layer_means *m)
{
    for (ulong mask = 0; mask < UWORD(1) << EW_GRADIENT_FACTORS; mask++)
        for (slong k = 0; k < EW_GRADIENT_POWERS; k++) {
            delta_free(m->moment[mask][k], m);
            delta_free(m->cumulant[mask][k], m);
            eps_free(m->block[mask][k], m);
            eps_free(m->mean[mask][k], m);
        }
    fmpq_mpoly_clear(m->centre, m->law->ring);
}

#include "readings/cumulant/density/density.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/delta.h"

static slong index_of(slong k, slong j)
{
    return k * (k - 1) + j - 1;
}

/* The coefficient of n^-order in kappa_n of Ghat, or -1. */
static slong unknown_of(const ew_output_density *d, slong n, slong order)
{
    ew_pairs list = {0, {0}};
    for (slong i = 0; i < n; i++)
        ew_pairs_add(&list, 0);
    return ew_hierarchy_find(d->h, &list, order);
}

/* ---- derivation ---------------------------------------------------------------------------
 */

/* f[(k, j)] = [n^-k] E[delta^j] / (j! 2^j) for all k. */
static ew_status moment(fmpq_mpoly_struct *f, ew_delta *delta, slong j,
                        const ew_output_density *d, ew_context *ctx)
{
    const ew_law *law = d->h->law;
    fmpq_mpoly_struct m[EW_MAX_ORDER + 1];
    ew_pairs list = {0, {0}};
    fmpz_t w;
    for (slong i = 0; i < j; i++)
        ew_pairs_add(&list, 0);
    for (slong k = 0; k <= d->order; k++)
        fmpq_mpoly_init(&m[k], law->ring);
    fmpz_init(w);
    fmpz_fac_ui(w, (ulong) j);
    fmpz_mul_2exp(w, w, (ulong) j);
    ew_status status = ew_delta_moment(m, delta, &list, ctx);
    for (slong k = (j + 1) / 2; k <= d->order && status == EW_OK; k++)
        fmpq_mpoly_scalar_div_fmpz(f + index_of(k, j), &m[k], w, law->ring);
    for (slong k = 0; k <= d->order; k++)
        fmpq_mpoly_clear(&m[k], law->ring);
    fmpz_clear(w);
    return status;
}

static char *formula(const fmpq_mpoly_t f, slong j, const ew_law *law, ew_context *ctx)
{
    if (fmpq_mpoly_is_zero(f, law->ring))
        return ew_strdup("0", ctx);
    char *sum = fmpq_mpoly_get_str_pretty(f, (const char **) law->name, law->ring);
    int one = fmpq_mpoly_length(f, law->ring) == 1;
    char *text = sum ? ew_format(ctx, one ? "%s/K" : "(%s)/K", sum) : NULL;
    flint_free(sum);
    char *whole = text && j > 1 ? ew_format(ctx, "%s^%ld", text, (long) j) : NULL;
    if (j > 1)
        free(text);
    return j > 1 ? whole : text;
}

static ew_status derive(ew_output_density *d, fmpq_mpoly_struct *f, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_delta delta;
    ew_delta_init(&delta, d->h);
    for (slong j = 1; j <= 2 * d->order && status == EW_OK; j++)
        status = moment(f, &delta, j, d, ctx);
    ew_delta_clear(&delta);
    return status;
}

static ew_status compile(ew_output_density *d, const fmpq_mpoly_struct *f, ew_context *ctx)
{
    const fmpq_mpoly_struct **list = ew_alloc((size_t) d->terms * sizeof *list, ctx);
    d->formula = ew_alloc_zero((size_t) d->terms, sizeof *d->formula, ctx);
    ew_status status = list && d->formula ? EW_OK : EW_MEMORY;
    for (slong k = 1; k <= d->order && status == EW_OK; k++)
        for (slong j = 1; j <= 2 * k && status == EW_OK; j++) {
            slong i = index_of(k, j);
            list[i] = f + i;
            d->formula[i] = formula(f + i, j, d->h->law, ctx);
            if (!d->formula[i])
                status = EW_MEMORY;
        }
    if (status == EW_OK)
        status = ew_poly_program_new(&d->program, list, d->terms, d->h->law, ctx);
    free(list);
    return status;
}

static ew_status set_terms(ew_output_density *d, ew_context *ctx)
{
    const ew_law *law = d->h->law;
    d->terms = d->order * (d->order + 1);
    fmpq_mpoly_struct *f = ew_alloc((size_t) d->terms * sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    for (slong i = 0; i < d->terms; i++)
        fmpq_mpoly_init(f + i, law->ring);
    ew_status status = derive(d, f, ctx);
    if (status == EW_OK)
        status = compile(d, f, ctx);
    for (slong i = 0; i < d->terms; i++)
        fmpq_mpoly_clear(f + i, law->ring);
    free(f);
    return status;
}

/* ---- evaluation ---------------------------------------------------------------------------
 */

/* Keep the last layer. */
static ew_status keep(slong layer, arb_srcptr state, mag_srcptr scale, void *data,
                      ew_context *ctx)
{
    ew_output_density *d = data;
    (void) ctx;
    if (layer == d->net->depth)
        for (slong i = 0; i < d->h->unknowns; i++) {
            arb_set(d->state + i, state + i);
            arb_get_mag(d->state_size + i, state + i);
            mag_max(d->state_size + i, d->state_size + i, scale + i);
        }
    return EW_OK;
}

static void set_coefficients(ew_output_density *d, slong prec)
{
    const ew_law *law = d->h->law;
    arb_ptr x = _arb_vec_init(law->variables);
    mag_ptr size = _mag_vec_init(law->variables);
    arb_t p;
    mag_t m;
    arb_init(p);
    mag_init(m);
    for (slong i = 0; i < d->h->unknowns; i++) {
        arb_set(x + law->extra + i, d->state + i);
        mag_set(size + law->extra + i, d->state_size + i);
    }
    ew_poly_program_ball(d->c, NULL, d->program, x, prec);
    ew_poly_program_scale(d->c_size, d->program, size);
    for (slong k = 1; k <= d->order; k++)
        for (slong j = 1; j <= 2 * k; j++) {
            slong i = index_of(k, j);
            arb_pow_ui(p, d->K, (ulong) j, prec);
            arb_div(d->c + i, d->c + i, p, prec);
            arb_get_mag_lower(m, p);
            mag_div(d->c_size + i, d->c_size + i, m);
        }
    _arb_vec_clear(x, law->variables);
    _mag_vec_clear(size, law->variables);
    arb_clear(p);
    mag_clear(m);
}

ew_status ew_density_need(ew_output_density *d, slong prec, ew_context *ctx)
{
    if (d->prec >= prec)
        return EW_OK;
    d->prec = 0;
    ew_status status = ew_cumulant_run_balls(d->run, d->net, prec, keep, d, ctx);
    if (status != EW_OK)
        return status;
    arb_set(d->K, d->state + unknown_of(d, 1, 0));
    if (arb_is_zero(d->K))
        return ew_fail(ctx, EW_DOMAIN, "the output is 0 at infinite width: it has no density");
    set_coefficients(d, prec);
    d->prec = prec;
    return EW_OK;
}

/* x += c He_n */
static void add_hermite(arb_poly_t x, const arb_t c, slong n, slong prec)
{
    fmpz_poly_t he;
    arb_poly_t t;
    fmpz_poly_init(he);
    arb_poly_init(t);
    fmpz_poly_hermite_he(he, (ulong) n);
    arb_poly_set_fmpz_poly(t, he, prec);
    arb_poly_scalar_mul(t, t, c, prec);
    arb_poly_add(x, x, t, prec);
    fmpz_poly_clear(he);
    arb_poly_clear(t);
}

void ew_density_polynomials(arb_poly_t density, arb_poly_t distribution,
                            const ew_output_density *d, slong k, slong prec)
{
    arb_t c, n;
    arb_init(c);
    arb_init(n);
    arb_poly_one(density);
    arb_poly_zero(distribution);
    for (slong i = 1; i <= k; i++) {
        arb_set_ui(n, d->width);
        arb_pow_ui(n, n, (ulong) i, prec);
        for (slong j = 1; j <= 2 * i; j++) {
            arb_div(c, d->c + index_of(i, j), n, prec);
            add_hermite(density, c, 2 * j, prec);
            add_hermite(distribution, c, 2 * j - 1, prec);
        }
    }
    arb_clear(c);
    arb_clear(n);
}

/* ---- the summary --------------------------------------------------------------------------
 */

/* kappa_2j of the output is (2j-1)!! times kappa_j of Ghat, since E exp(i u z) is
 * E exp(-u^2 Ghat/2). */
static void output_cumulant(arb_t x, mag_t scale, const ew_output_density *d, slong j,
                            slong prec)
{
    arb_t t;
    fmpz_t w;
    arb_init(t);
    fmpz_init(w);
    fmpz_fac_ui(w, (ulong) j);
    fmpz_mul_2exp(w, w, (ulong) j);
    arb_fac_ui(t, (ulong) (2 * j), prec);
    arb_zero(x);
    for (slong k = d->order; k >= 0; k--) {
        slong i = unknown_of(d, j, k);
        arb_div_ui(x, x, d->width, prec);
        if (i >= 0)
            arb_add(x, x, d->state + i, prec);
        mag_div_ui(scale, scale, d->width);
        if (i >= 0)
            mag_add(scale, scale, d->state_size + i);
    }
    arb_div_fmpz(t, t, w, prec);
    arb_mul(x, x, t, prec);
    mag_t m;
    mag_init(m);
    arb_get_mag(m, t);
    mag_mul(scale, scale, m);
    mag_clear(m);
    arb_clear(t);
    fmpz_clear(w);
}

static void term_size(arb_t x, const ew_output_density *d, slong k, slong prec)
{
    arb_t t, f;
    arb_init(t);
    arb_init(f);
    arb_zero(x);
    for (slong j = 1; j <= 2 * k; j++) {
        arb_fac_ui(f, (ulong) (2 * j), prec);
        arb_sqr(t, d->c + index_of(k, j), prec);
        arb_addmul(x, t, f, prec);
    }
    arb_sqrtpos(x, x, prec);
    arb_set_ui(t, d->width);
    arb_pow_ui(t, t, (ulong) k, prec);
    arb_div(x, x, t, prec);
    arb_clear(t);
    arb_clear(f);
}

slong ew_density_numbers(const ew_output_density *d)
{
    return 1 + (d->order + 1) + d->terms + d->order;
}

static ew_status numbers(arb_ptr values, mag_ptr scales, slong prec, void *data,
                         ew_context *ctx)
{
    ew_output_density *d = data;
    ew_status status = ew_density_need(d, prec, ctx);
    if (status != EW_OK)
        return status;
    arb_set(values++, d->K);
    scales++;
    for (slong j = 1; j <= d->order + 1; j++)
        output_cumulant(values++, scales++, d, j, prec);
    for (slong i = 0; i < d->terms; i++) {
        arb_set(values++, d->c + i);
        mag_set(scales++, d->c_size + i);
    }
    for (slong k = 1; k <= d->order; k++)
        term_size(values++, d, k, prec);
    return EW_OK;
}

ew_status ew_density_certify(ew_certified *out, ew_output_density *d, slong digits,
                             ew_context *ctx)
{
    return ew_certify(out, ew_density_numbers(d), digits, numbers, d, ctx);
}

/* ---- life ----------------------------------------------------------------------------------
 */

static ew_status check(const ew_setting *net, slong order, ew_context *ctx)
{
    if (net->inputs != 1)
        return ew_fail(ctx, EW_UNABLE, "%ld inputs: the density is that of one",
                       (long) net->inputs);
    if (net->widths < 1)
        return ew_fail(ctx, EW_USAGE, "width: none given");
    if (order < 1)
        return ew_fail(ctx, EW_USAGE, "the order must be at least 1");
    return EW_OK;
}

static ew_status open_balls(ew_output_density *d, ew_context *ctx)
{
    d->c = _arb_vec_init(d->terms);
    d->c_size = _mag_vec_init(d->terms);
    d->state = _arb_vec_init(d->h->unknowns);
    d->state_size = _mag_vec_init(d->h->unknowns);
    return ew_density_need(d, 64, ctx);
}

ew_status ew_density_new(ew_output_density **out, const ew_setting *net, slong order,
                         ew_method method, ew_context *ctx)
{
    *out = NULL;
    ew_status status = check(net, order, ctx);
    if (status != EW_OK)
        return status;
    ew_output_density *d = ew_alloc_zero(1, sizeof *d, ctx);
    if (!d)
        return EW_MEMORY;
    d->net = net;
    d->order = order;
    d->width = net->width[0];
    arb_init(d->K);
    status = ew_hierarchy_new(&d->h, order, 1, NULL, 0, NULL, 0, ctx);
    if (status == EW_OK)
        status = set_terms(d, ctx);
    if (status == EW_OK)
        status = ew_cumulant_run_new(&d->run, d->h, net->activation, method, ctx);
    if (status == EW_OK)
        status = open_balls(d, ctx);
    if (status != EW_OK)
        ew_density_free(d);
    else
        *out = d;
    return status;
}

void ew_density_free(ew_output_density *d)
{
    if (!d)
        return;
    for (slong i = 0; d->formula && i < d->terms; i++)
        free(d->formula[i]);
    free(d->formula);
    if (d->c) {
        _arb_vec_clear(d->c, d->terms);
        _mag_vec_clear(d->c_size, d->terms);
        _arb_vec_clear(d->state, d->h->unknowns);
        _mag_vec_clear(d->state_size, d->h->unknowns);
    }
    arb_clear(d->K);
    ew_poly_program_free(d->program);
    ew_cumulant_run_free(d->run);
    ew_hierarchy_free(d->h);
    free(d);
}

#include "readings/cumulant/density/density.h"

#include "chain/residual.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/density/derive.h"

static slong index_of(slong k, slong j)
{
    return k * (k - 1) + j - 1;
}

static slong cumulant_index(const ew_output_density *d, slong k, slong j)
{
    return d->terms + k * (d->order + 1) + j - 1;
}

/* ---- derivation ---------------------------------------------------------------------------
 */

static ew_status compile(ew_output_density *d, const ew_density_polys *p, ew_context *ctx)
{
    slong row = 2 * d->order + 1, n = d->terms + (d->order + 1) * (d->order + 1);
    const fmpq_mpoly_struct **list = ew_alloc((size_t) n * sizeof *list, ctx);
    d->formula = ew_alloc_zero((size_t) d->terms, sizeof *d->formula, ctx);
    ew_status status = list && d->formula ? EW_OK : EW_MEMORY;
    for (slong k = 1; k <= d->order && status == EW_OK; k++)
        for (slong j = 1; j <= 2 * k && status == EW_OK; j++) {
            slong i = index_of(k, j);
            list[i] = p->f + k * row + j;
            d->formula[i] = ew_density_formula(p, k, j, ctx);
            if (!d->formula[i])
                status = EW_MEMORY;
        }
    for (slong k = 0; k <= d->order && status == EW_OK; k++)
        for (slong j = 1; j <= d->order + 1; j++)
            list[cumulant_index(d, k, j)] = p->kappa + k * (d->order + 2) + j;
    if (status == EW_OK)
        status = ew_poly_program_new(&d->program, list, n, d->h->law, ctx);
    free(list);
    return status;
}

static ew_status set_terms(ew_output_density *d, ew_context *ctx)
{
    ew_density_polys p;
    d->terms = d->order * (d->order + 1);
    ew_status status = ew_density_polys_new(&p, d->h, ctx);
    if (status == EW_OK)
        status = compile(d, &p, ctx);
    ew_density_polys_clear(&p);
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

/* From the unknowns and the parameters of the last layer. */
static ew_status set_coefficients(ew_output_density *d, slong prec, ew_context *ctx)
{
    const ew_law *law = d->h->law;
    arb_ptr x = _arb_vec_init(law->variables);
    mag_ptr size = _mag_vec_init(law->variables);
    arb_t p;
    mag_t m;
    arb_init(p);
    mag_init(m);
    ew_status status = ew_law_layer_ball(x, law, d->net, d->net->depth, 0, prec, ctx);
    for (slong v = 0; v < law->extra; v++)
        arb_get_mag(size + v, x + v);
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
    return status;
}

/* K = <Ghat_zz> at infinite width. */
static void set_mean(ew_output_density *d)
{
    ew_pairs one = {1, {0}};
    arb_set(d->K, d->state + ew_hierarchy_find(d->h, &one, 0));
}

ew_status ew_density_need(ew_output_density *d, slong prec, ew_context *ctx)
{
    if (d->prec >= prec)
        return EW_OK;
    d->prec = 0;
    ew_status status = ew_cumulant_run_balls(d->run, d->net, prec, keep, d, ctx);
    if (status != EW_OK)
        return status;
    set_mean(d);
    if (arb_is_zero(d->K))
        return ew_fail(ctx, EW_DOMAIN, "the output is 0 at infinite width: it has no density");
    status = set_coefficients(d, prec, ctx);
    d->prec = status == EW_OK ? prec : 0;
    return status;
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

/* kappa_2j of the output at its width. */
static void output_cumulant(arb_t x, mag_t scale, const ew_output_density *d, slong j,
                            slong prec)
{
    arb_zero(x);
    mag_zero(scale);
    for (slong k = d->order; k >= 0; k--) {
        slong i = cumulant_index(d, k, j);
        arb_div_ui(x, x, d->width, prec);
        arb_add(x, x, d->c + i, prec);
        mag_div_ui(scale, scale, d->width);
        mag_add(scale, scale, d->c_size + i);
    }
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
    d->c = _arb_vec_init(d->program->n);
    d->c_size = _mag_vec_init(d->program->n);
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
    status = ew_hierarchy_family(
        &d->h,
        &(ew_family){.order = order, .inputs = 1, .ensemble = ew_setting_transition(net)}, ctx);
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
        _arb_vec_clear(d->c, d->program->n);
        _mag_vec_clear(d->c_size, d->program->n);
        _arb_vec_clear(d->state, d->h->unknowns);
        _mag_vec_clear(d->state_size, d->h->unknowns);
    }
    arb_clear(d->K);
    ew_poly_program_free(d->program);
    ew_cumulant_run_free(d->run);
    ew_hierarchy_free(d->h);
    free(d);
}

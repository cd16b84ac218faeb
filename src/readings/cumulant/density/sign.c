/* Where an Edgeworth density is negative: by the real roots of its polynomial factor. */
#include "readings/cumulant/density/density.h"

#include <stdlib.h>

#define FIRST_BITS 128
#define LAST_BITS 4096

/* The factor as a polynomial in u = t^2; 0 when its degree is not decided. */
static int factor(acb_poly_t u, const ew_output_density *d, slong k, slong prec)
{
    arb_poly_t p, q;
    arb_t c;
    int decided = 1;
    arb_poly_init(p);
    arb_poly_init(q);
    arb_init(c);
    ew_density_polynomials(p, q, d, k, prec);
    acb_poly_zero(u);
    for (slong i = arb_poly_degree(p); i >= 0; i -= 2) {
        arb_poly_get_coeff_arb(c, p, i);
        if (arb_is_zero(c))
            continue;
        decided &= acb_poly_length(u) > 0 || !arb_contains_zero(c);
        acb_t z;
        acb_init(z);
        acb_set_arb(z, c);
        acb_poly_set_coeff_acb(u, i / 2, z);
        acb_clear(z);
    }
    arb_poly_clear(p);
    arb_poly_clear(q);
    arb_clear(c);
    return decided;
}

static int ascending(const void *x, const void *y)
{
    return arf_cmp(arb_midref((arb_srcptr) x), arb_midref((arb_srcptr) y));
}

/* The positive ones among isolated roots, ascending; -1 if the sign of one is not decided. */
static slong positive(arb_ptr out, acb_srcptr root, slong n)
{
    slong found = 0;
    for (slong i = 0; i < n; i++) {
        if (!arb_contains_zero(acb_imagref(root + i)))
            continue;
        if (arb_contains_zero(acb_realref(root + i)))
            return -1;
        if (arb_is_positive(acb_realref(root + i)))
            arb_set(out + found++, acb_realref(root + i));
    }
    qsort(out, (size_t) found, sizeof *out, ascending);
    return found;
}

/* Roots u > 0 into out[0..2k), their number, or -1: not decided.  *negative: below the first.
 */
static slong roots(arb_ptr out, int *negative, ew_output_density *d, slong k, slong prec)
{
    acb_poly_t u;
    slong found = -1;
    acb_poly_init(u);
    int decided = factor(u, d, k, prec);
    slong n = acb_poly_degree(u);
    acb_ptr root = _acb_vec_init(n > 0 ? n : 1);
    if (decided) {
        arb_srcptr at_0 = acb_realref(acb_poly_get_coeff_ptr(u, 0));
        decided = !arb_contains_zero(at_0);
        *negative = arb_is_negative(at_0);
    }
    if (decided && n == 0)
        found = 0;
    else if (decided && acb_poly_find_roots(root, u, NULL, 0, prec) == n &&
             acb_poly_validate_real_roots(root, u, prec))
        found = positive(out, root, n);
    _acb_vec_clear(root, n > 0 ? n : 1);
    acb_poly_clear(u);
    return found;
}

typedef struct {
    ew_output_density *d;
    slong k, n;
    int from_0; /* the first interval begins at 0 */
} request;

/* x = sqrt(u K) at the ends. */
static ew_status ends(arb_ptr values, mag_ptr scales, slong prec, void *data, ew_context *ctx)
{
    const request *r = data;
    int negative;
    (void) scales;
    ew_status status = ew_density_need(r->d, prec, ctx);
    if (status != EW_OK)
        return status;
    arb_ptr u = _arb_vec_init(2 * r->k);
    slong n = roots(u, &negative, r->d, r->k, prec);
    if (r->from_0)
        values++;
    for (slong i = 0; i < r->n - r->from_0; i++)
        if (i < n) {
            arb_mul(values + i, u + i, r->d->K, prec);
            arb_sqrtpos(values + i, values + i, prec);
        } else
            arb_indeterminate(values + i);
    _arb_vec_clear(u, 2 * r->k);
    return EW_OK;
}

ew_status ew_density_negative(ew_density_sign *out, ew_output_density *d, slong k, slong digits,
                              ew_context *ctx)
{
    request r = {.d = d, .k = k};
    ew_status status = EW_OK;
    slong n = -1;
    *out = (ew_density_sign){0};
    arb_ptr u = _arb_vec_init(2 * k);
    for (slong prec = FIRST_BITS; prec <= LAST_BITS && n < 0 && status == EW_OK; prec *= 2) {
        status = ew_density_need(d, prec, ctx);
        if (status == EW_OK)
            n = roots(u, &r.from_0, d, k, prec);
    }
    _arb_vec_clear(u, 2 * k);
    if (status != EW_OK || n < 0)
        return status;
    out->decided = 1;
    r.n = n + r.from_0;
    out->end = ew_certified_new(r.n, ctx);
    if (!out->end)
        return EW_MEMORY;
    out->n = r.n;
    return ew_certify(out->end, r.n, digits, ends, &r, ctx);
}

void ew_density_sign_clear(ew_density_sign *s)
{
    ew_certified_free(s->end, s->n);
    *s = (ew_density_sign){0};
}

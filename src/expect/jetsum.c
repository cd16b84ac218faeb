#include "expect/jetsum.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void ew_jetsum_init(ew_jetsum *f)
{
    memset(f, 0, sizeof *f);
}

void ew_jetsum_clear(ew_jetsum *f)
{
    for (slong i = 0; i < f->n; i++)
        fmpq_clear(f->coef + i);
    free(f->coef);
    free(f->m);
    ew_jetsum_init(f);
}

int ew_monomial_equal(const ew_monomial *f, const ew_monomial *g)
{
    return f->z == g->z && memcmp(f->e, g->e, sizeof f->e) == 0;
}

slong ew_monomial_order(const ew_monomial *f)
{
    slong i = EW_JETS - 1;
    while (i >= 0 && f->e[i] == 0)
        i--;
    return i;
}

ew_status ew_monomial_mul(ew_monomial *out, const ew_monomial *f, const ew_monomial *g,
                          ew_context *ctx)
{
    int fits = f->z + g->z <= USHRT_MAX;
    for (slong i = 0; i < EW_JETS; i++)
        fits &= f->e[i] + g->e[i] <= UCHAR_MAX;
    if (!fits)
        return ew_fail(ctx, EW_UNABLE, "the degree of an integrand is too large");
    out->z = (unsigned short) (f->z + g->z);
    for (slong i = 0; i < EW_JETS; i++)
        out->e[i] = (unsigned char) (f->e[i] + g->e[i]);
    return EW_OK;
}

ew_status ew_jetsum_add(ew_jetsum *f, const fmpq_t c, const ew_monomial *m, ew_context *ctx)
{
    for (slong i = 0; i < f->n; i++)
        if (ew_monomial_equal(f->m + i, m)) {
            fmpq_add(f->coef + i, f->coef + i, c);
            return EW_OK;
        }
    if (f->n == f->room) {
        slong room = 2 * f->room + 4;
        fmpq *coef = ew_realloc(f->coef, (size_t) room * sizeof *coef, ctx);
        if (!coef)
            return EW_MEMORY;
        f->coef = coef;
        ew_monomial *mono = ew_realloc(f->m, (size_t) room * sizeof *mono, ctx);
        if (!mono)
            return EW_MEMORY;
        f->m = mono;
        f->room = room;
    }
    fmpq_init(f->coef + f->n);
    fmpq_set(f->coef + f->n, c);
    f->m[f->n++] = *m;
    return EW_OK;
}

ew_status ew_jetsum_set(ew_jetsum *f, const ew_monomial *m, ew_context *ctx)
{
    fmpq_t one;
    ew_jetsum_clear(f);
    fmpq_init(one);
    fmpq_one(one);
    ew_status status = ew_jetsum_add(f, one, m, ctx);
    fmpq_clear(one);
    return status;
}

static ew_status derive_monomial(ew_jetsum *f, const fmpq_t c, const ew_monomial *m,
                                 ew_context *ctx)
{
    ew_status status = EW_OK;
    fmpq_t t;
    fmpq_init(t);
    if (m->z) {
        ew_monomial d = *m;
        d.z--;
        fmpq_mul_si(t, c, m->z);
        status = ew_jetsum_add(f, t, &d, ctx);
    }
    for (slong i = 0; i < EW_JETS && status == EW_OK; i++) {
        ew_monomial d = *m;
        if (!m->e[i])
            continue;
        if (i + 1 == EW_JETS || d.e[i + 1] == UCHAR_MAX) {
            status = ew_fail(ctx, EW_UNABLE,
                             "derivatives of s beyond order %d are out of reach", EW_JETS - 1);
            break;
        }
        d.e[i]--;
        d.e[i + 1]++;
        fmpq_mul_si(t, c, m->e[i]);
        status = ew_jetsum_add(f, t, &d, ctx);
    }
    fmpq_clear(t);
    return status;
}

ew_status ew_jetsum_derive(ew_jetsum *f, slong k, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong j = 0; j < k && status == EW_OK; j++) {
        ew_jetsum g;
        ew_jetsum_init(&g);
        for (slong i = 0; i < f->n && status == EW_OK; i++)
            status = derive_monomial(&g, f->coef + i, f->m + i, ctx);
        ew_jetsum_clear(f);
        *f = g;
    }
    return status;
}

ew_status ew_jetsum_square(ew_jetsum *f, slong p, ew_context *ctx)
{
    ew_status status = EW_OK;
    ew_jetsum g;
    ew_monomial m, zp;
    fmpq_t c;
    fmpq_init(c);
    ew_jetsum_init(&g);
    memset(&zp, 0, sizeof zp);
    zp.z = (unsigned short) (2 * p);
    for (slong i = 0; i < f->n && status == EW_OK; i++)
        for (slong j = 0; j < f->n && status == EW_OK; j++) {
            fmpq_mul(c, f->coef + i, f->coef + j);
            status = ew_monomial_mul(&m, f->m + i, f->m + j, ctx);
            if (status == EW_OK)
                status = ew_monomial_mul(&m, &m, &zp, ctx);
            if (status == EW_OK)
                status = ew_jetsum_add(&g, c, &m, ctx);
        }
    fmpq_clear(c);
    ew_jetsum_clear(f);
    *f = g;
    return status;
}

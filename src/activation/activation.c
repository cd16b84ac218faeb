#include "activation/activation.h"

#include <stdlib.h>

#include "activation/pieces.h"
#include "activation/polynomial.h"
#include "activation/properties.h"

static void piece_clear(ew_piece *p)
{
    ew_polynomial form = {.degree = p->degree, .coef = p->coef};
    ew_polynomial_clear(&form);
    ew_expr_free(p->f);
}

void ew_activation_free(ew_activation *a)
{
    if (!a)
        return;
    for (slong i = 0; i < a->n; i++)
        piece_clear(a->piece + i);
    for (slong i = 0; i < a->kinks; i++)
        ew_expr_free(a->kink[i]);
    free(a->piece);
    free(a->kink);
    ew_expr_free(a->expr);
    free(a->text);
    ew_majorant_clear(&a->growth);
    free(a);
}

static ew_status fill_piece(ew_activation *a, slong i, const ew_expr *f, ew_context *ctx)
{
    ew_piece *p = a->piece + i;
    ew_polynomial form;
    ew_polynomial_init(&form);
    ew_status status = ew_polynomial_of(&form, f, ctx);
    p->f = ew_expr_ref(f);
    p->degree = form.degree;
    p->coef = form.coef;
    p->range.lo = i > 0 ? a->kink[i - 1] : NULL;
    p->range.hi = i < a->kinks ? a->kink[i] : NULL;
    return status;
}

static ew_status set_pieces(ew_activation *a, ew_context *ctx)
{
    ew_pieces parts;
    ew_pieces_init(&parts);
    ew_status status = ew_pieces_of(&parts, a->expr, ctx);
    if (status == EW_OK) {
        a->piece = ew_alloc_zero((size_t) parts.n, sizeof *a->piece, ctx);
        a->kink = ew_alloc_zero((size_t) parts.n, sizeof *a->kink, ctx);
        if (!a->piece || !a->kink)
            status = EW_MEMORY;
    }
    for (slong i = 0; status == EW_OK && i + 1 < parts.n; i++)
        a->kink[a->kinks++] = ew_expr_ref(parts.kink[i]);
    for (slong i = 0; status == EW_OK && i < parts.n; i++) {
        status = fill_piece(a, i, parts.f[i], ctx);
        a->n = i + 1;
    }
    ew_pieces_clear(&parts);
    return status;
}

/* The larger of two bounds, factor by factor. */
static void widen(ew_majorant *m, const ew_majorant *a)
{
    mag_max(m->c, m->c, a->c);
    m->p = FLINT_MAX(m->p, a->p);
    m->q = a->q > m->q ? a->q : m->q;
}

/* Also the proof that s is finite everywhere: a piece that is not has no majorant. */
static ew_status set_growth(ew_activation *a, ew_context *ctx)
{
    ew_majorant m;
    ew_majorant_init(&m);
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < a->n; i++) {
        status = ew_strip_majorant(&m, a->piece[i].f, a->piece[i].range, 0.0, ctx);
        if (status == EW_OK)
            widen(&a->growth, &m);
    }
    ew_majorant_clear(&m);
    return status;
}

ew_status ew_activation_new(ew_activation **out, const char *text, ew_context *ctx)
{
    *out = NULL;
    ew_activation *a = ew_alloc_zero(1, sizeof *a, ctx);
    if (!a)
        return EW_MEMORY;
    ew_majorant_init(&a->growth);
    ew_status status = ew_expr_parse(&a->expr, text, NULL, "activation", ctx);
    if (status == EW_OK && !(a->text = ew_strdup(text, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = set_pieces(a, ctx);
    if (status == EW_OK)
        status = set_growth(a, ctx);
    if (status == EW_OK)
        status = ew_activation_prove(a, ctx);
    if (status != EW_OK) {
        ew_activation_free(a);
        return status;
    }
    *out = a;
    return EW_OK;
}

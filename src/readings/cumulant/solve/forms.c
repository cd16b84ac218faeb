#include "readings/cumulant/solve/forms.h"

#include <stdlib.h>

/* A new form with room for n multiples, none set. */
static ew_status new_form(ew_form **out, ew_forms *f, ew_form_kind kind, slong index,
                          slong order, slong n, ew_context *ctx)
{
    if (f->n == f->room) {
        slong room = f->room ? 2 * f->room : 64;
        ew_form *more = ew_realloc(f->form, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        f->form = more;
        f->room = room;
    }
    ew_form *x = &f->form[f->n++];
    *x = (ew_form){kind, index, order, n, n, NULL, _fmpq_vec_init(n)};
    x->entry = ew_alloc_zero((size_t) n + 1, sizeof *x->entry, ctx);
    *out = x;
    return x->entry ? EW_OK : EW_MEMORY;
}

/* n^-order */
static void power_of_width(fmpq_t x, ulong width, slong order)
{
    fmpz_one(fmpq_numref(x));
    fmpz_set_ui(fmpq_denref(x), width);
    fmpz_pow_ui(fmpq_denref(x), fmpq_denref(x), (ulong) order);
}

/* Entries from..to are one term. */
static ew_status add_term(ew_forms *f, const ew_outline *o, slong from, slong to, ulong width,
                          ew_context *ctx)
{
    ew_form *x;
    slong term = o->entry[from].term;
    ew_status status = new_form(&x, f, EW_FORM_VALUE, term, 0, to - from + 1, ctx);
    for (slong i = from; i <= to && status == EW_OK; i++) {
        x->entry[i - from] = i;
        power_of_width(x->coef + (i - from), width, o->entry[i].order);
    }
    if (status == EW_OK)
        status = new_form(&x, f, EW_FORM_LAST, term, o->order, 1, ctx);
    if (status == EW_OK) {
        x->entry[0] = to;
        power_of_width(x->coef, width, o->order);
    }
    return status;
}

static ew_status add_terms(ew_forms *f, const ew_outline *o, ulong width, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong from = 0;
    for (slong i = 1; i <= o->entries && status == EW_OK; i++)
        if (i == o->entries || o->entry[i].term != o->entry[from].term) {
            status = add_term(f, o, from, i - 1, width, ctx);
            from = i;
        }
    return status;
}

ew_status ew_forms_new(ew_forms **out, const ew_outline *o, ulong width, ew_context *ctx)
{
    *out = NULL;
    ew_forms *f = ew_alloc_zero(1, sizeof *f, ctx);
    ew_status status = f ? EW_OK : EW_MEMORY;
    if (status == EW_OK && width)
        status = add_terms(f, o, width, ctx);
    if (status != EW_OK)
        ew_forms_free(f);
    else
        *out = f;
    return status;
}

void ew_forms_free(ew_forms *f)
{
    if (!f)
        return;
    for (slong i = 0; i < f->n; i++) {
        _fmpq_vec_clear(f->form[i].coef, f->form[i].room);
        free(f->form[i].entry);
    }
    free(f->form);
    free(f);
}

void ew_forms_balls(arb_ptr value, mag_ptr scale, const ew_forms *f, arb_srcptr entry,
                    mag_srcptr entry_scale, slong prec)
{
    arb_t c;
    mag_t m;
    arb_init(c);
    mag_init(m);
    for (slong i = 0; i < f->n; i++) {
        const ew_form *x = &f->form[i];
        arb_zero(value + i);
        mag_zero(scale + i);
        for (slong k = 0; k < x->n; k++) {
            arb_set_fmpq(c, x->coef + k, prec);
            arb_addmul(value + i, c, entry + x->entry[k], prec);
            arb_get_mag(m, c);
            mag_addmul(scale + i, m, entry_scale + x->entry[k]);
        }
    }
    arb_clear(c);
    mag_clear(m);
}

void ew_forms_rationals(fmpq *value, const ew_forms *f, const fmpq *entry)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < f->n; i++) {
        const ew_form *x = &f->form[i];
        fmpq_zero(value + i);
        for (slong k = 0; k < x->n; k++) {
            fmpq_mul(t, x->coef + k, entry + x->entry[k]);
            fmpq_add(value + i, value + i, t);
        }
    }
    fmpq_clear(t);
}

#include "readings/cumulant/solve/preactivation_forms.h"

#include <stdlib.h>
#include <string.h>

/* ---- derivation ---------------------------------------------------------------------------
 */

/* The statistic at the representatives of its inputs. */
static ew_neuron_statistic inner(const ew_neuron_statistic *x, const ew_relations *related)
{
    ew_neuron_statistic y = *x;
    for (slong i = 0; i < x->n; i++)
        y.input[i] = related->image[x->input[i]];
    ew_neuron_canonical(&y);
    return y;
}

static void set_factors(fmpq *factor, const ew_neuron_statistic *x, const ew_relations *related)
{
    fmpq_one(factor);
    fmpq_one(factor + 1);
    for (slong i = 0; i < x->n; i++) {
        ew_relations_factor(factor, related, x->input[i], 0, 1);
        ew_relations_factor(factor + 1, related, x->input[i], 0, 0);
    }
}

/* Which polynomials each statistic takes; *seen lists those statistics at representatives. */
static ew_status find_forms(ew_preactivation_forms *s, ew_keys *seen,
                            const ew_relations *related, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong i = 0; i < s->list.n && status == EW_OK; i++) {
        ew_neuron_statistic x = inner(&s->list.x[i], related);
        int key[2 * EW_MAX_NEURON_ENTRIES], fresh;
        for (slong k = 0; k < x.n; k++) {
            key[2 * k] = (int) x.neuron[k];
            key[2 * k + 1] = (int) x.input[k];
        }
        status = ew_keys_add(&s->form[i], &fresh, seen, key, 2 * x.n, ctx);
        set_factors(s->factor + 2 * i, &s->list.x[i], related);
    }
    return status;
}

static ew_status derive_form(ew_terms *c, ew_preactivations *p, const ew_keys *seen, slong form,
                             ew_context *ctx)
{
    slong n, neuron[EW_MAX_NEURON_ENTRIES], input[EW_MAX_NEURON_ENTRIES];
    const int *key = ew_keys_at(&n, seen, form);
    for (slong k = 0; k < n / 2; k++) {
        neuron[k] = key[2 * k];
        input[k] = key[2 * k + 1];
    }
    return ew_preactivation_cumulant(c, p, neuron, input, n / 2, ctx);
}

static ew_status derive(ew_preactivation_forms *s, const ew_keys *seen, ew_context *ctx)
{
    slong powers = s->h->order + 1, n = seen->n * powers;
    ew_preactivations p;
    ew_terms *c = ew_alloc_zero((size_t) n + 1, sizeof *c, ctx);
    ew_status status = ew_preactivations_init(&p, s->h, ctx);
    if (!c)
        status = EW_MEMORY;
    for (slong f = 0; f < seen->n && status == EW_OK; f++) {
        status = derive_form(c + f * powers, &p, seen, f, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    if (status == EW_OK)
        status = ew_poly_program_of_terms(&s->program, c, n, s->h->law->variables, ctx);
    ew_preactivations_clear(&p);
    for (slong i = 0; c && i < n; i++)
        ew_terms_clear(c + i);
    free(c);
    return status;
}

/* kappa_2k = O(n^(1-k)). */
static ew_status list_values(ew_preactivation_forms *s, ew_context *ctx)
{
    slong powers = s->h->order + 1;
    s->value = ew_alloc((size_t) (s->list.n * (powers + 2) + 1) * sizeof *s->value, ctx);
    if (!s->value)
        return EW_MEMORY;
    for (slong i = 0; i < s->list.n; i++) {
        for (slong j = s->list.x[i].n / 2 - 1; j < powers; j++)
            s->value[s->values++] = (ew_statistic_value){EW_STATISTIC_COEFFICIENT, i, j};
        if (s->width) {
            s->value[s->values++] = (ew_statistic_value){EW_STATISTIC_VALUE, i, 0};
            s->value[s->values++] = (ew_statistic_value){EW_STATISTIC_LAST, i, powers - 1};
        }
    }
    return EW_OK;
}

ew_status ew_preactivation_forms_new(ew_preactivation_forms **out, const ew_hierarchy *h,
                                     const ew_relations *related, ulong width, ew_context *ctx)
{
    *out = NULL;
    ew_keys seen = {0};
    ew_preactivation_forms *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->h = h;
    s->width = width;
    ew_status status = EW_OK;
    if (!h->law->block)
        status = ew_neuron_statistics_list(&s->list, related->inputs, h->order, ctx);
    if (status == EW_OK) {
        s->factor = _fmpq_vec_init(2 * s->list.n);
        s->form = ew_alloc_zero((size_t) s->list.n + 1, sizeof *s->form, ctx);
        status = s->form ? find_forms(s, &seen, related, ctx) : EW_MEMORY;
    }
    if (status == EW_OK)
        status = derive(s, &seen, ctx);
    if (status == EW_OK)
        status = list_values(s, ctx);
    ew_keys_clear(&seen);
    if (status != EW_OK)
        ew_preactivation_forms_free(s);
    else
        *out = s;
    return status;
}

void ew_preactivation_forms_free(ew_preactivation_forms *s)
{
    if (!s)
        return;
    if (s->factor)
        _fmpq_vec_clear(s->factor, 2 * s->list.n);
    ew_poly_program_free(s->program);
    free(s->form);
    free(s->value);
    free(s->list.x);
    free(s);
}

/* ---- evaluation ---------------------------------------------------------------------------
 */

/* n^-order */
static void power_of_width(fmpq_t x, ulong width, slong order)
{
    fmpz_one(fmpq_numref(x));
    fmpz_set_ui(fmpq_denref(x), width);
    fmpz_pow_ui(fmpq_denref(x), fmpq_denref(x), (ulong) order);
}

/* Value number i as a sum of coefficients first..last, each times weight[j]. */
static void combination(slong *first, slong *last, fmpq *weight,
                        const ew_preactivation_forms *s, slong i, slong layer)
{
    const ew_statistic_value *v = &s->value[i];
    const fmpq *factor = s->factor + 2 * v->statistic + (layer > 1);
    slong start = s->list.x[v->statistic].n / 2 - 1;
    *first = v->kind == EW_STATISTIC_VALUE ? start : v->order;
    *last = v->kind == EW_STATISTIC_VALUE ? s->h->order : v->order;
    for (slong j = *first; j <= *last; j++) {
        if (v->kind == EW_STATISTIC_COEFFICIENT)
            fmpq_one(weight + j);
        else
            power_of_width(weight + j, s->width, j);
        fmpq_mul(weight + j, weight + j, factor);
    }
}

static void combine_balls(arb_ptr value, mag_ptr scale, const ew_preactivation_forms *s,
                          slong layer, arb_srcptr c, mag_srcptr c_scale, slong prec)
{
    slong powers = s->h->order + 1, first, last;
    fmpq *weight = _fmpq_vec_init(powers);
    arb_t w;
    mag_t m;
    arb_init(w);
    mag_init(m);
    for (slong i = 0; i < s->values; i++) {
        slong at = s->form[s->value[i].statistic] * powers;
        combination(&first, &last, weight, s, i, layer);
        arb_zero(value + i);
        mag_zero(scale + i);
        for (slong j = first; j <= last; j++) {
            arb_set_fmpq(w, weight + j, prec);
            arb_addmul(value + i, w, c + at + j, prec);
            arb_get_mag(m, w);
            mag_addmul(scale + i, m, c_scale + at + j);
        }
    }
    arb_clear(w);
    mag_clear(m);
    _fmpq_vec_clear(weight, powers);
}

ew_status ew_preactivation_forms_balls(arb_ptr value, mag_ptr scale,
                                       const ew_preactivation_forms *s, const ew_setting *net,
                                       slong layer, arb_srcptr state, mag_srcptr state_scale,
                                       slong prec, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    slong n = s->program->n;
    arb_ptr x = _arb_vec_init(law->variables), c = _arb_vec_init(n);
    mag_ptr size = _mag_vec_init(law->variables), c_scale = _mag_vec_init(n);
    ew_status status = ew_law_layer_ball(x, law, net, layer, 0, prec, ctx);
    for (slong v = 0; v < law->extra; v++)
        arb_get_mag(size + v, x + v);
    for (slong i = 0; i < s->h->unknowns; i++) {
        slong v = law->extra + i;
        arb_set(x + v, state + i);
        arb_get_mag(size + v, state + i);
        if (arb_contains_zero(state + i))
            mag_max(size + v, size + v, state_scale + i);
    }
    if (status == EW_OK) {
        ew_poly_program_ball(c, NULL, s->program, x, prec);
        ew_poly_program_scale(c_scale, s->program, size);
        combine_balls(value, scale, s, layer, c, c_scale, prec);
    }
    _arb_vec_clear(x, law->variables);
    _arb_vec_clear(c, n);
    _mag_vec_clear(size, law->variables);
    _mag_vec_clear(c_scale, n);
    return status;
}

int ew_preactivation_forms_rationals(fmpq *value, const ew_preactivation_forms *s,
                                     const ew_setting *net, slong layer, const fmpq *state)
{
    const ew_law *law = s->h->law;
    slong n = s->program->n, powers = s->h->order + 1, first, last;
    fmpq *x = _fmpq_vec_init(law->variables), *c = _fmpq_vec_init(n);
    fmpq *weight = _fmpq_vec_init(powers);
    fmpq_t t;
    fmpq_init(t);
    int known = ew_law_layer_rational(x, law, net, layer, 0);
    for (slong i = 0; i < s->h->unknowns; i++)
        fmpq_set(x + law->extra + i, state + i);
    if (known)
        ew_poly_program_rational(c, s->program, x);
    for (slong i = 0; i < s->values && known; i++) {
        slong at = s->form[s->value[i].statistic] * powers;
        combination(&first, &last, weight, s, i, layer);
        fmpq_zero(value + i);
        for (slong j = first; j <= last; j++) {
            fmpq_mul(t, weight + j, c + at + j);
            fmpq_add(value + i, value + i, t);
        }
    }
    fmpq_clear(t);
    _fmpq_vec_clear(x, law->variables);
    _fmpq_vec_clear(c, n);
    _fmpq_vec_clear(weight, powers);
    return known;
}

/* Logarithms, powers and composition of log-power series. */
#include "readings/cumulant/asymptotic/series.h"

static void add_constant(ew_logseries *x, slong c, ew_logring *R)
{
    fmpq_t q;
    fmpq_mpoly_t one;
    fmpq_init(q);
    fmpq_mpoly_init(one, R->ring);
    fmpq_mpoly_set_si(one, c, R->ring);
    ew_logseries_add_term(x, q, one, R);
    fmpq_mpoly_clear(one, R->ring);
    fmpq_clear(q);
}

/* x *= c */
static void scale_by(ew_logseries *x, const fmpq_t c, const ew_logring *R)
{
    for (slong i = 0; i < x->n; i++)
        fmpq_mpoly_scalar_mul_fmpq(x->t[i].c, x->t[i].c, c, R->ring);
}

/* y += sum over i >= 1 of w_i h^i, where w_1 = first and w_(i+1) = w_i ratio(i); h has positive
 * powers only, so that the sum ends at its cut. */
static void add_powers(ew_logseries *y, const ew_logseries *h, const fmpq_t first,
                       void (*ratio)(fmpq_t w, slong i), ew_logring *R)
{
    ew_logseries power, term;
    fmpq_t w;
    ew_logseries_init(&power, R);
    ew_logseries_init(&term, R);
    fmpq_init(w);
    fmpq_set(w, first);
    ew_logseries_cut(y, h->cut, R);
    ew_logseries_set(&power, h, R);
    for (slong i = 1; power.n > 0 && !R->failed; i++) {
        ew_logseries_set(&term, &power, R);
        scale_by(&term, w, R);
        ew_logseries_add(y, &term, R);
        ew_logseries_mul(&power, &power, h, R);
        ew_logseries_cut(&power, h->cut, R);
        ratio(w, i);
    }
    fmpq_clear(w);
    ew_logseries_clear(&power, R);
    ew_logseries_clear(&term, R);
}

static void next_logarithm(fmpq_t w, slong i)
{
    fmpq_t r;
    fmpq_init(r);
    fmpq_set_si(r, -i, (ulong) i + 1);
    fmpq_mul(w, w, r);
    fmpq_clear(r);
}

static void next_exponential(fmpq_t w, slong i)
{
    fmpq_t r;
    fmpq_init(r);
    fmpq_set_si(r, 1, (ulong) i + 1);
    fmpq_mul(w, w, r);
    fmpq_clear(r);
}

void ew_logseries_log(ew_logseries *y, const ew_logseries *g, ew_logring *R)
{
    ew_logseries h;
    fmpq_t one;
    ew_logseries_init(&h, R);
    fmpq_init(one);
    fmpq_one(one);
    ew_logseries_set(&h, g, R);
    add_constant(&h, -1, R);
    ew_logseries_zero(y, R);
    add_powers(y, &h, one, next_logarithm, R);
    fmpq_clear(one);
    ew_logseries_clear(&h, R);
}

void ew_logseries_power(ew_logseries *y, const ew_logseries *log_g, const fmpq_t p,
                        ew_logring *R)
{
    ew_logseries h;
    fmpq_t one;
    ew_logseries_init(&h, R);
    fmpq_init(one);
    fmpq_one(one);
    ew_logseries_set(&h, log_g, R);
    scale_by(&h, p, R);
    if (fmpq_is_zero(p))
        ew_logseries_zero(&h, R);
    ew_logseries_zero(y, R);
    add_constant(y, 1, R);
    add_powers(y, &h, one, next_exponential, R);
    fmpq_clear(one);
    ew_logseries_clear(&h, R);
}

/* y = sum_i p^(i)(L) (ln g)^i / i!: a polynomial in the logarithm at x g. */
static void shift_logarithm(ew_logseries *y, const fmpq_mpoly_t p, const ew_logseries *log_g,
                            ew_logring *R)
{
    ew_logseries power, term;
    fmpq_mpoly_t d;
    fmpq_t zero;
    ew_logseries_init(&power, R);
    ew_logseries_init(&term, R);
    fmpq_mpoly_init(d, R->ring);
    fmpq_init(zero);
    ew_logseries_zero(y, R);
    add_constant(&power, 1, R);
    fmpq_mpoly_set(d, p, R->ring);
    for (slong i = 1; !fmpq_mpoly_is_zero(d, R->ring) && !R->failed; i++) {
        ew_logseries_set(&term, &power, R);
        ew_logseries_scale(&term, d, zero, R);
        ew_logseries_add(y, &term, R);
        fmpq_mpoly_derivative(d, d, EW_LN, R->ring);
        fmpq_mpoly_scalar_div_si(d, d, i, R->ring);
        ew_logseries_mul(&power, &power, log_g, R);
    }
    fmpq_clear(zero);
    fmpq_mpoly_clear(d, R->ring);
    ew_logseries_clear(&power, R);
    ew_logseries_clear(&term, R);
}

void ew_logseries_compose(ew_logseries *y, const ew_logseries *X, const ew_logseries *log_g,
                          ew_logring *R)
{
    ew_logseries out, power, inner;
    fmpq_mpoly_t one;
    ew_logseries_init(&out, R);
    ew_logseries_init(&power, R);
    ew_logseries_init(&inner, R);
    fmpq_mpoly_init(one, R->ring);
    fmpq_mpoly_one(one, R->ring);
    ew_logseries_cut(&out, X->cut, R);
    for (slong i = 0; i < X->n && !R->failed; i++) {
        ew_logseries_power(&power, log_g, X->t[i].q, R);
        shift_logarithm(&inner, X->t[i].c, log_g, R);
        ew_logseries_mul(&inner, &inner, &power, R);
        ew_logseries_scale(&inner, one, X->t[i].q, R);
        ew_logseries_add(&out, &inner, R);
    }
    ew_logseries_swap(y, &out);
    fmpq_mpoly_clear(one, R->ring);
    ew_logseries_clear(&inner, R);
    ew_logseries_clear(&power, R);
    ew_logseries_clear(&out, R);
}

/* d = 1/c for a monomial c of invertible constants; 0 if it is not one. */
static int invert_monomial(fmpq_mpoly_t d, const fmpq_mpoly_t c, const ew_logring *R)
{
    if (fmpq_mpoly_length(c, R->ring) != 1)
        return 0;
    ulong *e = flint_calloc((size_t) R->variables, sizeof *e);
    fmpq_t a;
    fmpq_mpoly_t v;
    fmpq_init(a);
    fmpq_mpoly_init(v, R->ring);
    fmpq_mpoly_get_term_coeff_fmpq(a, c, 0, R->ring);
    fmpq_mpoly_get_term_exp_ui(e, c, 0, R->ring);
    fmpq_inv(a, a);
    fmpq_mpoly_set_fmpq(d, a, R->ring);
    int known = 1;
    for (slong i = 0; i < R->variables && known; i++) {
        if (!e[i])
            continue;
        known = R->inverse[i] >= 0;
        if (!known)
            break;
        fmpq_mpoly_gen(v, R->inverse[i], R->ring);
        fmpq_mpoly_pow_ui(v, v, e[i], R->ring);
        fmpq_mpoly_mul(d, d, v, R->ring);
    }
    fmpq_mpoly_clear(v, R->ring);
    fmpq_clear(a);
    flint_free(e);
    return known;
}

/* y = x^-1 by x = c x^q g, g = 1 + ... */
static int invert(ew_logseries *y, const ew_logseries *x, ew_logring *R)
{
    fmpq_mpoly_t d;
    fmpq_t q, minus;
    fmpq_mpoly_init(d, R->ring);
    fmpq_init(q);
    fmpq_init(minus);
    int known = x->n > 0 && invert_monomial(d, x->t[0].c, R);
    if (known) {
        fmpq_neg(q, x->t[0].q);
        fmpq_set_si(minus, -1, 1);
        ew_logseries_set(y, x, R);
        ew_logseries_scale(y, d, q, R);
        ew_logseries_log(y, y, R);
        ew_logseries_power(y, y, minus, R);
        ew_logseries_scale(y, d, q, R);
    }
    fmpq_mpoly_clear(d, R->ring);
    fmpq_clear(q);
    fmpq_clear(minus);
    return known;
}

int ew_logseries_whole_power(ew_logseries *y, const ew_logseries *x, slong p, ew_logring *R)
{
    ew_logseries base, out;
    ew_logseries_init(&base, R);
    ew_logseries_init(&out, R);
    ew_logseries_set(&base, x, R);
    int known = p >= 0 || invert(&base, x, R);
    add_constant(&out, 1, R);
    for (slong i = 0; i < FLINT_ABS(p) && known; i++)
        ew_logseries_mul(&out, &out, &base, R);
    ew_logseries_swap(y, &out);
    ew_logseries_clear(&out, R);
    ew_logseries_clear(&base, R);
    return known;
}

#include "chain/product_moment.h"

/* ---- balls --------------------------------------------------------------------------------
 */

/* P_a = d^m prod (s^(i))^e. */
static void factor_ball(arb_poly_t P, const ew_activation *s, const ew_atom *f, slong a,
                        slong prec)
{
    arb_poly_t jet, power;
    arb_t c;
    arb_poly_init(jet);
    arb_poly_init(power);
    arb_init(c);
    for (slong i = 0; i <= s->piece[0].degree; i++) {
        ew_expr_constant(c, s->piece[0].coef[i], prec);
        arb_poly_set_coeff_arb(jet, i, c);
    }
    arb_poly_one(P);
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[a][i]) {
            arb_poly_pow_ui(power, jet, f->e[a][i], prec);
            arb_poly_mul(P, P, power, prec);
        }
        arb_poly_derivative(jet, jet, prec);
    }
    for (slong i = 0; i < f->m[a]; i++)
        arb_poly_derivative(P, P, prec);
    arb_poly_clear(jet);
    arb_poly_clear(power);
    arb_clear(c);
}

/* <P>_K = sum_i c_2i (2i-1)!! K^i. */
static void mean_ball(arb_t x, const arb_poly_t P, const arb_t K, slong prec)
{
    arb_t moment, t;
    arb_init(moment);
    arb_init(t);
    arb_one(moment);
    arb_zero(x);
    for (slong i = 0; i < arb_poly_length(P); i += 2) {
        arb_poly_get_coeff_arb(t, P, i);
        arb_addmul(x, t, moment, prec);
        arb_mul(moment, moment, K, prec);
        arb_mul_si(moment, moment, i + 1, prec);
    }
    arb_clear(moment);
    arb_clear(t);
}

typedef struct {
    slong inputs, prec;
    slong *length; /* [input]: of w */
    arb_ptr *w;    /* [input][k]: <P_a^(k)> */
    arb_srcptr gram;
    arb_ptr x;
    mag_ptr scale;
} ball_sum;

/* The product of the w's at the counts reached. */
static void add_ball(const ball_sum *t, const slong *k, const arb_t weight)
{
    arb_t p;
    mag_t m;
    arb_init(p);
    mag_init(m);
    arb_set(p, weight);
    for (slong a = 0; a < t->inputs; a++)
        arb_mul(p, p, t->w[a] + k[a], t->prec);
    arb_add(t->x, t->x, p, t->prec);
    if (t->scale) {
        arb_get_mag(m, p);
        mag_add(t->scale, t->scale, m);
    }
    arb_clear(p);
    mag_clear(m);
}

/* Contract the pair (a, b) any number of times, then the pairs after it. */
static void contract_ball(const ball_sum *t, slong a, slong b, slong *k, const arb_t weight)
{
    if (b == t->inputs) {
        a++;
        b = a + 1;
    }
    if (b >= t->inputs) {
        add_ball(t, k, weight);
        return;
    }
    slong ka = k[a], kb = k[b];
    arb_t w;
    arb_init(w);
    arb_set(w, weight);
    for (slong n = 1; !arb_is_zero(w) && k[a] < t->length[a] && k[b] < t->length[b]; n++) {
        contract_ball(t, a, b + 1, k, w);
        arb_mul(w, w, t->gram + a * t->inputs + b, t->prec);
        arb_div_si(w, w, n, t->prec);
        k[a]++;
        k[b]++;
    }
    k[a] = ka;
    k[b] = kb;
    arb_clear(w);
}

void ew_product_moment_ball(arb_t x, mag_t scale, const ew_activation *s, const ew_atom *f,
                            arb_srcptr gram, slong inputs, slong prec)
{
    slong length[EW_MAX_INPUTS], k[EW_MAX_INPUTS] = {0};
    arb_ptr w[EW_MAX_INPUTS];
    arb_poly_t P;
    arb_t one;
    arb_poly_init(P);
    arb_init(one);
    arb_one(one);
    for (slong a = 0; a < inputs; a++) {
        factor_ball(P, s, f, a, prec);
        length[a] = arb_poly_length(P);
        w[a] = _arb_vec_init(length[a]);
        for (slong i = 0; i < length[a]; i++) {
            mean_ball(w[a] + i, P, gram + a * (inputs + 1), prec);
            arb_poly_derivative(P, P, prec);
        }
    }
    ball_sum t = {inputs, prec, length, w, gram, x, scale};
    arb_zero(x);
    if (scale)
        mag_zero(scale);
    int empty = 0;
    for (slong a = 0; a < inputs; a++)
        empty |= length[a] == 0;
    if (!empty)
        contract_ball(&t, 0, 1, k, one);
    for (slong a = 0; a < inputs; a++)
        _arb_vec_clear(w[a], length[a]);
    arb_poly_clear(P);
    arb_clear(one);
}

/* ---- rationals ----------------------------------------------------------------------------
 */

static int factor_rational(fmpq_poly_t P, const ew_activation *s, const ew_atom *f, slong a)
{
    fmpq_poly_t jet, power;
    fmpq_t c;
    int known = 1;
    fmpq_poly_init(jet);
    fmpq_poly_init(power);
    fmpq_init(c);
    for (slong i = 0; i <= s->piece[0].degree && known; i++) {
        known = ew_expr_rational(c, s->piece[0].coef[i]);
        fmpq_poly_set_coeff_fmpq(jet, i, c);
    }
    fmpq_poly_one(P);
    for (slong i = 0; i < EW_JETS && known; i++) {
        if (f->e[a][i]) {
            fmpq_poly_pow(power, jet, f->e[a][i]);
            fmpq_poly_mul(P, P, power);
        }
        fmpq_poly_derivative(jet, jet);
    }
    for (slong i = 0; i < f->m[a]; i++)
        fmpq_poly_derivative(P, P);
    fmpq_poly_clear(jet);
    fmpq_poly_clear(power);
    fmpq_clear(c);
    return known;
}

static void mean_rational(fmpq_t x, const fmpq_poly_t P, const fmpq_t K)
{
    fmpq_t moment, t;
    fmpq_init(moment);
    fmpq_init(t);
    fmpq_one(moment);
    fmpq_zero(x);
    for (slong i = 0; i < fmpq_poly_length(P); i += 2) {
        fmpq_poly_get_coeff_fmpq(t, P, i);
        fmpq_addmul(x, t, moment);
        fmpq_mul(moment, moment, K);
        fmpq_mul_si(moment, moment, i + 1);
    }
    fmpq_clear(moment);
    fmpq_clear(t);
}

typedef struct {
    slong inputs;
    slong *length;
    fmpq **w;
    const fmpq *gram;
    fmpq *x;
} rational_sum;

static void contract_rational(const rational_sum *t, slong a, slong b, slong *k,
                              const fmpq_t weight)
{
    if (b == t->inputs) {
        a++;
        b = a + 1;
    }
    fmpq_t w;
    fmpz_t count;
    fmpq_init(w);
    fmpz_init(count);
    fmpq_set(w, weight);
    if (b >= t->inputs) {
        for (slong i = 0; i < t->inputs; i++)
            fmpq_mul(w, w, t->w[i] + k[i]);
        fmpq_add(t->x, t->x, w);
        fmpq_clear(w);
        fmpz_clear(count);
        return;
    }
    slong ka = k[a], kb = k[b];
    for (slong n = 1; !fmpq_is_zero(w) && k[a] < t->length[a] && k[b] < t->length[b]; n++) {
        contract_rational(t, a, b + 1, k, w);
        fmpq_mul(w, w, t->gram + a * t->inputs + b);
        fmpz_set_si(count, n);
        fmpq_div_fmpz(w, w, count);
        k[a]++;
        k[b]++;
    }
    k[a] = ka;
    k[b] = kb;
    fmpq_clear(w);
    fmpz_clear(count);
}

int ew_product_moment_rational(fmpq_t x, const ew_activation *s, const ew_atom *f,
                               const fmpq *gram, slong inputs)
{
    slong length[EW_MAX_INPUTS] = {0}, k[EW_MAX_INPUTS] = {0};
    fmpq *w[EW_MAX_INPUTS] = {NULL};
    fmpq_poly_t P;
    fmpq_t one;
    int known = 1, empty = 0;
    fmpq_poly_init(P);
    fmpq_init(one);
    fmpq_one(one);
    for (slong a = 0; a < inputs && known; a++) {
        known = factor_rational(P, s, f, a);
        length[a] = fmpq_poly_length(P);
        empty |= length[a] == 0;
        w[a] = _fmpq_vec_init(length[a]);
        for (slong i = 0; i < length[a]; i++) {
            mean_rational(w[a] + i, P, gram + a * (inputs + 1));
            fmpq_poly_derivative(P, P);
        }
    }
    rational_sum t = {inputs, length, w, gram, x};
    fmpq_zero(x);
    if (known && !empty)
        contract_rational(&t, 0, 1, k, one);
    for (slong a = 0; a < inputs; a++)
        if (w[a])
            _fmpq_vec_clear(w[a], length[a]);
    fmpq_poly_clear(P);
    fmpq_clear(one);
    return known;
}

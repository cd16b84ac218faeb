/* Atoms of the law expanded in e: Gaussian moments of polynomials, and of |x| where there are
 * kinks. */
#include "readings/sde/expand.h"

#include <stdlib.h>
#include <string.h>

/* c prod_a x_a^power[a] prod_j k^(order[j])(x_at[j]),  k(x) = |x|; every k carries a power of
 * e, and more than two of them are beyond any order kept, or they are of one variable. */
typedef struct {
    fmpq_mpoly_struct c;
    unsigned char power[EW_MAX_INPUTS];
    int kinks, at[2], order[2];
} term;

typedef struct {
    slong n, room;
    term *t;
} sum;

static void clear(sum *s, const ew_expansion *x)
{
    for (slong i = 0; i < s->n; i++)
        fmpq_mpoly_clear(&s->t[i].c, x->ring);
    free(s->t);
    *s = (sum){0, 0, NULL};
}

/* A new term like `like`, its coefficient zero; NULL with the failure recorded. */
static term *append(sum *s, const term *like, const ew_expansion *x)
{
    if (s->n == s->room) {
        slong room = s->room ? 2 * s->room : 16;
        term *t = ew_realloc(s->t, (size_t) room * sizeof *t, x->ctx);
        if (!t)
            return NULL;
        s->t = t;
        s->room = room;
    }
    term *t = &s->t[s->n++];
    *t = *like;
    fmpq_mpoly_init(&t->c, x->ring);
    return t;
}

/* ---- the jets of the activation -----------------------------------------------------------
 */

/* f *= v^power, v = -1 being 1. */
static void times_power(fmpq_mpoly_t f, slong v, slong power, const ew_expansion *x)
{
    fmpq_mpoly_t g;
    if (v < 0)
        return;
    fmpq_mpoly_init(g, x->ring);
    fmpq_mpoly_gen(g, v, x->ring);
    for (slong i = 0; i < power; i++)
        fmpq_mpoly_mul(f, f, g, x->ring);
    fmpq_mpoly_clear(g, x->ring);
}

/* s^(i)(x_a) = sum_k phi_(k+i) x^k / k! (e^weight / a)^(k+i-1) */
static ew_status smooth_jet(sum *s, slong a, slong i, const ew_expansion *x)
{
    const ew_scaling *sc = x->scaling;
    for (slong n = i > 1 ? i : 1; n <= ew_scaling_highest(sc); n++) {
        const term like = {.kinks = 0};
        term *t = append(s, &like, x);
        if (!t)
            return EW_MEMORY;
        fmpz_t f;
        t->power[a] = (unsigned char) (n - i);
        fmpq_mpoly_one(&t->c, x->ring);
        fmpz_init(f);
        fmpz_fac_ui(f, (ulong) (n - i));
        fmpq_mpoly_scalar_div_fmpz(&t->c, &t->c, f, x->ring);
        fmpz_clear(f);
        times_power(&t->c, n > 1 ? sc->phi2 + n - 2 : -1, 1, x);
        times_power(&t->c, sc->inverse_a, n - 1, x);
        times_power(&t->c, x->e, sc->weight * (n - 1), x);
    }
    return EW_OK;
}

/* c = e^weight (c_+ + sign c_-)/2 */
static void half_sum(fmpq_mpoly_t c, int sign, const ew_expansion *x)
{
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, x->ring);
    fmpq_mpoly_gen(c, x->scaling->c_plus, x->ring);
    fmpq_mpoly_gen(g, x->scaling->c_minus, x->ring);
    if (sign > 0)
        fmpq_mpoly_add(c, c, g, x->ring);
    else
        fmpq_mpoly_sub(c, c, g, x->ring);
    fmpq_mpoly_scalar_div_ui(c, c, 2, x->ring);
    times_power(c, x->e, x->scaling->weight, x);
    fmpq_mpoly_clear(g, x->ring);
}

/* The coefficient of x in s(x), and that of |x|. */
static void linear_part(fmpq_mpoly_t c, const ew_expansion *x)
{
    if (x->scaling->homogeneous) {
        fmpq_mpoly_gen(c, x->scaling->mu, x->ring);
        return;
    }
    half_sum(c, 1, x);
    fmpq_mpoly_add_si(c, c, 1, x->ring);
}

static void bent_part(fmpq_mpoly_t c, const ew_expansion *x)
{
    if (x->scaling->homogeneous)
        fmpq_mpoly_gen(c, x->scaling->eta, x->ring);
    else
        half_sum(c, -1, x);
}

/* s(x) = (1 + e (c_+ + c_-)/2) x + e (c_+ - c_-)/2 |x|, or mu x + eta |x| */
static ew_status kinked_jet(sum *s, slong a, slong i, const ew_expansion *x)
{
    const term like = {.kinks = 0}, kink = {.kinks = 1, .at = {(int) a}, .order = {(int) i}};
    term *t;
    if (i < 2) {
        if (!(t = append(s, &like, x)))
            return EW_MEMORY;
        t->power[a] = (unsigned char) (1 - i);
        linear_part(&t->c, x);
    }
    if (!(t = append(s, &kink, x)))
        return EW_MEMORY;
    bent_part(&t->c, x);
    return EW_OK;
}

/* ---- products and derivatives -------------------------------------------------------------
 */

/* Two k's of one variable: k^2 = x^2, k k' = x, k'^2 = 1, and the derivative of the last two
 * (k k'' = 0, k' k'' = 0).  0: the product vanishes; -1: it is not defined. */
static int reduce(term *t)
{
    if (t->kinks < 2 || t->at[0] != t->at[1])
        return 1;
    int i = t->order[0] + t->order[1], high = t->order[0] > 1 || t->order[1] > 1;
    if (high)
        return i == 2 || i == 3 ? 0 : -1;
    t->power[t->at[0]] = (unsigned char) (t->power[t->at[0]] + 2 - i);
    t->kinks = 0;
    return 1;
}

static ew_status multiply_terms(sum *s, const term *u, const term *v, const ew_expansion *x)
{
    term like = *u;
    for (slong a = 0; a < x->inputs; a++)
        like.power[a] = (unsigned char) (like.power[a] + v->power[a]);
    fmpq_mpoly_t c;
    fmpq_mpoly_init(c, x->ring);
    fmpq_mpoly_mul(c, &u->c, &v->c, x->ring);
    ew_expansion_truncate(c, x);
    int keep = !fmpq_mpoly_is_zero(c, x->ring);
    ew_status status = EW_OK;
    if (keep && u->kinks + v->kinks > 2)
        status = ew_fail(x->ctx, EW_UNABLE, "sde: three kinks at one order are not available");
    for (int j = 0; j < v->kinks && keep && status == EW_OK; j++) {
        like.at[like.kinks] = v->at[j];
        like.order[like.kinks++] = v->order[j];
    }
    int defined = keep && status == EW_OK ? reduce(&like) : 0;
    if (defined < 0)
        status = ew_fail(x->ctx, EW_UNABLE, "sde: the square of a delta function");
    if (defined > 0) {
        term *t = append(s, &like, x);
        if (t)
            fmpq_mpoly_swap(&t->c, c, x->ring);
        else
            status = EW_MEMORY;
    }
    fmpq_mpoly_clear(c, x->ring);
    return status;
}

/* s *= v */
static ew_status multiply(sum *s, const sum *v, const ew_expansion *x)
{
    sum product = {0, 0, NULL};
    ew_status status = EW_OK;
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < v->n && status == EW_OK; j++)
            status = multiply_terms(&product, &s->t[i], &v->t[j], x);
    clear(s, x);
    *s = product;
    return status;
}

/* A copy of t with its coefficient times m. */
static term *append_multiple(sum *s, const term *t, slong m, const ew_expansion *x)
{
    term *y = append(s, t, x);
    if (y)
        fmpq_mpoly_scalar_mul_si(&y->c, &t->c, m, x->ring);
    return y;
}

/* ds/dx_a, added to d. */
static ew_status differentiate(sum *d, const term *t, slong a, const ew_expansion *x)
{
    if (t->power[a]) {
        term *y = append_multiple(d, t, t->power[a], x);
        if (!y)
            return EW_MEMORY;
        y->power[a]--;
    }
    for (int j = 0; j < t->kinks; j++)
        if (t->at[j] == a) {
            term *y = append_multiple(d, t, 1, x);
            if (!y)
                return EW_MEMORY;
            y->order[j]++;
        }
    return EW_OK;
}

/* ---- expectations -------------------------------------------------------------------------
 */

/* f = v times (det V of a, b)^determinant / V_aa^inverse */
static void scaled_root(fmpq_mpoly_t f, slong a, slong b, int determinant, int inverse,
                        const ew_expansion *x)
{
    slong m = x->inputs;
    fmpq_mpoly_t g, h;
    fmpq_mpoly_init(g, x->ring);
    fmpq_mpoly_init(h, x->ring);
    fmpq_mpoly_gen(f, x->scaling->root[a][b], x->ring);
    if (inverse)
        times_power(f, x->scaling->inverse[a], 1, x);
    if (determinant) {
        fmpq_mpoly_gen(g, x->base[a * m + a], x->ring);
        times_power(g, x->base[b * m + b], 1, x);
        fmpq_mpoly_one(h, x->ring);
        times_power(h, x->base[a * m + b], 2, x);
        fmpq_mpoly_sub(g, g, h, x->ring);
        fmpq_mpoly_mul(f, f, g, x->ring);
    }
    fmpq_mpoly_clear(g, x->ring);
    fmpq_mpoly_clear(h, x->ring);
}

/* f = <k^(i)(x_a) k^(j)(x_b)>, i >= j, a and b distinct, from M = <|x_a| |x_b|> = V_ab + 4 N by
 * the heat equation: dM/dV_ab = 1 - 4 A, d^2M/dV_ab^2 = 4 R, 2 dM/dV_aa = 4 R det V / V_aa,
 * 2 d(1 - 4 A)/dV_aa = -4 R V_ab / V_aa. */
static ew_status two_kinks(fmpq_mpoly_t f, slong a, slong b, int i, int j,
                           const ew_expansion *x)
{
    const ew_scaling *sc = x->scaling;
    slong V = x->base[a * x->inputs + b];
    fmpq_mpoly_zero(f, x->ring);
    if ((i + j) % 2)
        return EW_OK;
    if (i < 2) {
        fmpq_mpoly_t g;
        fmpq_mpoly_init(g, x->ring);
        fmpq_mpoly_gen(f, i ? sc->angle[a][b] : sc->kink[a][b], x->ring);
        fmpq_mpoly_scalar_mul_si(f, f, i ? -4 : 4, x->ring);
        fmpq_mpoly_one(g, x->ring);
        times_power(g, V, 1 - i, x);
        fmpq_mpoly_add(f, f, g, x->ring);
        fmpq_mpoly_clear(g, x->ring);
        return EW_OK;
    }
    if (i + j > 4 || (i == 4))
        return ew_fail(x->ctx, EW_UNABLE, "sde: this derivative of a kink is not available");
    scaled_root(f, a, b, j == 0, j < 2, x);
    if (j == 1)
        times_power(f, V, 1, x);
    fmpq_mpoly_scalar_mul_si(f, f, j == 1 ? -4 : 4, x->ring);
    return EW_OK;
}

static ew_status add_final(fmpq_mpoly_t out, const term *t, const ew_expansion *x)
{
    fmpq_mpoly_t f;
    if (t->kinks == 1 && t->order[0] % 2)
        return EW_OK;
    if (t->kinks == 1)
        return ew_fail(x->ctx, EW_UNABLE, "sde: a single |x| of even parity");
    fmpq_mpoly_init(f, x->ring);
    ew_status status = EW_OK;
    if (t->kinks == 0)
        fmpq_mpoly_one(f, x->ring);
    else if (t->order[0] >= t->order[1])
        status = two_kinks(f, t->at[0], t->at[1], t->order[0], t->order[1], x);
    else
        status = two_kinks(f, t->at[1], t->at[0], t->order[1], t->order[0], x);
    fmpq_mpoly_mul(f, f, &t->c, x->ring);
    fmpq_mpoly_add(out, out, f, x->ring);
    fmpq_mpoly_clear(f, x->ring);
    return status;
}

/* out += <t>, by Stein's identity <x_a F> = sum_b V_ab <dF/dx_b>. */
static ew_status add_expectation(fmpq_mpoly_t out, const term *t, const ew_expansion *x)
{
    slong a = 0;
    while (a < x->inputs && !t->power[a])
        a++;
    if (a == x->inputs)
        return add_final(out, t, x);
    sum rest = {0, 0, NULL};
    term *y = append_multiple(&rest, t, 1, x);
    ew_status status = y ? EW_OK : EW_MEMORY;
    if (y)
        y->power[a]--;
    for (slong b = 0; b < x->inputs && status == EW_OK; b++) {
        sum d = {0, 0, NULL};
        status = differentiate(&d, &rest.t[0], b, x);
        for (slong i = 0; i < d.n && status == EW_OK; i++) {
            times_power(&d.t[i].c, x->base[a * x->inputs + b], 1, x);
            status = add_expectation(out, &d.t[i], x);
        }
        clear(&d, x);
    }
    clear(&rest, x);
    return status;
}

/* ---- atoms --------------------------------------------------------------------------------
 */

/* The product of jets below the derivatives of an atom. */
static ew_status product(sum *s, const ew_atom *atom, const ew_expansion *x)
{
    const term one = {.kinks = 0};
    term *t = append(s, &one, x);
    if (!t)
        return EW_MEMORY;
    fmpq_mpoly_one(&t->c, x->ring);
    ew_status status = EW_OK;
    for (slong a = 0; a < x->inputs; a++)
        for (slong i = 0; i < EW_JETS && status == EW_OK; i++) {
            if (!atom->e[a][i])
                continue;
            sum jet = {0, 0, NULL};
            status = x->scaling->kinked || x->scaling->homogeneous ? kinked_jet(&jet, a, i, x) : smooth_jet(&jet, a, i, x);
            for (slong k = 0; k < atom->e[a][i] && status == EW_OK; k++)
                status = multiply(s, &jet, x);
            clear(&jet, x);
        }
    return status;
}

ew_status ew_expansion_atom(fmpq_mpoly_t c, const ew_atom *atom, const ew_expansion *x)
{
    sum s = {0, 0, NULL};
    ew_status status = product(&s, atom, x);
    for (slong a = 0; a < x->inputs; a++)
        for (slong k = 0; k < atom->m[a] && status == EW_OK; k++) {
            sum d = {0, 0, NULL};
            for (slong i = 0; i < s.n && status == EW_OK; i++)
                status = differentiate(&d, &s.t[i], a, x);
            clear(&s, x);
            s = d;
        }
    fmpq_mpoly_zero(c, x->ring);
    for (slong i = 0; i < s.n && status == EW_OK; i++)
        status = add_expectation(c, &s.t[i], x);
    clear(&s, x);
    fmpq_t twos;
    fmpq_init(twos);
    fmpq_one(twos);
    fmpq_div_2exp(twos, twos, (flint_bitcnt_t) ew_atom_twos(atom));
    fmpq_mpoly_scalar_mul_fmpq(c, c, twos, x->ring);
    fmpq_clear(twos);
    return status;
}

#include "activation/algebra_ring.h"

#define MAX_DEGREE 200
#define MAX_TERMS 2000
#define MAX_BITS 20000

static int depends_on_z(const fmpq_mpoly_t x, const ew_algebra *A)
{
    if (fmpq_mpoly_degree_si(x, 0, A->ring) > 0)
        return 1;
    for (slong i = 0; i < A->n; i++)
        if (A->atom[i].has_z && fmpq_mpoly_degree_si(x, i + 1, A->ring) > 0)
            return 1;
    return 0;
}

int ew_ring_intern(fmpq_mpoly_t x, ew_algebra *A, ew_op op, slong var, const fmpq_mpoly_t arg,
                   const fmpq_mpoly_t exponent)
{
    slong i;
    for (i = 0; i < A->n; i++) {
        const ew_atom *a = A->atom + i;
        if (a->op == op && a->var == var && fmpq_mpoly_equal(a->arg, arg, A->ring) &&
            fmpq_mpoly_equal(a->exponent, exponent, A->ring))
            break;
    }
    if (i == EW_ATOMS)
        return 0;
    if (i == A->n) {
        ew_atom *a = A->atom + i;
        a->op = op;
        a->var = var;
        a->has_z = op == EW_VAR || depends_on_z(arg, A);
        fmpq_mpoly_init(a->arg, A->ring);
        fmpq_mpoly_set(a->arg, arg, A->ring);
        fmpq_mpoly_init(a->exponent, A->ring);
        fmpq_mpoly_set(a->exponent, exponent, A->ring);
        A->n++;
    }
    fmpq_mpoly_gen(x, i + 1, A->ring);
    return 1;
}

int ew_ring_apply(fmpq_mpoly_t x, ew_algebra *A, ew_op op, const fmpq_mpoly_t arg)
{
    fmpq_mpoly_t none;
    fmpq_mpoly_init(none, A->ring);
    int ok = ew_ring_intern(x, A, op, 0, arg, none);
    fmpq_mpoly_clear(none, A->ring);
    return ok;
}

int ew_ring_within_limits(const fmpq_mpoly_t x, const ew_algebra *A)
{
    if (fmpq_mpoly_length(x, A->ring) > MAX_TERMS || !fmpq_mpoly_degrees_fit_si(x, A->ring) ||
        fmpq_height_bits(x->content) > MAX_BITS)
        return 0;
    for (slong i = 0; i <= A->n; i++)
        if (fmpq_mpoly_degree_si(x, i, A->ring) > MAX_DEGREE)
            return 0;
    fmpq_t c;
    fmpq_init(c);
    int ok = 1;
    for (slong i = 0; ok && i < fmpq_mpoly_length(x, A->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, x, i, A->ring);
        ok = fmpq_height_bits(c) <= MAX_BITS;
    }
    fmpq_clear(c);
    return ok;
}

/* One rewriting step on a monomial: v * (1/v) -> 1 for a variable v, and sqrt(u)^2 -> u.  The
 * square roots taken out are returned as square[i] = how many factors u of atom i.  1 if
 * anything changed. */
static int rewrite(ulong *exps, ulong *square, const ew_algebra *A)
{
    int changed = 0;
    for (slong i = 0; i < A->n; i++) {
        const ew_atom *a = A->atom + i;
        square[i] = 0;
        if (exps[i + 1] == 0)
            continue;
        if (a->op == EW_SQRT && exps[i + 1] >= 2) {
            square[i] = exps[i + 1] / 2;
            exps[i + 1] %= 2;
            changed = 1;
        }
        if (a->op != EW_DIV)
            continue;
        for (slong v = 0; v <= A->n; v++)
            if (exps[v] > 0 && fmpq_mpoly_is_gen(a->arg, v, A->ring)) {
                ulong k = FLINT_MIN(exps[v], exps[i + 1]);
                exps[v] -= k;
                exps[i + 1] -= k;
                changed = 1;
            }
    }
    return changed;
}

/* x *= product of (argument of atom i)^square[i]. */
static void put_back(fmpq_mpoly_t x, const ulong *square, const ew_algebra *A)
{
    for (slong i = 0; i < A->n; i++)
        for (ulong k = 0; k < square[i]; k++)
            fmpq_mpoly_mul(x, x, A->atom[i].arg, A->ring);
}

static int reduce(fmpq_mpoly_t x, const ew_algebra *A)
{
    int changed = 1;
    fmpq_mpoly_t sum, term;
    fmpq_t c;
    fmpq_mpoly_init(sum, A->ring);
    fmpq_mpoly_init(term, A->ring);
    fmpq_init(c);
    while (changed && ew_ring_within_limits(x, A)) {
        changed = 0;
        fmpq_mpoly_zero(sum, A->ring);
        for (slong t = 0; t < fmpq_mpoly_length(x, A->ring); t++) {
            ulong exps[EW_ATOMS + 1], square[EW_ATOMS];
            fmpq_mpoly_get_term_exp_ui(exps, x, t, A->ring);
            fmpq_mpoly_get_term_coeff_fmpq(c, x, t, A->ring);
            int here = rewrite(exps, square, A);
            fmpq_mpoly_zero(term, A->ring);
            fmpq_mpoly_set_coeff_fmpq_ui(term, c, exps, A->ring);
            if (here)
                put_back(term, square, A);
            fmpq_mpoly_add(sum, sum, term, A->ring);
            changed |= here;
        }
        if (changed)
            fmpq_mpoly_swap(x, sum, A->ring);
    }
    fmpq_clear(c);
    fmpq_mpoly_clear(term, A->ring);
    fmpq_mpoly_clear(sum, A->ring);
    return ew_ring_within_limits(x, A);
}

int ew_ring_multiply(fmpq_mpoly_t x, ew_algebra *A, const fmpq_mpoly_t y)
{
    if (fmpq_mpoly_length(x, A->ring) * fmpq_mpoly_length(y, A->ring) > 50 * MAX_TERMS)
        return 0;
    fmpq_mpoly_mul(x, x, y, A->ring);
    return reduce(x, A);
}

/* x = b^k, k >= 0; b is overwritten. */
static int power(fmpq_mpoly_t x, ew_algebra *A, fmpq_mpoly_t b, ulong k)
{
    fmpq_mpoly_one(x, A->ring);
    if (k > MAX_DEGREE)
        return 0;
    for (; k > 0; k >>= 1) {
        if ((k & 1) && !ew_ring_multiply(x, A, b))
            return 0;
        if (k > 1) {
            fmpq_mpoly_t copy;
            fmpq_mpoly_init(copy, A->ring);
            fmpq_mpoly_set(copy, b, A->ring);
            int ok = ew_ring_multiply(b, A, copy);
            fmpq_mpoly_clear(copy, A->ring);
            if (!ok)
                return 0;
        }
    }
    return 1;
}

/* 1/v for one variable of the ring; 1/sqrt(m) is sqrt(m)/m for a rational m. */
static int inverse_variable(fmpq_mpoly_t y, ew_algebra *A, slong v)
{
    if (v > 0 && A->atom[v - 1].op == EW_DIV) {
        fmpq_mpoly_set(y, A->atom[v - 1].arg, A->ring);
        return 1;
    }
    fmpq_mpoly_gen(y, v, A->ring);
    if (v > 0 && A->atom[v - 1].op == EW_SQRT &&
        fmpq_mpoly_is_fmpq(A->atom[v - 1].arg, A->ring)) {
        fmpq_t m;
        fmpq_init(m);
        fmpq_mpoly_get_fmpq(m, A->atom[v - 1].arg, A->ring);
        fmpq_mpoly_scalar_div_fmpq(y, y, m, A->ring);
        fmpq_clear(m);
        return 1;
    }
    fmpq_mpoly_t arg;
    fmpq_mpoly_init(arg, A->ring);
    fmpq_mpoly_set(arg, y, A->ring);
    int ok = ew_ring_apply(y, A, EW_DIV, arg);
    fmpq_mpoly_clear(arg, A->ring);
    return ok;
}

static int inverse_monomial(fmpq_mpoly_t y, ew_algebra *A, const fmpq_mpoly_t x)
{
    int ok = 1;
    ulong exps[EW_ATOMS + 1];
    fmpq_mpoly_t f, p;
    fmpq_mpoly_init(f, A->ring);
    fmpq_mpoly_init(p, A->ring);
    fmpq_mpoly_get_term_exp_ui(exps, x, 0, A->ring);
    fmpq_mpoly_one(y, A->ring);
    for (slong v = 0; ok && v <= EW_ATOMS; v++)
        if (exps[v] > 0)
            ok = inverse_variable(f, A, v) && power(p, A, f, exps[v]) &&
                 ew_ring_multiply(y, A, p);
    fmpq_mpoly_clear(p, A->ring);
    fmpq_mpoly_clear(f, A->ring);
    return ok;
}

/* y = 1/x: the leading coefficient taken out, a monomial factor by factor, a sum as one atom.
 */
int ew_ring_inverse(fmpq_mpoly_t y, ew_algebra *A, const fmpq_mpoly_t x)
{
    if (fmpq_mpoly_is_zero(x, A->ring))
        return 0;
    int ok;
    fmpq_t c;
    fmpq_mpoly_t monic;
    fmpq_init(c);
    fmpq_mpoly_init(monic, A->ring);
    fmpq_mpoly_get_term_coeff_fmpq(c, x, 0, A->ring);
    fmpq_mpoly_scalar_div_fmpq(monic, x, c, A->ring);
    if (fmpq_mpoly_length(x, A->ring) == 1)
        ok = inverse_monomial(y, A, monic);
    else
        ok = ew_ring_apply(y, A, EW_DIV, monic);
    if (ok)
        fmpq_mpoly_scalar_div_fmpq(y, y, c, A->ring);
    fmpq_mpoly_clear(monic, A->ring);
    fmpq_clear(c);
    return ok;
}

/* r = s^2 m with m an integer free of the small squares (and of its one large square). */
static void split_square(fmpq_t s, fmpz_t m, const fmpq_t r)
{
    fmpz_t p2;
    fmpz_init(p2);
    fmpz_mul(m, fmpq_numref(r), fmpq_denref(r));
    fmpz_one(fmpq_numref(s));
    fmpz_set(fmpq_denref(s), fmpq_denref(r));
    for (ulong p = 2; p < 1000 && !fmpz_is_zero(m); p++)
        for (fmpz_set_ui(p2, p * p); fmpz_divisible(m, p2);) {
            fmpz_divexact(m, m, p2);
            fmpz_mul_ui(fmpq_numref(s), fmpq_numref(s), p);
        }
    if (fmpz_is_square(m)) {
        fmpz_sqrt(p2, m);
        fmpz_mul(fmpq_numref(s), fmpq_numref(s), p2);
        fmpz_one(m);
    }
    fmpq_canonicalise(s);
    fmpz_clear(p2);
}

/* sqrt(c w) = s sqrt(m w) for the content c = s^2 m > 0 of the argument. */
int ew_ring_square_root(fmpq_mpoly_t x, ew_algebra *A, const fmpq_mpoly_t arg)
{
    if (fmpq_mpoly_is_zero(arg, A->ring)) {
        fmpq_mpoly_zero(x, A->ring);
        return 1;
    }
    fmpq_t c, s;
    fmpz_t m;
    fmpq_mpoly_t w;
    fmpq_init(c);
    fmpq_init(s);
    fmpz_init(m);
    fmpq_mpoly_init(w, A->ring);
    fmpq_mpoly_content(c, arg, A->ring);
    fmpq_mpoly_scalar_div_fmpq(w, arg, c, A->ring);
    split_square(s, m, c);
    fmpq_mpoly_scalar_mul_fmpz(w, w, m, A->ring);
    int ok = 1;
    if (fmpq_mpoly_is_one(w, A->ring))
        fmpq_mpoly_one(x, A->ring);
    else
        ok = ew_ring_apply(x, A, EW_SQRT, w);
    if (ok)
        fmpq_mpoly_scalar_mul_fmpq(x, x, s, A->ring);
    fmpq_mpoly_clear(w, A->ring);
    fmpz_clear(m);
    fmpq_clear(s);
    fmpq_clear(c);
    return ok;
}

/* b^(k/2), k odd. */
static int half_power(fmpq_mpoly_t x, ew_algebra *A, fmpq_mpoly_t b, slong k)
{
    fmpq_mpoly_t root, base;
    fmpq_mpoly_init(root, A->ring);
    fmpq_mpoly_init(base, A->ring);
    int ok = ew_ring_square_root(root, A, b);
    if (k < 0)
        ok = ok && ew_ring_inverse(base, A, b);
    else
        fmpq_mpoly_set(base, b, A->ring);
    ulong whole = k < 0 ? (ulong) (-k + 1) / 2 : (ulong) (k - 1) / 2;
    ok = ok && power(x, A, base, whole) && ew_ring_multiply(x, A, root);
    fmpq_mpoly_clear(base, A->ring);
    fmpq_mpoly_clear(root, A->ring);
    return ok;
}

int ew_ring_power(fmpq_mpoly_t x, ew_algebra *A, fmpq_mpoly_t b, const fmpq_t k)
{
    if (fmpz_cmpabs(fmpq_numref(k), fmpq_denref(k)) > 0 &&
        (!fmpz_fits_si(fmpq_numref(k)) || FLINT_ABS(fmpz_get_si(fmpq_numref(k))) > MAX_DEGREE))
        return 0;
    if (fmpz_is_one(fmpq_denref(k))) {
        slong n = fmpz_get_si(fmpq_numref(k));
        if (n >= 0)
            return power(x, A, b, (ulong) n);
        fmpq_mpoly_t inv;
        fmpq_mpoly_init(inv, A->ring);
        int ok = ew_ring_inverse(inv, A, b) && power(x, A, inv, (ulong) -n);
        fmpq_mpoly_clear(inv, A->ring);
        return ok;
    }
    if (fmpz_equal_ui(fmpq_denref(k), 2))
        return half_power(x, A, b, fmpz_get_si(fmpq_numref(k)));
    fmpq_mpoly_t exponent;
    fmpq_mpoly_init(exponent, A->ring);
    fmpq_mpoly_set_fmpq(exponent, k, A->ring);
    int ok = ew_ring_intern(x, A, EW_POW, 0, b, exponent);
    fmpq_mpoly_clear(exponent, A->ring);
    return ok;
}

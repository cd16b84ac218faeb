#include "activation/radical.h"

/* Radicands beyond this are not factored. */
#define MAX_RADICAND_BITS 60

void ew_radical_init(ew_radical *x)
{
    fmpq_init(x->r);
    fmpz_init_set_ui(x->m, 1);
    x->j = 0;
    x->known = 1;
}

void ew_radical_clear(ew_radical *x)
{
    fmpq_clear(x->r);
    fmpz_clear(x->m);
}

void ew_radical_set(ew_radical *x, const ew_radical *y)
{
    fmpq_set(x->r, y->r);
    fmpz_set(x->m, y->m);
    x->j = y->j;
    x->known = y->known;
}

void ew_radical_set_rational(ew_radical *x, const fmpq_t r)
{
    fmpq_set(x->r, r);
    fmpz_one(x->m);
    x->j = 0;
    x->known = 1;
}

int ew_radical_is_zero(const ew_radical *x)
{
    return x->known && fmpq_is_zero(x->r);
}

int ew_radical_rational(fmpq_t r, const ew_radical *x)
{
    if (!x->known || (!fmpq_is_zero(x->r) && (!fmpz_is_one(x->m) || x->j)))
        return 0;
    fmpq_set(r, x->r);
    return 1;
}

void ew_radical_add(ew_radical *z, const ew_radical *x, const ew_radical *y)
{
    if (ew_radical_is_zero(y)) {
        ew_radical_set(z, x);
    } else if (ew_radical_is_zero(x)) {
        ew_radical_set(z, y);
    } else {
        int same = x->known && y->known && x->j == y->j && fmpz_equal(x->m, y->m);
        if (same) {
            slong j = x->j;
            fmpq_add(z->r, x->r, y->r);
            fmpz_set(z->m, x->m);
            z->j = j;
        }
        z->known = same;
    }
}

/* sqrt(m) sqrt(n) = g sqrt(m n / g^2), g the greatest common divisor of square-free m and n. */
void ew_radical_mul(ew_radical *z, const ew_radical *x, const ew_radical *y)
{
    if (ew_radical_is_zero(x) || ew_radical_is_zero(y)) {
        fmpq_zero(z->r);
        fmpz_one(z->m);
        z->j = 0;
        z->known = 1;
        return;
    }
    z->known = x->known && y->known;
    if (!z->known)
        return;
    z->j = x->j + y->j;
    fmpq_mul(z->r, x->r, y->r);
    fmpz_t g;
    fmpz_init(g);
    fmpz_gcd(g, x->m, y->m);
    fmpz_mul(z->m, x->m, y->m);
    fmpq_mul_fmpz(z->r, z->r, g);
    fmpz_mul(g, g, g);
    fmpz_divexact(z->m, z->m, g);
    fmpz_clear(g);
}

void ew_radical_inv(ew_radical *z, const ew_radical *x)
{
    z->known = x->known && !fmpq_is_zero(x->r);
    if (!z->known)
        return;
    fmpz_set(z->m, x->m);
    z->j = -x->j;
    fmpq_mul_fmpz(z->r, x->r, x->m);
    fmpq_inv(z->r, z->r);
}

/* sqrt(q), q > 0 rational: sqrt(a/b) = sqrt(a b)/b. */
static int square_root(ew_radical *x, const fmpq_t q)
{
    fmpz_t n;
    fmpz_init(n);
    fmpz_mul(n, fmpq_numref(q), fmpq_denref(q));
    int small = fmpz_sgn(n) > 0 && fmpz_bits(n) <= MAX_RADICAND_BITS;
    if (small) {
        ulong root = 1, rest = 1;
        n_factor_t f;
        n_factor_init(&f);
        n_factor(&f, fmpz_get_ui(n), 1);
        for (int i = 0; i < f.num; i++) {
            root *= n_pow(f.p[i], (ulong) f.exp[i] / 2);
            rest *= f.exp[i] % 2 ? f.p[i] : 1;
        }
        fmpz_set_ui(x->m, rest);
        fmpz_set_ui(n, root);
        fmpq_set_fmpz_frac(x->r, n, fmpq_denref(q));
        x->j = 0;
        x->known = 1;
    }
    fmpz_clear(n);
    return small;
}

/* x = sqrt(x), where x is q pi^j. */
static void take_root(ew_radical *x)
{
    slong j = x->j;
    fmpq_t q;
    fmpq_init(q);
    fmpq_set(q, x->r);
    int good = x->known && fmpz_is_one(x->m) && j % 2 == 0 && square_root(x, q);
    x->known = good;
    x->j = j / 2;
    fmpq_clear(q);
}

/* x = x^p for a small whole p. */
static void whole_power(ew_radical *x, slong p)
{
    ew_radical base;
    fmpq_t one;
    ew_radical_init(&base);
    fmpq_init(one);
    fmpq_one(one);
    ew_radical_set(&base, x);
    if (p < 0)
        ew_radical_inv(&base, &base);
    ew_radical_set_rational(x, one);
    for (slong i = 0; i < FLINT_ABS(p); i++)
        ew_radical_mul(x, x, &base);
    fmpq_clear(one);
    ew_radical_clear(&base);
}

/* x = x^p, 2 p whole and small. */
static void power(ew_radical *x, const ew_expr *exponent)
{
    fmpq_t p;
    fmpq_init(p);
    int good = ew_expr_rational(p, exponent) && fmpz_bits(fmpq_numref(p)) <= 6 &&
               fmpz_cmp_si(fmpq_denref(p), 2) <= 0;
    if (good && !fmpz_is_one(fmpq_denref(p)))
        take_root(x);
    if (good)
        whole_power(x, fmpz_get_si(fmpq_numref(p)));
    x->known &= good;
    fmpq_clear(p);
}

static void nary(ew_radical *x, const ew_expr *e)
{
    ew_radical y;
    ew_radical_init(&y);
    ew_radical_constant(x, e->arg[0]);
    for (slong i = 1; i < e->n; i++) {
        ew_radical_constant(&y, e->arg[i]);
        if (e->op == EW_DIV)
            ew_radical_inv(&y, &y);
        if (e->op == EW_ADD)
            ew_radical_add(x, x, &y);
        else
            ew_radical_mul(x, x, &y);
    }
    ew_radical_clear(&y);
}

void ew_radical_constant(ew_radical *x, const ew_expr *e)
{
    fmpq_t q;
    fmpq_init(q);
    x->known = ew_expr_rational(q, e);
    if (x->known)
        ew_radical_set_rational(x, q);
    else if (e->op == EW_ADD || e->op == EW_MUL || e->op == EW_DIV)
        nary(x, e);
    else if (e->op == EW_PI) {
        fmpq_one(q);
        ew_radical_set_rational(x, q);
        x->j = 2;
    } else if (e->op == EW_SQRT || e->op == EW_POW) {
        ew_radical_constant(x, e->arg[0]);
        if (e->op == EW_SQRT)
            take_root(x);
        else
            power(x, e->arg[1]);
    }
    fmpq_clear(q);
}

/* Sums over the nodes: weights times products times Hermite polynomials. */
#include "expect/nodes.h"

#define LOW 6 /* He_k up to here from powers of z, whose products with F are shared by all K   \
               */

static ew_status add_squares(arb_ptr squares, ew_nodes *N, slong n, arb_srcptr w,
                             const ew_batch *b, ew_context *ctx)
{
    ew_monomial g;
    arb_t sum;
    arb_init(sum);
    ew_status st = EW_OK;
    for (slong m = 0; m < b->monomials && !st; m++) {
        ew_monomial_square(&g, b->f + m);
        arb_srcptr v = ew_nodes_product(N, &g, N->mirror ? 1 : 0, n, EW_SQUARE_BITS, ctx);
        if (!v) {
            st = EW_MEMORY;
        } else {
            arb_dot(sum, NULL, 0, v, 1, w, 1, n, EW_SQUARE_BITS);
            arb_add(squares + m, squares + m, sum, EW_SQUARE_BITS);
        }
    }
    arb_clear(sum);
    return st;
}

static ew_status add_terms(arb_ptr sums, ew_nodes *N, slong n, arb_srcptr w, slong k,
                           const ew_batch *b, slong prec, ew_context *ctx)
{
    arb_t sum;
    arb_init(sum);
    ew_status st = EW_OK;
    for (slong i = 0; i < b->n && !st; i++) {
        if (b->t[i].k != k)
            continue;
        int sign = !N->mirror ? 0 : k & 1 ? -1 : 1;
        arb_srcptr v = ew_nodes_product(N, b->f + b->t[i].m, sign, n, prec, ctx);
        if (!v) {
            st = EW_MEMORY;
        } else {
            arb_dot(sum, NULL, 0, v, 1, w, 1, n, prec);
            arb_add(sums + i, sums + i, sum, prec);
        }
    }
    arb_clear(sum);
    return st;
}

static int asks(const ew_batch *b, slong k)
{
    for (slong i = 0; i < b->n; i++)
        if (b->t[i].k == k)
            return 1;
    return 0;
}

/* Bits worth keeping in a product with x: small weights come with fewer. */
static slong worth(const arb_t x, slong prec)
{
    slong bits = arb_rel_accuracy_bits(x);
    return bits > prec - 12 ? prec : bits < 20 ? 32 : bits + 12;
}

/* next = (x^2 - (2k+1)) He_k w - k (k-1) He_{k-2} w = He_{k+2} w, in place of He_{k-2} w */
static void hermite_step(arb_ptr before, arb_srcptr here, arb_srcptr xx, slong n, slong k,
                         slong prec)
{
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < n; i++) {
        slong bits = worth(here + i, prec);
        arb_sub_si(t, xx + i, 2 * k + 1, bits);
        arb_mul(t, t, here + i, bits);
        if (k > 1) {
            slong other = worth(before + i, prec);
            arb_mul_si(before + i, before + i, -k * (k - 1), other);
            arb_add(before + i, before + i, t, bits > other ? bits : other);
        } else {
            arb_swap(before + i, t);
        }
    }
    arb_clear(t);
}

/* Terms with LOW < k of one parity, He_k w climbing two at a time.  Takes w over. */
static ew_status climb(arb_ptr sums, ew_nodes *N, slong n, arb_ptr w, arb_srcptr xx, slong k,
                       slong top, const ew_batch *b, slong prec, ew_context *ctx)
{
    arb_ptr before = _arb_vec_init(n);
    ew_status st = EW_OK;
    for (; k <= top && !st; k += 2) {
        if (k > LOW && asks(b, k))
            st = add_terms(sums, N, n, w, k, b, prec, ctx);
        if (k + 2 > top)
            break;
        hermite_step(before, w, xx, n, k, prec);
        arb_ptr t = before;
        before = w;
        w = t;
    }
    /* the caller's vector and ours may have changed places */
    _arb_vec_clear(before, n);
    _arb_vec_clear(w, n);
    return st;
}

/* moment[p] = sum_k w_k z_k^p F(z_k) for the p <= top of one parity. */
static ew_status moments(arb_ptr moment, ew_nodes *N, slong n, arb_srcptr w,
                         const ew_monomial *f, slong top, slong prec, ew_context *ctx)
{
    for (slong p = top & 1; p <= top; p += 2) {
        ew_monomial g = *f;
        g.z = (unsigned short) (g.z + p);
        arb_srcptr v = ew_nodes_product(N, &g, N->mirror ? 1 : 0, n, prec, ctx);
        if (!v)
            return EW_MEMORY;
        arb_dot(moment + p, NULL, 0, v, 1, w, 1, n, prec);
    }
    return EW_OK;
}

/* sum += sum_j (-1)^j k!/(j! (k-2j)! 2^j) moment[k-2j] root^(k-2j), root = K^(-1/2): He_k
 * written out.  At small k the terms cancel by a few bits at most. */
static void add_hermite(arb_t sum, arb_srcptr moment, arb_srcptr root_power, slong k,
                        slong prec)
{
    slong coef = 1; /* k!/(j! (k-2j)! 2^j) (-1)^j */
    arb_t t;
    arb_init(t);
    for (slong j = 0; 2 * j <= k; j++) {
        arb_mul(t, moment + k - 2 * j, root_power + k - 2 * j, prec);
        arb_addmul_si(sum, t, coef, prec);
        coef = -coef * (k - 2 * j) * (k - 2 * j - 1) / (2 * (j + 1));
    }
    arb_clear(t);
}

/* All terms with k <= LOW, monomial by monomial, parity by parity. */
static ew_status low_terms(arb_ptr sums, ew_nodes *N, slong n, arb_srcptr w, const arb_t K,
                           const ew_batch *b, slong prec, ew_context *ctx)
{
    arb_ptr moment = _arb_vec_init(2 * (LOW + 1)), root_power = moment + LOW + 1;
    ew_status st = EW_OK;
    arb_rsqrt(root_power + 1, K, prec);
    arb_inv(root_power + 2, K, prec);
    arb_one(root_power);
    for (slong p = 3; p <= LOW; p++)
        arb_mul(root_power + p, root_power + p - 2, root_power + 2, prec);
    for (slong m = 0; m < 2 * b->monomials && !st; m++) {
        slong top = -1;
        for (slong i = 0; i < b->n; i++)
            if (b->t[i].m == m / 2 && b->t[i].k <= LOW && (b->t[i].k & 1) == (m & 1) &&
                b->t[i].k > top)
                top = b->t[i].k;
        if (top < 0)
            continue;
        st = moments(moment, N, n, w, b->f + m / 2, top, prec, ctx);
        for (slong i = 0; i < b->n && !st; i++)
            if (b->t[i].m == m / 2 && b->t[i].k <= LOW && (b->t[i].k & 1) == (m & 1))
                add_hermite(sums + i, moment, root_power, b->t[i].k, prec);
    }
    _arb_vec_clear(moment, 2 * (LOW + 1));
    return st;
}

/* All terms with k > LOW. */
static ew_status high_terms(arb_ptr sums, ew_nodes *N, slong n, arb_srcptr w, const arb_t K,
                            const slong top[2], const ew_batch *b, slong prec, ew_context *ctx)
{
    ew_status st = EW_OK;
    arb_ptr xx = _arb_vec_init(n);
    arb_t inverse;
    arb_init(inverse);
    arb_inv(inverse, K, prec);
    for (slong i = 0; i < n; i++) {
        arb_mul(xx + i, N->z + i, N->z + i, prec);
        arb_mul(xx + i, xx + i, inverse, prec);
    }
    arb_sqrt(inverse, inverse, prec);
    for (slong odd = 0; odd < 2 && !st; odd++) {
        if (top[odd] <= LOW)
            continue;
        arb_ptr v = _arb_vec_init(n);
        for (slong i = 0; i < n; i++) {
            if (!odd) {
                arb_set(v + i, w + i);
                continue;
            }
            arb_mul(v + i, w + i, N->z + i, prec);
            arb_mul(v + i, v + i, inverse, prec);
        }
        st = climb(sums, N, n, v, xx, odd, top[odd], b, prec, ctx);
    }
    arb_clear(inverse);
    _arb_vec_clear(xx, n);
    return st;
}

ew_status ew_nodes_sum(arb_ptr sums, arb_ptr squares, ew_nodes *N, slong n, arb_srcptr w,
                       const arb_t K, const ew_batch *b, slong prec, ew_context *ctx)
{
    slong top[2] = {-1, -1};
    ew_status st = squares ? add_squares(squares, N, n, w, b, ctx) : EW_OK;
    if (st == EW_OK)
        st = low_terms(sums, N, n, w, K, b, prec, ctx);
    for (slong i = 0; i < b->n; i++)
        if (b->t[i].k > top[b->t[i].k & 1])
            top[b->t[i].k & 1] = b->t[i].k;
    if (st == EW_OK && (top[0] > LOW || top[1] > LOW))
        st = high_terms(sums, N, n, w, K, top, b, prec, ctx);
    return st;
}

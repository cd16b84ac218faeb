#include "expect/nodes.h"

#include "activation/jet.h"

#include <string.h>

void ew_nodes_init(ew_nodes *N, const ew_expr *f, ew_parity parity, int mirror)
{
    memset(N, 0, sizeof *N);
    N->f = f;
    N->parity = parity;
    N->mirror = mirror;
}

static void clear_values(ew_nodes *N)
{
    for (int side = 0; side < 2; side++)
        if (N->s[side]) {
            _arb_vec_clear(N->s[side], N->n * N->len);
            N->s[side] = NULL;
        }
    for (slong i = 0; i < N->products; i++)
        _arb_vec_clear(N->product[i].v, N->product[i].n);
    N->products = 0;
}

void ew_nodes_clear(ew_nodes *N)
{
    clear_values(N);
    if (N->z)
        _arb_vec_clear(N->z, N->n);
    free(N->product);
    memset(N, 0, sizeof *N);
}

/* s[0..len) = derivatives of f at x */
static void jet_at(arb_ptr s, const ew_expr *f, const arb_t x, slong len, acb_ptr work,
                   slong prec)
{
    acb_t z;
    arb_t factorial;
    acb_init(z);
    arb_init(factorial);
    arb_set(acb_realref(z), x);
    ew_jet(work, f, z, len, 0, prec);
    arb_one(factorial);
    for (slong i = 0; i < len; i++) {
        if (i > 1)
            arb_mul_ui(factorial, factorial, (ulong) i, prec);
        arb_mul(s + i, acb_realref(work + i), factorial, prec);
    }
    acb_clear(z);
    arb_clear(factorial);
}

static void fill_jets(ew_nodes *N, slong from)
{
    slong len = N->len, prec = N->prec;
    acb_ptr work = _acb_vec_init(len);
    arb_t x;
    arb_init(x);
    for (slong k = from; k < N->n; k++) {
        jet_at(N->s[0] + k * len, N->f, N->z + k, len, work, prec);
        if (!N->mirror)
            continue;
        if (N->parity == EW_PARITY_NONE) {
            arb_neg(x, N->z + k);
            jet_at(N->s[1] + k * len, N->f, x, len, work, prec);
            continue;
        }
        for (slong i = 0; i < len; i++)
            if ((i & 1) == (N->parity == EW_PARITY_ODD))
                arb_set(N->s[1] + k * len + i, N->s[0] + k * len + i);
            else
                arb_neg(N->s[1] + k * len + i, N->s[0] + k * len + i);
    }
    _acb_vec_clear(work, len);
    arb_clear(x);
}

/* Move the first `have` entries of an old vector into a fresh, longer one. */
static arb_ptr grown(arb_ptr old, slong have, slong want)
{
    arb_ptr v = _arb_vec_init(want);
    for (slong i = 0; i < have; i++)
        arb_swap(v + i, old + i);
    if (old)
        _arb_vec_clear(old, have);
    return v;
}

ew_status ew_nodes_require(ew_nodes *N, slong n, slong len, slong prec, ew_node_fn fill,
                           void *data, ew_context *ctx)
{
    slong from = N->n;
    if (n <= N->n && len <= N->len && prec <= N->prec)
        return EW_OK;
    ew_status st = ew_poll(ctx);
    if (st)
        return st;
    if (n < N->n)
        n = N->n;
    if (len > N->len || prec > N->prec) {
        slong old = N->n;
        clear_values(N);
        if (N->z)
            _arb_vec_clear(N->z, old);
        N->z = NULL;
        N->len = len > N->len ? len : N->len;
        N->prec = prec > N->prec ? prec : N->prec;
        from = 0;
    }
    N->z = grown(N->z, from, n);
    N->s[0] = grown(N->s[0], from * N->len, n * N->len);
    if (N->mirror)
        N->s[1] = grown(N->s[1], from * N->len, n * N->len);
    N->n = n;
    fill(N->z, from, n, data, N->prec);
    fill_jets(N, from);
    return EW_OK;
}

/* x = F at one node */
static void monomial_value(arb_t x, const ew_monomial *f, const arb_t z, arb_srcptr s,
                           arb_t work, slong prec)
{
    int started = 0;
    if (f->z) {
        arb_pow_ui(x, z, f->z, prec);
        started = 1;
    }
    for (slong i = 0; i < EW_JETS; i++) {
        if (!f->e[i])
            continue;
        arb_pow_ui(work, s + i, f->e[i], prec);
        if (started)
            arb_mul(x, x, work, prec);
        else
            arb_swap(x, work);
        started = 1;
    }
    if (!started)
        arb_one(x);
}

static void fill_product(ew_product *p, const ew_nodes *N, slong from)
{
    arb_t x, y, work;
    arb_init(x);
    arb_init(y);
    arb_init(work);
    for (slong k = from; k < p->n; k++) {
        monomial_value(p->v + k, &p->f, N->z + k, N->s[0] + k * N->len, work, p->prec);
        if (!N->mirror || arb_is_zero(N->z + k))
            continue;
        arb_neg(y, N->z + k);
        monomial_value(x, &p->f, y, N->s[1] + k * N->len, work, p->prec);
        if (p->sign > 0)
            arb_add(p->v + k, p->v + k, x, p->prec);
        else
            arb_sub(p->v + k, p->v + k, x, p->prec);
    }
    arb_clear(x);
    arb_clear(y);
    arb_clear(work);
}

/* The product's values at the first n nodes, at prec bits or more; NULL when memory is out. */
static arb_srcptr product_values(ew_nodes *N, const ew_monomial *f, int sign, slong n,
                                 slong prec, ew_context *ctx)
{
    ew_product *p = NULL;
    for (slong i = 0; i < N->products && !p; i++)
        if (N->product[i].sign == sign && !memcmp(&N->product[i].f, f, sizeof *f))
            p = N->product + i;
    if (!p) {
        ew_product *grow =
            ew_realloc(N->product, (size_t) (N->products + 1) * sizeof *grow, ctx);
        if (!grow)
            return NULL;
        N->product = grow;
        p = grow + N->products++;
        *p = (ew_product){.f = *f, .sign = sign, .prec = prec};
    }
    if (p->n < n || p->prec < prec) {
        slong from = p->prec < prec ? 0 : p->n;
        slong want = p->n < n ? N->n : p->n;
        p->v = grown(p->v, p->n, want);
        p->n = want;
        p->prec = p->prec < prec ? prec : p->prec;
        fill_product(p, N, from);
    }
    return p->v;
}

static ew_status add_squares(arb_ptr squares, ew_nodes *N, slong n, arb_srcptr w,
                             const ew_batch *b, ew_context *ctx)
{
    ew_monomial g;
    arb_t sum;
    arb_init(sum);
    ew_status st = EW_OK;
    for (slong m = 0; m < b->monomials && !st; m++) {
        ew_monomial_square(&g, b->f + m);
        arb_srcptr v = product_values(N, &g, N->mirror ? 1 : 0, n, EW_SQUARE_BITS, ctx);
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
        arb_srcptr v = product_values(N, b->f + b->t[i].m, sign, n, prec, ctx);
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
    slong bits = arb_rel_accuracy_bits(x) + 12;
    return bits < 32 ? 32 : bits < prec ? bits : prec;
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

/* All terms with k of one parity, He_k w climbing two at a time.  Takes w over. */
static ew_status climb(arb_ptr sums, ew_nodes *N, slong n, arb_ptr w, arb_srcptr xx, slong k,
                       slong top, const ew_batch *b, slong prec, ew_context *ctx)
{
    arb_ptr before = _arb_vec_init(n);
    ew_status st = EW_OK;
    for (; k <= top && !st; k += 2) {
        if (asks(b, k))
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

ew_status ew_nodes_sum(arb_ptr sums, arb_ptr squares, ew_nodes *N, slong n, arb_srcptr w,
                       const arb_t K, const ew_batch *b, slong prec, ew_context *ctx)
{
    slong top[2] = {-1, -1};
    ew_status st = squares ? add_squares(squares, N, n, w, b, ctx) : EW_OK;
    if (st)
        return st;
    for (slong i = 0; i < b->n; i++)
        if (b->t[i].k > top[b->t[i].k & 1])
            top[b->t[i].k & 1] = b->t[i].k;
    arb_ptr xx = _arb_vec_init(n);
    arb_t inverse;
    arb_init(inverse);
    arb_inv(inverse, K, prec);
    if (top[0] > 0 || top[1] > 0)
        for (slong i = 0; i < n; i++) {
            arb_mul(xx + i, N->z + i, N->z + i, prec);
            arb_mul(xx + i, xx + i, inverse, prec);
        }
    arb_sqrt(inverse, inverse, prec);
    for (slong odd = 0; odd < 2 && !st; odd++) {
        if (top[odd] < 0)
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

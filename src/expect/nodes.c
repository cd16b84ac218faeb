#include "expect/nodes.h"

#include "activation/jet.h"

#include <stdlib.h>
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
        if (!N->mirror || (N->mirror != EW_MIRROR_PAIRS && arb_is_zero(N->z + k)))
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

/* z^2 times the values of z^(p-2) F: z^2 is even, so either sign goes through. */
static void raise_product(ew_product *p, arb_srcptr below, const ew_nodes *N, slong from)
{
    arb_t square;
    arb_init(square);
    for (slong k = from; k < p->n; k++) {
        arb_mul(square, N->z + k, N->z + k, p->prec);
        arb_mul(p->v + k, below + k, square, p->prec);
    }
    arb_clear(square);
}

/* The index of a product, made if need be; -1 when memory is exhausted. */
static slong find_product(ew_nodes *N, const ew_monomial *f, int sign, slong prec,
                          ew_context *ctx)
{
    for (slong i = 0; i < N->products; i++)
        if (N->product[i].sign == sign && !memcmp(&N->product[i].f, f, sizeof *f))
            return i;
    ew_product *grow = ew_realloc(N->product, (size_t) (N->products + 1) * sizeof *grow, ctx);
    if (!grow)
        return -1;
    N->product = grow;
    grow[N->products] = (ew_product){.f = *f, .sign = sign, .prec = prec};
    return N->products++;
}

arb_srcptr ew_nodes_product(ew_nodes *N, const ew_monomial *f, int sign, slong n, slong prec,
                            ew_context *ctx)
{
    slong i = find_product(N, f, sign, prec, ctx);
    if (i < 0)
        return NULL;
    ew_product *p = N->product + i;
    if (p->n >= n && p->prec >= prec)
        return p->v;
    slong from = p->prec < prec ? 0 : p->n;
    slong want = p->n < n ? N->n : p->n;
    arb_srcptr below = NULL;
    if (f->z >= 2) {
        ew_monomial g = *f;
        g.z = (unsigned short) (g.z - 2);
        below = ew_nodes_product(N, &g, sign, want, prec > p->prec ? prec : p->prec, ctx);
        if (!below)
            return NULL;
        p = N->product + i; /* the list may have moved */
    }
    p->v = grown(p->v, p->n, want);
    p->n = want;
    p->prec = p->prec < prec ? prec : p->prec;
    if (below)
        raise_product(p, below, N, from);
    else
        fill_product(p, N, from);
    return p->v;
}

#include "chain/atom_plan.h"

#include <stdlib.h>
#include <string.h>

#include "expect/halves.h"
#include "expect/local.h"

/* Room for one more element of `size` bytes; NULL when there is none. */
static void *grow(void *block, slong n, slong *room, size_t size, ew_context *ctx)
{
    if (n < *room)
        return block;
    slong more = *room ? 2 * *room : 32;
    void *out = ew_realloc(block, (size_t) more * size, ctx);
    if (out)
        *room = more;
    return out;
}

/* ---- requests -----------------------------------------------------------------------------
 */

static int same_request(const ew_moment_request *x, const ew_moment_request *y)
{
    if (x->a != y->a || x->b != y->b)
        return 0;
    if (x->a < 0)
        return ew_atom_compare(&x->many, &y->many) == 0;
    if (x->b < 0)
        return x->one.j == y->one.j && x->one.f.z == y->one.f.z &&
               memcmp(x->one.f.e, y->one.f.e, sizeof x->one.f.e) == 0;
    const ew_atom2 *p = &x->two, *q = &y->two;
    return p->jaa == q->jaa && p->jab == q->jab && p->jbb == q->jbb && p->f.z == q->f.z &&
           p->g.z == q->g.z && memcmp(p->f.e, q->f.e, sizeof p->f.e) == 0 &&
           memcmp(p->g.e, q->g.e, sizeof p->g.e) == 0;
}

/* A request, added if new. */
static ew_status find_request(ew_moment_source *out, ew_atom_plan *plan,
                              const ew_moment_request *x, ew_context *ctx)
{
    slong r = 0;
    while (r < plan->requests && !same_request(&plan->request[r], x))
        r++;
    *out = (ew_moment_source){EW_FROM_REQUEST, r, 0};
    if (r < plan->requests)
        return EW_OK;
    ew_moment_request *more = grow(plan->request, r, &plan->request_room, sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    plan->request = more;
    plan->request[plan->requests++] = *x;
    return EW_OK;
}

/* D_K^j <F>, F of degree d in z, vanishes when F is a polynomial and d < 2j, since <F> is one
 * of degree d/2 in K; and when s is homogeneous, d even and d < 2j, since <F> is c K^(d/2). */
static int vanishes(const ew_activation *s, const ew_atom1 *x)
{
    if (!s->polynomial && !s->homogeneous)
        return 0;
    slong degree = x->f.z;
    for (slong i = 0; i < EW_JETS; i++) {
        slong d = (s->polynomial ? s->piece[0].degree : 1) - i;
        if (x->f.e[i] && d < 0)
            return s->polynomial;
        degree += d * x->f.e[i];
    }
    return degree < 2 * x->j && (s->polynomial || degree % 2 == 0);
}

/* A factor of a product of polynomials is differentiated away. */
static int factor_vanishes(const ew_activation *s, const ew_monomial *f, slong m)
{
    slong degree = f->z;
    if (!s->polynomial)
        return 0;
    for (slong i = 0; i < EW_JETS; i++) {
        if (f->e[i] && i > s->piece[0].degree)
            return 1;
        degree += (s->piece[0].degree - i) * f->e[i];
    }
    return degree < m;
}

/* The inputs that x involves: at most two are named. */
static slong involved(slong *a, slong *b, const ew_atom *x)
{
    slong n = 0;
    *a = *b = -1;
    for (slong i = 0; i < EW_MAX_INPUTS; i++) {
        if (ew_atom_trivial(x, i))
            continue;
        if (n == 0)
            *a = i;
        if (n == 1)
            *b = i;
        n++;
    }
    return n;
}

/* An even moment over a, and b >= 0 if two inputs. */
static ew_status request_moment(ew_moment_source *out, ew_atom_plan *plan, const ew_moment *x,
                                slong a, slong b, ew_context *ctx)
{
    ew_moment_request r = {.a = a, .b = b};
    *out = (ew_moment_source){EW_FROM_NOTHING, 0, 0};
    if (b < 0) {
        memcpy(r.one.f.e, x->f.e[a], sizeof r.one.f.e);
        r.one.f.z = x->z[a];
        r.one.j = r.twos = x->f.m[a] / 2;
        return vanishes(plan->s, &r.one) ? EW_OK : find_request(out, plan, &r, ctx);
    }
    slong ma = x->f.m[a], mb = x->f.m[b];
    memcpy(r.two.f.e, x->f.e[a], sizeof r.two.f.e);
    memcpy(r.two.g.e, x->f.e[b], sizeof r.two.g.e);
    r.two.f.z = x->z[a];
    r.two.g.z = x->z[b];
    r.two.jab = ma < mb ? ma : mb;
    r.two.jaa = (ma - r.two.jab) / 2;
    r.two.jbb = (mb - r.two.jab) / 2;
    r.twos = r.two.jaa + r.two.jbb;
    if (factor_vanishes(plan->s, &r.two.f, ma) || factor_vanishes(plan->s, &r.two.g, mb))
        return EW_OK;
    return find_request(out, plan, &r, ctx);
}

/* ---- moments by parts ---------------------------------------------------------------------
 */

/* d^m of the factor of input a is a function, or has masses that expect takes. */
static int regular(const ew_atom_plan *plan, const ew_atom *f, slong a)
{
    slong highest = EW_JETS - 1;
    while (highest > 0 && !f->e[a][highest])
        highest--;
    return f->m[a] <= plan->order - highest + plan->masses;
}

static ew_status find_node(ew_moment_source *out, ew_atom_plan *plan, const ew_moment *x,
                           slong c, ew_context *ctx);

static ew_status find_source(ew_moment_source *out, ew_atom_plan *plan, const ew_moment *x,
                             ew_context *ctx)
{
    slong a, b, odd = ew_atom_odd(&x->f);
    involved(&a, &b, &x->f);
    if (odd >= 0)
        return find_node(out, plan, x, odd, ctx);
    int two = plan->s->kinks > 0 && b >= 0;
    if (two && !regular(plan, &x->f, a))
        return find_node(out, plan, x, a, ctx);
    if (two && !regular(plan, &x->f, b))
        return find_node(out, plan, x, b, ctx);
    return request_moment(out, plan, x, a, b, ctx);
}

static ew_status fill_node(ew_moment_node *node, ew_atom_plan *plan, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong side = 0; side < 2 && status == EW_OK; side++) {
        slong c = side ? node->b : node->a;
        ew_moment x = node->at;
        if (c < 0)
            continue;
        x.z[c]++;
        status = find_source(&node->plus[side], plan, &x, ctx);
        x.z[c]--;
        if (status != EW_OK || !x.f.m[c])
            continue;
        x.f.m[c]--;
        status = find_source(&node->less[side], plan, &x, ctx);
    }
    return status;
}

/* x as W_c of the node with one derivative in c less; it comes after those it needs. */
static ew_status find_node(ew_moment_source *out, ew_atom_plan *plan, const ew_moment *x,
                           slong c, ew_context *ctx)
{
    ew_moment_node node = {.at = *x};
    node.at.f.m[c]--;
    involved(&node.a, &node.b, &x->f);
    slong i = 0, side = c == node.b;
    while (i < plan->nodes && (ew_atom_compare(&plan->node[i].at.f, &node.at.f) != 0 ||
                               memcmp(plan->node[i].at.z, node.at.z, sizeof node.at.z) != 0))
        i++;
    if (i == plan->nodes) {
        ew_status status = fill_node(&node, plan, ctx);
        if (status != EW_OK)
            return status;
        ew_moment_node *more =
            grow(plan->node, plan->nodes, &plan->node_room, sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        plan->node = more;
        i = plan->nodes++;
        plan->node[i] = node;
    }
    *out = (ew_moment_source){EW_FROM_NODE, i, side};
    return EW_OK;
}

/* ---- rows ---------------------------------------------------------------------------------
 */

static ew_status add_row(ew_atom_plan *plan, slong variable, ew_moment_source source,
                         const fmpq_t coef, ew_context *ctx)
{
    if (source.from == EW_FROM_NOTHING)
        return EW_OK;
    ew_atom_row *more = grow(plan->row, plan->rows, &plan->row_room, sizeof *more, ctx);
    if (!more)
        return EW_MEMORY;
    plan->row = more;
    ew_atom_row *row = &plan->row[plan->rows++];
    row->variable = variable;
    row->source = source;
    row->name = NULL;
    fmpq_init(&row->coef);
    fmpq_set(&row->coef, coef);
    return EW_OK;
}

static ew_status add_hopeless(ew_atom_plan *plan, slong variable, int why, const fmpq_t coef,
                              ew_context *ctx)
{
    return add_row(plan, variable, (ew_moment_source){why, 0, 0}, coef, ctx);
}

/* ---- atoms --------------------------------------------------------------------------------
 */

static ew_status add_moment(ew_atom_plan *plan, slong variable, const ew_atom *x,
                            const fmpq_t coef, ew_context *ctx);

/* <d_a F> = sum_i e_i <F s^(i+1) / s^(i)>. */
static ew_status add_leibniz(ew_atom_plan *plan, slong variable, const ew_atom *x,
                             const fmpq_t coef, ew_context *ctx)
{
    ew_status status = EW_OK;
    slong a = ew_atom_odd(x);
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i + 1 < EW_JETS && status == EW_OK; i++) {
        if (!x->e[a][i])
            continue;
        ew_atom y = *x;
        y.m[a]--;
        y.e[a][i]--;
        y.e[a][i + 1]++;
        fmpq_mul_si(c, coef, x->e[a][i]);
        status = add_moment(plan, variable, &y, c, ctx);
    }
    fmpq_clear(c);
    return status;
}

/* The highest jet that is no function, of the first input that has one; 0: all are. */
static slong find_delta(slong *input, const ew_atom_plan *plan, const ew_atom *x)
{
    for (slong a = 0; a < plan->inputs; a++)
        for (slong h = EW_JETS - 1; h > plan->order; h--)
            if (x->e[a][h]) {
                *input = a;
                return h;
            }
    return 0;
}

/* The identity at the head of atom_plan.h for the jet s_a^(h), h beyond the functions. */
static ew_status add_lowered(ew_atom_plan *plan, slong variable, const ew_atom *x, slong a,
                             slong h, const fmpq_t coef, ew_context *ctx)
{
    if (x->e[a][h] > 1)
        return add_hopeless(plan, variable, EW_INFINITE, coef, ctx);
    ew_atom whole = *x;
    whole.e[a][h] = 0;
    slong power = ++whole.e[a][h - 1];
    fmpq_t c, t;
    fmpz_t p;
    fmpq_init(c);
    fmpq_init(t);
    fmpz_init_set_si(p, power);
    fmpq_div_fmpz(c, coef, p);
    whole.m[a]++;
    ew_status status = add_moment(plan, variable, &whole, c, ctx);
    whole.m[a]--;
    fmpq_neg(c, c);
    for (slong i = 0; i < h - 1 && status == EW_OK; i++) {
        if (!whole.e[a][i])
            continue;
        ew_atom y = whole;
        y.e[a][i]--;
        y.e[a][i + 1]++;
        fmpq_mul_si(t, c, whole.e[a][i]);
        status = add_moment(plan, variable, &y, t, ctx);
    }
    fmpq_clear(c);
    fmpq_clear(t);
    fmpz_clear(p);
    return status;
}

static ew_status add_many(ew_atom_plan *plan, slong variable, const ew_atom *x,
                          const fmpq_t coef, ew_context *ctx)
{
    if (plan->s->kinks > 0)
        return add_hopeless(plan, variable, EW_TOO_MANY_INPUTS, coef, ctx);
    ew_moment_request r = {.a = -1, .b = -1, .many = *x};
    ew_moment_source source;
    ew_status status = find_request(&source, plan, &r, ctx);
    return status == EW_OK ? add_row(plan, variable, source, coef, ctx) : status;
}

/* x[variable] += coef <d^m F>. */
static ew_status add_moment(ew_atom_plan *plan, slong variable, const ew_atom *x,
                            const fmpq_t coef, ew_context *ctx)
{
    slong a, b, h = find_delta(&a, plan, x);
    if (h > 0)
        return add_lowered(plan, variable, x, a, h, coef, ctx);
    if (involved(&a, &b, x) > 2)
        return add_many(plan, variable, x, coef, ctx);
    if (ew_atom_odd(x) >= 0 && plan->s->kinks == 0)
        return add_leibniz(plan, variable, x, coef, ctx);
    ew_moment_source source;
    ew_status status = find_source(&source, plan, &(ew_moment){.f = *x}, ctx);
    return status == EW_OK ? add_row(plan, variable, source, coef, ctx) : status;
}

/* Rows that cannot be computed keep the atom's name for the day they are needed. */
static ew_status name_rows(ew_atom_plan *plan, slong from, const ew_law *law, slong variable,
                           ew_context *ctx)
{
    for (slong i = from; i < plan->rows; i++) {
        ew_atom_row *row = &plan->row[i];
        int hopeless = row->source.from != EW_FROM_REQUEST && row->source.from != EW_FROM_NODE;
        if (hopeless && !(row->name = ew_strdup(law->name[variable], ctx)))
            return EW_MEMORY;
    }
    return EW_OK;
}

static ew_status add_atom(ew_atom_plan *plan, const ew_law *law, slong i, ew_context *ctx)
{
    slong rows = plan->rows, variable = law->atom0 + i;
    fmpq_t coef;
    fmpq_init(coef);
    fmpq_one(coef);
    fmpq_div_2exp(coef, coef, (flint_bitcnt_t) ew_atom_twos(&law->atom[i]));
    ew_status status = add_moment(plan, variable, &law->atom[i], coef, ctx);
    fmpq_clear(coef);
    return status == EW_OK ? name_rows(plan, rows, law, variable, ctx) : status;
}

ew_status ew_atom_plan_new(ew_atom_plan **out, const ew_law *law, const char *used,
                           const ew_activation *s, ew_context *ctx)
{
    *out = NULL;
    ew_atom_plan *plan = ew_alloc_zero(1, sizeof *plan, ctx);
    if (!plan)
        return EW_MEMORY;
    plan->s = s;
    plan->order = ew_function_order(s);
    plan->masses = s->kinks > 0 && ew_halves_apply(s);
    plan->inputs = law->fields->inputs;
    ew_status status = EW_OK;
    plan->variable = ew_alloc((size_t) (law->atoms + 1) * sizeof *plan->variable, ctx);
    if (!plan->variable)
        status = EW_MEMORY;
    for (slong i = 0; i < law->atoms && status == EW_OK; i++) {
        if (!used[law->atom0 + i])
            continue;
        plan->variable[plan->variables++] = law->atom0 + i;
        status = add_atom(plan, law, i, ctx);
    }
    if (status != EW_OK) {
        ew_atom_plan_free(plan);
        return status;
    }
    *out = plan;
    return EW_OK;
}

void ew_atom_plan_free(ew_atom_plan *plan)
{
    if (!plan)
        return;
    for (slong i = 0; i < plan->rows; i++) {
        fmpq_clear(&plan->row[i].coef);
        free(plan->row[i].name);
    }
    free(plan->variable);
    free(plan->request);
    free(plan->node);
    free(plan->row);
    free(plan);
}

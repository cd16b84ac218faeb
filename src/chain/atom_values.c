/* The numbers of a plan of atoms. */
#include <stdlib.h>
#include <string.h>

#include "chain/atom_plan.h"
#include "chain/product_moment.h"

/* ---- what is needed -----------------------------------------------------------------------
 */

void ew_atom_marks_clear(ew_atom_marks *marks)
{
    free(marks->row);
    free(marks->request);
    free(marks->node);
}

static void mark_source(ew_atom_marks *marks, const ew_moment_source *source)
{
    if (source->from == EW_FROM_REQUEST)
        marks->request[source->index] = 1;
    if (source->from == EW_FROM_NODE)
        marks->node[source->index] = 1;
}

ew_status ew_atom_marks_set(ew_atom_marks *marks, const ew_atom_plan *plan, const char *needed,
                            ew_context *ctx)
{
    marks->row = ew_alloc_zero((size_t) plan->rows + 1, 1, ctx);
    marks->request = ew_alloc_zero((size_t) plan->requests + 1, 1, ctx);
    marks->node = ew_alloc_zero((size_t) plan->nodes + 1, 1, ctx);
    if (!marks->row || !marks->request || !marks->node)
        return EW_MEMORY;
    for (slong i = 0; i < plan->rows; i++) {
        const ew_atom_row *row = &plan->row[i];
        marks->row[i] = !needed || needed[row->variable];
        if (!marks->row[i])
            continue;
        if (row->source.from == EW_INFINITE)
            return ew_fail(ctx, EW_UNABLE,
                           "%s is infinite: a product of delta functions at a kink", row->name);
        if (row->source.from == EW_TOO_MANY_INPUTS)
            return ew_fail(ctx, EW_UNABLE,
                           "%s: three inputs and more only for activations without kinks",
                           row->name);
        mark_source(marks, &row->source);
    }
    for (slong i = plan->nodes - 1; i >= 0; i--)
        for (slong side = 0; side < 2 && marks->node[i]; side++) {
            mark_source(marks, &plan->node[i].plus[side]);
            mark_source(marks, &plan->node[i].less[side]);
        }
    return EW_OK;
}

/* ---- balls --------------------------------------------------------------------------------
 */

typedef struct {
    const ew_atom_plan *plan;
    ew_atom_marks marks;
    ew_evaluator *E;
    arb_srcptr gram;
    slong prec;
    arb_ptr request, node; /* values; two a node */
    mag_ptr request_scale, node_scale;
} ball_values;

static arb_srcptr entry(const ball_values *v, slong a, slong b)
{
    return v->gram + a * v->plan->inputs + b;
}

/* The needed requests over inputs a, b in one call. */
static ew_status ask_group(ball_values *v, slong a, slong b, slong *at, ew_atom1 *one,
                           ew_atom2 *two, ew_context *ctx)
{
    const ew_atom_plan *plan = v->plan;
    ew_status status = EW_OK;
    slong n = 0;
    for (slong i = 0; i < plan->requests; i++)
        if (v->marks.request[i] && plan->request[i].a == a && plan->request[i].b == b) {
            one[n] = plan->request[i].one;
            two[n] = plan->request[i].two;
            at[n++] = i;
        }
    if (n == 0)
        return EW_OK;
    arb_ptr value = _arb_vec_init(n);
    mag_ptr scale = _mag_vec_init(n);
    if (b < 0)
        status = ew_expect_one(value, scale, v->E, one, n, entry(v, a, a), v->prec, ctx);
    else
        status = ew_expect_two(value, scale, v->E, two, n, entry(v, a, a), entry(v, a, b),
                               entry(v, b, b), v->prec, ctx);
    for (slong k = 0; k < n && status == EW_OK; k++) {
        slong twos = plan->request[at[k]].twos;
        arb_mul_2exp_si(v->request + at[k], value + k, twos);
        mag_mul_2exp_si(v->request_scale + at[k], scale + k, twos);
    }
    _arb_vec_clear(value, n);
    _mag_vec_clear(scale, n);
    return status;
}

/* The inputs that a product over more than two involves. */
static unsigned involved(const ball_values *v, slong request)
{
    unsigned set = 0;
    for (slong a = 0; a < v->plan->inputs; a++)
        if (!ew_atom_trivial(&v->plan->request[request].many, a))
            set |= 1u << a;
    return set;
}

/* The n requests at[], all over the inputs of `set`, in one call. */
static ew_status ask_smooth(ball_values *v, unsigned set, const slong *at, slong n,
                            ew_context *ctx)
{
    slong input[EW_MAX_INPUTS], k = 0;
    for (slong a = 0; a < v->plan->inputs; a++)
        if (set >> a & 1)
            input[k++] = a;
    arb_ptr value = _arb_vec_init(n), gram = _arb_vec_init(k * k);
    mag_ptr scale = _mag_vec_init(n);
    ew_atom_many *atom = ew_alloc_zero((size_t) n, sizeof *atom, ctx);
    ew_status status = atom ? EW_OK : EW_MEMORY;
    for (slong a = 0; a < k; a++)
        for (slong b = 0; b < k; b++)
            arb_set(gram + a * k + b, entry(v, input[a], input[b]));
    for (slong i = 0; i < n && status == EW_OK; i++)
        for (slong a = 0; a < k; a++) {
            const ew_atom *from = &v->plan->request[at[i]].many;
            memcpy(atom[i].f[a].e, from->e[input[a]], sizeof atom[i].f[a].e);
            atom[i].m[a] = from->m[input[a]];
        }
    if (status == EW_OK)
        status = ew_expect_many(value, scale, v->E, atom, n, gram, k, v->prec, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        arb_swap(v->request + at[i], value + i);
        mag_swap(v->request_scale + at[i], scale + i);
    }
    free(atom);
    _mag_vec_clear(scale, n);
    _arb_vec_clear(gram, k * k);
    _arb_vec_clear(value, n);
    return status;
}

/* Products over more than two inputs, those over the same ones together. */
static ew_status ask_many(ball_values *v, slong *at, ew_context *ctx)
{
    const ew_atom_plan *plan = v->plan;
    ew_status status = EW_OK;
    for (unsigned set = 0; set < 1u << plan->inputs && status == EW_OK; set++) {
        slong n = 0;
        for (slong i = 0; i < plan->requests; i++)
            if (v->marks.request[i] && plan->request[i].a < 0 && involved(v, i) == set)
                at[n++] = i;
        if (n > 0 && !plan->s->polynomial)
            status = ask_smooth(v, set, at, n, ctx);
        for (slong i = 0; i < n && plan->s->polynomial; i++)
            ew_product_moment_ball(v->request + at[i], v->request_scale + at[i], plan->s,
                                   &plan->request[at[i]].many, v->gram, plan->inputs, v->prec);
    }
    return status;
}

static ew_status ask_all(ball_values *v, ew_context *ctx)
{
    const ew_atom_plan *plan = v->plan;
    size_t n = (size_t) plan->requests + 1;
    slong *at = ew_alloc(n * sizeof *at, ctx);
    ew_atom1 *one = ew_alloc(n * sizeof *one, ctx);
    ew_atom2 *two = ew_alloc(n * sizeof *two, ctx);
    ew_status status = at && one && two ? EW_OK : EW_MEMORY;
    for (slong a = 0; a < plan->inputs && status == EW_OK; a++) {
        status = ask_group(v, a, -1, at, one, two, ctx);
        for (slong b = a + 1; b < plan->inputs && status == EW_OK; b++)
            status = ask_group(v, a, b, at, one, two, ctx);
    }
    if (status == EW_OK)
        status = ask_many(v, at, ctx);
    free(at);
    free(one);
    free(two);
    return status;
}

static arb_srcptr source_ball(mag_srcptr *size, const ball_values *v,
                              const ew_moment_source *source)
{
    int node = source->from == EW_FROM_NODE;
    slong at = node ? 2 * source->index + source->side : source->index;
    *size = (node ? v->node_scale : v->request_scale) + at;
    return (node ? v->node : v->request) + at;
}

/* R_c = <d^m (z_c F)> - m_c <d^(m - e_c) F>. */
static void right_side(arb_t r, mag_t size, const ball_values *v, const ew_moment_node *node,
                       slong side)
{
    slong m = node->at.f.m[side ? node->b : node->a];
    const ew_moment_source *plus = &node->plus[side], *less = &node->less[side];
    mag_srcptr own;
    arb_zero(r);
    mag_zero(size);
    if (plus->from != EW_FROM_NOTHING) {
        arb_set(r, source_ball(&own, v, plus));
        mag_set(size, own);
    }
    if (less->from == EW_FROM_NOTHING)
        return;
    mag_t t;
    mag_init(t);
    arb_submul_si(r, source_ball(&own, v, less), m, v->prec);
    mag_mul_ui(t, own, (ulong) m);
    mag_add(size, size, t);
    mag_clear(t);
}

/* w += c r, and the sizes. */
static void add_scaled(arb_t w, mag_t w_size, const arb_t c, const arb_t r, const mag_t r_size,
                       slong prec)
{
    mag_t t;
    mag_init(t);
    arb_addmul(w, c, r, prec);
    arb_get_mag(t, c);
    mag_addmul(w_size, t, r_size);
    mag_clear(t);
}

/* W = K^-1 R. */
static ew_status solve_node(ball_values *v, slong i, ew_context *ctx)
{
    const ew_moment_node *node = &v->plan->node[i];
    slong a = node->a, b = node->b, prec = v->prec;
    arb_ptr w = v->node + 2 * i, inverse = _arb_vec_init(3), r = _arb_vec_init(2);
    mag_ptr size = v->node_scale + 2 * i, r_size = _mag_vec_init(2);
    right_side(r, r_size, v, node, 0);
    if (b < 0) {
        arb_inv(inverse, entry(v, a, a), prec);
    } else {
        right_side(r + 1, r_size + 1, v, node, 1);
        arb_mul(w, entry(v, a, a), entry(v, b, b), prec);
        arb_submul(w, entry(v, a, b), entry(v, a, b), prec);
        arb_div(inverse, entry(v, b, b), w, prec);
        arb_div(inverse + 1, entry(v, a, b), w, prec);
        arb_neg(inverse + 1, inverse + 1);
        arb_div(inverse + 2, entry(v, a, a), w, prec);
        arb_zero(w);
    }
    for (slong side = 0; side < (b < 0 ? 1 : 2); side++)
        for (slong k = 0; k < (b < 0 ? 1 : 2); k++)
            add_scaled(w + side, size + side, inverse + side + k, r + k, r_size + k, prec);
    int finite = arb_is_finite(w) && arb_is_finite(w + 1);
    _arb_vec_clear(inverse, 3);
    _arb_vec_clear(r, 2);
    _mag_vec_clear(r_size, 2);
    return finite ? EW_OK
                  : ew_fail(ctx, EW_UNABLE,
                            "an activation with kinks at a covariance that may be singular");
}

/* x[v] += coef value, size[v] += its size. */
static void add_row(arb_ptr x, mag_ptr size, const ew_atom_row *row, const ball_values *v)
{
    mag_srcptr own;
    arb_srcptr value = source_ball(&own, v, &row->source);
    arb_t t, c;
    mag_t m;
    arb_init(t);
    arb_init(c);
    mag_init(m);
    arb_set_fmpq(c, &row->coef, v->prec);
    arb_mul(t, value, c, v->prec);
    arb_add(x + row->variable, x + row->variable, t, v->prec);
    if (size) {
        arb_get_mag(m, t);
        if (arb_contains_zero(t)) {
            arb_get_mag(m, c);
            mag_mul(m, m, own);
        }
        mag_add(size + row->variable, size + row->variable, m);
    }
    arb_clear(t);
    arb_clear(c);
    mag_clear(m);
}

static ew_status evaluate(arb_ptr x, mag_ptr size, ball_values *v, ew_context *ctx)
{
    const ew_atom_plan *plan = v->plan;
    ew_status status = ask_all(v, ctx);
    for (slong i = 0; i < plan->nodes && status == EW_OK; i++)
        if (v->marks.node[i])
            status = solve_node(v, i, ctx);
    for (slong i = 0; i < plan->variables; i++) {
        arb_zero(x + plan->variable[i]);
        if (size)
            mag_zero(size + plan->variable[i]);
    }
    for (slong i = 0; i < plan->rows && status == EW_OK; i++)
        if (v->marks.row[i])
            add_row(x, size, &plan->row[i], v);
    return status;
}

ew_status ew_atom_plan_some(arb_ptr x, mag_ptr size, const ew_atom_plan *plan,
                            const char *needed, ew_evaluator *E, arb_srcptr gram, slong prec,
                            ew_context *ctx)
{
    ball_values v = {.plan = plan, .E = E, .gram = gram, .prec = prec};
    v.request = _arb_vec_init(plan->requests);
    v.node = _arb_vec_init(2 * plan->nodes);
    v.request_scale = _mag_vec_init(plan->requests);
    v.node_scale = _mag_vec_init(2 * plan->nodes);
    ew_status status = ew_atom_marks_set(&v.marks, plan, needed, ctx);
    if (status == EW_OK)
        status = evaluate(x, size, &v, ctx);
    _arb_vec_clear(v.request, plan->requests);
    _arb_vec_clear(v.node, 2 * plan->nodes);
    _mag_vec_clear(v.request_scale, plan->requests);
    _mag_vec_clear(v.node_scale, 2 * plan->nodes);
    ew_atom_marks_clear(&v.marks);
    return status;
}

ew_status ew_atom_plan_ball(arb_ptr x, mag_ptr size, const ew_atom_plan *plan, ew_evaluator *E,
                            arb_srcptr gram, slong prec, ew_context *ctx)
{
    return ew_atom_plan_some(x, size, plan, NULL, E, gram, prec, ctx);
}

/* ---- rationals ----------------------------------------------------------------------------
 */

typedef struct {
    const ew_atom_plan *plan;
    ew_atom_marks marks;
    const fmpq *gram;
    fmpq *request, *node;
} rational_values;

static int ask_rational(rational_values *v, slong i)
{
    const ew_atom_plan *plan = v->plan;
    const ew_moment_request *r = &plan->request[i];
    const fmpq *K = v->gram;
    slong n = plan->inputs;
    fmpq *x = v->request + i;
    if (r->a < 0)
        return plan->s->polynomial && ew_product_moment_rational(x, plan->s, &r->many, K, n);
    int known = r->b < 0 ? ew_expect_one_rational(x, plan->s, &r->one, K + r->a * (n + 1))
                         : ew_expect_two_rational(x, plan->s, &r->two, K + r->a * (n + 1),
                                                  K + r->a * n + r->b, K + r->b * (n + 1));
    fmpq_mul_2exp(x, x, (flint_bitcnt_t) r->twos);
    return known;
}

static const fmpq *source_rational(const rational_values *v, const ew_moment_source *source)
{
    return source->from == EW_FROM_NODE ? v->node + 2 * source->index + source->side
                                        : v->request + source->index;
}

static void rational_side(fmpq_t r, const rational_values *v, const ew_moment_node *node,
                          slong side)
{
    slong m = node->at.f.m[side ? node->b : node->a];
    fmpq_zero(r);
    if (node->plus[side].from != EW_FROM_NOTHING)
        fmpq_set(r, source_rational(v, &node->plus[side]));
    if (node->less[side].from == EW_FROM_NOTHING)
        return;
    fmpq_t t;
    fmpq_init(t);
    fmpq_mul_si(t, source_rational(v, &node->less[side]), m);
    fmpq_sub(r, r, t);
    fmpq_clear(t);
}

/* 0 when the covariance is singular. */
static int solve_rational(rational_values *v, slong i)
{
    const ew_moment_node *node = &v->plan->node[i];
    slong a = node->a, b = node->b, n = v->plan->inputs;
    const fmpq *K = v->gram;
    fmpq *w = v->node + 2 * i;
    fmpq *t = _fmpq_vec_init(4), *r = t + 2, *det = t;
    rational_side(r, v, node, 0);
    if (b < 0) {
        fmpq_set(det, K + a * (n + 1));
        if (!fmpq_is_zero(det))
            fmpq_div(w, r, det);
    } else {
        rational_side(r + 1, v, node, 1);
        fmpq_mul(det, K + a * (n + 1), K + b * (n + 1));
        fmpq_submul(det, K + a * n + b, K + a * n + b);
        fmpq_mul(w, r, K + b * (n + 1));
        fmpq_submul(w, r + 1, K + a * n + b);
        fmpq_mul(w + 1, r + 1, K + a * (n + 1));
        fmpq_submul(w + 1, r, K + a * n + b);
        for (slong side = 0; side < 2 && !fmpq_is_zero(det); side++)
            fmpq_div(w + side, w + side, det);
    }
    int regular = !fmpq_is_zero(det);
    _fmpq_vec_clear(t, 4);
    return regular;
}

static int evaluate_rational(fmpq *x, rational_values *v)
{
    const ew_atom_plan *plan = v->plan;
    fmpq_t t;
    int known = 1;
    for (slong i = 0; i < plan->requests && known; i++)
        if (v->marks.request[i])
            known = ask_rational(v, i);
    for (slong i = 0; i < plan->nodes && known; i++)
        if (v->marks.node[i])
            known = solve_rational(v, i);
    for (slong i = 0; i < plan->variables; i++)
        fmpq_zero(x + plan->variable[i]);
    fmpq_init(t);
    for (slong i = 0; i < plan->rows && known; i++) {
        const ew_atom_row *row = &plan->row[i];
        if (!v->marks.row[i])
            continue;
        fmpq_mul(t, source_rational(v, &row->source), &row->coef);
        fmpq_add(x + row->variable, x + row->variable, t);
    }
    fmpq_clear(t);
    return known;
}

int ew_atom_plan_some_rational(fmpq *x, const ew_atom_plan *plan, const char *needed,
                               const fmpq *gram)
{
    rational_values v = {.plan = plan, .gram = gram};
    v.request = _fmpq_vec_init(plan->requests);
    v.node = _fmpq_vec_init(2 * plan->nodes);
    int known =
        ew_atom_marks_set(&v.marks, plan, needed, NULL) == EW_OK && evaluate_rational(x, &v);
    _fmpq_vec_clear(v.request, plan->requests);
    _fmpq_vec_clear(v.node, 2 * plan->nodes);
    ew_atom_marks_clear(&v.marks);
    return known;
}

int ew_atom_plan_rational(fmpq *x, const ew_atom_plan *plan, const fmpq *gram)
{
    return ew_atom_plan_some_rational(x, plan, NULL, gram);
}

/* The recursion in rationals, as far as it stays rational: polynomials, and homogeneous
 * activations where the angles allow. */
#include "readings/kernel/jacobian/state.h"

#include <stdlib.h>

/* Rationals grow without bound in deep polynomial networks: given up beyond this size. */
#define RATIONAL_BITS 20000

/* Both matrices, and which pairs of inputs are known. */
typedef struct {
    fmpq_mat_t m[2];
    char *known; /* [a * inputs + b], a <= b */
} layer;

typedef struct {
    const ew_jacobian *j;
    const ew_jacobian_stage *stage;
    const ew_setting *net;
    slong number; /* of the layer before */
} step;

static ew_status layer_init(layer *x, const ew_jacobian *j, ew_context *ctx)
{
    for (int t = 0; t < 2; t++)
        fmpq_mat_init(x->m[t], j->rows, j->rows);
    x->known = ew_alloc_zero((size_t) (j->m * j->m), 1, ctx);
    return x->known ? EW_OK : EW_MEMORY;
}

static void layer_clear(layer *x)
{
    for (int t = 0; t < 2; t++)
        fmpq_mat_clear(x->m[t]);
    free(x->known);
}

static int small(const fmpq_t x)
{
    return fmpz_bits(fmpq_numref(x)) <= RATIONAL_BITS &&
           fmpz_bits(fmpq_denref(x)) <= RATIONAL_BITS;
}

static int set_common(fmpq *x, const ew_jacobian_map *map, const step *s, const layer *from,
                      slong a, slong b)
{
    slong next = s->number + 1;
    const ew_setting *net = s->net;
    fmpq *gram = _fmpq_vec_init(4);
    fmpq_set(gram, fmpq_mat_entry(from->m[0], a, a));
    fmpq_set(gram + 1, fmpq_mat_entry(from->m[0], a, b));
    fmpq_set(gram + 2, gram + 1);
    fmpq_set(gram + 3, fmpq_mat_entry(from->m[0], b, b));
    fmpq_one(x + EW_RATIO);
    int known = ew_scalar_rational(x + EW_CW, ew_scalar_at(&net->cw, next)) &&
                ew_scalar_rational(x + EW_CB, ew_scalar_at(&net->cb, next)) &&
                (!map->tangent ||
                 (ew_scalar_rational(x + EW_LAMBDA_W, ew_scalar_at(&net->lambda_w, next)) &&
                  ew_scalar_rational(x + EW_LAMBDA_B, ew_scalar_at(&net->lambda_b, next)))) &&
                ew_atom_plan_rational(x, map->plan, gram);
    _fmpq_vec_clear(gram, 4);
    return known;
}

static int directions(layer *to, fmpq *y, fmpq *x, const ew_jacobian_map *map,
                      const layer *from, const slong row[EW_SLOTS])
{
    int known = 1;
    for (slong i = 0; i < map->covs; i++) {
        const ew_slot_variable *c = map->cov + i;
        fmpq_set(x + c->variable,
                 fmpq_mat_entry(from->m[c->tangent], row[c->slot[0]], row[c->slot[1]]));
    }
    ew_poly_program_rational(y, map->program, x);
    for (int t = 0; t <= map->tangent; t++)
        for (int i = 0; i < EW_OUTS; i++, y++) {
            int slot[2];
            ew_jacobian_slots(slot, i);
            fmpq_set(fmpq_mat_entry(to->m[t], row[slot[0]], row[slot[1]]), y);
            fmpq_set(fmpq_mat_entry(to->m[t], row[slot[1]], row[slot[0]]), y);
            known &= small(y);
        }
    return known;
}

static int one_pair(layer *to, const step *s, const layer *from, slong a, slong b)
{
    const ew_jacobian_map *map = a == b ? &s->stage->one : &s->stage->two;
    slong m = s->j->m, d = s->j->d, row[EW_SLOTS], n = map->law->variables;
    if (!from->known[a * m + b] || !from->known[a * m + a] || !from->known[b * m + b])
        return 0;
    fmpq *x = _fmpq_vec_init(n), *y = _fmpq_vec_init(2 * EW_OUTS);
    int known = set_common(x, map, s, from, a, b);
    for (slong u = 0; u < d && known; u++)
        for (slong v = a == b ? u : 0; v < d && known; v++) {
            ew_jacobian_slot_rows(row, s->j, a, b, u, v);
            known = directions(to, y, x, map, from, row);
        }
    _fmpq_vec_clear(x, n);
    _fmpq_vec_clear(y, 2 * EW_OUTS);
    return known;
}

/* Equal inputs: the pair's entries are those of input a with itself. */
static int copy_equal(layer *to, const ew_jacobian *j, slong a, slong b)
{
    slong row[EW_SLOTS], image[EW_SLOTS], d = j->d;
    for (int t = 0; t <= j->tangent; t++)
        for (slong i = 0; i < d * d * EW_OUTS; i++) {
            int slot[2];
            ew_jacobian_slots(slot, (int) (i % EW_OUTS));
            ew_jacobian_slot_rows(row, j, a, b, i / EW_OUTS / d, i / EW_OUTS % d);
            ew_jacobian_slot_rows(image, j, a, a, i / EW_OUTS / d, i / EW_OUTS % d);
            const fmpq *x = fmpq_mat_entry(to->m[t], image[slot[0]], image[slot[1]]);
            fmpq_set(fmpq_mat_entry(to->m[t], row[slot[0]], row[slot[1]]), x);
            fmpq_set(fmpq_mat_entry(to->m[t], row[slot[1]], row[slot[0]]), x);
        }
    return to->known[a * j->m + a];
}

static int any_pair(layer *to, const step *s, const layer *from, slong a, slong b)
{
    int related = a < b ? s->j->first[a * s->j->m + b] : 0;
    if (related > 0)
        return copy_equal(to, s->j, a, b);
    return (related == 0 || !s->j->net->activation->kinks) && one_pair(to, s, from, a, b);
}

static ew_status apply(layer *to, const step *s, const layer *from, ew_context *ctx)
{
    slong m = s->j->m;
    ew_status status = EW_OK;
    for (slong a = 0; a < m && status == EW_OK; a++) {
        status = ew_poll(ctx);
        for (slong b = a; b < m && status == EW_OK; b++)
            to->known[a * m + b] = (char) any_pair(to, s, from, a, b);
    }
    return status;
}

/* ---- layer 1 ------------------------------------------------------------------------------
 */

static int input_product(fmpq_t x, const ew_setting *net, slong a, slong b)
{
    slong m = net->inputs, p = a * m - a * (a - 1) / 2 + (b - a);
    fmpq_t cw;
    if (net->dot) {
        fmpq_set(x, net->dot + p);
        return 1;
    }
    fmpq_init(cw);
    int known = ew_scalar_rational(cw, ew_scalar_at(&net->cb, 1)) &&
                ew_scalar_rational(x, net->gram + p);
    fmpq_sub(x, x, cw);
    known = known && ew_scalar_rational(cw, ew_scalar_at(&net->cw, 1)) && !fmpq_is_zero(cw);
    if (known)
        fmpq_div(x, x, cw);
    fmpq_clear(cw);
    return known;
}

/* Which inputs a row belongs to; a direction's inner product belongs to all pairs. */
static void products(layer *x, const ew_jacobian *j)
{
    fmpq_t q;
    fmpq_init(q);
    for (slong a = 0; a < j->m; a++)
        for (slong b = a; b < j->m; b++)
            x->known[a * j->m + b] = 1;
    for (slong r = 0; r < j->rows; r++)
        for (slong c = r; c < j->rows; c++) {
            slong a = r < j->m ? r : (r - j->m) / j->d, b = c < j->m ? c : (c - j->m) / j->d;
            const ew_scalar *v = ew_jacobian_product(j, r, c);
            if (!(v ? ew_scalar_rational(q, v) : input_product(q, j->net, r, c)))
                x->known[a < b ? a * j->m + b : b * j->m + a] = 0;
            fmpq_set(fmpq_mat_entry(x->m[0], r, c), q);
            fmpq_set(fmpq_mat_entry(x->m[0], c, r), q);
        }
    fmpq_clear(q);
}

/* ---- further layers -----------------------------------------------------------------------
 */

static void add_branch(fmpq_mat_t y, const fmpq_mat_t x, const fmpq_t a2)
{
    for (slong i = 0; i < fmpq_mat_nrows(y); i++)
        for (slong k = 0; k < fmpq_mat_ncols(y); k++)
            fmpq_mul(fmpq_mat_entry(y, i, k), fmpq_mat_entry(y, i, k), a2);
    fmpq_mat_add(y, y, x);
}

static ew_status block_step(layer *to, const step *s, const layer *from, ew_context *ctx)
{
    const ew_jacobian *j = s->j;
    const step inner = {j, &j->linear, &j->block->inner, s->number};
    const step outer = {j, &j->hidden, &j->block->outer, s->number};
    layer between;
    fmpq_t a2;
    fmpq_init(a2);
    ew_status status = layer_init(&between, j, ctx);
    int known = ew_residual_alpha2_rational(a2, j->net);
    if (status == EW_OK && known)
        status = apply(&between, &inner, from, ctx);
    if (status == EW_OK) /* nothing known when alpha^2 is not */
        status = apply(to, &outer, &between, ctx);
    for (int t = 0; t <= j->tangent; t++)
        add_branch(to->m[t], from->m[t], a2);
    layer_clear(&between);
    fmpq_clear(a2);
    return status;
}

static ew_status store(ew_certified *c, const fmpq_t x, slong digits, ew_context *ctx)
{
    return c->mid ? EW_OK : ew_certify_rational(c, x, digits, ctx);
}

static ew_status report(ew_jacobian_table *t, const ew_jacobian *j, const layer *x, slong l,
                        slong digits, int *any, ew_context *ctx)
{
    slong n = j->rows, m = j->m;
    ew_status status = EW_OK;
    *any = 0;
    for (slong r = 0; r < n && status == EW_OK; r++)
        for (slong c = r; c < n && status == EW_OK; c++) {
            slong a = r < m ? r : (r - m) / j->d, b = c < m ? c : (c - m) / j->d;
            if (!x->known[a < b ? a * m + b : b * m + a])
                continue;
            *any = 1;
            status = store(t->nngp + (l * n + r) * n + c, fmpq_mat_entry(x->m[0], r, c), digits,
                           ctx);
            if (status == EW_OK && j->tangent)
                status = store(t->ntk + (l * n + r) * n + c, fmpq_mat_entry(x->m[1], r, c),
                               digits, ctx);
        }
    return status;
}

static ew_status layers(ew_jacobian_table *t, const ew_jacobian *j, layer *x, layer *y,
                        slong digits, ew_context *ctx)
{
    const step first = {j, &j->linear, j->net, 0};
    int any = 1;
    products(y, j);
    ew_status status = apply(x, &first, y, ctx);
    for (slong l = 1; status == EW_OK; l++) {
        const step s = {j, &j->hidden, j->net, l};
        status = report(t, j, x, l - 1, digits, &any, ctx);
        if (l == j->net->depth || !any || status != EW_OK)
            break;
        status = j->block ? block_step(y, &s, x, ctx) : apply(y, &s, x, ctx);
        layer z = *x;
        *x = *y;
        *y = z;
    }
    return status;
}

ew_status ew_jacobian_rationals(ew_jacobian_table *t, const ew_jacobian *j, slong digits,
                                ew_context *ctx)
{
    layer x, y;
    ew_status status = layer_init(&x, j, ctx), other = layer_init(&y, j, ctx);
    if (status == EW_OK && other == EW_OK)
        status = layers(t, j, &x, &y, digits, ctx);
    else
        status = EW_MEMORY;
    layer_clear(&x);
    layer_clear(&y);
    return status;
}

#include "readings/cumulant/gradient/limit.h"

#include <stdlib.h>
#include <string.h>

#include "activation/taylor_ratio.h"
#include "chain/residual.h"

/* A component u^(2q) of dimension K^d, d = b + k, is divided by G^q K^d, where K' = rho K and
 * G' = chi G: the chain's entries become N + K A + ... at order eps^0 and S + ... at order eps.
 * With K ~ 1/(-a_1 l) and N = 1 the coefficient of eps^j grows as Y_j l^j,
 *     (j + A/a_1) Y_j = S Y_(j-1).                                                          */
typedef struct {
    const ew_gradient_solver *s;
    ew_limit_class class;
    slong len;             /* powers of K */
    fmpq_poly_struct *var; /* [law variables] at C_W = 1, C_b = 0, r = q = 1 */
    fmpq_poly_t rho;
    fmpq_t slope; /* rho = 1 + slope K + ...: a_1 */
} limit;

/* ---- entries as series in K ---------------------------------------------------------------
 */

/* Every atom at K -> 0. */
static ew_status set_small(limit *t, int *known, ew_context *ctx)
{
    const ew_law *law = t->s->g->law;
    slong n = 0;
    for (slong i = 0; i < law->atoms; i++)
        n = FLINT_MAX(n, ew_atom_taylors(&law->atom[i], t->len));
    fmpq *taylor = _fmpq_vec_init(n);
    ew_status status = ew_activation_taylor_ratio(taylor, t->s->net->activation, n, ctx);
    *known = status == EW_OK;
    for (slong i = 0; i < law->atoms && *known; i++)
        if (t->s->program->used[law->atom0 + i])
            ew_atom_at_zero(&t->var[law->atom0 + i], &law->atom[i], taylor, n, t->len);
    _fmpq_vec_clear(taylor, n);
    if (status != EW_OK && status != EW_MEMORY) {
        ew_clear(ctx);
        status = EW_OK;
    }
    return status;
}

/* Every atom at K = 1, where the inner rows of a block have variance C_W: for homogeneous s the
 * normalised entries do not depend on K. */
static void set_constant(limit *t, int *known)
{
    const ew_law *law = t->s->g->law;
    fmpq *x = _fmpq_vec_init(law->variables);
    fmpq_t K;
    fmpq_init(K);
    fmpq_poly_get_coeff_fmpq(K, &t->var[EW_CW], 0);
    *known = ew_atom_plan_rational(x, t->s->plan, K);
    for (slong i = 0; i < law->atoms && *known; i++)
        fmpq_poly_set_fmpq(&t->var[law->atom0 + i], x + law->atom0 + i);
    fmpq_clear(K);
    _fmpq_vec_clear(x, law->variables);
}

/* y = polynomial i of the program at the series. */
static void evaluate(fmpq_poly_t y, const limit *t, slong i)
{
    const ew_poly_program *p = t->s->program;
    fmpq_poly_t term;
    fmpq_poly_init(term);
    fmpq_poly_zero(y);
    for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
        fmpq_poly_set_fmpz(term, p->coef + k);
        for (slong j = p->start[k]; j < p->start[k + 1]; j++)
            fmpq_poly_mullow(term, term, &t->var[p->factor[j]], t->len);
        fmpq_poly_add(y, y, term);
    }
    fmpq_poly_scalar_div_fmpz(y, y, p->den + i);
    fmpq_poly_clear(term);
}

/* ---- the normalised chain -----------------------------------------------------------------
 */

/* Square matrices over the components, row-major. */
typedef struct {
    slong n;
    fmpq *A, *S;
} chain;

static slong dimension(const limit *t, slong component)
{
    return component / t->s->g->powers + component % t->s->g->powers;
}

/* x += coefficient `index` of f. */
static void add_coefficient(fmpq_t x, const fmpq_poly_t f, slong index)
{
    fmpq_t c;
    if (index < 0)
        return;
    fmpq_init(c);
    fmpq_poly_get_coeff_fmpq(c, f, index);
    fmpq_add(x, x, c);
    fmpq_clear(c);
}

static const ew_gradient_entry *leading_entry(const ew_gradient_law *g)
{
    const ew_gradient_matrix *m = &g->map[EW_GRADIENT_CHAIN1];
    for (slong i = 0; i < m->n; i++)
        if (m->entry[i].target == 0 && m->entry[i].source == 0 && m->entry[i].power == 0)
            return &m->entry[i];
    return NULL;
}

/* f /= chi^q rho^d. */
static void normalise(fmpq_poly_t f, const limit *t, const fmpq_poly_t chi, slong q, slong d)
{
    for (slong i = 0; i < q; i++)
        fmpq_poly_div_series(f, f, chi, t->len);
    for (slong i = 0; i < d; i++)
        fmpq_poly_div_series(f, f, t->rho, t->len);
}

static void build(chain *c, const limit *t, const fmpq_poly_t chi, slong q)
{
    const ew_gradient_law *g = t->s->g;
    ew_gradient_map map = q == 1 ? EW_GRADIENT_CHAIN1 : EW_GRADIENT_CHAIN2;
    const ew_gradient_matrix *m = &g->map[map];
    fmpq_poly_t f;
    fmpq_poly_init(f);
    for (slong i = 0; i < m->n; i++) {
        const ew_gradient_entry *e = &m->entry[i];
        slong up =
            t->class == EW_LIMIT_ZERO ? dimension(t, e->target) - dimension(t, e->source) : 0;
        if (e->power > 1)
            continue;
        evaluate(f, t, e->poly);
        normalise(f, t, chi, q, dimension(t, e->target));
        slong at = e->target * c->n + e->source;
        if (e->power == 0)
            add_coefficient(c->A + at, f, up + 1);
        else
            add_coefficient(c->S + at, f, up);
    }
    fmpq_poly_clear(f);
}

/* y = (j + A/a_1)^(-1) S x; entries of A lead from later components to earlier ones.  0: a
 * pivot vanishes, the growth is l^j ln l. */
static int solve_order(fmpq *y, const limit *t, const chain *c, const fmpq *x, slong j)
{
    int ok = 1;
    fmpq_t pivot, z;
    fmpq_init(pivot);
    fmpq_init(z);
    for (slong i = c->n - 1; i >= 0; i--) {
        fmpq_zero(y + i);
        for (slong k = 0; k < c->n; k++) {
            fmpq_addmul(y + i, c->S + i * c->n + k, x + k);
            if (k <= i || fmpq_is_zero(c->A + i * c->n + k))
                continue;
            fmpq_div(z, c->A + i * c->n + k, t->slope);
            fmpq_submul(y + i, z, y + k);
        }
        fmpq_set_si(pivot, j, 1);
        if (!fmpq_is_zero(c->A + i * c->n + i)) {
            fmpq_div(z, c->A + i * c->n + i, t->slope);
            fmpq_add(pivot, pivot, z);
        }
        if (fmpq_is_zero(y + i))
            continue;
        ok = ok && !fmpq_is_zero(pivot);
        if (ok)
            fmpq_div(y + i, y + i, pivot);
    }
    fmpq_clear(z);
    fmpq_clear(pivot);
    return ok;
}

/* out[j] = the growth of E Ghat_uu^q / G^q at order eps^j. */
static int growth(ew_numbers *out, const limit *t, const fmpq_poly_t chi, slong q)
{
    chain c = {.n = (q + 1) * t->s->g->powers};
    c.A = _fmpq_vec_init(c.n * c.n);
    c.S = _fmpq_vec_init(c.n * c.n);
    fmpq *x = _fmpq_vec_init(c.n), *y = _fmpq_vec_init(c.n);
    int ok = 1;
    build(&c, t, chi, q);
    fmpq_one(x);
    fmpq_one(out->rational);
    for (slong j = 1; j <= t->s->opt->order && ok; j++) {
        ok = solve_order(y, t, &c, x, j);
        fmpq_set(out->rational + j, y);
        fmpq *swap = x;
        x = y;
        y = swap;
    }
    _fmpq_vec_clear(x, c.n);
    _fmpq_vec_clear(y, c.n);
    _fmpq_vec_clear(c.A, c.n * c.n);
    _fmpq_vec_clear(c.S, c.n * c.n);
    return ok;
}

/* rho, a_1 and chi of the zero fixed point or of a homogeneous s. */
static int set_rates(limit *t, fmpq_poly_t chi)
{
    evaluate(chi, t, leading_entry(t->s->g)->poly);
    evaluate(t->rho, t, 0);
    if (t->class == EW_LIMIT_ZERO)
        fmpq_poly_shift_right(t->rho, t->rho, 1);
    fmpq_poly_get_coeff_fmpq(t->slope, t->rho, 1);
    return t->class == EW_LIMIT_HOMOGENEOUS || fmpq_sgn(t->slope) < 0;
}

static int ratio(fmpq *c, limit *t)
{
    slong terms = t->s->opt->order + 1;
    ew_numbers second, fourth, out;
    fmpq_poly_t chi;
    fmpq_poly_init(chi);
    ew_numbers_init(&second, terms, 0);
    ew_numbers_init(&fourth, terms, 0);
    ew_numbers_init(&out, terms, 0);
    int ok = set_rates(t, chi) && growth(&second, t, chi, 1) && growth(&fourth, t, chi, 2) &&
             ew_gradient_quotient(&out, 3, &fourth, NULL, &second, 0, terms, 0);
    for (slong j = 0; j < terms && ok; j++)
        fmpq_set(c + j, out.rational + j);
    ew_numbers_clear(&second);
    ew_numbers_clear(&fourth);
    ew_numbers_clear(&out);
    fmpq_poly_clear(chi);
    return ok;
}

/* ---- blocks -------------------------------------------------------------------------------
 */

/* alpha^2 = 1/L, L -> oo, s homogeneous, C_b = 0: E Ghat_uu^2 depends on itself alone and grows
 * by 1 + (2 chi_1 + S/n)/L + O(L^-2) a block, (E Ghat_uu)^2 by 1 + 2 chi_1/L, so that the ratio
 * tends to 3 exp(S/n). */
static void add_square_rate(fmpq_t rate, const limit *t)
{
    const ew_gradient_matrix *m = &t->s->g->map[EW_GRADIENT_CHAIN2];
    fmpq_poly_t f;
    fmpq_poly_init(f);
    for (slong i = 0; i < m->n; i++) {
        const ew_gradient_entry *e = &m->entry[i];
        if (e->target != 0 || e->source != 0 || e->power != 1)
            continue;
        evaluate(f, t, e->poly);
        add_coefficient(rate, f, 1);
    }
    fmpq_poly_clear(f);
}

static void exponential(fmpq *c, const fmpq_t rate, slong terms)
{
    fmpq_set_si(c, 3, 1);
    for (slong j = 1; j < terms; j++) {
        fmpq_mul(c + j, c + j - 1, rate);
        fmpz_mul_si(fmpq_denref(c + j), fmpq_denref(c + j), j);
        fmpq_canonicalise(c + j);
    }
}

/* One C_W of all blocks. */
static int block_rate(fmpq_t cw, const ew_setting *net)
{
    int same = net->depth > 1 && ew_scalar_rational(cw, ew_scalar_at(&net->cw, 2));
    fmpq_t x;
    fmpq_init(x);
    for (slong l = 3; l <= net->depth && same; l++)
        same = ew_scalar_rational(x, ew_scalar_at(&net->cw, l)) && fmpq_equal(x, cw);
    fmpq_clear(x);
    return same;
}

/* C_W and C_V, at which `var` stands; alpha^2 is the series' variable. */
static int set_block(limit *t)
{
    const ew_setting *net = t->s->net;
    fmpq_t x;
    fmpq_init(x);
    int known = block_rate(x, net);
    fmpq_poly_set_fmpq(&t->var[EW_CW], x);
    known = known && ew_scalar_rational(x, &net->residual->cv);
    fmpq_poly_set_fmpq(&t->var[EW_CV], x);
    known = known && ew_scalar_rational(x, &net->residual->beta) &&
            fmpz_is_one(fmpq_numref(x)) && fmpz_equal_si(fmpq_denref(x), 2);
    fmpq_poly_set_coeff_si(&t->var[EW_ALPHA2], 1, 1);
    fmpq_poly_one(&t->var[t->s->g->law->cov[ew_pair_of(t->s->g->fields, 0, 0)]]);
    fmpq_clear(x);
    return known;
}

static void block_limit(fmpq *c, int *known, limit *t)
{
    fmpq_t rate;
    *known = set_block(t);
    if (*known)
        set_constant(t, known);
    fmpq_init(rate);
    if (*known) {
        add_square_rate(rate, t);
        exponential(c, rate, t->s->opt->order + 1);
    }
    fmpq_clear(rate);
}

ew_status ew_gradient_limit(fmpq *c, int *known, const ew_gradient_solver *s,
                            ew_limit_class class, ew_context *ctx)
{
    slong variables = s->g->law->variables;
    limit t = {.s = s, .class = class};
    *known = 0;
    if (class == EW_LIMIT_NONE || (s->net->residual && class != EW_LIMIT_HOMOGENEOUS))
        return EW_OK;
    t.len = class == EW_LIMIT_ZERO ? s->g->powers + 4 : s->net->residual ? 2 : 1;
    t.var = ew_alloc((size_t) variables * sizeof *t.var, ctx);
    if (!t.var)
        return EW_MEMORY;
    for (slong v = 0; v < variables; v++)
        fmpq_poly_init(&t.var[v]);
    fmpq_poly_init(t.rho);
    fmpq_init(t.slope);
    fmpq_poly_one(&t.var[EW_CW]);
    fmpq_poly_one(&t.var[EW_RATIO]);
    if (s->g->law->orthogonal) {
        fmpq_poly_one(&t.var[EW_SHARE]);
        fmpq_poly_set_coeff_si(&t.var[s->g->law->cov[ew_pair_of(s->g->fields, 0, 0)]],
                               class == EW_LIMIT_ZERO, 1);
    }
    ew_status status = EW_OK;
    if (class == EW_LIMIT_ZERO)
        status = set_small(&t, known, ctx);
    else if (!s->net->residual)
        set_constant(&t, known);
    if (s->net->residual)
        block_limit(c, known, &t);
    else if (status == EW_OK && *known)
        *known = ratio(c, &t);
    fmpq_clear(t.slope);
    fmpq_poly_clear(t.rho);
    for (slong v = 0; v < variables; v++)
        fmpq_poly_clear(&t.var[v]);
    free(t.var);
    return status;
}

/* Several variables: what is asked is set up, tried at rising precision, and widened by what a
 * covariance that is only known as balls costs. */
#include "expect/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 6, GUARD_BITS = 40, LOW_BITS = 30 };

/* The norm of a monomial at the variance of a variable. */
typedef struct {
    slong variable;
    ew_monomial m;
    mag_t norm;
} known_norm;

typedef struct {
    ew_evaluator *E;
    const ew_atom_many *atoms;
    slong n, variables;
    arb_srcptr gram;
    ew_space_frame frame;
    mag_ptr scale; /* [n] */
    slong norms;
    known_norm *norm;
} request;

/* ---- sizes --------------------------------------------------------------------------------
 */

/* The variances of one variable on the way from the frame's covariance to the true one. */
static void variance_of(arb_t K, const request *r, slong variable)
{
    slong at = variable * (r->variables + 1);
    arb_set(K, r->gram + at);
    arb_add_error_mag(K, r->frame.off + at);
}

/* (<|m|^N>)^(1/N) from above, N even and at least the number of variables: by Hoelder's and
 * Lyapunov's inequalities these bound the expectation of a product. */
static ew_status monomial_norm(mag_t x, const request *r, slong variable, const ew_monomial *m,
                               ew_context *ctx)
{
    slong N = (r->variables + 1) / 2 * 2, power = m->z;
    ew_atom1 atom = {{(unsigned short) (N * m->z), {0}}, 0};
    arb_t K, y;
    for (slong i = 0; i < EW_JETS; i++) {
        power = FLINT_MAX(power, m->e[i]);
        atom.f.e[i] = (unsigned char) (N * m->e[i]);
    }
    if (N * power > EW_MAX_POWER)
        return ew_fail(ctx, EW_UNABLE, "powers beyond %d in several variables",
                       (int) (EW_MAX_POWER / N));
    arb_init(K);
    arb_init(y);
    variance_of(K, r, variable);
    ew_status status = ew_expect_one(y, NULL, r->E, &atom, 1, K, LOW_BITS, ctx);
    arb_get_mag(x, y);
    mag_root(x, x, (ulong) N);
    arb_clear(y);
    arb_clear(K);
    return status;
}

/* The same, remembered; NULL on failure, *status set. */
static mag_srcptr find_norm(ew_status *status, request *r, slong variable, const ew_monomial *m,
                            ew_context *ctx)
{
    for (slong i = 0; i < r->norms; i++)
        if (r->norm[i].variable == variable && ew_monomial_equal(&r->norm[i].m, m))
            return r->norm[i].norm;
    known_norm *grown = ew_realloc(r->norm, (size_t) (r->norms + 1) * sizeof *grown, ctx);
    *status = grown ? EW_OK : EW_MEMORY;
    if (!grown)
        return NULL;
    r->norm = grown;
    known_norm *new = grown + r->norms++;
    *new = (known_norm){.variable = variable, .m = *m};
    mag_init(new->norm);
    *status = monomial_norm(new->norm, r, variable, m, ctx);
    return *status == EW_OK ? new->norm : NULL;
}

/* Of a factor of the atom with `more` derivatives, by the triangle inequality. */
static ew_status norm(mag_t x, request *r, slong atom, slong variable, slong more,
                      ew_context *ctx)
{
    const ew_atom_many *a = r->atoms + atom;
    ew_jetsum F;
    arb_t c;
    mag_t t;
    arb_init(c);
    mag_init(t);
    ew_jetsum_init(&F);
    ew_status status = ew_jetsum_set(&F, a->f + variable, ctx);
    if (status == EW_OK)
        status = ew_jetsum_derive(&F, a->m[variable] + more, ctx);
    mag_zero(x);
    for (slong i = 0; i < F.n && status == EW_OK; i++) {
        mag_srcptr own = find_norm(&status, r, variable, F.m + i, ctx);
        arb_set_fmpq(c, F.coef + i, LOW_BITS);
        arb_get_mag(t, c);
        if (own)
            mag_addmul(x, t, own);
    }
    ew_jetsum_clear(&F);
    mag_clear(t);
    arb_clear(c);
    return status;
}

/* Bounds |<F>| with one more derivative in a and in b (a < 0: none). */
static ew_status size_of(mag_t x, request *r, slong atom, slong a, slong b, ew_context *ctx)
{
    mag_t t;
    ew_status status = EW_OK;
    mag_init(t);
    mag_one(x);
    for (slong v = 0; v < r->variables && status == EW_OK; v++) {
        status = norm(t, r, atom, v, (v == a) + (v == b), ctx);
        mag_mul(x, x, t);
    }
    mag_clear(t);
    return status;
}

/* From R diag(tau) R^T to the covariance: d<F>/dK_ab = <d_a d_b F>, half of it where a = b
 * (theory.md section 3). */
static ew_status spread(mag_t x, request *r, slong atom, ew_context *ctx)
{
    mag_srcptr off = r->frame.off;
    slong n = r->variables;
    mag_t t;
    ew_status status = EW_OK;
    mag_init(t);
    mag_zero(x);
    for (slong a = 0; a < n && status == EW_OK; a++)
        for (slong b = a; b < n && status == EW_OK; b++) {
            if (mag_is_zero(off + a * n + b))
                continue;
            status = size_of(t, r, atom, a, b, ctx);
            mag_mul(t, t, off + a * n + b);
            if (a == b)
                mag_mul_2exp_si(t, t, -1);
            mag_add(x, x, t);
        }
    mag_clear(t);
    return status;
}

/* ---- setting up ---------------------------------------------------------------------------
 */

static void space_clear(ew_space *S)
{
    for (slong a = 0; a < S->frame->n; a++) {
        ew_space_place *p = S->place + a;
        for (slong k = 0; k < p->fns; k++) {
            if (p->fn[k].v)
                _arb_vec_clear(p->fn[k].v, 2 * p->reach + 1);
            ew_axis_clear(&p->fn[k].axis);
            ew_jetsum_clear(&p->fn[k].F);
        }
        free(p->fn);
    }
    free(S->task);
}

static ew_status new_fn(ew_space_fn *f, const request *r, const ew_monomial *m, slong shift,
                        ew_context *ctx)
{
    *f = (ew_space_fn){.f = *m, .shift = shift};
    ew_jetsum_init(&f->F);
    ew_status status = ew_jetsum_set(&f->F, m, ctx);
    if (status == EW_OK)
        status = ew_jetsum_derive(&f->F, shift, ctx);
    if (status == EW_OK)
        status = ew_axis_set(&f->axis, r->E, &f->F, ctx);
    return status;
}

/* The factor of that variable among those of its place. */
static ew_status find_fn(slong *index, ew_space_place *p, const request *r, slong atom,
                         slong variable, ew_context *ctx)
{
    const ew_atom_many *a = r->atoms + atom;
    for (slong k = 0; k < p->fns; k++)
        if (p->fn[k].shift == a->m[variable] &&
            ew_monomial_equal(&p->fn[k].f, a->f + variable)) {
            *index = k;
            return EW_OK;
        }
    *index = p->fns++;
    return new_fn(p->fn + *index, r, a->f + variable, a->m[variable], ctx);
}

/* The parity of a product: 0 unknown. */
static ew_status add_task(ew_space *S, const request *r, slong atom, slong prec,
                          ew_context *ctx)
{
    ew_space_task *t = S->task + atom;
    int parity = 1;
    ew_status status = EW_OK;
    for (slong a = 0; a < S->frame->n && status == EW_OK; a++) {
        ew_space_place *p = S->place + a;
        status = find_fn(t->fn + a, p, r, atom, S->frame->order[a], ctx);
        if (status != EW_OK)
            break;
        t->vanishes |= p->fn[t->fn[a]].F.n == 0;
        parity *= p->fn[t->fn[a]].axis.parity;
    }
    t->vanishes |= parity < 0 || mag_is_zero(r->scale + atom);
    S->mirror &= parity != 0 || t->vanishes;
    t->scale = mag_get_d_log2_approx(r->scale + atom);
    t->target = t->scale - (double) prec - 4;
    S->tasks++;
    return status;
}

static ew_status space_set(ew_space *S, const request *r, slong prec, ew_context *ctx)
{
    memset(S, 0, sizeof *S);
    S->frame = &r->frame;
    S->mirror = 1;
    S->task = ew_alloc_zero((size_t) r->n, sizeof *S->task, ctx);
    ew_status status = S->task ? EW_OK : EW_MEMORY;
    for (slong a = 0; a < r->variables && status == EW_OK; a++) {
        S->place[a].fn = ew_alloc_zero((size_t) r->n, sizeof *S->place[a].fn, ctx);
        status = S->place[a].fn ? EW_OK : EW_MEMORY;
    }
    for (slong a = 0; a < S->frame->rank && status == EW_OK; a++)
        if (!ew_ordinary_variance(S->frame->tau + a))
            status = ew_fail(ctx, EW_UNABLE, "the trapezoid needs ordinary variances");
    for (slong i = 0; i < r->n && status == EW_OK; i++)
        status = add_task(S, r, i, prec, ctx);
    return status;
}

/* ---- one try ------------------------------------------------------------------------------
 */

static int any_left(const ew_space *S)
{
    for (slong i = 0; i < S->tasks; i++)
        if (!S->task[i].vanishes)
            return 1;
    return 0;
}

/* Sums with their errors, but for the spread; *lost: bits by which rounding exceeds what was
 * asked. */
static ew_status attempt(arb_ptr x, mag_ptr err, ew_space *S, const request *r, double *lost,
                         slong prec, slong wp, ew_context *ctx)
{
    *lost = -INFINITY;
    ew_status status = ew_space_sums(x, S, r->E, wp, ctx);
    if (status != EW_OK)
        return status;
    ew_space_errors(err, S);
    for (slong i = 0; i < r->n; i++) {
        if (!mag_is_zero(arb_radref(x + i)))
            *lost = fmax(*lost, mag_get_d_log2_approx(arb_radref(x + i)) + (double) prec + 2 -
                                    S->task[i].scale);
        arb_add_error_mag(x + i, err + i);
    }
    return EW_OK;
}

static int reached(arb_srcptr x, const request *r, slong prec)
{
    mag_t t;
    int good = 1;
    mag_init(t);
    for (slong i = 0; i < r->n && good; i++) {
        mag_mul_2exp_si(t, r->scale + i, -prec);
        good = mag_cmp(arb_radref(x + i), t) <= 0;
    }
    mag_clear(t);
    return good;
}

static ew_status one_try(arb_ptr x, int *done, double *lost, request *r, slong prec, slong more,
                         slong wp, ew_context *ctx)
{
    ew_space S;
    mag_t wide;
    mag_ptr err = _mag_vec_init(r->n);
    mag_init(wide);
    _arb_vec_zero(x, r->n);
    ew_status status = space_set(&S, r, prec + more, ctx);
    int work = status == EW_OK && any_left(&S);
    if (work)
        status = ew_space_plan(&S, prec + more, ctx);
    if (status == EW_OK && work)
        status = attempt(x, err, &S, r, lost, prec, wp, ctx);
    *done = status != EW_OK || reached(x, r, prec);
    for (slong i = 0; i < r->n && status == EW_OK && *done; i++) {
        if (S.task[i].vanishes)
            continue;
        status = spread(wide, r, i, ctx);
        arb_add_error_mag(x + i, wide);
    }
    space_clear(&S);
    mag_clear(wide);
    _mag_vec_clear(err, r->n);
    return status;
}

static ew_status check(const request *r, ew_context *ctx)
{
    if (r->E->s->n != 1)
        return ew_fail(ctx, EW_UNABLE,
                       "an expectation over three and more inputs: only for activations "
                       "without kinks");
    if (r->variables > EW_MANY)
        return ew_fail(ctx, EW_UNABLE, "an expectation over more than %d inputs", EW_MANY);
    for (slong i = 0; i < r->variables * r->variables; i++)
        if (!arb_is_finite(r->gram + i))
            return ew_fail(ctx, EW_UNABLE, "a covariance is not finite");
    return EW_OK;
}

ew_status ew_expect_many(arb_ptr values, mag_ptr scales, ew_evaluator *E,
                         const ew_atom_many *atoms, slong n, arb_srcptr gram, slong variables,
                         slong prec, ew_context *ctx)
{
    request r = {.E = E, .atoms = atoms, .n = n, .variables = variables, .gram = gram};
    ew_status status = check(&r, ctx);
    if (status != EW_OK || n == 0)
        return status;
    r.scale = _mag_vec_init(n);
    ew_space_frame_init(&r.frame, variables);
    ew_space_frame_set(&r.frame, gram, prec + 2 * GUARD_BITS);
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = size_of(r.scale + i, &r, i, -1, -1, ctx);
    slong wp = prec + GUARD_BITS;
    int done = 0;
    for (int i = 0; i < ATTEMPTS && status == EW_OK && !done; i++) {
        double lost = 0;
        status = one_try(values, &done, &lost, &r, prec, 4 * i, wp, ctx);
        if (lost > 0)
            wp += (slong) fmin(lost, 1e5) + 24;
    }
    if (status == EW_OK && !done)
        status = ew_fail(ctx, EW_UNABLE,
                         "the trapezoid in %ld variables did not reach the precision",
                         (long) variables);
    for (slong i = 0; i < n && scales; i++)
        mag_set(scales + i, r.scale + i);
    E->used = "trapezoid in several variables";
    for (slong i = 0; i < r.norms; i++)
        mag_clear(r.norm[i].norm);
    free(r.norm);
    ew_space_frame_clear(&r.frame);
    _mag_vec_clear(r.scale, n);
    return status;
}

/* A network whose inputs have N0 coordinates, all of them directions; N0 is the includer's. */
#ifndef EW_TESTS_JACOBIAN_SETTING_H
#define EW_TESTS_JACOBIAN_SETTING_H

#include "readings/kernel/jacobian/jacobian.h"
#include "setting.h"

static ew_scalar number(const fmpq_t x)
{
    return (ew_scalar){ew_expr_num(x, NULL), NULL, NULL};
}

/* x[inputs][N0] */
static void set_inputs(fixture *f, const fmpq *x, slong inputs)
{
    fmpq_t q, cw, cb, per;
    fmpq_init(per);
    fmpq_set_si(per, 1, N0);
    fmpq_init(q);
    fmpq_init(cw);
    fmpq_init(cb);
    assert_true(ew_scalar_rational(cw, &f->cw) && ew_scalar_rational(cb, &f->cb));
    slong p = 0;
    f->dot = _fmpq_vec_init(inputs * (inputs + 1) / 2);
    for (slong a = 0; a < inputs; a++)
        for (slong b = a; b < inputs; b++, p++) {
            for (slong i = 0; i < N0; i++)
                fmpq_addmul(f->dot + p, x + a * N0 + i, x + b * N0 + i);
            fmpq_mul(f->dot + p, f->dot + p, per);
            fmpq_set(q, cb);
            fmpq_addmul(q, cw, f->dot + p);
            f->gram[p] = number(q);
        }
    for (slong i = 0; i < inputs * N0; i++) {
        fmpq_mul(q, x + i, per);
        f->along[i] = number(q);
    }
    p = 0;
    for (slong i = 0; i < N0; i++)
        for (slong k = i; k < N0; k++, p++) {
            if (i == k)
                fmpq_set(q, per);
            else
                fmpq_zero(q);
            f->between[p] = number(q);
        }
    f->net.inputs = inputs;
    f->net.gram = f->gram;
    f->net.dot = f->dot;
    f->net.directions = N0;
    f->net.along = f->along;
    f->net.between = f->between;
    fmpq_clear(per);
    fmpq_clear(q);
    fmpq_clear(cw);
    fmpq_clear(cb);
}

static void set_up(fixture *f, const char *activation, slong depth, const char *cw,
                   const char *cb, const char *lb)
{
    open_network(f, activation, depth, cw, cb, lb);
}

static void shut(fixture *f)
{
    slong m = f->net.inputs;
    for (slong i = 0; i < m * (m + 1) / 2; i++)
        ew_expr_free(f->gram[i].e);
    for (slong i = 0; i < m * N0; i++)
        ew_expr_free(f->along[i].e);
    for (slong i = 0; i < N0 * (N0 + 1) / 2; i++)
        ew_expr_free(f->between[i].e);
    _fmpq_vec_clear(f->dot, m * (m + 1) / 2);
    close_network(f);
}

/* Both matrices of the output, to be cleared. */
static void output(arb_mat_t nngp, arb_mat_t ntk, fixture *f, int tangent, slong prec)
{
    ew_jacobian *j;
    check_ok(f->ctx, ew_jacobian_new(&j, &f->net, tangent, EW_AUTO, f->ctx));
    slong n = ew_jacobian_rows(j);
    arb_mat_init(nngp, n, n);
    arb_mat_init(ntk, n, n);
    check_ok(f->ctx, ew_jacobian_output(nngp, ntk, j, prec, f->ctx));
    ew_jacobian_free(j);
}

#endif

/* Linear difference equations in log-power series. */
#include "readings/cumulant/asymptotic/solve.h"

/* residual += m T - T(k') for one term T = c k^q, which is then part of x. */
static void take_term(ew_logseries *x, ew_logseries *residual, const fmpq_t q,
                      const fmpq_mpoly_t c, const ew_logseries *m, const ew_logseries *log_step,
                      ew_logring *R)
{
    ew_logseries term, next;
    ew_logseries_init(&term, R);
    ew_logseries_init(&next, R);
    ew_logseries_add_term(&term, q, c, R);
    ew_logseries_add(x, &term, R);
    ew_logseries_compose(&next, &term, log_step, R);
    ew_logseries_mul(&term, &term, m, R);
    ew_logseries_add(residual, &term, R);
    ew_logseries_sub(residual, &next, R);
    ew_logseries_clear(&term, R);
    ew_logseries_clear(&next, R);
}

/* m T - T(k') begins with (f c + dc/dL) k^(q+1), f = q + m_1, which has to cancel r: c =
 * -sum_i (-d/dL)^i r / f^(i+1), or at the resonance f = 0 the integral, with a logarithm more.
 */
static void coefficient(fmpq_mpoly_t c, const fmpq_mpoly_t r, const fmpq_t f, ew_logring *R)
{
    fmpq_mpoly_t d;
    fmpq_mpoly_init(d, R->ring);
    fmpq_mpoly_neg(d, r, R->ring);
    fmpq_mpoly_zero(c, R->ring);
    if (fmpq_is_zero(f))
        fmpq_mpoly_integral(c, d, EW_LN, R->ring);
    while (!fmpq_is_zero(f) && !fmpq_mpoly_is_zero(d, R->ring)) {
        fmpq_mpoly_scalar_div_fmpq(d, d, f, R->ring);
        fmpq_mpoly_add(c, c, d, R->ring);
        fmpq_mpoly_derivative(d, d, EW_LN, R->ring);
        fmpq_mpoly_neg(d, d, R->ring);
    }
    fmpq_mpoly_clear(d, R->ring);
}

/* m_1, the coefficient of k in m = 1 + ...; 0 if m does not begin so. */
static int slope(fmpq_t m1, const ew_logseries *m, ew_logring *R)
{
    fmpq_zero(m1);
    if (m->n == 0 || !fmpq_is_zero(m->t[0].q) || !fmpq_mpoly_is_one(m->t[0].c, R->ring))
        return 0;
    if (m->n > 1 && fmpq_is_one(m->t[1].q)) {
        if (!fmpq_mpoly_is_fmpq(m->t[1].c, R->ring))
            return 0;
        fmpq_mpoly_get_fmpq(m1, m->t[1].c, R->ring);
    }
    return 1;
}

/* One term: the free one when its turn has come, else what cancels the residual's first.  0 at
 * the end. */
static int advance(ew_logseries *x, ew_logseries *residual, slong *constant, const fmpq_t m1,
                   const ew_logseries *m, const ew_logseries *log_step, ew_logring *R)
{
    fmpq_t q, f;
    fmpq_mpoly_t c;
    fmpq_init(q);
    fmpq_init(f);
    fmpq_mpoly_init(c, R->ring);
    ew_logseries_low(q, residual);
    fmpq_sub_si(q, q, 1);
    fmpq_add(f, q, m1); /* q - (-m_1) */
    int free = *constant >= 0 && fmpq_sgn(f) >= 0;
    int going = free || residual->n > 0;
    if (free) {
        fmpq_neg(q, m1);
        fmpq_mpoly_gen(c, *constant, R->ring);
        *constant = -1;
    } else if (going) {
        coefficient(c, residual->t[0].c, f, R);
    }
    if (going)
        take_term(x, residual, q, c, m, log_step, R);
    fmpq_mpoly_clear(c, R->ring);
    fmpq_clear(f);
    fmpq_clear(q);
    return going;
}

ew_status ew_asymptotic_difference(ew_logseries *x, const ew_logseries *m,
                                   const ew_logseries *source, slong constant,
                                   const ew_logseries *log_step, ew_logring *R)
{
    ew_logseries residual;
    fmpq_t m1;
    fmpq_init(m1);
    ew_logseries_init(&residual, R);
    ew_logseries_set(&residual, source, R);
    ew_logseries_zero(x, R);
    ew_status status =
        slope(m1, m, R)
            ? EW_OK
            : ew_fail(R->ctx, EW_UNABLE,
                      "asymptotics: a multiplier does not tend to 1 with the depth");
    while (status == EW_OK && !R->failed &&
           advance(x, &residual, &constant, m1, m, log_step, R))
        status = ew_poll(R->ctx);
    fmpq_sub_si(residual.cut, residual.cut, 1);
    ew_logseries_cut(x, residual.cut, R);
    ew_logseries_clear(&residual, R);
    fmpq_clear(m1);
    return R->failed ? EW_MEMORY : status;
}

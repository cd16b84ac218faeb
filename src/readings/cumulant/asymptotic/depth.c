/* From k to the layer. */
#include "readings/cumulant/asymptotic/solve.h"

/* A(k) with A(k') = A(k) + 1: the layer, up to a constant.  A = 1/k + alpha ln k + ... */
static ew_status abel(ew_logseries *a, ew_asymptotic_solver *s)
{
    ew_logseries one;
    fmpq_t q;
    fmpq_mpoly_t c;
    ew_logseries_init(&one, &s->R);
    fmpq_init(q);
    fmpq_mpoly_init(c, s->R.ring);
    fmpq_mpoly_one(c, s->R.ring);
    ew_logseries_add_term(&one, q, c, &s->R);
    ew_status status = ew_asymptotic_difference(a, &one, &one, -1, &s->log_step, &s->R);
    fmpq_mpoly_clear(c, s->R.ring);
    fmpq_clear(q);
    ew_logseries_clear(&one, &s->R);
    return status;
}

/* log_g = -ln(1 + u (c - rest(u g))): one order more than it had. */
static void improve(ew_logseries *log_g, const ew_logseries *rest, ew_logring *R)
{
    ew_logseries h;
    fmpq_t q;
    fmpq_mpoly_t c;
    ew_logseries_init(&h, R);
    fmpq_init(q);
    fmpq_mpoly_init(c, R->ring);
    ew_logseries_compose(&h, rest, log_g, R);
    fmpq_mpoly_gen(c, EW_SHIFT, R->ring);
    fmpq_mpoly_neg(c, c, R->ring);
    ew_logseries_add_term(&h, q, c, R);
    fmpq_mpoly_set_si(c, -1, R->ring);
    fmpq_one(q);
    ew_logseries_scale(&h, c, q, R);
    fmpq_mpoly_one(c, R->ring);
    fmpq_zero(q);
    ew_logseries_add_term(&h, q, c, R);
    ew_logseries_log(log_g, &h, R);
    fmpq_mpoly_set_si(c, -1, R->ring);
    ew_logseries_scale(log_g, c, q, R);
    fmpq_mpoly_clear(c, R->ring);
    fmpq_clear(q);
    ew_logseries_clear(&h, R);
}

/* l + c = A(k) = 1/k + rest(k); with u = 1/l and k = u g it reads 1/g = 1 + u (c - rest(u g)).
 */
ew_status ew_asymptotic_depth(ew_logseries *log_g, ew_asymptotic_solver *s)
{
    ew_logring *R = &s->R;
    ew_logseries a, rest;
    fmpq_t one;
    ew_logseries_init(&a, R);
    ew_logseries_init(&rest, R);
    fmpq_init(one);
    fmpq_one(one);
    ew_status status = abel(&a, s);
    ew_logseries_cut(&rest, a.cut, R);
    for (slong i = 1; i < a.n; i++)
        ew_logseries_add_term(&rest, a.t[i].q, a.t[i].c, R);
    ew_logseries_zero(log_g, R);
    ew_logseries_cut(log_g, one, R);
    for (slong i = 0; i <= s->len && status == EW_OK && !R->failed; i++)
        improve(log_g, &rest, R);
    fmpq_clear(one);
    ew_logseries_clear(&rest, R);
    ew_logseries_clear(&a, R);
    return R->failed ? EW_MEMORY : status;
}

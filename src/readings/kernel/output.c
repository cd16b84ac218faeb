#include "readings/kernel/output.h"

#include <stdlib.h>

#include "readings/kernel/solver.h"

struct ew_kernel_output {
    ew_kernel_solver s;
    int tangent;
};

ew_status ew_kernel_output_new(ew_kernel_output **out, const ew_setting *net, int tangent,
                               slong alone, ew_method method, ew_context *ctx)
{
    ew_kernel_output *k = NULL;
    *out = NULL;
    ew_status status = ew_kernel_check(net, tangent, ctx);
    if (status == EW_OK && !(k = ew_alloc_zero(1, sizeof *k, ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = ew_kernel_solver_init(&k->s, net, tangent, method, ctx);
    if (status != EW_OK) {
        ew_kernel_output_free(k);
        return status;
    }
    k->s.alone = alone;
    k->tangent = tangent;
    *out = k;
    return EW_OK;
}

void ew_kernel_output_free(ew_kernel_output *k)
{
    if (!k)
        return;
    ew_kernel_solver_clear(&k->s);
    free(k);
}

/* A triangle to both halves of a square. */
static void unfold(arb_mat_t square, arb_srcptr triangle, slong m)
{
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++) {
            arb_srcptr x = triangle + ew_triangle_index(m, a, b);
            arb_set(arb_mat_entry(square, a, b), x);
            arb_set(arb_mat_entry(square, b, a), x);
        }
}

ew_status ew_kernel_output_balls(arb_mat_t nngp, arb_mat_t ntk, ew_kernel_output *k, slong prec,
                                 ew_context *ctx)
{
    ew_kernel_solver *s = &k->s;
    slong total = ew_kernel_row(s, s->net->depth);
    arb_ptr values = _arb_vec_init(total), last = values + ew_kernel_row(s, s->net->depth - 1);
    mag_ptr scales = _mag_vec_init(total);
    ew_status status = ew_kernel_run(values, scales, prec, s, ctx);
    if (status == EW_OK)
        unfold(nngp, last, s->m);
    if (status == EW_OK && k->tangent)
        unfold(ntk, last + s->triangle, s->m);
    _arb_vec_clear(values, total);
    _mag_vec_clear(scales, total);
    return status;
}

const char *ew_kernel_output_method(const ew_kernel_output *k)
{
    return k->s.used ? k->s.used : "closed form";
}

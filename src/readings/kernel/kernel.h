/* Reading 1: infinite width (theory.md section 4). */
#ifndef EW_READINGS_KERNEL_H
#define EW_READINGS_KERNEL_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

typedef struct {
    slong inputs, layers;
    ew_certified *nngp;     /* [(l * inputs + a) * inputs + b], l from 0 */
    ew_certified *ntk;      /* the same shape */
    ew_certified *chi_par;  /* [l * inputs + a]: C_W d<s^2>/dK at K_aa of that layer */
    ew_certified *chi_perp; /* [l * inputs + a]: C_W <s'^2> */
    ew_certified *depth;    /* [l * inputs + a]: correlation depth -1/ln chi_perp; mid NULL if
                               chi_perp = 1 is not excluded (infinite) or chi_perp > 1 */
    const char *method;
} ew_kernel_table;

/* digits certified digits of the NNGP and NTK of net->inputs inputs for layers 1..depth.  NTK in
 * PDLT's convention, Theta' = lambda_b + lambda_W <ss> + C_W <s's'> Theta.  tangent = 0: NNGP only
 * (ntk NULL; then step and sign are fine). */
ew_status ew_kernel_solve(ew_kernel_table **out, const ew_setting *net, int tangent, slong digits,
                          ew_method method, ew_context *ctx);
void ew_kernel_free(ew_kernel_table *t);

#endif

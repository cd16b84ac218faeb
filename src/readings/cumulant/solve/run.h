/* The state of the hierarchy run through the layers of one network in balls. */
#ifndef EW_READINGS_CUMULANT_SOLVE_RUN_H
#define EW_READINGS_CUMULANT_SOLVE_RUN_H

#include "chain/evaluate.h"
#include "chain/setting.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

/* A recursion compiled for one activation; immutable but for the evaluator's caches, so not to
 * be shared between threads. */
typedef struct {
    const ew_hierarchy *h;
    const ew_activation *s;
    ew_poly_program *program; /* next[i] of every unknown */
    ew_atom_plan *plan;
    ew_evaluator *E;
    slong *gram;               /* [inputs * inputs]: the unknown K_ab */
    ew_poly_program *argument; /* [inputs * inputs]: where the atoms stand; NULL: at K_ab */
    int tangents;
} ew_cumulant_run;

/* h and s must outlive the run.  EW_UNABLE: an expectation that cannot be computed. */
ew_status ew_cumulant_run_new(ew_cumulant_run **out, const ew_hierarchy *h,
                              const ew_activation *s, ew_method method, ew_context *ctx);
void ew_cumulant_run_free(ew_cumulant_run *run);

/* Called for one layer after another with all unknowns of h: state[i] contains the i-th one;
 * scale[i] bounds the terms it was added from (0 in the first layer), and does not shrink where
 * they cancel.  Anything but EW_OK ends the run. */
typedef ew_status (*ew_cumulant_layer_fn)(slong layer, arb_srcptr state, mag_srcptr scale,
                                          void *data, ew_context *ctx);

/* Layers 1..depth of a network with the hierarchy's inputs, directions and the run's
 * activation. The working precision is prec and some bits for the depth (theory.md section 9).
 */
ew_status ew_cumulant_run_balls(const ew_cumulant_run *run, const ew_setting *net, slong prec,
                                ew_cumulant_layer_fn fn, void *data, ew_context *ctx);
/* Layers layer..depth, the unknowns at `layer` being state[0..unknowns); those of layer 1
 * follow from the inputs, and state is not read. */
ew_status ew_cumulant_run_from(const ew_cumulant_run *run, const ew_setting *net, slong layer,
                               arb_srcptr state, slong prec, ew_cumulant_layer_fn fn,
                               void *data, ew_context *ctx);

/* The covariance at which the atoms of the next step stand, from all variables x. */
void ew_cumulant_run_gram(arb_ptr gram, const ew_cumulant_run *run, arb_srcptr x, slong prec);
void ew_cumulant_run_gram_rational(fmpq *gram, const ew_cumulant_run *run, const fmpq *x);

/* All layers have the same parameters. */
int ew_cumulant_uniform(const ew_setting *net);
/* r = n / n_l at layer l (from 1). */
void ew_cumulant_width_ratio(fmpq_t r, const ew_setting *net, slong layer);

#endif

/* The transition law of the covariance chain: conditional cumulants of Ghat' given Ghat = G, as
 * polynomials in the parameters, the covariances of derived fields and atoms (theory.md section
 * 3). */
#ifndef EW_CHAIN_LAW_H
#define EW_CHAIN_LAW_H

#include "chain/atom.h"
#include "chain/feature.h"
#include "chain/field.h"
#include "chain/setting.h"

/* Which transition: the ensemble, and the power of 1/n up to which conditional cumulants are
 * wanted (of no importance where they are single terms, as for Gaussian weights). */
typedef struct {
    ew_ensemble ensemble;
    slong order;
} ew_transition;

/* An average over the neurons of the layer below, beside those that make Ghat: of the product
 * of several f_p at one neuron, or, `bare`, of its coefficient of all derived fields, as of a
 * neuron that alone is perturbed. */
typedef struct {
    ew_pairs features;
    int bare;
} ew_law_average;

/* The law ring's variables, in this order: the parameters; the caller's extra names; G_p for
 * every pair p that is not base, or for every pair; the atoms.  With Gaussian weights base
 * covariances enter through atoms only; with orthogonal ones, and those of a block, also by
 * themselves.  A block's G is H = h.h/n, and its atoms are those of its inner layer's rows. */
typedef struct {
    ew_transition of;
    fmpq_mpoly_ctx_t ring;
    slong variables;
    char **name; /* as text: "C_W", "a.a1", "D<s^2>" */
    slong extra; /* the first of the extra variables */
    slong cov0;
    slong *cov; /* [pair]: its variable, or -1 */
    slong atom0, atoms;
    ew_atom *atom; /* ascending */
    ew_jet_ring jet;
    const ew_fields *fields;
    slong averages;
    ew_law_average *average;
    int at_limit; /* made by ew_law_new_at_limit */
    slong moments;
    ew_pairs *moment_of; /* ascending */
    slong *derivatives;  /* [moment]: wanted of it */
    fmpq_mpoly_struct *moment;
    struct ew_orthogonal *orthogonal; /* what that ensemble works with */
    struct ew_block_step *block;      /* what a residual block does */
    slong
        per_width; /* the variable n/n_l, a factor of which comes with every 1/n_l; -1: none */
    slong slope;   /* the variable by which the atoms' covariance grows with G; -1: it is G */
    slong grades;
    fmpq_mpoly_struct **cumulant; /* [moment * grades]: NULL until asked for */
} ew_law;

/* The parameters of the step from layer l to layer l + 1: C_W, C_b, lambda_W, lambda_b of layer
 * l + 1; r = n/n_l; and of orthogonal weights q = n_l / max(n_(l-1), n_l), and C_b, lambda_b,
 * lambda_W/C_W of layer l, by which its weights' share of Ghat is told from that of biases and
 * tangents. */
enum {
    EW_CW,
    EW_CB,
    EW_LAMBDA_W,
    EW_LAMBDA_B,
    EW_RATIO,
    EW_PARAMETERS,
    EW_SHARE = EW_PARAMETERS,
    EW_CB_BEFORE,
    EW_LAMBDA_B_BEFORE,
    EW_RATE_BEFORE,
    EW_ALL_PARAMETERS
};
/* Those of a residual block: C_W, C_b, lambda_W, lambda_b of its inner layer, r = n/m (of inner
 * width m), and these. */
enum { EW_ALPHA2 = EW_PARAMETERS, EW_CV, EW_LAMBDA_V, EW_BLOCK_PARAMETERS };
/* EW_PARAMETERS, EW_ALL_PARAMETERS or EW_BLOCK_PARAMETERS */
slong ew_law_parameters(const ew_law *law);
/* Set them, all but lambda_W and lambda_b where `tangents` is 0, at the step from `layer` on.
 * EW_DOMAIN: lambda_W/C_W is wanted and C_W may be 0. */
ew_status ew_law_parameters_ball(arb_ptr x, const ew_law *law, const ew_setting *net,
                                 slong layer, int tangents, slong prec, ew_context *ctx);
/* The same exactly: 1, or 0 when one of them is not rational. */
int ew_law_parameters_rational(fmpq *x, const ew_law *law, const ew_setting *net, slong layer,
                               int tangents);
/* n over the width N of the Haar matrix that the layer's weights are cut from: r q. */
void ew_law_frame(fmpq_t x, const ew_setting *net, slong layer);
/* Those of `layer` alone, from r on: what the law of its own rows takes. */
ew_status ew_law_layer_ball(arb_ptr x, const ew_law *law, const ew_setting *net, slong layer,
                            int tangents, slong prec, ew_context *ctx);
int ew_law_layer_rational(fmpq *x, const ew_law *law, const ew_setting *net, slong layer,
                          int tangents);

/* Is it that of a residual block? */
int ew_transition_is_block(const ew_transition *of);

/* The law of a transition, for the joint cumulants of the lists wanted[0..n) and of all their
 * sublists, and `derivatives` derivatives of them in G.  `fields` must outlive the law. */
ew_status ew_law_new(ew_law **out, const ew_transition *of, const ew_fields *fields,
                     const ew_pairs *wanted, slong n, slong derivatives,
                     const char *const *extra, slong extras, ew_context *ctx);
/* The same for derivatives at the infinite-width limit only, where covariances vanish in which
 * a tangent occurs an odd number of times: for wanted[i], derivatives[i] of them there, less
 * two for every grade.  Powers of vanishing covariances beyond that are left out. */
ew_status ew_law_new_at_limit(ew_law **out, const ew_transition *of, const ew_fields *fields,
                              const ew_pairs *wanted, const slong *derivatives, slong n,
                              const char *const *extra, slong extras, ew_context *ctx);
/* The same as ew_law_new, wanted lists being of averages: entry fields->pairs + i stands for
 * average[i], which has no B_p. */
ew_status ew_law_new_averages(ew_law **out, const ew_transition *of, const ew_fields *fields,
                              const ew_law_average *average, slong averages,
                              const ew_pairs *wanted, slong n, slong derivatives,
                              ew_context *ctx);
void ew_law_free(ew_law *law);
/* What an entry of a list is the average of, in law->jet.ring, and the tangents that occur in
 * it an odd number of times. */
void ew_law_averaged(fmpq_mpoly_t f, ulong *parity, const ew_law *law, slong entry);

/* The conditional cumulant of Ghat' is n_l^(1-k) (c_0 + c_1/n_l + ...), and this is c_grade at
 * Ghat = G.  Gaussian weights: c_0 = kappa[f_p1, ..., f_pk](G) for ONE z ~ N(0, G), plus B_p
 * when k = 1, and no more.  EW_UNABLE when the list or the grade was not wanted. */
ew_status ew_law_cumulant(fmpq_mpoly_t out, ew_law *law, const ew_pairs *list, slong grade,
                          ew_context *ctx);
/* How many grades there are up to the order, for lists of that many entries. */
slong ew_law_grades(const ew_law *law, slong entries);

/* The covariance of two preactivations of a block's inner layer, at which its atoms stand. */
void ew_law_argument(fmpq_mpoly_t out, const ew_law *law, slong a, slong b);

/* The moment of a list, -1 if the law has none. */
slong ew_law_moment(const ew_law *law, const ew_pairs *list);

/* d/dG_p: explicit in covariances, by the heat equation in atoms.  May alias. EW_UNABLE
 * beyond the derivatives the law was built for. */
ew_status ew_law_differentiate(fmpq_mpoly_t out, const fmpq_mpoly_t f, slong pair,
                               const ew_law *law, ew_context *ctx);

/* Leave out the terms of degree beyond `most` in covariances that vanish at infinite width. May
 * alias. */
ew_status ew_law_truncate(fmpq_mpoly_t out, const fmpq_mpoly_t f, slong most, const ew_law *law,
                          ew_context *ctx);

/* Replace every variable v by variable to[v], or by 0 where to[v] = -1.  May alias. */
ew_status ew_law_rename(fmpq_mpoly_t out, const fmpq_mpoly_t f, const slong *to,
                        const ew_law *law, ew_context *ctx);

/* The infinite-width limit of the derived covariances: those in which a tangent occurs an odd
 * number of times vanish.  May alias. */
ew_status ew_law_drop_odd(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_law *law,
                          ew_context *ctx);

/* The variable of an atom, -1 if the law has none. */
slong ew_law_atom(const ew_law *law, const ew_atom *x);

#endif

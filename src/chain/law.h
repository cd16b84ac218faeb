/* The transition law of the covariance chain: conditional cumulants of Ghat' given Ghat = G, as
 * polynomials in the parameters, the covariances of derived fields and atoms (theory.md section
 * 3). */
#ifndef EW_CHAIN_LAW_H
#define EW_CHAIN_LAW_H

#include "chain/atom.h"
#include "chain/feature.h"
#include "chain/field.h"

/* The law ring's variables, in this order: C_W, C_b, lambda_W, lambda_b, r = n/n_l; the
 * caller's extra names; G_p for every pair p that is not base; the atoms.  Base covariances
 * enter through atoms only. */
typedef struct {
    fmpq_mpoly_ctx_t ring;
    slong variables;
    char **name; /* as text: "C_W", "a.a1", "D<s^2>" */
    slong extra; /* the first of the extra variables */
    slong cov0;
    slong *cov; /* [pair]: its variable, or -1 for a base pair */
    slong atom0, atoms;
    ew_atom *atom; /* ascending */
    ew_jet_ring jet;
    const ew_fields *fields;
    int at_limit; /* made by ew_law_new_at_limit */
    slong moments;
    ew_pairs *moment_of; /* ascending */
    slong *derivatives;  /* [moment]: wanted of it */
    fmpq_mpoly_struct *moment;
    fmpq_mpoly_struct **cumulant; /* [moment]: of the same list, NULL until asked for */
} ew_law;

enum { EW_CW, EW_CB, EW_LAMBDA_W, EW_LAMBDA_B, EW_RATIO, EW_PARAMETERS };

/* The law of Gaussian weights, for the joint cumulants of the lists wanted[0..n) and of all
 * their sublists, and `derivatives` derivatives of them in G.  `fields` must outlive the law.
 */
ew_status ew_law_new(ew_law **out, const ew_fields *fields, const ew_pairs *wanted, slong n,
                     slong derivatives, const char *const *extra, slong extras,
                     ew_context *ctx);
/* The same for derivatives at the infinite-width limit only, where covariances vanish in which
 * a tangent occurs an odd number of times: for wanted[i], derivatives[i] of them there.  Powers
 * of vanishing covariances beyond that are left out. */
ew_status ew_law_new_at_limit(ew_law **out, const ew_fields *fields, const ew_pairs *wanted,
                              const slong *derivatives, slong n, const char *const *extra,
                              slong extras, ew_context *ctx);
void ew_law_free(ew_law *law);

/* kappa[f_p1, ..., f_pk](G) for ONE z ~ N(0, G); plus B_p when k = 1.  The conditional cumulant
 * of Ghat' is n_l^(1-k) times this.  EW_UNABLE when the list was not wanted. */
ew_status ew_law_cumulant(fmpq_mpoly_t out, ew_law *law, const ew_pairs *list, ew_context *ctx);

/* The moment of a list, -1 if the law has none. */
slong ew_law_moment(const ew_law *law, const ew_pairs *list);

/* d/dG_p: explicit in derived covariances, by the heat equation in atoms.  May alias. EW_UNABLE
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

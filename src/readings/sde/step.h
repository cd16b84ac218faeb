/* One step of a block of paths, with the random numbers given.
 *
 * The state is the Cholesky factor L of V = L L^T, so that V is positive semi-definite whatever
 * is drawn.  The noise of a shaped network is L dG L^T, G symmetric with variances 2 on the
 * diagonal and 1 beside it; as V runs along L S L^T with S fixed, L' = L Phi(S), Phi(S) the
 * lower triangle of S with half its diagonal.  So the noise moves L by a random element of the
 * group of lower triangular matrices, in flows known in closed form: L e^(s Phi(E_ij + E_ji)).
 *
 * `Second` composes those flows as Ninomiya and Victoir do, in one of two opposite orders by a
 * fair coin, between two half flows of the rest: weak order 2.  The rest are the Stratonovich
 * correction of the noise, -Phi(diag(1, ..., m)), whose flow is known, too, and the drift b,
 * whose flow is taken by the midpoint rule.  `Euler` is Euler and Maruyama's scheme for V: weak
 * order 1.
 *
 * A residual network's V is h^T h/d of d rows dh = M(V) dB, Q = M M^T, without a drift.  Euler's
 * scheme for h, rotated so that only m rows are not 0 at its beginning, moves those and replaces
 * the squares of the d - m others by their mean: V stays positive semi-definite, and 0 is a place
 * like any other; exact in law where Q is constant and d = m.  With one field there is Platen's
 * scheme of weak order 2 for h. */
#ifndef EW_READINGS_SDE_STEP_H
#define EW_READINGS_SDE_STEP_H

#include "readings/sde/motion.h"

/* A variance beyond this has exploded. */
#define EW_STEP_EXPLODED 1e100

typedef struct {
    const ew_motion *motion;
    slong m, pairs;
    double *l;           /* [pairs][EW_BLOCK]: L_ba at the place of (a, b) */
    double *v;           /* [pairs][EW_BLOCK]: V after ew_step_gram */
    double *b, *mid, *w; /* scratch */
} ew_step;

ew_status ew_step_new(ew_step **out, const ew_motion *motion, ew_context *ctx);
void ew_step_free(ew_step *s);

/* All paths of the block to V = v0[pairs]. */
void ew_step_start(ew_step *s, const double *v0);
/* s->v from s->l. */
void ew_step_gram(ew_step *s);
/* Path i to the unit matrix: one that is not followed any further. */
void ew_step_park(ew_step *s, size_t i);

/* The flow of the drift from time t to t + h; leaves s->v as it was at its beginning.  Where a
 * variance would change by more than a tenth the path takes shorter steps, its drift being that
 * of time t. */
void ew_step_drift(ew_step *s, double t, double h);
/* The noise of a shaped network over time h with its correction.  g[pairs][EW_BLOCK] are
 * normals, coin[EW_BLOCK] are 0 or 1. */
void ew_step_noise(ew_step *s, double h, const double *g, const uint8_t *coin);
/* A whole step of weak order 2 of a residual network's one field; g is [2][EW_BLOCK]. */
void ew_step_residual(ew_step *s, double t, double h, const double *g, const uint8_t *coin);
/* A whole step of Euler and Maruyama from time t on; leaves s->v as it was.  g[EW_BLOCK] times
 * pairs, or fields^2 for a residual network. */
void ew_step_euler(ew_step *s, double t, double h, const double *g);
/* How many normals a path needs in a step. */
slong ew_step_normals(const ew_step *s, int euler);

#endif

/* The phase diagram: the edge of chaos as a curve over C_b, and the depths to which signals
 * reach on it (theory.md section 4).
 *
 * On the edge chi_perp(K*) = 1.  The variance forgets where it started as chi_par^l, so that
 * its depth is -1/ln |chi_par|.  The correlation rho of two inputs obeys, e = 1 - rho, e' = e -
 * (C_W K <s''^2>/2) e^2 + ... for smooth s at K = K*, hence e ~ scale/l with scale = 2/(C_W K
 * <s''^2>): no exponential, and the scale takes the place of the correlation depth, which is
 * infinite there. */
#ifndef EW_READINGS_PHASE_H
#define EW_READINGS_PHASE_H

#include "readings/kernel/critical.h"

enum {
    EW_PHASE_CB,
    EW_PHASE_CW,
    EW_PHASE_K,
    EW_PHASE_CHI_PAR,
    EW_PHASE_DEPTH,
    EW_PHASE_SCALE,
    EW_PHASE_COLUMNS
};

/* One point of the edge.  Columns that do not exist are left without a number: all but C_b
 * where no edge was found, K where it is arbitrary, what is beyond K at K* = 0, the scale for
 * kinked s, the depth unless 0 < |chi_par| < 1 is proved. */
ew_status ew_phase_point(ew_certified out[EW_PHASE_COLUMNS], const ew_activation *s,
                         const ew_scalar *cb, slong digits, ew_context *ctx);

#endif

/* Numbers of a network that a C header holds: its critical point, and the susceptibilities there. */
#ifndef EW_PRODUCTS_HEADER_CONSTANTS_H
#define EW_PRODUCTS_HEADER_CONSTANTS_H

#include "readings/kernel/critical.h"

enum {
    EW_CONSTANT_K, /* the fixed point K* */
    EW_CONSTANT_CW,
    EW_CONSTANT_CB,
    EW_CONSTANT_CHI_PAR, /* C_W D<s^2> and C_W <s'^2> at K* */
    EW_CONSTANT_CHI_PERP,
    EW_CONSTANT_A1,
    EW_CONSTANT_B1,
    EW_CONSTANTS
};

/* out is cleared for what does not exist: C_W and C_b that differ between layers; all that
 * belongs to a critical point when the network is not at one (point NULL); K* in the
 * scale-invariant class, where it is arbitrary. */
ew_status ew_header_constants(ew_certified out[EW_CONSTANTS], const ew_setting *net,
                              ew_critical_point *point, slong digits, ew_context *ctx);

#endif

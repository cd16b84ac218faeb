/* What the mmd command shares with its figure. */
#ifndef EW_LIBRARY_MMD_H
#define EW_LIBRARY_MMD_H

#include "products/mmd.h"

/* The figure: MMD^2 against the width, both logarithmic, with the predicted leading term; below
 * it n^2 MMD^2, with all predicted terms where they decrease. */
ew_status ew_mmd_plot(const char *path, const ew_mmd_result *m, const ew_setting *net,
                      ew_context *ctx);

#endif

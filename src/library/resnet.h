/* The parts of the command `resnet`. */
#ifndef EW_LIBRARY_RESNET_H
#define EW_LIBRARY_RESNET_H

#include "library/command.h"
#include "readings/sample/deep.h"

/* The critical beta of one form at one Hurst index. */
typedef struct {
    ew_deep_form form;
    double hurst, predicted;
    ew_estimate beta;
    ew_estimate *alpha; /* [depths]: of ln alpha */
} ew_resnet_point;

const char *ew_deep_form_name(ew_deep_form form);

/* What theory.md section 6 expects: max(1/2, H); with two matrices and an odd activation, whose
 * branch has mean 0, max(1/2, 2H - 1). */
double ew_resnet_predicted(ew_deep_form form, int odd, double hurst);

/* Beta over H, one panel a form. */
ew_status ew_resnet_plot(const char *path, const ew_resnet_point *point, slong points,
                         const ew_activation *s, ew_context *ctx);

#endif

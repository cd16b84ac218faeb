#include "products/reach.h"

#include <math.h>
#include <string.h>

/* Beyond the very edge: ratios may exceed their bound by rounding of a width. */
#define MARGIN 1.02

void ew_reach_series(ew_reach *reach, const ew_prediction *p)
{
    double size = fmax(fabs(p->c[0]), p->scale);
    if (p->known < 2 || !(size > 0))
        return;
    reach->fit = fmax(reach->fit, MARGIN * fabs(p->c[1]) / size / EW_VALIDATE_REGIME);
    reach->narrow = fmax(reach->narrow, MARGIN * ew_series_ratio(p, 1) / EW_VALIDATE_RATIO);
    reach->fit = fmax(reach->fit, reach->narrow);
}

/* The size of a joint cumulant's entries: the root of the kernel, K or Theta, for every field;
 * NaN with second derivatives. */
static double entries_size(const ew_forecast *f, slong layer, slong q)
{
    slong k = ew_forecast_letter(f, "K"), theta = ew_forecast_letter(f, "Theta");
    double size = 1;
    for (slong i = 0; i < f->of_n[q]; i++)
        for (const char *c = f->of[q][i]; *c; c += strcspn(c, "."), c += *c == '.') {
            size_t length = strcspn(c, ".");
            slong kernel = length > 2 ? -1 : length > 1 ? theta : k;
            size *= kernel < 0 ? NAN : sqrt(*ew_forecast_at(f, layer, kernel));
        }
    return size;
}

/* The limit of deep ReLU networks, with a margin: there log K is Gaussian with variance s = V/n
 * K^2, and its cumulants are kappa_k = k^(k-2) s^(k-1) (1 + (k^2 - 1)/6 s + ...) K^k (exact for
 * k = 2, 3; within a fortieth for k = 4). */
void ew_reach_leading(ew_reach *reach, const ew_forecast *f, slong layer, slong quantity)
{
    double c0 = fabs(*ew_forecast_at(f, layer, quantity)), k = (double) f->of_n[quantity];
    for (slong i = 1; i < f->of_n[quantity]; i++)
        if (strcmp(f->of[quantity][i], f->of[quantity][0]) != 0)
            return;
    if (k < 2 || c0 == 0)
        return;
    double s = pow(c0 / entries_size(f, layer, quantity) / pow(k, k - 2), 1 / (k - 1));
    if (isfinite(s))
        reach->fit = fmax(reach->fit, 1.25 * (k * k - 1) / 6 * s / EW_VALIDATE_REGIME);
}

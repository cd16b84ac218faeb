/* What the density command asks for and finds, shared with its figure. */
#ifndef EW_LIBRARY_DENSITY_H
#define EW_LIBRARY_DENSITY_H

#include "library/setup.h"
#include "readings/cumulant/density/density.h"

typedef struct {
    ew_setup *setup;
    ew_output_density *density;
    ew_scalar_list points, from, to; /* as given; grid points into them */
    ew_density_grid grid;
    ew_certified *number, *value; /* ew_density_certify's, ew_density_at's */
    ew_density_sign *sign;        /* [order] */
} ew_density_request;

/* All columns on a grid, a fresh array also on failure (or NULL). */
ew_status ew_density_values(ew_certified **out, ew_output_density *d,
                            const ew_density_grid *grid, slong digits, ew_context *ctx);

/* The figure: densities of all orders against the Gaussian one, and n times the differences. */
ew_status ew_density_plot(const char *path, const ew_density_request *r, ew_context *ctx);

#endif

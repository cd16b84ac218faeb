/* What the density command asks for and finds, shared with its figure. */
#ifndef EW_LIBRARY_DENSITY_H
#define EW_LIBRARY_DENSITY_H

#include "library/keep.h"
#include "library/setup.h"
#include "products/compare.h"
#include "readings/cumulant/density/density.h"

typedef struct {
    ew_setup *setup;
    ew_output_density *density;
    ew_scalar_list points, from, to; /* as given; grid points into them */
    ew_density_grid grid;
    ew_certified *number, *value; /* ew_density_certify's, ew_density_at's */
    ew_density_sign *sign;        /* [order] */
    ew_sample_options sampling;   /* samples 0: none asked for */
    ew_keep *keep;                /* of the samples, or NULL */
    ew_comparison *compared;      /* with samples, or NULL */
} ew_density_request;

/* The options about samples; then the comparison with them, where asked for. */
ew_status ew_density_sampling(ew_density_request *r, const ew_network *net, ew_context *ctx);
ew_status ew_density_sample(ew_density_request *r, const ew_network *net, ew_context *ctx);
/* Its part of the result (to come before the points: CSV has the first table), and of the network as understood; nonzero when memory is exhausted. */
int ew_density_put_sample(json_t *result, const ew_density_request *r);
int ew_density_put_sampling(json_t *network, const ew_density_request *r);

/* All columns on a grid, a fresh array also on failure (or NULL). */
ew_status ew_density_values(ew_certified **out, ew_output_density *d,
                            const ew_density_grid *grid, slong digits, ew_context *ctx);

/* The figure: densities of all orders against the Gaussian one, with the histogram where there
 * is one, and n times the differences. */
ew_status ew_density_plot(const char *path, const ew_density_request *r, ew_context *ctx);

#endif

/* What is known in closed form of one variance, dV = (g V + c V^2) dt + sqrt(2) V dB: shaped
 * networks (c = -g = beta, or g = c = 0) and unshaped critical ones (g = 0, c = a_1).  1/V
 * solves the linear equation dq = (-c + (2 - g) q) dt - sqrt(2) q dB; the scale function has
 * derivative V^-g e^(-c V).
 */
#ifndef EW_READINGS_SDE_CLOSED_FORM_H
#define EW_READINGS_SDE_CLOSED_FORM_H

#include "readings/sde/sde.h"

typedef struct {
    double g, c;
} ew_variance_form;

/* The form of the drift of V_aa; 0 if it is not of this kind, or its noise not sqrt(2) V. */
int ew_variance_form_of(ew_variance_form *f, const ew_sde *sde, slong field);

/* c = 0, a geometric Brownian motion: E V^p, and P(V_t <= v). */
double ew_geometric_moment(const ew_variance_form *f, double v0, double p, double t);
double ew_geometric_distribution(const ew_variance_form *f, double v0, double v, double t);

/* E 1/V_t, of paths that never explode (c <= 0); v0 may be infinite. */
double ew_inverse_mean(const ew_variance_form *f, double v0, double t);

/* The probability of an explosion in finite time, from v0 > 0. */
double ew_explosion_probability(const ew_variance_form *f, double v0);

/* 1 and the gamma law's shape and rate if there is a stationary law. */
int ew_stationary_law(double *shape, double *rate, const ew_variance_form *f);
double ew_gamma_distribution(double x, double shape, double rate);

#endif

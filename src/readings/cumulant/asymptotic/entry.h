/* The rows of the asymptotics, whatever the class; internal. */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_ENTRY_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_ENTRY_H

#include "readings/cumulant/asymptotic/text.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

/* The infinite-width mean of a field's square: K for field 0; -1 when there is none. */
slong ew_asymptotic_mean(const ew_hierarchy *h, slong field);

/* The name of an unknown: "V", "V_2", "kappa3"; fresh string. */
char *ew_asymptotic_symbol(const ew_hierarchy *h, slong i, int latex, ew_context *ctx);

/* X / (K^k Theta^theta) has no unit: two z of unit Z make a K, a tangent's unit is that of
 * sqrt(K/Theta). */
typedef struct {
    slong k, theta;
    slong at; /* the unknown Theta */
} ew_norm;

/* 0 for K, Theta and what has directions. */
int ew_asymptotic_norm(ew_norm *n, const ew_hierarchy *h, slong i);
/* "V/K^2", "D/(K Theta)", "K R/Theta^3"; fresh string. */
char *ew_asymptotic_ratio_name(const ew_hierarchy *h, slong i, const ew_norm *n, int latex,
                               ew_context *ctx);

/* A new empty entry; takes name and latex (NULL: a failure recorded before). */
ew_asymptotic_entry *ew_asymptotic_add(ew_asymptotics *a, char *name, char *latex,
                                       int normalised, ew_context *ctx);
/* The leading term of in_l as the law. */
ew_status ew_asymptotic_set_law(ew_asymptotic_entry *e, ew_context *ctx);
/* Takes meaning. */
ew_status ew_asymptotic_add_constant(ew_asymptotics *a, const char *name, const char *latex,
                                     char *meaning, ew_context *ctx);

/* The classes. */
ew_status ew_asymptotic_zero(ew_asymptotics **out, const ew_hierarchy *h, const ew_setting *net,
                             const ew_asymptotic_options *opt, ew_context *ctx);
ew_status ew_asymptotic_fixed(ew_asymptotics **out, const ew_hierarchy *h,
                              const ew_setting *net, const ew_asymptotic_options *opt,
                              ew_context *ctx);

#endif

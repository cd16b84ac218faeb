/* From options to the numbers of a network: the setting the readings take. */
#ifndef EW_LIBRARY_SETUP_H
#define EW_LIBRARY_SETUP_H

#include <jansson.h>

#include "chain/setting.h"
#include "expect/expect.h"
#include "library/csv_input.h"
#include "library/network.h"
#include "library/residual.h"
#include "readings/kernel/critical.h"

/* A coordinate of a critical point as a scalar; keeps the last ball, since every layer asks. */
typedef struct {
    ew_critical_point *point;
    int bias; /* C_b rather than C_W */
    slong prec;
    arb_t last;
} ew_critical_scalar;

/* K_ab = C_b + C_W x_a.x_b / n_0, times the square root of `square` where inputs are rescaled. */
typedef struct {
    const ew_setting *net;
    fmpq_t dot, square;
} ew_dot_scalar;

/* x_a.v / n_0 = (K_ab - C_b)/C_W for v = x_b. */
typedef struct {
    const ew_setting *net;
    slong gram;
} ew_radial_scalar;

typedef struct {
    ew_activation *activation;
    ew_setting net;             /* owns its lists */
    ew_critical_list *critical; /* `critical` command: all points */
    ew_critical_point *point;   /* the one that C_W or C_b come from */
    ew_critical_scalar at[2];   /* C_W, C_b */
    ew_dot_scalar *dot;
    slong dots;
    fmpq *products; /* x_a.x_b / n_0 of inputs from a file; net.dot */
    ew_csv *inputs; /* that file, and after it the rows of `inputs-test` */
    slong given;    /* rows of the former */
    ew_radial_scalar *radial;
    ew_residual *residual; /* net.residual, or NULL */
    int cw_defaulted, cb_defaulted;
    slong digits;
    int exact;
    ew_method method;
} ew_setup;

/* Everything: activation, depth, C_W and C_b (solving for critical ones), rates, inputs,
 * widths. *out must not move: its scalars point into it. */
ew_status ew_setup_new(ew_setup **out, const ew_network *net, ew_context *ctx);
/* The same where comma lists in width and depth are alternatives: widths are not set, depth is
 * the largest (default 5). */
ew_status ew_setup_alternatives(ew_setup **out, const ew_network *net, ew_context *ctx);
/* What a command can do beyond the plain network; ew_setup_new and ew_setup_alternatives refuse
 * the ensemble and residual networks (EW_UNABLE), so that no command ignores them.  The depth of
 * a residual network is its number of blocks, but net.depth counts the input as a layer
 * (chain/residual.h). */
enum {
    EW_SETUP_ALTERNATIVES = 1,
    EW_SETUP_ORTHOGONAL = 2,
    EW_SETUP_RESIDUAL = 4,
    EW_SETUP_DATA = 8 /* inputs and directions are not read */
};
ew_ensemble ew_setup_ensemble(const ew_network *net);
ew_status ew_setup_able(ew_setup **out, const ew_network *net, int abilities, ew_context *ctx);
/* The activation and the options about digits and method only. */
ew_status ew_setup_brief(ew_setup **out, const ew_network *net, ew_context *ctx);
void ew_setup_free(ew_setup *s);

/* The option `directions`: inner products of the directions with the inputs and each other. */
ew_status ew_setup_directions(ew_setup *s, const ew_network *net, ew_context *ctx);
void ew_setup_directions_free(ew_setup *s);

/* C_W and C_b by the rules of the option table: given, `critical`, or by default. */
ew_status ew_setup_parameters(ew_setup *s, const ew_network *net, ew_context *ctx);

/* Turn per-block lists into lists by layer, the first of them the input itself, and the number
 * of blocks into that of layers. */
ew_status ew_setup_blocks(ew_setup *s, const ew_network *net, ew_context *ctx);
/* Beta, C_V and the inner width for the network's description; NULL with the failure recorded.
 */
json_t *ew_residual_json(const ew_setup *s, ew_context *ctx);

/* A list of constants from text, as scalars. */
ew_status ew_scalars_read(ew_scalar_list *list, const char *name, const char *text,
                          ew_context *ctx);
void ew_scalars_clear(ew_scalar_list *list);

/* The network as understood, for the result's "network"; NULL with the failure recorded. */
json_t *ew_setup_json(const ew_setup *s, const ew_network *net, ew_context *ctx);
/* A scalar as exact text, else as a certified number. */
json_t *ew_scalar_json(const ew_scalar *x, slong digits, ew_context *ctx);

#endif

/* Functions of an emitted C header: their text, and points at which a self-test checks them. */
#ifndef EW_PRODUCTS_HEADER_FUNCTION_H
#define EW_PRODUCTS_HEADER_FUNCTION_H

#include "chain/setting.h"
#include "expect/expect.h"

#define EW_HEADER_ARGUMENTS 12

/* One point.  lo and hi are NaN where the function must return NaN: outside its domain. */
typedef struct {
    double arg[EW_HEADER_ARGUMENTS];
    int args;
    double lo, hi; /* enclose the true value at arg, which is exact */
    double bound; /* the absolute error that is claimed there: a value v is right if and only if
                     lo - bound <= v <= hi + bound */
} ew_header_probe;

typedef struct {
    char *name;   /* "gelu_chi_par" */
    char *call;   /* C expression of a `const double *a`, the arguments: "gelu_chi_par(a[0])" */
    char *domain; /* for people: "0.0009765625 <= K <= 1024" */
    double relative; /* claimed bound of the relative error, or infinite where there is none */
    ew_header_probe *probe;
    slong probes;
} ew_header_function;

/* The functions of one family; they share one text. */
typedef struct {
    char *text; /* valid C99 and C++: comments with domain and bound, tables, `static inline`
                   functions; needs the text of ew_header_shared before it */
    slong n;
    ew_header_function *function;
} ew_header_functions;

typedef struct {
    const ew_setting *net; /* activation; C_W, C_b and the rates of its second layer */
    ew_evaluator *E;       /* of that activation */
    const char *prefix;    /* "gelu": identifiers begin with gelu_ */
    double k_min, k_max;   /* 0 and 0: the default domain, or what of it can be certified */
    uint64_t seed;         /* of the random probes */
    slong probes;          /* random ones of each function, besides extreme ones */
} ew_header_request;

/* What the families below have in common: <math.h>, <stdint.h>, <string.h>, and a few inline
 * functions.  Once per header, before any of them.  NULL: failure recorded. */
char *ew_header_shared(const char *prefix, ew_context *ctx);

/* K -> <s^2>_K, <s'^2>_K, chi_par(K), chi_perp(K), in names PREFIX_ss_one, PREFIX_dd_one,
 * PREFIX_chi_par, PREFIX_chi_perp.  EW_DOMAIN, EW_UNABLE: the domain is not certified; the
 * message says which part of it is. */
ew_status ew_header_single(ew_header_functions *out, const ew_header_request *r,
                           ew_context *ctx);
/* (K, rho) -> <s s>, <s' s'> and the map of distances 1 - rho: a plan for one K, and functions
 * of the plan.  Needs ew_header_single's text before it.  EW_UNABLE: kinks away from
 * max(z, 0) and min(z, 0). */
ew_status ew_header_dual(ew_header_functions *out, const ew_header_request *r, ew_context *ctx);
/* One layer of the first-order recursion: K, Theta, V, D, F, A, B, G1, H1. */
ew_status ew_header_step(ew_header_functions *out, const ew_header_request *r, ew_context *ctx);

/* All zero is fine. */
void ew_header_functions_clear(ew_header_functions *f);

#endif

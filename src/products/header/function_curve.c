#include "products/header/function_curve.h"

#include <math.h>
#include <stdlib.h>

ew_status ew_header_domain(double *lo, double *hi, int *shrink, const ew_header_request *r,
                           ew_context *ctx)
{
    *shrink = r->k_min == 0 && r->k_max == 0;
    *lo = *shrink ? EW_HEADER_K_MIN : r->k_min;
    *hi = *shrink ? EW_HEADER_K_MAX : r->k_max;
    if (!(*lo >= 0x1p-100 && *lo < *hi && *hi <= 0x1p100))
        return ew_fail(ctx, EW_DOMAIN,
                       "domain: 2^-100 <= K_min < K_max <= 2^100 is needed");
    return EW_OK;
}

char *ew_curve_claim(const char *prefix, const char *name, double relative, ew_context *ctx)
{
    if (!isfinite(relative))
        return ew_format(ctx, "its absolute error is at most %s_%s_error(K)", prefix, name);
    char *units = ew_bound_text(relative * 0x1p53, ctx);
    char *text = units ? ew_format(ctx, "relative error at most %s * 2^-53", units) : NULL;
    free(units);
    return text;
}

static const char curve[] =
    "static inline double @_$name$(double K)\n"
    "{\n"
    "    int inside = K >= $lo$ && K <= $hi$;\n"
    "    double k = inside ? K : $lo$;\n"
    "    int i = @_octave(k, $first$, $pieces$);\n"
    "    double w = @_place(k, i + $first$);\n"
    "    double y = @_polynomial(@_$name$_table + i * $rows$, $degree$, w);\n"
    "    return inside ? y$power$ : NAN;\n"
    "}\n"
    "\n"
    "static inline double @_$name$_error(double K)\n"
    "{\n"
    "    int inside = K >= $lo$ && K <= $hi$;\n"
    "    int i = @_octave(K, $first$, $pieces$);\n"
    "    return inside ? @_from_bits((uint64_t) @_$name$_errors[i]) : NAN;\n"
    "}\n";

static const char *power_text(int power)
{
    static const char *const text[] = {" / k / k / k", " / k / k", " / k",        "",
                                       " * k",         " * k * k", " * k * k * k"};
    return text[power + 3];
}

void ew_write_curve(ew_writer *w, const char *prefix, const char *name, const char *what,
                    const ew_curve *c, double lo, double hi)
{
    ew_context *ctx = w->ctx;
    char *low = ew_double_text(lo, ctx), *high = ew_double_text(hi, ctx),
         *first = ew_format(ctx, "%d", c->pieces.first),
         *pieces = ew_format(ctx, "%ld", (long) c->pieces.n),
         *rows = ew_format(ctx, "%ld", (long) c->degree + 1),
         *degree = ew_format(ctx, "%ld", (long) c->degree),
         *table = ew_format(ctx, "%s_table", name), *errors = ew_format(ctx, "%s_errors", name),
         *from = ew_decimal_text(lo, ctx), *to = ew_decimal_text(hi, ctx),
         *claim = ew_curve_claim(prefix, name, c->relative, ctx);
    if (low && high && first && pieces && rows && degree && table && errors && from && to &&
        claim) {
        const ew_word words[] = {{"name", name},     {"lo", low},
                                 {"hi", high},       {"first", first},
                                 {"pieces", pieces}, {"rows", rows},
                                 {"degree", degree}, {"power", power_text(c->power)},
                                 {"from", from},     {"to", to},
                                 {"what", what},     {"claim", claim},
                                 {NULL, NULL}};
        ew_template(w, "\n/* $what$ for $from$ <= K <= $to$: $claim$. */\n", prefix, words);
        ew_write_table(w, prefix, table, c->coef, c->pieces.n * (c->degree + 1));
        ew_write_table(w, prefix, errors, c->error, c->pieces.n);
        ew_template(w, curve, prefix, words);
    } else {
        w->failed = 1;
    }
    char *all[] = {low, high, first, pieces, rows, degree, table, errors, from, to, claim};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* A point, and what is true there. */
static ew_status probe_at(ew_header_function *f, const ew_curve *c, double K, int inside,
                          ew_header_truth_fn truth, void *data, ew_context *ctx)
{
    ew_header_probe *p = ew_header_probe_add(f, ctx);
    if (!p)
        return EW_MEMORY;
    p->arg[0] = K;
    p->args = 1;
    if (!inside)
        return EW_OK;
    arb_t k, y;
    arb_init(k);
    arb_init(y);
    arb_set_d(k, K);
    ew_status status = truth(y, k, data, ctx);
    ew_header_probe_set(p, y);
    double most = fmax(fabs(p->lo), fabs(p->hi));
    p->bound = isfinite(f->relative) ? nextafter(f->relative * most, INFINITY)
                                     : c->error[ew_curve_piece(c, K)];
    arb_clear(y);
    arb_clear(k);
    return status;
}

ew_status ew_header_probe_curve(ew_header_function *f, const ew_curve *c, double lo, double hi,
                                const ew_header_request *r, ew_header_truth_fn truth,
                                void *data, ew_context *ctx)
{
    const double outside[] = {nextafter(lo, 0), nextafter(hi, INFINITY), 0, -1, INFINITY, NAN};
    ew_status status = EW_OK;
    for (size_t i = 0; i < sizeof outside / sizeof *outside && status == EW_OK; i++)
        status = probe_at(f, c, outside[i], 0, truth, data, ctx);
    if (status == EW_OK)
        status = probe_at(f, c, lo, 1, truth, data, ctx);
    if (status == EW_OK)
        status = probe_at(f, c, hi, 1, truth, data, ctx);
    for (slong i = 1; i < c->pieces.n && status == EW_OK; i++) {
        double K = ldexp(1, c->pieces.first + (int) i);
        status = probe_at(f, c, K, 1, truth, data, ctx);
        if (status == EW_OK)
            status = probe_at(f, c, nextafter(K, 0), 1, truth, data, ctx);
    }
    for (slong i = 0; i < r->probes && status == EW_OK; i++) {
        double K = ew_probe_between(r->seed, (uint64_t) i, lo, hi);
        status = probe_at(f, c, K, 1, truth, data, ctx);
    }
    return status;
}

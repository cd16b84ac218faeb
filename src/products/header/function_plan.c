#include "products/header/function_plan.h"

#include <math.h>
#include <stdlib.h>

/* Core functions of t in [0, 1]: 0 is <s's'> and 1 its average over [1 - t, 1]; on side 1, rho
 * < 0, the same towards -1, or for odd s, <s s>/(K rho) for 0. */

static const char opening[] =
    "\n"
    "#ifndef $guard$_RESTRICT\n"
    "#if defined __cplusplus && !defined __GNUC__ && !defined _MSC_VER\n"
    "#define $guard$_RESTRICT\n"
    "#elif defined __cplusplus\n"
    "#define $guard$_RESTRICT __restrict\n"
    "#else\n"
    "#define $guard$_RESTRICT restrict\n"
    "#endif\n"
    "#endif\n"
    "\n"
    "/* Functions of (u, v) ~ N(0, K [[1, rho], [rho, 1]]) for $from$ <= K <= $to$: make a "
    "plan\n"
    " * for one K, and use it for any number of rho.\n"
    " *     @_dual_at(&plan, K)          1, or 0 outside the domain: then all functions are "
    "NaN\n"
    " *     @_dual_ss(&plan, rho)        <s(u) s(v)>: $ss$\n"
    " *     @_dual_dd(&plan, rho)        <s'(u) s'(v)>: $dd$\n"
    " *     @_dual_distance(&plan, t)    <s(u)^2> - <s(u) s(v)> for rho = 1 - t, 0 <= t <= 2:\n"
    " *                                  $distance$\n"
    " *     @_dual_next(&plan, t)        1 - rho in the next layer from t = 1 - rho in this "
    "one,\n"
    " *                                  with the network's C_W and C_b:\n"
    " *                                  $next$\n"
    " * Near rho = 1 distances keep what rho cannot hold.  rho = 1, -1 and t = 0, 2 are in "
    "the\n"
    " * domain; |rho| > 1 is not.  (t below 2^-900 may lose its relative accuracy.) */\n";

static const char surface_plan[] =
    "typedef struct {\n"
    "    double K, one, opposite, full, next;\n"
    "    int last;\n"
    "    double scale;\n"
    "    double row[$functions$][$most$][$rows$];\n"
    "} @_dual_plan;\n"
    "\n"
    "static inline double @_dual_core(const @_dual_plan *p, int f, int side, double t)\n"
    "{\n"
    "    int i = 1022 - (int) (@_to_bits(t) >> 52);\n"
    "    i = i > 0 ? i : 0;\n"
    "    i = i < p->last ? i : p->last;\n"
    "    double c = @_from_bits(((uint64_t) (1022 - i) << 52) | UINT64_C(0x6a00000000000));\n"
    "    double far = (t - c) / ((1 - c) * t + c), near = t * p->scale;\n"
    "    double w = i < p->last ? far : near;\n"
    "    return @_row(p->row[f + 2 * side][i], $degree$, w);\n"
    "}\n"
    "\n"
    "static inline void @_dual_fill(@_dual_plan *p, double K)\n"
    "{\n"
    "    int piece = @_octave(K, $first$, $pieces$);\n"
    "    const unsigned char *length = @_dual_lengths + @_dual_length_at[piece];\n"
    "    const int64_t *c = @_dual_table + @_dual_table_at[piece];\n"
    "    double w = @_place(K, piece + $first$);\n"
    "    p->last = @_dual_octaves[piece];\n"
    "    p->scale = @_from_bits((uint64_t) (1023 + p->last) << 52);\n"
    "    for (int f = 0; f < $functions$; f++)\n"
    "        for (int i = 0; i <= p->last; i++)\n"
    "            for (int k = 0; k < $rows$; k++) {\n"
    "                int n = *length++;\n"
    "                p->row[f][i][k] = n ? @_horner(c, n - 1, w) : 0;\n"
    "                c += n;\n"
    "            }\n"
    "    p->one = @_ss_one(K);\n"
    "    p->full = $full$;\n"
    "    p->opposite = $opposite$;\n"
    "}\n"
    "\n"
    "static inline void @_dual_void(@_dual_plan *p)\n"
    "{\n"
    "    p->K = p->one = p->opposite = p->full = p->next = NAN;\n"
    "    p->last = 0;\n"
    "    p->scale = 1;\n"
    "    for (int f = 0; f < $functions$; f++)\n"
    "        for (int k = 0; k < $rows$; k++)\n"
    "            p->row[f][0][k] = NAN;\n"
    "}\n";

static const char root_plan[] =
    "typedef struct {\n"
    "    double K, one, opposite, full, next;\n"
    "} @_dual_plan;\n"
    "\n"
    "static inline double @_dual_core(const @_dual_plan *p, int f, int side, double t)\n"
    "{\n"
    "    double y = sqrt(t) * @_polynomial(f ? @_dual_mean : @_dual_jump, $degree$, t);\n"
    "    y = (side ? $cross$ : $equal$) + (side ? 1 : -1) * y;\n"
    "    return p->K > 0 ? y : (double) NAN;\n"
    "}\n"
    "\n"
    "static inline void @_dual_fill(@_dual_plan *p, double K)\n"
    "{\n"
    "    p->one = $equal$ * K;\n"
    "    p->opposite = $minus$ * K;\n"
    "    p->full = p->one - p->opposite;\n"
    "}\n"
    "\n"
    "static inline void @_dual_void(@_dual_plan *p)\n"
    "{\n"
    "    p->K = p->one = p->opposite = p->full = p->next = NAN;\n"
    "}\n";

static const char common[] =
    "\n"
    "static inline int @_dual_at(@_dual_plan *p, double K)\n"
    "{\n"
    "    if (!(K >= $lo$ && K <= $hi$)) {\n"
    "        @_dual_void(p);\n"
    "        return 0;\n"
    "    }\n"
    "    p->K = K;\n"
    "    @_dual_fill(p, K);\n"
    "    p->next = $cw$ / ($cb$ + $cw$ * p->one);\n"
    "    return 1;\n"
    "}\n"
    "\n"
    "static inline double @_dual_dd(const @_dual_plan *p, double rho)\n"
    "{\n"
    "    double r = fabs(rho);\n"
    "    int inside = r <= 1;\n"
    "    double t = 1 - (inside ? r : 1);\n"
    "    double y = $dd_body$;\n"
    "    return inside ? y : NAN;\n"
    "}\n"
    "\n"
    "static inline double @_dual_ss(const @_dual_plan *p, double rho)\n"
    "{\n"
    "    double r = fabs(rho);\n"
    "    int inside = r <= 1;\n"
    "    double t = 1 - (inside ? r : 1);\n"
    "$ss_body$"
    "    return inside ? y : NAN;\n"
    "}\n"
    "\n"
    "static inline double @_dual_distance(const @_dual_plan *p, double t)\n"
    "{\n"
    "    int inside = t >= 0 && t <= 2;\n"
    "    double other = 2 - t, r = t <= 1 ? t : other;\n"
    "    r = inside ? r : 0;\n"
    "$distance_body$"
    "    return inside ? y : NAN;\n"
    "}\n"
    "\n"
    "static inline double @_dual_next(const @_dual_plan *p, double t)\n"
    "{\n"
    "    return p->next * @_dual_distance(p, t);\n"
    "}\n";

/* The same over arrays, and for one pair. */
static const char many[] =
    "\n"
    "/* out[i] = @_dual_$name$(plan, in[i]). */\n"
    "static inline void @_dual_$name$_many(const @_dual_plan *plan,\n"
    "                                      const double *$guard$_RESTRICT in,\n"
    "                                      double *$guard$_RESTRICT out, size_t n)\n"
    "{\n"
    "    const @_dual_plan p = *plan;\n"
    "    for (size_t i = 0; i < n; i++)\n"
    "        out[i] = @_dual_$name$(&p, in[i]);\n"
    "}\n"
    "\n"
    "/* A plan for one value only: slow. */\n"
    "static inline double @_$name$(double K, double $argument$)\n"
    "{\n"
    "    @_dual_plan p;\n"
    "    @_dual_at(&p, K);\n"
    "    return @_dual_$name$(&p, $argument$);\n"
    "}\n";

static const char *const dd_body[] = {
    "@_dual_core(p, 0, rho < 0, t)",
    "@_dual_core(p, 0, 0, t)",
    "(rho < 0 ? -1 : 1) * @_dual_core(p, 0, 0, t)",
};
static const char *const ss_body[] = {
    "    double y = p->K * t * @_dual_core(p, 1, rho < 0, t);\n"
    "    y = (rho < 0 ? p->opposite : p->one) + (rho < 0 ? 1 : -1) * y;\n",
    "    double y = p->K * @_dual_core(p, 0, 1, t) * rho;\n",
    "    double y = p->one - p->K * t * @_dual_core(p, 1, 0, t);\n",
};
static const char *const distance_body[] = {
    "    double y = p->K * r * @_dual_core(p, 1, t > 1, r);\n"
    "    double rest = p->full - y;\n"
    "    y = t <= 1 ? y : rest;\n",
    "    double y = p->K * r * @_dual_core(p, 1, 0, r);\n"
    "    double rest = 2 * p->one - y;\n"
    "    y = t <= 1 ? y : rest;\n",
    "    double y = p->K * r * @_dual_core(p, 1, 0, r);\n",
};
static const char *const full[] = {"K * (@_dual_core(p, 1, 0, 1) + @_dual_core(p, 1, 1, 1))",
                                   "2 * p->one", "0"};
static const char *const opposite[] = {"p->one - p->full", "-p->one", "p->one"};

/* ---- writing ------------------------------------------------------------------------------
 */

static void write_integers(ew_writer *w, const char *prefix, const char *type, const char *name,
                           const slong *x, slong n)
{
    ew_writer_add_fresh(
        w, ew_format(w->ctx, "static const %s %s_%s[%ld] = {", type, prefix, name, (long) n));
    for (slong i = 0; i < n; i++)
        ew_writer_add_fresh(w, ew_format(w->ctx, "%s%ld%s", i % 32 ? "" : "\n    ", (long) x[i],
                                         i + 1 < n ? "," : "\n};\n"));
}

/* The tables of a surface and where each piece's begin. */
static void write_surface_tables(ew_writer *w, const ew_dual_text *x)
{
    const ew_surface *s = x->surface;
    slong n = s->pieces.n, length = 0, coef = 0;
    slong *at = ew_alloc((size_t) (2 * n) * sizeof *at, w->ctx);
    slong *lengths = ew_alloc((size_t) s->lengths * sizeof *lengths, w->ctx);
    if (at && lengths) {
        for (slong i = 0; i < s->lengths; i++)
            lengths[i] = s->length[i];
        for (slong p = 0; p < n; p++) {
            at[p] = length;
            at[n + p] = coef;
            slong rows = s->functions * (s->octaves[p] + 1) * (s->degree + 1);
            for (slong i = 0; i < rows; i++)
                coef += lengths[length++];
        }
        write_integers(w, x->prefix, "int", "dual_octaves", s->octaves, n);
        write_integers(w, x->prefix, "int", "dual_length_at", at, n);
        write_integers(w, x->prefix, "int", "dual_table_at", at + n, n);
        write_integers(w, x->prefix, "unsigned char", "dual_lengths", lengths, s->lengths);
        ew_write_table(w, x->prefix, "dual_table", s->coef, s->coefs);
    } else {
        w->failed = 1;
    }
    free(at);
    free(lengths);
}

static void write_surface(ew_writer *w, const ew_dual_text *x)
{
    const ew_surface *s = x->surface;
    ew_context *ctx = w->ctx;
    slong most = 0;
    for (slong p = 0; p < s->pieces.n; p++)
        most = FLINT_MAX(most, s->octaves[p] + 1);
    char *functions = ew_format(ctx, "%ld", (long) s->functions),
         *rows = ew_format(ctx, "%ld", (long) s->degree + 1),
         *degree = ew_format(ctx, "%ld", (long) s->degree),
         *pieces = ew_format(ctx, "%ld", (long) s->pieces.n),
         *first = ew_format(ctx, "%d", s->pieces.first),
         *most_text = ew_format(ctx, "%ld", (long) most);
    ew_writer body = {.ctx = ctx};
    ew_template(&body, full[x->shape], x->prefix, NULL);
    char *full_text = ew_writer_take(&body);
    write_surface_tables(w, x);
    if (functions && rows && degree && pieces && first && most_text && full_text) {
        const ew_word words[] = {{"functions", functions},
                                 {"rows", rows},
                                 {"degree", degree},
                                 {"pieces", pieces},
                                 {"first", first},
                                 {"most", most_text},
                                 {"full", full_text},
                                 {"opposite", opposite[x->shape]},
                                 {NULL, NULL}};
        ew_template(w, surface_plan, x->prefix, words);
    } else {
        w->failed = 1;
    }
    char *all[] = {functions, rows, degree, pieces, first, most_text, full_text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void write_root(ew_writer *w, const ew_dual_text *x)
{
    const ew_root *r = x->root;
    ew_context *ctx = w->ctx;
    char *degree = ew_format(ctx, "%ld", (long) r->degree),
         *equal = ew_double_text(r->base[0], ctx), *cross = ew_double_text(r->base[1], ctx),
         *minus = ew_double_text(r->opposite, ctx);
    ew_write_table(w, x->prefix, "dual_jump", r->coef[0], r->degree + 1);
    ew_write_table(w, x->prefix, "dual_mean", r->coef[1], r->degree + 1);
    if (degree && equal && cross && minus) {
        const ew_word words[] = {{"degree", degree},
                                 {"equal", equal},
                                 {"cross", cross},
                                 {"minus", minus},
                                 {NULL, NULL}};
        ew_template(w, root_plan, x->prefix, words);
    } else {
        w->failed = 1;
    }
    free(degree);
    free(equal);
    free(cross);
    free(minus);
}

/* "relative error at most 4.00 * 2^-53", or an absolute one in terms of `scale`. */
static char *claim(double relative, double scaled, const char *scale, const char *where,
                   ew_context *ctx)
{
    char *a = ew_bound_text(relative * 0x1p53, ctx), *b = ew_bound_text(scaled * 0x1p53, ctx);
    char *text = NULL;
    if (a && b && !isfinite(relative))
        text = ew_format(ctx, "error at most %s * 2^-53 %s", b, scale);
    else if (a && b && isfinite(scaled))
        text = ew_format(ctx, "relative error at most %s * 2^-53%s; beyond, %s * 2^-53 %s", a,
                         where, b, scale);
    else if (a && b)
        text = ew_format(ctx, "relative error at most %s * 2^-53", a);
    free(a);
    free(b);
    return text;
}

/* A name for macros: the prefix in capitals. */
static char *guard_text(const char *prefix, ew_context *ctx)
{
    char *s = ew_strdup(prefix, ctx);
    for (char *c = s; c && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char) (*c - 'a' + 'A');
    return s;
}

static void write_opening(ew_writer *w, const ew_dual_text *x, const char *guard)
{
    const ew_dual_claims *c = &x->claim;
    ew_context *ctx = w->ctx;
    char *from = ew_decimal_text(x->lo, ctx), *to = ew_decimal_text(x->hi, ctx),
         *ss = claim(c->ss, c->ss_scaled, "<s(u)^2>", "", ctx),
         *dd = claim(c->dd, c->dd_scaled, "<s'(u)^2>", "", ctx),
         *distance = claim(c->distance, c->distance_scaled, "<s(u)^2>", " for t <= 1", ctx),
         *next = claim(c->next, c->next_scaled, "", " for t <= 1", ctx);
    if (from && to && ss && dd && distance && next) {
        const ew_word words[] = {
            {"from", from},         {"to", to},     {"ss", ss},       {"dd", dd},
            {"distance", distance}, {"next", next}, {"guard", guard}, {NULL, NULL}};
        ew_template(w, opening, x->prefix, words);
    } else {
        w->failed = 1;
    }
    char *all[] = {from, to, ss, dd, distance, next};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static char *filled(const char *template, const char *prefix, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    ew_template(&w, template, prefix, NULL);
    return ew_writer_take(&w);
}

static void write_common(ew_writer *w, const ew_dual_text *x, const char *guard)
{
    ew_context *ctx = w->ctx;
    char *lo = ew_double_text(x->lo, ctx), *hi = ew_double_text(x->hi, ctx),
         *cw = ew_double_text(x->cw, ctx), *cb = ew_double_text(x->cb, ctx),
         *dd = filled(dd_body[x->shape], x->prefix, ctx),
         *ss = filled(ss_body[x->shape], x->prefix, ctx),
         *distance = filled(distance_body[x->shape], x->prefix, ctx);
    if (lo && hi && cw && cb && dd && ss && distance) {
        const ew_word words[] = {{"lo", lo},
                                 {"hi", hi},
                                 {"cw", cw},
                                 {"cb", cb},
                                 {"dd_body", dd},
                                 {"ss_body", ss},
                                 {"distance_body", distance},
                                 {NULL, NULL}};
        ew_template(w, common, x->prefix, words);
        static const char *const names[][2] = {
            {"ss", "rho"}, {"dd", "rho"}, {"distance", "t"}, {"next", "t"}};
        for (size_t i = 0; i < 4; i++) {
            const ew_word each[] = {{"name", names[i][0]},
                                    {"argument", names[i][1]},
                                    {"guard", guard},
                                    {NULL, NULL}};
            ew_template(w, many, x->prefix, each);
        }
    } else {
        w->failed = 1;
    }
    char *all[] = {lo, hi, cw, cb, dd, ss, distance};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

char *ew_dual_write(const ew_dual_text *x, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    char *guard = guard_text(x->prefix, ctx);
    if (guard) {
        write_opening(&w, x, guard);
        if (x->root)
            write_root(&w, x);
        else
            write_surface(&w, x);
        write_common(&w, x, guard);
    } else {
        w.failed = 1;
    }
    free(guard);
    return ew_writer_take(&w);
}

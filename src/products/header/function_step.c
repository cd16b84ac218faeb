/* One layer of the first-order recursion, from the polynomials that the chain derives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chain/evaluate.h"
#include "expect/approximate/rounded.h"
#include "products/header/function_curve.h"
#include "readings/cumulant/hierarchy/hierarchy.h"

#define PROBE_BITS 120
#define MOST_ATOMS 16

typedef struct {
    const ew_header_request *r;
    ew_hierarchy *h;
    ew_poly_program *program;
    /* Variables: text of a pair (value, error), NULL where a polynomial has none. */
    char **pair;
    slong atoms; /* that have to be tabulated */
    slong variable[MOST_ATOMS];
    ew_atom1 atom[MOST_ATOMS];
    char *name[MOST_ATOMS];
    ew_curve curve[MOST_ATOMS];
    ew_curve common[EW_CURVES];
    double lo, hi;
} step;

/* ---- the running error --------------------------------------------------------------------
 */

/* A number and a bound of its error, as in the emitted text. */
typedef struct {
    double v, e;
} pair;

static pair times(pair a, pair b)
{
    double v = a.v * b.v;
    return (pair){v, fabs(a.v) * b.e + (fabs(b.v) + b.e) * a.e + 0x1p-53 * fabs(v)};
}

static pair plus(pair a, pair b)
{
    double v = a.v + b.v;
    return (pair){v, a.e + b.e + 0x1p-53 * fabs(v)};
}

static const char arithmetic[] =
    "\n"
    "/* A number and a bound of its error. */\n"
    "typedef struct {\n"
    "    double v, e;\n"
    "} @_pair;\n"
    "\n"
    "static inline @_pair @_of(double v, double e)\n"
    "{\n"
    "    @_pair y;\n"
    "    y.v = v;\n"
    "    y.e = e;\n"
    "    return y;\n"
    "}\n"
    "\n"
    "static inline @_pair @_times(@_pair a, @_pair b)\n"
    "{\n"
    "    double v = a.v * b.v;\n"
    "    return @_of(v, fabs(a.v) * b.e + (fabs(b.v) + b.e) * a.e + 0x1p-53 * fabs(v));\n"
    "}\n"
    "\n"
    "static inline @_pair @_plus(@_pair a, @_pair b)\n"
    "{\n"
    "    double v = a.v + b.v;\n"
    "    return @_of(v, a.e + b.e + 0x1p-53 * fabs(v));\n"
    "}\n";

/* What the roundings of the bounds themselves may take away. */
#define INFLATE (1 + 0x1p-40)
#define UNDERFLOW 0x1p-1000

/* ---- the polynomials ----------------------------------------------------------------------
 */

/* A letter or an atom's name as an identifier. */
static char *identifier(const char *name, ew_context *ctx)
{
    char *s = ew_alloc(strlen(name) + 6, ctx);
    if (!s)
        return NULL;
    strcpy(s, "mean");
    size_t n = 4;
    for (; *name; name++) {
        int c = (unsigned char) *name;
        int word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (word)
            s[n++] = *name;
        else if (s[n - 1] != '_' && name[1])
            s[n++] = '_';
    }
    s[n] = 0;
    return s;
}

static const char *const common_name[EW_CURVES] = {"ss_one", "ss_slope", "dd_one"};
static const ew_atom1 common_atom[EW_CURVES] = {{{0, {2}}, 0}, {{0, {2}}, 1}, {{0, {0, 2}}, 0}};

/* The curve that ew_header_single writes for an atom, or -1. */
static slong common_curve(const ew_atom1 *a)
{
    for (slong i = 0; i < EW_CURVES; i++)
        if (a->j == common_atom[i].j && memcmp(&a->f, &common_atom[i].f, sizeof a->f) == 0)
            return i;
    return -1;
}

static const ew_curve *curve_of(const step *x, slong i)
{
    slong c = common_curve(&x->atom[i]);
    return c < 0 ? &x->curve[i] : &x->common[c];
}

static ew_status add_atom(step *x, slong v, ew_context *ctx)
{
    const ew_law *law = x->h->law;
    slong input, i = x->atoms;
    memset(&x->atom[i < MOST_ATOMS ? i : 0], 0, sizeof *x->atom);
    if (i == MOST_ATOMS || !ew_atom_as_one(&x->atom[i], &input, &law->atom[v - law->atom0]))
        return ew_fail(ctx, EW_UNABLE,
                       "header: the recursion has an atom that is not tabulated");
    x->variable[i] = v;
    slong c = common_curve(&x->atom[i]);
    x->name[i] = c < 0 ? identifier(law->name[v], ctx) : ew_strdup(common_name[c], ctx);
    x->pair[v] = ew_format(ctx, "x%ld", (long) v);
    x->atoms++;
    return x->name[i] && x->pair[v] ? EW_OK : EW_MEMORY;
}

static ew_status open_variables(step *x, ew_context *ctx)
{
    const ew_law *law = x->h->law;
    ew_status status = EW_OK;
    x->pair = ew_alloc_zero((size_t) law->variables, sizeof *x->pair, ctx);
    if (!x->pair)
        return EW_MEMORY;
    for (slong v = 0; v < law->variables && status == EW_OK; v++) {
        if (!x->program->used[v])
            continue;
        if (v >= law->atom0) {
            status = add_atom(x, v, ctx);
        } else {
            x->pair[v] = ew_format(ctx, "x%ld", (long) v);
            status = x->pair[v] ? EW_OK : EW_MEMORY;
        }
    }
    return status;
}

static ew_status derive(step *x, ew_context *ctx)
{
    const ew_family family = {.order = 1, .inputs = 1, .descent = 1};
    ew_status status = ew_hierarchy_family(&x->h, &family, ctx);
    if (status != EW_OK)
        return status;
    slong n = x->h->unknowns;
    const fmpq_mpoly_struct **f = ew_alloc((size_t) n * sizeof *f, ctx);
    if (!f)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        f[i] = &x->h->next[i];
    status = ew_poly_program_new(&x->program, f, n, x->h->law, ctx);
    free(f);
    return status == EW_OK ? open_variables(x, ctx) : status;
}

/* Polynomial i by pairs: its text in w, its value for the pairs x; either may be NULL.  A term
 * is the product of its coefficient and factors from left to right; terms are added in order.
 */
static pair polynomial(ew_writer *w, const step *x, slong i, const pair *value)
{
    const ew_poly_program *p = x->program;
    pair sum = {0, 0};
    for (slong t = p->first[i]; t < p->first[i + 1]; t++) {
        double c = fmpz_get_d(p->coef + t) / fmpz_get_d(p->den + i);
        pair term = {c, 0};
        if (w) {
            slong factors = p->start[t + 1] - p->start[t];
            ew_writer_add(w, t == p->first[i] ? "" : "    y = ");
            ew_template(w, t == p->first[i] ? "    y = " : "@_plus(y, ", x->r->prefix, NULL);
            for (slong k = 0; k < factors; k++)
                ew_template(w, "@_times(", x->r->prefix, NULL);
            char *number = ew_double_text(c, w->ctx);
            ew_template(w, "@_of(", x->r->prefix, NULL);
            ew_writer_add_fresh(w, number);
            ew_writer_add(w, ", 0)");
        }
        for (slong k = p->start[t]; k < p->start[t + 1]; k++) {
            if (w) {
                ew_writer_add(w, ", ");
                ew_writer_add(w, x->pair[p->factor[k]]);
                ew_writer_add(w, ")");
            }
            if (value)
                term = times(term, value[p->factor[k]]);
        }
        if (w)
            ew_writer_add(w, t == p->first[i] ? ";\n" : ");\n");
        sum = t == p->first[i] ? term : plus(sum, term);
    }
    return sum;
}

/* Coefficients are doubles: whole numbers over powers of 2. */
static int coefficients_exact(const step *x)
{
    const ew_poly_program *p = x->program;
    for (slong i = 0; i < p->n; i++) {
        if (!fmpz_is_pm1(p->den + i) && (fmpz_bits(p->den + i) != 1 + fmpz_val2(p->den + i)))
            return 0;
        for (slong t = p->first[i]; t < p->first[i + 1]; t++)
            if (fmpz_bits(p->coef + t) > 50)
                return 0;
    }
    return 1;
}

/* ---- text ---------------------------------------------------------------------------------
 */

static const char opening[] = "\n"
                              "/* One layer of the first-order recursion at width n: K and "
                              "Theta at infinite width, and the\n"
                              " * coefficients of 1/n. */\n"
                              "typedef struct {\n";

static const char heading[] =
    "} @_state;\n"
    "\n"
    "/* The state of the next layer, for C_W, C_b, lambda_W, lambda_b of this network; r = "
    "n/n_l.\n"
    " * error (may be NULL) gets bounds of the absolute errors of out, for the state `in` "
    "taken\n"
    " * as exact: approximation and rounding, term by term.  $from$ <= K <= $to$; outside of "
    "it 0\n"
    " * is returned, and all is NaN.  out may be in. */\n"
    "static inline int @_step(@_state *out, @_state *error, const @_state *in, double r)\n"
    "{\n"
    "    const int inside = in->K >= $lo$ && in->K <= $hi$;\n"
    "    const double K = inside ? in->K : NAN;\n";

static const char entry[] =
    "\n"
    "/* Entry i of the next state, of the state a[0], a[1], ... and r after it. */\n"
    "static inline double @_step_entry(const double *a, int i)\n"
    "{\n"
    "    @_state in, out;\n"
    "    double y[$n$];\n"
    "    memcpy(&in, a, sizeof in);\n"
    "    @_step(&out, NULL, &in, a[$n$]);\n"
    "    memcpy(y, &out, sizeof y);\n"
    "    return y[i];\n"
    "}\n";

/* C_W and so on: the double, and what it is off by. */
static ew_status parameters(pair *value, const step *x, ew_context *ctx)
{
    const ew_law *law = x->h->law;
    slong n = ew_law_parameters(law);
    arb_ptr y = _arb_vec_init(n);
    arb_t t;
    mag_t e;
    arb_init(t);
    mag_init(e);
    ew_status status = ew_law_parameters_ball(y, law, x->r->net, 1, 1, PROBE_BITS, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++) {
        value[i].v = arf_get_d(arb_midref(y + i), ARF_RND_NEAR);
        arb_set_d(t, value[i].v);
        arb_sub(t, y + i, t, 64);
        arb_get_mag(e, t);
        value[i].e = mag_is_zero(e) ? 0 : ew_bound_up(ew_mag_up(e));
    }
    mag_clear(e);
    arb_clear(t);
    _arb_vec_clear(y, n);
    return status;
}

static void write_variable(ew_writer *w, const step *x, slong v, char *value, char *error)
{
    ew_template(w, "    const @_pair ", x->r->prefix, NULL);
    ew_writer_add(w, x->pair[v]);
    ew_template(w, " = @_of(", x->r->prefix, NULL);
    ew_writer_add_fresh(w, value);
    ew_writer_add(w, ", ");
    ew_writer_add_fresh(w, error);
    ew_writer_add_fresh(w, ew_format(w->ctx, "); /* %s */\n", x->h->law->name[v]));
}

static void write_variables(ew_writer *w, const step *x, const pair *parameter)
{
    const ew_law *law = x->h->law;
    ew_context *ctx = w->ctx;
    for (slong v = 0; v < law->atom0; v++) {
        if (!x->pair[v])
            continue;
        slong unknown = v - law->extra;
        if (unknown >= 0)
            write_variable(w, x, v, ew_format(ctx, "in->%s", x->h->unknown[unknown].name),
                           ew_strdup("0", ctx));
        else if (v == EW_RATIO)
            write_variable(w, x, v, ew_strdup("r", ctx), ew_strdup("0", ctx));
        else
            write_variable(w, x, v, ew_double_text(parameter[v].v, ctx),
                           ew_double_text(parameter[v].e, ctx));
    }
    for (slong i = 0; i < x->atoms; i++) {
        const char *p = x->r->prefix;
        write_variable(w, x, x->variable[i], ew_format(ctx, "%s_%s(K)", p, x->name[i]),
                       ew_format(ctx, "%s_%s_error(K)", p, x->name[i]));
    }
}

static void write_body(ew_writer *w, const step *x)
{
    ew_writer_add(w, "    ");
    ew_template(w, "@_pair y;\n    @_state next, bound;\n", x->r->prefix, NULL);
    for (slong i = 0; i < x->h->unknowns; i++) {
        const char *name = x->h->unknown[i].name;
        polynomial(w, x, i, NULL);
        ew_writer_add_fresh(w, ew_format(w->ctx,
                                         "    next.%s = y.v + (K - K);\n"
                                         "    bound.%s = y.e * (1 + 0x1p-40) + 0x1p-1000;\n",
                                         name, name));
    }
    ew_writer_add(w, "    if (error)\n        *error = bound;\n    *out = next;\n"
                     "    return inside;\n}\n");
}

static void write_step(ew_writer *w, const step *x, const pair *parameter)
{
    ew_context *ctx = w->ctx;
    char *lo = ew_double_text(x->lo, ctx), *hi = ew_double_text(x->hi, ctx),
         *from = ew_decimal_text(x->lo, ctx), *to = ew_decimal_text(x->hi, ctx),
         *n = ew_format(ctx, "%ld", (long) x->h->unknowns);
    if (lo && hi && from && to && n) {
        const ew_word words[] = {{"lo", lo}, {"hi", hi}, {"from", from},
                                 {"to", to}, {"n", n},   {NULL, NULL}};
        ew_template(w, arithmetic, x->r->prefix, words);
        ew_template(w, opening, x->r->prefix, words);
        for (slong i = 0; i < x->h->unknowns; i++)
            ew_writer_add_fresh(w, ew_format(ctx, "    double %s;\n", x->h->unknown[i].name));
        ew_template(w, heading, x->r->prefix, words);
        write_variables(w, x, parameter);
        write_body(w, x);
        ew_template(w, entry, x->r->prefix, words);
    } else {
        w->failed = 1;
    }
    char *all[] = {lo, hi, from, to, n};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static char *write_text(const step *x, const pair *parameter, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    for (slong i = 0; i < x->atoms; i++)
        if (common_curve(&x->atom[i]) < 0)
            ew_write_curve(&w, x->r->prefix, x->name[i], x->h->law->name[x->variable[i]],
                           &x->curve[i], x->lo, x->hi);
    write_step(&w, x, parameter);
    return ew_writer_take(&w);
}

/* ---- curves -------------------------------------------------------------------------------
 */

/* The domain is what all atoms have in common. */
static ew_status tabulate(step *x, ew_context *ctx)
{
    ew_atom1 atom[MOST_ATOMS];
    ew_curve curve[MOST_ATOMS];
    slong at[MOST_ATOMS], n = 0;
    int shrink;
    double lo, hi;
    memset(curve, 0, sizeof curve);
    ew_status status = ew_header_curves(x->common, &x->lo, &x->hi, x->r, ctx);
    for (slong i = 0; i < x->atoms; i++)
        if (common_curve(&x->atom[i]) < 0) {
            atom[n] = x->atom[i];
            at[n++] = i;
        }
    if (status == EW_OK)
        status = ew_header_domain(&lo, &hi, &shrink, x->r, ctx);
    if (status == EW_OK)
        status = ew_curves_new(curve, x->r->E, atom, n, &lo, &hi, shrink, ctx);
    if (status == EW_OK) {
        for (slong i = 0; i < n; i++)
            x->curve[at[i]] = curve[i];
        x->lo = fmax(x->lo, lo);
        x->hi = fmin(x->hi, hi);
    }
    return status;
}

/* ---- points -------------------------------------------------------------------------------
 */

/* What is true, and what is claimed: by the same running error, of which the compiler may fuse
 * operations. */
static ew_status find(arb_ptr y, pair *claim, const step *x, const double *a,
                      const pair *parameter, ew_context *ctx)
{
    const ew_law *law = x->h->law;
    slong unknowns = x->h->unknowns;
    pair *value = ew_alloc_zero((size_t) law->variables, sizeof *value, ctx);
    arb_ptr v = _arb_vec_init(law->variables);
    ew_status status = value ? EW_OK : EW_MEMORY;
    if (status == EW_OK)
        status = ew_law_parameters_ball(v, law, x->r->net, 1, 1, PROBE_BITS, ctx);
    for (slong i = 0; i < law->extra && status == EW_OK; i++)
        value[i] = parameter[i];
    if (status == EW_OK) {
        value[EW_RATIO] = (pair){a[unknowns], 0};
        arb_set_d(v + EW_RATIO, a[unknowns]);
    }
    for (slong i = 0; i < unknowns && status == EW_OK; i++) {
        value[law->extra + i] = (pair){a[i], 0};
        arb_set_d(v + law->extra + i, a[i]);
    }
    arb_srcptr K = v + law->extra; /* the first unknown */
    for (slong i = 0; i < x->atoms && status == EW_OK; i++) {
        slong at = x->variable[i];
        const ew_curve *c = curve_of(x, i);
        status = ew_expect_one(v + at, NULL, x->r->E, &x->atom[i], 1, K, PROBE_BITS, ctx);
        value[at] = (pair){ew_curve_at(c, a[0]), c->error[ew_curve_piece(c, a[0])]};
    }
    if (status == EW_OK) {
        ew_poly_program_ball(y, NULL, x->program, v, PROBE_BITS);
        for (slong i = 0; i < unknowns; i++) {
            claim[i] = polynomial(NULL, x, i, value);
            claim[i].e = claim[i].e * INFLATE * (1 + 0x1p-30) + 2 * UNDERFLOW;
        }
    }
    _arb_vec_clear(v, law->variables);
    free(value);
    return status;
}

/* A point for every entry of the state; outside the domain K is a[0] and all is NaN. */
static ew_status probe_at(ew_header_functions *out, const step *x, const double *a, int inside,
                          const pair *parameter, ew_context *ctx)
{
    slong n = x->h->unknowns;
    pair claim[EW_HEADER_ARGUMENTS];
    arb_ptr y = _arb_vec_init(n);
    ew_status status = inside ? find(y, claim, x, a, parameter, ctx) : EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        ew_header_probe *p = ew_header_probe_add(&out->function[i], ctx);
        if (!p) {
            status = EW_MEMORY;
            break;
        }
        memcpy(p->arg, a, (size_t) (n + 1) * sizeof *a);
        p->args = (int) n + 1;
        if (inside) {
            ew_header_probe_set(p, y + i);
            p->bound = claim[i].e;
        }
    }
    _arb_vec_clear(y, n);
    return status;
}

static ew_status probe(ew_header_functions *out, const step *x, const pair *parameter,
                       ew_context *ctx)
{
    const double outside[] = {nextafter(x->lo, 0), nextafter(x->hi, INFINITY), NAN, -1};
    slong n = x->h->unknowns, points = 2 + x->r->probes / 4;
    double a[EW_HEADER_ARGUMENTS];
    ew_status status = EW_OK;
    for (slong k = -4; k < points && status == EW_OK; k++) {
        uint64_t draw = (uint64_t) (k + 4) * 16;
        double K = ew_probe_between(x->r->seed, draw, x->lo, x->hi);
        a[0] = k < 0 ? outside[k + 4] : k == 0 ? x->lo : k == 1 ? x->hi : K;
        for (slong i = 1; i < n; i++)
            a[i] = 4 * ew_probe_uniform(x->r->seed, 2 * draw + 2 + (uint64_t) i) - 2;
        a[n] = 1 + k % 3;
        status = probe_at(out, x, a, k >= 0, parameter, ctx);
    }
    return status;
}

static ew_status add_functions(ew_header_functions *out, const step *x, ew_context *ctx)
{
    ew_status status = x->h->unknowns + 1 <= EW_HEADER_ARGUMENTS
                           ? EW_OK
                           : ew_fail(ctx, EW_UNABLE, "header: the state has too many entries");
    char *from = ew_decimal_text(x->lo, ctx), *to = ew_decimal_text(x->hi, ctx);
    for (slong i = 0; i < x->h->unknowns && status == EW_OK; i++) {
        ew_header_function *f = ew_header_function_add(out, ctx);
        if (f) {
            f->name = ew_format(ctx, "%s_step: %s", x->r->prefix, x->h->unknown[i].name);
            f->call = ew_format(ctx, "%s_step_entry(a, %ld)", x->r->prefix, (long) i);
            f->domain = from && to ? ew_format(ctx, "%s <= K <= %s", from, to) : NULL;
            f->relative = INFINITY;
        }
        status = f && f->name && f->call && f->domain ? EW_OK : EW_MEMORY;
    }
    free(from);
    free(to);
    return status;
}

static void step_clear(step *x)
{
    for (slong i = 0; i < x->atoms; i++) {
        free(x->name[i]);
        ew_curve_clear(&x->curve[i]);
    }
    for (slong i = 0; i < EW_CURVES; i++)
        ew_curve_clear(&x->common[i]);
    for (slong v = 0; x->pair && v < x->h->law->variables; v++)
        free(x->pair[v]);
    free(x->pair);
    ew_poly_program_free(x->program);
    ew_hierarchy_free(x->h);
}

ew_status ew_header_step(ew_header_functions *out, const ew_header_request *r, ew_context *ctx)
{
    pair parameter[EW_ALL_PARAMETERS] = {{0, 0}};
    step *x = ew_alloc_zero(1, sizeof *x, ctx);
    *out = (ew_header_functions){0};
    if (!x)
        return EW_MEMORY;
    x->r = r;
    ew_status status = EW_OK;
    if (r->net->ensemble != EW_ENSEMBLE_GAUSSIAN || r->net->residual)
        status = ew_fail(
            ctx, EW_UNABLE,
            "header: the recursion step is that of plain networks with Gaussian weights");
    if (status == EW_OK)
        status = derive(x, ctx);
    if (status == EW_OK && !coefficients_exact(x))
        status = ew_fail(ctx, EW_UNABLE, "header: the recursion has long coefficients");
    if (status == EW_OK)
        status = tabulate(x, ctx);
    if (status == EW_OK)
        status = parameters(parameter, x, ctx);
    if (status == EW_OK) {
        out->text = write_text(x, parameter, ctx);
        status = out->text ? add_functions(out, x, ctx) : EW_MEMORY;
    }
    if (status == EW_OK)
        status = probe(out, x, parameter, ctx);
    step_clear(x);
    free(x);
    if (status != EW_OK)
        ew_header_functions_clear(out);
    return status;
}

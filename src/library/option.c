#include "library/option.h"

#include "emit/c_item.h"
#include "emit/matrix.h"

#include <string.h>

#include "arith/decimal.h"
#include "library/phase.h"
#include "library/header.h"
#include "library/residual.h"
#include "library/samples_file.h"
#include "library/table_section.h"
#include "library/value.h"

static ew_status integer(const char *name, const char *value, uint64_t lo, uint64_t hi,
                         ew_context *ctx)
{
    uint64_t x;
    return ew_value_integer(&x, name, value, lo, hi, ctx);
}

static ew_status integers(const char *name, const char *value, uint64_t lo, uint64_t hi,
                          ew_context *ctx)
{
    ew_items list;
    ew_status status = ew_value_items(&list, name, value, ctx);
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        status = integer(name, list.item[i], lo, hi, ctx);
    ew_items_clear(&list);
    return status;
}

static ew_status constants(const char *name, const char *value, int least, ew_context *ctx)
{
    ew_expr **x;
    slong n;
    ew_status status = ew_value_constants(&x, &n, name, value, least, ctx);
    ew_constants_free(x, n);
    return status;
}

static ew_status check_any(const char *name, const char *value, ew_context *ctx)
{
    if (value[strspn(value, " \t")] == '\0')
        return ew_fail(ctx, EW_USAGE, "%s: the value is empty", name);
    return EW_OK;
}

static ew_status check_activation(const char *name, const char *value, ew_context *ctx)
{
    ew_expr *e;
    ew_status status = check_any(name, value, ctx);
    if (status != EW_OK)
        return status;
    status = ew_expr_parse(&e, value, NULL, name, ctx);
    if (status == EW_OK)
        ew_expr_free(e);
    return status;
}

static ew_status check_variance(const char *name, const char *value, ew_context *ctx)
{
    if (strcmp(value, "critical") == 0)
        return EW_OK;
    if (strcmp(name, "cb") == 0 && ew_phase_is_range(value))
        return ew_phase_check(name, value, ctx);
    return constants(name, value, strcmp(name, "cw") == 0, ctx);
}

static ew_status check_rate(const char *name, const char *value, ew_context *ctx)
{
    return constants(name, value, 0, ctx);
}

static ew_status check_constants(const char *name, const char *value, ew_context *ctx)
{
    return constants(name, value, -1, ctx);
}

/* A comma list of times: constants from 0 on, and inf. */
static ew_status check_time(const char *name, const char *value, ew_context *ctx)
{
    ew_items list;
    ew_status status = ew_value_items(&list, name, value, ctx);
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        if (strcmp(list.item[i], "inf") != 0)
            status = constants(name, list.item[i], 0, ctx);
    ew_items_clear(&list);
    return status;
}

static ew_status check_k(const char *name, const char *value, ew_context *ctx)
{
    ew_expr *e;
    ew_status status = ew_value_constant(&e, name, value, ctx);
    if (status == EW_OK)
        status = ew_value_sign(e, name, 0, ctx);
    ew_expr_free(e);
    return status;
}

static ew_status check_length(const char *name, const char *value, ew_context *ctx)
{
    ew_expr *e;
    ew_status status = ew_value_constant(&e, name, value, ctx);
    if (status == EW_OK)
        status = ew_value_sign(e, name, 1, ctx);
    ew_expr_free(e);
    return status;
}

static ew_status check_depth(const char *name, const char *value, ew_context *ctx)
{
    return integers(name, value, 1, EW_MAX_DEPTH, ctx);
}

static ew_status check_width(const char *name, const char *value, ew_context *ctx)
{
    return integers(name, value, 1, 1000000000, ctx);
}

static ew_status check_digits(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, EW_MAX_DIGITS, ctx);
}

static ew_status check_order(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 100, ctx);
}

static ew_status check_terms(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 12, ctx);
}

static ew_status check_moments(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 6, ctx);
}

static ew_status check_count(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 1000000000000, ctx);
}

static ew_status check_points(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 100000, ctx);
}

/* A probability: 1/200, 0.005. */
static ew_status check_level(const char *name, const char *value, ew_context *ctx)
{
    fmpq_t x;
    fmpq_init(x);
    int inside = ew_rational_read(x, value) == 0 && fmpq_sgn(x) > 0 && fmpq_cmp_si(x, 1) < 0;
    fmpq_clear(x);
    return inside ? EW_OK
                  : ew_fail(ctx, EW_USAGE, "%s: '%.40s' is not a number between 0 and 1", name,
                            value);
}

static ew_status check_bins(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 1000, ctx);
}

/* "k/N", both of at most two digits. */
static ew_status check_shard(const char *name, const char *value, ew_context *ctx)
{
    size_t k = strspn(value, "0123456789");
    size_t n = value[k] == '/' ? strspn(value + k + 1, "0123456789") : 0;
    slong share, shares;
    if (k < 1 || k > 2 || n < 1 || n > 2 || value[k + 1 + n])
        return ew_fail(ctx, EW_USAGE, "%s: '%.40s' is not of the form k/N", name, value);
    ew_samples_share(&share, &shares, value);
    if (shares > EW_SAMPLE_BATCHES || share < 1 || share > shares)
        return ew_fail(ctx, EW_USAGE, "%s: %s is not one of 1/N to N/N with N up to %d", name,
                       value, EW_SAMPLE_BATCHES);
    return EW_OK;
}

static ew_status check_seed(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 0, UINT64_MAX, ctx);
}

static ew_status check_threads(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 1024, ctx);
}

/* The options that take a word, or a comma list of them. */
#define MOST_WORDS 7
static const struct {
    const char *option, *word[MOST_WORDS];
} words[] = {{"ensemble", {"gaussian", "orthogonal"}},
             {"convention", {"pdlt", "neural-tangents"}},
             {"sampler", {"chain", "network"}},
             {"method", {"auto", "closed", "grid", "panels", "adaptive", "plane"}},
             {"notation", {"atoms", "susceptibilities"}},
             {"shaping", {"smooth", "relu", "none"}},
             {"scheme", {"second", "euler"}},
             {"limit", {"sde"}},
             {"kernel", {"ntk", "nngp"}},
             {"loss", {"sum", "mean"}},
             {"clock", {"width", "depth"}},
             {"form", {"single", "two", "inner"}},
             {"functions", {"chi", "dual", "ntk", "step"}}};

static ew_status check_word(const char *name, const char *value, ew_context *ctx)
{
    size_t i = 0;
    while (strcmp(words[i].option, name) != 0)
        i++;
    for (int k = 0; k < MOST_WORDS && words[i].word[k]; k++)
        if (strcmp(value, words[i].word[k]) == 0)
            return EW_OK;
    return ew_fail(ctx, EW_USAGE, "%s: '%.40s' is not a known value (such as %s)", name, value,
                   words[i].word[0]);
}

static ew_status check_words(const char *name, const char *value, ew_context *ctx)
{
    ew_items list;
    ew_status status = ew_value_items(&list, name, value, ctx);
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        status = check_word(name, list.item[i], ctx);
    ew_items_clear(&list);
    return status;
}

static ew_status check_few(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, strcmp(name, "input-count") == 0, 8, ctx);
}

static ew_status check_residual(const char *name, const char *value, ew_context *ctx)
{
    ew_residual *r;
    (void) name;
    ew_status status = ew_residual_read(&r, value, ctx);
    ew_residual_free(r);
    return status;
}

static ew_status check_trace(const char *name, const char *value, ew_context *ctx)
{
    return integer(name, value, 1, 128, ctx);
}

static ew_status check_matrix(const char *name, const char *value, ew_context *ctx)
{
    if (ew_matrix_file_known(value))
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "%s: a name that ends in .npy, .csv or .bin, not %s", name,
                   value);
}

static ew_status check_domain(const char *name, const char *value, ew_context *ctx)
{
    double from, to;
    (void) name;
    return ew_header_read_domain(&from, &to, value, ctx);
}

static ew_status check_prefix(const char *name, const char *value, ew_context *ctx)
{
    (void) name;
    return ew_c_prefix_check(value, ctx);
}

static const ew_option table[] = {
    {"activation", "EXPR", "a name or an expression in z (see help activations)",
     check_activation},
    {"depth", "L", "layers 1..L; layer L is the output (default 2)", check_depth},
    {"width", "N", "width of the hidden layers (sample: 128), or a comma list", check_width},
    {"cw", "X", "C_W: a number, a comma list by layer, or critical", check_variance},
    {"cb", "X",
     "C_b: likewise (neither: the default critical point; only cb: edge of chaos; critical: "
     "FROM:TO:STEP too)",
     check_variance},
    {"lambda-w", "X", "learning-rate scale of the weights (default 1)", check_rate},
    {"lambda-b", "X", "learning-rate scale of the biases (default 0)", check_rate},
    {"ensemble", "NAME", "weights: gaussian (default) or orthogonal", check_word},
    {"residual", "beta=B[,cv=X][,inner=M]",
     "blocks h' = h + L^-B V s(W h) instead of layers; inner width M: 64, n, 2n, n/2, infinite",
     check_residual},
    {"inputs", "FILE.csv", "the inputs, one a row", check_any},
    {"inputs2", "FILE.csv", "kernel --double: between the inputs and these", check_any},
    {"inputs-test", "FILE.csv", "regress: where to predict, one point a row", check_any},
    {"targets", "FILE.csv", "regress: the targets of the inputs, one row each", check_any},
    {"kernel", "NAME", "regress: ntk (default: all layers train) or nngp (the last one does)",
     check_word},
    {"regularisation", "X", "regress: X on the kernel matrix's diagonal (default 0)", check_k},
    {"loss", "NAME", "regress: sum (default) or mean over the points", check_word},
    {"robust", "X", "regress: add X/2 |J f|^2 to the loss at every trained point",
     check_length},
    {"save-curve", "FILE.csv", "regress: write time and losses", check_any},
    {"check-widths", "N1,N2,...",
     "regress: train networks of these widths too, and hold them against the result",
     check_width},
    {"double", NULL, "kernel, regress: of data sets, in doubles with a proved bound", NULL},
    {"jacobian", NULL,
     "kernel: with the input derivatives, along directions or all coordinates", NULL},
    {"normalize", NULL, "rescale every input to x.x/n_0 = 1", NULL},
    {"save-nngp", "FILE", "write the NNGP: a name in .npy, .csv or .bin", check_matrix},
    {"save-ntk", "FILE", "write the NTK, likewise", check_matrix},
    {"smallest-eigenvalue", NULL, "of the NNGP and the NTK, with a proved bound", NULL},
    {"save-jacobian-nngp", "FILE", "write the covariance with input derivatives, likewise",
     check_matrix},
    {"save-jacobian-ntk", "FILE", "write the Jacobian NTK, likewise", check_matrix},
    {"gram", "K11[,K12,K22,...]", "covariance of layer 1, upper triangle by rows (default 1)",
     check_constants},
    {"directions", "LIST",
     "input derivatives along perp, radial, eK or the rows of FILE.csv, comma list", check_any},
    {"k", "K", "variance of z", check_k},
    {"integrand", "EXPR", "a polynomial in z, s, s1, s2, ... (two inputs: s_a, z_b, ...)",
     check_any},
    {"digits", "N", "certified significant digits, 1..10000 (default 15)", check_digits},
    {"exact", NULL, "exact forms, or exit 3", NULL},
    {"convention", "NAME", "scale of the NTK: pdlt (default) or neural-tangents", check_word},
    {"method", "NAME", "auto (default), closed, grid, panels, adaptive or plane", check_word},
    {"order", "M", "order in 1/n (default 1; validate: 2 where it can)", check_order},
    {"cosine", "X", "of the angle between direction and input (gradients: default 0)",
     check_constants},
    {"ntk", NULL, "with the neural tangent kernel's coefficients", NULL},
    {"dntk", NULL, "with those of its first derivative, the dNTK", NULL},
    {"ddntk", NULL, "with those of its second derivatives, the ddNTKs", NULL},
    {"input-count", "M", "number of inputs in the formulas (default 1)", check_few},
    {"direction-count", "N", "number of input derivatives in the formulas (default 0)",
     check_few},
    {"shaping", "NAME", "smooth (default), relu or none: how the activation depends on n",
     check_word},
    {"a", "X", "smooth shaping: s(x) = S phi(x/S), S = a n^(1/2) (default 1)", check_constants},
    {"c-plus", "X", "relu shaping: s_+ = 1 + X n^(-1/2)", check_constants},
    {"c-minus", "X", "relu shaping: s_- = 1 + X n^(-1/2)", check_constants},
    {"power", "P", "shaping by n^(-P) (default 1/2)", check_any},
    {"clock", "NAME", "width: t = l/n (default); depth: shaping by L, t = l/L, L/n -> 0",
     check_word},
    {"simulate", NULL, "draw paths of the limit", NULL},
    {"density", NULL, "solve for the laws of variances and correlation", NULL},
    {"time", "T",
     "t = l/n at the end (validate: depth 1 + T n, default 1); regress: T1,T2,... or inf",
     check_time},
    {"paths", "N", "number of paths (default 10000)", check_count},
    {"path-steps", "N", "steps of each path (default 200)", check_count},
    {"scheme", "NAME", "second (weak order 2, default) or euler", check_word},
    {"trace", "K", "print the first K paths at every step, 1..128", check_trace},
    {"limit", "NAME", "sde: hold networks of depth 1 + T n against their limiting SDE",
     check_word},
    {"asymptotics", NULL, "the expansions for large depth instead of the layers", NULL},
    {"terms", "N", "asymptotics: powers of 1/l kept (default 3)", check_terms},
    {"sections", "LIST", "table: all, or a comma list (critical, taylor, hermite, second, ...)",
     ew_table_sections_check},
    {"quantity", "NAME", "a name such as V, kappa3 or k[a.a,a1.a1] (default: all)", check_any},
    {"steps", NULL, "the steps of the derivation too", NULL},
    {"notation", "NAME", "atoms (default) or susceptibilities: chi_par, chi_perp, h",
     check_word},
    {"points", "X1,X2,...", "where to evaluate", check_constants},
    {"from", "T", "first point, in standard deviations at infinite width (default -5)",
     check_constants},
    {"to", "T", "last point, likewise (default 5)", check_constants},
    {"count", "N", "number of points (default 21); regress: of times between the two given",
     check_points},
    {"length", "X", "length scale of the kernel exp(-|x-y|^2/(2 X^2)) (default 1)",
     check_length},
    {"bins", "N", "cells of the histogram between from and to (default 40)", check_bins},
    {"plot", "FILE", "draw a figure too: a name in .svg, .png or .pdf", check_any},
    {"level", "P", "of all checks together (default 0.01)", check_level},
    {"observed", "FILE.csv", "judge these measurements instead of samples", check_any},
    {"sampler", "NAME", "chain (default) or network: explicit weights", check_word},
    {"moments", "K", "entries of the cumulants estimated, 1..6 (default 2)", check_moments},
    {"preactivations", NULL, "kappa_4 of the neurons themselves as well; from --moments 3 on kappa_6", NULL},
    {"samples", "N",
     "number of samples (sample: 10000; regress: 16; validate: chosen; density: none)",
     check_count},
    {"seed", "S", "seed of the random numbers (default 0)", check_seed},
    {"shard", "k/N", "draw share k of N only, for merge (format json)", check_shard},
    {"checkpoint", "FILE", "keep what is drawn there, and go on from it", check_any},
    {"form", "LIST", "of blocks: single, two (default: both) or inner", check_words},
    {"abar", "FILE.csv", "form inner: the matrix Abar, d rows; one more column is bbar",
     check_any},
    {"hurst", "H1,H2,...", "Hurst indices of the weights in depth (default 1/10 to 9/10)",
     check_constants},
    {"threads", "N", "worker threads (default 1)", check_threads},
    {"functions", "LIST", "functions too: chi, dual, ntk, step, comma list", check_words},
    {"domain", "A,B", "variances they are for (default: what is certified)", check_domain},
    {"sde", NULL, "the coefficients of the limiting SDE too", NULL},
    {"prefix", "NAME", "of all names in the file (default: from the activation)", check_prefix},
    {"self-test", "FILE.c", "write a program that checks the header", check_any},
    {"include", "NAME.h", "what the self-test includes (default: the output file)", check_any},
    {NULL, NULL, NULL, NULL},
};

const ew_option *ew_options(void)
{
    return table;
}

int ew_option_count(void)
{
    return (int) (sizeof table / sizeof *table) - 1;
}

int ew_option_index(const char *name)
{
    for (int i = 0; table[i].name; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

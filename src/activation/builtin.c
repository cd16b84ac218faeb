#include "activation/builtin.h"

#include <stdlib.h>
#include <string.h>

#include "activation/activation.h"
#include "activation/fold.h"

/* A function is a primitive operator (`definition` NULL), an expression in z and its parameter
 * a, or built by code from its parameters and argument. */
struct ew_builtin {
    const char *name;
    ew_op op;
    slong arity; /* of a primitive; the others take one argument */
    slong parameters;
    const char *standard; /* value of the parameter when none is given; NULL: must be given */
    const char *definition;
    ew_expr *(*build)(ew_expr *const *parameter, const ew_expr *u, ew_context *ctx);
};

/* he_n(u) = sum_m (-1)^m n! / (m! 2^m (n-2m)!) u^(n-2m), probabilists' polynomials. */
static ew_expr *hermite_polynomial(ulong n, const ew_expr *u, ew_context *ctx)
{
    ew_expr *term[51];
    slong terms = 0;
    fmpz_t m;
    fmpq_t c;
    fmpz_init(m);
    fmpq_init(c);
    fmpq_one(c);
    for (ulong k = n;; k -= 2) {
        term[terms++] =
            ew_expr_2(EW_MUL, ew_expr_num(c, ctx),
                      ew_expr_2(EW_POW, ew_expr_ref(u), ew_expr_si((slong) k, ctx), ctx), ctx);
        if (k < 2)
            break;
        fmpz_set_ui(m, k);
        fmpz_mul_ui(m, m, k - 1);
        fmpz_neg(m, m);
        fmpq_mul_fmpz(c, c, m);
        fmpz_set_ui(m, n - k + 2);
        fmpq_div_fmpz(c, c, m);
    }
    fmpz_clear(m);
    fmpq_clear(c);
    return ew_expr_new(EW_ADD, term, terms, ctx);
}

static ew_expr *hermite(ew_expr *const *parameter, const ew_expr *u, ew_context *ctx)
{
    slong n;
    if (ew_expr_small_integer(&n, parameter[0]) && n >= 0 && n <= 100)
        return hermite_polynomial((ulong) n, u, ctx);
    ew_fail(ctx, EW_USAGE, "the degree of hermite must be an integer from 0 to 100");
    return NULL;
}

/* a * phi(u / a) */
static ew_expr *shape(ew_expr *const *parameter, const ew_expr *u, ew_context *ctx)
{
    const ew_expr *phi = parameter[0], *a = parameter[1];
    ew_expr *scaled = ew_expr_2(EW_DIV, ew_expr_ref(u), ew_expr_ref(a), ctx);
    ew_expr *inner = scaled ? ew_expr_substitute(phi, scaled, ctx) : NULL;
    ew_expr_free(scaled);
    return ew_expr_2(EW_MUL, ew_expr_ref(a), inner, ctx);
}

#define GELU_TANH "z/2*(1+tanh(sqrt(2/pi)*(z+0.044715*z^3)))"
#define SELU                                                                                   \
    "1.0507009873554804934193349852946*"                                                       \
    "(max(z,0)+1.6732632423543772848170429916717*expm1(min(z,0)))"

/* X(name, operator, arity, parameters, standard, definition, build) */
#define BUILTINS(X)                                                                            \
    X("abs", EW_ABS, 1, 0, NULL, NULL, NULL)                                                   \
    X("acos", EW_ACOS, 1, 0, NULL, NULL, NULL)                                                 \
    X("asin", EW_ASIN, 1, 0, NULL, NULL, NULL)                                                 \
    X("asinh", EW_ASINH, 1, 0, NULL, NULL, NULL)                                               \
    X("atan", EW_ATAN, 1, 0, NULL, NULL, NULL)                                                 \
    X("celu", EW_NUM, 1, 1, "1", "max(z,0)+a*expm1(min(z,0)/a)", NULL)                         \
    X("cos", EW_COS, 1, 0, NULL, NULL, NULL)                                                   \
    X("cosh", EW_COSH, 1, 0, NULL, NULL, NULL)                                                 \
    X("elu", EW_NUM, 1, 1, "1", "max(z,0)+a*expm1(min(z,0))", NULL)                            \
    X("erf", EW_ERF, 1, 0, NULL, NULL, NULL)                                                   \
    X("erfc", EW_ERFC, 1, 0, NULL, NULL, NULL)                                                 \
    X("exp", EW_EXP, 1, 0, NULL, NULL, NULL)                                                   \
    X("expm1", EW_EXPM1, 1, 0, NULL, NULL, NULL)                                               \
    X("gauss", EW_NUM, 1, 0, NULL, "exp(-z^2)", NULL)                                          \
    X("gauss_cdf", EW_NUM, 1, 0, NULL, "erfc(-z/sqrt(2))/2", NULL)                             \
    X("gauss_pdf", EW_NUM, 1, 0, NULL, "exp(-z^2/2)/sqrt(2*pi)", NULL)                         \
    X("gelu", EW_NUM, 1, 0, NULL, "z*gauss_cdf(z)", NULL)                                      \
    X("gelu_tanh", EW_NUM, 1, 0, NULL, GELU_TANH, NULL)                                        \
    X("hardtanh", EW_NUM, 1, 0, NULL, "max(-1,min(1,z))", NULL)                                \
    X("hermite", EW_NUM, 1, 1, NULL, NULL, hermite)                                            \
    X("identity", EW_NUM, 1, 0, NULL, "z", NULL)                                               \
    X("leaky_relu", EW_NUM, 1, 1, "0.01", "max(z,0)+a*min(z,0)", NULL)                         \
    X("linear", EW_NUM, 1, 0, NULL, "z", NULL)                                                 \
    X("log", EW_LOG, 1, 0, NULL, NULL, NULL)                                                   \
    X("log1p", EW_LOG1P, 1, 0, NULL, NULL, NULL)                                               \
    X("max", EW_MAX, 2, 0, NULL, NULL, NULL)                                                   \
    X("min", EW_MIN, 2, 0, NULL, NULL, NULL)                                                   \
    X("mish", EW_NUM, 1, 0, NULL, "z*tanh(softplus(z))", NULL)                                 \
    X("relu", EW_NUM, 1, 0, NULL, "max(z,0)", NULL)                                            \
    X("selu", EW_NUM, 1, 0, NULL, SELU, NULL)                                                  \
    X("shape", EW_NUM, 1, 2, NULL, NULL, shape)                                                \
    X("sigmoid", EW_SIGMOID, 1, 0, NULL, NULL, NULL)                                           \
    X("sign", EW_SIGN, 1, 0, NULL, NULL, NULL)                                                 \
    X("silu", EW_NUM, 1, 0, NULL, "z*sigmoid(z)", NULL)                                        \
    X("sin", EW_SIN, 1, 0, NULL, NULL, NULL)                                                   \
    X("sinh", EW_SINH, 1, 0, NULL, NULL, NULL)                                                 \
    X("softplus", EW_SOFTPLUS, 1, 1, "1", "softplus(a*z)/a", NULL)                             \
    X("softsign", EW_NUM, 1, 0, NULL, "z/(1+abs(z))", NULL)                                    \
    X("sqrt", EW_SQRT, 1, 0, NULL, NULL, NULL)                                                 \
    X("step", EW_STEP, 1, 0, NULL, NULL, NULL)                                                 \
    X("swish", EW_NUM, 1, 1, "1", "z*sigmoid(a*z)", NULL)                                      \
    X("tan", EW_TAN, 1, 0, NULL, NULL, NULL)                                                   \
    X("tanh", EW_TANH, 1, 0, NULL, NULL, NULL)

#define ROW(name, op, arity, parameters, standard, definition, build)                          \
    {name, op, arity, parameters, standard, definition, build},
#define NAME(name, op, arity, parameters, standard, definition, build) name,

static const ew_builtin table[] = {BUILTINS(ROW)};
static const char *const names[] = {BUILTINS(NAME) "if", NULL};

#define COUNT (sizeof table / sizeof table[0])

const char *const *ew_builtin_names(void)
{
    return names;
}

const char *ew_op_name(ew_op op)
{
    for (size_t i = 0; i < COUNT; i++)
        if (op != EW_NUM && table[i].op == op)
            return table[i].name;
    return NULL;
}

const ew_builtin *ew_builtin_find(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length))
            return &table[i];
    return NULL;
}

#define LONGEST_NAME 31

/* Edit distance between a word of n bytes and a known name; neighbours swapped count as one
 * edit. */
static slong distance(const char *a, size_t n, const char *b)
{
    size_t m = strlen(b);
    slong d[LONGEST_NAME + 1][LONGEST_NAME + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (slong) i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (slong) j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            slong change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = FLINT_MIN(change, 1 + FLINT_MIN(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = FLINT_MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

const char *ew_builtin_nearest(const char *name, size_t length, const char *const *vars)
{
    const char *best = NULL;
    slong least = length < 2 ? 0 : length < 4 ? 2 : 3; /* only closer than this */
    if (length > LONGEST_NAME)
        return NULL;
    const char *const *lists[2] = {names, vars};
    for (int k = 0; k < 2; k++)
        for (const char *const *p = lists[k]; p && *p; p++) {
            slong d = strlen(*p) <= LONGEST_NAME ? distance(name, length, *p) : least;
            if (d < least) {
                least = d;
                best = *p;
            }
        }
    return best;
}

static ew_status wrong_count(const ew_builtin *b, slong n, ew_context *ctx)
{
    if (b->parameters == 0)
        return ew_fail(ctx, EW_USAGE, "%s takes %s, not %ld", b->name,
                       b->arity == 2 ? "two arguments" : "one argument", (long) n);
    if (n < b->parameters && b->parameters == 2)
        return ew_fail(ctx, EW_USAGE, "%s needs a function and a scale, as in %s(tanh, 2)",
                       b->name, b->name);
    if (n <= 1)
        return ew_fail(ctx, EW_USAGE, "%s needs its parameter, as in %s(2)", b->name, b->name);
    return ew_fail(ctx, EW_USAGE, "%s takes %s and at most one argument, not %ld", b->name,
                   b->parameters == 2 ? "two parameters" : "one parameter", (long) n);
}

/* The definition with z replaced by u and the parameter a by its value. */
static ew_expr *instantiate(const ew_builtin *b, ew_expr *const *parameter, const ew_expr *u,
                            ew_context *ctx)
{
    static const char *const variables[] = {"a", NULL};
    ew_expr *definition;
    if (b->build)
        return b->build(parameter, u, ctx);
    if (ew_expr_parse(&definition, b->definition, variables, b->name, ctx))
        return NULL;
    ew_expr *e = ew_expr_replace(definition, u, parameter, ctx);
    ew_expr_free(definition);
    return e;
}

static int check_parameters(const ew_builtin *b, ew_expr *const *parameter, ew_context *ctx)
{
    const ew_expr *last = parameter[b->parameters - 1];
    if (!last->has_z)
        return 1;
    ew_fail(ctx, EW_DOMAIN, "the parameter of %s must be a constant", b->name);
    return 0;
}

/* arg: the parameters, then the argument; any of them NULL when not written. */
static ew_expr *apply_parametrised(const ew_builtin *b, ew_expr **arg, ew_context *ctx)
{
    slong k = b->parameters;
    ew_expr *u = arg[k] ? ew_expr_ref(arg[k]) : ew_expr_leaf(EW_Z, 0, ctx), *e = NULL;
    if (!u)
        return NULL;
    if (k > 0 && !arg[0] && b->op != EW_NUM)
        return ew_expr_1(b->op, u, ctx);
    if (k > 0 && !arg[0] && ew_expr_parse(&arg[0], b->standard, NULL, b->name, ctx)) {
        ew_expr_free(u);
        return NULL;
    }
    if (k == 0 || check_parameters(b, arg, ctx))
        e = instantiate(b, arg, u, ctx);
    ew_expr_free(u);
    return e;
}

static ew_expr *apply_primitive(const ew_builtin *b, ew_expr **arg, slong n, ew_context *ctx)
{
    ew_expr *z = NULL;
    if (n == 0 && b->arity == 1) {
        z = ew_expr_leaf(EW_Z, 0, ctx);
        arg = &z;
        n = 1;
    }
    if ((b->op == EW_ASIN || b->op == EW_ACOS) && arg[0] && arg[0]->has_z) {
        ew_fail(ctx, EW_DOMAIN, "%s is real only on [-1, 1]: its argument must be a constant",
                b->name);
        ew_expr_free(arg[0]);
        return NULL;
    }
    return ew_expr_new(b->op, arg, n, ctx);
}

/* Which of the parameters and the argument were written?  slot[] is filled in that order. */
static int arrange(ew_expr **slot, const ew_builtin *b, ew_expr **arg, slong n)
{
    slong k = b->parameters;
    if (n == 0)
        return k == 0 || b->standard;
    if (k == 1 && n == 1 && arg[0]->has_z) {
        slot[1] = arg[0];
        return b->standard != NULL;
    }
    for (slong i = 0; i < n; i++)
        slot[i] = arg[i];
    return n == k || n == k + 1;
}

ew_expr *ew_builtin_apply(const ew_builtin *b, ew_expr **arg, slong n, ew_context *ctx)
{
    int primitive = !b->definition && !b->build;
    slong most = primitive ? b->arity : b->parameters + 1;
    if (n > most || (primitive && n < most && !(n == 0 && b->arity == 1))) {
        ew_expr_free_all(arg, n);
        wrong_count(b, n, ctx);
        return NULL;
    }
    if (primitive)
        return apply_primitive(b, arg, n, ctx);
    ew_expr *slot[3] = {NULL, NULL, NULL}, *e = NULL;
    if (arrange(slot, b, arg, n)) {
        e = apply_parametrised(b, slot, ctx);
        n = 3;
        arg = slot;
    } else {
        wrong_count(b, n, ctx);
    }
    ew_expr_free_all(arg, n);
    return e;
}

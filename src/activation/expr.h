/* Expressions in z: immutable, reference-counted trees, the one form of every activation,
 * constant and parameter.  A constant stays an expression and is evaluated afresh at any
 * precision. */
#ifndef EW_ACTIVATION_EXPR_H
#define EW_ACTIVATION_EXPR_H

#include "arith/context.h"
#include "arith/flint.h"

typedef enum {
    EW_NUM, /* exact rational */
    EW_PI,
    EW_Z,
    EW_VAR, /* a named variable of an integrand: index in `var` */
    EW_ADD, /* n-ary: depth of a tree is bounded by the nesting of its source */
    EW_MUL, /* n-ary */
    EW_DIV, /* 2 */
    EW_POW, /* 2: base, constant exponent */
    /* analytic functions of one argument */
    EW_EXP,
    EW_LOG,
    EW_LOG1P,
    EW_EXPM1,
    EW_SQRT,
    EW_SIN,
    EW_COS,
    EW_TAN,
    EW_ASIN, /* constants only: exact forms use them */
    EW_ACOS,
    EW_ATAN,
    EW_ASINH,
    EW_SINH,
    EW_COSH,
    EW_TANH,
    EW_SIGMOID,
    EW_SOFTPLUS,
    EW_ERF,
    EW_ERFC,
    /* kinked: never inside a smooth piece */
    EW_ABS,
    EW_SIGN,
    EW_STEP, /* 1 for u > 0, 0 for u < 0 */
    EW_MAX,  /* 2 */
    EW_MIN,  /* 2 */
    EW_IF    /* 3: constant c, A, B: A where z < c, else B */
} ew_op;

typedef struct ew_expr ew_expr;
struct ew_expr {
    ew_op op;
    int has_z;    /* depends on z (or a variable) */
    int has_kink; /* contains a kinked node that depends on z */
    int total;    /* finite for every real z, as far as the operators alone show */
    slong var;    /* EW_VAR */
    slong n;      /* number of arguments */
    ew_expr **arg;
    fmpq_t num;  /* EW_NUM */
    slong size;  /* nodes counted as a tree, shared ones again: at most EW_MAX_TREE */
    slong depth; /* longest path: at most EW_MAX_TREE_DEPTH, so that recursion is safe */
    slong refs;
};

/* Built-ins that use their argument twice double a nested tree, so its size is limited. */
#define EW_MAX_TREE 262144
#define EW_MAX_TREE_DEPTH 2500

/* Constructors fold a rational only up to this many bits of numerator and denominator. */
#define EW_MAX_FOLD_BITS 20000

/* Integer and rational exponents of a base that depends on z. */
#define EW_MAX_EXPONENT 1000

/* Constructors: take ownership of their arguments (also on failure), return a new reference or
 * NULL with the failure recorded; a NULL argument gives NULL, so calls can be nested.  They
 * fold rational constants exactly (within size limits), flatten sums and products, drop 0 + and
 * 1 *, and nothing cleverer: the mathematics downstream must not depend on the spelling.
 * EW_DOMAIN: undefined at a rational constant (1/0, log(-2)).  EW_USAGE: a limit. */
ew_expr *ew_expr_num(const fmpq_t x, ew_context *ctx);
ew_expr *ew_expr_si(slong p, ew_context *ctx);
ew_expr *ew_expr_leaf(ew_op op, slong var, ew_context *ctx); /* EW_PI, EW_Z, EW_VAR */
ew_expr *ew_expr_new(ew_op op, ew_expr **arg, slong n, ew_context *ctx); /* copies the array */
ew_expr *ew_expr_1(ew_op op, ew_expr *a, ew_context *ctx);
ew_expr *ew_expr_2(ew_op op, ew_expr *a, ew_expr *b, ew_context *ctx);

ew_expr *ew_expr_ref(const ew_expr *e);
void ew_expr_free(ew_expr *e); /* drops one reference; NULL is fine */

/* -a and a - b, as (-1)*a and a + (-1)*b. */
ew_expr *ew_expr_neg(ew_expr *a, ew_context *ctx);
ew_expr *ew_expr_sub(ew_expr *a, ew_expr *b, ew_context *ctx);

/* e with z replaced by `by` (a fresh reference; both inputs kept).  An `if` survives only if
 * `by` is affine in z with constant coefficients, or constant (then it is decided); else
 * EW_DOMAIN. */
ew_expr *ew_expr_substitute(const ew_expr *e, const ew_expr *by, ew_context *ctx);

/* The same with EW_VAR i replaced by var[i]; by = NULL keeps z, var = NULL keeps the variables.
 */
ew_expr *ew_expr_replace(const ew_expr *e, const ew_expr *by, ew_expr *const *var,
                         ew_context *ctx);

/* The name of a function in the language ("tanh"); NULL for operators and leaves. */
const char *ew_op_name(ew_op op);

int ew_expr_equal(const ew_expr *a, const ew_expr *b); /* structural */

/* The expression in the activation language, readable back by ew_expr_parse; fresh string. */
char *ew_expr_text(const ew_expr *e, ew_context *ctx); /* EW_VAR i prints as v<i> */

/* Parse an expression in z.  vars: NULL-terminated list of extra variable names (s, s1, z_a,
 * ...), or NULL.  On failure: EW_USAGE, one line, then the source and a caret line (a window of
 * at most 72 characters of a long source).  `what` names the thing in the message
 * ("activation", "cw"). */
ew_status ew_expr_parse(ew_expr **out, const char *text, const char *const *vars,
                        const char *what, ew_context *ctx);

/* A constant expression as a ball; non-finite if undefined (log(0), 1/0, sqrt(-1)). */
void ew_expr_constant(arb_t x, const ew_expr *e, slong prec);

/* 1 and x set if e is a constant with an exactly known rational value. */
int ew_expr_rational(fmpq_t x, const ew_expr *e);

/* 1 and *n set if e is an EW_NUM, an integer and fits. */
int ew_expr_small_integer(slong *n, const ew_expr *e);

/* Sign of a constant: -1, 0, 1, or 2 when not decided at 10^4 bits. */
int ew_expr_sign(const ew_expr *e);

#endif

#include "activation/expr.h"

#include <stdlib.h>
#include <string.h>

#include "activation/builtin.h"
#include "activation/fold.h"
#include "activation/token.h"

/* expression = term { (+|-) term };  term = signed { (*|/) signed };  signed = { +|- } power;
 * power = primary [ ^ signed ];  primary = number | name [ ( arguments ) ] | ( expression ). */

typedef struct {
    const char *source;
    const char *const *vars;
    ew_token word; /* not yet consumed */
    slong depth;
    ew_context *ctx; /* records the first failure, without the caret */
    size_t failed_at;
} parser;

/* A growing list of owned operands. */
typedef struct {
    ew_expr **at;
    slong n, room;
} operands;

static ew_expr *expression(parser *p);

static void advance(parser *p)
{
    p->word = ew_token_next(p->source, p->word.at + p->word.length);
}

/* Note where the failure recorded in p->ctx is; the first place told stays. */
static ew_expr *fail_at(parser *p, size_t at)
{
    if (p->failed_at == SIZE_MAX)
        p->failed_at = at;
    return NULL;
}

#define FAIL(p, at, status, ...) (ew_fail((p)->ctx, status, __VA_ARGS__), fail_at(p, at))

/* What a constructor made of the operator at `at`. */
static ew_expr *made(parser *p, ew_expr *e, size_t at)
{
    return e ? e : fail_at(p, at);
}

static int push(parser *p, operands *list, ew_expr *e)
{
    if (!e)
        return 0;
    if (list->n == list->room) {
        slong room = 2 * list->room + 4;
        ew_expr **more = ew_realloc(list->at, (size_t) room * sizeof *more, p->ctx);
        if (!more) {
            ew_expr_free(e);
            fail_at(p, p->word.at);
            return 0;
        }
        list->at = more;
        list->room = room;
    }
    list->at[list->n++] = e;
    return 1;
}

static void drop(operands *list)
{
    ew_expr_free_all(list->at, list->n);
    free(list->at);
    *list = (operands){NULL, 0, 0};
}

/* One node of all operands, or the only one. */
static ew_expr *collapse(parser *p, operands *list, ew_op op, size_t at)
{
    ew_expr *e = list->n == 1 ? list->at[0] : ew_expr_new(op, list->at, list->n, p->ctx);
    list->n = 0;
    return made(p, e, at);
}

static ew_expr *unexpected(parser *p, const char *wanted)
{
    ew_token t = p->word;
    int shown = t.length < 40 ? (int) t.length : 40;
    unsigned char byte = (unsigned char) p->source[t.at];
    if (t.kind == EW_T_END)
        return FAIL(p, t.at, EW_USAGE, "%s expected, but the expression ends here", wanted);
    if (t.kind == EW_T_BAD && (byte < ' ' || byte > '~'))
        return FAIL(p, t.at, EW_USAGE, "byte 0x%02x is not part of the language", byte);
    if (t.kind == EW_T_TIMES && t.at > 0 && p->source[t.at - 1] == '*')
        return FAIL(p, t.at, EW_USAGE, "a power is written with ^");
    return FAIL(p, t.at, EW_USAGE, "%s expected before `%.*s`", wanted, shown,
                p->source + t.at);
}

static int deeper(parser *p, size_t at)
{
    if (++p->depth <= EW_MAX_NESTING)
        return 1;
    FAIL(p, at, EW_USAGE, "nested deeper than %d levels", EW_MAX_NESTING);
    return 0;
}

static ew_expr *closed(parser *p, ew_expr *e)
{
    if (e && p->word.kind == EW_T_CLOSE) {
        advance(p);
        p->depth--;
        return e;
    }
    if (e)
        unexpected(p, "`)` or an operator");
    ew_expr_free(e);
    return NULL;
}

static ew_expr *number(parser *p)
{
    ew_token t = p->word;
    ew_expr *e = NULL;
    fmpq_t x;
    fmpq_init(x);
    if (ew_token_number(x, p->source, t, p->ctx))
        FAIL(p, t.at, EW_USAGE, "a number has more than %d digits or so large an exponent",
             EW_MAX_DIGITS);
    else
        e = made(p, ew_expr_num(x, p->ctx), t.at);
    fmpq_clear(x);
    advance(p);
    return e;
}

static int is(const parser *p, ew_token t, const char *name)
{
    return t.length == strlen(name) && !memcmp(p->source + t.at, name, t.length);
}

static ew_expr *unknown(parser *p, ew_token t)
{
    const char *name = p->source + t.at;
    int shown = t.length < 40 ? (int) t.length : 40;
    static const char *const not_numbers[] = {"nan", "NaN", "NAN",     "inf",
                                              "Inf", "INF", "infinity"};
    for (size_t i = 0; i < sizeof not_numbers / sizeof *not_numbers; i++)
        if (is(p, t, not_numbers[i]))
            return FAIL(p, t.at, EW_USAGE, "`%.*s` is not a finite number", shown, name);
    const char *near = ew_builtin_nearest(name, t.length, p->vars);
    const char *kind = p->word.kind == EW_T_OPEN ? "function" : "name";
    if (near)
        return FAIL(p, t.at, EW_USAGE, "unknown %s `%.*s`; did you mean `%s`?", kind, shown,
                    name, near);
    return FAIL(p, t.at, EW_USAGE, "unknown %s `%.*s`", kind, shown, name);
}

/* The part of `if` before the first comma: 1 for z < c, -1 for z > c, 0 on failure. */
static int condition(parser *p, ew_expr **c)
{
    size_t at = p->word.at;
    ew_expr *left = expression(p);
    if (!left)
        return 0;
    int is_z = left->op == EW_Z, side = p->word.kind == EW_T_LESS ? 1 : -1;
    ew_expr_free(left);
    if (p->word.kind != EW_T_LESS && p->word.kind != EW_T_GREATER) {
        unexpected(p, "a comparison such as z < 0");
        return 0;
    }
    if (!is_z) {
        FAIL(p, at, EW_DOMAIN,
             "a condition must compare z itself with a constant: if(z<c, A, B)");
        return 0;
    }
    advance(p);
    at = p->word.at;
    *c = expression(p);
    if (*c && (*c)->has_z) {
        FAIL(p, at, EW_DOMAIN,
             "z can be compared only with a constant: kinks have fixed places");
        ew_expr_free(*c);
        *c = NULL;
    }
    return *c ? side : 0;
}

static ew_expr *after_comma(parser *p)
{
    if (p->word.kind != EW_T_COMMA)
        return unexpected(p, "`,`");
    advance(p);
    return expression(p);
}

/* if ( z < c , A , B ), the word `if` consumed */
static ew_expr *conditional(parser *p, size_t at)
{
    if (p->word.kind != EW_T_OPEN)
        return unexpected(p, "`(` after `if`");
    if (!deeper(p, p->word.at))
        return NULL;
    advance(p);
    ew_expr *arg[3] = {NULL, NULL, NULL};
    int side = condition(p, &arg[0]);
    if (side) {
        arg[side > 0 ? 1 : 2] = after_comma(p);
        if (arg[side > 0 ? 1 : 2])
            arg[side > 0 ? 2 : 1] = after_comma(p);
    }
    if (!arg[1] || !arg[2]) {
        ew_expr_free_all(arg, 3);
        return NULL;
    }
    return closed(p, made(p, ew_expr_new(EW_IF, arg, 3, p->ctx), at));
}

/* ( expression , ... ) after a function's name; 0 on failure with the list dropped. */
static int arguments(parser *p, operands *list)
{
    if (!deeper(p, p->word.at))
        return 0;
    do {
        advance(p);
        if (!push(p, list, expression(p))) {
            drop(list);
            return 0;
        }
    } while (p->word.kind == EW_T_COMMA);
    if (p->word.kind != EW_T_CLOSE) {
        unexpected(p, "`,` or `)` or an operator");
        drop(list);
        return 0;
    }
    advance(p);
    p->depth--;
    return 1;
}

static ew_expr *call(parser *p, const ew_builtin *b, ew_token name)
{
    operands list = {NULL, 0, 0};
    if (p->word.kind == EW_T_OPEN && !arguments(p, &list))
        return NULL;
    ew_expr *e = ew_builtin_apply(b, list.at, list.n, p->ctx);
    list.n = 0;
    drop(&list);
    return made(p, e, name.at);
}

static ew_expr *constant_e(parser *p)
{
    return ew_expr_1(EW_EXP, ew_expr_si(1, p->ctx), p->ctx);
}

static ew_expr *name(parser *p)
{
    ew_token t = p->word;
    advance(p);
    for (slong i = 0; p->vars && p->vars[i]; i++)
        if (is(p, t, p->vars[i]))
            return made(p, ew_expr_leaf(EW_VAR, i, p->ctx), t.at);
    if (is(p, t, "z"))
        return made(p, ew_expr_leaf(EW_Z, 0, p->ctx), t.at);
    if (is(p, t, "pi"))
        return made(p, ew_expr_leaf(EW_PI, 0, p->ctx), t.at);
    if (is(p, t, "e"))
        return made(p, constant_e(p), t.at);
    if (is(p, t, "if"))
        return conditional(p, t.at);
    const ew_builtin *b = ew_builtin_find(p->source + t.at, t.length);
    return b ? call(p, b, t) : unknown(p, t);
}

static ew_expr *primary(parser *p)
{
    if (p->word.kind == EW_T_NUMBER)
        return number(p);
    if (p->word.kind == EW_T_NAME)
        return name(p);
    if (p->word.kind != EW_T_OPEN)
        return unexpected(p, "a number, a name or `(`");
    if (!deeper(p, p->word.at))
        return NULL;
    advance(p);
    return closed(p, expression(p));
}

static ew_expr *sign(parser *p);

/* An exponent of a base in z, not known to be too large?  Powers too long to write out stay
 * expressions: a ball decides. */
static int exponent_fits(const ew_expr *n)
{
    if (n->op == EW_NUM)
        return fmpq_cmp_si(n->num, EW_MAX_EXPONENT) <= 0 &&
               fmpq_cmp_si(n->num, -EW_MAX_EXPONENT) >= 0;
    arb_t x;
    arb_init(x);
    ew_expr_constant(x, n, 64);
    arb_abs(x, x);
    arb_sub_ui(x, x, EW_MAX_EXPONENT, 64);
    int fits = !arb_is_positive(x);
    arb_clear(x);
    return fits;
}

/* c^u for a positive constant c means exp(u log c). */
static ew_expr *exponential(parser *p, ew_expr *c, ew_expr *u, size_t at)
{
    int positive = !c->has_z && ew_expr_sign(c) == 1;
    if (positive && c->op == EW_EXP && c->arg[0]->op == EW_NUM && fmpq_is_one(c->arg[0]->num)) {
        ew_expr_free(c);
        return made(p, ew_expr_1(EW_EXP, u, p->ctx), at);
    }
    if (positive) {
        ew_expr *logarithm = ew_expr_1(EW_LOG, c, p->ctx);
        return made(p, ew_expr_1(EW_EXP, ew_expr_2(EW_MUL, logarithm, u, p->ctx), p->ctx), at);
    }
    ew_expr_free(c);
    ew_expr_free(u);
    return FAIL(p, at, EW_DOMAIN,
                "an exponent must be a constant, unless the base is a positive one");
}

static ew_expr *power(parser *p)
{
    ew_expr *base = primary(p);
    size_t at = p->word.at;
    if (!base || p->word.kind != EW_T_POWER)
        return base;
    ew_expr *exponent = NULL;
    if (deeper(p, at)) {
        advance(p);
        at = p->word.at;
        exponent = sign(p);
        p->depth--;
    }
    if (exponent && exponent->has_z)
        return exponential(p, base, exponent, at);
    if (exponent && base->has_z && !exponent_fits(exponent)) {
        FAIL(p, at, EW_USAGE, "an exponent of z is limited to %d in size", EW_MAX_EXPONENT);
        ew_expr_free(exponent);
        exponent = NULL;
    }
    if (!exponent) {
        ew_expr_free(base);
        return NULL;
    }
    return made(p, ew_expr_2(EW_POW, base, exponent, p->ctx), at);
}

/* { + | - } power: binds looser than ^, so -z^2 is -(z^2). */
static ew_expr *sign(parser *p)
{
    size_t at = p->word.at;
    int negative = 0;
    slong depth = p->depth;
    while (p->word.kind == EW_T_MINUS || p->word.kind == EW_T_PLUS) {
        if (!deeper(p, p->word.at))
            return NULL;
        negative ^= p->word.kind == EW_T_MINUS;
        advance(p);
    }
    ew_expr *e = power(p);
    p->depth = depth;
    return e && negative ? made(p, ew_expr_neg(e, p->ctx), at) : e;
}

/* The product of the factors so far over the next one; a failure points at the divisor. */
static ew_expr *quotient(parser *p, operands *factors)
{
    size_t at = p->word.at;
    ew_expr *top = collapse(p, factors, EW_MUL, at);
    ew_expr *bottom = top ? sign(p) : NULL;
    if (!bottom) {
        ew_expr_free(top);
        return NULL;
    }
    return made(p, ew_expr_2(EW_DIV, top, bottom, p->ctx), at);
}

static ew_expr *term(parser *p)
{
    operands list = {NULL, 0, 0};
    size_t at = p->word.at;
    int ok = push(p, &list, sign(p));
    while (ok && (p->word.kind == EW_T_TIMES || p->word.kind == EW_T_OVER)) {
        int divide = p->word.kind == EW_T_OVER;
        at = p->word.at;
        advance(p);
        ok = push(p, &list, divide ? quotient(p, &list) : sign(p));
    }
    ew_expr *e = ok ? collapse(p, &list, EW_MUL, at) : NULL;
    drop(&list);
    return e;
}

static ew_expr *expression(parser *p)
{
    operands list = {NULL, 0, 0};
    size_t at = p->word.at;
    int ok = push(p, &list, term(p));
    while (ok && (p->word.kind == EW_T_PLUS || p->word.kind == EW_T_MINUS)) {
        int minus = p->word.kind == EW_T_MINUS;
        at = p->word.at;
        advance(p);
        ew_expr *e = term(p);
        ok = push(p, &list, e && minus ? made(p, ew_expr_neg(e, p->ctx), at) : e);
    }
    ew_expr *e = ok ? collapse(p, &list, EW_ADD, at) : NULL;
    drop(&list);
    return e;
}

static ew_expr *whole(parser *p)
{
    if (strlen(p->source) > EW_MAX_EXPRESSION)
        return FAIL(p, 0, EW_USAGE, "the expression is longer than %d bytes",
                    EW_MAX_EXPRESSION);
    p->word = ew_token_next(p->source, 0);
    if (p->word.kind == EW_T_END)
        return FAIL(p, 0, EW_USAGE, "the expression is empty");
    ew_expr *e = expression(p);
    if (!e || p->word.kind == EW_T_END)
        return e;
    ew_expr_free(e);
    return unexpected(p, "an operator");
}

ew_status ew_expr_parse(ew_expr **out, const char *text, const char *const *vars,
                        const char *what, ew_context *ctx)
{
    ew_context inner = {0};
    parser p = {text, vars, {EW_T_END, 0, 0}, 0, &inner, SIZE_MAX};
    *out = whole(&p);
    ew_status status = EW_OK;
    if (!*out) {
        status = ew_fail(ctx, inner.status, "%s: %s", what, ew_context_error(&inner));
        if (status == EW_USAGE || status == EW_DOMAIN || status == EW_UNABLE)
            ew_caret(ctx, text, p.failed_at == SIZE_MAX ? 0 : p.failed_at);
    }
    ew_clear(&inner);
    return status;
}

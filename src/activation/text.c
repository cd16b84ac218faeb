#include "activation/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How tightly a printed expression binds; a smaller level needs parentheses in a larger slot.
 */
enum { SUM, PRODUCT, FACTOR, BASE };

typedef struct {
    char *at;
    size_t used, room;
    int failed;
    ew_context *ctx;
} writer;

static void put(writer *w, const char *s)
{
    size_t n = strlen(s);
    if (w->failed)
        return;
    if (w->used + n + 1 > w->room) {
        size_t room = 2 * (w->used + n + 1);
        char *more = ew_realloc(w->at, room, w->ctx);
        if (!more) {
            w->failed = 1;
            return;
        }
        w->at = more;
        w->room = room;
    }
    memcpy(w->at + w->used, s, n + 1);
    w->used += n;
}

static void write_expr(writer *w, const ew_expr *e, int slot);

static void put_rational(writer *w, const fmpq_t x)
{
    char *s = fmpq_get_str(NULL, 10, x);
    put(w, s);
    flint_free(s);
}

/* A product's leading rational carries its sign: -1*z prints as -z. */
static int starts_negative(const ew_expr *e)
{
    if (e->op == EW_NUM)
        return fmpq_sgn(e->num) < 0;
    if (e->op == EW_MUL || e->op == EW_DIV)
        return starts_negative(e->arg[0]);
    return 0;
}

static int level(const ew_expr *e)
{
    switch (e->op) {
    case EW_ADD:
        return SUM;
    case EW_MUL:
    case EW_DIV:
        return PRODUCT;
    case EW_POW:
        return FACTOR;
    case EW_NUM:
        if (fmpq_sgn(e->num) < 0 || !fmpz_is_one(fmpq_denref(e->num)))
            return PRODUCT;
        return BASE;
    default:
        return BASE;
    }
}

static void write_sum(writer *w, const ew_expr *e)
{
    for (slong i = 0; i < e->n; i++) {
        if (i > 0 && !starts_negative(e->arg[i]))
            put(w, "+");
        write_expr(w, e->arg[i], PRODUCT);
    }
}

static void write_product(writer *w, const ew_expr *e)
{
    slong i = 0;
    slong first;
    if (ew_expr_small_integer(&first, e->arg[0]) && first == -1) {
        put(w, "-");
        i = 1;
    }
    /* -(-z/2), since --z/2 reads as (--z)/2 */
    write_expr(w, e->arg[i], i && starts_negative(e->arg[i]) ? FACTOR : PRODUCT);
    for (i++; i < e->n; i++) {
        put(w, "*");
        write_expr(w, e->arg[i], FACTOR);
    }
}

static int plain_exponent(const ew_expr *e)
{
    return e->op == EW_NUM ? fmpz_is_one(fmpq_denref(e->num)) : level(e) == BASE;
}

static void write_power(writer *w, const ew_expr *e)
{
    int plain = plain_exponent(e->arg[1]);
    write_expr(w, e->arg[0], BASE);
    put(w, plain ? "^" : "^(");
    write_expr(w, e->arg[1], SUM);
    put(w, plain ? "" : ")");
}

static void write_call(writer *w, const ew_expr *e)
{
    put(w, e->op == EW_IF ? "if(z<" : ew_op_name(e->op));
    put(w, e->op == EW_IF ? "" : "(");
    /* softplus of a constant would be read as its parameter */
    if (e->op == EW_SOFTPLUS && !e->arg[0]->has_z)
        put(w, "1,");
    for (slong i = 0; i < e->n; i++) {
        put(w, i ? "," : "");
        write_expr(w, e->arg[i], SUM);
    }
    put(w, ")");
}

static void write_leaf(writer *w, const ew_expr *e)
{
    char name[32];
    if (e->op == EW_VAR) {
        snprintf(name, sizeof name, "v%ld", (long) e->var);
        put(w, name);
    } else {
        put(w, e->op == EW_Z ? "z" : "pi");
    }
}

static int is_e(const ew_expr *e)
{
    return e->op == EW_EXP && e->arg[0]->op == EW_NUM && fmpq_is_one(e->arg[0]->num);
}

static void write_expr(writer *w, const ew_expr *e, int slot)
{
    int wrap = level(e) < slot;
    put(w, wrap ? "(" : "");
    switch (e->op) {
    case EW_NUM:
        put_rational(w, e->num);
        break;
    case EW_PI:
    case EW_Z:
    case EW_VAR:
        write_leaf(w, e);
        break;
    case EW_ADD:
        write_sum(w, e);
        break;
    case EW_MUL:
        write_product(w, e);
        break;
    case EW_DIV:
        write_expr(w, e->arg[0], PRODUCT);
        put(w, "/");
        write_expr(w, e->arg[1], FACTOR);
        break;
    case EW_POW:
        write_power(w, e);
        break;
    default:
        if (is_e(e))
            put(w, "e");
        else
            write_call(w, e);
    }
    put(w, wrap ? ")" : "");
}

char *ew_expr_text(const ew_expr *e, ew_context *ctx)
{
    writer w = {NULL, 0, 0, 0, ctx};
    write_expr(&w, e, SUM);
    if (w.failed) {
        free(w.at);
        return NULL;
    }
    return w.at;
}

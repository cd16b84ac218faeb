#include "expect/integrand.h"
#include "arith/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 72 };

typedef ew_integrand poly;

typedef struct {
    const char *text, *at;
    slong variables;
    slong nesting;
    ew_context *ctx;
    ew_status status; /* of the first failure */
} reader;

/* ---- failure with a caret ---- */

static void fail_at(reader *r, const char *at, const char *why)
{
    char line[WINDOW + 1], caret[WINDOW + 2];
    size_t column = (size_t) (at - r->text), length = strlen(r->text), from = 0, i;
    if (r->status != EW_OK)
        return;
    r->status = ew_fail(r->ctx, EW_USAGE, "integrand: %s at character %lu", why,
                        (unsigned long) column + 1);
    if (length > WINDOW && column > WINDOW / 2)
        from = column - WINDOW / 2;
    for (i = 0; i < WINDOW && r->text[from + i]; i++) {
        unsigned char c = (unsigned char) r->text[from + i];
        line[i] = c < 32 || c == 127 ? ' ' : (char) c;
    }
    line[i] = 0;
    memset(caret, ' ', column - from);
    caret[column - from] = '^';
    caret[column - from + 1] = 0;
    ew_fail_detail(r->ctx, line);
    ew_fail_detail(r->ctx, caret);
}

static void fail_memory(reader *r)
{
    if (r->status == EW_OK)
        r->status = EW_MEMORY;
}

/* ---- polynomials ---- */

static poly *poly_new(reader *r)
{
    poly *p = ew_alloc_zero(1, sizeof *p, r->ctx);
    if (!p) {
        fail_memory(r);
        return NULL;
    }
    p->variables = r->variables;
    return p;
}

static int same(const ew_factors *a, const ew_factors *b)
{
    for (slong v = 0; v < EW_MANY; v++)
        if (a->of[v].z != b->of[v].z || memcmp(a->of[v].e, b->of[v].e, sizeof a->of[v].e))
            return 0;
    return 1;
}

static slong degree(const ew_monomial *m)
{
    slong d = m->z;
    for (slong i = 0; i < EW_JETS; i++)
        d += m->e[i];
    return d;
}

static int poly_grow(poly *p, reader *r)
{
    size_t room = (size_t) p->n + 1;
    if (room & (room - 1)) /* storage holds the next power of two */
        return 1;
    room = room < 2 ? 2 : 2 * room;
    fmpq *coef = ew_realloc(p->coef, room * sizeof *coef, r->ctx);
    if (coef)
        p->coef = coef;
    ew_factors *term = coef ? ew_realloc(p->term, room * sizeof *term, r->ctx) : NULL;
    if (term)
        p->term = term;
    else
        fail_memory(r);
    return term != NULL;
}

/* p += c m */
static int poly_add_term(poly *p, const fmpq_t c, const ew_factors *m, const char *at,
                         reader *r)
{
    if (fmpq_is_zero(c))
        return 1;
    for (slong i = 0; i < p->n; i++)
        if (same(p->term + i, m)) {
            fmpq_add(p->coef + i, p->coef + i, c);
            return 1;
        }
    if (p->n >= EW_INTEGRAND_TERMS) {
        fail_at(r, at, "too many terms");
        return 0;
    }
    if (!poly_grow(p, r))
        return 0;
    fmpq_init(p->coef + p->n);
    fmpq_set(p->coef + p->n, c);
    p->term[p->n++] = *m;
    return 1;
}

static poly *poly_monomial(const fmpq_t c, const ew_factors *m, const char *at, reader *r)
{
    poly *p = poly_new(r);
    if (p && !poly_add_term(p, c, m, at, r)) {
        ew_integrand_free(p);
        return NULL;
    }
    return p;
}

static poly *poly_constant(const fmpq_t c, const char *at, reader *r)
{
    ew_factors one;
    memset(&one, 0, sizeof one);
    return poly_monomial(c, &one, at, r);
}

/* a + sign b; frees both. */
static poly *poly_add(poly *a, poly *b, int sign, const char *at, reader *r)
{
    int good = a && b;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; good && i < b->n; i++) {
        fmpq_set(c, b->coef + i);
        if (sign < 0)
            fmpq_neg(c, c);
        good = poly_add_term(a, c, b->term + i, at, r);
    }
    fmpq_clear(c);
    ew_integrand_free(b);
    if (good)
        return a;
    ew_integrand_free(a);
    return NULL;
}

/* The limit on the degree also keeps every exponent within its type. */
static int factors_mul(ew_factors *m, const ew_factors *a, const ew_factors *b)
{
    for (slong v = 0; v < EW_MANY; v++) {
        const ew_monomial *x = a->of + v, *y = b->of + v;
        if (degree(x) + degree(y) > EW_INTEGRAND_DEGREE)
            return 0;
        m->of[v].z = (unsigned short) (x->z + y->z);
        for (slong i = 0; i < EW_JETS; i++)
            m->of[v].e[i] = (unsigned char) (x->e[i] + y->e[i]);
    }
    return 1;
}

/* a b; keeps both. */
static poly *poly_mul(const poly *a, const poly *b, const char *at, reader *r)
{
    poly *p = poly_new(r);
    int good = p != NULL;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; good && i < a->n; i++)
        for (slong j = 0; good && j < b->n; j++) {
            ew_factors m;
            if (!factors_mul(&m, a->term + i, b->term + j)) {
                fail_at(r, at, "the degree is too large");
                good = 0;
                break;
            }
            fmpq_mul(c, a->coef + i, b->coef + j);
            good = poly_add_term(p, c, &m, at, r);
        }
    fmpq_clear(c);
    if (good)
        return p;
    ew_integrand_free(p);
    return NULL;
}

/* a^k; frees a. */
static poly *poly_pow(poly *a, slong k, const char *at, reader *r)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    poly *p = poly_constant(one, at, r);
    fmpq_clear(one);
    for (slong i = 0; p && i < k; i++) {
        poly *q = poly_mul(p, a, at, r);
        ew_integrand_free(p);
        p = q;
    }
    ew_integrand_free(a);
    return p;
}

/* The constant a polynomial is, if it is one. */
static int poly_is_constant(fmpq_t c, const poly *p)
{
    fmpq_zero(c);
    for (slong i = 0; i < p->n; i++) {
        if (fmpq_is_zero(p->coef + i))
            continue;
        for (slong v = 0; v < p->variables; v++)
            if (degree(p->term[i].of + v))
                return 0;
        fmpq_set(c, p->coef + i);
    }
    return 1;
}

/* a / b, b a nonzero number; frees both. */
static poly *poly_div(poly *a, poly *b, const char *at, reader *r)
{
    fmpq_t c;
    int good = a && b;
    fmpq_init(c);
    if (good && (!poly_is_constant(c, b) || fmpq_is_zero(c))) {
        fail_at(r, at, "division by something that is not a nonzero number");
        good = 0;
    }
    for (slong i = 0; good && i < a->n; i++)
        fmpq_div(a->coef + i, a->coef + i, c);
    fmpq_clear(c);
    ew_integrand_free(b);
    if (good)
        return a;
    ew_integrand_free(a);
    return NULL;
}

static void poly_drop_zeros(poly *p)
{
    slong k = 0;
    for (slong i = 0; i < p->n; i++) {
        if (fmpq_is_zero(p->coef + i))
            continue;
        if (k < i) {
            fmpq_swap(p->coef + k, p->coef + i);
            p->term[k] = p->term[i];
        }
        k++;
    }
    for (slong i = k; i < p->n; i++)
        fmpq_clear(p->coef + i);
    p->n = k;
}

/* ---- reading ---- */

static poly *read_sum(reader *r);

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_space(reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
        r->at++;
}

static poly *read_number(reader *r)
{
    const char *start = r->at;
    char text[64];
    size_t n;
    poly *p = NULL;
    fmpq_t c;
    fmpq_init(c);
    while (is_digit(*r->at) || *r->at == '.')
        r->at++;
    n = (size_t) (r->at - start);
    if (n >= sizeof text) {
        fail_at(r, start, "a number with too many digits");
    } else {
        memcpy(text, start, n);
        text[n] = 0;
        if (ew_rational_read(c, text) != 0)
            fail_at(r, start, "not a number");
        else
            p = poly_constant(c, start, r);
    }
    fmpq_clear(c);
    return p;
}

/* An unsigned integer of at most three digits, -1 if there is none. */
static slong read_small(reader *r)
{
    slong v = 0, n = 0;
    while (is_digit(*r->at) && n < 4) {
        v = 10 * v + (*r->at++ - '0');
        n++;
    }
    return n == 0 || n > 3 ? -1 : v;
}

static poly *read_name(reader *r)
{
    const char *start = r->at;
    ew_factors m;
    slong order = 0, variable = 0;
    int is_z = *r->at == 'z';
    memset(&m, 0, sizeof m);
    if (!is_z && *r->at != 's') {
        fail_at(r, start, "unknown name (z, s, s1, s2, ... are known)");
        return NULL;
    }
    r->at++;
    if (!is_z && is_digit(*r->at))
        order = read_small(r);
    if (order < 0 || order >= EW_JETS) {
        fail_at(r, start, "a derivative of too high an order");
        return NULL;
    }
    if (r->variables > 1) {
        char last = (char) ('a' + r->variables - 1);
        if (r->at[0] != '_' || r->at[1] < 'a' || r->at[1] > last) {
            char why[64];
            snprintf(why, sizeof why, "in %ld variables names end in _a to _%c",
                     (long) r->variables, last);
            fail_at(r, start, why);
            return NULL;
        }
        variable = r->at[1] - 'a';
        r->at += 2;
    }
    if (is_letter(*r->at) || *r->at == '_' || is_digit(*r->at)) {
        fail_at(r, start,
                r->variables == 1 && *r->at == '_'
                    ? "_a and _b need a covariance of several variables"
                    : "unknown name (z, s, s1, s2, ... are known)");
        return NULL;
    }
    if (is_z)
        m.of[variable].z = 1;
    else
        m.of[variable].e[order] = 1;
    fmpq_t c;
    fmpq_init(c);
    fmpq_one(c);
    poly *p = poly_monomial(c, &m, start, r);
    fmpq_clear(c);
    return p;
}

static poly *read_primary(reader *r)
{
    skip_space(r);
    if (is_digit(*r->at) || *r->at == '.')
        return read_number(r);
    if (is_letter(*r->at))
        return read_name(r);
    if (*r->at != '(') {
        fail_at(r, r->at, *r->at ? "unexpected character" : "unexpected end");
        return NULL;
    }
    if (++r->nesting > EW_MAX_NESTING) {
        fail_at(r, r->at, "too deeply nested");
        return NULL;
    }
    const char *open = r->at++;
    poly *p = read_sum(r);
    skip_space(r);
    r->nesting--;
    if (p && *r->at != ')') {
        fail_at(r, *r->at ? r->at : open, *r->at ? "expected )" : "this ( is never closed");
        ew_integrand_free(p);
        return NULL;
    }
    if (p)
        r->at++;
    return p;
}

static poly *read_power(reader *r)
{
    poly *p = read_primary(r);
    skip_space(r);
    if (!p || *r->at != '^')
        return p;
    r->at++;
    skip_space(r);
    const char *at = r->at;
    slong k = read_small(r);
    if (k < 0 || k > EW_INTEGRAND_DEGREE || *r->at == '.') {
        fail_at(r, at, "expected a whole exponent of moderate size");
        ew_integrand_free(p);
        return NULL;
    }
    return poly_pow(p, k, at, r);
}

static poly *read_product(reader *r)
{
    poly *p = read_power(r);
    while (p) {
        skip_space(r);
        const char *at = r->at;
        int divide = *at == '/';
        if (divide || *at == '*')
            r->at++;
        else if (!is_letter(*at) && !is_digit(*at) && *at != '(' && *at != '.')
            break;
        poly *q = read_power(r);
        if (divide) {
            p = poly_div(p, q, at + 1, r);
            continue;
        }
        poly *t = q ? poly_mul(p, q, at, r) : NULL;
        ew_integrand_free(p);
        ew_integrand_free(q);
        p = t;
    }
    return p;
}

static poly *read_sum(reader *r)
{
    poly *p = poly_new(r);
    int sign = 1, first = 1;
    while (p) {
        skip_space(r);
        const char *at = r->at;
        if (*at == '+' || *at == '-') {
            sign = *at == '-' ? -1 : 1;
            r->at++;
        } else if (!first) {
            break;
        }
        p = poly_add(p, read_product(r), sign, at, r);
        first = 0;
    }
    return p;
}

ew_status ew_integrand_parse(ew_integrand **out, const char *text, slong variables,
                             ew_context *ctx)
{
    reader r = {text, text, variables, 0, ctx, EW_OK};
    *out = NULL;
    if (variables < 1 || variables > EW_MANY)
        return ew_fail(ctx, EW_USAGE, "integrand: 1 to %d variables, not %ld", EW_MANY,
                       (long) variables);
    if (strlen(text) > EW_MAX_EXPRESSION)
        return ew_fail(ctx, EW_USAGE, "integrand: longer than %d bytes", EW_MAX_EXPRESSION);
    poly *p = read_sum(&r);
    if (p && *r.at) {
        fail_at(&r, r.at, "unexpected character");
        ew_integrand_free(p);
        p = NULL;
    }
    if (!p)
        return r.status;
    poly_drop_zeros(p);
    *out = p;
    return EW_OK;
}

void ew_integrand_free(ew_integrand *f)
{
    if (!f)
        return;
    for (slong i = 0; i < f->n; i++)
        fmpq_clear(f->coef + i);
    free(f->coef);
    free(f->term);
    free(f);
}

/* ew_program: an expression as straight-line code over Taylor series of blocks of points, equal
 * subexpressions computed once, registers reused as soon as their last reader is done. */
#include "activation/jet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/block.h"

#define SCRATCH 3
#define MAX_LEN 8

/* What an instruction does beyond the functions of ew_op. */
typedef enum {
    DO_FUNCTION,
    DO_CONSTANT,
    DO_SHIFT,
    DO_SCALE,
    DO_RECIPROCAL,
    DO_CLAMP,
    DO_BINARY
} kind;

typedef struct {
    kind kind;
    ew_op op;
    int a, b; /* instructions read, -1 none; registers once allocated */
    double c;
    int out;
} instruction;

struct ew_program {
    int n;
    int room;
    instruction *code;
    int registers;
    int result;   /* the register that holds the value */
    int has_jump; /* sign or step: the first derivative decides at a zero of the argument */
    int *slot;    /* hash table of instruction numbers while compiling, -1 empty */
    int slots;
};

void ew_program_free(ew_program *p)
{
    if (!p)
        return;
    free(p->code);
    free(p->slot);
    free(p);
}

static uint64_t hash(const instruction *x)
{
    uint64_t bits, h = 0xcbf29ce484222325u;
    memcpy(&bits, &x->c, sizeof bits);
    const uint64_t word[] = {(uint64_t) x->kind, (uint64_t) x->op, (uint64_t) (x->a + 1),
                             (uint64_t) (x->b + 1), bits};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        h = (h ^ word[i]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h;
}

static int equal(const instruction *x, const instruction *y)
{
    return x->kind == y->kind && x->op == y->op && x->a == y->a && x->b == y->b &&
           memcmp(&x->c, &y->c, sizeof x->c) == 0;
}

/* The slot that holds an instruction equal to x, or the empty one where it belongs. */
static int find_slot(const ew_program *p, const instruction *x)
{
    int i = (int) (hash(x) & (uint64_t) (p->slots - 1));
    while (p->slot[i] >= 0 && !equal(p->code + p->slot[i], x))
        i = (i + 1) & (p->slots - 1);
    return i;
}

/* Room for one more instruction, the table at most half full. */
static int grow(ew_program *p, ew_context *ctx)
{
    if (p->n < p->room)
        return 0;
    int room = p->room ? 2 * p->room : 16;
    instruction *code = ew_realloc(p->code, (size_t) room * sizeof *code, ctx);
    if (!code)
        return -1;
    p->code = code;
    int *slot = ew_realloc(p->slot, 2 * (size_t) room * sizeof *slot, ctx);
    if (!slot)
        return -1;
    p->slot = slot;
    p->room = room;
    p->slots = 2 * room;
    for (int i = 0; i < p->slots; i++)
        p->slot[i] = -1;
    for (int i = 0; i < p->n; i++)
        p->slot[find_slot(p, p->code + i)] = i;
    return 0;
}

/* The number of the instruction, an equal earlier one if there is one; -1 without memory. */
static int emit(ew_program *p, instruction x, ew_context *ctx)
{
    if (grow(p, ctx) < 0)
        return -1;
    int i = find_slot(p, &x);
    if (p->slot[i] < 0) {
        p->slot[i] = p->n;
        p->code[p->n++] = x;
    }
    return p->slot[i];
}

static int emit_1(ew_program *p, kind what, int a, double c, ew_context *ctx)
{
    if (a < 0)
        return -1;
    return emit(p, (instruction){.kind = what, .a = a, .b = -1, .c = c}, ctx);
}

static int emit_2(ew_program *p, ew_op op, int a, int b, double c, ew_context *ctx)
{
    if (a < 0 || b < 0)
        return -1;
    return emit(p, (instruction){.kind = DO_BINARY, .op = op, .a = a, .b = b, .c = c}, ctx);
}

/* The sum (product) of the arguments that do not depend on z, or the constant itself. */
static void constant_part(arb_t x, const ew_expr *e, slong prec)
{
    if (!e->has_z || (e->op != EW_ADD && e->op != EW_MUL)) {
        ew_expr_constant(x, e, prec);
        return;
    }
    arb_t t;
    arb_init(t);
    arb_set_ui(x, e->op == EW_MUL);
    for (slong i = 0; i < e->n; i++) {
        if (e->arg[i]->has_z)
            continue;
        ew_expr_constant(t, e->arg[i], prec);
        if (e->op == EW_MUL)
            arb_mul(x, x, t, prec);
        else
            arb_add(x, x, t, prec);
    }
    arb_clear(t);
}

/* The double nearest to the constant part of e (to its reciprocal); an exact tie at every
 * precision tried gives one neighbour.  EW_DOMAIN if it is not a finite number. */
static ew_status rounded(double *c, const ew_expr *e, int invert, ew_context *ctx)
{
    double low = 0, high = 1;
    int finite = 0;
    arb_t x;
    arf_t end;
    arb_init(x);
    arf_init(end);
    for (slong prec = 64; low != high && prec <= 4096; prec *= 2) {
        constant_part(x, e, prec);
        if (invert)
            arb_inv(x, x, prec);
        finite = arb_is_finite(x);
        if (!finite)
            continue;
        arb_get_lbound_arf(end, x, prec);
        low = arf_get_d(end, ARF_RND_NEAR);
        arb_get_ubound_arf(end, x, prec);
        high = arf_get_d(end, ARF_RND_NEAR);
    }
    arf_clear(end);
    arb_clear(x);
    *c = low;
    return finite ? EW_OK
                  : ew_fail(ctx, EW_DOMAIN, "a constant of the activation is not finite");
}

static int compile(ew_program *p, const ew_expr *e, ew_context *ctx);

static int compile_nary(ew_program *p, const ew_expr *e, ew_context *ctx)
{
    int r = -1, constants = 0;
    for (slong i = 0; i < e->n; i++) {
        if (!e->arg[i]->has_z) {
            constants = 1;
            continue;
        }
        int t = compile(p, e->arg[i], ctx);
        if (t < 0)
            return -1;
        r = r < 0 ? t : emit_2(p, e->op, r, t, 0, ctx);
        if (r < 0)
            return -1;
    }
    double c;
    if (!constants)
        return r;
    if (rounded(&c, e, 0, ctx) != EW_OK)
        return -1;
    return emit_1(p, e->op == EW_MUL ? DO_SCALE : DO_SHIFT, r, c, ctx);
}

static int compile_quotient(ew_program *p, const ew_expr *e, ew_context *ctx)
{
    double c;
    if (e->arg[0]->has_z && e->arg[1]->has_z) {
        int a = compile(p, e->arg[0], ctx);
        return emit_2(p, EW_DIV, a, a < 0 ? -1 : compile(p, e->arg[1], ctx), 0, ctx);
    }
    int invert = e->arg[0]->has_z;
    if (rounded(&c, e->arg[invert], invert, ctx) != EW_OK)
        return -1;
    return emit_1(p, invert ? DO_SCALE : DO_RECIPROCAL, compile(p, e->arg[!invert], ctx), c,
                  ctx);
}

static int compile_power(ew_program *p, const ew_expr *e, ew_context *ctx)
{
    double c;
    if (rounded(&c, e->arg[1], 0, ctx) != EW_OK)
        return -1;
    int a = compile(p, e->arg[0], ctx);
    if (a < 0)
        return -1;
    return emit(p, (instruction){.kind = DO_FUNCTION, .op = EW_POW, .a = a, .b = -1, .c = c},
                ctx);
}

static int compile_choice(ew_program *p, const ew_expr *e, ew_context *ctx)
{
    double c = 0;
    int clamp = e->op != EW_IF && !(e->arg[0]->has_z && e->arg[1]->has_z);
    if (clamp) {
        int varies = e->arg[1]->has_z;
        if (rounded(&c, e->arg[!varies], 0, ctx) != EW_OK)
            return -1;
        int u = compile(p, e->arg[varies], ctx);
        if (u < 0)
            return -1;
        return emit(p, (instruction){.kind = DO_CLAMP, .op = e->op, .a = u, .b = -1, .c = c},
                    ctx);
    }
    slong first = e->op == EW_IF;
    if (e->op == EW_IF && rounded(&c, e->arg[0], 0, ctx) != EW_OK)
        return -1;
    int a = compile(p, e->arg[first], ctx);
    return emit_2(p, e->op, a, a < 0 ? -1 : compile(p, e->arg[first + 1], ctx), c, ctx);
}

/* The number of the instruction that computes e, or -1 with the failure recorded. */
static int compile(ew_program *p, const ew_expr *e, ew_context *ctx)
{
    double c;
    if (!e->has_z) {
        if (rounded(&c, e, 0, ctx) != EW_OK)
            return -1;
        return emit(p, (instruction){.kind = DO_CONSTANT, .a = -1, .b = -1, .c = c}, ctx);
    }
    switch (e->op) {
    case EW_Z:
        return emit(p, (instruction){.kind = DO_FUNCTION, .op = EW_Z, .a = -1, .b = -1}, ctx);
    case EW_ADD:
    case EW_MUL:
        return compile_nary(p, e, ctx);
    case EW_DIV:
        return compile_quotient(p, e, ctx);
    case EW_POW:
        return compile_power(p, e, ctx);
    case EW_MAX:
    case EW_MIN:
    case EW_IF:
        return compile_choice(p, e, ctx);
    case EW_VAR:
    case EW_ASIN:
    case EW_ACOS:
        (void) ew_fail(ctx, EW_USAGE,
                       "an activation is an expression in z alone, without asin, acos");
        return -1;
    default:
        p->has_jump |= e->op == EW_SIGN || e->op == EW_STEP;
        int a = compile(p, e->arg[0], ctx);
        if (a < 0)
            return -1;
        return emit(p, (instruction){.kind = DO_FUNCTION, .op = e->op, .a = a, .b = -1}, ctx);
    }
}

/* Instruction numbers become registers; a register is free again after its last reader. */
static ew_status allocate(ew_program *p, int result, ew_context *ctx)
{
    size_t n = (size_t) p->n;
    int *last = ew_alloc_zero(n, sizeof *last, ctx);
    int *unused = ew_alloc_zero(n, sizeof *unused, ctx);
    int *reg = ew_alloc_zero(n, sizeof *reg, ctx);
    int count = 0;
    for (int i = 0; last && i < p->n; i++) {
        if (p->code[i].a >= 0)
            last[p->code[i].a] = i;
        if (p->code[i].b >= 0)
            last[p->code[i].b] = i;
    }
    if (last)
        last[result] = p->n;
    for (int i = 0; last && unused && reg && i < p->n; i++) {
        instruction *x = p->code + i;
        const int read[2] = {x->a, x->b == x->a ? -1 : x->b};
        reg[i] = count > 0 ? unused[--count] : p->registers++;
        x->out = reg[i];
        x->a = x->a < 0 ? -1 : reg[x->a];
        x->b = x->b < 0 ? -1 : reg[x->b];
        for (int k = 0; k < 2; k++)
            if (read[k] >= 0 && last[read[k]] == i)
                unused[count++] = reg[read[k]];
    }
    int ok = last && unused && reg;
    p->result = ok ? reg[result] : 0;
    free(reg);
    free(unused);
    free(last);
    return ok ? EW_OK : EW_MEMORY;
}

ew_program *ew_program_new(const ew_expr *f, ew_context *ctx)
{
    ew_program *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return NULL;
    int result = compile(p, f, ctx);
    if (result < 0 || allocate(p, result, ctx) != EW_OK) {
        ew_program_free(p);
        return NULL;
    }
    free(p->slot);
    p->slot = NULL;
    return p;
}

static void run_kinked(double *y, const instruction *x, const double *a, int len)
{
    double sign[EW_BLOCK];
    ew_block_sign(sign, a, len);
    if (x->op == EW_STEP || x->op == EW_SIGN) {
        ew_block_constant(y, 0.0, len);
        for (int k = 0; k < EW_BLOCK; k++)
            y[k] = x->op == EW_SIGN ? sign[k] : sign[k] > 0;
        return;
    }
    ew_block_scale_each(y, a, sign, len);
}

/* max, min: by the sign of a - b just to the right. */
static void run_choice(double *y, const instruction *x, const double *a, const double *b,
                       const double *z, int len, double *scratch)
{
    double pick[EW_BLOCK];
    if (x->op == EW_IF) {
        for (int k = 0; k < EW_BLOCK; k++)
            pick[k] = z[k] < x->c;
    } else {
        ew_block_scale(scratch, b, -1.0, len);
        ew_block_add(scratch + len * EW_BLOCK, scratch, a, len);
        ew_block_sign(pick, scratch + len * EW_BLOCK, len);
        for (int k = 0; k < EW_BLOCK; k++)
            pick[k] = x->op == EW_MAX ? pick[k] > 0 : pick[k] < 0;
    }
    ew_block_select(y, pick, a, b, len);
}

static void run_binary(double *y, const instruction *x, const double *a, const double *b,
                       const double *z, int len, double *scratch)
{
    if (x->op == EW_ADD)
        ew_block_add(y, a, b, len);
    else if (x->op == EW_MUL)
        ew_block_mul(y, a, b, len);
    else if (x->op == EW_DIV)
        ew_block_div(y, a, b, len);
    else
        run_choice(y, x, a, b, z, len, scratch);
}

static void run(double *y, const instruction *x, const double *a, const double *b,
                const double *z, int len, double *scratch)
{
    if (x->kind == DO_CONSTANT)
        ew_block_constant(y, x->c, len);
    else if (x->kind == DO_SHIFT)
        ew_block_shift(y, a, x->c, len);
    else if (x->kind == DO_SCALE)
        ew_block_scale(y, a, x->c, len);
    else if (x->kind == DO_RECIPROCAL)
        ew_block_reciprocal(y, x->c, a, len, scratch);
    else if (x->kind == DO_CLAMP)
        ew_block_clamp(y, a, x->c, x->op == EW_MAX, len);
    else if (x->kind == DO_BINARY)
        run_binary(y, x, a, b, z, len, scratch);
    else if (x->op == EW_Z)
        ew_block_variable(y, z, len);
    else if (x->op == EW_POW)
        ew_block_pow(y, a, x->c, len);
    else if (x->op == EW_ABS || x->op == EW_SIGN || x->op == EW_STEP)
        run_kinked(y, x, a, len);
    else
        ew_block_function(y, x->op, a, len, scratch);
}

/* One block: z has EW_BLOCK points; the result is a series in space. */
static const double *run_block(const ew_program *p, const double *z, int len, double *space)
{
    size_t size = (size_t) len * EW_BLOCK;
    double *scratch = space + (size_t) p->registers * size;
    for (int i = 0; i < p->n; i++) {
        const instruction *x = p->code + i;
        const double *a = x->a < 0 ? NULL : space + (size_t) x->a * size;
        const double *b = x->b < 0 ? NULL : space + (size_t) x->b * size;
        run(space + (size_t) x->out * size, x, a, b, z, len, scratch);
    }
    return space + (size_t) p->result * size;
}

ew_status ew_program_jet(double *out, const ew_program *p, const double *z, size_t count,
                         int len, ew_context *ctx)
{
    if (len < 1 || len > MAX_LEN)
        return ew_fail(ctx, EW_USAGE, "derivatives of order 0 to %d only", MAX_LEN - 1);
    int inner = p->has_jump && len < 2 ? 2 : len;
    size_t size = (size_t) inner * EW_BLOCK;
    double *space = ew_alloc(((size_t) p->registers + SCRATCH) * size * sizeof *space, ctx);
    if (!space)
        return EW_MEMORY;
    for (size_t done = 0; done < count; done += EW_BLOCK) {
        double block[EW_BLOCK] = {0};
        size_t here = count - done < EW_BLOCK ? count - done : EW_BLOCK;
        memcpy(block, z + done, here * sizeof *block);
        const double *y = run_block(p, block, inner, space);
        double factorial = 1;
        for (int i = 0; i < len; i++) {
            factorial *= i > 1 ? i : 1;
            for (size_t k = 0; k < here; k++)
                out[(size_t) i * count + done + k] = factorial * y[(size_t) i * EW_BLOCK + k];
        }
    }
    free(space);
    return EW_OK;
}

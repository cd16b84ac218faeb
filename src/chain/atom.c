#include "chain/atom.h"

#include <stdio.h>
#include <string.h>

static slong degree(const ew_atom *x)
{
    slong d = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        for (slong i = 0; i < EW_JETS; i++)
            d += x->e[a][i];
    return d;
}

static slong derivatives(const ew_atom *x)
{
    slong d = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        d += x->m[a];
    return d;
}

int ew_atom_compare(const ew_atom *x, const ew_atom *y)
{
    slong dx = degree(x), dy = degree(y);
    if (dx != dy)
        return dx < dy ? -1 : 1;
    int c = memcmp(y->e, x->e, sizeof x->e);
    if (c)
        return c;
    dx = derivatives(x);
    dy = derivatives(y);
    if (dx != dy)
        return dx < dy ? -1 : 1;
    return memcmp(y->m, x->m, sizeof x->m);
}

int ew_atom_trivial(const ew_atom *x, slong input)
{
    for (slong i = 0; i < EW_JETS; i++)
        if (x->e[input][i])
            return 0;
    return 1;
}

int ew_atom_take_pair(slong *a, slong *b, ew_atom *x)
{
    if (derivatives(x) < 2)
        return 0;
    slong first = 0, second = -1;
    for (slong i = 1; i < EW_MAX_INPUTS; i++)
        if (x->m[i] > x->m[first])
            first = i;
    for (slong i = 0; i < EW_MAX_INPUTS; i++)
        if (i != first && x->m[i] && (second < 0 || x->m[i] > x->m[second]))
            second = i;
    if (second < 0)
        second = first;
    x->m[first]--;
    x->m[second]--;
    *a = first < second ? first : second;
    *b = first < second ? second : first;
    return 1;
}

slong ew_atom_twos(const ew_atom *x)
{
    ew_atom rest = *x;
    slong a, b, twos = 0;
    while (ew_atom_take_pair(&a, &b, &rest))
        twos += a == b;
    return twos;
}

slong ew_atom_odd(const ew_atom *x)
{
    ew_atom rest = *x;
    slong a, b;
    while (ew_atom_take_pair(&a, &b, &rest))
        ;
    for (a = 0; a < EW_MAX_INPUTS; a++)
        if (rest.m[a])
            return a;
    return -1;
}

slong ew_atom_lower(ew_atom *x)
{
    slong a = ew_atom_odd(x), i = 0, total = 0;
    if (a < 0)
        return 1;
    while (i < EW_JETS && !x->e[a][i])
        i++;
    for (slong k = 0; k < EW_JETS; k++)
        total += x->e[a][k];
    if (total == 1 && i > 0)
        i--;
    if (i + 1 >= EW_JETS || x->e[a][i + 1] != 1 || total != x->e[a][i] + 1)
        return 1;
    x->e[a][i + 1] = 0;
    x->m[a]++;
    return ++x->e[a][i];
}

typedef struct {
    char *text;
    size_t used, size;
} writer;

static void write_text(writer *w, const char *s)
{
    size_t n = strlen(s);
    if (w->used + n < w->size) {
        memcpy(w->text + w->used, s, n + 1);
        w->used += n;
    }
}

static void write_power(writer *w, slong n, int latex)
{
    char t[32];
    if (n == 1)
        return;
    snprintf(t, sizeof t, latex ? "^{%ld}" : "^%ld", (long) n);
    write_text(w, t);
}

/* D, D^2, D_ab, ... : every pair of derivatives, equal ones together. */
static void write_derivatives(writer *w, ew_atom x, slong inputs, int latex)
{
    slong a, b, last_a = -1, last_b = -1, run = 0;
    int more = 1;
    while (more) {
        more = ew_atom_take_pair(&a, &b, &x);
        if (more && a == last_a && b == last_b) {
            run++;
            continue;
        }
        if (run) {
            char t[32] = "D";
            if (latex && inputs == 1)
                strcpy(t, "\\partial_K");
            if (inputs > 1)
                snprintf(t, sizeof t, latex ? "\\partial_{K_{%c%c}}" : "D_%c%c",
                         (int) ('a' + last_a), (int) ('a' + last_b));
            write_text(w, t);
            write_power(w, run, latex);
        }
        last_a = a;
        last_b = b;
        run = 1;
    }
}

static void write_jet(writer *w, slong input, slong i, slong inputs, int latex)
{
    char t[48];
    if (latex && i > 3)
        snprintf(t, sizeof t, "(\\sigma^{(%ld)}", (long) i);
    else if (latex)
        snprintf(t, sizeof t, "%s\\sigma%.*s", i ? "(" : "", (int) i, "'''");
    else if (i)
        snprintf(t, sizeof t, "s%ld", (long) i);
    else
        strcpy(t, "s");
    write_text(w, t);
    if (inputs > 1) {
        snprintf(t, sizeof t, "_%c", (int) ('a' + input));
        write_text(w, t);
    }
    if (latex && i)
        write_text(w, ")");
}

static void write_factors(writer *w, const ew_atom *x, slong inputs, int latex)
{
    slong n = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        for (slong i = 0; i < EW_JETS; i++)
            if (x->e[a][i]) {
                if (n++)
                    write_text(w, latex ? "\\," : " ");
                write_jet(w, a, i, inputs, latex);
                write_power(w, x->e[a][i], latex);
            }
    if (!n)
        write_text(w, "1");
}

static char *atom_text(const ew_atom *x, slong inputs, int latex, ew_context *ctx)
{
    char room[2048] = "";
    writer w = {room, 0, sizeof room};
    slong odd = ew_atom_odd(x);
    write_derivatives(&w, *x, inputs, latex);
    write_text(&w, latex ? "\\left\\langle " : "<");
    if (odd >= 0) {
        char t[32];
        if (inputs > 1)
            snprintf(t, sizeof t, latex ? "\\partial_{z_%c}(" : "d_%c(", (int) ('a' + odd));
        else
            strcpy(t, latex ? "\\partial_z(" : "d(");
        write_text(&w, t);
    }
    write_factors(&w, x, inputs, latex);
    if (odd >= 0)
        write_text(&w, ")");
    write_text(&w, latex ? " \\right\\rangle" : ">");
    return ew_strdup(room, ctx);
}

char *ew_atom_text(const ew_atom *x, slong inputs, ew_context *ctx)
{
    return atom_text(x, inputs, 0, ctx);
}

char *ew_atom_latex(const ew_atom *x, slong inputs, ew_context *ctx)
{
    return atom_text(x, inputs, 1, ctx);
}

int ew_atom_as_one(ew_atom1 *out, slong *input, const ew_atom *x)
{
    slong found = -1;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        if (!ew_atom_trivial(x, a)) {
            if (found >= 0)
                return 0;
            found = a;
        }
    if (found < 0)
        found = 0;
    if (x->m[found] % 2)
        return 0;
    memset(out, 0, sizeof *out);
    memcpy(out->f.e, x->e[found], sizeof out->f.e);
    out->j = x->m[found] / 2;
    *input = found;
    return 1;
}

int ew_atom_as_two(ew_atom2 *out, const ew_atom *x)
{
    if (EW_MAX_INPUTS < 2 || (x->m[0] + x->m[1]) % 2)
        return 0;
    for (slong a = 2; a < EW_MAX_INPUTS; a++)
        if (!ew_atom_trivial(x, a))
            return 0;
    memset(out, 0, sizeof *out);
    memcpy(out->f.e, x->e[0], sizeof out->f.e);
    memcpy(out->g.e, x->e[1], sizeof out->g.e);
    out->jab = x->m[0] < x->m[1] ? x->m[0] : x->m[1];
    out->jaa = (x->m[0] - out->jab) / 2;
    out->jbb = (x->m[1] - out->jab) / 2;
    return 1;
}

#include "readings/cumulant/equations/quantity.h"

#include <stdlib.h>
#include <string.h>

#include "readings/cumulant/hierarchy/names.h"
#include "readings/cumulant/equations/writer.h"

/* A number 1..99 that ends the text at *at: 1 and *at behind it. */
static int read_number(slong *n, const char **at)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 2)
        return 0;
    *n = strtol(*at, NULL, 10);
    *at += digits;
    return 1;
}

/* K_ab, Theta_ab, G1_ab: the mean of one pair of several inputs. */
static char *read_inputs(ew_quantity *q, const char *at, ew_context *ctx)
{
    for (int i = 1; i <= 2; i++) {
        if (strlen(at) != 3 || at[0] != '_' || at[i] < 'a' || at[i] >= 'a' + EW_MAX_INPUTS)
            return NULL;
        q->family.inputs = FLINT_MAX(q->family.inputs, at[i] - 'a' + 1);
    }
    q->letter = 0;
    const char *tangent = q->family.descent ? "1" : "";
    return ew_format(ctx, "%c%s.%c%s", at[1], tangent, at[2], tangent);
}

/* "_2" or nothing, and then the end. */
static int read_order(ew_quantity *q, const char *at)
{
    slong order;
    if (*at == '\0')
        return 1;
    if (*at++ != '_' || !read_number(&order, &at) || *at)
        return 0;
    q->least = q->most = order;
    return 1;
}

/* ---- letters ------------------------------------------------------------------------------
 */

static int read_letter(ew_quantity *q, const char *name, ew_context *ctx)
{
    for (const ew_letter *x = ew_letters(); x->letter; x++) {
        size_t n = strlen(x->letter);
        const char *at = name + n;
        if (strncmp(name, x->letter, n) != 0)
            continue;
        q->least = x->order < 0 ? 1 : x->order;
        q->most = x->order == 0 ? 0 : EW_MAX_ORDER;
        if (x->order < 0 && read_number(&q->least, &at))
            q->most = q->least;
        if (q->least < 1 && x->order < 0)
            continue;
        q->family.descent = x->descent;
        if (x->order <= 0 && (q->of = read_inputs(q, at, ctx)))
            return 1;
        if (x->order == 0 ? *at != '\0' : !read_order(q, at))
            continue;
        q->of = ew_strdup(x->of, ctx);
        return q->of ? 1 : -1;
    }
    return 0;
}

/* kappa2: V, kappa3: the third cumulant of Ghat_zz, ... */
static int read_kappa(ew_quantity *q, const char *name, ew_context *ctx)
{
    slong k;
    const char *at = name + 5;
    if (strncmp(name, "kappa", 5) != 0 || !read_number(&k, &at) || k < 1 || k > EW_MAX_PAIRS)
        return 0;
    q->least = k - 1;
    q->most = EW_MAX_ORDER;
    if (!read_order(q, at))
        return 0;
    ew_writer w = {.ctx = ctx};
    for (slong i = 0; i < k; i++)
        ew_writer_add(&w, i ? ",a.a" : "a.a");
    q->of = ew_writer_take(&w);
    return q->of ? 1 : -1;
}

/* ---- the generic form ---------------------------------------------------------------------
 */

/* One field: a letter of an input, tangents, directions. */
static int read_field(ew_family *family, const char **at)
{
    static const char directions[] = "uvwxyzst";
    slong tangents = 0;
    if (**at < 'a' || **at >= 'a' + EW_MAX_INPUTS)
        return 0;
    family->inputs = FLINT_MAX(family->inputs, **at - 'a' + 1);
    ++*at;
    for (; **at >= '1' && **at <= '9'; (*at)++)
        tangents++;
    if (tangents > family->descent)
        family->descent = (int) tangents;
    for (const char *d; **at && (d = strchr(directions, **at)); (*at)++)
        family->directions = FLINT_MAX(family->directions, d - directions + 1);
    return 1;
}

/* "k[a.a,a1.a1]", then an order or nothing. */
static int read_generic(ew_quantity *q, const char *name, ew_context *ctx)
{
    const char *at = name + 2;
    slong entries = 0;
    if (strncmp(name, "k[", 2) != 0)
        return 0;
    do {
        if (!read_field(&q->family, &at) || *at++ != '.' || !read_field(&q->family, &at))
            return 0;
        entries++;
    } while (*at == ',' && at++);
    q->least = entries - 1;
    q->most = EW_MAX_ORDER;
    if (*at != ']' || entries > EW_MAX_PAIRS || !read_order(q, at + 1))
        return 0;
    q->letter = 0;
    q->of = ew_format(ctx, "%.*s", (int) (at - name - 2), name + 2);
    return q->of ? 1 : -1;
}

static ew_status no_such_name(const char *name, ew_context *ctx)
{
    ew_writer w = {.ctx = ctx};
    for (const ew_letter *x = ew_letters(); x->letter; x++) {
        ew_writer_add(&w, x->letter);
        ew_writer_add(&w, x->order < 0 ? "1, " : ", ");
    }
    char *names = ew_writer_take(&w);
    if (!names)
        return EW_MEMORY;
    ew_status status = ew_fail(
        ctx, EW_USAGE,
        "quantity: '%.40s' is none of %sG2, H2, ..., kappa3, kappa4, ..., or a form such "
        "as V_2, kappa3_3, k[a.a,a1.a1] or k[a.b,a.b]_1",
        name, names);
    free(names);
    return status;
}

ew_status ew_quantity_read(ew_quantity *q, const char *name, ew_context *ctx)
{
    static int (*const form[])(ew_quantity *, const char *,
                               ew_context *) = {read_letter, read_kappa, read_generic};
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        *q = (ew_quantity){.letter = 1, .family = {.inputs = 1}};
        int found = form[i](q, name, ctx);
        if (found < 0)
            return EW_MEMORY;
        if (!found)
            continue;
        q->family.order = q->least ? q->least : 1;
        return EW_OK;
    }
    return no_such_name(name, ctx);
}

void ew_quantity_clear(ew_quantity *q)
{
    free(q->of);
    q->of = NULL;
}

/* ---- selection ----------------------------------------------------------------------------
 */

/* All inputs made input 0, in canonical form. */
static void identify_inputs(ew_pairs *out, const ew_pairs *list, const ew_fields *f)
{
    out->n = 0;
    for (slong k = 0; k < list->n; k++) {
        slong i, j;
        ew_pair_fields(&i, &j, f, list->p[k]);
        ew_pairs_add(out, ew_pair_of(f, i % f->sets, j % f->sets));
    }
    ew_pairs_canonical(out, out, f);
}

ew_status ew_quantity_select(char *selected, const ew_quantity *q, const char *name,
                             const ew_hierarchy *h, ew_context *ctx)
{
    ew_pairs wanted, own;
    slong found = 0;
    int known = ew_pairs_read(&wanted, h->fields, q->of);
    if (known)
        ew_pairs_canonical(&wanted, &wanted, h->fields);
    for (slong i = 0; i < h->unknowns; i++) {
        const ew_unknown *u = &h->unknown[i];
        if (q->letter)
            identify_inputs(&own, &u->list, h->fields);
        else
            own = u->list;
        selected[i] = known && u->order >= q->least && u->order <= q->most &&
                      ew_pairs_compare(&own, &wanted) == 0;
        found += selected[i];
    }
    if (found)
        return EW_OK;
    if (!known)
        return ew_fail(ctx, EW_USAGE,
                       "quantity: %.40s: no such fields (tangents are numbered "
                       "from 1)",
                       name);
    if (h->order < q->family.order)
        return ew_fail(ctx, EW_USAGE, "quantity: %.40s begins at order %ld", name,
                       (long) q->family.order);
    return ew_fail(ctx, EW_USAGE, "quantity: %.40s vanishes at every order", name);
}

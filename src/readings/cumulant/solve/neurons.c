#include "readings/cumulant/solve/neurons.h"

/* ---- the statistics -----------------------------------------------------------------------
 */

typedef struct {
    ew_neuron_statistics *list;
    slong inputs, n;
    ew_context *ctx;
} listing;

static ew_status add_statistic(listing *l, const ew_neuron_statistic *x)
{
    ew_neuron_statistics *list = l->list;
    if (list->n == list->room) {
        slong room = list->room ? 2 * list->room : 16;
        ew_neuron_statistic *more = ew_realloc(list->x, (size_t) room * sizeof *more, l->ctx);
        if (!more)
            return EW_MEMORY;
        list->x = more;
        list->room = room;
    }
    list->x[list->n++] = *x;
    return EW_OK;
}

/* The inputs of the neuron from `from` on, not before those of the one before it when that has
 * as many: neurons are exchangeable. */
static int in_order(const ew_neuron_statistic *x, slong from, slong size)
{
    if (from < size || x->neuron[from - size] != x->neuron[from] - 1 ||
        (from > size && x->neuron[from - size - 1] == x->neuron[from] - 1))
        return 1;
    for (slong i = 0; i < size; i++)
        if (x->input[from - size + i] != x->input[from + i])
            return x->input[from - size + i] < x->input[from + i];
    return 1;
}

static ew_status next_neuron(listing *l, ew_neuron_statistic *x, slong most);

/* Ascending inputs for entries x->n .. from + size of one neuron. */
static ew_status choose_inputs(listing *l, ew_neuron_statistic *x, slong from, slong size)
{
    if (x->n == from + size)
        return in_order(x, from, size) ? next_neuron(l, x, size) : EW_OK;
    ew_status status = EW_OK;
    slong at = x->n;
    slong least = at > from ? x->input[at - 1] : 0;
    for (slong a = least; a < l->inputs && status == EW_OK; a++) {
        x->neuron[at] = from ? x->neuron[from - 1] + 1 : 1;
        x->input[at] = a;
        x->n = at + 1;
        status = choose_inputs(l, x, from, size);
        x->n = at;
    }
    return status;
}

/* One more neuron with an even number of entries, at most `most`. */
static ew_status next_neuron(listing *l, ew_neuron_statistic *x, slong most)
{
    ew_status status = EW_OK;
    if (x->n == l->n)
        return add_statistic(l, x);
    for (slong size = most; size >= 2 && status == EW_OK; size -= 2)
        if (size <= l->n - x->n)
            status = choose_inputs(l, x, x->n, size);
    return status;
}

ew_status ew_neuron_statistics_list(ew_neuron_statistics *list, const ew_outline *o,
                                    ew_context *ctx)
{
    listing l = {.list = list, .inputs = o->fields->inputs, .ctx = ctx};
    ew_status status = EW_OK;
    for (l.n = 4; l.n <= EW_MAX_NEURON_ENTRIES && l.n / 2 <= o->order + 1; l.n += 2) {
        ew_neuron_statistic x = {.n = 0};
        if (status == EW_OK)
            status = next_neuron(&l, &x, l.n);
    }
    return status;
}

/* ---- pairings -----------------------------------------------------------------------------
 */

static void count_list(slong *n, ew_pairs *list, slong *count, const ew_pairs *found)
{
    slong i = 0;
    while (i < *n && ew_pairs_compare(&list[i], found) != 0)
        i++;
    if (i == *n) {
        list[i] = *found;
        count[i] = 0;
        ++*n;
    }
    count[i]++;
}

static void pair_rest(slong *n, ew_pairs *list, slong *count, const ew_neuron_statistic *x,
                      unsigned taken, const ew_pairs *sofar, const ew_fields *f)
{
    slong i = 0;
    while (i < x->n && (taken >> i & 1))
        i++;
    if (i == x->n) {
        count_list(n, list, count, sofar);
        return;
    }
    for (slong j = i + 1; j < x->n; j++) {
        if ((taken >> j & 1) || x->neuron[i] != x->neuron[j])
            continue;
        ew_pairs more = *sofar;
        ew_pairs_add(&more, ew_pair_of(f, x->input[i] * f->sets, x->input[j] * f->sets));
        pair_rest(n, list, count, x, taken | 1u << i | 1u << j, &more, f);
    }
}

void ew_neuron_pairings(slong *n, ew_pairs *list, slong *count, const ew_neuron_statistic *x,
                        const ew_fields *fields)
{
    ew_pairs none = {0, {0}};
    *n = 0;
    pair_rest(n, list, count, x, 0, &none, fields);
}

#include "readings/cumulant/solve/neurons.h"

#include <stdlib.h>
#include <string.h>

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

ew_status ew_neuron_statistics_list(ew_neuron_statistics *list, slong inputs, slong order,
                                    ew_context *ctx)
{
    listing l = {.list = list, .inputs = inputs, .ctx = ctx};
    ew_status status = EW_OK;
    for (l.n = 4; l.n <= EW_MAX_NEURON_ENTRIES && l.n / 2 <= order + 1; l.n += 2) {
        ew_neuron_statistic x = {.n = 0};
        if (status == EW_OK)
            status = next_neuron(&l, &x, l.n);
    }
    return status;
}

/* One neuron's entries. */
typedef struct {
    slong n, input[EW_MAX_NEURON_ENTRIES];
} neuron_inputs;

static int by_input(const void *x, const void *y)
{
    return (*(const slong *) x > *(const slong *) y) -
           (*(const slong *) x < *(const slong *) y);
}

/* Most entries first, then by inputs. */
static int by_entries(const void *x, const void *y)
{
    const neuron_inputs *a = x, *b = y;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    for (slong i = 0; i < a->n; i++)
        if (a->input[i] != b->input[i])
            return a->input[i] < b->input[i] ? -1 : 1;
    return 0;
}

void ew_neuron_canonical(ew_neuron_statistic *x)
{
    neuron_inputs of[EW_MAX_NEURON_ENTRIES];
    slong neurons = 0, at = 0;
    memset(of, 0, sizeof of);
    for (slong i = 0; i < x->n; i++) {
        neuron_inputs *own = &of[x->neuron[i] - 1];
        own->input[own->n++] = x->input[i];
        neurons = FLINT_MAX(neurons, x->neuron[i]);
    }
    for (slong k = 0; k < neurons; k++)
        qsort(of[k].input, (size_t) of[k].n, sizeof *of[k].input, by_input);
    qsort(of, (size_t) neurons, sizeof *of, by_entries);
    for (slong k = 0; k < neurons; k++)
        for (slong i = 0; i < of[k].n; i++, at++) {
            x->neuron[at] = k + 1;
            x->input[at] = of[k].input[i];
        }
}

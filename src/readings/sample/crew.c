#include "readings/sample/crew.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { START, TALLY, RESULT, END };

/* Between two looks for a message, in nanoseconds. */
#define NAP 5000000
/* Looks for the last words of others after a failure: about a third of a second, for mpirun
 * kills soon. */
#define LAST_LOOKS 60

/* Before a tally's sums. */
typedef struct {
    uint64_t batch, n, bad_layer, bad;
} tally_head;

ew_status ew_crew_new(ew_crew *c, ew_crew_fn came, void *data, ew_context *ctx)
{
    *c = (ew_crew){.team = ctx ? ctx->team : NULL, .came = came, .data = data};
    if (!c->team)
        return EW_OK;
    c->working = c->team->size - 1;
    c->ended = ew_alloc_zero((size_t) c->team->size, 1, ctx);
    return c->ended ? EW_OK : EW_MEMORY;
}

void ew_crew_clear(ew_crew *c)
{
    free(c->owner);
    free(c->ended);
}

int ew_crew_leads(const ew_crew *c)
{
    return !c->team || c->team->rank == 0;
}

int ew_crew_rank(const ew_crew *c)
{
    return c->team ? c->team->rank : 0;
}

static ew_status send_to(const ew_crew *c, int to, int kind, const void *bytes, size_t size,
                         ew_context *ctx)
{
    return c->team->send(c->team, to, kind, bytes, size, ctx);
}

static ew_status send_to_all(const ew_crew *c, int kind, const void *bytes, size_t size,
                             ew_context *ctx)
{
    ew_status status = EW_OK;
    for (int r = 1; r < c->team->size && status == EW_OK; r++)
        status = send_to(c, r, kind, bytes, size, ctx);
    return status;
}

/* ---- how it ended ---- */

/* A status and its message. */
static ew_status send_end(const ew_crew *c, ew_status end, ew_context *ctx)
{
    const char *text = end == EW_OK || !ctx ? "" : ew_context_error(ctx);
    size_t size = sizeof end + strlen(text) + 1;
    char *bytes = malloc(size);
    if (!bytes)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    memcpy(bytes, &end, sizeof end);
    memcpy(bytes + sizeof end, text, size - sizeof end);
    ew_context own = {0};
    ew_status status = ew_crew_leads(c) ? send_to_all(c, END, bytes, size, &own)
                                        : send_to(c, 0, END, bytes, size, &own);
    ew_clear(&own);
    free(bytes);
    return status == EW_OK ? end
                           : ew_fail(ctx, EW_IO, "a process of the team cannot be reached");
}

/* A follower's end is that of its part; the leader's is a failure, that of all. */
static ew_status take_end(ew_crew *c, int from, const char *bytes, size_t size, ew_context *ctx)
{
    ew_status end = EW_IO;
    if (size > sizeof end)
        memcpy(&end, bytes, sizeof end);
    if (ew_crew_leads(c) && !c->ended[from]) {
        c->ended[from] = 1;
        c->working--;
    }
    if (end == EW_OK || c->over)
        return EW_OK;
    if (!ew_crew_leads(c)) {
        c->over = 1;
        return ew_fail(ctx, end, "%s", bytes + sizeof end);
    }
    return ew_fail(ctx, end, "rank %d: %s", from, bytes + sizeof end);
}

/* ---- tallies ---- */

static size_t tally_size(const ew_tally *t)
{
    return sizeof(tally_head) + (t->low ? 2 : 1) * (size_t) t->size * sizeof(double);
}

static ew_status send_tally(const ew_crew *c, int to, slong batch, const ew_tally *t,
                            ew_context *ctx)
{
    tally_head head = {(uint64_t) batch, t->n, (uint64_t) t->bad_layer, t->bad};
    size_t part = (size_t) t->size * sizeof(double), size = tally_size(t);
    char *bytes = ew_alloc(size, ctx);
    if (!bytes)
        return EW_MEMORY;
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, t->high, part);
    if (t->low)
        memcpy(bytes + sizeof head + part, t->low, part);
    ew_status status = send_to(c, to, TALLY, bytes, size, ctx);
    free(bytes);
    return status;
}

ew_status ew_crew_send(ew_crew *c, slong batch, const ew_tally *t, ew_context *ctx)
{
    return send_tally(c, 0, batch, t, ctx);
}

static ew_status misunderstood(ew_context *ctx)
{
    return ew_fail(ctx, EW_IO, "the processes of the team do not understand each other");
}

static ew_status take_tally(ew_crew *c, const char *bytes, size_t size, ew_context *ctx)
{
    ew_sample_record *r = c->record;
    tally_head head;
    if (size < sizeof head)
        return misunderstood(ctx);
    memcpy(&head, bytes, sizeof head);
    if (!r || head.batch >= (uint64_t) r->batches)
        return misunderstood(ctx);
    ew_tally **t = &r->batch[head.batch];
    if (!*t) {
        ew_status status = ew_tally_new(t, &r->plan, ctx);
        if (status != EW_OK)
            return status;
    }
    size_t part = (size_t) (*t)->size * sizeof(double);
    if (size != tally_size(*t))
        return misunderstood(ctx);
    uint64_t gained = head.n - (*t)->n;
    (*t)->n = head.n;
    (*t)->bad_layer = (slong) head.bad_layer;
    (*t)->bad = head.bad;
    memcpy((*t)->high, bytes + sizeof head, part);
    if ((*t)->low)
        memcpy((*t)->low, bytes + sizeof head + part, part);
    if (c->came)
        c->came(c->data, (slong) head.batch, gained);
    return EW_OK;
}

/* ---- the start ---- */

static void deal(ew_crew *c, slong k, slong n)
{
    int next = 0;
    for (slong b = 0; b < c->record->batches; b++) {
        int draw = ew_sample_batch_in(b, k, n) && !ew_sample_batch_complete(c->record, b);
        c->owner[b] = draw ? next : -1;
        if (draw)
            next = c->team && next + 1 < c->team->size ? next + 1 : 0;
    }
}

/* Owners, shifts, scales. */
static size_t start_size(const ew_sample_record *r)
{
    size_t sums = (size_t) (r->plan.layers * r->plan.pairs) * sizeof(double);
    return (size_t) r->batches * sizeof(int) + 2 * sums;
}

static ew_status send_start(ew_crew *c, ew_context *ctx)
{
    const ew_sample_record *r = c->record;
    size_t size = start_size(r), owners = (size_t) r->batches * sizeof(int);
    size_t sums = (size - owners) / 2;
    char *bytes = ew_alloc(size, ctx);
    if (!bytes)
        return EW_MEMORY;
    memcpy(bytes, c->owner, owners);
    if (sums > 0) { /* else there are no arrays */
        memcpy(bytes + owners, r->plan.shift, sums);
        memcpy(bytes + owners + sums, r->plan.scale, sums);
    }
    ew_status status = EW_OK;
    for (slong b = 0; b < r->batches && status == EW_OK; b++)
        if (c->owner[b] > 0 && r->batch[b])
            status = send_tally(c, c->owner[b], b, r->batch[b], ctx);
    if (status == EW_OK)
        status = send_to_all(c, START, bytes, size, ctx);
    free(bytes);
    return status;
}

static ew_status take_start(ew_crew *c, const char *bytes, size_t size, ew_context *ctx)
{
    ew_sample_record *r = c->record;
    if (size != start_size(r))
        return misunderstood(ctx);
    size_t owners = (size_t) r->batches * sizeof(int), sums = (size - owners) / 2;
    memcpy(c->owner, bytes, owners);
    if (sums > 0) {
        memcpy(r->plan.shift, bytes + owners, sums);
        memcpy(r->plan.scale, bytes + owners + sums, sums);
    }
    r->centred = 1;
    return EW_OK;
}

/* ---- receiving ---- */

typedef struct {
    int from, kind;
    void *bytes;
    size_t size;
} message;

/* The next message; m->from = -1 if there is none.  Ends and tallies are taken in; a failure
 * that they tell is returned. */
static ew_status next_message(message *m, ew_crew *c, ew_context *ctx)
{
    ew_status status = c->team->receive(&m->from, &m->kind, &m->bytes, &m->size, c->team, ctx);
    if (status != EW_OK || m->from < 0)
        return status;
    if (m->kind == END)
        status = take_end(c, m->from, m->bytes, m->size, ctx);
    else if (m->kind == TALLY)
        status = take_tally(c, m->bytes, m->size, ctx);
    return status;
}

static void drop(message *m)
{
    if (m->from >= 0)
        free(m->bytes);
    m->from = -1;
    m->bytes = NULL;
}

static void nap(void)
{
    nanosleep(&(struct timespec){0, NAP}, NULL);
}

/* Wait for one of this kind. */
static ew_status await(message *m, ew_crew *c, int kind, ew_context *ctx)
{
    for (;;) {
        ew_status status = next_message(m, c, ctx);
        if (status == EW_OK && m->from >= 0 && m->kind == kind)
            return EW_OK;
        int none = m->from < 0;
        drop(m);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status != EW_OK)
            return status;
        if (none)
            nap();
    }
}

ew_status ew_crew_start(ew_crew *c, ew_sample_record *record, slong k, slong n, ew_context *ctx)
{
    message m = {-1, 0, NULL, 0};
    c->record = record;
    c->owner = ew_alloc_zero((size_t) record->batches, sizeof *c->owner, ctx);
    if (!c->owner)
        return EW_MEMORY;
    if (ew_crew_leads(c)) {
        deal(c, k, n);
        return c->team ? send_start(c, ctx) : EW_OK;
    }
    ew_status status = await(&m, c, START, ctx);
    if (status == EW_OK)
        status = take_start(c, m.bytes, m.size, ctx);
    drop(&m);
    return status;
}

ew_status ew_crew_listen(ew_crew *c, ew_context *ctx)
{
    message m = {-1, 0, NULL, 0};
    ew_status status = EW_OK;
    if (!c->team)
        return EW_OK;
    do {
        drop(&m);
        status = next_message(&m, c, ctx);
    } while (status == EW_OK && m.from >= 0);
    drop(&m);
    return status;
}

/* ---- the end ---- */

/* What comes after a failure changes nothing but the record. */
static void last_words(ew_crew *c)
{
    ew_context own = {0};
    c->over = 1;
    for (int look = 0; c->working > 0 && look < LAST_LOOKS; look++) {
        if (ew_crew_listen(c, &own) != EW_OK)
            break;
        nap();
    }
    ew_clear(&own);
}

ew_status ew_crew_join(ew_crew *c, ew_status status, ew_context *ctx)
{
    if (!c->team)
        return status;
    if (!ew_crew_leads(c))
        return send_end(c, status, ctx);
    while (status == EW_OK && c->working > 0) {
        status = ew_crew_listen(c, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status == EW_OK && c->working > 0)
            nap();
    }
    if (status == EW_OK)
        return EW_OK;
    status = send_end(c, status, ctx);
    last_words(c);
    return status;
}

static size_t size_of(const ew_crew_part *part, int parts)
{
    size_t size = 0;
    for (int i = 0; i < parts; i++)
        size += part[i].size;
    return size;
}

/* Between the parts and bytes, in either direction. */
static void copy_parts(char *bytes, const ew_crew_part *part, int parts, int into)
{
    for (int i = 0; i < parts; bytes += part[i++].size)
        if (part[i].size)
            memcpy(into ? part[i].at : bytes, into ? bytes : part[i].at, part[i].size);
}

static ew_status tell_result(ew_crew *c, ew_status status, const ew_crew_part *part, int parts,
                             ew_context *ctx)
{
    if (status != EW_OK)
        return send_end(c, status, ctx);
    size_t size = size_of(part, parts);
    char *bytes = ew_alloc(size, ctx);
    if (!bytes)
        return send_end(c, EW_MEMORY, ctx);
    copy_parts(bytes, part, parts, 0);
    status = send_to_all(c, RESULT, bytes, size, ctx);
    free(bytes);
    return status;
}

ew_status ew_crew_result(ew_crew *c, ew_status status, const ew_crew_part *part, int parts,
                         ew_context *ctx)
{
    message m = {-1, 0, NULL, 0};
    if (!c->team)
        return status;
    if (ew_crew_leads(c))
        return tell_result(c, status, part, parts, ctx);
    status = await(&m, c, RESULT, ctx);
    if (status == EW_OK && m.size != size_of(part, parts))
        status = misunderstood(ctx);
    else if (status == EW_OK)
        copy_parts(m.bytes, part, parts, 1);
    drop(&m);
    return status;
}

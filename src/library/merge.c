/* merge: the shards of one run, put together.  Its samplings have then been drawn, and all that
 * is made of them is made of the same tallies in the same order as by the run that drew them
 * all, so the result has the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library/keep.h"
#include "library/sample.h"
#include "library/samples_file.h"

typedef struct {
    const char *const *path;
    json_t *head; /* of the first shard */
    slong shards;
    const char **from;         /* [k - 1]: the file with shard k, or NULL */
    ew_sample_record **record; /* of the first file, with the tallies of all so far */
    slong records;
} merging;

static const char *share_of(const json_t *file)
{
    return json_string_value(json_object_get(json_object_get(file, "options"), "shard"));
}

/* Shard k is in `path`, and nowhere else. */
static ew_status place(merging *m, slong k, slong n, const char *path, ew_context *ctx)
{
    if (n < 1 || n > EW_SAMPLE_BATCHES || k < 1 || k > n)
        return ew_fail(ctx, EW_USAGE, "%s: damaged: its shard is none", path);
    if (!m->from) {
        m->shards = n;
        m->from = ew_alloc_zero((size_t) n, sizeof *m->from, ctx);
        if (!m->from)
            return EW_MEMORY;
    }
    if (n != m->shards)
        return ew_fail(ctx, EW_USAGE, "%s: shard %ld of %ld, and %s is one of %ld", path,
                       (long) k, (long) n, m->path[0], (long) m->shards);
    if (m->from[k - 1])
        return ew_fail(ctx, EW_USAGE, "%s: shard %ld of %ld again, after %s", path, (long) k,
                       (long) n, m->from[k - 1]);
    m->from[k - 1] = path;
    return EW_OK;
}

/* All batches of the share and no others. */
static ew_status check_share(const ew_sample_record *r, slong k, slong n, const char *path,
                             ew_context *ctx)
{
    for (slong b = 0; b < r->batches; b++) {
        int in = ew_sample_batch_in(b, k, n);
        if (in && !ew_sample_batch_complete(r, b))
            return ew_fail(ctx, EW_USAGE, "%s: not finished: it has %lu samples of batch %ld",
                           path, (unsigned long) (r->batch[b] ? r->batch[b]->n : 0), (long) b);
        if (!in && r->batch[b])
            return ew_fail(ctx, EW_USAGE, "%s: damaged: batch %ld is of another shard", path,
                           (long) b);
    }
    return EW_OK;
}

static int same_doubles(const double *x, const double *y, slong n)
{
    return n == 0 || memcmp(x, y, (size_t) n * sizeof *x) == 0;
}

/* Sums about other means, as another kind of processor might find them, do not add up. */
static int add_up(const ew_sample_record *r, const ew_sample_record *s)
{
    slong sums = r->plan.layers * r->plan.pairs;
    return ew_samples_same(&r->id, &s->id) &&
           same_doubles(r->layer1, s->layer1, r->plan.pairs) &&
           same_doubles(r->plan.shift, s->plan.shift, sums) &&
           same_doubles(r->plan.scale, s->plan.scale, sums);
}

static ew_status join(ew_sample_record *to, ew_sample_record *from, const merging *m,
                      const char *path, ew_context *ctx)
{
    if (!add_up(to, from))
        return ew_fail(ctx, EW_USAGE,
                       "%s: of another run: its sums are not about the means of %s", path,
                       m->path[0]);
    for (slong b = 0; b < to->batches; b++)
        if (from->batch[b]) {
            to->batch[b] = from->batch[b];
            from->batch[b] = NULL;
        }
    return EW_OK;
}

static ew_status take(merging *m, const json_t *file, const char *path, ew_context *ctx)
{
    ew_sample_record **record = NULL;
    slong n = 0, share, shares;
    ew_samples_share(&share, &shares, share_of(file));
    ew_status status = place(m, share, shares, path, ctx);
    if (status == EW_OK)
        status = ew_samples_records(&record, &n, file, path, ctx);
    if (status == EW_OK && (n < 1 || (m->record && n != m->records)))
        status = ew_fail(ctx, EW_USAGE, "%s: it has %ld samplings, not %ld", path, (long) n,
                         (long) (m->record ? m->records : 1));
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = check_share(record[i], share, shares, path, ctx);
    if (status == EW_OK && !m->record) {
        m->record = record;
        m->records = n;
        return EW_OK;
    }
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = join(m->record[i], record[i], m, path, ctx);
    ew_samples_free(record, n);
    return status;
}

static const char *name_of(const json_t *file)
{
    return json_string_value(json_object_get(file, "command"));
}

/* That of the file, where its runs can be shared. */
static ew_status (*command_of(const json_t *file))(ew_result **, const ew_network *,
                                                   ew_context *)
{
    static const struct {
        const char *name;
        ew_status (*run)(ew_result **, const ew_network *, ew_context *);
    } at[] = {{"sample", ew_sample}, {"density", ew_density}, {"mmd", ew_mmd}};
    const char *name = name_of(file);
    for (size_t i = 0; name && i < sizeof at / sizeof *at; i++)
        if (strcmp(name, at[i].name) == 0)
            return at[i].run;
    return NULL;
}

static ew_status read_shard(merging *m, const char *path, ew_context *ctx)
{
    json_t *file;
    ew_status status = ew_samples_load(&file, NULL, path, ctx);
    if (status != EW_OK)
        return status;
    if (!command_of(file))
        status = ew_fail(ctx, EW_USAGE, "%s: of another command: %.40s, which has no shards",
                         path, name_of(file) ? name_of(file) : "none");
    else if (m->head)
        status = ew_samples_compare(file, m->head, path, "shard", ctx);
    if (status == EW_OK)
        status = take(m, file, path, ctx);
    if (!m->head)
        m->head = json_incref(file);
    json_decref(file);
    return status;
}

/* Names the shards that nobody brought. */
static ew_status check_missing(const merging *m, ew_context *ctx)
{
    char *list = NULL;
    slong missing = 0;
    for (slong k = 1; k <= m->shards; k++) {
        if (m->from[k - 1])
            continue;
        char *longer =
            ew_format(ctx, missing ? "%s, %ld" : "%s%ld", list ? list : "", (long) k);
        free(list);
        list = longer;
        missing++;
        if (!list)
            return EW_MEMORY;
    }
    ew_status status = EW_OK;
    if (missing)
        status = ew_fail(ctx, EW_USAGE, "shard%s %s of %ld %s missing", missing > 1 ? "s" : "",
                         list, (long) m->shards, missing > 1 ? "are" : "is");
    free(list);
    return status;
}

/* The estimates of `sample` take nothing but its tallies. */
static ew_status print_table(ew_result **res, const merging *m, ew_context *ctx)
{
    ew_sample_table *t = NULL;
    slong first = json_object_get(json_object_get(m->head, "options"), "residual") ? 0 : 1;
    ew_status status = ew_sample_record_table(&t, m->record[0], ctx);
    if (status == EW_OK)
        status = ew_command_end(res, "sample", json_incref(json_object_get(m->head, "network")),
                                ew_sample_json(t, first, ctx), ctx);
    ew_sample_free(t);
    return status;
}

/* The command again, as one that need not draw. */
static ew_status run_again(ew_result **res, merging *m, ew_context *ctx)
{
    ew_given given = {m->path[0], m->record, m->records};
    ew_network *net;
    const char *name;
    json_t *value;
    ew_status status = ew_network_new(&net, ctx);
    m->record = NULL;
    json_object_foreach(json_object_get(m->head, "options"), name,
                        value) if (status == EW_OK && strcmp(name, "shard") != 0) status =
        ew_network_set(net, name, json_string_value(value), ctx);
    if (status == EW_OK) {
        net->given = &given;
        status = command_of(m->head)(res, net, ctx);
    }
    ew_network_free(net);
    ew_samples_free(given.record, given.records);
    return status;
}

static ew_status finish(ew_result **res, merging *m, ew_context *ctx)
{
    int table = strcmp(name_of(m->head), "sample") == 0 && m->records == 1;
    return table ? print_table(res, m, ctx) : run_again(res, m, ctx);
}

ew_status ew_merge(ew_result **res, const char *const *paths, size_t n, ew_context *ctx)
{
    merging m = {.path = paths};
    *res = NULL;
    ew_clear(ctx);
    ew_status status = n > 0 ? EW_OK : ew_fail(ctx, EW_USAGE, "no files given");
    for (size_t i = 0; i < n && status == EW_OK; i++)
        status = read_shard(&m, paths[i], ctx);
    if (status == EW_OK)
        status = check_missing(&m, ctx);
    if (status == EW_OK)
        status = finish(res, &m, ctx);
    ew_samples_free(m.record, m.records);
    free(m.from);
    json_decref(m.head);
    return status;
}

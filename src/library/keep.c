#include "library/keep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arith/team.h"
#include "emit/file.h"

/* ---- reading ---- */

static ew_status load(ew_keep *k, ew_context *ctx)
{
    json_t *file = NULL;
    int absent;
    if (k->loaded || !k->path)
        return EW_OK;
    k->loaded = 1;
    ew_status status = ew_samples_load(&file, &absent, k->path, ctx);
    if (status == EW_OK && !absent)
        status = ew_samples_compare(file, k->head, k->path, NULL, ctx);
    if (status == EW_OK && !absent)
        status = ew_samples_records(&k->record, &k->records, file, k->path, ctx);
    json_decref(file);
    return status == EW_OK ? ew_file_check(k->path, ctx) : status; /* before the work */
}

static ew_status add_record(ew_keep *k, const ew_sample_identity *id, ew_context *ctx)
{
    size_t n = (size_t) k->records + 1;
    ew_sample_record **longer = ew_realloc(k->record, n * sizeof *longer, ctx);
    if (!longer)
        return EW_MEMORY;
    k->record = longer;
    ew_status status = ew_sample_record_new(&k->record[k->records], id, ctx);
    k->records += status == EW_OK;
    return status;
}

static ew_status open_record(ew_sample_record **record, const ew_sample_identity *id,
                             void *data, ew_context *ctx)
{
    ew_keep *k = data;
    ew_status status = load(k, ctx);
    if (status == EW_OK && k->opened == k->records && !k->given)
        status = add_record(k, id, ctx);
    if (status != EW_OK)
        return status;
    if (k->opened == k->records)
        return ew_fail(ctx, EW_USAGE, "%s: not finished: it has only %ld samplings", k->name,
                       (long) k->records);
    if (!ew_samples_same(&k->record[k->opened]->id, id))
        return ew_fail(ctx, EW_USAGE, "%s: of another run: sampling %ld differs", k->name,
                       (long) k->opened + 1);
    *record = k->record[k->opened];
    k->opened++;
    return EW_OK;
}

/* ---- writing ---- */

static ew_status save(void *data, ew_context *ctx)
{
    ew_keep *k = data;
    if (!k->path || k->failed != EW_OK)
        return k->failed;
    json_t *file = ew_samples_seal(k->head, k->record, k->records, ctx);
    char *text = file ? json_dumps(file, JSON_COMPACT) : NULL;
    ew_status status = text ? ew_write_again(k->path, text, strlen(text), ctx)
                            : ew_fail(ctx, EW_MEMORY, "out of memory");
    free(text);
    json_decref(file);
    return k->failed = status;
}

ew_status ew_keep_new(ew_keep **out, const char *command, const ew_network *net,
                      json_t *network, ew_context *ctx)
{
    const char *path = ew_network_get(net, "checkpoint");
    *out = NULL;
    ew_given *given = net->given;
    if (!path && !given && !ew_network_get(net, "shard")) {
        json_decref(network);
        return EW_OK;
    }
    json_t *head = network ? ew_samples_head(command, net, network, ctx) : NULL;
    ew_keep *k = head ? ew_alloc_zero(1, sizeof *k, ctx) : NULL;
    if (!k) {
        json_decref(head);
        return ew_recorded(ctx);
    }
    k->keeper = (ew_sample_keeper){k, open_record, path ? save : NULL};
    k->path = k->name = ew_team_rank(ctx) == 0 ? path : NULL;
    k->head = head;
    if (given) {
        k->name = given->name;
        k->given = k->loaded = 1;
        k->record = given->record;
        k->records = given->records;
        given->record = NULL;
        given->records = 0;
    }
    /* In a team the first sampling reads it: there a refusal reaches everybody. */
    ew_status status = ew_team_size(ctx) > 1 ? EW_OK : load(k, ctx);
    if (status == EW_OK)
        *out = k;
    else
        ew_keep_free(k);
    return status;
}

void ew_keep_free(ew_keep *k)
{
    if (!k)
        return;
    json_decref(k->head);
    ew_samples_free(k->record, k->records);
    free(k);
}

void ew_keep_use(ew_sample_options *opt, ew_keep *k, const ew_network *net)
{
    const char *share = ew_network_get(net, "shard");
    opt->keeper = k ? &k->keeper : NULL;
    if (share)
        ew_samples_share(&opt->shard, &opt->shards, share);
}

ew_status ew_keep_result(ew_result **res, const ew_keep *k, ew_context *ctx)
{
    json_t *file = ew_samples_seal(k->head, k->record, k->records, ctx);
    *res = file ? ew_result_of(file, ctx) : NULL;
    return *res ? EW_OK : ew_recorded(ctx);
}

ew_status ew_keep_farewell(const ew_keep *k, ew_status status, ew_context *ctx)
{
    uint64_t drawn = 0;
    if (status != EW_CANCELLED || !k || !k->path)
        return status;
    for (slong i = 0; i < k->opened; i++)
        drawn += ew_sample_record_drawn(k->record[i]);
    return ew_fail(ctx, status,
                   "cancelled: %s has %" PRIu64 " samples, and the same command goes on",
                   k->path, drawn);
}

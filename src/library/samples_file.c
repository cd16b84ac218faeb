#include "library/samples_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emit/checksum.h"
#include "library/option.h"

#define SCHEMA 1

static int no_matter(const char *option)
{
    static const char *const name[] = {"threads", "checkpoint", "plot"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(option, name[i]) == 0)
            return 1;
    return 0;
}

static json_t *failed(json_t *node, ew_context *ctx)
{
    json_decref(node);
    if (ew_recorded(ctx) == EW_MEMORY)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return NULL;
}

json_t *ew_samples_head(const char *command, const ew_network *net, json_t *network,
                        ew_context *ctx)
{
    json_t *head = json_object(), *options = json_object();
    int bad = json_object_set_new(head, "edgeworth", json_string(ew_version()));
    bad |= json_object_set_new(head, "command", json_string(command));
    bad |= json_object_set_new(head, "schema", json_integer(SCHEMA));
    for (int i = 0; i < ew_option_count(); i++) {
        const char *name = ew_options()[i].name;
        if (net->value[i] && !no_matter(name))
            bad |= json_object_set_new(options, name, json_string(net->value[i]));
    }
    bad |= json_object_set_new(head, "options", options);
    bad |= json_object_set_new(head, "network", network);
    return bad ? failed(head, ctx) : head;
}

json_t *ew_samples_seal(const json_t *head, ew_sample_record *const *record, slong n,
                        ew_context *ctx)
{
    char hex[EW_CHECKSUM_SIZE];
    json_t *file = json_copy((json_t *) head), *samplings = json_array();
    int bad = 0;
    for (slong i = 0; i < n && !bad; i++)
        bad |= json_array_append_new(samplings, ew_json_record(record[i], ctx));
    bad |= json_object_set_new(file, "samplings", samplings);
    if (!bad && ew_checksum(hex, file, ctx) == EW_OK)
        bad |= json_object_set_new(file, "sha256", json_string(hex));
    else
        bad = 1;
    return bad ? failed(file, ctx) : file;
}

/* ---- reading ---- */

static ew_status parse(json_t **file, int *absent, const char *path, ew_context *ctx)
{
    json_error_t e;
    errno = 0;
    *file = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
    if (*file)
        return EW_OK;
    int error = errno ? errno : ENOENT;
    if (json_error_code(&e) == json_error_out_of_memory)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    if (json_error_code(&e) != json_error_cannot_open_file)
        return ew_fail(ctx, EW_USAGE, "%s: damaged, or no file of samples (line %d)", path,
                       e.line);
    if (absent && error == ENOENT) {
        *absent = 1;
        return EW_OK;
    }
    return ew_fail(ctx, EW_IO, "cannot read %s: %s", path, strerror(error));
}

static ew_status check_seal(json_t *file, const char *path, ew_context *ctx)
{
    char hex[EW_CHECKSUM_SIZE];
    json_t *seal = json_incref(json_object_get(file, "sha256"));
    if (!json_is_string(seal) || !json_is_array(json_object_get(file, "samplings"))) {
        json_decref(seal);
        return ew_fail(ctx, EW_USAGE, "%s: no file of samples", path);
    }
    json_object_del(file, "sha256");
    ew_status status = ew_checksum(hex, file, ctx);
    if (status == EW_OK && strcmp(hex, json_string_value(seal)) != 0)
        status = ew_fail(ctx, EW_USAGE, "%s: damaged: the checksum does not fit", path);
    json_decref(seal);
    return status;
}

static ew_status check_version(const json_t *file, const char *path, ew_context *ctx)
{
    const char *version = json_string_value(json_object_get(file, "edgeworth"));
    if (json_integer_value(json_object_get(file, "schema")) == SCHEMA && version &&
        strcmp(version, ew_version()) == 0)
        return EW_OK;
    return ew_fail(ctx, EW_USAGE, "%s: written by edgeworth %.20s, and this is %s", path,
                   version ? version : "?", ew_version());
}

ew_status ew_samples_load(json_t **file, int *absent, const char *path, ew_context *ctx)
{
    if (absent)
        *absent = 0;
    ew_status status = parse(file, absent, path, ctx);
    if (status != EW_OK || !*file)
        return status;
    status = check_seal(*file, path, ctx);
    if (status == EW_OK)
        status = check_version(*file, path, ctx);
    if (status != EW_OK) {
        json_decref(*file);
        *file = NULL;
    }
    return status;
}

static const char *shown(const json_t *value)
{
    if (!json_is_string(value))
        return "not given";
    return *json_string_value(value) ? json_string_value(value) : "given";
}

static ew_status compare_options(const json_t *file, const json_t *head, const char *path,
                                 const char *but, ew_context *ctx)
{
    const json_t *theirs = json_object_get(file, "options");
    const json_t *ours = json_object_get(head, "options");
    for (const ew_option *o = ew_options(); o->name; o++) {
        const json_t *a = json_object_get(theirs, o->name), *b = json_object_get(ours, o->name);
        if ((but && strcmp(o->name, but) == 0) || (!a && !b) || json_equal(a, b))
            continue;
        return ew_fail(ctx, EW_USAGE, "%s: of another run: %s: %.60s there, %.60s here", path,
                       o->name, shown(a), shown(b));
    }
    return EW_OK;
}

ew_status ew_samples_compare(const json_t *file, const json_t *head, const char *path,
                             const char *but, ew_context *ctx)
{
    const json_t *theirs = json_object_get(file, "command");
    const json_t *ours = json_object_get(head, "command");
    if (!json_equal(theirs, ours))
        return ew_fail(ctx, EW_USAGE, "%s: of another command: %.40s, not %.40s", path,
                       shown(theirs), shown(ours));
    ew_status status = compare_options(file, head, path, but, ctx);
    if (status == EW_OK &&
        !json_equal(json_object_get(file, "network"), json_object_get(head, "network")))
        status = ew_fail(ctx, EW_USAGE, "%s: of another run: the network differs", path);
    return status;
}

void ew_samples_free(ew_sample_record **record, slong n)
{
    for (slong i = 0; record && i < n; i++)
        ew_sample_record_free(record[i]);
    free(record);
}

ew_status ew_samples_records(ew_sample_record ***record, slong *n, const json_t *file,
                             const char *path, ew_context *ctx)
{
    const json_t *samplings = json_object_get(file, "samplings");
    slong count = (slong) json_array_size(samplings);
    ew_status status = EW_OK;
    *n = 0;
    *record = ew_alloc_zero((size_t) count, sizeof **record, ctx);
    if (!*record)
        return EW_MEMORY;
    while (*n < count && status == EW_OK) {
        status = ew_record_from_json(*record + *n, json_array_get(samplings, (size_t) *n), path,
                                     ctx);
        *n += status == EW_OK;
    }
    if (status != EW_OK) {
        ew_samples_free(*record, *n);
        *record = NULL;
    }
    return status;
}

int ew_samples_same(const ew_sample_identity *a, const ew_sample_identity *b)
{
    return a->inputs == b->inputs && a->directions == b->directions && a->depth == b->depth &&
           a->descent == b->descent && a->moments == b->moments && a->sampler == b->sampler &&
           a->width == b->width && a->samples == b->samples && a->first == b->first &&
           a->seed == b->seed && a->kept == b->kept && a->unit == b->unit &&
           strcmp(a->model, b->model) == 0;
}

void ew_samples_share(slong *k, slong *n, const char *text)
{
    char *end = NULL;
    *k = *n = 1;
    if (!text)
        return;
    *k = strtol(text, &end, 10);
    *n = *end == '/' ? strtol(end + 1, NULL, 10) : 0;
}

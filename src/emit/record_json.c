#include "emit/record_json.h"

#include <stdlib.h>
#include <string.h>

#include "arith/bits.h"

#define MOST_DIRECTIONS 8
#define MOST_SAMPLES 1000000000000
#define MOST_KEPT 10000000 /* beyond what any reduction keeps of a batch */

static const char *const sampler_name[] = {
    [EW_SAMPLER_CHAIN] = "chain", [EW_SAMPLER_NETWORK] = "network"};

/* ---- writing ---- */

static json_t *bits_json(const double *x, slong n)
{
    char *text = malloc(EW_BITS_DIGITS * (size_t) n + 1);
    if (!text)
        return NULL;
    ew_bits_write(text, x, (size_t) n);
    json_t *node = json_string_nocheck(text);
    free(text);
    return node;
}

static json_t *tally_json(slong batch, const ew_tally *t)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "batch", json_integer((json_int_t) batch));
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) t->n));
    bad |= json_object_set_new(o, "bad_layer", json_integer((json_int_t) t->bad_layer));
    bad |= json_object_set_new(o, "bad", json_integer((json_int_t) t->bad));
    bad |= json_object_set_new(o, "high", bits_json(t->high, t->size));
    if (t->low)
        bad |= json_object_set_new(o, "low", bits_json(t->low, t->size));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

static int set_identity(json_t *o, const ew_sample_identity *id)
{
    int bad = json_object_set_new(o, "inputs", json_integer((json_int_t) id->inputs));
    bad |= json_object_set_new(o, "directions", json_integer((json_int_t) id->directions));
    bad |= json_object_set_new(o, "depth", json_integer((json_int_t) id->depth));
    bad |= json_object_set_new(o, "descent", json_integer(id->descent));
    bad |= json_object_set_new(o, "moments", json_integer((json_int_t) id->moments));
    bad |= json_object_set_new(o, "sampler", json_string(sampler_name[id->sampler]));
    bad |= json_object_set_new(o, "width", json_integer((json_int_t) id->width));
    bad |= json_object_set_new(o, "samples", json_integer((json_int_t) id->samples));
    bad |= json_object_set_new(o, "first", json_integer((json_int_t) id->first));
    bad |= json_object_set_new(o, "seed", json_integer((json_int_t) id->seed));
    if (id->kept) {
        bad |= json_object_set_new(o, "kept", json_integer((json_int_t) id->kept));
        bad |= json_object_set_new(o, "unit", json_integer((json_int_t) id->unit));
    }
    bad |= json_object_set_new(o, "model", json_string(id->model));
    return bad;
}

json_t *ew_json_record(const ew_sample_record *r, ew_context *ctx)
{
    slong sums = r->plan.layers * r->plan.pairs;
    json_t *o = json_object(), *batches = json_array();
    int bad = set_identity(o, &r->id);
    if (!r->id.kept) {
        bad |= json_object_set_new(o, "layer1", bits_json(r->layer1, r->plan.pairs));
        bad |= json_object_set_new(o, "shift", bits_json(r->plan.shift, sums));
        bad |= json_object_set_new(o, "scale", bits_json(r->plan.scale, sums));
    }
    for (slong b = 0; b < r->batches; b++)
        if (r->batch[b])
            bad |= json_array_append_new(batches, tally_json(b, r->batch[b]));
    bad |= json_object_set_new(o, "batches", batches);
    if (!bad)
        return o;
    json_decref(o);
    ew_fail(ctx, EW_MEMORY, "out of memory");
    return NULL;
}

/* ---- reading ---- */

static ew_status refuse(const char *file, const char *what, ew_context *ctx)
{
    return ew_fail(ctx, EW_USAGE, "%s: damaged: %s is not what a sampling has", file, what);
}

/* An integer in lo..hi; as bits when hi < lo, for a seed may be any. */
static int read_integer(json_int_t *x, const json_t *o, const char *key, json_int_t lo,
                        json_int_t hi)
{
    const json_t *node = json_object_get(o, key);
    *x = json_integer_value(node);
    return json_is_integer(node) && (hi < lo || (*x >= lo && *x <= hi));
}

static int read_bits(double *x, slong n, const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && ew_bits_read(x, text, (size_t) n) == 0;
}

static ew_status read_identity(ew_sample_identity *id, const json_t *o, const char *file,
                               ew_context *ctx)
{
    const struct {
        const char *key;
        json_int_t lo, hi;
    } row[] = {{"inputs", 1, EW_MAX_INPUTS},
               {"directions", 0, MOST_DIRECTIONS},
               {"depth", 1, EW_MAX_DEPTH},
               {"descent", 0, 3},
               {"moments", 1, EW_KSTAT_MOST},
               {"width", 1, EW_MAX_WIDTH},
               {"samples", 1, MOST_SAMPLES},
               {"first", 0, INT64_MAX / 2},
               {"seed", 1, 0},
               {"kept", 1, MOST_KEPT},
               {"unit", 1, MOST_SAMPLES}};
    int reduced = json_object_get(o, "kept") != NULL;
    size_t rows = sizeof row / sizeof *row - (reduced ? 0 : 2);
    json_int_t x[sizeof row / sizeof *row] = {0};
    for (size_t i = 0; i < rows; i++)
        if (!read_integer(&x[i], o, row[i].key, row[i].lo, row[i].hi))
            return refuse(file, row[i].key, ctx);
    const char *sampler = json_string_value(json_object_get(o, "sampler"));
    const char *model = json_string_value(json_object_get(o, "model"));
    int network = sampler && strcmp(sampler, sampler_name[EW_SAMPLER_NETWORK]) == 0;
    if (!sampler || (!network && strcmp(sampler, sampler_name[EW_SAMPLER_CHAIN])))
        return refuse(file, "sampler", ctx);
    if (!model || strlen(model) != EW_SHA256_SIZE - 1)
        return refuse(file, "model", ctx);
    *id = (ew_sample_identity){.inputs = (slong) x[0],
                               .directions = (slong) x[1],
                               .depth = (slong) x[2],
                               .descent = (int) x[3],
                               .moments = (slong) x[4],
                               .sampler = network ? EW_SAMPLER_NETWORK : EW_SAMPLER_CHAIN,
                               .width = (uint64_t) x[5],
                               .samples = (uint64_t) x[6],
                               .first = (uint64_t) x[7],
                               .seed = (uint64_t) x[8],
                               .kept = (slong) x[9],
                               .unit = (uint64_t) x[10]};
    if (reduced && (id->unit > id->samples || id->samples % id->unit != 0))
        return refuse(file, "unit", ctx);
    memcpy(id->model, model, EW_SHA256_SIZE);
    return EW_OK;
}

static ew_status read_tally(ew_sample_record *r, const json_t *o, const char *file,
                            ew_context *ctx)
{
    json_int_t b, n, bad_layer, bad;
    if (!read_integer(&b, o, "batch", 0, r->batches - 1) || r->batch[b])
        return refuse(file, "batch", ctx);
    if (!read_integer(&n, o, "samples", 0, (json_int_t) ew_sample_batch_size(r, (slong) b)) ||
        !read_integer(&bad, o, "bad", 0, n) ||
        !read_integer(&bad_layer, o, "bad_layer", 0, (json_int_t) r->id.depth))
        return refuse(file, "samples", ctx);
    ew_status status = ew_tally_new(&r->batch[b], &r->plan, ctx);
    if (status != EW_OK)
        return status;
    ew_tally *t = r->batch[b];
    t->n = (uint64_t) n;
    t->bad_layer = (slong) bad_layer;
    t->bad = (uint64_t) bad;
    return read_bits(t->high, t->size, o, "high") &&
                   (!t->low || read_bits(t->low, t->size, o, "low"))
               ? EW_OK
               : refuse(file, "high or low", ctx);
}

static ew_status read_record(ew_sample_record *r, const json_t *o, const char *file,
                             ew_context *ctx)
{
    const json_t *batches = json_object_get(o, "batches");
    slong sums = r->plan.layers * r->plan.pairs;
    ew_status status = EW_OK;
    if (!r->id.kept && (!read_bits(r->layer1, r->plan.pairs, o, "layer1") ||
                        !read_bits(r->plan.shift, sums, o, "shift") ||
                        !read_bits(r->plan.scale, sums, o, "scale")))
        return refuse(file, "shift or scale", ctx);
    if (!json_is_array(batches))
        return refuse(file, "batches", ctx);
    for (size_t i = 0; i < json_array_size(batches) && status == EW_OK; i++)
        status = read_tally(r, json_array_get(batches, i), file, ctx);
    r->centred = 1;
    return status;
}

ew_status ew_record_from_json(ew_sample_record **out, const json_t *node, const char *file,
                              ew_context *ctx)
{
    ew_sample_identity id;
    *out = NULL;
    ew_status status = read_identity(&id, node, file, ctx);
    if (status == EW_OK)
        status = ew_sample_record_new(out, &id, ctx);
    if (status == EW_OK)
        status = read_record(*out, node, file, ctx);
    if (status != EW_OK) {
        ew_sample_record_free(*out);
        *out = NULL;
    }
    return status;
}

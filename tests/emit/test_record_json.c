#include "support/check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/bits.h"
#include "arith/sha256.h"
#include "emit/record_json.h"

/* The patterns of IEEE 754 as its tables have them. */
static void test_bits(void **state)
{
    (void) state;
    const double x[] = {1, -2, 0.1, -0.0, INFINITY, DBL_MIN, 4.9e-324};
    const char *want = "3ff0000000000000c0000000000000003fb999999999999a8000000000000000"
                       "7ff000000000000000100000000000000000000000000001";
    char text[16 * 7 + 1];
    double y[7];
    ew_bits_write(text, x, 7);
    assert_string_equal(text, want);
    assert_int_equal(ew_bits_read(y, text, 7), 0);
    assert_memory_equal(x, y, sizeof x);
    assert_int_equal(ew_bits_read(y, text, 6), -1);
    assert_int_equal(ew_bits_read(y, "3ff00000000000", 1), -1);
    assert_int_equal(ew_bits_read(y, "3FF0000000000000", 1), -1);
    assert_int_equal(ew_bits_read(y, "", 0), 0);
}

/* FIPS 180-4's example, and the empty message. */
static void test_sha256(void **state)
{
    (void) state;
    char hex[EW_SHA256_SIZE];
    ew_sha256(hex, "abc", 3);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ew_sha256(hex, "", 0);
    assert_string_equal(hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static ew_sample_record *example(ew_context *ctx)
{
    ew_sample_identity id = {.inputs = 1,
                             .depth = 3,
                             .moments = 2,
                             .sampler = EW_SAMPLER_NETWORK,
                             .width = 10,
                             .samples = 1003,
                             .first = 5,
                             .seed = UINT64_MAX};
    ew_sample_record *r;
    check_rng g;
    ew_sha256(id.model, "model", 5);
    check_ok(ctx, ew_sample_record_new(&r, &id, ctx));
    check_rng_init(&g, "record");
    r->layer1[0] = check_uniform(&g);
    for (slong i = 0; i < 2; i++) {
        r->plan.shift[i] = check_uniform(&g);
        r->plan.scale[i] = 1e300 * check_uniform(&g);
    }
    for (slong b = 1; b < r->batches; b += 2) {
        check_ok(ctx, ew_tally_new(&r->batch[b], &r->plan, ctx));
        ew_tally *t = r->batch[b];
        t->n = b % 3 ? ew_sample_batch_size(r, b) : 1;
        t->bad_layer = b == 5 ? 3 : 0;
        t->bad = b == 5;
        for (slong i = 0; i < t->size; i++) {
            t->high[i] = b == 7 ? NAN : 1e-300 * check_uniform(&g);
            t->low[i] = -check_uniform(&g);
        }
    }
    return r;
}

static void assert_same_tally(const ew_tally *a, const ew_tally *b)
{
    assert_int_equal(!a, !b);
    if (!a)
        return;
    assert_true(a->n == b->n && a->bad_layer == b->bad_layer && a->bad == b->bad);
    assert_memory_equal(a->high, b->high, (size_t) a->size * sizeof(double));
    assert_memory_equal(a->low, b->low, (size_t) a->size * sizeof(double));
}

/* Every bit comes back, by way of text. */
static void test_round_trip(void **state)
{
    ew_context *ctx = *state;
    ew_sample_record *a = example(ctx), *b;
    json_t *o = ew_json_record(a, ctx);
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    o = json_loads(text, 0, NULL);
    check_ok(ctx, ew_record_from_json(&b, o, "file", ctx));
    assert_true(b->id.samples == 1003 && b->id.first == 5 && b->id.seed == UINT64_MAX);
    assert_true(b->id.sampler == EW_SAMPLER_NETWORK && b->centred && b->batches == a->batches);
    assert_string_equal(a->id.model, b->id.model);
    assert_memory_equal(a->plan.shift, b->plan.shift, 2 * sizeof(double));
    assert_memory_equal(a->plan.scale, b->plan.scale, 2 * sizeof(double));
    assert_memory_equal(a->layer1, b->layer1, sizeof(double));
    for (slong i = 0; i < a->batches; i++)
        assert_same_tally(a->batch[i], b->batch[i]);
    assert_true(ew_sample_record_drawn(a) == ew_sample_record_drawn(b));
    free(text);
    json_decref(o);
    ew_sample_record_free(a);
    ew_sample_record_free(b);
}

/* What no sampling writes is refused, whatever it is. */
static void test_refused(void **state)
{
    ew_context *ctx = *state;
    static const struct {
        const char *key, *value;
    } bad[] = {{"inputs", "0"},      {"inputs", "9"},      {"depth", "0"},
               {"depth", "1000001"}, {"depth", "4"},       {"moments", "7"},
               {"moments", "5"},     {"descent", "-1"},    {"width", "\"10\""},
               {"samples", "0"},     {"samples", "1e3"},   {"samples", "12"},
               {"first", "-1"},      {"seed", "null"},     {"sampler", "\"other\""},
               {"model", "\"abc\""}, {"layer1", "\"\""},   {"shift", "\"00\""},
               {"scale", "[]"},      {"batches", "{}"},    {"batches", "[{}]"},
               {"batches", "[0]"},   {"directions", "99"}, {"descent", "4"}};
    ew_sample_record *a = example(ctx), *b;
    json_t *o = ew_json_record(a, ctx);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *copy = json_deep_copy(o);
        json_object_set_new(copy, bad[i].key, json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
        if (ew_record_from_json(&b, copy, "file", ctx) == EW_OK)
            fail_msg("%s = %s is accepted", bad[i].key, bad[i].value);
        assert_null(b);
        json_object_del(copy, bad[i].key);
        check_status(ctx, ew_record_from_json(&b, copy, "file", ctx), EW_USAGE);
        json_decref(copy);
    }
    static const struct {
        const char *key, *value;
    } tally[] = {{"batch", "3"},     {"batch", "-1"},   {"batch", "64"},
                 {"samples", "17"},  {"samples", "-1"}, {"bad", "99"},
                 {"bad_layer", "4"}, {"high", "\"0\""}, {"low", "0"}};
    for (size_t i = 0; i < sizeof tally / sizeof *tally; i++) {
        json_t *copy = json_deep_copy(o);
        json_object_set_new(json_array_get(json_object_get(copy, "batches"), 0), tally[i].key,
                            json_loads(tally[i].value, JSON_DECODE_ANY, NULL));
        if (ew_record_from_json(&b, copy, "file", ctx) == EW_OK)
            fail_msg("batch with %s = %s is accepted", tally[i].key, tally[i].value);
        json_decref(copy);
    }
    json_decref(o);
    ew_sample_record_free(a);
}

/* Batches cover the samples without gap or overlap, and shares the batches. */
static void test_shares(void **state)
{
    ew_context *ctx = *state;
    ew_sample_record *r = example(ctx);
    uint64_t next = 0;
    for (slong b = 0; b < r->batches; b++) {
        assert_true(ew_sample_batch_start(r, b) == next);
        next += ew_sample_batch_size(r, b);
        for (slong n = 1; n <= 5; n++) {
            slong owners = 0;
            for (slong k = 1; k <= n; k++)
                owners += ew_sample_batch_in(b, k, n);
            assert_int_equal(owners, 1);
        }
    }
    assert_true(next == 1003);
    ew_sample_record_free(r);
}

static int setup(void **state)
{
    *state = ew_context_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ew_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits), cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_shares)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}

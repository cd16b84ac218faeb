/* Normal forms of groups of pairs under permutations of the tangents, and the tables of keys.
 */
#include "readings/cumulant/hierarchy/groups.h"
#include "support/check.h"

static unsigned long long next_random(unsigned long long *x)
{
    *x = *x * 6364136223846793005ULL + 1442695040888963407ULL;
    return *x >> 33;
}

static ew_fields *tangent_fields(slong tangents, ew_context *ctx)
{
    ew_generator kind[EW_MAX_TANGENTS];
    ulong set[EW_MAX_TANGENTS];
    ew_fields *f;
    for (slong g = 0; g < tangents; g++) {
        kind[g] = EW_TANGENT;
        set[g] = UWORD(1) << g;
    }
    check_ok(ctx, ew_fields_new(&f, 2, kind, tangents, set, tangents, ctx));
    return f;
}

static void random_groups(ew_pairs *group, slong n, const ew_fields *f, unsigned long long *x)
{
    for (slong b = 0; b < n; b++) {
        group[b].n = 0;
        slong pairs = 1 + (slong) (next_random(x) % 3);
        for (slong k = 0; k < pairs; k++)
            ew_pairs_add(&group[b], (slong) (next_random(x) % (unsigned long long) f->pairs));
    }
}

static void map_groups(ew_pairs *out, const ew_pairs *group, slong n, const slong *to,
                       const ew_fields *f)
{
    for (slong b = 0; b < n; b++) {
        out[b].n = 0;
        for (slong k = 0; k < group[b].n; k++)
            ew_pairs_add(&out[b], ew_pair_image(group[b].p[k], to, f));
    }
}

static int is_permutation(const slong *to, slong n)
{
    ulong seen = 0;
    for (slong g = 0; g < n; g++)
        seen |= UWORD(1) << to[g];
    return seen == (UWORD(1) << n) - 1;
}

/* What comes out is an image of what went in; images of each other mostly meet. */
static void normal_forms(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_fields *f = tangent_fields(4, ctx);
    unsigned long long seed = 7;
    slong met = 0;
    for (int round = 0; round < 500; round++) {
        ew_pairs x[3], y[3], own[3], image[3];
        slong to[EW_MAX_GENERATORS], shuffle[] = {1, 2, 3, 0};
        slong k1, k2;
        int a[EW_MAX_KEY], b[EW_MAX_KEY];
        random_groups(x, 3, f, &seed);
        map_groups(y, x, 3, shuffle, f);
        for (int i = 0; i < 3; i++)
            own[i] = x[i];
        ew_groups_normalise(to, x, 3, 1, f);
        assert_true(is_permutation(to, 4));
        map_groups(image, own, 3, to, f);
        for (int i = 0; i < 3; i++)
            assert_int_equal(ew_pairs_compare(&x[i], &image[i]), 0);
        ew_groups_normalise(NULL, y, 3, 1, f);
        k1 = ew_groups_key(a, x, 3);
        k2 = ew_groups_key(b, y, 3);
        assert_int_equal(k1, k2);
        int same = 1;
        for (slong i = 0; i < k1; i++)
            same = same && a[i] == b[i];
        met += same;
    }
    assert_true(met > 480);
    ew_fields_free(f);
    ew_context_free(ctx);
}

static void groups_are_a_multiset_unless_ordered(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_fields *f = tangent_fields(2, ctx);
    ew_pairs x[2] = {{1, {5}}, {1, {0}}}, y[2];
    slong n;
    int key[EW_MAX_KEY];
    ew_groups_normalise(NULL, x, 2, 1, f);
    assert_int_equal(x[1].p[0], 0);
    ew_groups_normalise(NULL, x, 2, 0, f);
    assert_int_equal(x[0].p[0], 0);
    ew_groups_of_key(y, &n, key, ew_groups_key(key, x, 2));
    assert_int_equal(n, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ew_pairs_compare(&x[i], &y[i]), 0);
    ew_fields_free(f);
    ew_context_free(ctx);
}

static void canonical_lists_agree_under_permutations(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_fields *f = tangent_fields(4, ctx);
    unsigned long long seed = 3;
    for (int round = 0; round < 500; round++) {
        ew_pairs x, y, a, b, image;
        slong to[EW_MAX_GENERATORS], shuffle[] = {2, 0, 3, 1};
        random_groups(&x, 1, f, &seed);
        map_groups(&y, &x, 1, shuffle, f);
        ew_pairs_canonical_map(&a, to, &x, f);
        assert_true(is_permutation(to, 4));
        map_groups(&image, &x, 1, to, f);
        assert_int_equal(ew_pairs_compare(&a, &image), 0);
        ew_pairs_canonical(&b, &y, f);
        assert_int_equal(ew_pairs_compare(&a, &b), 0);
    }
    ew_fields_free(f);
    ew_context_free(ctx);
}

static void keys_are_numbered(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    ew_keys k = {0};
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < 3000; i++) {
            int key[] = {i / 7, i, -i}, fresh;
            slong id, n;
            check_ok(ctx, ew_keys_add(&id, &fresh, &k, key, i % 3 + 1, ctx));
            const int *own = ew_keys_at(&n, &k, id);
            assert_int_equal(n, i % 3 + 1);
            for (slong j = 0; j < n; j++)
                assert_int_equal(own[j], key[j]);
            assert_true(!fresh || !twice);
        }
    assert_true(k.n > 2000 && k.n < 3000);
    ew_keys_clear(&k);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_forms),
        cmocka_unit_test(groups_are_a_multiset_unless_ordered),
        cmocka_unit_test(canonical_lists_agree_under_permutations),
        cmocka_unit_test(keys_are_numbered),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failures;
}

#include "support/check.h"

#include "emit/checksum.h"

/* FIPS 180-4's "abc" cannot be the text of a JSON value; these were computed with sha256sum:
 * printf '%s' '{"a":1,"b":[2,"x"]}' | sha256sum */
static void matches_an_independent_program(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char hex[EW_CHECKSUM_SIZE];
    json_t *x = json_loads("{ \"b\" : [2, \"x\"],\n \"a\": 1 }", 0, NULL);
    check_ok(ctx, ew_checksum(hex, x, ctx));
    assert_string_equal(hex, "454597f51f0e5988dd7d0864f82e826d91fd43ed815a21bb06cd7181e8547a2f");
    json_array_append_new(json_object_get(x, "b"), json_integer(3));
    char other[EW_CHECKSUM_SIZE];
    check_ok(ctx, ew_checksum(other, x, ctx));
    assert_string_not_equal(hex, other);
    json_decref(x);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches_an_independent_program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

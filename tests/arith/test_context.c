#include "support/check.h"

static void one_line_is_kept(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    assert_int_equal(ew_fail(ctx, EW_DOMAIN, "bad %d", 7), EW_DOMAIN);
    ew_fail_detail(ctx, "source");
    assert_string_equal(ew_context_error(ctx), "bad 7\nsource");
    assert_int_equal(ew_exit_code(ew_context_status(ctx)), 2);
    ew_clear(ctx);
    assert_string_equal(ew_context_error(ctx), "");
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_line_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

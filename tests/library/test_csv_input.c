#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arith/decimal.h"
#include "library/csv_input.h"

static void check_entry(const ew_csv *c, slong i, const char *want)
{
    char *text = fmpq_get_str(NULL, 10, c->x + i);
    assert_string_equal(text, want);
    flint_free(text);
}

static void reads_exact_numbers(void **state)
{
    (void) state;
    static const char data[] = "0.1, -2 ,1/3\r\n1e2,\t.5,-7/4\n";
    ew_context *ctx = ew_context_new();
    ew_csv *c;
    check_ok(ctx, ew_csv_parse(&c, data, strlen(data), "x.csv", ctx));
    assert_int_equal(c->rows, 2);
    assert_int_equal(c->columns, 3);
    static const char *const want[] = {"1/10", "-2", "1/3", "100", "1/2", "-7/4"};
    for (slong i = 0; i < 6; i++)
        check_entry(c, i, want[i]);
    ew_csv_free(c);
    /* The last line may lack its end; one column is fine. */
    check_ok(ctx, ew_csv_parse(&c, "1\n2\n3", 5, "x.csv", ctx));
    assert_int_equal(c->rows, 3);
    assert_int_equal(c->columns, 1);
    check_entry(c, 2, "3");
    ew_csv_free(c);
    static const char marked[] = "\xef\xbb\xbf"
                                 "1,2\r\n3,4\r\n";
    check_ok(ctx, ew_csv_parse(&c, marked, strlen(marked), "x.csv", ctx));
    assert_int_equal(c->rows, 2);
    check_entry(c, 0, "1");
    ew_csv_free(c);
    ew_context_free(ctx);
}

static void refuses(void **state)
{
    (void) state;
    static const struct {
        const char *data, *message;
        size_t size;
    } row[] = {
        {"", "line 1, column 1: the file is empty", 0},
        {"\xef\xbb\xbf", "line 1, column 1: the file is empty", 3},
        {"1,2\n3\n", "line 2, column 1: fewer numbers", 6},
        {"1,2\n3,4,5\n", "line 2, column 3: more numbers", 10},
        {"1,2\n3,", "line 2, column 2: a number is missing", 6},
        {"1,2\n\n3,4\n", "line 2, column 1: a number is missing", 9},
        {"1,,2\n", "line 1, column 2: a number is missing", 5},
        {"a,b\n1,2\n", "line 1, column 1: not a number", 8},
        {"1,nan\n", "line 1, column 2: not a number", 6},
        {"1,inf\n", "line 1, column 2: not a number", 6},
        {"1;2\n", "line 1, column 1: not a number", 4},
        {"1,2\0\n", "line 1, column 2: not a number", 5},
        {"1,1/0\n", "line 1, column 2: not a number", 6},
        {"1,1e99999\n", "line 1, column 2: not a number", 10},
        {"1,1.2.3\n", "line 1, column 2: not a number", 8},
    };
    ew_context *ctx = ew_context_new();
    ew_csv *c;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        check_status(ctx, ew_csv_parse(&c, row[i].data, row[i].size, "x.csv", ctx), EW_USAGE);
        assert_null(c);
        if (!strstr(ew_context_error(ctx), row[i].message))
            fail_msg("case %zu: '%s'", i, ew_context_error(ctx));
        assert_int_equal(strncmp(ew_context_error(ctx), "x.csv: ", 7), 0);
    }
    ew_context_free(ctx);
}

static void files(void **state)
{
    (void) state;
    char name[] = "csv-test-XXXXXX";
    ew_context *ctx = ew_context_new();
    ew_csv *c;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    for (int i = 0; i < 30000; i++)
        fprintf(f, "%d,%d\n", i, -i);
    fclose(f);
    check_ok(ctx, ew_csv_read(&c, name, ctx));
    assert_int_equal(c->rows, 30000);
    check_entry(c, 59999, "-29999");
    ew_csv_free(c);
    unlink(name);
    check_status(ctx, ew_csv_read(&c, name, ctx), EW_IO);
    assert_non_null(strstr(ew_context_error(ctx), ": No such file or directory"));
    check_status(ctx, ew_csv_read(&c, ".", ctx), EW_IO);
    assert_null(c);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_exact_numbers),
                                       cmocka_unit_test(refuses), cmocka_unit_test(files)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

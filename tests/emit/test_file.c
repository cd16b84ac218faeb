#include "support/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit/file.h"

static char directory[] = "emit-test-XXXXXX";

static void in_directory(char path[64], const char *name)
{
    snprintf(path, 64, "%s/%s", directory, name);
}

static void check_content(const char *path, const char *want)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(got, 1, sizeof got - 1, f), strlen(want));
    fclose(f);
    assert_string_equal(got, want);
}

static int entries(void)
{
    int n = 0;
    DIR *d = opendir(directory);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void writes_and_replaces(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char path[64], link[64];
    struct stat st;
    in_directory(path, "out");
    in_directory(link, "link");
    check_ok(ctx, ew_write_file(path, "first", ctx));
    check_content(path, "first");
    chmod(path, 0600);
    check_ok(ctx, ew_write_file(path, "second", ctx));
    check_content(path, "second");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(entries(), 1);
    /* Through a symbolic link, which stays one. */
    assert_int_equal(symlink("out", link), 0);
    check_ok(ctx, ew_write_file(link, "third", ctx));
    check_content(path, "third");
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    unlink(link);
    unlink(path);
    ew_context_free(ctx);
}

static void failures_leave_nothing(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    char path[64];
    in_directory(path, "missing/out");
    check_status(ctx, ew_write_file(path, "x", ctx), EW_IO);
    assert_non_null(strstr(ew_context_error(ctx), "missing/out: No such file or directory"));
    check_status(ctx, ew_write_file(directory, "x", ctx), EW_IO);
    assert_non_null(strstr(ew_context_error(ctx), "cannot write"));
    if (access("/dev/full", W_OK) == 0) {
        check_status(ctx, ew_write_file("/dev/full", "x", ctx), EW_IO);
        assert_non_null(strstr(ew_context_error(ctx), "No space left"));
    }
    check_ok(ctx, ew_write_file("/dev/null", "x", ctx));
    check_status(ctx, ew_file_check(path, ctx), EW_IO);
    check_status(ctx, ew_file_check(directory, ctx), EW_IO);
    in_directory(path, "new");
    check_ok(ctx, ew_file_check(path, ctx));
    assert_int_equal(entries(), 0);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_replaces),
                                       cmocka_unit_test(failures_leave_nothing)};
    if (!mkdtemp(directory))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}

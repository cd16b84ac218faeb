/* `kernel --jacobian`: what it prints, what it refuses, and sampled networks. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ew_status (*command)(ew_result **, const ew_network *, ew_context *);

static ew_result *run(command fn, ew_status want, const char *const *option)
{
    ew_context *ctx = ew_context_new();
    ew_network *net;
    ew_result *res = NULL;
    check_ok(ctx, ew_network_new(&net, ctx));
    for (; option[0]; option += 2)
        check_ok(ctx, ew_network_set(net, option[0], option[1], ctx));
    check_status(ctx, fn(&res, net, ctx), want);
    ew_network_free(net);
    ew_context_free(ctx);
    return res;
}

/* A file of its own; to be removed. */
static char *write_file(const char *text)
{
    char *name = strdup("jacobian-XXXXXX.csv");
    int fd = mkstemps(name, 4);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
    return name;
}

static const char *text(const ew_result *r, const char *path)
{
    const char *t = ew_result_text(r, path);
    return t ? t : "";
}

static double number(const ew_result *r, const char *path)
{
    double mid, lo, hi;
    assert_int_equal(ew_result_double(&mid, &lo, &hi, r, path), EW_OK);
    return mid;
}

static void rows_and_notes(void **state)
{
    (void) state;
    char *inputs = write_file("1,2\n1/2,-1\n");
    ew_result *r = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "relu", "cw", "2", "jacobian", "",
                                        "inputs", inputs, "digits", "8", NULL, NULL});
    assert_string_equal(text(r, "result.jacobian.rows[1]"), "f(2)");
    assert_string_equal(text(r, "result.jacobian.rows[2]"), "d1 f(1)");
    assert_string_equal(text(r, "result.jacobian.rows[5]"), "d2 f(2)");
    assert_non_null(strstr(text(r, "result.jacobian.singular"), "x.J f = f"));
    assert_non_null(strstr(text(r, "result.jacobian.no_ntk"), "derivative of relu jumps"));
    assert_null(ew_result_text(r, "result.layers[1].jacobian_ntk[0][0].mid"));
    assert_string_equal(text(r, "result.layers[1].jacobian_nngp[2][2].exact"), "1");
    assert_string_equal(text(r, "network.directions"), "coordinates");
    ew_result_free(r);
    /* layer 1 of what is chosen: x.v/n_0 and v.v/n_0 */
    r = run(ew_kernel, EW_OK,
            (const char *[]){"activation", "relu", "cw", "3", "cb", "1", "jacobian", "",
                             "inputs", inputs, "directions", "e2,radial", "depth", "1", "exact",
                             "", NULL, NULL});
    assert_string_equal(text(r, "result.layers[0].jacobian_nngp[0][2].exact"), "3");
    assert_string_equal(text(r, "result.layers[0].jacobian_nngp[3][4].exact"), "3");
    assert_string_equal(text(r, "result.layers[0].jacobian_ntk[5][5].exact"), "5/2");
    assert_string_equal(text(r, "result.layers[0].jacobian_ntk[1][3].exact"), "-3/4");
    assert_null(ew_result_text(r, "result.jacobian.singular"));
    ew_result_free(r);
    remove(inputs);
    free(inputs);
}

static void bad_requests(void **state)
{
    (void) state;
    assert_null(run(ew_kernel, EW_USAGE,
                    (const char *[]){"activation", "tanh", "jacobian", "", NULL, NULL}));
    assert_null(
        run(ew_kernel, EW_USAGE,
            (const char *[]){"activation", "tanh", "directions", "radial", NULL, NULL}));
    assert_null(run(ew_kernel, EW_DOMAIN,
                    (const char *[]){"activation", "step", "jacobian", "", "directions",
                                     "radial", NULL, NULL}));
    assert_null(run(ew_kernel, EW_UNABLE,
                    (const char *[]){"activation", "tanh", "jacobian", "", "directions",
                                     "radial,perp", "depth", "1000000", NULL, NULL}));
    assert_null(run(ew_kernel, EW_UNABLE,
                    (const char *[]){"activation", "tanh", "jacobian", "", "directions", "perp",
                                     "exact", "", "cw", "1", NULL, NULL}));
}

/* Where the sampled field of a row is in its terms; inputs a, b and directions u, v. */
static const char *const names[6] = {"a", "b", "au", "av", "bu", "bv"};

static void compare(const ew_result *sample, const ew_result *kernel, const char *matrix,
                    const char *tangent, int *found)
{
    for (int i = 0; i < 200; i++) {
        char path[100], pair[20];
        snprintf(path, sizeof path, "result.layers[1].terms[%d].of[0]", i);
        const char *of = ew_result_text(sample, path);
        if (!of)
            break;
        snprintf(path, sizeof path, "result.layers[1].terms[%d].of[1]", i);
        if (ew_result_text(sample, path))
            continue;
        for (int r = 0; r < 6; r++)
            for (int c = 0; c < 6; c++) {
                snprintf(pair, sizeof pair, "%c%s%s.%c%s%s", names[r][0], tangent, names[r] + 1,
                         names[c][0], tangent, names[c] + 1);
                if (strcmp(pair, of) != 0)
                    continue;
                snprintf(path, sizeof path, "result.layers[1].terms[%d].value.mean", i);
                double mean = number(sample, path);
                snprintf(path, sizeof path, "result.layers[1].terms[%d].value.se", i);
                double se = number(sample, path);
                snprintf(path, sizeof path, "result.layers[1].%s[%d][%d]", matrix, r, c);
                double want = number(kernel, path);
                if (!(fabs(mean - want) <= 4.5 * se))
                    fail_msg("%s: %g +- %g, expected %g", pair, mean, se, want);
                ++*found;
            }
    }
}

/* With one hidden layer the mean of Ghat is that of infinite width at every width, and its
 * entries at the output are what explicit weights and their tangents sample. */
static void sampled_networks(void **state)
{
    (void) state;
    int found = 0;
    char *inputs = write_file("1,2\n1/2,-1\n");
    const char *const option[] = {"activation", "tanh",  "cw",     "3/2",  "cb",    "1/5",
                                  "lambda-b",   "1/3",   "inputs", inputs, "depth", "2",
                                  "directions", "e1,e2", NULL,     NULL};
    const char *more[40];
    memcpy(more, option, sizeof option);
    size_t n = sizeof option / sizeof *option - 2;
    memcpy(more + n, (const char *[]){"jacobian", "", "digits", "10", NULL, NULL},
           6 * sizeof *more);
    ew_result *k = run(ew_kernel, EW_OK, more);
    memcpy(more + n,
           (const char *[]){"ntk", "", "width", "32", "samples", "3000", "moments", "1",
                            "sampler", "network", NULL, NULL},
           12 * sizeof *more);
    ew_result *s = run(ew_sample, EW_OK, more);
    compare(s, k, "jacobian_nngp", "", &found);
    assert_int_equal(found, 21);
    compare(s, k, "jacobian_ntk", "1", &found);
    assert_int_equal(found, 42);
    ew_result_free(k);
    ew_result_free(s);
    remove(inputs);
    free(inputs);
}

/* Inputs as they are. */
static void any_lengths(const char *inputs)
{
    static const char *const name[] = {"jacobian_nngp", "jacobian_ntk"};
    ew_result *k = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "erf", "cw", "1/8", "cb", "1/8",
                                        "jacobian", "", "inputs", inputs, NULL, NULL});
    ew_result *d =
        run(ew_kernel, EW_OK,
            (const char *[]){"activation", "erf", "cw", "1/8", "cb", "1/8", "jacobian", "",
                             "inputs", inputs, "double", "", NULL, NULL});
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 36; i++) {
            char path[100];
            snprintf(path, sizeof path, "result.layers[1].%s[%d][%d]", name[t], i / 6, i % 6);
            double want = number(k, path);
            snprintf(path, sizeof path, "result.%s.values[%d][%d]", name[t], i / 6, i % 6);
            double got = number(d, path);
            snprintf(path, sizeof path, "result.%s.bound", name[t]);
            if (!(fabs(got - want) <= number(d, path) + 1e-10 * fabs(want)))
                fail_msg("%s[%d]: %.17g, expected %.17g", name[t], i, got, want);
            assert_true(number(d, path) < 1e-11);
        }
    ew_result_free(k);
    ew_result_free(d);
}

/* Doubles: inputs of x.x/n_0 = 1 are what they are, rescaled or not. */
static void data_sets(void **state)
{
    (void) state;
    char *inputs = write_file("1,1\n-1,1\n"), *scaled = write_file("3,3\n-0.5,0.5\n");
    ew_result *k = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "cos", "depth", "1", "jacobian", "",
                                        "inputs", inputs, "directions", "e2,e1", NULL, NULL});
    ew_result *d = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "cos", "depth", "1", "jacobian", "",
                                        "inputs", scaled, "double", "", "normalize", "",
                                        "directions", "e2,e1", NULL, NULL});
    ew_result *two =
        run(ew_kernel, EW_OK,
            (const char *[]){"activation", "cos", "depth", "1", "jacobian", "", "inputs",
                             scaled, "inputs2", inputs, "double", "", "normalize", "",
                             "save-jacobian-ntk", "jacobian-test.npy", NULL, NULL});
    static const char *const name[] = {"jacobian_nngp", "jacobian_ntk"};
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 36; i++) {
            char path[100];
            snprintf(path, sizeof path, "result.layers[0].%s[%d][%d]", name[t], i / 6, i % 6);
            double want = number(k, path);
            snprintf(path, sizeof path, "result.%s.values[%d][%d]", name[t], i / 6, i % 6);
            double got = number(d, path);
            snprintf(path, sizeof path, "result.%s.bound", name[t]);
            if (!(fabs(got - want) <= number(d, path) + 1e-14))
                fail_msg("%s[%d]: %.17g, expected %.17g", name[t], i, got, want);
        }
    assert_int_equal(number(two, "result.points2"), 2);
    assert_string_equal(text(two, "result.jacobian_ntk.file"), "jacobian-test.npy");
    FILE *file = fopen("jacobian-test.npy", "rb");
    assert_non_null(file);
    fseek(file, -36 * 8, SEEK_END);
    double m[36];
    assert_int_equal(fread(m, 8, 36, file), 36);
    fclose(file);
    /* one set of points against itself, e1 before e2 */
    static const int order[] = {0, 1, 3, 2, 5, 4};
    for (int i = 0; i < 36; i++) {
        char path[100];
        snprintf(path, sizeof path, "result.jacobian_ntk.values[%d][%d]", order[i / 6],
                 order[i % 6]);
        assert_true(fabs(m[i] - number(d, path)) < 1e-14);
    }
    ew_result_free(k);
    ew_result_free(d);
    ew_result_free(two);
    any_lengths(scaled);
    static const struct {
        ew_status status;
        const char *option[8];
    } bad[] = {
        {EW_DOMAIN, {"activation", "relu", "normalize", ""}},
        {EW_DOMAIN, {"activation", "relu", "save-jacobian-ntk", "k.npy"}},
        {EW_UNABLE, {"activation", "elu", "normalize", ""}},
        {EW_USAGE, {"activation", "cos", "normalize", "", "directions", "e3"}},
        {EW_USAGE, {"activation", "cos", "normalize", "", "directions", "radius"}},
        {EW_USAGE, {"activation", "cos", "normalize", "", "save-ntk", "k.npy"}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *option[16] = {"jacobian", "", "double", "", "inputs", inputs};
        memcpy(option + 6, bad[i].option, sizeof bad[i].option);
        assert_null(run(ew_kernel, bad[i].status, option));
    }
    remove(inputs);
    remove(scaled);
    remove("jacobian-test.npy");
    free(inputs);
    free(scaled);
}

/* Directions of all kinds: those of the points rescaled by hand. */
static void directions_of_data(void **state)
{
    (void) state;
    char *inputs = write_file("1,1\n7/5,1/5\n"), *scaled = write_file("3,3\n0.7,0.1\n");
    char *file = write_file("1,2\n-0.5,3\n"), list[100];
    snprintf(list, sizeof list, "perp,%s,e2,radial", file);
    ew_result *k = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "erf", "cb", "1/3", "cw", "2", "jacobian",
                                        "", "inputs", inputs, "directions", list, "lambda-b",
                                        "1/2", NULL, NULL});
    ew_result *d =
        run(ew_kernel, EW_OK,
            (const char *[]){"activation", "erf",       "cb",       "1/3",    "cw",
                             "2",          "jacobian",  "",         "inputs", scaled,
                             "directions", list,        "lambda-b", "1/2",    "double",
                             "",           "normalize", "",         NULL,     NULL});
    ew_result *c = run(ew_kernel, EW_OK,
                       (const char *[]){"activation", "erf", "cb", "1/3", "cw", "2", "jacobian",
                                        "", "inputs", scaled, "directions", list, "lambda-b",
                                        "1/2", "normalize", "", NULL, NULL});
    static const char *const name[] = {"jacobian_nngp", "jacobian_ntk"};
    assert_int_equal(number(d, "result.rows"), 12);
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < 144; i++) {
            char path[100];
            snprintf(path, sizeof path, "result.layers[1].%s[%d][%d]", name[t], i / 12, i % 12);
            double want = number(k, path);
            assert_true(fabs(number(c, path) - want) < 1e-13);
            snprintf(path, sizeof path, "result.%s.values[%d][%d]", name[t], i / 12, i % 12);
            double got = number(d, path);
            snprintf(path, sizeof path, "result.%s.bound", name[t]);
            double bound = number(d, path);
            if (!(fabs(got - want) <= bound + 1e-14 && fabs(got - want) < 1e-13 &&
                  bound < 1e-10))
                fail_msg("%s[%d]: %.17g, expected %.17g", name[t], i, got, want);
        }
    ew_result_free(k);
    ew_result_free(d);
    ew_result_free(c);
    remove(inputs);
    remove(scaled);
    remove(file);
    free(inputs);
    free(scaled);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_notes),     cmocka_unit_test(bad_requests),
        cmocka_unit_test(sampled_networks),   cmocka_unit_test(data_sets),
        cmocka_unit_test(directions_of_data),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

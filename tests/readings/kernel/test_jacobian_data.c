#include "support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N0 4
#include "jacobian_setting.h"
#include "readings/kernel/jacobian/data.h"

/* Points of rational length |x|, so that x sqrt(n_0)/|x| = 2 x/|x| is rational: equal,
 * opposite, orthogonal, nearly parallel ones. */
static const struct {
    slong x[N0], length;
} points[] = {
    {{1, 1, 1, 1}, 2},   {{3, 4, 0, 0}, 5},
    {{1, 2, 2, 4}, 5},   {{-1, -1, -1, -1}, 2},
    {{1, 1, -1, -1}, 2}, {{3, 4, 0, 0}, 5},
    {{4, -2, 2, -1}, 5}, {{0, 0, 0, 7}, 7},
    {{-3, 4, 0, 0}, 5},  {{200000, 0, 0, 9999999999}, 10000000001},
};
#define POINTS 10

typedef struct {
    size_t rows, columns;
    double *m[2];
    int mirrored;
} matrices;

static ew_status take(int ntk, int mirror, size_t row, size_t column, size_t rows,
                      size_t columns, const double *x, void *data, ew_context *ctx)
{
    (void) ctx;
    matrices *y = data;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < columns; k++) {
            y->m[ntk][(row + i) * y->columns + column + k] = x[i * columns + k];
            if (mirror)
                y->m[ntk][(column + k) * y->columns + row + i] = x[i * columns + k];
        }
    return EW_OK;
}

static void open_matrices(matrices *y, size_t rows, size_t columns)
{
    y->rows = rows;
    y->columns = columns;
    for (int t = 0; t < 2; t++) {
        y->m[t] = malloc(rows * columns * sizeof *y->m[t]);
        for (size_t i = 0; i < rows * columns; i++)
            y->m[t][i] = NAN;
    }
}

static void close_matrices(matrices *y)
{
    free(y->m[0]);
    free(y->m[1]);
}

/* Coordinates, counted from 0. */
static ew_directions coordinates(fixture *f, const size_t *k, size_t n)
{
    ew_directions D;
    check_ok(f->ctx, ew_directions_init(&D, n, N0, f->ctx));
    for (size_t g = 0; g < n; g++)
        D.v[g * N0 + k[g]] = 1;
    ew_directions_prepare(&D);
    return D;
}

static const size_t all[N0] = {0, 1, 2, 3};

static void set_points(double *x, slong copies)
{
    for (slong i = 0; i < POINTS * copies; i++)
        for (slong k = 0; k < N0; k++)
            x[i * N0 + k] = (double) points[i % POINTS].x[k];
}

/* Inputs that are doubles: equal, opposite, parallel, orthogonal and nearly equal ones, of any
 * lengths. */
static const double any_points[][N0] = {
    {1, 1, 1, 1},   {0.75, 1, 0, 0.5}, {-1, -1, -1, -1},  {0.25, 0.25, 0.25, 0.25},
    {1, 1, -1, -1}, {0.75, 1, 0, 0.5}, {2, -1, 1.5, 0.5}, {0.75, 1, 0x1p-30, 0.5},
};
#define ANY (sizeof any_points / sizeof *any_points)

typedef struct {
    const char *activation;
    slong depth;
    const char *cw, *cb, *lb;
    int any, tangent; /* any lengths */
    double least;     /* than which bounds are less */
} network;

static slong make_points(double *x, fmpq *q, const network *n)
{
    if (!n->any) {
        set_points(x, 1);
        for (slong i = 0; i < POINTS * N0; i++)
            fmpq_set_si(q + i, 2 * points[i / N0].x[i % N0], (ulong) points[i / N0].length);
        return POINTS;
    }
    arb_t t;
    arb_init(t);
    for (size_t i = 0; i < ANY * N0; i++) {
        x[i] = any_points[i / N0][i % N0];
        arb_set_d(t, x[i]);
        arf_get_fmpq(q + i, arb_midref(t));
    }
    arb_clear(t);
    return n->tangent ? ANY
                      : ANY - 1; /* nearly equal inputs under kinks are a test of their own */
}

/* Every entry within the bound of the balls of the certified evaluation, which takes another
 * way: fields along coordinates, expectations by quadrature. */
static void check_network(const network *n)
{
    fixture f;
    arb_mat_t want[2];
    double x[POINTS * N0];
    fmpq *q = _fmpq_vec_init(POINTS * N0);
    const slong inputs = make_points(x, q, n);
    const size_t rows = (size_t) inputs * (1 + N0);
    set_up(&f, n->activation, n->depth, n->cw, n->cb, n->lb);
    set_inputs(&f, q, inputs);
    output(want[0], want[1], &f, n->tangent, 90);
    ew_jacobian_maps *m;
    ew_points p;
    ew_jacobian_bound bound;
    matrices y;
    open_matrices(&y, rows, rows);
    check_ok(f.ctx, (n->any ? ew_jacobian_lengths_new
                            : ew_jacobian_maps_new)(&m, &f.net, n->tangent, f.ctx));
    check_ok(f.ctx, ew_points_init(&p, x, (size_t) inputs, N0, f.ctx));
    ew_directions along = coordinates(&f, all, N0);
    check_ok(f.ctx, ew_jacobian_data(&bound, m, &p, NULL, &along, take, &y, f.ctx));
    ew_directions_clear(&along);
    arb_t e;
    arb_init(e);
    for (int t = 0; t <= n->tangent; t++)
        for (size_t i = 0; i < y.rows * y.columns; i++) {
            double off = t ? bound.ntk : bound.nngp, got = y.m[t][i];
            arb_set_d(e, got);
            arb_sub(e, e, arb_mat_entry(want[t], i / y.columns, i % y.columns), 90);
            double error = fabs(arf_get_d(arb_midref(e), ARF_RND_NEAR));
            assert_true(mag_get_d(arb_radref(e)) < 1e-18);
            if (!(error <= off) || !(error < 3e-14 * fmax(1, fabs(got))) || !(off < n->least))
                fail_msg("%s: entry (%zu, %zu) of matrix %d: %.17g is off by %g, bound %g",
                         n->activation, i / y.columns, i % y.columns, t, got, error, off);
        }
    arb_clear(e);
    close_matrices(&y);
    ew_points_clear(&p);
    ew_jacobian_maps_free(m);
    arb_mat_clear(want[0]);
    arb_mat_clear(want[1]);
    _fmpq_vec_clear(q, POINTS * N0);
    shut(&f);
}

static void doubles_agree_with_balls(void **state)
{
    (void) state;
    static const network list[] = {
        {"erf", 2, "3/2", "1/4", "1/2", 0, 1, 1e-10},
        {"z^2/4+z", 2, "1", "1/3", "1", 0, 1, 1e-11},
        {"tanh", 1, "2", "1/3", "1", 0, 1, 1e-13},
        {"erf", 3, "3/2", "1/4", "1/2", 1, 1, 1e-9},
        {"relu", 3, "2", "1/3", "0", 1, 0, 1e-11},
        {"abs(z)", 2, "1", "1/7", "0", 1, 0, 1e-11},
        {"z", 3, "1", "1/3", "1", 1, 1, 1e-11},
        {"z^2/4+z", 3, "1", "1/3", "1", 1, 1, 1e-10},
        {"tanh", 2, "1/4", "0", "1", 1, 1, 1e-11},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        check_network(list + i);
}

/* More points than a tile and a block hold, two sets and one, some of the coordinates: the same
 * numbers. */
static void tiles_and_sets_agree(void **state)
{
    (void) state;
    static const size_t some[] = {3, 1};
    const size_t n = 9 * POINTS, d = 2, rows = n * (1 + d);
    fixture f;
    ew_jacobian_maps *m;
    ew_points p, o;
    ew_jacobian_bound bound[3];
    matrices y, z, w;
    double *x = malloc(n * N0 * sizeof *x);
    set_points(x, 9);
    fmpq *q = _fmpq_vec_init(N0);
    fmpq_one(q);
    set_up(&f, "z^2+z", 2, "1", "1/3", "1");
    set_inputs(&f, q, 1);
    check_ok(f.ctx, ew_jacobian_maps_new(&m, &f.net, 1, f.ctx));
    check_ok(f.ctx, ew_points_init(&p, x, n, N0, f.ctx));
    check_ok(f.ctx, ew_points_init(&o, x, POINTS, N0, f.ctx));
    open_matrices(&y, rows, rows);
    open_matrices(&z, rows, POINTS * (1 + d));
    open_matrices(&w, POINTS * (1 + N0), POINTS * (1 + N0));
    ew_directions two = coordinates(&f, some, d), along = coordinates(&f, all, N0);
    check_ok(f.ctx, ew_jacobian_data(bound, m, &p, NULL, &two, take, &y, f.ctx));
    check_ok(f.ctx, ew_jacobian_data(bound + 1, m, &p, &o, &two, take, &z, f.ctx));
    check_ok(f.ctx, ew_jacobian_data(bound + 2, m, &o, NULL, &along, take, &w, f.ctx));
    ew_directions_clear(&two);
    ew_directions_clear(&along);
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < rows; i++) {
            size_t a = i < n ? i : (i - n) / d, g = i < n ? 0 : 1 + (i - n) % d;
            for (size_t k = 0; k < rows; k++) {
                size_t b = k < n ? k : (k - n) / d, h = k < n ? 0 : 1 + (k - n) % d;
                size_t c = b % POINTS, e = a % POINTS;
                double got = y.m[t][i * rows + k];
                assert_true(fabs(got - y.m[t][k * rows + i]) < 1e-14);
                size_t column = h ? POINTS + c * d + h - 1 : c;
                assert_true(fabs(got - z.m[t][i * z.columns + column]) < 1e-14);
                size_t r = g ? POINTS + e * N0 + some[g - 1] : e;
                column = h ? POINTS + c * N0 + some[h - 1] : c;
                assert_true(fabs(got - w.m[t][r * w.columns + column]) < 1e-14);
            }
        }
    close_matrices(&y);
    close_matrices(&z);
    close_matrices(&w);
    ew_points_clear(&p);
    ew_points_clear(&o);
    ew_jacobian_maps_free(m);
    _fmpq_vec_clear(q, N0);
    free(x);
    shut(&f);
}

static void what_is_not_done_is_refused(void **state)
{
    (void) state;
    fixture f;
    ew_jacobian_maps *m;
    fmpq *q = _fmpq_vec_init(N0);
    fmpq_one(q);
    set_up(&f, "relu", 2, "2", "0", "0");
    set_inputs(&f, q, 1);
    check_status(f.ctx, ew_jacobian_maps_new(&m, &f.net, 1, f.ctx), EW_DOMAIN);
    check_status(f.ctx, ew_jacobian_maps_new(&m, &f.net, 0, f.ctx), EW_UNABLE);
    assert_null(m);
    _fmpq_vec_clear(q, N0);
    shut(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_agree_with_balls),
        cmocka_unit_test(tiles_and_sets_agree),
        cmocka_unit_test(what_is_not_done_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}

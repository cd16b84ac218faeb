/* Errors of the flow in doubles, a posteriori.
 *
 * With V, D as computed, b^ = V^T g(D) V h solves b' = h - A b up to the residual
 *   (1 - V^T V) h - R^T g V h + (h* - h),   R = V A - D V,   A and h* the true ones,
 * whose norm, rho, is largest at the end since g grows with time.  So the error of b^ is at
 * most |b* - b^| <= tau rho,        tau = integral of |e^(-A s)| <= min(t, 1/least), and what
 * it does to a value x, h_x.(...), and to a standard deviation, |K^(1/2) (...)| with K <= share
 * A, is at most (sqrt(h_xx) or sqrt(share)) omega rho with omega = integral of |A^(1/2) e^(-A
 * s)| <= min(sqrt(2 t/e), 2/sqrt(e least)), because h_x A^-1 h_x <= h_xx and max x^(1/2) e^(-x
 * s) = (2 e s)^(-1/2), at x = 1/(2 s), or least^(1/2) e^(-least s) beyond s = 1/(2 least).  To
 * that come the roundings: a sum of n products is off by gamma(n) times the sum of their sizes,
 * in whatever order it is done. */
#include "products/flow_bound.h"

#include <math.h>

#define SQRT_2_OVER_E 0.8578
#define TWO_OVER_SQRT_E 1.2131

/* n operations' worth of relative rounding, with some spare ones. */
static double gamma_n(size_t n)
{
    double x = ((double) n + 16) * 0x1p-53;
    return x / (1 - x);
}

/* Of the products' sums of n terms. */
static double gamma_product(size_t n)
{
    return gamma_n(n < EW_FLOW_CHUNK ? n : EW_FLOW_CHUNK + n / EW_FLOW_CHUNK + 1);
}

/* Sums of up to 10^9 positive terms in doubles are low by less than this, and underflow costs
 * less than the last term. */
static double up(double x)
{
    return 1.000001 * x + 1e-290;
}

static double norm(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return up(sqrt(sum));
}

static double largest(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

static double root(size_t n)
{
    return up(sqrt((double) n));
}

/* ---- of the eigenvectors ---- */

void ew_flow_bound_skew(ew_flow_data *f, const double *x)
{
    size_t n = f->n;
    double sum = 0, size = norm(f->v, n * n);
    for (size_t i = 0; i < n * n; i++) {
        double y = x[i] - (i % (n + 1) == 0);
        sum += y * y;
    }
    f->skew = up(sqrt(sum) + gamma_product(n) * size * size);
}

/* As for ew_symmetric: Weyl's bound after polar decomposition. */
static void bound_eigenvalues(ew_flow_data *f)
{
    double most = largest(f->d, f->n);
    f->error =
        f->skew < 0.5 ? up((f->residual + 2 * f->skew * most) / (1 - f->skew)) : INFINITY;
    f->least = fmax(f->ridge, 0.999999 * (f->d[0] - f->error));
}

/* V A - D V = (h V^T)^T - (D - ridge) V, and the kernel has its own bound. */
void ew_flow_bound_residual(ew_flow_data *f)
{
    size_t n = f->n;
    double sum = 0, size_v = norm(f->v, n * n), size_h = norm(f->h, n * n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double y = f->hv[j * n + i] - (f->d[i] - f->ridge) * f->v[i * n + j];
            sum += y * y;
        }
    f->residual = up(sqrt(sum) + gamma_product(n) * size_v * size_h +
                     gamma_n(1) * size_v * largest(f->d, n) +
                     sqrt(1 + f->skew) * (double) n * f->h_error);
    bound_eigenvalues(f);
}

static double longest_row(const double *x, const ew_flow_data *f, double error)
{
    double most = 0;
    for (size_t i = 0; i < f->all; i++)
        most = fmax(most, norm(x + i * f->n, f->n));
    return up(most + root(f->n) * error);
}

void ew_flow_bound_sizes(ew_flow_data *f)
{
    f->size_h = longest_row(f->h, f, f->h_error);
    f->size_k = longest_row(f->k, f, f->k_error);
    f->size_y = norm(f->y, f->n * f->outputs);
    f->size_w = f->w ? norm(f->w, f->n * f->n) : 0;
}

/* ---- of a state ---- */

typedef struct {
    const ew_flow_data *f;
    const double *e, *g;
    double gamma, nu; /* nu >= |V| */
    double tau, omega;
    double most_g, sum_g;
    double solution; /* >= |g V y| */
    double rho;      /* of the targets */
    double trace;    /* >= sqrt(tr K) */
    int exact;       /* trained values are the targets, for certain */
} scene;

static scene scene_of(const ew_flow_data *f, arb_srcptr t, const double *e, const double *g)
{
    scene s = {.f = f, .e = e, .g = g, .gamma = gamma_n(2 * f->n)};
    mag_t time;
    mag_init(time);
    if (t)
        arb_get_mag(time, t);
    double end = t ? mag_get_d(time) : INFINITY, least = f->least;
    mag_clear(time);
    s.nu = up(sqrt(1 + f->skew));
    s.tau = least > 0 ? up(fmin(end, 1 / least)) : up(end);
    s.omega = up(SQRT_2_OVER_E * sqrt(end));
    if (least > 0)
        s.omega = fmin(s.omega, up(TWO_OVER_SQRT_E / sqrt(least)));
    s.most_g = up(largest(g, f->n));
    for (size_t i = 0; i < f->n; i++)
        s.sum_g += g[i];
    s.sum_g = up(s.sum_g);
    double sum = 0;
    for (size_t i = 0; i < f->n * f->outputs; i++) {
        double x = g[i / f->outputs] * f->c[i];
        sum += x * x;
    }
    s.solution = up(sqrt(sum) + s.most_g * s.gamma * s.nu * f->size_y * root(f->n));
    s.rho = up(f->skew * f->size_y + f->residual * s.solution);
    for (size_t i = 0; i < f->n; i++)
        s.trace += f->own[i] + f->k_error;
    s.trace = up(sqrt(s.trace));
    s.exact = !t && f->ridge == 0;
    return s;
}

/* Of the values that are not trained: sum of G_i g_i c_i. */
static double mean_rounding(const scene *s, size_t x)
{
    const ew_flow_data *f = s->f;
    const double *row = f->hv + x * f->n;
    double weights = 0, most = 0, products = 0;
    for (size_t i = 0; i < f->n; i++)
        weights += s->g[i] * fabs(row[i]);
    for (size_t o = 0; o < f->outputs; o++) {
        double targets = 0, both = 0;
        for (size_t i = 0; i < f->n; i++) {
            double y = s->g[i] * fabs(f->c[i * f->outputs + o]);
            targets += y;
            both += y * fabs(row[i]);
        }
        most = fmax(most, targets);
        products = fmax(products, both);
    }
    double h = s->nu * f->size_h, y = s->nu * f->size_y;
    return s->gamma * (h * most + y * weights + products + s->gamma * h * y * s->sum_g);
}

static double test_bound(const scene *s, double moved)
{
    const ew_flow_data *f = s->f;
    double most = 0;
    for (size_t x = f->n; x < f->all; x++)
        most = fmax(most, mean_rounding(s, x));
    return f->all > f->n ? up(moved + f->h_error * root(f->n) * s->nu * s->solution + most) : 0;
}

/* y - V^T e V y leaves the equation by rho once more. */
static double train_bound(const scene *s, double moved)
{
    const ew_flow_data *f = s->f;
    double e = largest(s->e, f->n);
    if (s->exact)
        return 0;
    return up(moved + s->rho +
              s->gamma * f->size_y * (1 + (2 + root(f->n)) * (1 + e) * s->nu * s->nu));
}

static void bound_loss(ew_flow_data_state *st, const scene *s, double each)
{
    const ew_flow_data *f = s->f;
    double n = (double) (f->n * f->outputs);
    st->loss_bound = up(sqrt(2 * st->loss * s->nu * s->nu) * sqrt(n) * each + n * each * each +
                        (f->skew + 2 * s->gamma) * st->loss);
}

/* ---- variances ---- */

/* Norms of a row z. */
typedef struct {
    double one, two; /* |z|_1, |z|_2 */
    double m, p;     /* sums of g |M|, g |P| */
    double zm;       /* sum of |z M| */
    double gz;       /* |g G|_2 */
} row_sizes;

static row_sizes sizes_of(const scene *s, size_t x, const double *z, const double *p)
{
    const ew_flow_data *f = s->f;
    size_t n = f->n;
    const double *m = f->kv + x * n, *h = f->hv + x * n;
    row_sizes r = {0};
    for (size_t i = 0; i < n; i++) {
        double y = z[x * n + i], b = s->g[i] * h[i];
        r.one += fabs(y);
        r.two += y * y;
        r.m += s->g[i] * fabs(m[i]);
        r.p += s->g[i] * fabs(p[x * n + i]);
        r.zm += fabs(y * m[i]);
        r.gz += b * b;
    }
    r.two = up(sqrt(r.two));
    r.gz = up(sqrt(r.gz) + s->most_g * s->gamma * s->nu * f->size_h * root(n));
    return r;
}

/* z w z, and for values that are not trained k_xx - 2 z.M. */
static double variance_rounding(const scene *s, size_t x, const row_sizes *r)
{
    const ew_flow_data *f = s->f;
    double g = s->gamma, h = g * s->nu * f->size_h, k = g * s->nu * f->size_k;
    double w = 3 * g * s->nu * s->nu * root(f->n) * f->size_k;
    double square = r->one * r->one * w + 2 * g * r->two * r->two * f->size_w;
    if (x < f->n)
        return square;
    square += 2 * h * r->p + h * h * s->most_g * s->most_g * (double) f->n * f->size_w;
    return square + 2 * (k * r->one + h * (r->m + k * s->sum_g) + g * r->zm) + g * f->own[x];
}

/* How far |K^(1/2) (1_x - b)| is from that of b^. */
static double deviation(const scene *s, size_t x, const row_sizes *r)
{
    const ew_flow_data *f = s->f;
    double rho = up(f->skew * f->size_h + f->residual * r->gz + f->h_error * root(f->n));
    double share = sqrt(f->share);
    double moved = fmin(share * s->omega, s->trace * s->tau) * rho;
    if (x >= f->n)
        return up(moved);
    /* b^ = V^T g V h_x, h_x = (A - ridge) 1_x, against 1_x - V^T e V 1_x */
    double q = 0;
    for (size_t i = 0; i < f->n; i++)
        q = fmax(q, f->d[i] * s->g[i] * s->g[i]);
    q = sqrt(q + f->skew * s->most_g + f->residual * s->nu * s->most_g * s->most_g);
    double turned = fmin(share * q, s->trace * s->nu * s->most_g) * f->residual;
    return up(moved + s->trace * f->skew + turned);
}

static double variance_bound(const ew_flow_data_state *st, const scene *s, size_t x,
                             const row_sizes *r)
{
    const ew_flow_data *f = s->f;
    double weights = (x >= f->n) + root(f->n) * s->nu * r->two;
    double rounding = variance_rounding(s, x, r) + f->k_error * weights * weights;
    double off = deviation(s, x, r);
    return up(rounding + (2 * sqrt(st->variance[x] + rounding) + off) * off);
}

static double norm2_bound(const scene *s, const row_sizes *r)
{
    const ew_flow_data *f = s->f;
    double rho = f->skew * f->size_h + f->residual * r->gz + f->h_error * root(f->n);
    double off = s->tau * rho + s->most_g * s->gamma * s->nu * f->size_h * root(f->n);
    return up((f->skew + 2 * s->gamma) * r->gz * r->gz + (2 * s->nu * r->gz + off) * off);
}

static void bound_variances(ew_flow_data_state *st, const scene *s, const double *z,
                            const double *p)
{
    const ew_flow_data *f = s->f;
    double trained = 0;
    for (size_t x = s->exact ? f->n : 0; x < f->all; x++) {
        ew_flow_bound *most = x < f->n ? &st->trained : &st->others;
        row_sizes r = sizes_of(s, x, z, p);
        double bound = variance_bound(st, s, x, &r);
        if (x < f->n)
            trained += bound;
        most->variance = fmax(most->variance, bound);
        most->norm2 = fmax(most->norm2, norm2_bound(s, &r));
    }
    st->expected_bound = up(st->loss_bound + (double) f->outputs * trained);
}

void ew_flow_bound_state(ew_flow_data_state *st, const ew_flow_data *f, arb_srcptr t,
                         const double *e, const double *g, const double *z, const double *p)
{
    scene s = scene_of(f, t, e, g);
    double own = up(sqrt(largest(f->own_h, f->all) + f->h_error));
    double moved = own * s.omega * s.rho;
    st->trained = (ew_flow_bound){train_bound(&s, moved), 0, 0};
    st->others = (ew_flow_bound){test_bound(&s, moved), 0, 0};
    bound_loss(st, &s, st->trained.mean);
    st->expected_bound = INFINITY;
    if (z)
        bound_variances(st, &s, z, p);
}

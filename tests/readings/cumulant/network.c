#include "network.h"

#include "arith/decimal.h"

#include <string.h>

void open_network(solved *s, const char *const *options)
{
    s->t = NULL;
    s->ctx = ew_context_new();
    check_ok(s->ctx, ew_network_new(&s->net, s->ctx));
    for (; *options; options += 2)
        check_ok(s->ctx, ew_network_set(s->net, options[0], options[1], s->ctx));
    check_ok(s->ctx, ew_setup_able(&s->setup, s->net, EW_SETUP_ORTHOGONAL | EW_SETUP_RESIDUAL,
                                   s->ctx));
}

ew_status try_solve(solved *s, slong order, int descent)
{
    ew_cumulant_options opt = {.order = order,
                               .descent = descent,
                               .digits = s->setup->digits,
                               .exact = s->setup->exact};
    return ew_cumulant_solve(&s->t, &s->setup->net, &opt, s->ctx);
}

void close_network(solved *s)
{
    ew_cumulant_free(s->t);
    ew_setup_free(s->setup);
    ew_network_free(s->net);
    ew_context_free(s->ctx);
}

slong term_of(const ew_cumulant_table *t, const char *of)
{
    for (slong k = 0; k < t->terms; k++) {
        char text[200] = "";
        for (slong i = 0; i < t->of_n[k]; i++)
            strcat(strcat(text, i ? "," : ""), t->of[k][i]);
        if (strcmp(text, of) == 0)
            return k;
    }
    fail_msg("no term %s", of);
    return -1;
}

const ew_certified *coefficient(const solved *s, const char *of, slong order, slong layer)
{
    const ew_cumulant_table *t = s->t;
    return &t->c[((layer - t->first) * t->terms + term_of(t, of)) * (t->order + 1) + order];
}

static void ball_of(arb_t x, const ew_certified *c)
{
    assert_non_null(c->mid);
    assert_int_equal(ew_ball_read(x, c->mid, c->rad, 400), 0);
}

const ew_certified *statistic(const solved *s, const char *of, slong order, slong layer)
{
    const ew_cumulant_table *t = s->t;
    slong n = (slong) strlen(of) / 2;
    for (slong k = 0; k < t->statistics; k++) {
        int same = t->statistic_n[k] == n;
        for (slong i = 0; i < n && same; i++)
            same = t->neuron[k][i] == of[2 * i] - '0' && t->input[k][i] == of[2 * i + 1] - 'a';
        if (same)
            return &t->statistic_c[((layer - 1) * t->statistics + k) * (t->order + 1) + order];
    }
    fail_msg("no statistic %s", of);
    return NULL;
}

void check_near(const ew_certified *c, const char *value, slong digits, const char *what)
{
    arb_t x, y;
    arb_init(x);
    arb_init(y);
    ball_of(x, c);
    assert_int_equal(arb_set_str(y, value, 400), 0);
    arb_sub(x, x, y, 400);
    arb_set_ui(y, 10);
    arb_pow_ui(y, y, (ulong) digits, 400);
    arb_mul(x, x, y, 400);
    arb_abs(x, x);
    arb_sub_ui(x, x, 1, 400);
    if (!arb_is_negative(x))
        fail_msg("%s: %s, expected %s", what, c->mid, value);
    arb_clear(x);
    arb_clear(y);
}

void check_exact(const solved *s, const expected *e, slong layer)
{
    for (; e->of; e++) {
        const char *exact = coefficient(s, e->of, e->order, layer)->exact;
        if (!exact || strcmp(exact, e->value) != 0)
            fail_msg("%s, n^-%ld: %s, expected %s", e->of, (long) e->order,
                     exact ? exact : "no exact form", e->value);
    }
}

void check_decimals(const solved *s, const expected *e, slong layer, slong digits)
{
    for (; e->of; e++)
        check_near(coefficient(s, e->of, e->order, layer), e->value, digits, e->of);
}

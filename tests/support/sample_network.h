/* A one-input network from the text of its numbers. */
#ifndef EW_TESTS_SAMPLE_NETWORK_H
#define EW_TESTS_SAMPLE_NETWORK_H

#include "support/check.h"

#include "chain/setting.h"

typedef struct {
    ew_activation *s;
    ew_scalar number[5]; /* C_W, C_b, lambda_W, lambda_b, K of layer 1 */
    ew_setting net;
    ulong width; /* of network_width */
} test_network;

static inline void network_set(ew_scalar *x, const char *text, ew_context *ctx)
{
    *x = (ew_scalar){NULL, NULL, NULL};
    check_ok(ctx, ew_expr_parse(&x->e, text, NULL, "number", ctx));
}

/* lambda_b = 0 */
static inline void network_init(test_network *t, const char *activation, const char *cw,
                                const char *cb, const char *lambda_w, const char *k,
                                slong depth, ew_context *ctx)
{
    const char *text[5] = {cw, cb, lambda_w, "0", k};
    check_ok(ctx, ew_activation_new(&t->s, activation, ctx));
    for (int i = 0; i < 5; i++)
        network_set(&t->number[i], text[i], ctx);
    t->net = (ew_setting){.activation = t->s,
                          .depth = depth,
                          .cw = {1, &t->number[0]},
                          .cb = {1, &t->number[1]},
                          .lambda_w = {1, &t->number[2]},
                          .lambda_b = {1, &t->number[3]},
                          .inputs = 1,
                          .gram = &t->number[4]};
}

/* All layers have n neurons; t must stay where it is. */
static inline void network_width(test_network *t, ulong n)
{
    t->width = n;
    t->net.widths = 1;
    t->net.width = &t->width;
}

static inline void network_clear(test_network *t)
{
    for (int i = 0; i < 5; i++)
        ew_expr_free(t->number[i].e);
    ew_activation_free(t->s);
}

#endif

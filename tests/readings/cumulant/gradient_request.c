#include "gradient_request.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static ew_scalar_list read_list(const char *text)
{
    ew_scalar_list list = {0, NULL};
    char *copy = strdup(text), *save = NULL;
    for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
        list.x = realloc(list.x, (size_t) (list.n + 1) * sizeof *list.x);
        list.x[list.n] = (ew_scalar){NULL, NULL, NULL};
        assert_int_equal(ew_expr_parse(&list.x[list.n].e, t, NULL, "number", NULL), EW_OK);
        list.n++;
    }
    free(copy);
    return list;
}

static void free_list(ew_scalar_list *list)
{
    for (slong i = 0; i < list->n; i++)
        ew_expr_free(list->x[i].e);
    free(list->x);
}

ew_status gradient_solve_in(ew_gradient_table **t, const gradient_request *r, ew_context *ctx)
{
    ew_activation *s;
    check_ok(ctx, ew_activation_new(&s, r->activation, ctx));
    ew_scalar_list gram = read_list(r->gram ? r->gram : "1"), one = read_list("1"),
                   cosine = read_list(r->cosine ? r->cosine : "0");
    ew_setting net = {.activation = s,
                      .depth = r->depth,
                      .ensemble = r->ensemble,
                      .cw = read_list(r->cw),
                      .cb = read_list(r->cb ? r->cb : "0"),
                      .lambda_w = one,
                      .lambda_b = one,
                      .inputs = 1,
                      .gram = gram.x,
                      .widths = r->widths,
                      .width = r->width};
    ew_gradient_options opt = {.order = r->order,
                               .digits = 15,
                               .exact = r->exact,
                               .cosine = r->cosine ? cosine.x : NULL,
                               .width = r->at_width,
                               .limit = r->limit};
    ew_status status = ew_gradient_solve(t, &net, &opt, ctx);
    free_list(&net.cw);
    free_list(&net.cb);
    free_list(&one);
    free_list(&gram);
    free_list(&cosine);
    ew_activation_free(s);
    return status;
}

ew_gradient_table *gradient_solve(gradient_request r)
{
    ew_context *ctx = ew_context_new();
    ew_gradient_table *t;
    check_ok(ctx, gradient_solve_in(&t, &r, ctx));
    ew_context_free(ctx);
    return t;
}

double gradient_value(const ew_certified *c)
{
    assert_non_null(c->mid);
    return ew_certified_double(c);
}

double gradient_coefficient(const ew_gradient_table *t, ew_gradient_of of, slong layer,
                            ew_gradient_series which, slong j)
{
    return gradient_value(ew_gradient_at(t, of, layer - 1, which, j));
}

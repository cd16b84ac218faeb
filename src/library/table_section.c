#include "library/table_section.h"

#include <string.h>

#include "emit/view.h"
#include "library/command.h"
#include "library/cumulant_json.h"
#include "library/option.h"
#include "library/value.h"
#include "readings/kernel/coefficients.h"

#define TAYLOR_TERMS 12
#define HERMITE_TERMS 24

/* ---- a command on the same options --------------------------------------------------------
 */

typedef struct {
    const char *name, *value; /* NULL: not given */
} setting;

/* The options of `net` but for the changes, which a NULL name ends. */
static ew_status changed(ew_network **out, const ew_network *net, const setting *change,
                         ew_context *ctx)
{
    ew_status status = ew_network_new(out, ctx);
    for (int i = 0; status == EW_OK && i < ew_option_count(); i++) {
        const char *name = ew_options()[i].name, *value = net->value[i];
        for (const setting *c = change; c->name; c++)
            if (strcmp(c->name, name) == 0)
                value = c->value;
        if (value)
            status = ew_network_set(*out, name, value, ctx);
    }
    return status;
}

typedef ew_status command(ew_result **, const ew_network *, ew_context *);

/* The command's result into *body, a new reference. */
static ew_status run(json_t **body, command *of, const ew_network *net, const setting *change,
                     ew_context *ctx)
{
    ew_network *other = NULL;
    ew_result *res = NULL;
    ew_status status = changed(&other, net, change, ctx);
    if (status == EW_OK)
        status = of(&res, other, ctx);
    *body = status == EW_OK ? json_incref(json_object_get(res->root, "result")) : NULL;
    ew_result_free(res);
    ew_network_free(other);
    return status;
}

static ew_status put(json_t *result, const char *key, json_t *value, ew_context *ctx)
{
    return json_object_set_new(result, key, value) ? ew_fail(ctx, EW_MEMORY, "out of memory")
                                                   : EW_OK;
}

/* One entry of a command's result under a name of the table's. */
static ew_status put_part(json_t *result, const char *key, command *of, const char *part,
                          const ew_network *net, const setting *change, ew_context *ctx)
{
    json_t *body;
    ew_status status = run(&body, of, net, change, ctx);
    if (status == EW_OK)
        status = put(result, key, json_incref(json_object_get(body, part)), ctx);
    json_decref(body);
    return status;
}

/* ---- the sections -------------------------------------------------------------------------
 */

static ew_status critical(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {{"cw", NULL}, {"cb", NULL}, {NULL, NULL}};
    json_t *body;
    ew_status status = run(&body, ew_critical, net, change, ctx);
    if (status == EW_OK) {
        json_object_del(body, "points");
        status = put(result, "critical", json_incref(body), ctx);
    }
    json_decref(body);
    return status;
}

static json_t *series_json(const ew_certified *c, slong n)
{
    json_t *list = json_array();
    int bad = 0;
    for (slong k = 0; k < n; k++) {
        json_t *o = json_object();
        bad |= json_object_set_new(o, "k", json_integer((json_int_t) k));
        bad |= json_object_set_new(o, "coefficient", ew_json_certified(c + k));
        bad |= json_array_append_new(list, o);
    }
    return ew_command_node(list, bad, NULL);
}

static ew_status taylor(json_t *result, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_certified *c = ew_certified_new(TAYLOR_TERMS, ctx);
    ew_status status = c ? ew_setup_brief(&s, net, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_taylor_solve(c, TAYLOR_TERMS, s->activation, s->digits, ctx);
    if (status == EW_OK)
        status = put(result, "taylor", series_json(c, TAYLOR_TERMS), ctx);
    ew_certified_free(c, TAYLOR_TERMS);
    ew_setup_free(s);
    return status;
}

static ew_status hermite_variance(arb_t x, slong prec, void *point, ew_context *ctx)
{
    return ew_critical_balls(x, NULL, NULL, NULL, NULL, point, prec, ctx);
}

/* At K* of a half-stable point; elsewhere at 1. */
static ew_status hermite(json_t *result, const ew_network *net, ew_context *ctx)
{
    ew_setup *s = NULL;
    ew_scalar K = {.fn = hermite_variance};
    ew_certified *c = ew_certified_new(HERMITE_TERMS, ctx);
    ew_status status = c ? ew_setup_able(&s, net, EW_SETUP_ORTHOGONAL, ctx) : EW_MEMORY;
    if (status == EW_OK && s->point && ew_critical_class(s->point) == EW_HALF_STABLE)
        K.data = s->point;
    else if (status == EW_OK && !(K.e = ew_expr_si(1, ctx)))
        status = ew_recorded(ctx);
    if (status == EW_OK)
        status = ew_hermite_solve(c, NULL, HERMITE_TERMS, s->activation, &K, s->digits,
                                  s->method, ctx);
    if (status == EW_OK)
        status = put(result, "hermite_variance", ew_scalar_json(&K, s->digits, ctx), ctx);
    if (status == EW_OK)
        status = put(result, "hermite", series_json(c, HERMITE_TERMS), ctx);
    ew_expr_free(K.e);
    ew_certified_free(c, HERMITE_TERMS);
    ew_setup_free(s);
    return status;
}

static ew_status susceptibilities(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {{NULL, NULL}};
    ew_status status =
        put_part(result, "susceptibilities", ew_kernel, "layers", net, change, ctx);
    json_t *layer;
    size_t i;
    json_array_foreach(json_object_get(result, "susceptibilities"), i, layer)
    {
        json_object_del(layer, "nngp");
        json_object_del(layer, "ntk");
    }
    return status;
}

static ew_status second(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {
        {"order", "2"}, {"ntk", NULL}, {"dntk", NULL}, {"ddntk", NULL}, {NULL, NULL}};
    return put_part(result, "second", ew_cumulants_for_table, "layers", net, change, ctx);
}

static ew_status asymptotics(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {{"asymptotics", ""}, {NULL, NULL}};
    json_t *body;
    ew_status status = run(&body, ew_cumulants, net, change, ctx);
    if (status == EW_OK)
        status =
            put(result, "asymptotics", json_incref(json_object_get(body, "asymptotics")), ctx);
    if (status == EW_OK && json_object_get(body, "constants"))
        status = put(result, "asymptotic_constants",
                     json_incref(json_object_get(body, "constants")), ctx);
    json_decref(body);
    return status;
}

static const setting haar[] = {{"ensemble", "orthogonal"}, {NULL, NULL}};

static ew_status orthogonal(json_t *result, const ew_network *net, ew_context *ctx)
{
    return put_part(result, "orthogonal", ew_cumulants_for_table, "layers", net, haar, ctx);
}

static ew_status orthogonal_second(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {{"ensemble", "orthogonal"},
                                     {"order", "2"},
                                     {"ntk", NULL},
                                     {"dntk", NULL},
                                     {"ddntk", NULL},
                                     {NULL, NULL}};
    return put_part(result, "orthogonal_second", ew_cumulants_for_table, "layers", net, change,
                    ctx);
}

static ew_status orthogonal_asymptotics(json_t *result, const ew_network *net, ew_context *ctx)
{
    static const setting change[] = {
        {"ensemble", "orthogonal"}, {"asymptotics", ""}, {NULL, NULL}};
    return put_part(result, "orthogonal_asymptotics", ew_cumulants, "asymptotics", net, change,
                    ctx);
}

/* The limit of two inputs, of which that of one is a part. */
static ew_status sde(json_t *result, const char *key, const char *shaping, int slopes,
                     const ew_network *net, ew_context *ctx)
{
    const setting change[] = {{"shaping", shaping},
                              {"input-count", "2"},
                              {"c-plus", slopes ? "0" : NULL},
                              {"c-minus", slopes ? "-1" : NULL},
                              {"gram", NULL},
                              {"ntk", NULL},
                              {"width", NULL},
                              {"cw", NULL},
                              {NULL, NULL}};
    json_t *body;
    ew_status status = run(&body, ew_sde_run, net, change, ctx);
    if (status == EW_OK)
        status = put(result, key, json_incref(body), ctx);
    json_decref(body);
    return status;
}

static ew_status sde_smooth(json_t *result, const ew_network *net, ew_context *ctx)
{
    return sde(result, "sde_smooth", "smooth", 0, net, ctx);
}

/* s_+ = 1, s_- = 1 - n^(-1/2): any other slopes only scale nu(rho). */
static ew_status sde_relu(json_t *result, const ew_network *net, ew_context *ctx)
{
    return sde(result, "sde_relu", "relu", 1, net, ctx);
}

static ew_status sde_unshaped(json_t *result, const ew_network *net, ew_context *ctx)
{
    return sde(result, "sde_unshaped", "none", 0, net, ctx);
}

static const struct {
    const char *name;
    ew_status (*fill)(json_t *result, const ew_network *net, ew_context *ctx);
} section[] = {
    {"critical", critical},
    {"taylor", taylor},
    {"hermite", hermite},
    {"susceptibilities", susceptibilities},
    {"second", second},
    {"asymptotics", asymptotics},
    {"orthogonal", orthogonal},
    {"orthogonal-second", orthogonal_second},
    {"orthogonal-asymptotics", orthogonal_asymptotics},
    {"sde-smooth", sde_smooth},
    {"sde-relu", sde_relu},
    {"sde-unshaped", sde_unshaped},
};
#define SECTIONS (sizeof section / sizeof *section)

/* ---- which ones ---------------------------------------------------------------------------
 */

static int is_section(const char *word)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (strcmp(section[i].name, word) == 0)
            return 1;
    return 0;
}

ew_status ew_table_sections_check(const char *name, const char *value, ew_context *ctx)
{
    ew_items list;
    if (strcmp(value, "all") == 0)
        return EW_OK;
    ew_status status = ew_value_items(&list, name, value, ctx);
    for (slong i = 0; status == EW_OK && i < list.n; i++)
        if (!is_section(list.item[i]))
            status = ew_fail(ctx, EW_USAGE, "%s: '%.40s' is not a section (all, %s, ...)", name,
                             list.item[i], section[0].name);
    ew_items_clear(&list);
    return status;
}

static int named(const ew_items *list, const char *name)
{
    for (slong i = 0; i < list->n; i++)
        if (strcmp(list->item[i], name) == 0)
            return 1;
    return 0;
}

/* A section that the network does not have, and why. */
static ew_status put_exception(json_t *exceptions, const char *name, ew_context *ctx)
{
    int bad = json_array_append_new(
        exceptions, json_pack("{s:s,s:s}", "section", name, "reason", ew_context_error(ctx)));
    ew_clear(ctx);
    return bad ? ew_fail(ctx, EW_MEMORY, "out of memory") : EW_OK;
}

ew_status ew_table_sections(json_t *result, const ew_network *net, ew_context *ctx)
{
    const char *value = ew_network_get(net, "sections");
    ew_items list = {0};
    if (!value)
        return EW_OK;
    int all = strcmp(value, "all") == 0;
    json_t *exceptions = json_array();
    ew_status status = exceptions ? EW_OK : ew_fail(ctx, EW_MEMORY, "out of memory");
    if (status == EW_OK && !all)
        status = ew_value_items(&list, "sections", value, ctx);
    for (size_t i = 0; status == EW_OK && i < SECTIONS; i++) {
        ew_progress(ctx, (double) i / SECTIONS, section[i].name);
        if (!all && !named(&list, section[i].name))
            continue;
        status = section[i].fill(result, net, ctx);
        if (all && (status == EW_DOMAIN || status == EW_UNABLE))
            status = put_exception(exceptions, section[i].name, ctx);
    }
    if (status == EW_OK && json_array_size(exceptions) > 0)
        status = put(result, "exceptions", json_incref(exceptions), ctx);
    json_decref(exceptions);
    ew_items_clear(&list);
    return status;
}

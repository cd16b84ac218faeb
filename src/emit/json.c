/* JSON with one line for each object or array that holds only scalars and numbers, so that a
 * table of certified numbers reads as one. */
#include <stdlib.h>
#include <string.h>

#include "emit/buffer.h"
#include "emit/result.h"

#define FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))

static int has_parts(const json_t *node)
{
    return json_is_object(node) || json_is_array(node);
}

/* Nothing in it is an object or an array, but for numbers of this project. */
static int on_one_line(json_t *node)
{
    const char *key;
    json_t *value;
    size_t i;
    if (!has_parts(node) || ew_json_is_leaf(node))
        return 1;
    json_object_foreach(node, key, value) if (has_parts(value)) return 0;
    json_array_foreach(node, i, value) if (has_parts(value)) return 0;
    return 1;
}

static void line(ew_buffer *b, const json_t *node)
{
    char *text = json_dumps(node, FLAGS);
    b->failed |= text == NULL;
    if (text)
        ew_buffer_add(b, text);
    free(text);
}

static void new_line(ew_buffer *b, size_t depth)
{
    ew_buffer_add(b, "\n");
    ew_buffer_fill(b, ' ', depth);
}

static void write_node(ew_buffer *b, json_t *node, size_t depth)
{
    const char *key, *comma = "";
    json_t *value;
    size_t i;
    if (on_one_line(node)) {
        line(b, node);
        return;
    }
    ew_buffer_add(b, json_is_object(node) ? "{" : "[");
    json_object_foreach(node, key, value)
    {
        json_t *name = json_string(key);
        ew_buffer_add(b, comma);
        new_line(b, depth + 1);
        line(b, name);
        ew_buffer_add(b, ": ");
        write_node(b, value, depth + 1);
        json_decref(name);
        comma = ",";
    }
    json_array_foreach(node, i, value)
    {
        ew_buffer_add(b, i ? "," : "");
        new_line(b, depth + 1);
        write_node(b, value, depth + 1);
    }
    new_line(b, depth);
    ew_buffer_add(b, json_is_object(node) ? "}" : "]");
}

char *ew_emit_json(const ew_result *res, ew_context *ctx)
{
    ew_buffer b = {0};
    write_node(&b, res->root, 0);
    ew_buffer_add(&b, "\n");
    return ew_buffer_take(&b, ctx);
}

#include "emit/result.h"

#include <stdlib.h>
#include <string.h>

char *ew_emit_json(const ew_result *res, ew_context *ctx)
{
    char *text = json_dumps(res->root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    char *line = text ? ew_realloc(text, strlen(text) + 2, ctx) : NULL;
    if (line)
        return strcat(line, "\n");
    free(text);
    ew_fail(ctx, EW_MEMORY, "out of memory");
    return NULL;
}

/* Sums over the tables of a function's text, by which a self-test finds a coefficient altered
 * by too little to make a value wrong. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emit/c_item.h"

#define BEGIN UINT64_C(0xcbf29ce484222325)

/* FNV-1a over words. */
static uint64_t mix(uint64_t h, uint64_t x)
{
    return (h ^ x) * UINT64_C(0x100000001b3);
}

void ew_c_add_table_helpers(ew_buffer *b)
{
    ew_buffer_addf(b,
                   "\nstatic const uint64_t begin = UINT64_C(0x%llx);\n\n"
                   "static uint64_t mix(uint64_t h, uint64_t x)\n"
                   "{\n    return (h ^ x) * UINT64_C(0x100000001b3);\n}\n\n"
                   "static void table(const char *name, uint64_t sum, uint64_t want)\n"
                   "{\n    numbers++;\n    if (sum != want) {\n        failures++;\n"
                   "        printf(\"%%s[0]: an entry of this table is altered\\n\", name);\n"
                   "    }\n}\n",
                   (unsigned long long) BEGIN);
}

/* One entry at *p, moved past it; 0 if there is none. */
static int read_entry(uint64_t *x, int real, const char **p)
{
    const char *s = *p + strspn(*p, " \n,");
    int negative = *s == '-';
    s += negative;
    size_t digits = strspn(s, real ? "0123456789abcdefx.p+-" : "0123456789");
    int hex = real && strncmp(s, "0x", 2) == 0;
    if (digits == 0 || (real && !hex && strspn(s, "0.") != digits))
        return 0;
    if (real) {
        double v = hex ? ew_c_read_hex(s) : 0;
        v = negative ? -v : v;
        memcpy(x, &v, sizeof *x);
    } else {
        *x = 0;
        for (size_t i = 0; i < digits; i++)
            *x = 10 * *x + (uint64_t) (s[i] - '0');
        *x = negative ? -*x : *x;
    }
    *p = s + digits;
    return 1;
}

/* The table that begins at `text`, "TYPE NAME[N] = {": its check. */
static void add_table(ew_buffer *b, const char *text)
{
    size_t type = 0, length = strcspn(text, "[;=(");
    for (size_t i = 0; i < length; i++)
        if (text[i] == ' ')
            type = i + 1;
    const char *p = strchr(text, '{'), *end = strchr(text, ';');
    int real = strncmp(text, "double ", 7) == 0, name = (int) (length - type);
    uint64_t h = BEGIN, x;
    if (text[length] != '[' || !p || !end || p > end)
        return;
    for (p++; read_entry(&x, real, &p);)
        h = mix(h, x);
    if (p[strspn(p, " \n,")] != '}')
        return;
    ew_buffer_addf(b,
                   "    for (h = begin, i = 0; i < sizeof %.*s / sizeof *%.*s; i++)\n"
                   "        h = mix(h, %s%.*s[i]%s);\n"
                   "    table(\"%.*s\", h, UINT64_C(0x%llx));\n",
                   name, text + type, name, text + type, real ? "pattern(" : "(uint64_t) ",
                   name, text + type, real ? ")" : "", name, text + type,
                   (unsigned long long) h);
}

void ew_c_add_table_checks(ew_buffer *b, const char *text)
{
    static const char begin[] = "\nstatic const ";
    for (const char *p = strstr(text, begin); p; p = strstr(p + 1, begin))
        add_table(b, p + sizeof begin - 1);
}

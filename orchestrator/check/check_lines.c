#include "orchestrator/check/check_lines.h"

#include <stdarg.h>

#include "base/util.h"

PRINTF_LIKE(4, 0)
static void print(check_lines *l, const char *word, const char *subject, const char *fmt,
                  va_list args)
{
    fprintf(l->out, "%-4s %s: ", word, subject);
    vfprintf(l->out, fmt, args);
    fputc('\n', l->out);
    fflush(l->out); /* the next check may take a while */
}

void check_ok(check_lines *l, const char *subject, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(l, "OK", subject, fmt, args);
    va_end(args);
}

void check_fix(check_lines *l, const char *subject, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(l, "FIX", subject, fmt, args);
    va_end(args);
    l->fixes++;
}

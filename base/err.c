#include "decon/base/err.h"
#include "base/util.h"

#include <errno.h>
#include <stdarg.h>

typedef struct err_row {
    const char *name;
    err_class cls;
    int exit_status;
    const char *words;
} err_row;

static const err_row rows[] = {
#define DECON_ERR_ROW(name, cls, status, words)                                                    \
    [ERR_##name] = {#name, ERR_CLASS_##cls, status, words},
#include "decon/base/err.def"
#undef DECON_ERR_ROW
};

/* Control characters (of a key, of a server's words) would break "one line". */
static void make_one_line(char *text)
{
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

static void append_errno(err *e)
{
    char words[96] = "";
    const char *text = strerror_r(e->sys_errno, words, sizeof words);
    size_t used = strlen(e->message);
    snprintf(e->message + used, sizeof e->message - used, ": %s", text);
}

bool err_set_at(err *e, err_code code, const char *file, int line, int sys_errno, const char *fmt,
                ...)
{
    if (!e)
        return false;
    if (sys_errno == ENOSPC || sys_errno == EDQUOT)
        code = ERR_NO_SPACE;
    *e = (err){.code = code,
               .cls = err_code_class(code),
               .file = file,
               .line = line,
               .sys_errno = sys_errno};
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, args);
    va_end(args);
    if (sys_errno)
        append_errno(e);
    make_one_line(e->message);
    return false;
}

bool err_context(err *e, const char *fmt, ...)
{
    if (!e)
        return false;
    char context[sizeof e->message];
    char both[sizeof e->message * 2 + 4];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    snprintf(both, sizeof both, "%s: %s", context, e->message);
    snprintf(e->message, sizeof e->message, "%.*s", (int)sizeof e->message - 1, both);
    make_one_line(e->message);
    return false;
}

bool err_is_set(const err *e)
{
    return e && e->code != ERR_NONE;
}

const char *err_code_name(err_code code)
{
    return rows[code].name;
}

const char *err_code_words(err_code code)
{
    return rows[code].words;
}

err_class err_code_class(err_code code)
{
    return rows[code].cls;
}

int err_exit_status(const err *e)
{
    return e ? rows[e->code].exit_status : 0;
}

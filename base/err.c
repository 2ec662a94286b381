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

enum {
    MESSAGE_MAX = sizeof(((err *)0)->message) - 1,
    PART_MAX = 400, /* of a context, of a subject, of what is appended */
};

/* Replaces control characters, which come from keys and replies and would break "one line". */
static void make_one_line(char *text)
{
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

/* The values of these parameters of a presigned URL let others use it. */
static void hide_secrets(char *text)
{
    static const char *const names[] = {"X-Amz-Signature=", "X-Amz-Security-Token=", "Signature="};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (char *p = text; (p = strcasestr(p, names[i]));) {
            p += strlen(names[i]);
            size_t len = strcspn(p, "& \"'<>");
            size_t shown = MIN(len, 3);
            memset(p, '.', shown);
            memmove(p + shown, p + len, strlen(p + len) + 1);
        }
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Removes bytes from the middle, between characters, until at most `max` remain: the end of a key
 * often distinguishes it, and the end of a message is its advice. */
static void shorten(char *text, size_t max)
{
    size_t len = strlen(text);
    if (len <= max)
        return;
    size_t head = (max - 3) / 2, tail = len - (max - 3 - head);
    while (head > 0 && is_continuation(text[head]))
        head--;
    while (is_continuation(text[tail]))
        tail++;
    memcpy(text + head, "...", 3);
    memmove(text + head + 3, text + tail, len - tail + 1);
}

static PRINTF_LIKE(3, 0) void format_part(char *to, size_t max, const char *fmt, va_list args)
{
    char text[4096];
    vsnprintf(text, sizeof text, fmt, args);
    make_one_line(text);
    hide_secrets(text);
    shorten(text, max);
    memcpy(to, text, strlen(text) + 1);
}

/* `part` from the format and the variable arguments of a function. */
#define FORMAT_PART(part, max, fmt)                                                                \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, fmt);                                                                       \
        format_part((part), (max), (fmt), args);                                                   \
        va_end(args);                                                                              \
    } while (0)

bool err_set_at(err *e, err_code code, const char *file, int line, int sys_errno, const char *fmt,
                ...)
{
    char words[96] = "";
    if (!e)
        return false;
    if (sys_errno == ENOSPC || sys_errno == EDQUOT)
        code = ERR_NO_SPACE;
    *e = (err){.code = code,
               .cls = err_code_class(code),
               .file = file,
               .line = line,
               .sys_errno = sys_errno};
    FORMAT_PART(e->message, MESSAGE_MAX, fmt);
    return sys_errno ? err_append(e, ": %s", strerror_r(sys_errno, words, sizeof words)) : false;
}

static void prepend(err *e, const char *part)
{
    size_t len = strlen(part), used = len + strlen(": ");
    shorten(e->message, MESSAGE_MAX - used);
    memmove(e->message + used, e->message, strlen(e->message) + 1);
    memcpy(e->message, part, len);
    memcpy(e->message + len, ": ", strlen(": "));
    e->cause_at = (unsigned short)MIN(e->cause_at + used, strlen(e->message));
}

bool err_context(err *e, const char *fmt, ...)
{
    char part[PART_MAX + 1];
    if (!e)
        return false;
    FORMAT_PART(part, PART_MAX, fmt);
    prepend(e, part);
    return false;
}

bool err_names(const err *e, const char *subject)
{
    size_t len = strlen(subject);
    for (const char *p = e->message; (p = strstr(p, subject)); p++)
        if (!p[len] || strchr(" :;,)\"'", p[len]))
            return true;
    return false;
}

bool err_subject(err *e, const char *fmt, ...)
{
    char part[PART_MAX + 1];
    if (!e)
        return false;
    FORMAT_PART(part, PART_MAX, fmt);
    if (!err_names(e, part))
        prepend(e, part);
    return false;
}

bool err_append(err *e, const char *fmt, ...)
{
    char part[PART_MAX + 1];
    if (!e)
        return false;
    FORMAT_PART(part, PART_MAX, fmt);
    shorten(e->message, MESSAGE_MAX - strlen(part));
    size_t used = strlen(e->message);
    snprintf(e->message + used, sizeof e->message - used, "%s", part);
    e->cause_at = (unsigned short)MIN(e->cause_at, used);
    return false;
}

const char *err_cause(const err *e)
{
    return e->message + e->cause_at;
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

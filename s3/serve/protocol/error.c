#include "base/util.h"
#include "s3/serve/protocol/error.h"

#include <stdarg.h>

static const struct refusal_row {
    int status;
    const char *code, *words;
} rows[] = {
#define REFUSE_ROW(name, status, code, words) [REFUSE_##name] = {status, code, words},
#include "s3/serve/protocol/error.def"
#undef REFUSE_ROW
};

static bool refuse(err *e, int status, const char *code, const char *words)
{
    err_set(e, ERR_HTTP, "%s", words);
    if (e) {
        e->http_status = status;
        snprintf(e->s3_code, sizeof e->s3_code, "%s", code);
    }
    return false;
}

bool s3_refuse(err *e, refusal why)
{
    return refuse(e, rows[why].status, rows[why].code, rows[why].words);
}

bool s3_refuse_because(err *e, refusal why, const char *fmt, ...)
{
    char words[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    return refuse(e, rows[why].status, rows[why].code, words);
}

bool s3_refuse_status(err *e, int http_status, const char *code)
{
    const char *words = "Injected fault.";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool match = code ? str_equal(rows[i].code, code) : rows[i].status == http_status;
        /* 403 is AccessDenied and 404 NoSuchKey, not the first row with that status. */
        if (match && !code && i != REFUSE_NO_SUCH_KEY && http_status == 404)
            continue;
        if (match)
            return refuse(e, http_status, rows[i].code, rows[i].words);
    }
    return refuse(e, http_status, code ? code : "InternalError", words);
}

bool s3_is_refusal(const err *e, refusal why)
{
    return e->http_status == rows[why].status && str_equal(e->s3_code, rows[why].code);
}

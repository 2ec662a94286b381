#include "orchestrator/config/failure_limit.h"
#include "base/util.h"

#include "decon/base/buf.h"

bool failure_limit_read(const char *text, failure_limit *out, err *e)
{
    uint64_t number = 0;
    size_t digits = strcspn(text, "%");
    bool percent = text[digits] != '\0';
    AUTO_FREE char *copy = xstrndup(text, digits);
    *out = (failure_limit){0};
    if (!num_parse_u64(copy, &number) || (percent && text[digits + 1]) ||
        (percent && (number < 1 || number > 100)))
        return err_set(e, ERR_CONFIG,
                       "'%.40s' is neither a count nor a percentage; write 20 or 5%%", text);
    out->count = percent ? 0 : number;
    out->percent = percent ? (unsigned)number : 0;
    return true;
}

bool failure_limit_check(const char *text, err *e)
{
    failure_limit ignored;
    return failure_limit_read(text, &ignored, e);
}

bool failure_limit_exceeded(const failure_limit *limit, uint64_t failed, uint64_t ended)
{
    if (limit->percent)
        return ended >= FAILURE_PERCENT_FROM && failed * 100 > limit->percent * ended;
    return limit->count && failed > limit->count;
}

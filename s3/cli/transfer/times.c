#include "s3/cli/transfer/times.h"

#include <strings.h>

#include "base/util.h"

#define HEADER     "x-amz-meta-mtime"
#define DECIMALS   9
#define TIME_MAX_S 253402300799 /* the end of the year 9999 */

void times_add(const struct stat *st, s3_fields *fields)
{
    AUTO_FREE char *text =
        xasprintf("%lld.%09ld", (long long)st->st_mtim.tv_sec, (long)st->st_mtim.tv_nsec);
    if (st->st_mtim.tv_sec > 0)
        s3_fields_set(fields, HEADER, text);
}

/* "1600000000" or "1600000000.123" */
static bool parse(const char *text, struct timespec *out)
{
    uint64_t seconds = 0, fraction = 0;
    size_t len = strcspn(text, ".");
    AUTO_FREE char *whole = xstrndup(text, len);
    if (!num_parse_u64(whole, &seconds) || seconds == 0 || seconds > TIME_MAX_S)
        return false;
    const char *decimals = text[len] ? text + len + 1 : "0";
    size_t count = strspn(decimals, "0123456789");
    if (count == 0 || decimals[count])
        return false;
    for (size_t i = 0; i < DECIMALS; i++)
        fraction = fraction * 10 + (i < count ? (uint64_t)(decimals[i] - '0') : 0);
    *out = (struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)fraction};
    return true;
}

void times_of_object(const s3_object *object, struct timespec *modified)
{
    for (size_t i = 0; i < object->metadata_count; i++) {
        const http_header *h = &object->metadata[i];
        if (strcasecmp(h->name, HEADER) == 0 && parse(h->value, modified))
            return;
    }
}

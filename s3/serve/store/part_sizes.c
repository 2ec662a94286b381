#include "s3/serve/store/part_sizes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decon/base/buf.h"
#include "base/util.h"

/* Consumes "SIZE*COUNT" or "SIZE" from the front. */
static bool next_run(const char **at, uint64_t *size, uint64_t *count)
{
    size_t len = strcspn(*at, ",");
    AUTO_FREE char *run = xstrndup(*at, len);
    char *star = strchr(run, '*');
    if (star)
        *star = '\0';
    *count = 1;
    *at += len + ((*at)[len] == ',');
    return num_parse_u64(run, size) && (!star || num_parse_u64(star + 1, count));
}

bool part_sizes_add(char text[PART_SIZES_MAX], uint64_t size_bytes)
{
    const char *last = strrchr(text, ',');
    size_t keep = last ? (size_t)(last - text) + 1 : 0;
    uint64_t size = 0, count = 0;
    const char *at = text + keep;
    if (*at && !next_run(&at, &size, &count))
        return false;
    if (count == 0 || size != size_bytes) { /* another run */
        keep = strlen(text);
        count = 0;
    }
    char run[64] = "";
    if (count > 0)
        snprintf(run, sizeof run, "%" PRIu64 "*%" PRIu64, size_bytes, count + 1);
    else
        snprintf(run, sizeof run, "%s%" PRIu64, keep > 0 ? "," : "", size_bytes);
    if (keep + strlen(run) >= PART_SIZES_MAX)
        return false;
    memcpy(text + keep, run, strlen(run) + 1);
    return true;
}

bool part_sizes_find(const char *text, uint64_t number, part_place *out)
{
    uint64_t offset = 0, size = 0, count = 0;
    *out = (part_place){0};
    for (const char *at = text; *at; offset += size * count, out->count += count) {
        if (!next_run(&at, &size, &count))
            return false;
        if (number > out->count && number - out->count <= count) {
            out->offset = offset + (number - out->count - 1) * size;
            out->len_bytes = size;
        }
    }
    return true;
}

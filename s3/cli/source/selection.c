#include "s3/cli/source/selection.h"

#include "base/digest/shard.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"

#define SHARDS_MAX 1000000

/* An age (7d, 36h), a date (midnight UTC) or a time (2026-11-01T12:00:00Z). */
static bool parse_time(const char *name, const char *text, int64_t now_s, int64_t *time_s, err *e)
{
    uint64_t age_ms = 0;
    err ignored = ERR_INIT;
    AUTO_FREE char *midnight = xasprintf("%sT00:00:00Z", text);
    if (s3_when_parse(text, time_s) || s3_when_parse(midnight, time_s))
        return true;
    if (!parse_duration(text, &age_ms, &ignored))
        return err_set(e, ERR_USAGE,
                       "--%s '%s': write an age such as 7d or 36h, or a time such as 2026-11-01 or "
                       "2026-11-01T12:00:00Z",
                       name, text);
    *time_s = now_s - (int64_t)(age_ms / 1000);
    return true;
}

static bool parse_shard(const char *text, selection *s, err *e)
{
    uint64_t index = 0, count = 0;
    const char *slash = strchr(text, '/');
    AUTO_FREE char *first = slash ? xstrndup(text, (size_t)(slash - text)) : NULL;
    if (!slash || !num_parse_u64(first, &index) || !num_parse_u64(slash + 1, &count) ||
        index >= count || count > SHARDS_MAX)
        return err_set(e, ERR_USAGE,
                       "--shard '%s': write I/N, with I from 0 to N - 1: 0/4 is the first of four",
                       text);
    s->shard_index = (unsigned)index;
    s->shard_count = (unsigned)count;
    return true;
}

bool selection_init(selection *s, const cli_config *config, int64_t now_s, err *e)
{
    *s = (selection){0};
    if ((config->newer_than &&
         !parse_time("newer-than", config->newer_than, now_s, &s->after_s, e)) ||
        (config->older_than &&
         !parse_time("older-than", config->older_than, now_s, &s->before_s, e)))
        return false;
    return !config->shard || parse_shard(config->shard, s, e);
}

bool selection_takes(const selection *s, const char *name, int64_t modified_s)
{
    if ((s->after_s && modified_s < s->after_s) || (s->before_s && modified_s >= s->before_s))
        return false;
    return s->shard_count == 0 || shard_of_key(name, s->shard_count) == s->shard_index;
}

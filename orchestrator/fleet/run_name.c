#include "orchestrator/fleet/run_name.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

#define TIME_FORMAT   "%Y%m%dT%H%M%SZ"
#define ISO_FORMAT    "%Y-%m-%dT%H:%M:%SZ"
#define TIME_CHARS    16
#define RANDOM_DIGITS 6
#define RANDOM_MASK   0xffffff

const char *run_time_text(int64_t time_s, bool iso, char out[RUN_TIME_BYTES])
{
    struct tm parts = {0};
    time_t t = (time_t)time_s;
    gmtime_r(&t, &parts);
    strftime(out, RUN_TIME_BYTES, iso ? ISO_FORMAT : TIME_FORMAT, &parts);
    return out;
}

const char *run_machine(char out[RUN_MACHINE_BYTES])
{
    if (gethostname(out, RUN_MACHINE_BYTES - 1) != 0)
        out[0] = '\0';
    out[RUN_MACHINE_BYTES - 1] = '\0';
    return out;
}

bool run_time_read(const char *text, int64_t *time_s)
{
    struct tm parts = {0};
    char again[RUN_TIME_BYTES];
    const char *end = strptime(text, ISO_FORMAT, &parts);
    if (!end || *end)
        return false;
    *time_s = (int64_t)timegm(&parts);
    return str_equal(run_time_text(*time_s, true, again), text);
}

run_name run_name_make(int64_t start_s, int64_t host_index, uint64_t random)
{
    run_name name;
    char start[RUN_TIME_BYTES], host[24] = "c";
    if (host_index >= 0)
        snprintf(host, sizeof host, "%lld", (long long)host_index);
    snprintf(name.text, sizeof name.text, "%.20s-%.20s-%06x", run_time_text(start_s, false, start),
             host, (unsigned)(random & RANDOM_MASK));
    return name;
}

static bool read_start(const char *text, int64_t *start_s)
{
    struct tm parts = {0};
    char again[RUN_TIME_BYTES];
    const char *end = strptime(text, TIME_FORMAT, &parts);
    if (end != text + TIME_CHARS)
        return false;
    *start_s = (int64_t)timegm(&parts);
    return strncmp(run_time_text(*start_s, false, again), text, TIME_CHARS) == 0;
}

static bool read_host(const char *text, size_t len, int64_t *host_index)
{
    uint64_t index = 0;
    AUTO_FREE char *host = xstrndup(text, len);
    if (str_equal(host, "c")) {
        *host_index = RUN_HOST_CLAIMS;
        return true;
    }
    if (!num_parse_u64(host, &index) || index > INT32_MAX)
        return false;
    *host_index = (int64_t)index;
    return true;
}

bool run_name_read(slice text, int64_t *start_s, int64_t *host_index)
{
    if (text.len >= sizeof(run_name) || text.len < TIME_CHARS + 3 + RANDOM_DIGITS)
        return false;
    AUTO_FREE char *name = slice_dup(text);
    const char *host = name + TIME_CHARS + 1, *digits = name + text.len - RANDOM_DIGITS;
    return strlen(name) == text.len && host[-1] == '-' && digits[-1] == '-' &&
           strspn(digits, "0123456789abcdef") == RANDOM_DIGITS && read_start(name, start_s) &&
           read_host(host, (size_t)(digits - 1 - host), host_index);
}

char *run_record_key(const char *report_prefix, const char *run)
{
    return xasprintf("%s" RUN_RECORDS_FOLDER "runs/%s.json", report_prefix, run);
}

char *run_failures_key(const char *report_prefix, const char *run)
{
    return xasprintf("%s" RUN_RECORDS_FOLDER "failures/%s.jsonl", report_prefix, run);
}

char *run_ledger_key(const char *report_prefix, const char *run, unsigned part)
{
    return xasprintf("%s" RUN_RECORDS_FOLDER "ledger/%s-%u.jsonl.zst", report_prefix, run, part);
}

bool run_key_is_record(const char *key)
{
    return str_starts_with(key, RUN_RECORDS_FOLDER) || strstr(key, "/" RUN_RECORDS_FOLDER);
}

#include "orchestrator/fleet/crash_marks.h"

#include <stdlib.h>

#include "base/json/json_write.h"
#include "base/array.h"
#include "base/util.h"
#include "orchestrator/fleet/run_name.h"

#define FOLDER RUN_RECORDS_FOLDER "crashes/"

void crash_marks_deinit(crash_marks *m)
{
    free(m->rows);
    *m = (crash_marks){0};
}

static void digest_of(const char *key, const char *etag, char text[CRASH_DIGEST_TEXT])
{
    uint8_t digest[SHA256_BYTES];
    AUTO_FREE char *identity = xasprintf("%s\n%s", key, etag);
    sha256(slice_from(identity), digest);
    hex_encode(digest, sizeof digest, text);
}

/* "<64 hexadecimal digits>-<n>.json" */
static bool read_name(const char *name, crash_mark *out)
{
    const size_t digits = CRASH_DIGEST_TEXT - 1;
    if (strspn(name, "0123456789abcdef") != digits || name[digits] != '-')
        return false;
    const char *number = name + digits + 1;
    if (*number < '1' || *number > '9' || !str_equal(number + 1, ".json"))
        return false;
    *out = (crash_mark){.times = (unsigned)(*number - '0')};
    memcpy(out->digest, name, digits);
    return true;
}

void crash_marks_add(crash_marks *m, const char *name)
{
    crash_mark row;
    if (!str_starts_with(name, FOLDER) || !read_name(name + strlen(FOLDER), &row))
        return;
    *ARRAY_ADD(m->rows, m->count) = row;
}

static int compare_marks(const void *a, const void *b)
{
    return strcmp(((const crash_mark *)a)->digest, ((const crash_mark *)b)->digest);
}

/* One row for each file, with its highest number. */
void crash_marks_sort(crash_marks *m)
{
    size_t kept = 0;
    if (m->count)
        qsort(m->rows, m->count, sizeof *m->rows, compare_marks);
    for (size_t i = 0; i < m->count; i++) {
        if (kept && compare_marks(&m->rows[kept - 1], &m->rows[i]) == 0)
            m->rows[kept - 1].times = MAX(m->rows[kept - 1].times, m->rows[i].times);
        else
            m->rows[kept++] = m->rows[i];
    }
    m->count = kept;
}

unsigned crash_marks_times(const crash_marks *m, const char *key, const char *etag)
{
    crash_mark wanted = {0};
    if (!m->count)
        return 0;
    digest_of(key, etag, wanted.digest);
    const crash_mark *row = bsearch(&wanted, m->rows, m->count, sizeof wanted, compare_marks);
    return row ? row->times : 0;
}

char *crash_mark_key(const char *report_prefix, const char *key, const char *etag, unsigned times)
{
    char digest[CRASH_DIGEST_TEXT];
    digest_of(key, etag, digest);
    return xasprintf("%s" FOLDER "%s-%u.json", report_prefix, digest, MIN(times, 9u));
}

void crash_mark_write(const crash_mark_facts *facts, buf *out)
{
    char time_text[RUN_TIME_BYTES];
    json_member_string(out, "etag", slice_from(facts->etag));
    json_member_int(out, "format", 1);
    json_member_string(out, "host", slice_from(facts->host));
    json_member_string(out, "key", slice_from(facts->key));
    json_member_string(out, "message", slice_from(facts->message));
    json_member_unsigned(out, "size", facts->size_bytes);
    json_member_string(out, "time", slice_from(run_time_text(facts->time_s, true, time_text)));
    json_close(out);
    buf_append_char(out, '\n');
}

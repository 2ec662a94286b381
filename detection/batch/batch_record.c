#include "base/util.h"
#include "detection/batch/batch_record.h"

#include <time.h>

#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "detection/config/fingerprint.h"
#include "detection/config/index_facts.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)

/* When the batch ended. */
static void put_time(buf *json)
{
    char text[40];
    time_t now = time(NULL);
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_member_string(json, "time", slice_from(text));
}

static void put_record(const server_config *c, const ngram_index *x, const detect_totals *t,
                       buf *json)
{
    AUTO(buf) settings = BUF(SETTINGS_MAX_BYTES);
    char fingerprint[FINGERPRINT_TEXT];
    settings_json(c, x, &settings);
    settings_fingerprint(c, x, fingerprint);
    json_member_unsigned(json, "clean", t->clean);
    json_member_unsigned(json, "contaminated", t->contaminated);
    json_member_unsigned(json, "contaminated_lines", t->contaminated_lines);
    json_member_unsigned(json, "failed", t->failed);
    json_member_unsigned(json, "files", t->files);
    json_key(json, "filters");
    filters_json(c, x, json);
    json_member_string(json, "fingerprint", slice_from(fingerprint));
    json_member_int(json, "format", 1);
    json_member_unsigned(json, "lines", t->lines);
    json_member_unsigned(json, "matches", t->matches);
    if (c->report_threshold > 0)
        json_member_unsigned(json, "near_misses", t->near_misses);
    json_key(json, "sets");
    sets_json(x, json);
    json_key(json, "settings");
    buf_append_slice(json, buf_slice(&settings));
    json_member_unsigned(json, "skipped", t->skipped);
    put_time(json);
    json_member_unsigned(json, "unread_lines", t->unread_lines);
    json_member_string(json, "version", SLICE_LIT(DECON_VERSION));
    json_close(json);
    buf_append_char(json, '\n');
}

bool batch_record_write(const server_config *c, const ngram_index *x, const detect_totals *t,
                        err *e)
{
    AUTO(buf) json = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *dir = xasprintf("%s/" BATCH_RECORD_DIR, c->job.report_dir);
    AUTO_FREE char *path = xasprintf("%s/detect.json", dir);
    put_record(c, x, t, &json);
    return fs_make_dirs(dir, e) && fs_write_file(path, buf_slice(&json), false, e);
}

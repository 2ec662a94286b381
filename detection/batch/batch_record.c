#include "base/array.h"
#include "base/util.h"
#include "detection/batch/batch_record.h"

#include <time.h>

#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "detection/config/fingerprint.h"
#include "detection/table/instance_set.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)

typedef struct set_count {
    slice set, split;
    uint64_t records, questions;
} set_count;

typedef struct set_counts {
    set_count *each;
    size_t count, last;
} set_counts;

static set_count *count_of(set_counts *l, const eval_record *r)
{
    /* Records of one set are usually adjacent. */
    for (size_t n = 0; n < l->count; n++) {
        size_t i = (l->last + n) % l->count;
        if (slice_equal(l->each[i].set, r->origin->eval_key) &&
            slice_equal(l->each[i].split, r->origin->split)) {
            l->last = i;
            return &l->each[i];
        }
    }
    *ARRAY_ADD(l->each, l->count) =
        (set_count){.set = r->origin->eval_key, .split = r->origin->split};
    l->last = l->count - 1;
    return &l->each[l->last];
}

static int by_name(const void *a, const void *b)
{
    const set_count *x = a, *y = b;
    int order = strcmp(x->set.data, y->set.data);
    return order ? order
                 : strcmp(x->split.data ? x->split.data : "", y->split.data ? y->split.data : "");
}

static void put_sets(const ngram_index *x, buf *json)
{
    set_counts sets = {0};
    instance_set questions = {0};
    for (size_t i = 0; i < x->record_count; i++) {
        const eval_record *r = &x->records[i];
        if (!r->is_reported)
            continue;
        set_count *c = count_of(&sets, r);
        c->records++;
        c->questions +=
            instance_set_add(&questions, r->origin->eval_key, r->origin->split, r->instance);
    }
    if (sets.count > 1)
        qsort(sets.each, sets.count, sizeof *sets.each, by_name);
    json_key(json, "sets");
    for (size_t i = 0; i < sets.count; i++) {
        AUTO(buf) one = BUF(RECORD_MAX_BYTES);
        json_member_unsigned(&one, "questions", sets.each[i].questions);
        json_member_unsigned(&one, "records", sets.each[i].records);
        json_member_string(&one, "set", sets.each[i].set);
        json_member_string(&one, "split", sets.each[i].split);
        json_close(&one);
        buf_append_char(json, i == 0 ? '[' : ',');
        buf_append_slice(json, buf_slice(&one));
    }
    buf_append_str(json, sets.count == 0 ? "[]" : "]");
    free(sets.each);
    instance_set_deinit(&questions);
}

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
    json_member_string(json, "fingerprint", slice_from(fingerprint));
    json_member_int(json, "format", 1);
    json_member_unsigned(json, "lines", t->lines);
    json_member_unsigned(json, "matches", t->matches);
    if (c->report_threshold > 0)
        json_member_unsigned(json, "near_misses", t->near_misses);
    put_sets(x, json);
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

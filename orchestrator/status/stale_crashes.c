#include "orchestrator/status/stale_crashes.h"

#include "base/json/json_read.h"
#include "base/util.h"
#include "decon/base/log.h"

typedef struct mark {
    char *key, *etag; /* of its input; NULL: it could not be read */
} mark;

typedef struct mark_reader {
    const char *const *keys;
    mark *marks;
} mark_reader;

static void take_mark(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    static const char *const members[] = {"key", "etag"};
    const mark_reader *r = ctx;
    json_value values[ARRAY_LEN(members)];
    if (!last)
        return; /* far larger than a mark */
    if (error) {
        log_warn("%s", error->message);
    } else if (json_read_members(slice_trim(piece), members, values, ARRAY_LEN(members), NULL,
                                 NULL)) {
        r->marks[index].key = json_text_dup(&values[0]);
        r->marks[index].etag = json_text_dup(&values[1]);
    } else {
        log_warn("%s: not a record of a crash", r->keys[index]);
    }
}

typedef struct input_look {
    store_session *session;
    const mark *mark;
    bool stale;
} input_look;

static void on_input(void *ctx, const s3_object *object, const err *error)
{
    input_look *look = ctx;
    if (error)
        look->stale = error->code == ERR_S3_NOT_FOUND;
    else
        look->stale = object->etag && !str_equal(object->etag, look->mark->etag);
    store_session_end(look->session, error);
}

static bool is_stale(store_session *s, const char *input_bucket, const mark *m)
{
    input_look look = {.session = s, .mark = m};
    err e = ERR_INIT;
    if (!m->key || !m->etag)
        return false;
    store_session_begin(s);
    s3_head(s->s3, input_bucket, m->key, on_input, &look);
    if (!store_session_wait(s, &e) && e.code != ERR_S3_NOT_FOUND)
        log_warn("%s; its record of a crash is kept", e.message);
    return look.stale;
}

void stale_crashes_find(store_session *s, const char *bucket, const char *input_bucket,
                        const char *const *keys, size_t count, bool *stale)
{
    AUTO_FREE mark *marks = xcalloc(count + 1, sizeof *marks);
    AUTO_FREE uint64_t *sizes = xcalloc(count + 1, sizeof *sizes);
    mark_reader reader = {.keys = keys, .marks = marks};
    store_session_fetch(s, &(store_fetch){.bucket = bucket,
                                          .keys = keys,
                                          .sizes = sizes,
                                          .count = count,
                                          .take = take_mark,
                                          .ctx = &reader});
    for (size_t i = 0; i < count; i++) {
        stale[i] = is_stale(s, input_bucket, &marks[i]);
        free(marks[i].key);
        free(marks[i].etag);
    }
}

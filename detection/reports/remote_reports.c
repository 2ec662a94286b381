#include "base/util.h"
#include "detection/reports/remote_reports.h"

#include "decon/compression/codec.h"
#include "detection/reports/report_name.h"

/* --- listing --- */

/* Names of a listing, in its order. */
typedef struct found_names {
    char **names, **etags;
    uint64_t *sizes;
    size_t count, capacity;
    const char *suffix; /* of report_reader; reports only */
    bool all;           /* not only reports */
    bool any;           /* the listing had an object */
} found_names;

static void found_names_deinit(found_names *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->names[i]);
        free(f->etags[i]);
    }
    free(f->names);
    free(f->etags);
    free(f->sizes);
}
DEFINE_AUTO(found_names, found_names_deinit)

static bool on_name(void *ctx, const report_store_entry *entry, err *e)
{
    UNUSED(e);
    found_names *f = ctx;
    const char *name = entry->name;
    const char *slash = strrchr(name, '/');
    f->any = true;
    if (!f->all && *name && report_name_stem(slash ? slash + 1 : name, f->suffix) == 0)
        return true;
    if (f->count == f->capacity) {
        f->capacity = f->capacity * 2 + 64;
        f->names = xrealloc(f->names, f->capacity * sizeof *f->names);
        f->etags = xrealloc(f->etags, f->capacity * sizeof *f->etags);
        f->sizes = xrealloc(f->sizes, f->capacity * sizeof *f->sizes);
    }
    f->sizes[f->count] = entry->size_bytes;
    f->etags[f->count] = xstrdup(entry->etag);
    f->names[f->count++] = xstrdup(name);
    return true;
}

static report_store_names names_of(const found_names *f)
{
    return (report_store_names){
        .names = (const char *const *)f->names, .sizes = f->sizes, .count = f->count};
}

/* --- one object after the other --- */

typedef struct reading {
    const report_reader *reader;
    const char *uri;
    const found_names *found;
    /* of the current object */
    stage *sink, *decoder; /* decoder NULL: its format is not known yet */
    buf head;
    bool begun;
    err error; /* the first; the rest of the object is ignored */
} reading;

static void begin(reading *r, size_t index)
{
    const char *name = r->found->names[index];
    AUTO_FREE char *path = report_store_path(r->uri, name);
    const char *shown = *name ? name : strrchr(r->uri, '/') + 1; /* a URI has slashes */
    const char *slash = strrchr(shown, '/');
    size_t folder = slash ? (size_t)(slash + 1 - shown) : 0;
    AUTO_FREE char *label =
        xstrndup(shown, folder + report_name_stem(shown + folder, r->reader->suffix));
    r->begun = true;
    r->error = (err)ERR_INIT;
    buf_clear(&r->head);
    r->sink = r->reader->begin(r->reader->ctx, path, label);
    if (r->reader->version)
        r->reader->version(r->reader->ctx, r->found->etags[index]);
}

static bool open_decoder(reading *r, err *e)
{
    r->decoder = codec_decoder_new(codec_by_magic(buf_slice(&r->head)), r->sink, e);
    return r->decoder && stage_feed(r->decoder, buf_slice(&r->head), e);
}

static bool feed(reading *r, slice piece, err *e)
{
    if (r->decoder)
        return stage_feed(r->decoder, piece, e);
    buf_append_slice(&r->head, piece);
    return r->head.len < CODEC_MAGIC_BYTES || open_decoder(r, e);
}

static bool finish(reading *r, err *e)
{
    return (r->decoder || open_decoder(r, e)) && stage_finish(r->decoder, e);
}

static void end(reading *r, size_t index)
{
    if (err_is_set(&r->error)) {
        AUTO_FREE char *path = report_store_path(r->uri, r->found->names[index]);
        err_subject(&r->error, "%s", path);
    }
    stage_free(move(r->decoder));
    r->reader->end(r->reader->ctx, err_is_set(&r->error) ? &r->error : NULL);
    stage_free(move(r->sink));
    r->begun = false;
}

static void take(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    reading *r = ctx;
    if (!r->begun)
        begin(r, index);
    if (error && !err_is_set(&r->error))
        r->error = *error;
    bool ok = err_is_set(&r->error) || piece.len == 0 || feed(r, piece, &r->error);
    if (last && ok && !err_is_set(&r->error))
        ok = finish(r, &r->error);
    UNUSED(ok); /* the error is kept until the end */
    if (last)
        end(r, index);
}

bool remote_reports_read(const report_store *store, const char *uri, const report_reader *reader,
                         uint64_t *count, err *e)
{
    AUTO(found_names) found = {.suffix = reader->suffix};
    reading r = {.reader = reader, .uri = uri, .found = &found, .head = BUF((size_t)64 << 20)};
    if (!store->list(store->ctx, uri, on_name, &found, e))
        return false;
    if (!found.any)
        return err_set(e, ERR_USAGE, "%s: no such object, and no objects below it", uri);
    *count += found.count;
    report_store_names names = names_of(&found);
    bool ok = store->read(store->ctx, uri, &names, take, &r, e);
    stage_free(r.decoder);
    stage_free(r.sink);
    buf_deinit(&r.head);
    return ok;
}

/* --- one object whole --- */

typedef struct whole {
    buf *out;
    err error;
} whole;

static void take_whole(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    UNUSED(index), UNUSED(last);
    whole *w = ctx;
    if (error)
        w->error = *error;
    else
        buf_append_slice(w->out, piece);
}

/* Listed first: a missing object is not an error. */
bool remote_report_text(const report_store *store, const char *folder, const char *name,
                        size_t max_bytes, buf *out, bool *found, err *e)
{
    AUTO_FREE char *uri = report_store_path(folder, name);
    AUTO(found_names) names = {.all = true};
    whole w = {.out = out};
    if (!store->list(store->ctx, uri, on_name, &names, e))
        return false;
    if (names.count == 0 || *names.names[0])
        return true;
    report_store_names one = names_of(&names);
    one.count = 1;
    buf_clear(out);
    out->max_bytes = max_bytes;
    *found = store->read(store->ctx, uri, &one, take_whole, &w, e);
    if (*found && (err_is_set(&w.error) || out->overflow)) {
        *found = false;
        if (out->overflow)
            err_set(&w.error, ERR_LIMIT, "%s: is larger than %zu bytes", uri, max_bytes);
        *e = w.error;
    }
    return *found;
}

bool remote_report_names(const report_store *store, const char *uri,
                         bool (*each)(void *ctx, const char *name, err *e), void *ctx, err *e)
{
    AUTO(found_names) found = {.all = true};
    if (!store->list(store->ctx, uri, on_name, &found, e))
        return false;
    for (size_t i = 0; i < found.count; i++)
        if (!each(ctx, found.names[i], e))
            return false;
    return true;
}

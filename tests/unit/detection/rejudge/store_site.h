/* A store with a folder of reports, which may be replaced or fail at any request. */
#ifndef TESTS_UNIT_DETECTION_REJUDGE_STORE_SITE_H
#define TESTS_UNIT_DETECTION_REJUDGE_STORE_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "detection/rejudge/rejudge_run.h"

#define FOLDER "s3://data/reports"

typedef struct object {
    char *name, *text, *facts; /* facts: NULL: the object has no provenance */
    unsigned version;
    uint64_t contaminated_lines;
    bool has_rules;
} object;

typedef struct world {
    object objects[24];
    size_t count;
    unsigned versions;
    unsigned requests, fail_at;  /* the request of this number fails; 0: none does */
    const char *changes_at_read; /* object that another program replaces once it was listed */
    report_store store;
} world;

static inline object *find_object(world *w, const char *name)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_equal(w->objects[i].name, name))
            return &w->objects[i];
    return NULL;
}

static inline void free_object(object *o)
{
    free(o->name);
    free(o->text);
    free(o->facts);
}

static inline object *set_object(world *w, const char *name, const char *text)
{
    object *o = find_object(w, name);
    if (!o) {
        assert_true(w->count < ARRAY_LEN(w->objects));
        o = &w->objects[w->count++];
        *o = (object){.name = xstrdup(name)};
    }
    free(o->text);
    o->text = xstrdup(text);
    o->version = ++w->versions;
    return o;
}

static inline char *etag_of(const object *o)
{
    return xasprintf("\"%u\"", o->version);
}

static inline bool is_version(const object *o, const char *etag)
{
    if (!o || !etag)
        return !o && !etag;
    AUTO_FREE char *own = etag_of(o);
    return str_equal(own, etag);
}

static inline bool request(world *w, err *e)
{
    return ++w->requests != w->fail_at || err_set(e, ERR_IO, "the connection was lost");
}

static inline int by_name(const void *a, const void *b)
{
    return strcmp(((const object *)a)->name, ((const object *)b)->name);
}

static inline bool list(void *ctx, const char *uri,
                        bool (*each)(void *each_ctx, const report_store_entry *entry, err *e),
                        void *each_ctx, err *e)
{
    world *w = ctx;
    assert_string_equal(uri, FOLDER);
    qsort(w->objects, w->count, sizeof *w->objects, by_name);
    for (size_t i = 0; i < w->count; i++) {
        AUTO_FREE char *etag = etag_of(&w->objects[i]);
        const report_store_entry entry = {
            .name = w->objects[i].name, .size_bytes = strlen(w->objects[i].text), .etag = etag};
        if (!each(each_ctx, &entry, e))
            return false;
    }
    return true;
}

static inline bool read_objects(void *ctx, const char *uri, const report_store_names *names,
                                void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                                             const err *error),
                                void *take_ctx, err *e)
{
    UNUSED(uri), UNUSED(e);
    world *w = ctx;
    for (size_t i = 0; i < names->count; i++) {
        AUTO_FREE char *text = xstrdup(find_object(w, names->names[i])->text);
        if (w->changes_at_read && str_equal(w->changes_at_read, names->names[i]))
            set_object(w, names->names[i], text);
        take(take_ctx, i, slice_from(text), true, NULL);
    }
    return true;
}

static inline bool check_writes(void *ctx, const char *uri, const char *name, err *e)
{
    UNUSED(uri), UNUSED(name);
    return request(ctx, e);
}

static inline char *text_of_write(const report_store_write *write)
{
    if (write->fd < 0)
        return write->text.len ? slice_dup(write->text) : xstrdup("");
    char *text = xcalloc(write->size_bytes + 1, 1);
    assert_int_equal(pread(write->fd, text, write->size_bytes, 0), write->size_bytes);
    return text;
}

static inline bool write_object(void *ctx, const char *uri, const report_store_write *write,
                                char **etag, err *e)
{
    UNUSED(uri);
    world *w = ctx;
    object *source = write->facts_of ? find_object(w, write->facts_of) : NULL;
    if (!request(w, e))
        return false;
    if (!is_version(find_object(w, write->name), write->etag) ||
        (write->facts_of && !is_version(source, write->facts_etag)))
        return err_set(e, ERR_S3_CHANGED, "%s: another version", write->name);
    AUTO_FREE char *text = text_of_write(write);
    AUTO_FREE char *facts = source ? xstrdup_or_null(source->facts) : NULL;
    object *o = set_object(w, write->name, text);
    free(o->facts);
    o->facts = move(facts);
    o->contaminated_lines = write->contaminated_lines;
    o->has_rules = write->rules != NULL;
    *etag = etag_of(o);
    return true;
}

static inline bool find(void *ctx, const char *uri, const char *name, char **etag, err *e)
{
    UNUSED(uri);
    world *w = ctx;
    const object *o = find_object(w, name);
    *etag = o ? etag_of(o) : NULL;
    return request(w, e);
}

static inline bool remove_object(void *ctx, const char *uri, const char *name, const char *etag,
                                 err *e)
{
    UNUSED(uri);
    world *w = ctx;
    object *o = find_object(w, name);
    if (!request(w, e))
        return false;
    if (o && !is_version(o, etag))
        return err_set(e, ERR_S3_CHANGED, "%s: another version", name);
    if (o) {
        free_object(o);
        *o = w->objects[--w->count];
    }
    return true;
}

#endif

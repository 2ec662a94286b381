#include "base/array.h"
#include "base/util.h"
#include "s3/cli/source/source.h"

#include "base/fsutil.h"
#include "s3/cli/session/progress.h"
#include "s3/operations/list.h"

/* A listing is paused while this many entries wait; the current page may add 1,000 more. */
#define AHEAD 1000

struct source {
    cli *c;
    source_options options;
    /* entries not yet taken, in order */
    entry *ready;
    size_t ready_count, ready_next, ready_capacity;
    uint64_t seen;
    bool ended, incomplete, planning;
    err failure;
    /* objects */
    s3_op *op; /* NULL: local, or ended */
    bool held, is_pattern;
    char *prefix;
    size_t base_length; /* of the part that is not in relative paths */
    /* local folders */
    walk *walk;
};

void entry_deinit(entry *it)
{
    free(it->name);
    free(it->etag);
    free(it->storage_class);
    free(it->version_id);
    *it = (entry){0};
}

const char *entry_relative(const entry *it)
{
    return it->name + it->relative_at;
}

void entry_place(const entry *it, const place *below, place *out)
{
    *out = (place){.is_object = below->is_object};
    if (below->is_object)
        out->uri = (s3_uri){.bucket = xstrdup(below->uri.bucket), .key = xstrdup(it->name)};
    else
        out->path = xstrdup(it->name);
}

/* --- received entries --- */

static void set_planning(source *s, bool planning)
{
    progress_numbers *n = cli_progress_of(s->c->session->progress);
    if (s->planning && !planning)
        n->planning--;
    s->planning = planning;
}

/* Compacts the array before it grows. */
static void make_space(source *s)
{
    size_t left = s->ready_count - s->ready_next;
    if (s->ready_next > 0 && s->ready_next >= left) {
        memmove(s->ready, s->ready + s->ready_next, left * sizeof *s->ready);
        s->ready_count = left;
        s->ready_next = 0;
        return;
    }
    ARRAY_RESERVE(s->ready, s->ready_capacity, s->ready_count + 1);
}

static void keep(source *s, const entry *give)
{
    if (s->ready_count == s->ready_capacity)
        make_space(s);
    s->ready[s->ready_count++] = *give;
    if (!s->options.planned)
        return;
    progress_numbers *n = cli_progress_of(s->c->session->progress);
    n->objects_total++;
    n->bytes_total += give->size_bytes;
}

static size_t waiting(const source *s)
{
    return s->ready_count - s->ready_next;
}

/* --- objects --- */

/* Named by the user, and not excluded by a pattern or filter. */
static bool is_meant(const source *s, const char *key, int64_t modified_s)
{
    if (s->is_pattern && !pattern_match(s->options.place->uri.key, key, false))
        return false;
    if (s->options.only_itself && !str_equal(key, s->options.place->uri.key))
        return false;
    return !s->options.filter ||
           filter_takes(s->options.filter, key + s->base_length, key, modified_s);
}

static void report(source *s, const char *key, const char *what)
{
    err e = ERR_INIT;
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", s->options.place->uri.bucket, key);
    err_set(&e, ERR_IO, "%s: %s", uri, what);
    s->incomplete = true;
    if (s->options.planned)
        cli_progress_of(s->c->session->progress)->failed++;
    cli_print_error_of(s->c, uri, NULL, &e);
}

static bool wanted(source *s, const s3_object *object)
{
    const char *key = object->key;
    bool itself = !key[s->base_length];
    if (!is_meant(s, key, object->last_modified_s))
        return false;
    if (!str_ends_with(key, "/") || (itself && s->options.itself))
        return true;
    if (object->size_bytes == 0)
        return !itself && s->options.folders == FOLDER_OBJECTS_ALL;
    if (s->options.folders != FOLDER_OBJECTS_REFUSE)
        return true;
    AUTO_FREE char *what = xasprintf(
        "not copied: an object (%llu bytes) whose key ends in '/', which is not allowed in a file "
        "name; cp it alone, to a file name of your choice",
        (unsigned long long)object->size_bytes);
    report(s, key, what);
    return false;
}

static bool on_unusable(void *ctx, const char *encoded_key, err *e)
{
    source *s = ctx;
    UNUSED(e);
    s->seen++;
    report(s, encoded_key,
           "skipped: the key (URL-encoded here) has a NUL character, which this "
           "client cannot handle; use another one for it");
    return true;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    source *s = ctx;
    UNUSED(e);
    s->seen++;
    if (!wanted(s, object))
        return true;
    entry it = {.name = xstrdup(object->key),
                .relative_at = s->base_length,
                .size_bytes = object->size_bytes,
                .modified_s = object->last_modified_s,
                .etag = object->etag ? xstrdup(object->etag) : NULL,
                .storage_class = xstrdup_or_null(object->storage_class),
                .version_id = xstrdup_or_null(object->version_id)};
    keep(s, &it);
    if (waiting(s) >= AHEAD && !s->held) {
        s->held = true;
        s3_list_hold(s->op);
    }
    cli_wake(s->c);
    return true;
}

static void on_listed(void *ctx, const err *e)
{
    source *s = ctx;
    s->op = NULL;
    s->ended = true;
    if (e)
        s->failure = *e;
    set_planning(s, false);
    cli_wake(s->c);
}

static void open_listing(source *s)
{
    const s3_uri *uri = &s->options.place->uri;
    s->is_pattern = !s->options.raw && place_is_pattern(s->options.place);
    if (s->is_pattern || s->options.only_itself) {
        size_t len = s->is_pattern ? pattern_literal_length(uri->key) : strlen(uri->key);
        s->prefix = xstrndup(uri->key, len);
        const char *slash = strrchr(s->prefix, '/');
        s->base_length = slash ? (size_t)(slash - s->prefix) + 1 : 0;
    } else {
        s->prefix = place_folder_text(uri->key);
        s->base_length = strlen(s->prefix);
    }
    s3_client *client = s->options.is_target ? s->c->client : cli_source_client(s->c);
    s->op = s3_list(client, &(s3_list_options){.bucket = uri->bucket,
                                               .prefix = s->prefix,
                                               .page_size = (unsigned)s->c->config->page_size,
                                               .all_versions = s->options.all_versions,
                                               .on_object = on_object,
                                               .on_unusable = on_unusable,
                                               .on_done = on_listed,
                                               .ctx = s});
}

/* --- local folders --- */

/* Reads some entries ahead, so that totals are known except for very large folders. */
static void read_ahead(source *s)
{
    entry it;
    while (!s->ended && waiting(s) < AHEAD) {
        if (!walk_next(s->walk, &it, &s->incomplete)) {
            s->ended = true;
            set_planning(s, false);
        } else {
            s->seen++;
            if (!s->options.filter || filter_takes(s->options.filter, entry_relative(&it),
                                                   entry_relative(&it), it.modified_s))
                keep(s, &it);
            else
                entry_deinit(&it);
        }
        if (s->seen % 64 == 0)
            cli_breathe(s->c);
    }
}

/* --- both --- */

source *source_open(cli *c, const source_options *options)
{
    source *s = xcalloc(1, sizeof *s);
    s->c = c;
    s->options = *options;
    if (options->planned) {
        cli_progress_of(c->session->progress)->planning++;
        s->planning = true;
    }
    if (options->place->is_object) {
        open_listing(s);
    } else if (options->may_be_absent && !fs_exists(options->place->path)) {
        s->ended = true;
        set_planning(s, false);
    } else {
        s->walk = walk_open(c, &s->options, &s->incomplete);
    }
    return s;
}

void source_close(source *s)
{
    if (!s)
        return;
    if (s->op)
        s3_op_cancel(s->op);
    if (s->walk)
        walk_close(s->walk);
    set_planning(s, false);
    for (size_t i = s->ready_next; i < s->ready_count; i++)
        entry_deinit(&s->ready[i]);
    free(s->ready);
    free(s->prefix);
    free(s);
}

static void go_on(source *s)
{
    if (s->walk && waiting(s) == 0)
        read_ahead(s);
    if (s->held && waiting(s) < AHEAD / 2 && s->op) {
        s->held = false;
        s3_list_resume(s->op);
    }
}

source_step source_next(source *s, entry *out, err *e)
{
    if (s->ready_next == s->ready_count)
        s->ready_next = s->ready_count = 0;
    go_on(s);
    while (waiting(s) == 0 && !s->ended)
        if (!cli_turn(s->c)) {
            cli_interrupted(s->c, e);
            return SOURCE_FAILED;
        }
    if (waiting(s) > 0) {
        *out = s->ready[s->ready_next++];
        return SOURCE_ENTRY;
    }
    if (!err_is_set(&s->failure))
        return SOURCE_END;
    *e = s->failure;
    return SOURCE_FAILED;
}

bool source_is_incomplete(const source *s)
{
    return s->incomplete;
}

uint64_t source_seen(const source *s)
{
    return s->seen;
}

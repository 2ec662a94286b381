/* sync: merges two listings, both in byte order; names that are only in the target are spooled
 * until both have ended successfully. */
#include "base/util.h"
#include "base/fsutil.h"
#include "s3/cli/transfer/compare.h"
#include "s3/cli/session/print.h"
#include "s3/cli/transfer/removal.h"
#include "s3/cli/commands/option_rows_copy.h"
#include "s3/cli/transfer/transfer.h"

/* This many are removed without confirmation, unless the source is empty. */
#define UNASKED_MAX 1000

typedef struct side {
    const place *place;
    source *source;
    entry now;
    bool there; /* `now` has an entry */
    char *last; /* previous relative path, to check the order */
} side;

typedef struct syncing {
    cli *c;
    filter filter;
    place from, to;
    side a, b; /* source, target */
    compare_by by;
    bool target_checked; /* files can be created there */
    key_spool extra;     /* names that are only in the target */
} syncing;

static void side_deinit(side *s)
{
    if (s->there)
        entry_deinit(&s->now);
    source_close(s->source);
    free(s->last);
}

static void syncing_deinit(syncing *k)
{
    side_deinit(&k->a);
    side_deinit(&k->b);
    place_deinit(&k->from);
    place_deinit(&k->to);
    key_spool_deinit(&k->extra);
}
DEFINE_AUTO(syncing, syncing_deinit)

/* --- the two sides --- */

static bool check_order(side *s, err *e)
{
    const char *name = entry_relative(&s->now);
    if (s->last && strcmp(s->last, name) >= 0)
        return err_set(e, ERR_S3_REPLY,
                       "%s: listed after '%s': this store does not list in byte order, which sync "
                       "relies on; use cp --if-size-differ",
                       s->now.name, s->last);
    free(s->last);
    s->last = xstrdup(name);
    return true;
}

static bool advance(side *s, err *e)
{
    if (s->there)
        entry_deinit(&s->now);
    source_step step = source_next(s->source, &s->now, e);
    s->there = step == SOURCE_ENTRY;
    return step == SOURCE_END || (step == SOURCE_ENTRY && check_order(s, e));
}

static void open_sides(syncing *k)
{
    k->a.source =
        source_open(k->c, &(source_options){.place = &k->from,
                                            .raw = k->c->config->raw,
                                            .folders = k->to.is_object ? FOLDER_OBJECTS_ALL
                                                                       : FOLDER_OBJECTS_REFUSE,
                                            .filter = &k->filter});
    k->b.source =
        source_open(k->c, &(source_options){.place = &k->to,
                                            .raw = true,
                                            .may_be_absent = true,
                                            .is_target = true,
                                            .folders = k->from.is_object ? FOLDER_OBJECTS_ALL
                                                                         : FOLDER_OBJECTS_FULL,
                                            .filter = &k->filter});
}

/* --- decisions --- */

/* Checked only before the first copy. */
static bool check_target(syncing *k, err *e)
{
    if (!k->target_checked && !k->c->config->dry_run && !place_check_writable(&k->to, e))
        return false;
    k->target_checked = true;
    return true;
}

static bool send(syncing *k, const char *reason, err *e)
{
    if (!cli_may_continue(k->c, e) || !check_target(k, e))
        return false;
    AUTO(transfer_plan)
    plan = {.size_known = true,
            .size_bytes = k->a.now.size_bytes,
            .modified_s = k->a.now.modified_s,
            .keep_time = !k->to.is_object,
            .operation = "cp",
            .reason = xstrdup(reason)};
    err failed = ERR_INIT;
    entry_place(&k->a.now, &k->from, &plan.from);
    if (place_below(&k->to, entry_relative(&k->a.now), &plan.to, &failed))
        return transfer_begin(k->c, &plan, e);
    AUTO_FREE char *from = place_text(&plan.from);
    err_context(&failed, "%s", from);
    cli_print_error_of(k->c, from, NULL, &failed);
    return true;
}

static bool on_both(syncing *k, err *e)
{
    char reason[REASON_SIZE] = "";
    bool differs = false;
    comparison pair = {.from = &k->a.now,
                       .to = &k->b.now,
                       .from_is_object = k->from.is_object,
                       .to_is_object = k->to.is_object,
                       .by = k->by};
    err failed = ERR_INIT;
    if (!compare_entries(k->c, &pair, &differs, reason, &failed))
        cli_print_error_of(k->c, k->a.now.name, NULL, &failed);
    return (!differs || send(k, reason, e)) && advance(&k->a, e) && advance(&k->b, e);
}

static bool keep_extra(syncing *k, err *e)
{
    return !k->c->config->delete_extra || key_spool_add(&k->extra, k->b.now.name, e);
}

static bool merge(syncing *k, err *e)
{
    if (!advance(&k->a, e) || !advance(&k->b, e))
        return false;
    while (k->a.there || k->b.there) {
        int order = !k->a.there   ? 1
                    : !k->b.there ? -1
                                  : strcmp(entry_relative(&k->a.now), entry_relative(&k->b.now));
        bool ok = order == 0  ? on_both(k, e)
                  : order < 0 ? send(k, "new", e) && advance(&k->a, e)
                              : keep_extra(k, e) && advance(&k->b, e);
        if (!ok)
            return false;
    }
    return true;
}

/* --- removing --- */

static bool remove_file(syncing *k, const char *path, err *e)
{
    UNUSED(e);
    err failed = ERR_INIT;
    if (!k->c->config->dry_run && !fs_remove(path, &failed))
        cli_print_error_of(k->c, path, NULL, &failed);
    else
        print_done(k->c, &(print_result){.operation = "rm",
                                         .from = path,
                                         .reason = "only in the target",
                                         .size_bytes = PRINT_NO_SIZE});
    return true;
}

static bool remove_one_file(void *ctx, const char *name, const char *version_id, err *e)
{
    UNUSED(version_id);
    return remove_file(ctx, name, e);
}

static bool remove_each(syncing *k, err *e)
{
    AUTO(removal) out = {.c = k->c, .reason = "only in the target"};
    if (!k->to.is_object)
        return key_spool_each(&k->extra, remove_one_file, k, e);
    return removal_add_all(&out, k->to.uri.bucket, &k->extra, e) && removal_flush(&out, e);
}

/* Only after everything succeeded: names that are missing in the source may have failed or
 * not been listed. */
static bool remove_extra(syncing *k, err *e)
{
    if (k->extra.count == 0)
        return true;
    if (!jobs_drain(k->c, e))
        return false;
    if (k->c->errors > 0 || source_is_incomplete(k->a.source) || source_is_incomplete(k->b.source))
        return err_set(e, ERR_IO,
                       "nothing was removed from the target, because of earlier "
                       "errors; sync again");
    AUTO_FREE char *target = place_text(&k->to);
    AUTO_FREE char *what = xasprintf("%llu %s of %s", (unsigned long long)k->extra.count,
                                     k->to.is_object ? "objects" : "files", target);
    bool empty = source_seen(k->a.source) == 0;
    if ((empty || k->extra.count > UNASKED_MAX) && !guard_removal(k->c, what, e))
        return empty ? err_context(e, "the source is empty") : false;
    return remove_each(k, e);
}

/* --- arguments --- */

static bool check_places(const syncing *k, err *e)
{
    const cli_config *o = k->c->config;
    AUTO_FREE char *from = place_text(&k->from);
    bool pattern = place_is_pattern(&k->from) && !o->raw;
    if (!k->from.is_object && !k->to.is_object)
        return err_set(e, ERR_USAGE,
                       "SOURCE or TARGET must be an s3:// URI; rsync(1) is for files");
    if (place_is_standard(&k->from) || place_is_standard(&k->to))
        return err_set(e, ERR_USAGE, "-: sync is for folders");
    if (!k->from.is_object && !place_is_folder(&k->from))
        return err_set(e, ERR_USAGE, "%s: not a folder; use cp for single files", from);
    if (!k->to.is_object && fs_exists(k->to.path) && !place_is_folder(&k->to))
        return err_set(e, ERR_USAGE, "%s: not a folder", k->to.path);
    if (place_contains(&k->from, &k->to) || place_contains(&k->to, &k->from))
        return err_set(e, ERR_USAGE, "%s: source and target contain each other", from);
    if (pattern && o->delete_extra)
        return err_set(e, ERR_USAGE,
                       "%s: --delete requires a whole folder; name the folder, and use --exclude "
                       "and --include",
                       from);
    return true;
}

/* `s3://b/folder/` followed by a star is that folder. */
static void drop_star(place *p)
{
    size_t len = p->is_object ? strlen(p->uri.key) : 0;
    bool folder = len == 1 || (len > 1 && p->uri.key[len - 2] == '/');
    if (folder && p->uri.key[len - 1] == '*' && pattern_literal_length(p->uri.key) == len - 1)
        p->uri.key[len - 1] = '\0';
}

static bool choose_comparison(syncing *k, err *e)
{
    const cli_config *o = k->c->config;
    int chosen = o->size_only + o->exact_timestamps + o->compare_checksums;
    if (chosen > 1)
        return err_set(e, ERR_USAGE, "--size-only, --exact-timestamps and --checksum: choose one");
    k->by = o->size_only           ? COMPARE_SIZE
            : o->exact_timestamps  ? COMPARE_EXACT_TIME
            : o->compare_checksums ? COMPARE_CHECKSUM
                                   : COMPARE_TIME;
    return true;
}

static bool run(cli *c, err *e)
{
    AUTO(syncing) k = {.c = c};
    if (!place_parse(c->words[0], &k.from, e) || !place_parse(c->words[1], &k.to, e) ||
        !described_check(c->config, e) || !filter_init(&k.filter, c, e) ||
        !choose_comparison(&k, e))
        return false;
    if (!c->config->raw)
        drop_star(&k.from);
    if (!check_places(&k, e))
        return false;
    open_sides(&k);
    return merge(&k, e) && remove_extra(&k, e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "delete", .type = OPTION_BOOL, .offset = AT(delete_extra), .section = "Synchronizing",
     .help = "Remove what is only in TARGET, after everything else succeeded."},
    {.key = "size_only", .type = OPTION_BOOL, .offset = AT(size_only),
     .help = "Compare sizes only."},
    {.key = "exact_timestamps", .type = OPTION_BOOL, .offset = AT(exact_timestamps),
     .help = "Copy if times differ at all, not only if the source is newer."},
    {.key = "checksum", .type = OPTION_BOOL, .offset = AT(compare_checksums),
     .help = "Compare ETags instead of times; of files, their MD5 (also of parts in the usual "
             "sizes)."},
    ROW_FOLLOW_SYMLINKS, ROW_YES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_FILTERS, ROW_PAGE_SIZE, ROW_RAW, ROWS_OF_WRITES, ROWS_OF_DESCRIPTIONS,
    ROWS_OF_CLIENTS,
    ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_sync = {
    .name = "sync",
    .summary = "copy what is new or changed: upload, download, inside the store",
    .options =
        SET(rows, "sync", "decon-s3 sync [OPTION]... SOURCE TARGET",
            "Makes the folder or prefix TARGET equal to SOURCE. Copies what is missing in TARGET, "
            "what has another size there, and what is newer in SOURCE (objects with the same "
            "ETag are equal). Downloaded files get the object's time. --dry-run prints the "
            "reason for each copy.\n"
            "Filters apply to both sides: excluded names are not removed either. --delete removes "
            "nothing after a failed listing or copy, and requires confirmation (or "
            "--yes) if SOURCE is empty or more than 1,000 would be removed.",
            "Examples:\n"
            "  decon-s3 sync ./results s3://my-bucket/results\n"
            "  decon-s3 sync --dry-run s3://my-bucket/data ./data\n"
            "  decon-s3 sync --delete --exclude '*.tmp' ./site s3://my-bucket/site\n"
            "  decon-s3 sync --size-only s3://my-bucket/data s3://other-bucket/data\n"),
    .words_min = 2,
    .words_max = 2,
    .needs_client = true,
    .again = "run it again; existing copies are skipped",
    .run = run,
};

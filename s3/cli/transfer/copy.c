#include "s3/cli/transfer/copy.h"

#include <glob.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/transfer/name_set.h"
#include "s3/cli/source/source.h"
#include "s3/cli/transfer/transfer.h"

typedef struct copying {
    cli *c;
    bool move;
    filter filter;
    place to;
    bool several;     /* sources */
    const char *name; /* of the target below a folder; NULL: the source's last part */
    /* targets so far, if two sources may have the same: one would be overwritten */
    names names;
} copying;

static void copying_deinit(copying *k)
{
    place_deinit(&k->to);
    names_deinit(&k->names);
}
DEFINE_AUTO(copying, copying_deinit)

static const char *operation(const copying *k)
{
    return k->move ? "mv" : "cp";
}

/* --- one --- */

static bool check_name(const place *from, const place *to, err *e)
{
    AUTO_FREE char *target = place_text(to);
    if (place_is_standard(from))
        return err_set(e, ERR_USAGE,
                       "%s: standard input has no name; write the full name of the target", target);
    if (place_name(from)[0])
        return true;
    AUTO_FREE char *text = place_text(from);
    return err_set(e, ERR_USAGE,
                   "%s: has no name; add --recursive (-r) for everything below it, or "
                   "write the full name of the target",
                   text);
}

static bool take_name(copying *k, const char *name, const char *from, err *e)
{
    if ((!k->several && !k->c->config->flatten) || names_add(&k->names, name))
        return true;
    return err_set(e, ERR_PLAN, "%s: another source also has the name '%s'; not copied", from,
                   name);
}

/* A target that is a folder or a bucket gets the source's name. */
static bool target_of_one(copying *k, const place *from, place *out, err *e)
{
    const place *to = &k->to;
    if (!place_is_standard(to) && place_is_folder(to)) {
        AUTO_FREE char *text = place_text(from);
        const char *name = k->name ? k->name : place_name(from);
        return check_name(from, to, e) && take_name(k, name, text, e) &&
               place_below(to, name, out, e);
    }
    *out = (place){.is_object = to->is_object};
    if (to->is_object)
        out->uri = (s3_uri){.bucket = xstrdup(to->uri.bucket), .key = xstrdup(to->uri.key)};
    else
        out->path = xstrdup(to->path);
    return true;
}

static bool refuse_itself(const copying *k, const place *from, const place *to, err *e)
{
    /* An older version is restored by a copy onto its own key. */
    if (!place_same(from, to) || k->c->session->source_client || k->c->config->version_id)
        return true;
    AUTO_FREE char *text = place_text(from);
    return err_set(e, ERR_USAGE, "%s: source and target are the same object", text);
}

/* Comparisons need the source's size and time, which are not known yet. */
typedef struct look {
    cli_call call; /* first */
    transfer_plan *plan;
} look;

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    look *l = ctx;
    if (object) {
        l->plan->size_known = true;
        l->plan->size_bytes = object->size_bytes;
        l->plan->modified_s = object->last_modified_s;
    }
    cli_finish(&l->call, error);
}

static bool look_at_source(const copying *k, transfer_plan *plan, err *e)
{
    const cli_config *o = k->c->config;
    struct stat st;
    if (!o->if_size_differ && !o->if_source_newer)
        return true;
    if (plan->from.is_object) {
        look l = {.call = {.c = k->c}, .plan = plan};
        const s3_uri *uri = &plan->from.uri;
        return cli_await(&l.call,
                         s3_head_version(cli_source_client(k->c), uri->bucket, uri->key,
                                         o->version_id, false, on_head, &l),
                         e);
    }
    if (stat(plan->from.path, &st) == 0) { /* else the transfer reports the error */
        plan->size_bytes = (uint64_t)st.st_size;
        plan->modified_s = st.st_mtim.tv_sec;
    }
    return true;
}

static bool copy_one(copying *k, place *give_from, err *e)
{
    AUTO(transfer_plan) plan = {.from = *give_from, .move = k->move, .operation = operation(k)};
    *give_from = (place){0};
    return target_of_one(k, &plan.from, &plan.to, e) && refuse_itself(k, &plan.from, &plan.to, e) &&
           look_at_source(k, &plan, e) && transfer_begin(k->c, &plan, e);
}

/* --- many --- */

static bool target_of_many(copying *k, const entry *it, place *out, err *e)
{
    const char *relative = entry_relative(it);
    const char *slash = k->c->config->flatten ? strrchr(relative, '/') : NULL;
    const char *name = slash ? slash + 1 : relative;
    if (slash && !*name)
        return err_set(
            e, ERR_USAGE,
            "%s: not copied: it has no name for --flatten; cp it alone, to a key of your "
            "choice",
            it->name);
    return take_name(k, name, it->name, e) && place_below(&k->to, name, out, e);
}

static bool copy_entry(copying *k, const place *below, entry *it, err *e)
{
    AUTO(transfer_plan)
    plan = {.size_known = true,
            .size_bytes = it->size_bytes,
            .modified_s = it->modified_s,
            .move = k->move,
            .planned = true,
            .operation = operation(k)};
    plan.etag = move(it->etag);
    err failed = ERR_INIT;
    entry_place(it, below, &plan.from);
    if (target_of_many(k, it, &plan.to, &failed) && refuse_itself(k, &plan.from, &plan.to, &failed))
        return transfer_begin(k->c, &plan, e);
    AUTO_FREE char *from = place_text(&plan.from);
    err_subject(&failed, "%s", from);
    cli_print_error_of(k->c, from, NULL, &failed);
    return true;
}

static bool nothing_found(const place *from, err *e)
{
    AUTO_FREE char *text = place_text(from);
    bool pattern = place_is_pattern(from);
    return err_set(e, ERR_S3_NOT_FOUND, "%s: %s", text,
                   pattern ? "no key matches" : "contains no objects");
}

static bool copy_many(copying *k, const place *from, err *e)
{
    AUTO_PTR(source)
    s = source_open(k->c, &(source_options){.place = from,
                                            .raw = k->c->config->raw,
                                            .planned = true,
                                            .folders = k->to.is_object ? FOLDER_OBJECTS_ALL
                                                                       : FOLDER_OBJECTS_REFUSE,
                                            .filter = &k->filter});
    entry it;
    uint64_t count = 0;
    source_step step;
    while ((step = source_next(s, &it, e)) == SOURCE_ENTRY) {
        AUTO(entry) mine = it;
        if (count++ == 0 && !k->c->config->dry_run && !place_check_writable(&k->to, e))
            return false;
        if (!cli_may_continue(k->c, e) || !copy_entry(k, from, &mine, e))
            return false;
    }
    if (step == SOURCE_FAILED)
        return false;
    bool empty = count == 0 && filter_takes_all(&k->filter) && !source_is_incomplete(s);
    return !empty || !from->is_object || nothing_found(from, e);
}

/* --- arguments --- */

static bool is_many(const copying *k, const place *from)
{
    const cli_config *o = k->c->config;
    if (from->is_object)
        return o->recursive || (place_is_pattern(from) && !o->raw);
    /* In command files (s5cmd syntax) a folder includes everything below it. */
    bool folder = !place_is_standard(from) && place_is_folder(from);
    return folder && (o->recursive || k->c->as_s5cmd);
}

static bool is_folder_itself(const place *from)
{
    struct stat st;
    return !from->is_object && stat(from->path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool check_source(const copying *k, const place *from, err *e)
{
    const cli_config *o = k->c->config;
    AUTO_FREE char *text = place_text(from);
    if (!from->is_object && !k->to.is_object)
        return err_set(e, ERR_USAGE,
                       "%s: SOURCE or TARGET must be an s3:// URI; %s(1) is for files", text,
                       operation(k));
    if (is_many(k, from) && place_is_standard(&k->to))
        return err_set(e, ERR_USAGE,
                       "%s: standard output cannot receive many objects; "
                       "decon-s3 cat writes them one after the other",
                       text);
    if (o->recursive && place_is_standard(from))
        return err_set(e, ERR_USAGE, "--recursive copies folders; `-` is not a folder");
    if (k->move && (place_is_standard(from) || place_is_standard(&k->to)))
        return err_set(e, ERR_USAGE, "-: standard input cannot be moved; use cp");
    if (from->is_object && !is_many(k, from) && !from->uri.key[0])
        return err_set(e, ERR_USAGE, "%s: is a bucket; use --recursive", text);
    if (!is_many(k, from) && !place_is_standard(from) && is_folder_itself(from))
        return err_set(e, ERR_USAGE,
                       "%s: is a folder; add --recursive (-r) to %s everything below it", text,
                       operation(k));
    if (o->verify && (place_is_standard(from) || place_is_standard(&k->to) ||
                      (from->is_object && k->to.is_object && !k->c->session->source_client)))
        return err_set(e, ERR_USAGE,
                       "%s: --verify checks files: downloads, uploads and copies between stores",
                       text);
    if (o->version_id && (k->move || !from->is_object || is_many(k, from)))
        return err_set(e, ERR_USAGE, "%s: --version-id is for the copy of one object", text);
    if (!from->is_object && k->c->session->source_client)
        return err_set(e, ERR_USAGE, "%s: is a file; --source-... options are for objects", text);
    if (o->recursive && place_contains(from, &k->to) && !k->c->session->source_client)
        return err_set(e, ERR_USAGE, "%s: the target is inside the source", text);
    return true;
}

static bool check_target(const copying *k, int source_count, err *e)
{
    if (source_count < 2 || (!place_is_standard(&k->to) && place_is_folder(&k->to)))
        return true;
    AUTO_FREE char *text = place_text(&k->to);
    return err_set(e, ERR_USAGE, "%s: several sources need a folder as target; write %s/", text,
                   text);
}

/* The link itself may be the argument; for a folder its files are copied. */
static bool is_left_out(const copying *k, const place *from)
{
    struct stat st;
    if (from->is_object || k->c->config->follow_symlinks || place_is_folder(from) ||
        lstat(from->path, &st) != 0 || !S_ISLNK(st.st_mode))
        return false;
    log_warn("%s: is a symbolic link; skipped (--no-follow-symlinks)", from->path);
    return true;
}

/* --- local names --- */

/* A name with wildcards that no shell has expanded: in a command file, or in quotes. */
static bool is_local_pattern(const copying *k, const place *from)
{
    return !from->is_object && !place_is_standard(from) && !k->c->config->raw &&
           strpbrk(from->path, "*?[") && !fs_exists(from->path);
}

/* By s5cmd's rules, the target keeps what follows the folder before the first wildcard, of a folder
 * without a trailing slash its name. Otherwise the last part, as after expansion by a shell. */
static const char *kept_name(const copying *k, const char *pattern, const char *path)
{
    size_t at = strcspn(pattern, "*?[");
    if (!k->c->as_s5cmd || k->c->config->flatten) {
        const char *slash = strrchr(path, '/');
        return slash ? slash + 1 : path;
    }
    while (at > 0 && pattern[at - 1] != '/')
        at--;
    return path + MIN(at, strlen(path));
}

static bool copy_folder_below(const copying *k, const place *from, const char *name, err *e)
{
    AUTO(copying) inner = {.c = k->c, .move = k->move, .filter = k->filter};
    return place_below(&k->to, name, &inner.to, e) && copy_many(&inner, from, e);
}

static bool copy_local(copying *k, const char *pattern, const char *path, err *e)
{
    AUTO(place) from = {.path = xstrdup(path)};
    const char *name = kept_name(k, pattern, path);
    if (is_left_out(k, &from))
        return true;
    if (is_many(k, &from))
        return k->c->as_s5cmd && name[0] && !k->c->config->recursive
                   ? copy_folder_below(k, &from, name, e)
                   : copy_many(k, &from, e);
    if (!check_source(k, &from, e))
        return false;
    k->name = name;
    bool ok = copy_one(k, &from, e);
    k->name = NULL;
    return ok;
}

static bool copy_matches(copying *k, const char *pattern, err *e)
{
    glob_t found = {0};
    bool ok =
        glob(pattern, 0, NULL, &found) == 0 || err_set(e, ERR_IO, "%s: no file matches", pattern);
    ok = ok && check_target(k, (int)MIN(found.gl_pathc, (size_t)INT32_MAX), e);
    k->several |= found.gl_pathc > 1;
    for (size_t i = 0; ok && i < found.gl_pathc; i++)
        ok = copy_local(k, pattern, found.gl_pathv[i], e);
    globfree(&found);
    return ok;
}

static bool copy_word(copying *k, const char *word, err *e)
{
    AUTO(place) from = {0};
    if (!place_parse(word, &from, e))
        return false;
    if (is_local_pattern(k, &from))
        return copy_matches(k, word, e);
    if (!from.is_object && k->c->as_s5cmd && !place_is_standard(&from))
        return copy_local(k, word, word, e);
    if (is_left_out(k, &from))
        return true;
    return is_many(k, &from) ? copy_many(k, &from, e) : copy_one(k, &from, e);
}

/* All lines of a command file share the clients of `run`. */
static bool check_stores(const cli *c, err *e)
{
    const cli_config *o = c->config;
    bool wanted = o->source_endpoint_url || o->source_profile || o->source_region;
    return !wanted || c->session->source_client ||
           err_set(e, ERR_USAGE,
                   "--source-endpoint-url and similar: not allowed in a command file");
}

bool copy_words(cli *c, bool is_move, err *e)
{
    int count = c->word_count - 1;
    AUTO(copying) k = {.c = c, .move = is_move, .several = count > 1};
    if (!check_stores(c, e) || !described_check(c->config, e) || !filter_init(&k.filter, c, e) ||
        !place_parse(c->words[count], &k.to, e) || !check_target(&k, count, e))
        return false;
    for (int i = 0; i < count; i++) {
        AUTO(place) from = {0};
        if (!place_parse(c->words[i], &from, e) || !check_source(&k, &from, e))
            return false;
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        err failed = ERR_INIT;
        if (copy_word(&k, c->words[i], &failed))
            continue;
        if (c->session->signal_number || i + 1 == count) {
            *e = failed;
            ok = false;
            break;
        }
        cli_print_error(c, &failed);
    }
    return ok;
}

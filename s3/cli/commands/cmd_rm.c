#include "base/util.h"
#include "s3/cli/transfer/removal.h"
#include "s3/cli/commands/option_rows.h"
#include "s3/cli/source/source.h"

/* This many objects are removed without confirmation, unless they are a whole bucket. */
#define UNASKED_MAX 1000

typedef struct removing {
    cli *c;
    filter filter;
    removal out;
} removing;

static void removing_deinit(removing *r)
{
    removal_deinit(&r->out);
}
DEFINE_AUTO(removing, removing_deinit)

static bool is_many(const removing *r, const place *at)
{
    return r->c->config->recursive || (place_is_pattern(at) && !r->c->config->raw);
}

static bool is_listed(const removing *r, const place *at)
{
    return is_many(r, at) || r->c->config->all_versions;
}

/* `s3://b`, `s3://b/`, and `s3://b/` followed by stars only. */
static bool is_whole_bucket(const removing *r, const place *at)
{
    const char *key = at->uri.key;
    bool any = !r->c->config->raw && key[0] && key[strspn(key, "*")] == '\0';
    return (!key[0] || any) && filter_takes_all(&r->filter);
}

/* Patterns in a command file are intended; removing a whole bucket needs confirmation there too. */
static bool may_remove(const removing *r, const place *at, bool many, err *e)
{
    bool whole = is_whole_bucket(r, at);
    if (!whole && (!many || r->c->as_s5cmd))
        return true;
    AUTO_FREE char *what =
        whole ? xasprintf("all objects of s3://%s", at->uri.bucket)
              : xasprintf("more than %d objects: s3://%s/%s%s", UNASKED_MAX, at->uri.bucket,
                          at->uri.key, place_is_pattern(at) ? "" : " and all below it");
    return guard_removal(r->c, what, e);
}

/* `a?b` may be meant as the key itself, not as a pattern that also matches `a+b`. */
static bool check_meaning(const removing *r, const place *at, bool is_key, uint64_t count, err *e)
{
    if (!is_key || count < 2 || r->c->config->yes || r->c->config->dry_run)
        return true;
    return err_set(e, ERR_USAGE,
                   "s3://%s/%s: is a key, and as a pattern matches %llu others: --raw removes "
                   "the key only, --yes all of them",
                   at->uri.bucket, at->uri.key, (unsigned long long)count - 1);
}

/* All keys are listed before anything is removed: a failed or inconsistent listing
 * removes nothing. */
static bool gather(removing *r, const place *at, key_spool *names, err *e)
{
    AUTO_PTR(source)
    s = source_open(r->c, &(source_options){.place = at,
                                            .raw = r->c->config->raw,
                                            .all_versions = r->c->config->all_versions,
                                            .only_itself = !is_many(r, at),
                                            .folders = FOLDER_OBJECTS_ALL,
                                            .itself = true,
                                            .filter = &r->filter});
    entry it;
    bool is_key = false;
    source_step step;
    while ((step = source_next(s, &it, e)) == SOURCE_ENTRY) {
        AUTO(entry) mine = it;
        is_key |= place_is_pattern(at) && str_equal(mine.name, at->uri.key);
        if (names->count == UNASKED_MAX && !is_whole_bucket(r, at) && !may_remove(r, at, true, e))
            return false;
        if (!key_spool_add_version(names, mine.name, mine.version_id, e))
            return false;
    }
    if (step == SOURCE_FAILED)
        return err_is_set(e) && e->code == ERR_S3_REPLY ? err_context(e, "nothing was removed")
                                                        : false;
    if (!is_many(r, at) && names->count == 0)
        return err_set(e, ERR_S3_NOT_FOUND, "s3://%s/%s: no version of this key", at->uri.bucket,
                       at->uri.key);
    if (source_seen(s) == 0 && at->uri.key[0])
        return err_set(e, ERR_S3_NOT_FOUND, "s3://%s/%s: no key %s", at->uri.bucket, at->uri.key,
                       place_is_pattern(at) ? "matches" : "is below it");
    return check_meaning(r, at, is_key, names->count, e);
}

static bool remove_many(removing *r, const place *at, err *e)
{
    AUTO(key_spool) names = {0};
    if (!removal_flush(&r->out, e) || (is_whole_bucket(r, at) && !may_remove(r, at, true, e)))
        return false;
    return gather(r, at, &names, e) && removal_add_all(&r->out, at->uri.bucket, &names, e);
}

static bool remove_word(removing *r, const char *word, err *e)
{
    AUTO(place) at = {0};
    if (!place_parse(word, &at, e))
        return false;
    if (is_listed(r, &at))
        return remove_many(r, &at, e);
    return removal_add_version(&r->out, at.uri.bucket, at.uri.key, r->c->config->version_id, e);
}

static bool check_words(const removing *r, err *e)
{
    const cli *c = r->c;
    const cli_config *o = c->config;
    if (o->version_id && (o->all_versions || o->recursive))
        return err_set(e, ERR_USAGE,
                       "--version-id is for one version: it cannot be combined with "
                       "--all-versions and --recursive");
    if (!cli_check_version(c, e))
        return false;
    for (int i = 0; i < c->word_count; i++) {
        AUTO(s3_uri) uri = {0};
        if (!s3_uri_parse(c->words[i], &uri, e))
            return false;
        if (!uri.key[0] && !c->config->recursive)
            return err_set(e, ERR_USAGE,
                           "%s: is a bucket, not an object; --recursive removes all its objects, "
                           "decon-s3 rb the bucket",
                           c->words[i]);
    }
    return true;
}

static bool run(cli *c, err *e)
{
    AUTO(removing) r = {.c = c, .out = {.c = c}};
    if (!filter_init(&r.filter, c, e) || !check_words(&r, e))
        return false;
    for (int i = 0; i < c->word_count; i++) {
        err failed = ERR_INIT;
        if (remove_word(&r, c->words[i], &failed))
            continue;
        /* Removes nothing after a refused confirmation or a failed listing. */
        removal_deinit(&r.out);
        *e = failed;
        return false;
    }
    return removal_flush(&r.out, e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Removing", .help = "Remove all objects below the URI, as below a folder."},
    ROW_ALL_VERSIONS, ROW_VERSION_ID, ROW_YES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_FILTERS, ROWS_OF_AGES, ROW_PAGE_SIZE, ROW_RAW, ROWS_OF_CLIENTS,
    ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_rm = {
    .name = "rm",
    .summary = "remove objects",
    .options =
        SET(rows, "rm", "decon-s3 rm [OPTION]... s3://BUCKET/KEY...",
            "Removes the objects; a missing object is not an error, as in S3. * and ? in a "
            "key match any characters, and one character. More than 1,000 objects, or all "
            "objects of a bucket, are removed only with --yes or after confirmation at a "
            "terminal. All keys are listed before the first is removed: if the listing "
            "fails, nothing is removed.\n"
            "In a bucket with versioning, a removed object is kept as an earlier version, hidden "
            "by a delete marker. --all-versions permanently removes versions and markers, "
            "--version-id one of them; removing the marker restores the object.",
            "Examples:\n"
            "  decon-s3 rm s3://my-bucket/old.jsonl s3://my-bucket/older.jsonl\n"
            "  decon-s3 rm --dry-run 's3://my-bucket/tmp/*.gz'\n"
            "  decon-s3 rm -r s3://my-bucket/tmp/\n"
            "  decon-s3 rm -r --all-versions s3://my-bucket/tmp/\n"
            "  decon-s3 rm -r --yes --exclude '*.keep' s3://my-bucket/tmp/\n"),
    .words_min = 1,
    .words_max = 100000,
    .needs_client = true,
    .again = "run it again to remove the rest",
    .run = run,
};

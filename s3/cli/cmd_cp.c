#include "s3/cli/transfer.h"

#include <sys/stat.h>

#include "base/fsutil.h"
#include "s3/cli/rows.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return str_ends_with(path, "/") || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* The part behind the last `/` of a path or key. */
static const char *own_name(const place *p)
{
    const char *text = p->is_object ? p->uri.key : p->path;
    const char *slash = strrchr(text, '/');
    return slash ? slash + 1 : text;
}

static bool check_name(const place *from, const char *target, err *e)
{
    if (place_is_standard(from))
        return err_set(e, ERR_USAGE,
                       "%s: standard input has no name; write the target's whole name", target);
    if (own_name(from)[0])
        return true;
    AUTO_FREE char *text = place_text(from);
    return err_set(e, ERR_USAGE, "%s: has no name of its own; write the target's whole name", text);
}

/* A target that is a folder or a bucket gets the source's own name. */
static bool complete_target(const place *from, place *to, err *e)
{
    if (to->is_object) {
        if (to->uri.key[0] && !str_ends_with(to->uri.key, "/"))
            return true;
        AUTO_FREE char *text = place_text(to);
        if (!check_name(from, text, e))
            return false;
        char *key = xasprintf("%s%s", to->uri.key, own_name(from));
        free(to->uri.key);
        to->uri.key = key;
        return true;
    }
    if (place_is_standard(to) || !is_folder(to->path))
        return true;
    if (!check_name(from, to->path, e))
        return false;
    AUTO_FREE char *folder = move(to->path);
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        folder[--len] = '\0';
    to->path = fs_join_below(folder, own_name(from), e);
    return to->path && fs_make_dirs(folder, e);
}

static bool check_places(const cli *c, const place *from, const place *to, err *e)
{
    if (!from->is_object && !to->is_object)
        return err_set(e, ERR_USAGE,
                       "one of SOURCE and TARGET must be an s3:// URI; cp(1) copies "
                       "files");
    if (c->config->recursive && (place_is_standard(from) || place_is_standard(to)))
        return err_set(e, ERR_USAGE, "--recursive copies folders: `-` is none");
    if (!c->config->recursive && from->is_object && !from->uri.key[0])
        return err_set(e, ERR_USAGE, "s3://%s: is a bucket; use --recursive", from->uri.bucket);
    return true;
}

static bool run(cli *c, err *e)
{
    AUTO(place) from = {0};
    AUTO(place) to = {0};
    AUTO(transfer_list) list = {0};
    if (!place_parse(c->words[0], &from, e) || !place_parse(c->words[1], &to, e) ||
        !check_places(c, &from, &to, e))
        return false;
    if (c->config->recursive) {
        if (!copy_tree_list(c, &from, &to, &list, e))
            return false;
    } else {
        if (!complete_target(&from, &to, e))
            return false;
        transfer_list_add(&list, &from, &to);
    }
    return transfers_run(c, &list, e) && print_flush(e);
}

/* clang-format off */
static const option rows_cp[] = {
    {.key = "recursive", .type = OPTION_BOOL, .offset = AT(recursive), .letter = 'r',
     .section = "Copying", .help = "A whole folder: all files or keys below SOURCE."},
    {.key = "content_type", .type = OPTION_STRING, .offset = AT(content_type), .metavar = "TYPE",
     .help = "Content-Type of uploads; else binary/octet-stream."},
    ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_cp = {
    .name = "cp",
    .summary = "copy files and objects, either way or inside the store",
    .options =
        SET(rows_cp, "cp", "decon-s3 cp [OPTION]... SOURCE TARGET",
            "SOURCE and TARGET are paths or s3:// URIs; one of them must be an s3:// URI. `-` is "
            "standard input or output. A TARGET that ends in / (or is a folder, or a bucket) gets "
            "the source's own name. A file appears under its name only when it is whole.",
            "Examples:\n"
            "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
            "  decon-s3 cp s3://my-bucket/data/train.jsonl.gz .\n"
            "  decon-s3 cp s3://my-bucket/a.jsonl s3://other-bucket/b.jsonl\n"
            "  zcat big.gz | decon-s3 cp - s3://my-bucket/big.jsonl\n"
            "  decon-s3 cp -r ./folder s3://my-bucket/folder/\n"),
    .words_min = 2,
    .words_max = 2,
    .needs_client = true,
    .run = run,
};

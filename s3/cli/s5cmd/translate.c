/* The table of s5cmd's commands and flags, and the translation. */
#include "s3/cli/s5cmd/translate.h"

#include <ctype.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/cli/commands/commands.h"
#include "s3/cli/s5cmd/arguments.h"

#define VALUE_MAX_BYTES ((size_t)64 * 1024)
#define NO_ALL_VERSIONS "takes one version: ls --all-versions prints the ids for --version-id"
#define NO_VERSION_MOVE "moves current objects; cp --version-id, then rm --version-id"

/* clang-format off */
#define ROWS_OF_PARTS                                                                              \
    {"concurrency", "c", true, S5CMD_NOTHING, NULL}, {"part-size", "p", true, S5CMD_MEBIBYTES, "part-size"}
#define ROW_RAW_FLAG     {"raw", NULL, false, S5CMD_SAME, "raw"}
#define ROW_EXCLUDE      {"exclude", NULL, true, S5CMD_SAME, "exclude"}
#define ROW_HUMANIZE     {"humanize", "H", false, S5CMD_SAME, "human-readable"}
#define ROW_VERSION      {"version-id", NULL, true, S5CMD_SAME, "version-id"}
#define ROW_ALL_VERSIONS {"all-versions", NULL, false, S5CMD_SAME, "all-versions"}
#define ROW_ONE_VERSION  {"all-versions", NULL, false, S5CMD_REFUSED, NO_ALL_VERSIONS}
#define ROWS_OF_OBJECTS                                                                            \
    {"storage-class", NULL, true, S5CMD_SAME, "storage-class"},                                    \
    {"metadata", NULL, true, S5CMD_PAIR, "metadata"},                                              \
    {"sse", NULL, true, S5CMD_SAME, "sse"},                                                        \
    {"sse-kms-key-id", NULL, true, S5CMD_SAME, "sse-kms-key-id"},                                  \
    {"acl", NULL, true, S5CMD_SAME, "acl"},                                                        \
    {"cache-control", NULL, true, S5CMD_SAME, "cache-control"},                                    \
    {"expires", NULL, true, S5CMD_SAME, "expires"},                                                \
    {"content-type", NULL, true, S5CMD_SAME, "content-type"},                                      \
    {"content-encoding", NULL, true, S5CMD_SAME, "content-encoding"},                              \
    {"content-disposition", NULL, true, S5CMD_SAME, "content-disposition"}, ROW_RAW_FLAG, ROWS_OF_PARTS
#define ROWS_OF_TRANSFERS                                                                          \
    ROWS_OF_OBJECTS, ROW_EXCLUDE, {"include", NULL, true, S5CMD_SAME, "include"},                  \
    {"no-follow-symlinks", NULL, false, S5CMD_SAME, "no-follow-symlinks"},                         \
    {"metadata-directive", NULL, true, S5CMD_CAPITALS, "metadata-directive"},                      \
    {"force-glacier-transfer", NULL, false, S5CMD_NOTHING, NULL},                                  \
    {"ignore-glacier-warnings", NULL, false, S5CMD_NOTHING, NULL},                                 \
    {"source-region", NULL, true, S5CMD_NOTHING, NULL},                                            \
    {"destination-region", NULL, true, S5CMD_NOTHING, NULL},                                       \
    {"no-such-upload-retry-count", NULL, true, S5CMD_NOTHING, NULL}

#define ROWS_OF_COPIES                                                                             \
    {"flatten", "f", false, S5CMD_SAME, "flatten"},                                                \
    {"no-clobber", "n", false, S5CMD_SAME, "no-clobber"},                                          \
    {"if-size-differ", "s", false, S5CMD_SAME, "if-size-differ"},                                  \
    {"if-source-newer", "u", false, S5CMD_SAME, "if-source-newer"},                                \
    {"show-progress", "sp", false, S5CMD_NOTHING, NULL}, ROWS_OF_TRANSFERS

static const s5cmd_flag copy_rows[] = {ROWS_OF_COPIES, ROW_VERSION, ROW_ONE_VERSION};
static const s5cmd_flag move_rows[] = {
    ROWS_OF_COPIES, {"version-id", NULL, true, S5CMD_REFUSED, NO_VERSION_MOVE}, ROW_ONE_VERSION,
};
static const s5cmd_flag sync_rows[] = {
    {"delete", NULL, false, S5CMD_SAME, "delete"}, {"size-only", NULL, false, S5CMD_SAME, "size-only"},
    {"exit-on-error", NULL, false, S5CMD_NOTHING, NULL}, ROWS_OF_TRANSFERS,
};
static const s5cmd_flag pipe_rows[] = {{"no-clobber", "n", false, S5CMD_SAME, "no-clobber"}, ROWS_OF_OBJECTS};
static const s5cmd_flag rm_rows[] = {
    ROW_RAW_FLAG, ROW_EXCLUDE, {"include", NULL, true, S5CMD_SAME, "include"}, ROW_ALL_VERSIONS, ROW_VERSION,
};
static const s5cmd_flag ls_rows[] = {
    {"etag", "e", false, S5CMD_SAME, "etag"}, ROW_HUMANIZE, {"storage-class", "s", false, S5CMD_SAME, "show-class"},
    ROW_EXCLUDE, ROW_ALL_VERSIONS, {"show-fullpath", NULL, false, S5CMD_SAME, "show-fullpath"},
};
static const s5cmd_flag du_rows[] = {
    {"group", "g", false, S5CMD_SAME, "by-class"}, ROW_HUMANIZE, ROW_EXCLUDE, ROW_ALL_VERSIONS, ROW_VERSION,
};
static const s5cmd_flag cat_rows[] = {ROW_RAW_FLAG, ROW_VERSION, ROW_ONE_VERSION, ROWS_OF_PARTS};
static const s5cmd_flag head_rows[] = {ROW_RAW_FLAG, ROW_VERSION, ROW_ONE_VERSION};
static const s5cmd_flag presign_rows[] = {{"expire", NULL, true, S5CMD_DURATION, "expires-in"}, ROW_VERSION};

static const s5cmd_flag version_rows[] = {{"set", NULL, true, S5CMD_SAME, "set"}};

#define FLAGS(array) {(array), ARRAY_LEN(array)}
#define COPY_USAGE   "SOURCE TARGET"
const s5cmd_row s5cmd_rows[] = {
    {"ls", "list buckets and objects", "[s3://BUCKET[/PREFIX]]", NULL, &s5cmd_command_ls, FLAGS(ls_rows), s5cmd_prepare_list},
    {"cp", "copy objects", COPY_USAGE, "cp", NULL, FLAGS(copy_rows), s5cmd_prepare_copy},
    {"rm", "remove objects", "s3://BUCKET/KEY...", "rm", NULL, FLAGS(rm_rows), s5cmd_prepare_remove},
    {"mv", "move/rename objects", COPY_USAGE, "mv", NULL, FLAGS(move_rows), s5cmd_prepare_copy},
    {"mb", "make bucket", "s3://BUCKET", "mb", NULL, {NULL, 0}, s5cmd_prepare_bucket},
    {"rb", "remove bucket", "s3://BUCKET", "rb", NULL, {NULL, 0}, s5cmd_prepare_bucket},
    {"du", "show object size usage", "s3://BUCKET[/PREFIX]", NULL, &s5cmd_command_du, FLAGS(du_rows), s5cmd_prepare_sum},
    {"cat", "print remote object content", "s3://BUCKET/KEY", "cat", NULL, FLAGS(cat_rows), s5cmd_prepare_cat},
    {"run", "run commands in batch", "[FILE]", "run", NULL, {NULL, 0}, s5cmd_prepare_run},
    {"sync", "sync objects", COPY_USAGE, "sync", NULL, FLAGS(sync_rows), s5cmd_prepare_sync},
    {"head", "print remote object metadata", "s3://BUCKET[/KEY]", NULL, &s5cmd_command_head, FLAGS(head_rows), s5cmd_prepare_one},
    {"pipe", "stream to remote from stdin", "s3://BUCKET/KEY", "cp", NULL, FLAGS(pipe_rows), s5cmd_prepare_pipe},
    {"presign", "print remote object presign url", "s3://BUCKET/KEY", "presign", NULL, FLAGS(presign_rows), s5cmd_prepare_one},
    {"select", "S3 Select is not offered; use cat, and a program that reads JSON or CSV", NULL, NULL, NULL, {NULL, 0}, NULL},
    {"bucket-version", "configure bucket versioning", "s3://BUCKET", NULL, &s5cmd_command_bucket_version, FLAGS(version_rows), s5cmd_prepare_bucket},
};
/* clang-format on */
const size_t s5cmd_row_count = ARRAY_LEN(s5cmd_rows);

const s5cmd_row *s5cmd_find(const char *name)
{
    for (size_t i = 0; i < s5cmd_row_count; i++)
        if (str_equal(s5cmd_rows[i].name, name))
            return &s5cmd_rows[i];
    return NULL;
}

/* --- flags --- */

/* NAME="VALUE", with quotes and backslashes escaped: a comma does not begin another pair. */
static bool append_pair(const char *flag, const char *text, buf *out, err *e)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return err_set(e, ERR_USAGE, "--%s '%s': write NAME=VALUE", flag, text);
    buf_append(out, text, (size_t)(equals + 1 - text));
    buf_append_char(out, '"');
    for (const char *p = equals + 1; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *p);
    }
    buf_append_char(out, '"');
    return true;
}

static bool append_value(const s5cmd_flag *row, const char *value, buf *out, err *e)
{
    uint64_t number = 0;
    switch ((s5cmd_meaning)row->meaning) {
    case S5CMD_MEBIBYTES:
        if (!num_parse_u64(value, &number))
            return err_set(e, ERR_USAGE, "--%s '%s': is not a number of MiB", row->name, value);
        buf_printf(out, "%lluMiB", (unsigned long long)number);
        return true;
    case S5CMD_DURATION:
        if (!s5cmd_duration(value, &number, e))
            return err_context(e, "--%s", row->name);
        buf_printf(out, "%llu", (unsigned long long)number);
        return true;
    case S5CMD_PAIR:
        return append_pair(row->name, value, out, e);
    case S5CMD_CAPITALS:
        for (; *value; value++)
            buf_append_char(out, (char)toupper((unsigned char)*value));
        return true;
    default:
        buf_append_str(out, value);
        return true;
    }
}

static bool add_flag(line_words *out, const s5cmd_flag *row, const char *value, err *e)
{
    AUTO(buf) word = BUF(VALUE_MAX_BYTES);
    if (row->meaning == S5CMD_REFUSED)
        return err_set(e, ERR_USAGE, "--%s: %s", row->name, row->ours);
    if (row->meaning == S5CMD_NOTHING)
        return true;
    buf_printf(&word, "--%s", row->ours);
    if (value) {
        buf_append_char(&word, '=');
        if (!append_value(row, value, &word, e))
            return false;
    }
    line_words_add(out, buf_str(&word));
    return true;
}

static bool add_flags(const s5cmd_row *command, const line_words *from, int *first, bool *raw,
                      line_words *out, err *e)
{
    const s5cmd_flag *row;
    const char *value;
    for (*first = 1;;) {
        if (!s5cmd_next_flag(&command->flags, from->words, from->count, first, &row, &value, e))
            return false;
        if (!row)
            return true;
        *raw |= row->ours && str_equal(row->ours, "raw");
        if (!add_flag(out, row, value, e))
            return false;
    }
}

/* --- the whole --- */

/* Presigned URLs are valid for three hours, unless --expire says otherwise. */
static void add_defaults(const s5cmd_row *command, line_words *out)
{
    if (str_equal(command->name, "presign"))
        line_words_add(out, "--expires-in=3h");
}

static bool translate(const s5cmd_row *command, const line_words *from, line_words *out, err *e)
{
    int first = 1;
    bool raw = false;
    line_words_add(out, command->ours ? command->ours : command->name);
    add_defaults(command, out);
    if (!add_flags(command, from, &first, &raw, out, e) ||
        !command->prepare(from->words + first, from->count - first, raw, out, e))
        return false;
    if (!str_equal(out->words[out->count - 1], "-"))
        line_words_add(out, "--");
    for (int i = first; i < from->count; i++)
        line_words_add(out, from->words[i]);
    return true;
}

const cli_command *s5cmd_translate(line_words *words, err *e)
{
    AUTO(line_words) out = {0};
    const s5cmd_row *row = s5cmd_find(words->words[0]);
    if (!row) {
        err_set(e, ERR_USAGE, "command not found");
        return NULL;
    }
    if (!row->usage) {
        err_set(e, ERR_USAGE, "%s: %s", row->name, row->summary);
        return NULL;
    }
    if (!translate(row, words, &out, e))
        return NULL;
    const cli_command *command = row->ours ? cli_find_command(out.words[0], e) : row->command;
    line_words swap = *words;
    *words = out;
    out = swap;
    return command;
}

#include "s3/cli/s5cmd/arguments.h"

#include "decon/base/buf.h"
#include "base/util.h"

#include <sys/stat.h>

#define REMOTE "s3://"

static bool is_remote(const char *word)
{
    return str_starts_with(word, REMOTE);
}

/* The key of s3://bucket/key; "" for a bucket. */
static const char *key_of(const char *word)
{
    const char *slash = strchr(word + strlen(REMOTE), '/');
    return slash ? slash + 1 : "";
}

static bool has_glob(const char *word, bool raw)
{
    return !raw && strpbrk(word, "*?");
}

/* A bucket, or a key that ends in a slash. */
static bool is_folder(const char *word)
{
    const char *key = is_remote(word) ? key_of(word) : NULL;
    return key && (!key[0] || str_ends_with(key, "/"));
}

static bool is_local_directory(const char *word)
{
    struct stat st;
    return !is_remote(word) && stat(word, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool expect(bool fits, const char *text, err *e)
{
    return fits || err_set(e, ERR_USAGE, "%s", text);
}

static bool check_target(const char *from, const char *to, bool raw, err *e)
{
    if (has_glob(to, raw))
        return err_set(e, ERR_USAGE, "target \"%s\" can not contain glob characters", to);
    bool many = has_glob(from, raw) || is_local_directory(from);
    if (many && is_remote(to) && !is_folder(to))
        return err_set(e, ERR_USAGE, "target \"%s\" must be a bucket or a prefix", to);
    return expect(is_remote(from) || is_remote(to),
                  "local->local copy operations are not permitted", e);
}

bool s5cmd_prepare_copy(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(out);
    return expect(count == 2, "expected source and destination arguments", e) &&
           check_target(words[0], words[1], raw, e) &&
           expect(!is_folder(words[0]), "source argument must contain wildcard character", e);
}

/* A folder without a trailing slash keeps its name below the target, as with cp. */
static void keep_folder_name(char **words)
{
    const char *slash = strrchr(words[0], '/');
    const char *name = slash ? slash + 1 : words[0];
    if (!name[0] || str_equal(name, ".") || str_equal(name, ".."))
        return;
    char *below = xasprintf("%s%s%s", words[1], str_ends_with(words[1], "/") ? "" : "/", name);
    free(words[1]);
    words[1] = below;
}

/* sync of decon-s3 is for folders: single files and local patterns are copied where they differ. */
bool s5cmd_prepare_sync(char **words, int count, bool raw, line_words *out, err *e)
{
    if (!s5cmd_prepare_copy(words, count, raw, out, e))
        return false;
    const char *from = words[0];
    if (is_local_directory(from)) {
        keep_folder_name(words);
        return true;
    }
    if (is_remote(from) && has_glob(from, raw))
        return true;
    for (int i = 1; i < out->count; i++) {
        if (str_equal(out->words[i], "--delete"))
            return err_set(e, ERR_USAGE,
                           "%s: --delete needs a whole folder as source: name the folder, and use "
                           "--include",
                           from);
        if (str_equal(out->words[i], "--size-only"))
            line_words_remove(out, i--, 1);
    }
    free(out->words[0]);
    out->words[0] = xstrdup("cp");
    line_words_add(out, "--if-size-differ");
    line_words_add(out, "--if-source-newer");
    return true;
}

bool s5cmd_prepare_pipe(char **words, int count, bool raw, line_words *out, err *e)
{
    if (!expect(count == 1, "expected destination argument", e) ||
        !expect(is_remote(words[0]), "destination must be a bucket", e))
        return false;
    if (is_folder(words[0]))
        return err_set(e, ERR_USAGE, "target \"%s\" must be an object", words[0]);
    if (has_glob(words[0], raw))
        return err_set(e, ERR_USAGE, "target \"%s\" can not contain glob characters", words[0]);
    line_words_add(out, "--");
    line_words_add(out, "-");
    return true;
}

/* Whether a flag of ours is set; `flag` may end in `=`. */
static bool has_flag(const line_words *out, const char *flag)
{
    for (int i = 1; i < out->count; i++)
        if (str_ends_with(flag, "=") ? str_starts_with(out->words[i], flag)
                                     : str_equal(out->words[i], flag))
            return true;
    return false;
}

static bool check_versions(const line_words *out, err *e)
{
    return expect(!has_flag(out, "--all-versions") || !has_flag(out, "--version-id="),
                  "it is not allowed to combine \"all-versions\" and \"version-id\" flags", e);
}

bool s5cmd_prepare_remove(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(raw);
    if (!expect(count > 0, "expected at least 1 object to remove", e) || !check_versions(out, e) ||
        !expect(count == 1 || !has_flag(out, "--version-id="),
                "version-id flag can only be used with single source object", e))
        return false;
    for (int i = 0; i < count; i++) {
        if (!is_remote(words[i]))
            return err_set(e, ERR_USAGE, "%s: is not an s3:// URI; rm(1) is for files", words[i]);
        if (is_folder(words[i]))
            return err_set(e, ERR_USAGE,
                           "s3 bucket/prefix cannot be used for delete operations (forgot wildcard "
                           "character?)");
    }
    return true;
}

bool s5cmd_prepare_cat(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(raw);
    UNUSED(out);
    if (!expect(count == 1, "expected only one argument", e) ||
        !expect(is_remote(words[0]), "source must be a remote object", e))
        return false;
    return !is_folder(words[0]) ||
           err_set(e, ERR_USAGE, "%s: is a bucket or prefix; write %s%s* for all below it",
                   words[0], words[0], str_ends_with(words[0], "/") ? "" : "/");
}

bool s5cmd_prepare_bucket(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(raw);
    UNUSED(out);
    return expect(count == 1, "expected only 1 argument", e) &&
           expect(is_remote(words[0]) && !key_of(words[0])[0], "invalid s3 bucket", e);
}

bool s5cmd_prepare_one(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(out);
    if (!expect(count == 1, "expected remote object url", e) ||
        !expect(is_remote(words[0]), "source must be a remote object", e))
        return false;
    return !has_glob(words[0], raw) ||
           err_set(e, ERR_USAGE, "remote source \"%s\" can not contain glob characters", words[0]);
}

bool s5cmd_prepare_list(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(raw);
    UNUSED(out);
    if (!expect(count <= 1, "expected only 1 argument", e))
        return false;
    return count == 0 || is_remote(words[0]) ||
           err_set(e, ERR_USAGE, "%s: is not an s3:// URI; ls(1) and du(1) are for files",
                   words[0]);
}

bool s5cmd_prepare_sum(char **words, int count, bool raw, line_words *out, err *e)
{
    return expect(count == 1, "expected only 1 argument", e) && check_versions(out, e) &&
           s5cmd_prepare_list(words, count, raw, out, e);
}

bool s5cmd_prepare_run(char **words, int count, bool raw, line_words *out, err *e)
{
    UNUSED(words);
    UNUSED(raw);
    UNUSED(out);
    return expect(count <= 1, "expected only 1 file", e);
}

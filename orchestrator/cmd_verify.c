#include "orchestrator/cmd_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsutil.h"
#include "base/log.h"
#include "orchestrator/codec_memory.h"

#define READ_BYTES ((size_t)256 << 10)

typedef struct verify_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    bool json;
} verify_config;

/* ---- options: the orchestrator's, but for what makes up a run ---- */

static const option json_row = {
    .key = "json",
    .type = OPTION_BOOL,
    .offset = offsetof(verify_config, json),
    .flags = OPTION_FLAG_ONLY,
    .fallback = "false",
    .section = "Output",
    .help = "One JSON object a file: its name, \"ok\", and the verdict or the fault.",
};

static bool concerns_runs_only(const option *row)
{
    static const char *const keys[] = {
        "redo",        "copy_uncontaminated", "dry_run",       "max_files_debug",
        "server_url",  "max_concurrent_jobs", "poll_interval", "server_wait",
        "disk_budget", "cleanup_delay",       "host_index",    "host_count",
        "gzip_level",  "zstd_level",          "bzip2_level",   "xz_level",
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_equal(row->key, keys[i]))
            return true;
    return str_starts_with(row->key, "remote_") || str_starts_with(row->key, "print_") ||
           (row->flags & OPTION_ACCEPTED);
}

/* A heading goes to the first row that is kept below it. */
static size_t pick_rows(option *rows)
{
    size_t count = 0;
    const char *section = NULL, *written = NULL;
    rows[count++] = json_row;
    for (size_t i = 0; i < config_options.row_count && count < CMD_VERIFY_ROWS_MAX; i++) {
        const option *row = &config_options.rows[i];
        section = row->section ? row->section : section;
        if (concerns_runs_only(row))
            continue;
        rows[count] = *row;
        rows[count].section = section == written ? NULL : section;
        rows[count++].flags &= ~(unsigned)OPTION_REQUIRED;
        written = section;
    }
    return count;
}

option_set cmd_verify_options(option *rows)
{
    return (option_set){
        .rows = rows,
        .row_count = pick_rows(rows),
        .program = "decon-orchestrator verify",
        .usage = "decon-orchestrator verify [options] FILE|s3://BUCKET/KEY|-...",
        .intro =
            "Decodes each file to its end and checks each line, as a run does before it submits "
            "a file; `-` is standard input. An object is read while it is downloaded.",
        .epilogue = "Exit status:\n"
                    "  0    all are sound\n"
                    "  1    one could not be read\n"
                    "  2    usage or configuration\n"
                    "  3    some are not sound\n",
        .ignore_unknown_keys = true, /* a run's file holds more */
    };
}

static bool read_options(const option_set *set, int argc, char **argv,
                         const char *(*getenv_fn)(const char *name), verify_config *out,
                         int *positional, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    const char *file = options_peek(argc, argv, "config", 'c');
    *positional = argc;
    if (!options_defaults(set, out, e) || (file && !options_yaml(set, file, out, origins, e)) ||
        !options_environment(set, getenv_fn, out, origins, e) ||
        !options_arguments(set, argc, argv, out, origins, positional, e))
        return false;
    if (out->config.help || out->config.version)
        return true;
    if (!codec_gzip_decoder_check((codec_gzip_decoder)out->config.gzip_decoder, e))
        return false;
    return *positional < argc ||
           err_set(e, ERR_USAGE, "verify: no file is named; see decon-orchestrator verify --help");
}

/* ---- local files ---- */

static bool read_all(verify *v, int fd, const char *name, err *e)
{
    AUTO_FREE char *piece = xcalloc(1, READ_BYTES);
    for (;;) {
        ssize_t got = read(fd, piece, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot be read", name);
        if (got == 0)
            return true;
        if (!verify_feed(v, (slice){.data = piece, .len = (size_t)got}, e))
            return false;
    }
}

static void advise(const config *c, const verify *v, err *e)
{
    if (e->code != ERR_CODEC_MEMORY || verify_memory_needed(v) <= c->codec_memory_bytes)
        return;
    codec_memory *memory = codec_memory_new(c->codec_memory_bytes);
    codec_memory_advise(memory, e);
    codec_memory_free(memory);
}

static bool verify_local(const config *c, const char *name, verdict *out, err *e)
{
    bool standard_input = str_equal(name, "-");
    AUTO_FD opened = standard_input ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    int fd = standard_input ? STDIN_FILENO : opened;
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", name);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only; pipes refuse it */
    codec_options codec = config_codec(c, CODEC_PLAIN);
    codec.memory_bytes = c->codec_memory_bytes;
    AUTO_PTR(verify)
    v = verify_new(&(verify_options){.level = (verify_level)c->verify,
                                     .name = name,
                                     .jsonl = config_jsonl(c),
                                     .codec = codec},
                   e);
    if (v && read_all(v, fd, name, e) && verify_finish(v, out, e)) {
        out->suffix_differs = out->suffix_differs && !standard_input;
        return true;
    }
    advise(c, v, e);
    return false;
}

/* ---- the command ---- */

/* What says something of the file's bytes, and not of the way to them. */
static bool is_fault_of_file(err_code code)
{
    switch (code) {
    case ERR_CODEC_EARLY_END:
    case ERR_CODEC_CORRUPT:
    case ERR_CODEC_TRAILING:
    case ERR_CODEC_UNSUPPORTED:
    case ERR_CODEC_MEMORY:
    case ERR_JSONL:
    case ERR_UTF8:
    case ERR_LIMIT:
        return true;
    default:
        return false;
    }
}

static bool verify_one(const config *c, const char *(*getenv_fn)(const char *name),
                       verify_remote **remote, const char *name, verdict *found, err *e)
{
    if (!str_starts_with(name, "s3://"))
        return verify_local(c, name, found, e);
    if (!*remote && !(*remote = verify_remote_new(c, getenv_fn, e)))
        return false;
    return verify_remote_run(*remote, name, found, e);
}

static int verify_names(const verify_config *v, const char *(*getenv_fn)(const char *name),
                        char **names, FILE *out)
{
    const config *c = &v->config;
    verify_remote *remote = NULL;
    bool unsound = false, unread = false;
    for (; *names; names++) {
        verdict found = {0};
        err e = ERR_INIT;
        bool ok = verify_one(c, getenv_fn, &remote, *names, &found, &e);
        unsound |= !ok && is_fault_of_file(e.code);
        unread |= !ok && !is_fault_of_file(e.code);
        if (v->json)
            verify_print_json(out, *names, &found, ok ? NULL : &e);
        else
            verify_print_text(out, *names, &found, ok ? NULL : &e, c->content_key);
        fflush(out);
    }
    verify_remote_free(remote);
    if (ferror(out)) {
        log_error("verify: cannot write the results");
        return 1;
    }
    return unread ? 1 : unsound ? 3 : 0;
}

int cmd_verify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[CMD_VERIFY_ROWS_MAX];
    option_set set = cmd_verify_options(rows);
    verify_config v = {.json = false};
    err e = ERR_INIT;
    int positional, status;
    if (!read_options(&set, argc, argv, getenv_fn, &v, &positional, &e)) {
        log_error("%s", e.message);
        status = err_exit_status(&e);
    } else if (v.config.help || v.config.version) {
        if (v.config.help)
            options_help(&set, out);
        else
            fprintf(out, "decon-orchestrator %s\n", DECON_VERSION);
        status = fflush(out) == 0 ? 0 : 1;
    } else {
        log_setup(&(log_options){.level = (log_level)v.config.log_level,
                                 .json = v.config.log_json,
                                 .fd = STDERR_FILENO});
        status = verify_names(&v, getenv_fn, argv + positional, out);
    }
    options_deinit(&set, &v);
    return status;
}

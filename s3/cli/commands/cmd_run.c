/* Runs a file with one command per line. Lines are read in order; the transfers and removals that
 * they start run concurrently with later lines. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/session/jobs.h"
#include "s3/cli/commands/command_line.h"
#include "s3/cli/session/line_reader.h"
#include "s3/cli/session/print.h"
#include "s3/cli/session/progress.h"
#include "s3/cli/commands/commands.h"
#include "s3/cli/commands/option_rows.h"

/* One line, until everything that it started has ended. */
typedef struct run_line {
    cli c; /* first */
    cli_config config;
    line_words words;
    struct running *owner;
    bool returned; /* its command function has returned */
} run_line;

typedef struct running {
    cli *c; /* of `run` itself */
    const char *name;
    bool noted; /* logged that some flags have no effect */
} running;

static void line_free(run_line *l)
{
    l->owner->c->errors += l->c.errors;
    cli_print_repeated(&l->c);
    if (l->c.command)
        options_deinit(&l->c.command->options, &l->config);
    line_words_free(&l->words);
    free(l->c.typed);
    free(l);
}

static void on_idle(cli *c)
{
    run_line *l = (run_line *)c;
    if (l->returned)
        line_free(l);
}

/* s5cmd's flags for part sizes and bucket regions: this client determines both itself. */
static const struct {
    const char *flag;
    bool has_value;
} without_meaning[] = {
    {"-c", true},
    {"--concurrency", true},
    {"-p", true},
    {"--part-size", true},
    {"--source-region", true},
    {"--destination-region", true},
    {"--show-progress", false},
    {"-sp", false},
    {"--sp", false},
    {"--force-glacier-transfer", false},
    {"--ignore-glacier-warnings", false},
};

/* The number of words of the flag at w->words[i]; 0 if it is another one. */
static int meaningless(const line_words *w, int i)
{
    for (size_t k = 0; k < ARRAY_LEN(without_meaning); k++) {
        size_t len = strlen(without_meaning[k].flag);
        if (strncmp(w->words[i], without_meaning[k].flag, len) != 0)
            continue;
        if (w->words[i][len] == '=')
            return 1;
        if (!w->words[i][len])
            return without_meaning[k].has_value && i + 1 < w->count ? 2 : 1;
    }
    return 0;
}

static void drop_meaningless(running *r, line_words *w)
{
    for (int i = 1; i < w->count && !str_equal(w->words[i], "--");) {
        int count = meaningless(w, i);
        if (count == 0) {
            i++;
            continue;
        }
        if (!r->noted)
            log_warn("%s: %s and similar flags have no effect here: this client determines "
                     "regions, part "
                     "sizes and concurrency itself (see run --part-size, --workers)",
                     r->name, w->words[i]);
        r->noted = true;
        line_words_remove(w, i, count);
    }
}

static bool is_runnable(const cli_command *command, err *e)
{
    static const char *const not_here[] = {"run", "serve", "completion"};
    for (size_t i = 0; i < ARRAY_LEN(not_here); i++)
        if (str_equal(command->name, not_here[i]))
            return err_set(e, ERR_USAGE, "%s: not allowed in a command file", command->name);
    return true;
}

static bool is_flag(const char *word, const char *key)
{
    if (!str_starts_with(word, "--"))
        return false;
    for (word += 2; *key; word++, key++)
        if (*word != (*key == '_' ? '-' : *key))
            return false;
    return *word == '\0' || *word == '=';
}

static bool is_for_lines_too(const char *key)
{
    static const char *const keys[] = {"yes", "dry_run", "quiet", "progress", "json", "help"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_equal(keys[i], key))
            return true;
    return false;
}

/* All lines share one client and one log, so flags for these belong to `run` itself. */
static bool check_flags(const run_line *l, err *e)
{
    const option_set *set = &l->owner->c->command->options;
    for (int i = 0; i < l->c.flag_count; i++)
        for (size_t k = 0; k < set->row_count; k++)
            if (!is_for_lines_too(set->rows[k].key) && is_flag(l->c.flags[i], set->rows[k].key))
                return err_set(e, ERR_USAGE, "%s: set it for `decon-s3 run` itself", l->c.flags[i]);
    return true;
}

/* Options of `run` apply to each line. */
static void inherit(run_line *l, const cli_config *o)
{
    l->config.json |= o->json;
    l->config.dry_run |= o->dry_run;
    l->config.yes |= o->yes;
    l->config.quiet |= o->quiet;
}

/* NULL on failure. */
static const cli_command *find_command(running *r, run_line *l, err *e)
{
    line_words *w = &l->words;
    if (l->c.style)
        return l->c.style->read_line(&l->c, w, e);
    if (str_equal(w->words[0], "s5cmd") || str_equal(w->words[0], "decon-s3"))
        line_words_remove(w, 0, 1);
    if (w->count > 0 && w->words[0][0] == '-' && !cli_command_first(w->count, w->words, e))
        return NULL;
    if (w->count == 0) {
        err_set(e, ERR_USAGE, "no command");
        return NULL;
    }
    const cli_command *command = cli_find_command(w->words[0], e);
    if (command)
        drop_meaningless(r, w);
    return command;
}

static bool run_words(running *r, run_line *l, err *e)
{
    line_words *w = &l->words;
    const cli_command *command = find_command(r, l, e);
    if (!command || !is_runnable(command, e))
        return false;
    if (!cli_parse(command, w->count, w->words, &l->config, &l->c, e)) {
        if (!l->c.style)
            cli_explain_flag(command, w->count, w->words, e);
        l->c.command = command; /* its rows define the configuration's members */
        l->c.config = &l->config;
        inherit(l, r->c->config);
        return false;
    }
    inherit(l, r->c->config);
    if (l->config.help)
        return err_set(e, ERR_USAGE, "--help: not allowed in a command file");
    return check_flags(l, e) && command->run(&l->c, e);
}

static void run_text(running *r, const char *text, unsigned number)
{
    run_line *l = xcalloc(1, sizeof *l);
    cli *c = r->c;
    err e = ERR_INIT;
    l->owner = r;
    l->c = (cli){.session = c->session,
                 .loop = c->loop,
                 .client = c->client,
                 .config = c->config,
                 .as_s5cmd = true,
                 .style = c->style,
                 .verifier = c->verifier,
                 .file = r->name,
                 .line = number,
                 .on_idle = on_idle};
    bool ok = line_split(text, &l->words, &e);
    if (ok && l->words.count > 0)
        ok = run_words(r, l, &e);
    if (!ok && !c->session->signal_number)
        cli_print_error(&l->c, &e);
    l->returned = true;
    if (l->c.jobs == 0)
        line_free(l);
}

static bool run_file(running *r, int fd, err *e)
{
    AUTO(lines) all = {0};
    char *text = NULL;
    unsigned number = 0;
    lines_init(&all, r->c, fd);
    for (;;) {
        if (!lines_next(&all, &text, e))
            return err_context(e, "%s:%u", r->name, number + 1);
        if (!text)
            return true;
        run_text(r, text, ++number);
        if (r->c->session->signal_number)
            return cli_interrupted(r->c, e);
        if (ferror(stdout))
            return print_flush(e);
        if (r->c->session->fatal)
            return cli_may_continue(r->c, e);
    }
}

static bool run(cli *c, err *e)
{
    const char *name = c->word_count > 0 ? c->words[0] : "-";
    bool standard = str_equal(name, "-");
    running r = {.c = c, .name = standard ? "standard input" : name};
    int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", name);
    cli_progress_of(c->session->progress)->planning++;
    bool ok = run_file(&r, fd, e);
    cli_progress_of(c->session->progress)->planning--;
    if (!standard)
        close(fd);
    /* Lines refer to `r` until their last job has ended. */
    err last = ERR_INIT;
    if (!jobs_drain(c, &last)) {
        jobs_cancel(c->session);
        *e = last;
        return false;
    }
    return ok;
}

/* clang-format off */
static const option rows[] = {
    ROW_YES, ROW_DRY_RUN, ROW_QUIET, ROW_PROGRESS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_run = {
    .name = "run",
    .summary = "run a file of commands concurrently",
    .options = SET(
        rows, "run", "decon-s3 run [OPTION]... [FILE]",
        "Runs the commands of FILE (or of standard input), one per line, as they would follow "
        "decon-s3 or s5cmd: arguments may be quoted, # begins a comment. Up to --workers transfers "
        "run concurrently, in no fixed order; a line that fails is reported with its number, "
        "other lines continue, and the exit status is 1.\n"
        "Files for s5cmd work unchanged: cp, mv, rm, ls, sync, cat, du, mb and rb, with -n, -s, "
        "-u, -f, --exclude, --include and --raw; cp and mv copy a local folder with all its "
        "content; --include alone selects only the matches; flags for parts and concurrency "
        "have no effect. rm with a pattern needs no confirmation, except for all of a bucket, "
        "which requires --yes.",
        "Examples:\n"
        "  decon-s3 run commands.txt\n"
        "  decon-s3 run --numworkers 128 --dry-run commands.txt\n"
        "  sed 's|.*|cp s3://my-bucket/& data/|' names.txt | decon-s3 run\n"),
    .words_min = 0,
    .words_max = 1,
    .needs_client = true,
    .again = "it starts over when run again: with -n or -s -u, cp skips existing copies",
    .run = run,
};

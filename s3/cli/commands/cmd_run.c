/* A file of commands, one a line. Lines are read one after the other; what they begin (transfers,
 * removals) goes on beside the lines that follow. */
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

/* One line, as long as something that it began is under way. */
typedef struct run_line {
    cli c; /* first */
    cli_config config;
    line_words words;
    struct running *owner;
    bool returned; /* from its command */
} run_line;

typedef struct running {
    cli *c; /* of `run` itself */
    const char *name;
    bool noted; /* that some flags have no meaning here */
} running;

static void line_free(run_line *l)
{
    l->owner->c->errors += l->c.errors;
    cli_print_alike(&l->c);
    if (l->c.command)
        options_deinit(&l->c.command->options, &l->config);
    line_words_free(&l->words);
    free(l);
}

static void on_idle(cli *c)
{
    run_line *l = (run_line *)c;
    if (l->returned)
        line_free(l);
}

/* Of s5cmd: how one object is cut into parts, and where buckets are, is this client's own affair. */
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

/* How many words the flag at w->words[i] takes, or 0 where it is another one. */
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
            log_warn("%s: %s and the like have no effect here: this client finds regions, sizes "
                     "and numbers of parts itself (run --part-size, --workers)",
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
            return err_set(e, ERR_USAGE, "%s: is no command for a command file", command->name);
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

/* All lines share one client and one log: their flags belong to `run` itself, which has them. */
static bool check_flags(const run_line *l, err *e)
{
    const option_set *set = &l->owner->c->command->options;
    for (int i = 0; i < l->c.flag_count; i++)
        for (size_t k = 0; k < set->row_count; k++)
            if (!is_for_lines_too(set->rows[k].key) && is_flag(l->c.flags[i], set->rows[k].key))
                return err_set(e, ERR_USAGE, "%s: belongs to `decon-s3 run` itself", l->c.flags[i]);
    return true;
}

/* What was said to `run` holds for each line. */
static void inherit(run_line *l, const cli_config *o)
{
    l->config.json |= o->json;
    l->config.dry_run |= o->dry_run;
    l->config.yes |= o->yes;
    l->config.quiet |= o->quiet;
}

static bool run_words(running *r, run_line *l, err *e)
{
    line_words *w = &l->words;
    if (str_equal(w->words[0], "s5cmd") || str_equal(w->words[0], "decon-s3"))
        line_words_remove(w, 0, 1);
    if (w->count > 0 && w->words[0][0] == '-' && !cli_command_first(w->count, w->words, e))
        return false;
    const cli_command *command = w->count > 0 ? cli_find_command(w->words[0], e) : NULL;
    if (!command)
        return w->count == 0 ? err_set(e, ERR_USAGE, "no command") : false;
    if (!is_runnable(command, e))
        return false;
    drop_meaningless(r, w);
    if (!cli_parse(command, w->count, w->words, &l->config, &l->c, e)) {
        l->c.command = command; /* whose rows say what the configuration holds */
        l->c.config = &l->config;
        inherit(l, r->c->config);
        return false;
    }
    inherit(l, r->c->config);
    if (l->config.help)
        return err_set(e, ERR_USAGE, "--help: is nothing for a command file");
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
        if (r->c->session->hopeless)
            return cli_has_hope(r->c, e);
    }
}

static bool run(cli *c, err *e)
{
    const char *name = c->word_count > 0 ? c->words[0] : "-";
    bool standard = str_equal(name, "-");
    running r = {.c = c, .name = standard ? "standard input" : name};
    int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", name);
    progress_of(c->session->progress)->planning++;
    bool ok = run_file(&r, fd, e);
    progress_of(c->session->progress)->planning--;
    if (!standard)
        close(fd);
    /* Lines hold on to `r` until their last job has ended. */
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
    .summary = "run a file of commands, side by side",
    .options = SET(
        rows, "run", "decon-s3 run [OPTION]... [FILE]",
        "Runs the commands of FILE (or of standard input), one a line, as they would stand behind "
        "decon-s3 or s5cmd: words in quotes, # begins a comment. Up to --workers transfers run "
        "side by side, in no fixed order; a line that fails is told with its number, the others go "
        "on, and the exit status is 1.\n"
        "Files for s5cmd work as they are: cp, mv, rm, ls, sync, cat, du, mb and rb, with -n, -s, "
        "-u, -f, --exclude, --include and --raw; cp and mv take a local folder with all that it "
        "holds; --include alone means these only; flags for parts and concurrency have no effect. "
        "Patterns of rm are taken as meant, but for all of a bucket, which wants --yes.",
        "Examples:\n"
        "  decon-s3 run commands.txt\n"
        "  decon-s3 run --numworkers 128 --dry-run commands.txt\n"
        "  sed 's|.*|cp s3://my-bucket/& data/|' names.txt | decon-s3 run\n"),
    .words_min = 0,
    .words_max = 1,
    .needs_client = true,
    .again =
        "run again, it begins with the first line: -n or -s -u let its cp leave out what is there",
    .run = run,
};

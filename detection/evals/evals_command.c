#include "base/util.h"
#include "detection/evals/evals_command.h"

#include <inttypes.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "detection/convert/convert.h"
#include "detection/data/sample_set.h"
#include "detection/evals/survey_print.h"

#define LINE_MAX_BYTES ((uint64_t)256 << 20) /* as the detection's max_line_size */

enum { EXIT_FAULTS = 3 };

typedef struct evals_config {
    char *dir, *set;
    bool stats, check, json, download, help, version;
    bool convert, renumber;
    char *config, *source_dir, *output_dir;
    char *tokenizer, *vocabulary_dir;
    bool dedup;
    int normalization;
    int64_t min_tokens, min_words;
} evals_config;

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(evals_config, member), .fallback = dflt,     \
        .flags = OPTION_FLAG_ONLY, __VA_ARGS__                                                     \
    }
/* clang-format on */
#define COUNT .min = 0, .max = 1000000000

static const char *const normal_choices[] = {"compatible", "extended", NULL};

static const option rows[] = {
    ROW("dir", OPTION_STRING, dir, NULL, .metavar = "DIR|sample", .section = "Show and check",
        .help = "Folder of evaluation files, as the argument; sample: the sample set."),
    ROW("eval", OPTION_STRING, set, NULL, .metavar = "NAME", .help = "Only this evaluation set."),
    ROW("stats", OPTION_BOOL, stats, "false",
        .help = "Also show the lengths of questions, answers and passages in tokens."),
    ROW("check", OPTION_BOOL, check, "false",
        .help = "Name each faulty line; exit status 3 if there is one."),
    ROW("json", OPTION_BOOL, json, "false", .help = "Write one JSON object."),
    ROW("convert", OPTION_BOOL, convert, "false", .section = "Make evaluation files",
        .help = "Write evaluation files for the benchmarks of --config."),
    ROW("config", OPTION_STRING, config, NULL, .letter = 'c', .metavar = "FILE",
        .help = "evals.yaml: sources, splits, and the fields of question and answers."),
    ROW("source_dir", OPTION_STRING, source_dir, NULL, .metavar = "DIR",
        .help = "Folder of downloaded files, for relative local_path and for hf_path/hf_config."),
    ROW("renumber", OPTION_BOOL, renumber, "false",
        .help = "Copy the files of DIR with a unique doc_id for each record."),
    ROW("output_dir", OPTION_STRING, output_dir, NULL, .metavar = "DIR",
        .help = "Folder for the new files; existing files are not replaced."),
    ROW("tokenizer", OPTION_STRING, tokenizer, "cl100k", .metavar = "NAME",
        .section = "Reading of records (as in the detection)",
        .help = "Tokenizer for counting tokens."),
    ROW("vocabulary_dir", OPTION_STRING, vocabulary_dir, NULL, .metavar = "DIR",
        .help = "Folder searched for byte-pair vocabularies before the default folders."),
    ROW("normalization", OPTION_ENUM, normalization, "compatible", .choices = normal_choices,
        .help = "As in the detection; extended counts text without spaces by tokens."),
    ROW("eval_dedup", OPTION_BOOL, dedup, "true",
        .help = "Drop records whose fingerprint occurs earlier in the same set."),
    ROW("eval_min_token_length", OPTION_INT, min_tokens, "20", COUNT,
        .help = "Drop records with fewer tokens; 0: keep all."),
    ROW("eval_min_unique_word_count", OPTION_INT, min_words, "4", COUNT,
        .help = "Drop records with fewer distinct words; 0: keep all."),
    ROW("download", OPTION_BOOL, download, "false", .section = "Others",
        .help = "Option of the reference tool; refused with advice."),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .help = "Show the version and exit."),
};

const option_set evals_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon evals",
    .usage = "decon evals [OPTION]... DIR\n"
             "decon evals --convert --config FILE --output-dir DIR [--source-dir DIR]\n"
             "decon evals --renumber --output-dir DIR DIR",
    .intro = "Shows the evaluation files of a folder: records by set and split, and how "
             "many of them the detection uses. Converts benchmarks in JSON Lines, JSON or CSV to "
             "evaluation files.",
    .epilogue =
        "Examples:\n"
        "  decon evals /data/evals\n"
        "  decon evals --stats --eval gsm8k /data/evals\n"
        "  decon evals --check /data/evals\n"
        "  decon evals --convert --config evals.yaml --source-dir downloads --output-dir evals\n"
        "\n"
        "Exit statuses: 0 done; 1 input or output failed; 2 usage; 3 --check found faulty\n"
        "lines, or --convert found no file of a split.",
};

static void print_fault(void *ctx, const char *path, uint64_t line, const char *cause)
{
    UNUSED(ctx);
    if (line > 0)
        log_warn("%s: line %" PRIu64 ": %s", path, line, cause);
    else
        log_warn("%s", cause); /* begins with the path */
}

static detect_settings settings_of(const evals_config *c)
{
    detect_settings s = detect_settings_default();
    s.tokenizer = c->tokenizer;
    s.vocabulary_dir = c->vocabulary_dir;
    s.extended_normal = c->normalization == 1;
    s.eval_dedup = c->dedup;
    s.eval_min_tokens = (size_t)c->min_tokens;
    s.eval_min_unique_words = (size_t)c->min_words;
    return s;
}

/* Yields the exit status; -1: e has the cause. */
static int show(const evals_config *c, err *e)
{
    const detect_settings settings = settings_of(c);
    const survey_options options = {
        .set = c->set, .max_line_bytes = LINE_MAX_BYTES, .on_fault = c->check ? print_fault : NULL};
    AUTO(survey) s = {0};
    if (!survey_init(&s, &settings, &options, e) || !survey_read(&s, c->dir, e))
        return -1;
    if (c->json)
        survey_print_json(&s, c->dir, stdout);
    else
        survey_print(&s, c->dir, c->stats, stdout);
    if (fflush(stdout) != 0)
        return err_set(e, ERR_IO, "standard output cannot be written") ? 0 : -1;
    if (s.faults > 0 && !c->check)
        log_warn("%s: %" PRIu64 " fault%s; list them with decon evals --check %s", c->dir, s.faults,
                 s.faults == 1 ? "" : "s", c->dir);
    return s.faults > 0 && c->check ? EXIT_FAULTS : 0;
}

static void print_result(void *ctx, const convert_result *r)
{
    size_t *missing = ctx;
    if (r->files == 0) {
        *missing += 1;
        log_warn("%s, split %s: no file found%s", r->set, r->split,
                 r->unreadable > 0
                     ? "; files of other formats than .jsonl, .json and .csv are not read"
                     : "");
        return;
    }
    printf("%s, split %s: %" PRIu64 " record%s of %" PRIu64 " row%s in %" PRIu64 " file%s", r->set,
           r->split, r->records, plural_s(r->records), r->rows, plural_s(r->rows), r->files,
           plural_s(r->files));
    if (r->without_question > 0)
        printf(", %" PRIu64 " row%s without a question", r->without_question,
               plural_s(r->without_question));
    if (r->renumbered > 0)
        printf(", %" PRIu64 " record%s renumbered", r->renumbered, plural_s(r->renumbered));
    putchar('\n');
}

static int convert(const evals_config *c, err *e)
{
    size_t missing = 0;
    const convert_options options = {.config = c->config,
                                     .output_dir = c->output_dir,
                                     .source_dir = c->source_dir,
                                     .set = c->set,
                                     .on_result = print_result,
                                     .ctx = &missing};
    if (!convert_run(&options, e))
        return -1;
    return missing > 0 ? EXIT_FAULTS : 0;
}

static int renumber(const evals_config *c, err *e)
{
    convert_result total;
    if (!convert_renumber(c->dir, c->output_dir, &total, e))
        return -1;
    printf("%" PRIu64 " record%s in %" PRIu64 " file%s, %" PRIu64 " renumbered\n", total.records,
           plural_s(total.records), total.files, plural_s(total.files), total.renumbered);
    return 0;
}

static int run(evals_config *c, err *e)
{
    if (c->dir && !sample_set_find(&c->dir, "decon evals", NULL, e))
        return -1;
    return c->convert ? convert(c, e) : c->renumber ? renumber(c, e) : show(c, e);
}

static bool check_output(const evals_config *c, err *e)
{
    if (c->convert && c->renumber)
        return err_set(e, ERR_USAGE, "--convert and --renumber exclude each other");
    if (c->convert && !c->config)
        return err_set(e, ERR_USAGE, "--convert needs --config FILE (evals.yaml)");
    return !(c->convert || c->renumber) || c->output_dir ||
           err_set(e, ERR_USAGE, "%s needs --output-dir DIR",
                   c->convert ? "--convert" : "--renumber");
}

static bool check_options(evals_config *c, int argc, char **argv, int positional, err *e)
{
    if (c->help || c->version)
        return true;
    if (c->download)
        return err_set(e, ERR_USAGE,
                       "--download is not offered; download the benchmark's files, then use "
                       "--convert --config evals.yaml --source-dir DIR");
    if (!check_output(c, e))
        return false;
    if (positional < argc && !c->dir)
        c->dir = xstrdup(argv[positional++]);
    if (positional < argc)
        return err_set(e, ERR_USAGE, "'%s': only one folder can be shown", argv[positional]);
    return c->dir || c->convert ||
           err_set(e, ERR_USAGE,
                   "no folder is named; give the folder of evaluation files "
                   "(decon evals --help)");
}

static bool read_options(evals_config *c, int argc, char **argv, err *e)
{
    const option_set *set = &evals_command_options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    int positional = argc;
    return options_defaults(set, c, e) &&
           options_arguments(set, argc, argv, c, origins, &positional, e) &&
           check_options(c, argc, argv, positional, e);
}

int evals_command(int argc, char **argv)
{
    err e = ERR_INIT;
    evals_config c = {0};
    int status = -1;
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    if (read_options(&c, argc, argv, &e)) {
        status = 0;
        if (c.help)
            options_help(&evals_command_options, stdout);
        else if (c.version)
            puts("decon " DECON_VERSION);
        else
            status = run(&c, &e);
    }
    options_deinit(&evals_command_options, &c);
    if (status >= 0)
        return status;
    log_error("decon evals: %s", e.message);
    return err_exit_status(&e);
}

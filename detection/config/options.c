/* The rows of the server's options (detection/config/config.h). */
#include "base/util.h"
#include "detection/config/config.h"
#include "detection/text/normalize.h"

/* clang-format off */
#define ROW(name, kind, member, dflt, ...)                                                         \
    {                                                                                              \
        .key = name, .type = kind, .offset = offsetof(server_config, member), .fallback = dflt,    \
        __VA_ARGS__                                                                                \
    }
#define ACCEPTED(name, kind)                                                                       \
    {                                                                                              \
        .key = name, .type = kind, .flags = OPTION_ACCEPTED | OPTION_KEY_ONLY,                     \
        .help = "Key of the reference server, which ignores it too."                       \
    }
/* clang-format on */

#define COUNT      .min = 0, .max = 1000000000
#define AT_LEAST_1 .min = 1, .max = 1000000000

static const char *const false_true[] = {"false", "true", NULL};
static const char *const normal_choices[] = {"compatible", "extended", NULL};
static const char *const recall_choices[] = {"standard", "high", NULL};
static const char *const bad_line_choices[] = {"refuse", "end-file", NULL};
static const char *const utf8_choices[] = {"fail", "skip", NULL};

static bool check_mode(const char *text, err *e)
{
    return str_equal(text, "simple") || err_set(e, ERR_CONFIG, "only simple is supported");
}

static bool check_decay(const char *text, err *e)
{
    uint64_t value;
    return str_equal(text, "none") || (num_parse_u64(text, &value) && value <= 1000000000) ||
           err_set(e, ERR_CONFIG, "allowed: a number of tokens, or none");
}

static const option rows[] = {
    /* The first SERVE_ALONE rows are for the server only, the last BATCH_ALONE for detect only. */
    ROW("port", OPTION_INT, port, "8080", .flags = OPTION_FLAG_ONLY, .min = 0, .max = 65535,
        .section = "HTTP", .help = "TCP port; 0: chosen by the system."),
    ROW("listen", OPTION_STRING, listen, "127.0.0.1", .metavar = "ADDRESS",
        .help = "Address or host name to listen on; an address that other hosts can reach requires "
                "allow_dir."),
    ROW("allow_host", OPTION_LIST, allow_host, NULL, .metavar = "NAME",
        .help = "Additional name to accept in the Host header, besides loopback names and the "
                "listen address."),
    ROW("port_file", OPTION_STRING, port_file, NULL, .flags = OPTION_FLAG_ONLY, .metavar = "FILE",
        .help = "Write the port to this file when the server is ready."),
    ROW("allow_dir", OPTION_LIST, allow_dir, NULL, .metavar = "DIR",
        .help = "Folder that must contain the files of jobs (links followed); default: all files "
                "are allowed."),

    ROW("share_group", OPTION_STRING, share_group, NULL, .metavar = "GROUP",
        .help = "Group (name or number) that may read results: modes 0640 and 2750 instead of 0600 "
                "and 0700."),

    ROW("config", OPTION_STRING, config, NULL, .letter = 'c', .flags = OPTION_FLAG_ONLY,
        .metavar = "FILE", .section = "General", .help = "Read options from this YAML file."),
    ROW("worker_threads", OPTION_INT, worker_threads, NULL, .min = 1, .max = 1024,
        .help = "Files processed at once; default: one per processor."),
    ROW("scan_threads", OPTION_INT, scan_threads, NULL, .min = 1, .max = 1024,
        .help =
            "Scanning threads, shared by the files being processed; default: one per processor."),
    ROW("mode", OPTION_STRING, mode, "simple", .flags = OPTION_KEY_ONLY, .check = check_mode,
        .help = "Detection mode; only simple exists."),
    ROW("verbose", OPTION_BOOL, verbose, "false", .letter = 'v', .help = "Log more details."),
    ROW("log_json", OPTION_BOOL, log_json, "false", .help = "Write log lines as JSON."),

    ROW("content_key", OPTION_STRING, content_key, "text", .section = "Input and output",
        .metavar = "KEY", .help = "Key of a document's text; dots separate nested keys."),
    ROW("evals_dir", OPTION_STRING, evals_dir, NULL, .metavar = "DIR|sample",
        .help = "Folder of evaluation files, searched recursively; required. sample: the sample "
                "set, for trials."),
    ROW("report_output_dir", OPTION_STRING, report_output_dir, NULL, .metavar = "DIR",
        .help = "Folder for reports; default: a new folder in the temporary directory (detect: "
                "reports)."),
    ROW("cleaned_output_dir", OPTION_STRING, cleaned_output_dir, NULL, .metavar = "DIR",
        .help = "Folder for cleaned files; default: as for reports (detect: cleaned)."),
    ROW("purify", OPTION_BOOL, purify, "false",
        .help = "Write a copy of each file without the contaminated lines."),
    ROW("training_dir", OPTION_STRING, training_dir, NULL, .metavar = "DIR",
        .help = "detect: folder of training files, unless arguments name files. Server: ignored."),
    ROW("max_line_size", OPTION_SIZE, max_line_size, "256MiB", .min = 1024, .max = 1073741824,
        .unit = "bytes",
        .help = "Longest line; a job with a longer one fails. Orchestrators read the limit from "
                "/health."),
    ROW("job_memory", OPTION_SIZE, job_memory, "2GiB", .min = 16777216, .max = 1099511627776.0,
        .unit = "bytes",
        .help = "Memory of a job's process besides the index and codec_memory; a job that needs "
                "more fails."),
    ROW("job_time_limit", OPTION_DURATION, job_time_limit_ms, "10m", .min = 0, .max = 604800,
        .help = "Time limit of a job, plus 1 s per MB of its text; 0: no limit."),
    ROW("codec_memory", OPTION_SIZE, codec_memory, "256MiB", .min = 1048576, .max = 1099511627776.0,
        .unit = "bytes",
        .help = "Memory of the decoder of one file; files made by zstd --long=31 need 2049MiB."),
    ROW("lenient", OPTION_BOOL, lenient, "false",
        .help = "Accept files that are not JSON Lines; lines without an object with a text stay "
                "unscanned."),
    ROW("invalid_utf8", OPTION_ENUM, invalid_utf8, "fail", .choices = utf8_choices,
        .help = "Lines of invalid UTF-8: fail the job, or keep them unscanned if other lines are "
                "readable."),

    ROW("tokenizer_str", OPTION_STRING, tokenizer, "cl100k", .alias = "tokenizer",
        .section = "Detection", .metavar = "NAME",
        .help = "Tokenizer: cl100k, o200k, p50k, p50k_edit, r50k (byte pairs), uniseg (UAX 29) or "
                "word."),
    ROW("vocabulary_dir", OPTION_STRING, vocabulary_dir, NULL, .metavar = "DIR",
        .help = "Folder searched for byte-pair vocabularies before the default folders."),
    ROW("normalization", OPTION_ENUM, normalization, "compatible", .choices = normal_choices,
        .help =
            "Form of compared text: as the reference; or NFKC, without HTML and invisible signs."),
    ROW("recall", OPTION_ENUM, recall, "standard", .choices = recall_choices,
        .help =
            "Copies to find: as the reference; or also those with changed words (more CPU time)."),
    ROW("punctuation_chars", OPTION_STRING, punctuation_chars, NORMALIZE_DEFAULT_PUNCTUATION,
        .flags = OPTION_KEY_ONLY, .help = "Characters that are replaced by spaces."),
    ROW("ngram_size", OPTION_INT, ngram_size, "5", AT_LEAST_1,
        .help = "Tokens per n-gram of a question."),
    ROW("sample_every_m_tokens", OPTION_INT, sample_every_m_tokens, "10", COUNT,
        .help = "Distance of the n-grams that are looked up, in tokens; 1: every n-gram."),
    ROW("question_max_consecutive_misses", OPTION_INT, question_max_consecutive_misses, "11",
        AT_LEAST_1, .help = "Consecutive n-grams without a match that end a cluster."),
    ROW("contamination_score_threshold", OPTION_FLOAT, contamination_score_threshold, "0.8",
        .min = 0, .max = 1, .help = "Lowest score of a contaminated document."),
    ROW("report_threshold", OPTION_FLOAT, report_threshold, NULL, .min = 0.01, .max = 1,
        .help = "Also keep matches below the threshold with this score or more, in *.near.jsonl; "
                "default: none."),
    ROW("report_sets", OPTION_LIST, report_sets, NULL, .metavar = "SET",
        .help = "Report matches of these evaluation sets only; scores are those of a scan for all "
                "sets. For decon merge."),
    ROW("perfect_match_decay_start", OPTION_STRING, decay_start, NULL, .metavar = "N|none",
        .check = check_decay,
        .help = "Records of up to this many tokens must match perfectly (default 20; none: no such "
                "rule)."),
    ROW("perfect_match_decay_end", OPTION_STRING, decay_end, NULL, .metavar = "N|none",
        .check = check_decay,
        .help = "Records of at least this many tokens need only the threshold (default 50; none: "
                "the start's)."),
    ROW("short_answer_token_threshold", OPTION_INT, short_answer_token_threshold, "3", COUNT,
        .help = "Answers of up to this many tokens must occur exactly."),
    ROW("short_answer_window_length", OPTION_INT, short_answer_window_length, "50", COUNT,
        .help = "Tokens after the question within which a short answer must begin."),
    ROW("answer_ngram_size", OPTION_INT, answer_ngram_size, "3", AT_LEAST_1,
        .help = "Tokens per n-gram of a long answer."),
    ROW("min_long_answer_window", OPTION_INT, min_long_answer_window, "100", COUNT,
        .help = "Smallest search window for long answers, in tokens."),
    ROW("min_passage_distance", OPTION_INT, min_passage_distance, "100", COUNT,
        .flags = OPTION_KEY_ONLY, .help = "Smallest search window for passages, in tokens."),
    ROW("passage_ngram_size", OPTION_INT, passage_ngram_size, "4", AT_LEAST_1,
        .help = "Tokens per n-gram of a passage."),
    ROW("passage_max_consecutive_misses", OPTION_INT, passage_max_consecutive_misses, "2", COUNT,
        .help = "Consecutive n-grams without a match that do not end a passage."),

    ROW("eval_dedup", OPTION_BOOL, eval_dedup, "true", .section = "Evaluation records",
        .help = "Drop records whose fingerprint occurs earlier in the same set."),
    ROW("eval_min_token_length", OPTION_INT, eval_min_token_length, "20", COUNT,
        .help = "Drop records with fewer tokens; 0: keep all."),
    ROW("eval_min_unique_word_count", OPTION_INT, eval_min_unique_word_count, "4", COUNT,
        .help = "Drop records with fewer different words; 0: keep all."),
    ROW("index_passages", OPTION_ENUM, index_passages, "true", .choices = false_true,
        .help = "Whether to search for passages."),
    ROW("index_answers", OPTION_ENUM, index_answers, "true", .choices = false_true,
        .help = "Whether to search for answers."),
    ROW("bad_eval_line", OPTION_ENUM, bad_eval_line, "refuse", .choices = bad_line_choices,
        .help = "A malformed line of an evaluation file: refuse to start, or ignore the rest of "
                "that file."),
    ROW("self_test", OPTION_BOOL, self_test, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Measure recall with copies of evaluation records in synthetic text (detect: only "
                "that)."),
    ROW("self_test_records", OPTION_INT, self_test_records, "200", .flags = OPTION_FLAG_ONLY,
        .min = 0, .max = 1000000000, .help = "Records per set for the self-test; 0: all."),
    ROW("compatible", OPTION_BOOL, compatible, "false",
        .help = "Behave like the reference server where this one differs (see docs/server.md)."),
    ACCEPTED("hash_seed", OPTION_INT),
    ACCEPTED("exact_override", OPTION_BOOL),
    ACCEPTED("ngram_bucket_lru_cache", OPTION_INT),
    ACCEPTED("window_size_increment", OPTION_INT),
    ACCEPTED("num_windows", OPTION_INT),
    ACCEPTED("window_step_size", OPTION_INT),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .flags = OPTION_FLAG_ONLY,
        .section = "Others", .help = "Show this help and exit."),
    ROW("version", OPTION_BOOL, version, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Show the version and exit."),
    ROW("print_config", OPTION_BOOL, print_config, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Print a configuration file with every key, its default and a comment."),
    ROW("print_reference", OPTION_BOOL, print_reference, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Print all options as Markdown tables."),

    ROW("json", OPTION_BOOL, json, "false", .flags = OPTION_FLAG_ONLY, .section = "Batch",
        .help = "Write JSON: an object per file and one with the totals."),
    ROW("fail_on_match", OPTION_BOOL, fail_on_match, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Exit with status 4 if any contamination is found."),
};

enum { SERVE_ALONE = 6, BATCH_ALONE = 2 };

const option_set serve_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows) - BATCH_ALONE,
    .program = "decon server",
    .usage = "decon server [OPTION]...\n"
             "decon-server [OPTION]...    the same",
    .intro = "Finds text of evaluation sets in training files. Builds an index of the records in "
             "--evals-dir, then accepts jobs over HTTP. `decon --help` lists the other commands.",
    .epilogue =
        "Example:\n"
        "  decon server --evals-dir /data/evals --report-output-dir /data/reports\n"
        "  curl -H 'Content-Type: application/json' -d '{\"file_path\":\"/data/a.jsonl\"}' \\\n"
        "      http://127.0.0.1:8080/submit\n"
        "  curl http://127.0.0.1:8080/status/JOB\n"
        "\n"
        "SIGTERM or SIGINT: running jobs are finished, then the server exits; a second signal\n"
        "ends it at once.\n"
        "Exit status: 0 ended by a signal; 1 could not start; 2 usage or configuration.",
    .related = &detect_options,
};

const option_set detect_options = {
    .rows = rows + SERVE_ALONE,
    .row_count = ARRAY_LEN(rows) - SERVE_ALONE,
    .program = "decon detect",
    .usage = "decon detect [OPTION]... FILE|FOLDER...",
    .intro =
        "Finds text of evaluation sets in training files: JSON Lines, plain or compressed "
        "(gzip, zstd, bzip2, xz). Folders are searched for .jsonl and .json files. If lines of "
        "FOLDER/web/a.jsonl.gz match, the report is reports/web/a.report.jsonl; with --purify, "
        "cleaned/web/a.clean.jsonl.gz is the file without these lines.",
    .epilogue =
        "Examples:\n"
        "  decon detect --evals-dir /data/evals training/\n"
        "  decon detect --evals-dir /data/evals --purify a.jsonl.gz b.jsonl.zst\n"
        "  decon review reports\n"
        "\n"
        "The summary goes to standard output, progress and warnings to standard error.\n"
        "Exit status: 0 all files were checked; 1 could not start; 2 usage or configuration;\n"
        "3 some files failed; 4 contamination was found (--fail-on-match); 130, 143\n"
        "interrupted: files in progress were finished, the others were not started.",
    .related = &serve_options,
};

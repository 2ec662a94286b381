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
        .help = "Key of the reference server, which does not use it either."                       \
    }
/* clang-format on */

#define COUNT      .min = 0, .max = 1000000000
#define AT_LEAST_1 .min = 1, .max = 1000000000

static const char *const false_true[] = {"false", "true", NULL};
static const char *const normal_choices[] = {"compatible", "extended", NULL};
static const char *const bad_line_choices[] = {"refuse", "end-file", NULL};
static const char *const utf8_choices[] = {"fail", "skip", NULL};

static bool check_mode(const char *text, err *e)
{
    return str_equal(text, "simple") || err_set(e, ERR_CONFIG, "the one mode there is: simple");
}

static bool check_decay(const char *text, err *e)
{
    uint64_t value;
    return str_equal(text, "none") || (num_parse_u64(text, &value) && value <= 1000000000) ||
           err_set(e, ERR_CONFIG, "a number of tokens, or none");
}

static const option rows[] = {
    /* The first SERVE_ALONE are the server's alone, the last BATCH_ALONE the batch's. */
    ROW("port", OPTION_INT, port, "8080", .flags = OPTION_FLAG_ONLY, .min = 0, .max = 65535,
        .section = "HTTP", .help = "TCP port; 0 lets the system choose one."),
    ROW("listen", OPTION_STRING, listen, "127.0.0.1", .metavar = "ADDRESS",
        .help =
            "Address or host name to listen on; one that other hosts reach requires allow_dir."),
    ROW("allow_host", OPTION_LIST, allow_host, NULL, .metavar = "NAME",
        .help = "Accepts this name in the Host header, besides loopback names and the listen "
                "address."),
    ROW("port_file", OPTION_STRING, port_file, NULL, .flags = OPTION_FLAG_ONLY, .metavar = "FILE",
        .help = "Writes the port to this file once the server listens."),
    ROW("allow_dir", OPTION_LIST, allow_dir, NULL, .metavar = "DIR",
        .help = "Jobs may only name files in this folder and below, links followed; without it, "
                "all files that the server may read."),

    ROW("share_group", OPTION_STRING, share_group, NULL, .metavar = "GROUP",
        .help = "Group (name or number) that may read results: files 0640 in folders 2750, instead "
                "of 0600 in 0700."),

    ROW("config", OPTION_STRING, config, NULL, .letter = 'c', .flags = OPTION_FLAG_ONLY,
        .metavar = "FILE", .section = "General", .help = "Reads options from a YAML file."),
    ROW("worker_threads", OPTION_INT, worker_threads, NULL, .min = 1, .max = 1024,
        .help = "Files that are worked on at once; without it, one for each processor."),
    ROW("scan_threads", OPTION_INT, scan_threads, NULL, .min = 1, .max = 1024,
        .help =
            "Threads that scan, shared out among the files that are worked on; without it, one for "
            "each processor."),
    ROW("mode", OPTION_STRING, mode, "simple", .flags = OPTION_KEY_ONLY, .check = check_mode,
        .help = "The way of detection; the one there is: simple."),
    ROW("verbose", OPTION_BOOL, verbose, "false", .letter = 'v',
        .help = "Tells more while working."),
    ROW("log_json", OPTION_BOOL, log_json, "false", .help = "Writes log lines as JSON."),

    ROW("content_key", OPTION_STRING, content_key, "text", .section = "Input and output",
        .metavar = "KEY", .help = "The field that holds a document's text; dots lead inwards."),
    ROW("evals_dir", OPTION_STRING, evals_dir, NULL, .metavar = "DIR|sample",
        .help = "Folder of evaluation files, with all below it; required. sample: the sample set, "
                "for trials."),
    ROW("report_output_dir", OPTION_STRING, report_output_dir, NULL, .metavar = "DIR",
        .help = "Where reports go; without it, a new folder below the temporary directory (detect: "
                "reports)."),
    ROW("cleaned_output_dir", OPTION_STRING, cleaned_output_dir, NULL, .metavar = "DIR",
        .help = "Where cleaned files go; without it, as for reports (detect: cleaned)."),
    ROW("purify", OPTION_BOOL, purify, "false",
        .help = "Writes a copy of each file without the lines that matched."),
    ROW("training_dir", OPTION_STRING, training_dir, NULL, .metavar = "DIR",
        .help = "detect: a folder of training files; arguments replace one from the file. Server: "
                "no effect."),
    ROW("max_line_size", OPTION_SIZE, max_line_size, "256MiB", .min = 1024, .max = 1073741824,
        .unit = "bytes",
        .help = "A longer line of a file fails its job. Orchestrators read it from /health."),
    ROW("job_memory", OPTION_SIZE, job_memory, "2GiB", .min = 16777216, .max = 1099511627776.0,
        .unit = "bytes",
        .help =
            "Memory of a job's process beyond the index and codec_memory; a job that needs more "
            "fails."),
    ROW("job_time_limit", OPTION_DURATION, job_time_limit_ms, "10m", .min = 0, .max = 604800,
        .help =
            "A job that runs longer than this plus 1 s for each MB of text fails; 0: no limit."),
    ROW("codec_memory", OPTION_SIZE, codec_memory, "256MiB", .min = 1048576, .max = 1099511627776.0,
        .unit = "bytes",
        .help = "Memory of the decoder of one file. A file made by zstd --long=31 needs 2049MiB."),
    ROW("lenient", OPTION_BOOL, lenient, "false",
        .help = "Accept files that are not JSON Lines: keep what is no JSON object with a text."),
    ROW("invalid_utf8", OPTION_ENUM, invalid_utf8, "fail", .choices = utf8_choices,
        .help = "Lines that are not valid UTF-8: fail the job, or keep them unscanned. A file of "
                "which no line can be read fails all the same."),

    ROW("tokenizer_str", OPTION_STRING, tokenizer, "cl100k", .alias = "tokenizer",
        .section = "Detection", .metavar = "NAME",
        .help = "How text is cut into tokens: cl100k, o200k, p50k, p50k_edit, r50k (byte pairs), "
                "uniseg (words by Unicode), word (words of the normal form)."),
    ROW("vocabulary_dir", OPTION_STRING, vocabulary_dir, NULL, .metavar = "DIR",
        .help = "Where vocabularies of byte pairs are looked for before the usual folders."),
    ROW("normalization", OPTION_ENUM, normalization, "compatible", .choices = normal_choices,
        .help =
            "Form of compared text: as the reference; or NFKC, without HTML and invisible signs."),
    ROW("punctuation_chars", OPTION_STRING, punctuation_chars, NORMALIZE_DEFAULT_PUNCTUATION,
        .flags = OPTION_KEY_ONLY, .help = "Characters that count as spaces."),
    ROW("ngram_size", OPTION_INT, ngram_size, "5", AT_LEAST_1,
        .help = "Tokens in an n-gram of a question."),
    ROW("sample_every_m_tokens", OPTION_INT, sample_every_m_tokens, "10", COUNT,
        .help = "Tokens from one probe to the next; 1 looks everywhere."),
    ROW("question_max_consecutive_misses", OPTION_INT, question_max_consecutive_misses, "11",
        AT_LEAST_1, .help = "N-grams without a match in a row that end a cluster."),
    ROW("contamination_score_threshold", OPTION_FLOAT, contamination_score_threshold, "0.8",
        .min = 0, .max = 1, .help = "The score from which a document counts as contaminated."),
    ROW("perfect_match_decay_start", OPTION_STRING, decay_start, NULL, .metavar = "N|none",
        .check = check_decay,
        .help = "Records up to this many tokens must match perfectly (20; none: no such rule)."),
    ROW("perfect_match_decay_end", OPTION_STRING, decay_end, NULL, .metavar = "N|none",
        .check = check_decay,
        .help = "From this many tokens on the plain threshold holds (50; none: from the start's)."),
    ROW("short_answer_token_threshold", OPTION_INT, short_answer_token_threshold, "3", COUNT,
        .help = "Answers up to this many tokens are looked for to the letter."),
    ROW("short_answer_window_length", OPTION_INT, short_answer_window_length, "50", COUNT,
        .help = "Tokens behind the question where a short answer may begin."),
    ROW("answer_ngram_size", OPTION_INT, answer_ngram_size, "3", AT_LEAST_1,
        .help = "Tokens in an n-gram of a long answer."),
    ROW("min_long_answer_window", OPTION_INT, min_long_answer_window, "100", COUNT,
        .help = "The least window for long answers, in tokens."),
    ROW("min_passage_distance", OPTION_INT, min_passage_distance, "100", COUNT,
        .flags = OPTION_KEY_ONLY, .help = "The least window for passages, in tokens."),
    ROW("passage_ngram_size", OPTION_INT, passage_ngram_size, "4", AT_LEAST_1,
        .help = "Tokens in an n-gram of a passage."),
    ROW("passage_max_consecutive_misses", OPTION_INT, passage_max_consecutive_misses, "2", COUNT,
        .help = "N-grams without a match in a row that a passage survives."),

    ROW("eval_dedup", OPTION_BOOL, eval_dedup, "true", .section = "Evaluation records",
        .help = "Drops records whose fingerprint was seen in the same data set."),
    ROW("eval_min_token_length", OPTION_INT, eval_min_token_length, "20", COUNT,
        .help = "Drops records of fewer tokens; 0 keeps all."),
    ROW("eval_min_unique_word_count", OPTION_INT, eval_min_unique_word_count, "4", COUNT,
        .help = "Drops records of fewer different words; 0 keeps all."),
    ROW("index_passages", OPTION_ENUM, index_passages, "true", .choices = false_true,
        .help = "Whether passages take part."),
    ROW("index_answers", OPTION_ENUM, index_answers, "true", .choices = false_true,
        .help = "Whether answers take part."),
    ROW("bad_eval_line", OPTION_ENUM, bad_eval_line, "refuse", .choices = bad_line_choices,
        .help = "What a line of an evaluation file that is no record does: the server does not "
                "start, or what follows it in the file is left out."),
    ROW("self_test", OPTION_BOOL, self_test, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Measures recall with copies of evaluation records in made-up text (detect: only "
                "that)."),
    ROW("self_test_records", OPTION_INT, self_test_records, "200", .flags = OPTION_FLAG_ONLY,
        .min = 0, .max = 1000000000,
        .help = "Records of each set that the self-test uses; 0: all."),
    ROW("compatible", OPTION_BOOL, compatible, "false",
        .help =
            "Does as the reference server where this one does better: a bad line ends its "
            "evaluation file, bzip2 and xz evaluation files add nothing, word and unknown "
            "tokenizers are one token a byte, purify counts on the command line only, a "
            "references folder of the user's goes before the file's evals_dir, files are taken "
            "as with --lenient, overlaps are summed in the reference's order, unknown keys of the "
            "file are ignored."),
    ACCEPTED("hash_seed", OPTION_INT),
    ACCEPTED("exact_override", OPTION_BOOL),
    ACCEPTED("ngram_bucket_lru_cache", OPTION_INT),
    ACCEPTED("window_size_increment", OPTION_INT),
    ACCEPTED("num_windows", OPTION_INT),
    ACCEPTED("window_step_size", OPTION_INT),
    ROW("help", OPTION_BOOL, help, "false", .letter = 'h', .flags = OPTION_FLAG_ONLY,
        .section = "Others", .help = "Shows this help and ends."),
    ROW("version", OPTION_BOOL, version, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Shows the version and ends."),
    ROW("print_config", OPTION_BOOL, print_config, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Prints a configuration file with every key, its default and a comment."),
    ROW("print_reference", OPTION_BOOL, print_reference, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Prints the table of all options for the documentation."),

    ROW("json", OPTION_BOOL, json, "false", .flags = OPTION_FLAG_ONLY, .section = "Batch",
        .help = "Writes a JSON object for each file and one for all, instead of words."),
    ROW("fail_on_match", OPTION_BOOL, fail_on_match, "false", .flags = OPTION_FLAG_ONLY,
        .help = "Ends with status 4 where something was found."),
};

enum { SERVE_ALONE = 6, BATCH_ALONE = 2 };

const option_set serve_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows) - BATCH_ALONE,
    .program = "decon server",
    .usage = "decon server [OPTION]...\n"
             "decon-server [OPTION]...    the same",
    .intro = "Finds text of evaluation sets in training files. Builds an index of the records in "
             "--evals-dir, then takes jobs over HTTP. `decon --help` lists the other commands.",
    .epilogue =
        "For a start:\n"
        "  decon server --evals-dir /data/evals --report-output-dir /data/reports\n"
        "  curl -H 'Content-Type: application/json' -d '{\"file_path\":\"/data/a.jsonl\"}' \\\n"
        "      http://127.0.0.1:8080/submit\n"
        "  curl http://127.0.0.1:8080/status/JOB\n"
        "\n"
        "SIGTERM or SIGINT: running jobs are finished, then the server ends; a second one\n"
        "ends it at once.\n"
        "Exit statuses: 0 ended by a signal after its jobs; 1 could not start; 2 usage or\n"
        "configuration.",
    .related = &detect_options,
};

const option_set detect_options = {
    .rows = rows + SERVE_ALONE,
    .row_count = ARRAY_LEN(rows) - SERVE_ALONE,
    .program = "decon detect",
    .usage = "decon detect [OPTION]... FILE|FOLDER...",
    .intro = "Looks for text of evaluation sets in training files: JSON Lines, plain or compressed "
             "(gzip, zstd, bzip2, xz). In folders, all files below that end in .jsonl or .json are "
             "taken. For FOLDER/web/a.jsonl.gz the report is reports/web/a.report.jsonl, where "
             "anything was found; with --purify, cleaned/web/a.clean.jsonl.gz is the file without "
             "the lines that matched.",
    .epilogue = "Examples:\n"
                "  decon detect --evals-dir /data/evals training/\n"
                "  decon detect --evals-dir /data/evals --purify a.jsonl.gz b.jsonl.zst\n"
                "  decon review reports\n"
                "\n"
                "The summary goes to standard output, progress and warnings to standard error.\n"
                "Exit statuses: 0 all files were looked through; 1 could not start; 2 usage or\n"
                "configuration; 3 some files failed; 4 something was found (--fail-on-match);\n"
                "130, 143 interrupted: files that had begun are done, the others are not.",
    .related = &serve_options,
};

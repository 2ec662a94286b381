/* The table of options for the tests of base/options: one row of each kind.
 *
 * What:    a config struct, its rows, and a set. Owner: static. Threads: one. Fails: never.
 */
#ifndef TESTS_OPTIONS_TABLE_H
#define TESTS_OPTIONS_TABLE_H

#include "base/util.h"
#include "base/options/options.h"

typedef struct settings {
    char *config;
    char *input;
    bool purify;
    bool answers;
    int64_t workers;
    int64_t host;
    double threshold;
    uint64_t part_size_bytes;
    uint64_t pause_ms;
    int level;
    char **includes;
    char *password;
    char *marks;
} settings;

static const char *const level_choices[] = {"none", "stream", "jsonl", NULL};

static inline bool check_uri(const char *text, err *e)
{
    return strncmp(text, "s3://", 5) == 0 || err_set(e, ERR_PARSE, "\"%s\" is no s3:// URI", text);
}

#define AT(member) .offset = offsetof(settings, member)

static const option table_rows[] = {
    {.key = "config",
     .type = OPTION_STRING,
     AT(config),
     .flags = OPTION_FLAG_ONLY,
     .letter = 'c',
     .metavar = "FILE",
     .section = "General",
     .help = "Reads this file."},
    {.key = "remote_file_input",
     .type = OPTION_STRING,
     AT(input),
     .flags = OPTION_REQUIRED,
     .metavar = "URI",
     .check = check_uri,
     .help = "Where the inputs lie."},
    {.key = "purify",
     .type = OPTION_BOOL,
     AT(purify),
     .fallback = "false",
     .letter = 'p',
     .help = "Writes cleaned files."},
    {.key = "index_answers",
     .type = OPTION_BOOL,
     AT(answers),
     .fallback = "true",
     .help = "Search answers."},
    {.key = "s3_workers",
     .alias = "s5cmd_workers",
     .type = OPTION_INT,
     AT(workers),
     .fallback = "50",
     .min = 1,
     .max = 4096,
     .letter = 'w',
     .section = "S3",
     .unit = "requests",
     .help = "Requests in flight."},
    {.key = "host_index",
     .type = OPTION_INT,
     AT(host),
     .min = 1,
     .environment = "HOST_INDEX",
     .help = "Which host this is."},
    {.key = "threshold",
     .type = OPTION_FLOAT,
     AT(threshold),
     .fallback = "0.8",
     .min = 0,
     .max = 1,
     .help = "The score that counts."},
    {.key = "part_size",
     .type = OPTION_SIZE,
     AT(part_size_bytes),
     .fallback = "16MiB",
     .min = 5242880,
     .max = 5368709120.0,
     .help = "Size of one part."},
    {.key = "poll_interval",
     .type = OPTION_DURATION,
     AT(pause_ms),
     .fallback = "5",
     .min = 0.1,
     .max = 3600,
     .environment = "POLL_INTERVAL",
     .help = "The longest pause between two questions to the server about one and the same job."},
    {.key = "verify",
     .type = OPTION_ENUM,
     AT(level),
     .choices = level_choices,
     .fallback = "jsonl",
     .help = "How deep (none | all) files are checked."},
    {.key = "include",
     .type = OPTION_LIST,
     AT(includes),
     .fallback = "first",
     .help = "Names to take."},
    {.key = "password",
     .type = OPTION_STRING,
     AT(password),
     .flags = OPTION_SECRET,

     .check = check_uri,
     .help = "A secret."},
    {.key = "marks",
     .type = OPTION_STRING,
     AT(marks),
     .flags = OPTION_KEY_ONLY,
     .fallback = "!\"#\\\t",
     .help = "Characters that count as blanks."},
    {.key = "download_batch_size",
     .type = OPTION_INT,
     .flags = OPTION_ACCEPTED,
     .section = "Old",
     .help = "Batches."},
    {.key = "upload_batch_size", .type = OPTION_INT, .flags = OPTION_ACCEPTED, .help = "Batches."},
    {.key = "internal",
     .type = OPTION_STRING,
     .flags = OPTION_HIDDEN | OPTION_ACCEPTED,
     .help = "No one is notified."},
};

enum { TABLE_ROWS = ARRAY_LEN(table_rows) };

static const option_set table_set = {
    .rows = table_rows,
    .row_count = TABLE_ROWS,
    .program = "prog",
    .usage = "prog [flags] FILE\nprog --help",
    .intro = "A program that does nothing at all, but says so in a paragraph that is too long for "
             "a single line of eighty columns.",
    .epilogue = "Exit status: 0",
};

#endif

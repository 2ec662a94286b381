/* Options: one table row each. The parsers of YAML, command line and environment, --help, the
 * reference in docs/ and the commented configuration file are generated from the table.
 *
 * What:    rows describe members of a plain config struct. Precedence, lowest first: default, YAML
 *          file, environment, command line.
 * Owner:   strings in the config struct are malloc'ed; options_deinit frees them. Rows are static.
 * Threads: any; the struct is constant once options are parsed.
 * Fails:   ERR_CONFIG with `file:line:column: key: fault; allowed values` (YAML), or with the name
 *          of the flag or variable; ERR_USAGE for malformed command lines. An unknown key or flag
 *          names the nearest known one (edit distance).
 */
#ifndef BASE_OPTIONS_OPTIONS_H
#define BASE_OPTIONS_OPTIONS_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef enum option_type {
    OPTION_STRING,   /* char *            any text; NULL if not given and without default */
    OPTION_BOOL,     /* bool              true|false|yes|no|on|off; the flag alone means true,
                                          --no-<flag> means false; if true is the default,
                                          `--flag true|false` is accepted too */
    OPTION_INT,      /* int64_t           min..max */
    OPTION_FLOAT,    /* double            min..max */
    OPTION_SIZE,     /* uint64_t, bytes   16777216, 16MiB, 64KiB, 2GiB, 1GB; min..max in bytes */
    OPTION_DURATION, /* uint64_t, ms      a number of seconds (fractions allowed), or 250ms, 5s, 2m,
                                          1h, 1d; min..max in seconds */
    OPTION_ENUM,     /* int               index into `choices` */
    OPTION_LIST, /* char **, NULL-terminated, never NULL after options_defaults; YAML sequence or
                    one value; the flag repeats; a variable separates by colons */
} option_type;

enum {
    OPTION_FLAG_ONLY = 1, /* not a YAML key (--config, --dry-run) */
    OPTION_SECRET = 2,    /* never shown */
    OPTION_ACCEPTED = 4,  /* accepted for old files, without effect, with any value: options_check
                             names all that were found in one warning */
    OPTION_HIDDEN = 8,    /* not in --help */
    OPTION_REQUIRED = 16, /* options_check fails without it */
    OPTION_KEY_ONLY = 32, /* a YAML key without a flag */
};

typedef struct option {
    const char *key; /* snake_case; the flag is --kebab-case */
    option_type type;
    size_t offset;              /* offsetof(config, member); unused where OPTION_ACCEPTED */
    const char *fallback;       /* default, as text; NULL: none (strings: NULL, others: 0) */
    double min, max;            /* numbers; both 0: no bounds; max below min: min only */
    const char *const *choices; /* OPTION_ENUM: NULL-terminated names */
    unsigned flags;
    const char *alias;       /* another name of the key, or NULL (s5cmd_workers) */
    char letter;             /* short flag, or 0 */
    const char *environment; /* variable, or NULL */
    const char *unit;        /* for display: "seconds", "bytes" */
    const char *metavar;     /* "URI", "N"; NULL: by type */
    const char *section;     /* heading in --help and docs; NULL: as the row before */
    const char *help;        /* one sentence */
    bool (*check)(const char *text, err *e); /* additional check of the text, or NULL */
} option;

typedef struct option_set {
    const option *rows;
    size_t row_count;
    const char *program;      /* "decon-orchestrator" */
    const char *usage;        /* lines after "Usage: " */
    const char *intro;        /* a paragraph below it, or NULL */
    const char *epilogue;     /* examples, exit statuses; or NULL */
    bool ignore_unknown_keys; /* YAML only */
    /* YAML only: keys of this set, of another command with the same file, are ignored; or NULL. */
    const struct option_set *related;
} option_set;

/* The source of each row's value; one byte per row (0 default, 'y' YAML, 'e' environment, 'c'
 * command line). Owned by the caller, `row_count` bytes, initially zero. */
typedef char option_origin;

/* Overwrites the members; their old values are not freed. */
bool options_defaults(const option_set *set, void *config, err *e) MUST_USE;
bool options_yaml(const option_set *set, const char *path, void *config, option_origin *origins,
                  err *e) MUST_USE;
/* An empty variable counts as not set. getenv_fn NULL: the process's environment. */
bool options_environment(const option_set *set, const char *(*getenv_fn)(const char *name),
                         void *config, option_origin *origins, err *e) MUST_USE;
/* Accepts --flag value, --flag=value, -x value, `--` and positional arguments (argv is permuted so
 * that these are last; *positional is the index of the first). */
bool options_arguments(const option_set *set, int argc, char **argv, void *config,
                       option_origin *origins, int *positional, err *e) MUST_USE;
/* Called once, last: fails if an OPTION_REQUIRED row has no value, and warns once about all
 * OPTION_ACCEPTED rows that were found. */
bool options_check(const option_set *set, const void *config, const option_origin *origins, err *e)
    MUST_USE;
void options_deinit(const option_set *set, void *config);

/* The number of arguments of the flag at argv[at] with its value: 1 or 2; 0: unknown flag. */
int options_flag_arguments(const option_set *set, int argc, char **argv, int at);

/* The value of --NAME (--config FILE) before the whole command line is parsed; NULL if absent.
 * Borrowed. */
const char *options_peek(int argc, char **argv, const char *flag, char letter);

void options_help(const option_set *set, FILE *out);         /* --help */
void options_markdown(const option_set *set, FILE *out);     /* a table for docs/ */
void options_yaml_example(const option_set *set, FILE *out); /* every key, its default, a comment */

/* Every YAML key with its value as one JSON object: sizes in bytes, durations in seconds.
 * Secrets are omitted: OPTION_SECRET, and user, password and query of URLs. */
void options_json(const option_set *set, const void *config, buf *out);

/* The names of `option_origin` for messages: "default", "file", "environment", "command line". */
const char *options_origin_name(option_origin origin);

/* Text forms; also used elsewhere. */
bool parse_size(const char *text, uint64_t *bytes, err *e) MUST_USE;
bool parse_duration(const char *text, uint64_t *ms, err *e) MUST_USE;
void format_size(uint64_t bytes, char *out, size_t out_size);  /* "1.5 GiB" */
void format_duration(uint64_t ms, char *out, size_t out_size); /* "2h03m", "4.2s" */
void format_count(uint64_t count, char *out, size_t out_size); /* "67,240" */
/* The nearest of `count` names, at an edit distance of at most a third of the length, or NULL. */
const char *nearest_name(const char *name, const char *const *names, size_t count);

#endif

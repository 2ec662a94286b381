/* Flags as s5cmd reads them, which follows Go: -name, --name, --name=value, --name value.
 *
 * What:    s5cmd_next_flag reads one flag of a list of words. Flags end at the first word without a
 *          dash, at `-`, and at `--`; words that follow are arguments, even with a dash.
 * Owner:   words and values are borrowed.
 * Threads: any.
 * Fails:   ERR_USAGE for an unknown flag, a missing value, and a value that is not true or false.
 * Sources: s5cmd's documentation and its command --help.
 */
#ifndef S3_CLI_S5CMD_FLAGS_H
#define S3_CLI_S5CMD_FLAGS_H

#include "decon/base/err.h"
#include "base/util.h"

/* What a flag of a command becomes. */
typedef enum s5cmd_meaning {
    S5CMD_SAME,      /* `ours` with the same value */
    S5CMD_MEBIBYTES, /* `ours` with the value in MiB */
    S5CMD_DURATION,  /* `ours` with a Go duration (1h30m) in seconds */
    S5CMD_PAIR,      /* `ours` with NAME=VALUE; commas are part of the value */
    S5CMD_CAPITALS,  /* `ours` with the value in capital letters */
    S5CMD_NOTHING,   /* no effect: the client determines this itself */
    S5CMD_REFUSED    /* an error, with `ours` as advice */
} s5cmd_meaning;

typedef struct s5cmd_flag {
    const char *name, *letter; /* another name, or NULL */
    bool has_value;
    int meaning; /* s5cmd_meaning, or the caller's own number */
    const char *ours;
} s5cmd_flag;

typedef struct s5cmd_flags {
    const s5cmd_flag *rows;
    size_t count;
} s5cmd_flags;

/* Reads the flag at words[*at] and advances *at; *row is NULL at the end of the flags, when *at is
 * the first argument. *value is NULL for a flag without one; a flag that is set to false is passed
 * over. */
bool s5cmd_next_flag(const s5cmd_flags *known, char **words, int count, int *at,
                     const s5cmd_flag **row, const char **value, err *e) MUST_USE;

/* Go's durations: 90s, 15m, 1h30m, 1.5h. */
bool s5cmd_duration(const char *text, uint64_t *seconds, err *e) MUST_USE;

#endif

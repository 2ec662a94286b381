/* The program's log: levels, human lines or JSON lines, and the progress line on a terminal.
 *
 * What:    one line for each call, written with one writev(2). Human lines:
 *          `2026-11-23 03:00:01 INFO  words`; JSON lines: {"time":..,"level":..,"message":..,"event":..}.
 *          `queued`: a thread of the log writes, and no caller waits for the reader. Lines that
 *          exceed the queue are dropped and counted, but not errors, plain and raw lines.
 * Owner:   process-wide settings, set once by decon_log_setup before any thread starts.
 * Threads: any may log; decon_log_status from the loop thread only. After fork() the child's lines
 *          are its own; those that were queued are the parent's.
 * Fails:   never. Writes to a full disk are retried; without a reader lines are dropped. Secrets:
 *          callers never pass them; decon_log_secret_add registers values that are masked in
 *          addition.
 */
#ifndef DECON_BASE_LOG_H
#define DECON_BASE_LOG_H

#include "decon/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum decon_log_level {
    DECON_LOG_ERROR,
    DECON_LOG_WARN,
    DECON_LOG_INFO,
    DECON_LOG_DEBUG
} decon_log_level;

#define DECON_LOG_EXIT_WAIT_MS 2000 /* how long exit() waits for a stalled reader */

typedef struct decon_log_options {
    decon_log_level level; /* lines above this level are dropped */
    bool json;             /* JSON lines instead of human lines */
    int fd;                /* descriptor; usually 2 */
    bool queued;           /* written by a thread; exit() waits for it */
} decon_log_options;

void decon_log_setup(const decon_log_options *options);
bool decon_log_enabled(decon_log_level level);
void decon_log_line(decon_log_level level, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
#define decon_log_error(...) decon_log_line(DECON_LOG_ERROR, __VA_ARGS__)
#define decon_log_warn(...)  decon_log_line(DECON_LOG_WARN, __VA_ARGS__)
#define decon_log_info(...)  decon_log_line(DECON_LOG_INFO, __VA_ARGS__)
#define decon_log_debug(...) decon_log_line(DECON_LOG_DEBUG, __VA_ARGS__)

/* Members of a JSON line besides its message (docs/log.schema.json); a human line has only the
 * message. NULL: unknown. */
typedef struct decon_log_fields {
    const char *event; /* kind of line: "done" */
    const char *key, *state;
    const uint64_t *bytes, *lines, *ms; /* ms is written as seconds */
    bool plain;                         /* like decon_log_plain */
} decon_log_fields;
void decon_log_event(decon_log_level level, const decon_log_fields *fields, const char *fmt, ...)
    DECON_PRINTF_LIKE(3, 4);

/* A line without time and level, for closing lines that scripts wait for (in JSON mode an ordinary
 * JSON line). */
void decon_log_plain(const char *fmt, ...) DECON_PRINTF_LIKE(1, 2);
/* A line of the caller's own format, without its end; secrets are masked. */
void decon_log_raw(const char *line);

/* Waits until all lines are written; false after limit_ms. Before _exit(). */
bool decon_log_flush(unsigned limit_ms);
/* Waits briefly (200 ms at most), so that later output of others to the same terminal follows; does
 * not wait while the reader is stalled. */
void decon_log_settle(void);

/* Shows `text` as the last line of a terminal and keeps it below the log lines; NULL removes it.
 * Does nothing if the log's fd is not a terminal, or in JSON mode. */
void decon_log_status(const char *text);
bool decon_log_is_terminal(void); /* whether it would show it */
unsigned decon_log_columns(void); /* characters of the status line: the terminal's width less one */

/* From now on `secret` (8 characters or more) is printed as *** in all lines. */
void decon_log_secret_add(const char *secret);

#ifdef __cplusplus
}
#endif

#endif

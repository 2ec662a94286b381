/* The program's log: levels, human lines or JSON lines, and the progress line on a terminal.
 *
 * What:    one line for each call, written with one write(2). Human lines:
 *          `2026-11-23 03:00:01 INFO  words`; JSON lines: {"time":..,"level":..,"message":..}.
 * Owner:   process-wide settings, made once by decon_log_setup before any thread starts.
 * Threads: any may log; decon_log_status from the loop thread only.
 * Fails:   never (a log that cannot be written is dropped).
 * Secrets: callers never pass them; decon_log_secret_add registers values that are masked all the same.
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

typedef struct decon_log_options {
    decon_log_level level; /* lines above this level are dropped */
    bool json;             /* JSON lines instead of human lines */
    int fd;                /* where to; mostly 2 */
} decon_log_options;

void decon_log_setup(const decon_log_options *options);
void decon_log_after_fork(
    void); /* in a child with one thread: another thread may have held the lock */
bool decon_log_enabled(decon_log_level level);
void decon_log_line(decon_log_level level, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
#define decon_log_error(...) decon_log_line(DECON_LOG_ERROR, __VA_ARGS__)
#define decon_log_warn(...)  decon_log_line(DECON_LOG_WARN, __VA_ARGS__)
#define decon_log_info(...)  decon_log_line(DECON_LOG_INFO, __VA_ARGS__)
#define decon_log_debug(...) decon_log_line(DECON_LOG_DEBUG, __VA_ARGS__)

/* A line without time and level, for the closing words that scripts wait for (in JSON mode it is
 * a JSON line like any other). */
void decon_log_plain(const char *fmt, ...) DECON_PRINTF_LIKE(1, 2);

/* Shows `text` as the last line of a terminal and keeps it below the log lines; NULL takes it away.
 * Does nothing where the log's fd is no terminal, or in JSON mode. */
void decon_log_status(const char *text);
bool decon_log_is_terminal(void); /* whether it would show it */

/* From now on `secret` (8 characters or more) is printed as *** wherever it stands in a line. */
void decon_log_secret_add(const char *secret);

#ifdef __cplusplus
}
#endif

#endif

/* The program's log: levels, human lines or JSON lines, and the progress line on a terminal.
 *
 * What:    one line for each call, written with one write(2). Human lines:
 *          `2026-11-23 03:00:01 INFO  words`; JSON lines: {"time":..,"level":..,"message":..}.
 * Owner:   process-wide settings, made once by log_setup before any thread starts.
 * Threads: any may log; log_status from the loop thread only.
 * Fails:   never (a log that cannot be written is dropped).
 * Secrets: callers never pass them; log_secret_add registers values that are masked all the same.
 */
#ifndef DECON_BASE_LOG_H
#define DECON_BASE_LOG_H

#include "decon/base/util.h"

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

typedef struct log_options {
    log_level level; /* lines above this level are dropped */
    bool json;       /* JSON lines instead of human lines */
    int fd;          /* where to; mostly 2 */
} log_options;

void log_setup(const log_options *options);
void log_after_fork(void); /* in a child with one thread: another thread may have held the lock */
bool log_enabled(log_level level);
void log_line(log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* A line without time and level, for the closing words that scripts wait for (in JSON mode it is
 * a JSON line like any other). */
void log_plain(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Shows `text` as the last line of a terminal and keeps it below the log lines; NULL takes it away.
 * Does nothing where the log's fd is no terminal, or in JSON mode. */
void log_status(const char *text);
bool log_is_terminal(void); /* whether it would show it */

/* From now on `secret` (8 characters or more) is printed as *** wherever it stands in a line. */
void log_secret_add(const char *secret);

#endif

/* A child process that answers on its standard output; behind base/transport.
 *
 * What:    `/bin/sh -c command` with an empty standard input, in a process group of its own; what it
 *          writes is gathered, and the whole is bounded in time and in bytes.
 * Owner:   the request is copied by decon_process_start; the result is lent to on_done. The process is
 *          gone when on_done is called or decon_process_cancel has returned.
 * Threads: the transport's; on_done is never called from inside decon_process_start.
 * Fails:   by decon_process_result.error: it could not be started, took too long or said too much. Then
 *          its whole group has been killed.
 */
#ifndef DECON_BASE_PROCESS_H
#define DECON_BASE_PROCESS_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_process decon_process;

typedef struct decon_process_result {
    bool ok;                /* it ended by itself, whatever its status */
    int exit_status;        /* as a shell has it: 128 + N when signal N ended it */
    decon_slice output;     /* standard output */
    decon_slice last_words; /* the last line of standard error, printable, shortened */
    decon_err error;        /* where !ok */
} decon_process_result;

typedef struct decon_process_request {
    const char *command;
    size_t output_max_bytes;
    int time_limit_ms;
    void (*on_done)(void *ctx, const decon_process_result *result);
    void *ctx;
} decon_process_request;

#ifdef __cplusplus
}
#endif

#endif

/* A child process whose standard output is captured. Started through decon_transport.
 *
 * What:    `/bin/sh -c command` with an empty standard input, in its own process group; output and
 *          run time are limited.
 * Owner:   decon_process_start copies the request; the result is borrowed by on_done. The process
 *          has ended when on_done is called or decon_process_cancel returns.
 * Threads: the transport's; on_done is never called from inside decon_process_start.
 * Fails:   by decon_process_result.error: the process could not be started, or exceeded the limit
 *          of time or output; its process group is then killed.
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
    bool ok;                /* it exited by itself, with any status */
    int exit_status;        /* as in a shell: 128 + N after signal N */
    decon_slice output;     /* standard output */
    decon_slice error_line; /* last line of standard error, printable, truncated */
    decon_err error;        /* if !ok */
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

/* Standard output of a command with a session: a queue that a thread writes, so that a stalled
 * reader stops neither transfers nor signals. Nothing is dropped: a full queue is waited for. */
#include "s3/cli/session/print.h"

#include <errno.h>
#include <unistd.h>

#include "base/output.h"
#include "base/util.h"

#define QUEUE_BYTES ((size_t)4 << 20)

static struct {
    output *out;
    bool failed; /* or a signal is pending */
    bool ended;  /* at a signal: what is left is not written */
} queue;

static ssize_t put(void *ctx, const char *data, size_t len)
{
    UNUSED(ctx);
    if (queue.ended)
        return (ssize_t)len;
    bool ok = output_put(queue.out, (slice){data, len}, OUTPUT_WAIT);
    queue.failed |= !ok;
    return ok ? (ssize_t)len : 0;
}

bool print_begin(err *e)
{
    bool on_terminal = isatty(STDOUT_FILENO);
    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = put});
    if (!stream)
        return err_set_errno(e, ERR_INTERNAL, errno, "standard output: no memory");
    setvbuf(stream, NULL, on_terminal ? _IOLBF : _IOFBF, BUFSIZ);
    queue.out = output_new(&(output_options){
        .fd = STDOUT_FILENO, .threaded = true, .max_bytes = QUEUE_BYTES, .ends_on_signal = true});
    stdout = stream; /* a variable in glibc; printf and exit() use it from here on */
    return true;
}

bool print_flush(err *e)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout) &&
        (!queue.out || output_flush(queue.out, OUTPUT_FOREVER)))
        return true;
    queue.failed = true;
    return err_set_errno(e, ERR_IO, errno ? errno : EINTR, "cannot write standard output");
}

void print_settle(void)
{
    fflush(stdout);
    if (queue.out)
        output_settle(queue.out);
}

bool print_has_failed(void)
{
    return ferror(stdout) || queue.failed;
}

void print_discard(void)
{
    queue.ended = true;
}

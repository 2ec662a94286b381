/* Errors that are printed, and waiting. */
#include <errno.h>
#include <signal.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "s3/cli/session/context.h"
#include "s3/cli/session/print.h"
#include "s3/cli/session/progress.h"

static void print_error_json(const cli *c, const char *from, const char *to, const err *error)
{
    const print_member members[] = {
        {.name = "error", .text = error->message},
        {.name = "code", .text = err_code_name(error->code)},
        {.name = "operation", .text = c->command ? c->command->name : NULL, .absent = !c->command},
        {.name = to ? "from" : "uri", .text = from, .absent = !from},
        {.name = "to", .text = to, .absent = !to},
        {.name = "file", .text = c->file, .absent = !c->file},
        {.name = "line", .number = c->line, .absent = !c->file},
        {.name = "http_status",
         .number = (uint64_t)error->http_status,
         .absent = error->http_status == 0},
        {.name = "s3_code", .text = error->s3_code, .absent = !error->s3_code[0]},
        {.name = "request_id", .text = error->request_id, .absent = !error->request_id[0]},
    };
    print_json_error(members, ARRAY_LEN(members));
}

/* EPIPE on standard output (`| head`): the command ends silently, as by SIGPIPE. EINTR: a signal is
 * pending, and the loop will report it. */
static bool is_end_of_output(cli *c, const err *error)
{
    if (!c->session || !print_has_failed() ||
        (error->sys_errno != EPIPE && error->sys_errno != EINTR))
        return false;
    if (error->sys_errno == EPIPE)
        c->session->signal_number = SIGPIPE;
    cli_wake(c);
    return true;
}

/* Errors that would affect every object: a full or read-only disk, no server, no credentials. */
static void note_fatal(cli *c, const err *error)
{
    c->fatal |=
        error->code == ERR_S3_NO_BUCKET || error->code == ERR_NET_DNS || error->sys_errno == EROFS;
    if (c->session)
        c->session->fatal |= error->code == ERR_S3_CREDENTIALS || error->code == ERR_NO_SPACE;
}

/* Jobs in flight at such an error fail in the same way: local and network errors are then counted, not
 * printed. Refusals of the store name the object and are always printed. */
static bool is_repeated(cli *c, const err *error)
{
    bool local = error->sys_errno != 0 || error->code == ERR_NET_DNS;
    bool before = c->fatal || (c->session && c->session->fatal);
    note_fatal(c, error);
    if (!before || !local || c->config->json || error->code != c->last_error_code) {
        c->last_error_code = error->code;
        return false;
    }
    c->repeated++;
    return true;
}

void cli_print_repeated(cli *c)
{
    if (c->repeated > 0)
        log_plain("decon-s3: %u more failed with the same error", c->repeated);
    c->repeated = 0;
}

bool cli_may_continue(const cli *c, err *e)
{
    if (!c->fatal && !c->session->fatal)
        return true;
    return err_set(e, ERR_CANCELLED, "skipped the rest: the same error would affect every object");
}

void cli_print_error_of(cli *c, const char *from, const char *to, const err *error)
{
    if (is_end_of_output(c, error))
        return;
    c->errors++;
    if (c->config && is_repeated(c, error))
        return;
    if (c->session)
        cli_progress_hide(c->session->progress);
    print_settle();
    if (c->style)
        c->style->print_error(c, from, to, error);
    else if (c->config && c->config->json)
        print_error_json(c, from, to, error);
    else if (c->file)
        log_plain("decon-s3: %s:%u: %s", c->file, c->line, error->message);
    else
        log_plain("decon-s3: %s", error->message);
    log_settle();
    if (c->session)
        cli_progress_show(c->session->progress);
}

void cli_print_error(cli *c, const err *error)
{
    cli_print_error_of(c, NULL, NULL, error);
}

/* --- waiting --- */

void cli_wake(cli *c)
{
    c->session->wake = true;
}

bool cli_turn(cli *c)
{
    cli_session *s = c->session;
    s->wake = false;
    if (!s->signal_number)
        loop_run(s->loop, &s->wake);
    return !s->signal_number;
}

s3_client *cli_source_client(const cli *c)
{
    return c->session->source_client ? c->session->source_client : c->client;
}

bool cli_interrupted(const cli *c, err *e)
{
    return err_set(e, ERR_CANCELLED, "interrupted by signal %d", c->session->signal_number);
}

static void set_true(void *ctx)
{
    *(bool *)ctx = true;
}

void cli_breathe(cli *c)
{
    bool fired = false;
    timer_start(loop_transport(c->loop), 0, set_true, &fired);
    loop_run(c->loop, &fired);
}

void cli_finish(cli_call *call, const err *error)
{
    if (error)
        call->error = *error;
    call->done = true;
    cli_wake(call->c);
}

void cli_on_done(void *ctx, const err *error)
{
    cli_finish(ctx, error);
}

bool cli_await(cli_call *call, s3_op *op, err *e)
{
    while (!call->done)
        if (!cli_turn(call->c)) {
            if (!call->done) /* else the operation ended in this turn and is freed */
                s3_op_cancel(op);
            return cli_interrupted(call->c, e);
        }
    if (err_is_set(&call->error))
        *e = call->error;
    return !err_is_set(&call->error);
}

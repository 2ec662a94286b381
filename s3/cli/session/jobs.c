#include "base/util.h"
#include "s3/cli/session/jobs.h"

bool jobs_wait_for_slot(cli *c, err *e)
{
    const jobs *all = c->session->jobs;
    if (c->session->fatal)
        return cli_may_continue(c, e);
    while (all->running >= all->window)
        if (!cli_turn(c))
            return cli_interrupted(c, e);
    return !c->session->signal_number || cli_interrupted(c, e);
}

static void job_stop(op *o)
{
    job *j = (job *)o;
    op_cancel(move(j->step));
    j->c->session->jobs->running--;
    j->c->jobs--;
}

static void job_free(op *o)
{
    job *j = (job *)o;
    j->free(j);
}

static const op_kind job_kind = {.stop = job_stop, .free = job_free};

void *job_new(cli *c, size_t size_bytes, void (*free_job)(job *j))
{
    jobs *all = c->session->jobs;
    job *j = op_new(&job_kind, size_bytes, &all->list, loop_transport(c->loop));
    j->c = c;
    j->free = free_job;
    all->running++;
    c->jobs++;
    op_started(&j->op); /* it may end before its first step */
    return j;
}

/* After a job is gone: on_idle may release the command. */
static void notify(cli *c)
{
    cli_wake(c);
    if (c->jobs == 0 && c->on_idle)
        c->on_idle(c);
}

void jobs_end(job *j)
{
    cli *c = j->c;
    op_finish(&j->op, NULL);
    notify(c);
}

bool jobs_drain(cli *c, err *e)
{
    while (c->session->jobs->running > 0)
        if (!cli_turn(c))
            return cli_interrupted(c, e);
    return true;
}

void jobs_cancel(cli_session *s)
{
    while (op_list_first(&s->jobs->list)) {
        job *j = (job *)op_list_first(&s->jobs->list);
        cli *c = j->c;
        op_cancel(&j->op);
        notify(c);
    }
}

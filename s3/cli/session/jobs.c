#include "base/util.h"
#include "s3/cli/session/jobs.h"

bool jobs_wait_for_room(cli *c, err *e)
{
    const jobs *all = c->session->jobs;
    if (c->session->hopeless)
        return cli_has_hope(c, e);
    while (all->running >= all->window)
        if (!cli_turn(c))
            return cli_interrupted(c, e);
    return !c->session->signal_number || cli_interrupted(c, e);
}

void jobs_add(cli *c, job *j)
{
    jobs *all = c->session->jobs;
    j->c = c;
    j->previous = NULL;
    j->next = all->first;
    if (j->next)
        j->next->previous = j;
    all->first = j;
    all->running++;
    c->jobs++;
}

void jobs_end(job *j)
{
    cli *c = j->c;
    jobs *all = c->session->jobs;
    *(j->previous ? &j->previous->next : &all->first) = j->next;
    if (j->next)
        j->next->previous = j->previous;
    all->running--;
    c->jobs--;
    j->free(j);
    cli_wake(c);
    if (c->jobs == 0 && c->on_idle)
        c->on_idle(c);
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
    while (s->jobs->first) {
        job *j = s->jobs->first;
        if (j->op)
            s3_op_cancel(move(j->op));
        jobs_end(j);
    }
}

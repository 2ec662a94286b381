#include "base/util.h"
#include "compression/stream/helpers.h"

#include <pthread.h>
#include <signal.h>

struct helpers {
    /* used by the feeding thread */
    unsigned wanted, started;
    bool tried;
    pthread_t threads[HELPERS_MAX];

    /* guarded by `lock` */
    pthread_mutex_t lock;
    pthread_cond_t work_came, work_done;
    helper_job *first, *last;
    bool stopping;
};

helpers *helpers_new(unsigned threads)
{
    helpers *h = xcalloc(1, sizeof *h);
    h->wanted = MIN(threads, (unsigned)HELPERS_MAX);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->work_came, NULL);
    pthread_cond_init(&h->work_done, NULL);
    return h;
}

static helper_job *pop(helpers *h)
{
    helper_job *job = h->first;
    if (job && !(h->first = job->next))
        h->last = NULL;
    return job;
}

static void *helper_main(void *arg)
{
    helpers *h = arg;
    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        helper_job *job = pop(h);
        if (!job) {
            pthread_cond_wait(&h->work_came, &h->lock);
            continue;
        }
        pthread_mutex_unlock(&h->lock);
        job->run(job);
        pthread_mutex_lock(&h->lock);
        job->done = true;
        pthread_cond_signal(&h->work_done);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Fewer threads only cost time. Signals are blocked in them. */
static void start_threads(helpers *h)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    h->tried = true;
    while (h->started < h->wanted &&
           pthread_create(&h->threads[h->started], NULL, helper_main, h) == 0)
        h->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void helpers_submit(helpers *h, helper_job *job)
{
    if (!h->tried)
        start_threads(h);
    job->next = NULL;
    job->done = false;
    if (h->started == 0) {
        job->run(job);
        job->done = true;
        return;
    }
    pthread_mutex_lock(&h->lock);
    if (h->last)
        h->last->next = job;
    else
        h->first = job;
    h->last = job;
    pthread_cond_signal(&h->work_came);
    pthread_mutex_unlock(&h->lock);
}

bool helpers_done(helpers *h, const helper_job *job)
{
    pthread_mutex_lock(&h->lock);
    bool done = job->done;
    pthread_mutex_unlock(&h->lock);
    return done;
}

void helpers_wait(helpers *h, const helper_job *job)
{
    pthread_mutex_lock(&h->lock);
    while (!job->done)
        pthread_cond_wait(&h->work_done, &h->lock);
    pthread_mutex_unlock(&h->lock);
}

void helpers_free(helpers *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_broadcast(&h->work_came);
    pthread_mutex_unlock(&h->lock);
    for (unsigned i = 0; i < h->started; i++)
        pthread_join(h->threads[i], NULL);
    pthread_cond_destroy(&h->work_came);
    pthread_cond_destroy(&h->work_done);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

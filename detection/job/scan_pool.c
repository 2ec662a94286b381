#include "base/list.h"
#include "base/util.h"
#include "detection/job/scan_pool.h"

#include <pthread.h>

/* Batches per thread: one in progress, one waiting. */
#define BATCHES_A_THREAD 2

typedef struct helper {
    scan_pool *pool;
    pthread_t thread;
    job_scanner scanner; /* the thread's */
} helper;

struct scan_pool {
    const job_settings *settings; /* immutable */
    const ngram_index *index;     /* immutable */
    helper helpers[SCAN_TEAM_MOST];
    unsigned helper_count; /* the owner's */
    pthread_mutex_t lock;
    pthread_cond_t offered, done;
    /* guarded by the lock */
    linked_list waiting;
    unsigned under_way; /* waiting or being scanned */
    bool ending;
};

scan_pool *scan_pool_new(const job_settings *settings, const ngram_index *x)
{
    scan_pool *t = xcalloc(1, sizeof *t);
    t->settings = settings;
    t->index = x;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->offered, NULL);
    pthread_cond_init(&t->done, NULL);
    return t;
}

void scan_pool_free(scan_pool *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_broadcast(&t->offered);
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->helper_count; i++) {
        pthread_join(t->helpers[i].thread, NULL);
        job_scanner_deinit(&t->helpers[i].scanner);
    }
    pthread_cond_destroy(&t->offered);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Under the lock. */
static job_batch *pop(scan_pool *t)
{
    return LIST_TAKE(&t->waiting, job_batch, link);
}

/* Under the lock, which is released during the scan. */
static void work_on(scan_pool *t, job_batch *b, job_scanner *s)
{
    pthread_mutex_unlock(&t->lock);
    job_batch_scan(b, s);
    pthread_mutex_lock(&t->lock);
    b->is_done = true;
    t->under_way--;
    pthread_cond_signal(&t->done);
}

static void *helper_main(void *arg)
{
    helper *h = arg;
    scan_pool *t = h->pool;
    pthread_mutex_lock(&t->lock);
    while (!t->ending) {
        job_batch *b = pop(t);
        if (b)
            work_on(t, b, &h->scanner);
        else
            pthread_cond_wait(&t->offered, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Starts up to `threads` helpers; fewer if the system refuses. */
static void make_helpers(scan_pool *t, unsigned threads)
{
    while (t->helper_count < MIN(threads, (unsigned)SCAN_TEAM_MOST)) {
        helper *h = &t->helpers[t->helper_count];
        h->pool = t;
        job_scanner_init(&h->scanner, t->settings, t->index);
        if (pthread_create(&h->thread, NULL, helper_main, h) != 0) {
            job_scanner_deinit(&h->scanner);
            return;
        }
        t->helper_count++;
    }
}

bool scan_pool_offer(scan_pool *t, job_batch *b, unsigned threads)
{
    make_helpers(t, threads);
    threads = MIN(threads, t->helper_count);
    pthread_mutex_lock(&t->lock);
    bool taken = t->under_way < threads * BATCHES_A_THREAD;
    if (taken) {
        list_append(&t->waiting, &b->link);
        t->under_way++;
        pthread_cond_signal(&t->offered);
    }
    pthread_mutex_unlock(&t->lock);
    return taken;
}

void scan_pool_wait(scan_pool *t, const job_batch *b, job_scanner *own)
{
    pthread_mutex_lock(&t->lock);
    while (!b->is_done) {
        job_batch *other = pop(t);
        if (other)
            work_on(t, other, own);
        else
            pthread_cond_wait(&t->done, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
}

bool scan_pool_is_done(scan_pool *t, const job_batch *b)
{
    pthread_mutex_lock(&t->lock);
    bool done = b->is_done;
    pthread_mutex_unlock(&t->lock);
    return done;
}

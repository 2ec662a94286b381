#include "base/array.h"
#include "base/list.h"
#include "base/util.h"
#include "detection/index/build_team.h"

#include <pthread.h>

#define BATCH_LINES      128
#define BATCH_BYTES      ((size_t)256 << 10)
#define KEPT_BYTES       ((size_t)4 << 20) /* of a batch's memory */
#define THREADS_MOST     32
#define BATCHES_A_THREAD 2 /* one is prepared, one waits */

typedef struct line_batch {
    list_link link;
    const team_work *work;
    buf text;
    size_t starts[BATCH_LINES]; /* of lines, in `text` */
    team_line lines[BATCH_LINES];
    size_t count;
    arena memory;
    bool is_done; /* guarded by the team's lock while `is_submitted` */
    bool is_submitted;
} line_batch;

typedef struct helper {
    build_team *team;
    pthread_t thread;
    preparer preparer; /* the thread's */
} helper;

struct build_team {
    preparer *own; /* the owner's, like the next four */
    line_batch *batches;
    size_t batch_count, filling; /* the batch that lines are added to; the next one is the oldest */
    size_t batch_lines;
    helper helpers[THREADS_MOST];
    unsigned helper_count;
    pthread_mutex_t lock;
    pthread_cond_t offered, done;
    /* guarded by the lock */
    linked_list waiting;
    bool ending;
};

/* --- preparing --- */

static void prepare_batch(line_batch *b, preparer *p)
{
    for (size_t i = 0; i < b->count; i++) {
        size_t end = i + 1 < b->count ? b->starts[i + 1] : b->text.len;
        b->lines[i].text = (slice){b->text.data + b->starts[i], end - b->starts[i]};
        b->work->prepare(b->work->ctx, p, &b->lines[i], &b->memory);
    }
}

/* Under the lock, which is released meanwhile. */
static void work_on(build_team *t, line_batch *b, preparer *p)
{
    pthread_mutex_unlock(&t->lock);
    prepare_batch(b, p);
    pthread_mutex_lock(&t->lock);
    b->is_done = true;
    pthread_cond_signal(&t->done);
}

static void *helper_main(void *arg)
{
    helper *h = arg;
    build_team *t = h->team;
    pthread_mutex_lock(&t->lock);
    while (!t->ending) {
        line_batch *b = LIST_TAKE(&t->waiting, line_batch, link);
        if (b)
            work_on(t, b, &h->preparer);
        else
            pthread_cond_wait(&t->offered, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void start_helpers(build_team *t, unsigned threads)
{
    while (t->helper_count < MIN(threads, (unsigned)THREADS_MOST)) {
        helper *h = &t->helpers[t->helper_count];
        h->team = t;
        preparer_init(&h->preparer);
        if (pthread_create(&h->thread, NULL, helper_main, h) != 0) {
            preparer_deinit(&h->preparer);
            return;
        }
        t->helper_count++;
    }
}

static void end_helpers(build_team *t)
{
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_broadcast(&t->offered);
    pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < t->helper_count; i++) {
        pthread_join(t->helpers[i].thread, NULL);
        preparer_deinit(&t->helpers[i].preparer);
    }
}

build_team *build_team_new(unsigned threads, preparer *own)
{
    build_team *t = xcalloc(1, sizeof *t);
    t->own = own;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->offered, NULL);
    pthread_cond_init(&t->done, NULL);
    start_helpers(t, threads);
    t->batch_lines = t->helper_count > 0 ? BATCH_LINES : 1;
    t->batch_count = (size_t)t->helper_count * BATCHES_A_THREAD + 2;
    t->batches = xcalloc(t->batch_count, sizeof *t->batches);
    for (size_t i = 0; i < t->batch_count; i++)
        buf_init(&t->batches[i].text, SIZE_MAX / 2);
    return t;
}

void build_team_free(build_team *t)
{
    if (!t)
        return;
    end_helpers(t);
    for (size_t i = 0; i < t->batch_count; i++) {
        buf_deinit(&t->batches[i].text);
        arena_deinit(&t->batches[i].memory);
    }
    free(t->batches);
    pthread_cond_destroy(&t->offered);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* --- committing --- */

static void submit(build_team *t, line_batch *b)
{
    pthread_mutex_lock(&t->lock);
    b->is_done = false;
    b->is_submitted = true;
    list_append(&t->waiting, &b->link);
    pthread_cond_signal(&t->offered);
    pthread_mutex_unlock(&t->lock);
}

/* Prepares other batches meanwhile, or this one. */
static void await(build_team *t, line_batch *b)
{
    pthread_mutex_lock(&t->lock);
    while (!b->is_done) {
        line_batch *other = LIST_TAKE(&t->waiting, line_batch, link);
        if (other)
            work_on(t, other, t->own);
        else
            pthread_cond_wait(&t->done, &t->lock);
    }
    pthread_mutex_unlock(&t->lock);
}

static void empty(line_batch *b)
{
    if (b->text.capacity > KEPT_BYTES)
        buf_deinit(&b->text);
    buf_clear(&b->text);
    arena_clear(&b->memory);
    b->count = 0;
    b->is_submitted = false;
}

/* Leaves the batch empty. */
static bool commit(build_team *t, line_batch *b, err *e)
{
    if (!b->is_submitted)
        return true;
    await(t, b);
    for (size_t i = 0; i < b->count; i++)
        if (!b->work->commit(b->work->ctx, &b->lines[i], e))
            return false;
    empty(b);
    return true;
}

/* Submits the batch that is filled, and makes the oldest one the next. */
static bool turn(build_team *t, err *e)
{
    submit(t, &t->batches[t->filling]);
    t->filling = (t->filling + 1) % t->batch_count;
    return commit(t, &t->batches[t->filling], e);
}

bool build_team_add(build_team *t, const team_work *work, slice text, uint64_t number, err *e)
{
    line_batch *b = &t->batches[t->filling];
    b->work = work;
    b->starts[b->count] = b->text.len;
    b->lines[b->count++] = (team_line){.number = number};
    buf_append_slice(&b->text, text);
    if (t->helper_count == 0)
        return build_team_drain(t, e);
    return (b->count < t->batch_lines && b->text.len < BATCH_BYTES) || turn(t, e);
}

bool build_team_drain(build_team *t, err *e)
{
    if (t->batches[t->filling].count > 0)
        submit(t, &t->batches[t->filling]);
    for (size_t i = 1; i <= t->batch_count; i++)
        if (!commit(t, &t->batches[(t->filling + i) % t->batch_count], e))
            return false;
    return true;
}

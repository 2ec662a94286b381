#include "base/util.h"
#include "orchestrator/fleet/host_share.h"

#include "decon/base/buf.h"
#include "orchestrator/fleet/schedulers.h"

#define INDEX_NAME       "PMR_HOST_INDEX"
#define COUNT_NAME       "PMR_HOST_COUNT"
#define SOURCE_MAX_BYTES ((size_t)600)
#define SINGLE_ADVICE    "or give --single where this one host does all files"

void host_share_deinit(host_share *s)
{
    free(s->source);
    *s = (host_share){0};
}

static bool take(uint64_t index, uint64_t count, const char *source, host_share *out, err *e)
{
    if (index >= count)
        return err_set(
            e, ERR_CONFIG,
            "host index %llu is not below the host count %llu (%s); indexes go from 0 to %llu",
            (unsigned long long)index, (unsigned long long)count, source,
            (unsigned long long)count - 1);
    *out = (host_share){.index = (unsigned)index,
                        .count = (unsigned)count,
                        .given = true,
                        .source = xstrdup(source)};
    return true;
}

/* The values are well-formed, but do not give this host's number. */
static bool incomplete(host_share *out, bool refused)
{
    out->incomplete = true;
    return refused;
}

static bool from_options(const host_share_options *o, host_share *out, err *e)
{
    if (o->single && (o->index_given || o->count_given))
        return err_set(
            e, ERR_CONFIG,
            "--single contradicts %s; give --single, or both --host-index and --host-count",
            o->index_given ? "--host-index" : "--host-count");
    if (o->single)
        return take(0, 1, "--single", out, e);
    if (!o->count_given)
        return incomplete(
            out, err_set(e, ERR_CONFIG,
                         "--host-index is given without --host-count; give both: --host-index %llu "
                         "--host-count <hosts>",
                         (unsigned long long)o->index));
    if (!o->index_given)
        return incomplete(
            out, err_set(e, ERR_CONFIG,
                         "--host-count is given without --host-index; give both: --host-index "
                         "<number of this host, from 0> --host-count %llu",
                         (unsigned long long)o->count));
    AUTO_FREE char *source = xasprintf("--host-index %llu, --host-count %llu",
                                       (unsigned long long)o->index, (unsigned long long)o->count);
    return take(o->index, o->count, source, out, e);
}

static bool from_pmr_pair(const char *index_text, const char *count_text, host_share *out, err *e)
{
    uint64_t index = 0, count = 0;
    AUTO(buf) used = BUF(SOURCE_MAX_BYTES);
    if (!scheduler_number(INDEX_NAME, index_text, 0, &index, e))
        return false;
    if (!count_text)
        return incomplete(out,
                          err_set(e, ERR_CONFIG,
                                  INDEX_NAME "=%llu is set and " COUNT_NAME
                                             " is not; set " COUNT_NAME "=<hosts>, " SINGLE_ADVICE,
                                  (unsigned long long)index));
    if (!scheduler_number(COUNT_NAME, count_text, 1, &count, e))
        return false;
    scheduler_note(&used, INDEX_NAME, index_text);
    scheduler_note(&used, COUNT_NAME, count_text);
    return take(index, count, buf_str(&used), out, e);
}

/* An array job that starts its program by srun has the variables of both. */
static bool refuse_two(const scheduler *const *found, err *e)
{
    return err_set(
        e, ERR_CONFIG,
        "the variables of two schedulers are set, %s (%s) and %s (%s); say which one counts: "
        "PMR_HOST_INDEX=$%s PMR_HOST_COUNT=<hosts>, " SINGLE_ADVICE,
        found[0]->index, found[0]->name, found[1]->index, found[1]->name, found[0]->index);
}

static bool refuse_without_count(const scheduler *s, uint64_t index, err *e)
{
    return err_set(e, ERR_CONFIG,
                   "%s=%llu (%s) is the number of this host, and there is no count; set " COUNT_NAME
                   "=<%s>, " SINGLE_ADVICE,
                   s->index, (unsigned long long)index, s->name,
                   s->count_is ? s->count_is : "hosts");
}

static bool refuse_other_count(const scheduler *s, uint64_t found, uint64_t count, err *e)
{
    return err_set(e, ERR_CONFIG,
                   COUNT_NAME
                   "=%llu and %s=%llu (%s) differ, so that some shares would be done twice or by "
                   "no host; unset " COUNT_NAME ", or set " INDEX_NAME " too",
                   (unsigned long long)count, s->count, (unsigned long long)found, s->name);
}

static bool refuse_count_alone(uint64_t count, err *e)
{
    return err_set(e, ERR_CONFIG,
                   COUNT_NAME "=%llu is set and " INDEX_NAME " is not; set " INDEX_NAME
                              "=<number of this host, from 0>, " SINGLE_ADVICE,
                   (unsigned long long)count);
}

/* `count_text`: of PMR_HOST_COUNT, or NULL. */
static bool from_scheduler(host_getenv *getenv_fn, const char *count_text, host_share *out, err *e)
{
    const scheduler *found[2];
    scheduler_task task;
    uint64_t count = 0;
    size_t present = schedulers_present(getenv_fn, found, ARRAY_LEN(found));
    AUTO(buf) used = BUF(SOURCE_MAX_BYTES);
    if (count_text && !scheduler_number(COUNT_NAME, count_text, 1, &count, e))
        return false;
    if (present == 0)
        return !count_text || incomplete(out, refuse_count_alone(count, e));
    if (present > 1)
        return incomplete(out, refuse_two(found, e));
    if (!scheduler_read(found[0], getenv_fn, &task, &used, e)) {
        out->incomplete = task.incomplete;
        return false;
    }
    if (!count_text && !task.count_known)
        return incomplete(out, refuse_without_count(found[0], task.index, e));
    if (count_text && task.count_known && task.count != count)
        return incomplete(out, refuse_other_count(found[0], task.count, count, e));
    if (count_text)
        scheduler_note(&used, COUNT_NAME, count_text);
    return take(task.index, count_text ? count : task.count, buf_str(&used), out, e);
}

bool host_share_find(const host_share_options *options, host_getenv *getenv_fn, host_share *out,
                     err *e)
{
    *out = (host_share){.count = 1};
    if (options->single || options->index_given || options->count_given)
        return from_options(options, out, e);
    const char *index = getenv_fn(INDEX_NAME), *count = getenv_fn(COUNT_NAME);
    return index ? from_pmr_pair(index, count, out, e) : from_scheduler(getenv_fn, count, out, e);
}

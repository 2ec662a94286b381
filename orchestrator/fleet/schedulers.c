#include "base/util.h"
#include "orchestrator/fleet/schedulers.h"

#include <string.h>

/* Slurm's numbers of special steps: batch script, extern, interactive, pending. */
#define SLURM_STEP_FIRST_SPECIAL 4294967280u

void scheduler_note(buf *used, const char *name, const char *value)
{
    buf_printf(used, "%s%s=%s", used->len ? ", " : "", name, value);
}

bool scheduler_number(const char *name, const char *value, uint64_t min, uint64_t *out, err *e)
{
    if (!value[0])
        return err_set(
            e, ERR_CONFIG,
            "environment variable %s is empty; set it to a number, unset it, or give --single "
            "where this one host does all files",
            name);
    return (num_parse_u64(value, out) && *out >= min && *out <= HOST_COUNT_MAX) ||
           err_set(e, ERR_CONFIG,
                   "environment variable %s=%.40s is not a number from %llu to %d; correct or "
                   "unset it, or "
                   "give --single where this one host does all files",
                   name, value, (unsigned long long)min, HOST_COUNT_MAX);
}

/* --- Slurm --- */

static const char *first_set(host_getenv *getenv_fn, const char *name, const char *other)
{
    const char *value = getenv_fn(name);
    return value ? value : getenv_fn(other);
}

/* A batch script has SLURM_PROCID=0 and the SLURM_NTASKS of its allocation, but is not a step. */
static bool in_step(host_getenv *getenv_fn)
{
    const char *step = first_set(getenv_fn, "SLURM_STEP_ID", "SLURM_STEPID");
    const char *tasks = first_set(getenv_fn, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS");
    uint64_t step_id = 0, task_count = 0;
    bool special = num_parse_u64(step, &step_id) && step_id >= SLURM_STEP_FIRST_SPECIAL;
    bool one_task = num_parse_u64(tasks, &task_count) && task_count == 1;
    return step && !special && !one_task && getenv_fn("SLURM_PROCID");
}

static bool array_number(host_getenv *getenv_fn, const char *name, uint64_t fallback, uint64_t *out,
                         buf *used, err *e)
{
    const char *value = getenv_fn(name);
    *out = fallback;
    if (!value)
        return true;
    scheduler_note(used, name, value);
    return scheduler_number(name, value, 0, out, e);
}

static bool refuse_gaps(uint64_t task, const char *used, err *e)
{
    return err_set(
        e, ERR_CONFIG,
        "the Slurm array has gaps, or is a part of one (%s), so that some shares would belong to "
        "no task; use --array=0-<hosts - 1>, or set PMR_HOST_INDEX=%llu and "
        "PMR_HOST_COUNT=<hosts>",
        used, (unsigned long long)task);
}

/* `--array=2-10:4` has the tasks 2, 6 and 10. */
static bool adjust_array(host_getenv *getenv_fn, scheduler_task *task, buf *used, err *e)
{
    uint64_t id = task->index, min, max, step;
    bool bounds = getenv_fn("SLURM_ARRAY_TASK_MIN") && getenv_fn("SLURM_ARRAY_TASK_MAX");
    if (!array_number(getenv_fn, "SLURM_ARRAY_TASK_MIN", 0, &min, used, e) ||
        !array_number(getenv_fn, "SLURM_ARRAY_TASK_MAX", 0, &max, used, e) ||
        !array_number(getenv_fn, "SLURM_ARRAY_TASK_STEP", 1, &step, used, e))
        return false;
    if (!bounds && !task->count_known && min == 0)
        return true; /* the number alone; the count must come from PMR_HOST_COUNT */
    bool whole = bounds && step >= 1 && min <= id && id <= max && (id - min) % step == 0;
    task->incomplete = !whole || (task->count_known && (max - min) / step + 1 != task->count);
    if (task->incomplete)
        return refuse_gaps(id, buf_str(used), e);
    task->index = (id - min) / step;
    return true;
}

/* --- the table --- */

static const scheduler rows[] = {
    {.name = "AWS Batch array job",
     .index = "AWS_BATCH_JOB_ARRAY_INDEX",
     .count = "AWS_BATCH_JOB_ARRAY_SIZE"},
    {.name = "AWS Batch multi-node job",
     .index = "AWS_BATCH_JOB_NODE_INDEX",
     .count = "AWS_BATCH_JOB_NUM_NODES"},
    {.name = "Kubernetes Indexed Job",
     .index = "JOB_COMPLETION_INDEX",
     .count_is = "completions of the Job"},
    {.name = "Slurm array",
     .index = "SLURM_ARRAY_TASK_ID",
     .count = "SLURM_ARRAY_TASK_COUNT",
     .adjust = adjust_array},
    {.name = "Slurm step",
     .index = "SLURM_PROCID",
     .count = "SLURM_NTASKS",
     .count_is_everywhere = true,
     .applies = in_step},
    {.name = "Open MPI", .index = "OMPI_COMM_WORLD_RANK", .count = "OMPI_COMM_WORLD_SIZE"},
    {.name = "PMI", .index = "PMI_RANK", .count = "PMI_SIZE"},
    {.name = "torchrun", .index = "RANK", .count = "WORLD_SIZE"},
    {.name = "Nomad", .index = "NOMAD_ALLOC_INDEX", .count_is = "count of the group"},
    {.name = "Google Batch", .index = "BATCH_TASK_INDEX", .count = "BATCH_TASK_COUNT"},
    {.name = "Cloud Run job", .index = "CLOUD_RUN_TASK_INDEX", .count = "CLOUD_RUN_TASK_COUNT"},
};

static bool is_present(const scheduler *s, host_getenv *getenv_fn)
{
    if (s->applies)
        return s->applies(getenv_fn);
    bool count = s->count && !s->count_is_everywhere && getenv_fn(s->count);
    return getenv_fn(s->index) || count;
}

size_t schedulers_present(host_getenv *getenv_fn, const scheduler **out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (is_present(&rows[i], getenv_fn) && found++ < max)
            out[found - 1] = &rows[i];
    return found;
}

bool scheduler_read(const scheduler *s, host_getenv *getenv_fn, scheduler_task *out, buf *used,
                    err *e)
{
    const char *index = getenv_fn(s->index), *count = s->count ? getenv_fn(s->count) : NULL;
    *out = (scheduler_task){.count_known = count != NULL};
    if (count && !scheduler_number(s->count, count, 1, &out->count, e))
        return false;
    out->incomplete = !index;
    if (!index)
        return err_set(
            e, ERR_CONFIG,
            "%s=%.40s (%s) is set and %s is not; pass both to this program, set "
            "PMR_HOST_INDEX and PMR_HOST_COUNT, or give --single where this one host does all "
            "files",
            s->count, count, s->name, s->index);
    scheduler_note(used, s->index, index);
    if (count)
        scheduler_note(used, s->count, count);
    return scheduler_number(s->index, index, 0, &out->index, e) &&
           (!s->adjust || s->adjust(getenv_fn, out, used, e));
}

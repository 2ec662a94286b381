#include "base/array.h"
#include "base/util.h"
#include "orchestrator/local/result_jobs.h"

#define TAG_CHARS 12
#define ID_CHARS  36

struct result_jobs {
    char tag[TAG_CHARS + 1];
    char **kept;
    size_t kept_count;
    bool is_sorted;
};

result_jobs *result_jobs_new(const char *tag)
{
    result_jobs *j = xcalloc(1, sizeof *j);
    snprintf(j->tag, sizeof j->tag, "%s", tag);
    return j;
}

void result_jobs_free(result_jobs *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < j->kept_count; i++)
        free(j->kept[i]);
    free(j->kept);
    free(j);
}

void result_jobs_keep(result_jobs *j, const char *job_id)
{
    if (!j)
        return;
    *ARRAY_ADD(j->kept, j->kept_count) = xstrdup(job_id);
    j->is_sorted = false;
}

bool result_jobs_keeps(const result_jobs *j)
{
    return j->kept_count > 0;
}

/* "<8 of the tag>-<4 of the tag>-8xxx-xxxx-xxxxxxxxxxxx": a UUID of version 8; only this project's
 * server makes one from this tag. */
static bool is_tagged(const result_jobs *j, slice id)
{
    static const char form[] = "hhhhhhhh-hhhh-8hhh-hhhh-hhhhhhhhhhhh";
    if (id.len != ID_CHARS || strlen(j->tag) != TAG_CHARS)
        return false;
    for (size_t i = 0; i < ID_CHARS; i++)
        if (form[i] == 'h' ? !memchr("0123456789abcdef", id.data[i], 16) : form[i] != id.data[i])
            return false;
    return memcmp(id.data, j->tag, 8) == 0 && memcmp(id.data + 9, j->tag + 8, 4) == 0;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_kept(result_jobs *j, slice id)
{
    AUTO_FREE char *name = slice_dup(id);
    if (j->kept_count == 0)
        return false;
    if (!j->is_sorted)
        qsort(j->kept, j->kept_count, sizeof *j->kept, compare_ids);
    j->is_sorted = true;
    return bsearch(&name, j->kept, j->kept_count, sizeof *j->kept, compare_ids) != NULL;
}

bool result_jobs_cover(result_jobs *j, slice job_id)
{
    return j && is_tagged(j, job_id) && !is_kept(j, job_id);
}

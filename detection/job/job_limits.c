#include "detection/job/job_limits.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "detection/job/scan_pool.h"

/* A scanning thread's stack (8 MiB) and its buffers. */
#define THREAD_BYTES ((uint64_t)24 << 20)
#define MS_PER_MB    1000
#define MB           1000000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

static bool read_size(uint64_t *bytes, err *e)
{
    AUTO(buf) text = BUF(256);
    if (!fs_read_file("/proc/self/statm", 256, &text, e))
        return false;
    AUTO_FREE char *number = xstrndup(buf_str(&text), strcspn(buf_str(&text), " "));
    uint64_t pages = 0;
    if (!num_parse_u64(number, &pages))
        return err_set(e, ERR_IO, "/proc/self/statm: read: no number of pages; mount /proc");
    *bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

static bool set_limit(uint64_t bytes, err *e)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_AS, &now) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the memory limit of a job's process");
    struct rlimit wanted = {.rlim_cur = MIN((rlim_t)bytes, now.rlim_max), .rlim_max = now.rlim_max};
    return setrlimit(RLIMIT_AS, &wanted) == 0 ||
           err_set_errno(e, ERR_IO, errno, "cannot set the memory limit of a job's process");
}

/* One malloc arena: each further one would reserve 64 MiB of the limit for one thread. */
bool job_limits_memory(const job_settings *s, err *e)
{
    uint64_t size = 0, helpers = MIN(MAX(s->threads, 1u) - 1, (unsigned)SCAN_TEAM_MOST);
    if (s->memory_bytes == 0)
        return true;
    if (IS_SANITIZED) {
        util_limit_allocation((size_t)s->memory_bytes);
        return true;
    }
    mallopt(M_ARENA_MAX, 1);
    uint64_t decoder = s->codec_memory_bytes ? s->codec_memory_bytes : CODEC_MEMORY_BYTES;
    return read_size(&size, e) &&
           set_limit(size + s->memory_bytes + decoder + helpers * THREAD_BYTES, e);
}

void job_limits_memory_fault(const job_settings *s, const char *path, err *e)
{
    err_set(e, ERR_LIMIT,
            "%s: scan: the job needs more memory than job_memory (%" PRIu64
            " MiB); raise job_memory of the detection server, or split the file's long lines",
            path, s->memory_bytes >> 20);
}

uint64_t job_limits_time_ms(const job_settings *s, uint64_t text_bytes)
{
    return s->time_limit_ms + text_bytes / (MB / MS_PER_MB);
}

void job_limits_time_fault(const job_settings *s, const char *path, uint64_t text_bytes, err *e)
{
    err_set(e, ERR_JOB_FAILED,
            "%s: scan: not finished within %g s plus 1 s for each of %" PRIu64
            " MB of text; check that the storage of the file responds, raise job_time_limit of the "
            "detection server, or split the file",
            path, (double)s->time_limit_ms / 1000, text_bytes / MB);
}

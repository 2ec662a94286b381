/* Bounds of one job: the memory of its process, its time.
 *
 * What:    memory: RLIMIT_AS of the process, its size at the start (the index included) plus the
 *          job's memory, the decoder's, and the threads'. In sanitizer builds, whose allocators
 *          reserve terabytes, one allocation may have the job's memory instead.
 *          Time: job_time_limit plus 1 s for each MB of text that was decoded.
 * Owner:   nothing.
 * Threads: job_limits_memory by one thread, before others are made; the rest any.
 * Fails:   job_limits_memory: the process's size or the limit cannot be read or set.
 */
#ifndef DETECTION_JOB_JOB_LIMITS_H
#define DETECTION_JOB_JOB_LIMITS_H

#include "detection/job/job_run.h"

bool job_limits_memory(const job_settings *settings, err *e) MUST_USE;
/* What to say where an allocation failed under the limit. */
void job_limits_memory_fault(const job_settings *settings, const char *path, err *e);

/* From the job's start; settings->time_limit_ms is not 0. */
uint64_t job_limits_time_ms(const job_settings *settings, uint64_t text_bytes);
void job_limits_time_fault(const job_settings *settings, const char *path, uint64_t text_bytes,
                           err *e);

#endif

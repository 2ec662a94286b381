/* Limits of one job: the memory of its process, and its time.
 *
 * What:    memory: RLIMIT_AS of the process: its size at the start (including the index) plus the
 *          job's memory, the decoder's, and the threads'. In sanitizer builds, whose allocators
 *          reserve terabytes, a single allocation is limited to the job's memory instead.
 *          Time: job_time_limit plus 1 s per MB of decoded text.
 * Owner:   nothing.
 * Threads: job_limits_memory by one thread, before others start; the others from any.
 * Fails:   job_limits_memory if the process's size cannot be read or the limit cannot be set.
 */
#ifndef DETECTION_JOB_JOB_LIMITS_H
#define DETECTION_JOB_JOB_LIMITS_H

#include "detection/job/job_run.h"

bool job_limits_memory(const job_settings *settings, err *e) MUST_USE;
/* The error of an allocation that failed under the limit. */
void job_limits_memory_fault(const job_settings *settings, const char *path, err *e);

/* Measured from the job's start; settings->time_limit_ms is not 0. */
uint64_t job_limits_time_ms(const job_settings *settings, uint64_t text_bytes);
void job_limits_time_fault(const job_settings *settings, const char *path, uint64_t text_bytes,
                           err *e);

#endif

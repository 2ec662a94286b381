/* The training file of a job.
 *
 * What:    whether it can be read, its compression, and the lines that were not scanned.
 * Owner:   nothing. Threads: any (blocking calls). Fails: the message names the file.
 */
#ifndef DETECTION_JOB_JOB_INPUT_H
#define DETECTION_JOB_JOB_INPUT_H

#include "detection/job/job_run.h"

bool job_input_check(const char *path, mode_t *mode, err *e) MUST_USE;
/* The format that codec_decode_file will use; errors are reported by that call. */
codec_format job_input_format(const char *path);
void job_input_warn(const job_settings *s, const char *path, const job_outcome *out);

#endif

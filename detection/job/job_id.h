/* Ids of jobs: UUIDs (RFC 9562, sections 5.4 and 5.8).
 *
 * What:    an id is random (version 4), or begins with the client's tag (version 8), so that clients
 *          find the results of their jobs by these names, also after a restart.
 * Owner:   the caller's array. Threads: any. Fails: never; waits for the kernel's random numbers
 *          right after boot.
 */
#ifndef DETECTION_JOB_JOB_ID_H
#define DETECTION_JOB_JOB_ID_H

#include "base/util.h"
#include "detection/output/job_results.h"

#define JOB_TAG_BYTES 6

void job_id_make(const char *tag, char id[JOB_ID_BYTES]); /* tag NULL: none */
/* 2 * JOB_TAG_BYTES lower-case hexadecimal digits. */
bool job_tag_is_good(const char *tag);

#endif

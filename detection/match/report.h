/* Report lines: one compact JSON object for each match, keys in ascending order.
 *
 * What:    report_line appends a line; report_training_name yields the file's name in it.
 * Owner:   text goes to the caller's bufs. Threads: any. Fails: as the buf does.
 */
#ifndef DETECTION_MATCH_REPORT_H
#define DETECTION_MATCH_REPORT_H

#include "detection/match/match.h"

typedef struct report_place {
    slice training_file;
    uint64_t training_line; /* from 0 */
} report_place;

/* The last component of a path, without .gz, .zst and .zstd (other compressions stay). */
slice report_training_name(const char *path);

/* `scratch` is used up. */
void report_line(const match *m, const report_place *place, buf *scratch, buf *out);

#endif

/* Names of report files.
 *
 * What:    recognises reports by name; patterns of the options --eval and --file. Owner: nothing.
 *          Threads: any. Fails: never.
 */
#ifndef DETECTION_REPORTS_REPORT_NAME_H
#define DETECTION_REPORTS_REPORT_NAME_H

#include "base/util.h"

/* "<any>.report.jsonl", or "<any>-simple-<threshold>.jsonl" of the reference program's batches;
 * compressed or not. If `suffix` is not NULL: "<any><suffix>" instead. Yields the length of
 * <any>, 0 for other names. */
size_t report_name_stem(const char *name, const char *suffix);

/* A pattern with * ? or [ matches the whole text, another one any part of it, ignoring case.
 * Without patterns every text matches. */
bool name_fits(char *const *patterns, const char *text);

#endif

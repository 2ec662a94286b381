/* Comma-separated values (RFC 4180) as JSON objects.
 *
 * What:    the first row names the columns; each later row becomes an object of strings. Quoted
 *          values may hold commas, quotes (doubled) and line ends; rows end with LF or CRLF.
 * Owner:   the object is valid during the call of `row`. Threads: any.
 * Fails:   ERR_PARSE with the line: an unfinished quote, text after a closing quote, a row with
 *          another number of values than the first; errors set by `row`.
 */
#ifndef DETECTION_CONVERT_CSV_H
#define DETECTION_CONVERT_CSV_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

bool csv_each_row(slice text, bool (*row)(void *ctx, slice object, uint64_t line, err *e),
                  void *ctx, err *e) MUST_USE;

#endif

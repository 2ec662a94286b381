/* Faults of the checker, for its two readers.
 *
 * What:    each function records position, code and message of a fault in `j`, which jsonl.c
 *          reports. Functions that get the position of the wrong byte return it, for the reader to
 *          stop there.
 * Owner:   everything is recorded in `j`.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSONL_FAULT_H
#define COMPRESSION_JSONL_JSONL_FAULT_H

#include "compression/jsonl/jsonl_state.h"

/* Unexpected byte at p, or end of the text. */
const char *jsonl_fault_unexpected(jsonl *j, const char *p);
void jsonl_fault_end_of_text(jsonl *j);
void jsonl_fault_byte_order_mark(jsonl *j, bool whole); /* else the text only begins like one */

const char *jsonl_fault_utf8(jsonl *j, const char *p);
const char *jsonl_fault_control(jsonl *j, const char *p); /* unescaped, in a string */
const char *jsonl_fault_leading_zero(jsonl *j, const char *p);
const char *jsonl_fault_depth(jsonl *j, const char *p); /* a container beyond the limit opens */
void jsonl_fault_lone_surrogate(jsonl *j, unsigned unit, uint64_t offset);
void jsonl_fault_key(jsonl *j, keyset_result result); /* the key that has just ended */
void jsonl_fault_line_length(jsonl *j);               /* at the first byte beyond the limit */

#endif

/* The faults that the checker finds in a text, for its two readers.
 *
 * What:    each notes where the fault lies, its code and its words in `j`, which jsonl.c reports. Those
 *          that are given the wrong byte's place yield it, for the reader to stop at.
 * Owner:   all is noted in `j`.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSONL_FAULT_H
#define COMPRESSION_JSONL_JSONL_FAULT_H

#include "compression/jsonl/jsonl_state.h"

/* Not what the state asks for: at p, or behind the text's last byte. */
const char *jsonl_fault_unexpected(jsonl *j, const char *p);
void jsonl_fault_end_of_text(jsonl *j);
void jsonl_fault_byte_order_mark(jsonl *j, bool whole); /* else it only begins like one */

const char *jsonl_fault_utf8(jsonl *j, const char *p);
const char *jsonl_fault_control(jsonl *j, const char *p); /* raw, in a string */
const char *jsonl_fault_leading_zero(jsonl *j, const char *p);
const char *jsonl_fault_depth(jsonl *j, const char *p); /* a container too many opens */
void jsonl_fault_lone_surrogate(jsonl *j, unsigned unit, uint64_t offset);
void jsonl_fault_key(jsonl *j, keyset_result result); /* the key that has just ended */
void jsonl_fault_line_length(jsonl *j);               /* at the first byte that is too much */

#endif

/* Checks that a text is the input without some of its lines, in order, byte for byte.
 *
 * What:    compares line hashes of both under one random key. Those of the input were kept by its
 *          verification (line_hashes); without them the input is decoded again. Only if the
 *          comparison fails, both texts are read again to find the first line that differs; the
 *          input itself is decoded then, so that corrupt hashes do not fail the file.
 * Owner:   everything in line_check is borrowed during the call.
 * Threads: a worker's (blocking).
 * Fails:   ERR_RESULT with the first line that differs; what reading the texts sets.
 * Memory:  about 50 KiB; after a difference 16 bytes per thousand lines.
 */
#ifndef ORCHESTRATOR_TRANSFER_RESULT_LINES_H
#define ORCHESTRATOR_TRANSFER_RESULT_LINES_H

#include "decon/compression/codec.h"
#include "base/util.h"
#include "orchestrator/transfer/line_hashes.h"

/* Feeds the whole decoded text to `sink` and finishes it; each call starts at the beginning. */
typedef struct text_reader {
    bool (*read)(void *ctx, stage *sink, err *e);
    void *ctx;
} text_reader;

typedef struct line_check {
    const char *name;        /* of the object, for messages */
    const uint64_t *removed; /* line numbers from 0, ascending, each once */
    size_t removed_count;    /* all are lines of the input */
    uint64_t input_lines;
    const line_hashes *hashes;  /* of the input, or NULL */
    text_reader input, cleaned; /* only read */
    text_reader first;          /* the cleaned text as it is read first; any other use of it
                                   counts only if the comparison succeeds */
} line_check;

/* Counts lines; the hashes are kept in `hashes` (may be NULL) if they fit. */
bool result_lines_count(const text_reader *input, line_hashes *hashes, uint64_t *lines, err *e)
    MUST_USE;
bool result_lines_compare(const line_check *check, err *e) MUST_USE;

#endif

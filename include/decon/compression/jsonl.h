/* A strict JSON Lines checker.
 *
 * What:    text is fed in pieces of any size; every line that is not blank must be one JSON object
 *          (RFC 8259) in valid UTF-8. Lines are not buffered. White space is space, tab and '\r'.
 *          Lone surrogate escapes and duplicate keys are accepted, as in the RFC, unless an option
 *          refuses them.
 * Owner:   decon_jsonl_new / decon_jsonl_free. Text is borrowed for the duration of a call.
 * Threads: one at a time.
 * Fails:   at the first fault, with DECON_ERR_JSONL, DECON_ERR_UTF8 or DECON_ERR_LIMIT and `line L,
 *          byte B of the decoded text: cause`; line from 1, byte from 0, the offset of the wrong
 *          byte. The fault and the counts do not depend on how the text is split.
 * Sources: RFC 8259 (JSON), Unicode table 3-7 (UTF-8), jsonlines.org.
 */
#ifndef DECON_COMPRESSION_JSONL_H
#define DECON_COMPRESSION_JSONL_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECON_JSONL_LINE_BYTES ((uint64_t)256 * 1024 * 1024) /* default limit for one line */
#define DECON_JSONL_DEPTH      1024                          /* default limit for nesting */
#define DECON_JSONL_DEPTH_MAX  65536
/* the detection server skips lines with deeper nesting */
#define DECON_JSONL_SERVER_DEPTH 127

typedef struct decon_jsonl_options {
    const char *content_key; /* dotted path of the line's text; NULL: "text"; copied */
    uint64_t max_line_bytes; /* excluding the '\n'; 0: DECON_JSONL_LINE_BYTES */
    /* Nested containers, including the line's object; 0: DECON_JSONL_DEPTH; at most
     * DECON_JSONL_DEPTH_MAX. */
    size_t max_depth;
    bool refuse_lone_surrogates; /* an escape such as \ud83d without its pair is a fault */
    bool refuse_duplicate_keys;  /* a key that occurs twice in an object is a fault; the size of all
                                    keys of an object is then limited, see keyset.h */
    const char *indexer; /* for tests and benchmarks: a name from json_window.h, or "none" for the
                            exact reader alone; NULL: the fastest for this processor */
} decon_jsonl_options;

typedef struct decon_jsonl_counts {
    uint64_t bytes;
    uint64_t lines; /* including blank ones */
    uint64_t blank_lines;
    uint64_t longest_line_bytes;
    uint64_t unscannable_lines; /* no string at the content key */
    uint64_t skipped_lines;     /* skipped by the detection server although they have a string:
                                   lone surrogates, more than DECON_JSONL_SERVER_DEPTH levels,
                                   numbers out of range of binary64 */
    uint64_t lone_surrogates;   /* unpaired escapes, in keys and values */
} decon_jsonl_counts;

typedef struct decon_jsonl decon_jsonl;

decon_jsonl *decon_jsonl_new(const decon_jsonl_options *options) DECON_MUST_USE;
bool decon_jsonl_feed(decon_jsonl *j, decon_slice text, decon_err *e) DECON_MUST_USE;
/* Ends the text. Also fails if there are lines but the detection server would scan none of them: a
 * wrong content key must not pass as clean data. */
bool decon_jsonl_finish(decon_jsonl *j, decon_err *e) DECON_MUST_USE;
/* counts of the complete lines so far */
decon_jsonl_counts decon_jsonl_counts_get(const decon_jsonl *j);
void decon_jsonl_free(decon_jsonl *j);
DECON_DEFINE_AUTO_PTR(decon_jsonl, decon_jsonl_free)

#ifdef __cplusplus
}
#endif

#endif

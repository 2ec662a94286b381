/* The strict JSON Lines checker.
 *
 * What:    text is fed in pieces of any size; every line that is not blank must be one JSON object
 *          (RFC 8259) in valid UTF-8. No line is held in memory. White space is space, tab and
 *          '\r'; lone surrogate escapes and duplicate keys are allowed, as the RFC allows them,
 *          unless an option refuses them.
 * Owner:   decon_jsonl_new / decon_jsonl_free. Pieces are lent for the length of a call.
 * Threads: one at a time.
 * Fails:   the first fault ends it: DECON_ERR_JSONL, DECON_ERR_UTF8 or DECON_ERR_LIMIT with `line L, byte B of the
 *          decoded text: cause`; line from 1, byte from 0, the offset of the byte that is wrong.
 *          Any split of the same text gives the same fault and the same counts.
 * Sources: RFC 8259 (JSON), Unicode table 3-7 (UTF-8), jsonlines.org.
 */
#ifndef DECON_COMPRESSION_JSONL_H
#define DECON_COMPRESSION_JSONL_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DECON_JSONL_LINE_BYTES ((uint64_t)256 * 1024 * 1024) /* what a line may have, by default */
#define DECON_JSONL_DEPTH      1024                          /* the same for its nesting */
#define DECON_JSONL_DEPTH_MAX  65536
/* What the detection server reads of a line; of one with more it skips all. */
#define DECON_JSONL_SERVER_DEPTH 127

typedef struct decon_jsonl_options {
    const char *content_key; /* dotted path of the text; NULL: "text"; copied */
    uint64_t max_line_bytes; /* without the '\n'; 0: DECON_JSONL_LINE_BYTES */
    size_t
        max_depth; /* containers within each other, the line's object included; 0: DECON_JSONL_DEPTH;
                         DECON_JSONL_DEPTH_MAX at most */
    bool refuse_lone_surrogates; /* an escape like \ud83d without its other half is a fault */
    bool refuse_duplicate_keys;  /* one that stands twice in an object is; what an object holds of
                                    keys has a bound then, see keyset.h */
    const char *indexer; /* for tests and measurements: one of json_window.h by name, or "none" for
                            the exact reader alone; NULL: the best for this processor */
} decon_jsonl_options;

typedef struct decon_jsonl_counts {
    uint64_t bytes;
    uint64_t lines; /* blank ones included */
    uint64_t blank_lines;
    uint64_t longest_line_bytes;
    uint64_t unscannable_lines; /* no string under the content key */
    uint64_t skipped_lines;     /* one is there, but the detection server skips the line: lone
                                   surrogates, more than DECON_JSONL_SERVER_DEPTH levels, numbers that are
                                   beyond binary64 */
    uint64_t lone_surrogates;   /* escapes of half a character, in keys and values */
} decon_jsonl_counts;

typedef struct decon_jsonl decon_jsonl;

decon_jsonl *decon_jsonl_new(const decon_jsonl_options *options) DECON_MUST_USE;
bool decon_jsonl_feed(decon_jsonl *j, decon_slice text, decon_err *e) DECON_MUST_USE;
/* The text ends here. Fails too when there are lines, but none that the detection server looks at:
 * a wrong key, above all, must not pass for clean data. */
bool decon_jsonl_finish(decon_jsonl *j, decon_err *e) DECON_MUST_USE;
decon_jsonl_counts decon_jsonl_counts_get(const decon_jsonl *j); /* so far: whole lines */
void decon_jsonl_free(decon_jsonl *j);
DECON_DEFINE_AUTO_PTR(decon_jsonl, decon_jsonl_free)

#ifdef __cplusplus
}
#endif

#endif

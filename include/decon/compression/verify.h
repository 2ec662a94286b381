/* Verification of one training file while it streams by: decode, checksums, JSON Lines.
 *
 * What:    raw object bytes go in, in order, in pieces of any size; a verdict comes out. The format
 *          is chosen by content (magic); a suffix that says otherwise is noted in the verdict.
 * Owner:   decon_verify_new / decon_verify_free. The verdict's strings are inside it.
 * Threads: one thread at a time; belongs to a worker while it feeds.
 * Fails:   the first fault ends it: decon_verify_feed / decon_verify_finish yield false and set err to
 *          `<name>: line L, byte B of the decoded text: cause` (line from 1, byte from 0). A fault
 *          in the first 512 bytes of the text is reported when those were seen, or at the end: the
 *          message names what the text is instead (another compression, UTF-16, HTML, ...). Any
 *          split of the same bytes gives the same verdict and the same fault.
 * Sources: RFC 8259 (JSON), RFC 3629 (UTF-8), jsonlines.org; the formats' own documents.
 */
#ifndef DECON_COMPRESSION_VERIFY_H
#define DECON_COMPRESSION_VERIFY_H

#include "decon/compression/codec.h"
#include "decon/compression/jsonl.h"
#include "decon/compression/linehash.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum decon_verify_level {
    DECON_VERIFY_NONE, /* bytes are not looked at */
    DECON_VERIFY_STREAM, /* the stream decodes to its very end, checksums right, no trailing garbage */
    DECON_VERIFY_JSONL, /* and every non-blank line is one JSON object in valid UTF-8 */
} decon_verify_level;

typedef struct decon_verify_options {
    decon_verify_level level;
    const char *name;          /* object name for messages and for the suffix; borrowed */
    decon_jsonl_options jsonl; /* DECON_VERIFY_JSONL: what the checker asks of a line */
    decon_codec_options codec; /* memory and helper threads of the decoder */
    const decon_linehash_sink
        *lines; /* gets a hash of each line, but at DECON_VERIFY_NONE; copied; or NULL */
} decon_verify_options;

typedef struct decon_verdict {
    decon_codec_format format; /* by content */
    bool suffix_differs;       /* the name's suffix promises another format */
    uint64_t raw_bytes;        /* fed in; decoded_bytes over it is the ratio */
    uint64_t decoded_bytes;
    uint64_t lines; /* physical lines, blank ones included */
    uint64_t blank_lines;
    uint64_t longest_line_bytes;
    uint64_t members;           /* gzip members, zstd frames, bzip2 and xz streams; plain: 0 */
    unsigned checksums;         /* CODEC_CHECK_... that were seen, and were right */
    uint64_t unscannable_lines; /* content key missing or not a string */
    uint64_t skipped_lines;     /* by the detection server, though they have a text: see jsonl.h */
    uint64_t lone_surrogates;   /* escapes of half a character */
} decon_verdict; /* at DECON_VERIFY_STREAM the line counts are right too (newlines are counted), the last three
            are 0 */

typedef struct decon_verify decon_verify;

decon_verify *decon_verify_new(const decon_verify_options *options, decon_err *e) DECON_MUST_USE;
bool decon_verify_feed(decon_verify *v, decon_slice raw, decon_err *e) DECON_MUST_USE;
bool decon_verify_finish(decon_verify *v, decon_verdict *out, decon_err *e) DECON_MUST_USE;
/* Behind DECON_ERR_CODEC_MEMORY: how much the decoder would have to be allowed. */
uint64_t decon_verify_memory_needed(const decon_verify *v);
void decon_verify_free(decon_verify *v);
DECON_DEFINE_AUTO_PTR(decon_verify, decon_verify_free)

#ifdef __cplusplus
}
#endif

#endif

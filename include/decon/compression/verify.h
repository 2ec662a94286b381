/* Verification of one training file as a stream: decoding, checksums, JSON Lines.
 *
 * What:    takes the object's raw bytes in order, in pieces of any size, and returns a verdict. The
 *          content (magic bytes) selects the format; a different suffix is noted in the verdict.
 * Owner:   decon_verify_new / decon_verify_free. A verdict owns no memory.
 * Threads: one thread at a time; belongs to a worker while it feeds.
 * Fails:   at the first fault: decon_verify_feed or decon_verify_finish returns false and sets err
 *          to `<name>: line L, byte B of the decoded text: cause` (line from 1, byte from 0). A
 *          fault in the first 512 bytes of the text is reported after these bytes, or at the end,
 *          since the message names the format that was found instead (another compression, UTF-16,
 *          HTML, ...). Verdict and fault do not depend on how the bytes are split.
 * Sources: RFC 8259 (JSON), RFC 3629 (UTF-8), jsonlines.org; the specifications of the formats.
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
    DECON_VERIFY_NONE,   /* no verification */
    DECON_VERIFY_STREAM, /* the stream decodes completely, checksums match, no trailing bytes */
    DECON_VERIFY_JSONL,  /* also, every non-blank line is one JSON object in valid UTF-8 */
} decon_verify_level;

typedef struct decon_verify_options {
    decon_verify_level level;
    const char *name;          /* object name for messages and for the suffix; borrowed */
    decon_jsonl_options jsonl; /* for DECON_VERIFY_JSONL: requirements for a line */
    decon_codec_options codec; /* memory and helper threads of the decoder */
    /* Gets a hash of each line, except at DECON_VERIFY_NONE; copied; or NULL. */
    const decon_linehash_sink *lines;
} decon_verify_options;

typedef struct decon_verdict {
    decon_codec_format format; /* by content */
    bool suffix_differs;       /* the suffix of the name belongs to another format */
    uint64_t raw_bytes;        /* bytes fed; decoded_bytes / raw_bytes is the ratio */
    uint64_t decoded_bytes;
    uint64_t lines; /* physical lines, including blank ones */
    uint64_t blank_lines;
    uint64_t longest_line_bytes;
    uint64_t members;           /* gzip members, zstd frames, bzip2 and xz streams; plain: 0 */
    unsigned checksums;         /* CODEC_CHECK_... that were present and matched */
    uint64_t unscannable_lines; /* content key missing or not a string */
    uint64_t skipped_lines;     /* skipped by the detection server although they have a text: see
                                   jsonl.h */
    uint64_t lone_surrogates;   /* unpaired escapes */
} decon_verdict; /* DECON_VERIFY_STREAM counts lines by newlines; the last three members are then 0 */

typedef struct decon_verify decon_verify;

decon_verify *decon_verify_new(const decon_verify_options *options, decon_err *e) DECON_MUST_USE;
bool decon_verify_feed(decon_verify *v, decon_slice raw, decon_err *e) DECON_MUST_USE;
bool decon_verify_finish(decon_verify *v, decon_verdict *out, decon_err *e) DECON_MUST_USE;
/* After DECON_ERR_CODEC_MEMORY: the memory limit that the stream requires, in bytes. */
uint64_t decon_verify_memory_needed(const decon_verify *v);
void decon_verify_free(decon_verify *v);
DECON_DEFINE_AUTO_PTR(decon_verify, decon_verify_free)

#ifdef __cplusplus
}
#endif

#endif

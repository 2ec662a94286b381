/* Checks one decoded text for JSON Lines; a fault names the format that was found instead.
 *
 * What:    text is fed in pieces of any size. A fault is reported only after the first
 *          CONTENT_HEAD_BYTES of the text, or its end, so that the message does not depend on the
 *          split of the text.
 * Owner:   text_check_init / text_check_deinit. Threads: one at a time.
 * Fails:   as jsonl.h; lenient: ERR_JSONL for a text that is another compression or container.
 */
#ifndef COMPRESSION_TEXT_CHECK_H
#define COMPRESSION_TEXT_CHECK_H

#include "compression/content_head.h"
#include "decon/compression/jsonl.h"
#include "base/util.h"

typedef struct text_check {
    jsonl *checker; /* NULL: lenient */
    content_head head;
    err fault; /* held back until the head is complete */
} text_check;

void text_check_init(text_check *t, const jsonl_options *options); /* NULL: lenient */
void text_check_deinit(text_check *t);

/* `format`: how the text is compressed. */
bool text_check_feed(text_check *t, slice text, codec_format format, err *e) MUST_USE;
bool text_check_finish(text_check *t, codec_format format, err *e) MUST_USE;
/* Replaces *e, the error of the stream, by a pending fault of the text; false if there is none. */
bool text_check_held(text_check *t, codec_format format, err *e);

#endif

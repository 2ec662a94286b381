/* XML replies (and the few XML bodies that S3 takes), bounded.
 *
 * What:    walks a whole document that is in memory, element by element; escapes text.
 * Owner:   texts and paths are lent to the callback.
 * Threads: any.
 * Fails:   ERR_PARSE for what is not well formed, for a document type declaration, for entities of
 *          one's own, for nesting or text beyond all sense. The network is never asked.
 * Sources: XML 1.0; Amazon S3 API Reference for the documents.
 */
#ifndef S3_PROTOCOL_XML_H
#define S3_PROTOCOL_XML_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

#define S3_XML_DEPTH_MAX      16
#define S3_XML_PATH_MAX_BYTES 256
#define S3_XML_TEXT_MAX_BYTES 65536

/* Called at the end of each element, with its path from the root ("ListBucketResult/Contents/Key",
 * prefixes of namespaces left out) and the text that stands in it behind its last child element.
 * Yielding false ends the walk with the error that was set. */
typedef bool (*s3_xml_element)(void *ctx, const char *path, const char *text, err *e);

bool s3_xml_read(slice document, s3_xml_element on_element, void *ctx, err *e) MUST_USE;

/* A malloc'ed copy of the first element with this path, or NULL (a broken document too). */
char *s3_xml_find(slice document, const char *path) MUST_USE;
/* The same, but NULL where the element occurs twice with different texts. */
char *s3_xml_find_once(slice document, const char *path) MUST_USE;

/* Appends text with & < > " and carriage returns escaped. */
bool s3_xml_escape(slice text, buf *out);

#endif

/* Parses XML replies and request bodies, with limits.
 *
 * What:    visits the elements of a document in memory; escapes text.
 * Owner:   texts and paths are borrowed by the callback.
 * Threads: any.
 * Fails:   ERR_PARSE if a document is not well-formed, has a document type declaration or entities,
 *          or exceeds the limits of nesting or text. Never accesses the network.
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
 * without namespace prefixes) and its text after the last child element. Returning false ends the
 * walk with the error that was set. */
typedef bool (*s3_xml_element)(void *ctx, const char *path, const char *text, err *e);

bool s3_xml_read(slice document, s3_xml_element on_element, void *ctx, err *e) MUST_USE;

/* A malloc'ed copy of the text of the first element with this path; NULL if there is none or the
 * document is invalid. */
char *s3_xml_find(slice document, const char *path) MUST_USE;
/* The same, but NULL if the element occurs twice with different texts. */
char *s3_xml_find_once(slice document, const char *path) MUST_USE;

/* Appends text and escapes & < > " and carriage returns. */
bool s3_xml_escape(slice text, buf *out);

/* Whether the text is UTF-8 whose characters all exist in XML 1.0. */
bool s3_xml_can_hold(const char *text);

#endif

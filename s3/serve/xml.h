/* XML of the server: writing replies, reading the two request bodies that there are.
 *
 * What:    elements with escaped text; a bounded reader (libxml2, no network, no entities).
 * Owner:   output goes into the caller's buffer.
 * Threads: any.
 * Fails:   s3_refuse MalformedXML; a full output buffer shows in its `overflow`.
 */
#ifndef S3_SERVE_XML_H
#define S3_SERVE_XML_H

#include "s3/serve/refuse.h"

#define XML_HEAD      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XML_NAMESPACE "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

void xml_element(buf *out, const char *name, slice text);
void xml_element_str(buf *out, const char *name, const char *text);
void xml_element_number(buf *out, const char *name, uint64_t number);
void xml_element_time(buf *out, const char *name, int64_t time_s); /* ISO 8601 */
void xml_element_url(buf *out, const char *name, slice text); /* percent-encoded, `+` for spaces */

/* Calls `element` for each element of the body that holds text only, with its parent's name, and
 * `end` when an element that holds others is through. `root` is the name that the body must have.
 */
typedef struct xml_visitor {
    const char *root;
    bool (*element)(void *ctx, const char *parent, const char *name, slice text, err *e);
    bool (*end)(void *ctx, const char *name, err *e);
    void *ctx;
} xml_visitor;

bool xml_read(slice body, const xml_visitor *visitor, err *e) MUST_USE;

#endif

/* XML of the server's replies (bodies of requests are read by s3/protocol/xml.h).
 *
 * What:    elements with escaped text, times and numbers.
 * Owner:   output goes into the caller's buffer.
 * Threads: any.
 * Fails:   if the output buffer is full: its `overflow`.
 */
#ifndef S3_SERVE_PROTOCOL_XML_H
#define S3_SERVE_PROTOCOL_XML_H

#include "decon/base/buf.h"

#define XML_HEAD      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XML_NAMESPACE "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

void xml_element(buf *out, const char *name, slice text);
void xml_element_str(buf *out, const char *name, const char *text);
void xml_element_number(buf *out, const char *name, uint64_t number);
void xml_element_time(buf *out, const char *name, int64_t time_s); /* ISO 8601 */
void xml_element_url(buf *out, const char *name, slice text); /* percent-encoded, `+` for spaces */

#endif

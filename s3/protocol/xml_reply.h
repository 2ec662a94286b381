/* Reads the fields of a small XML reply, and checks presence and repetition.
 *
 * What:    s3_xml_reply_read collects the text of the named children of the root.
 * Owner:   the caller frees the texts: s3_xml_reply_deinit.
 * Threads: any.
 * Fails:   ERR_PARSE: not well-formed or empty. ERR_S3_REPLY: another root element, a field
 *          missing, empty or twice with different texts; the message names it.
 */
#ifndef S3_PROTOCOL_XML_REPLY_H
#define S3_PROTOCOL_XML_REPLY_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct s3_xml_field {
    const char *name; /* of a child of the root */
    bool optional;
    char *text; /* NULL: absent or empty */
} s3_xml_field;

/* `root`: the root element in the API reference. Another name is accepted if all
 * required fields are present (gofakes3: <InitiateMultipartUpload>), unless it is the name
 * of an error or a web page. */
bool s3_xml_reply_read(slice document, const char *root, s3_xml_field *fields, size_t count, err *e)
    MUST_USE;
void s3_xml_reply_deinit(s3_xml_field *fields, size_t count);

#endif

#include "s3/serve/xml.h"

#include <inttypes.h>
#include <libxml/xmlreader.h>

#include "s3/uri.h"

#define DEPTH_MAX 4

static void append_escaped(buf *out, unsigned char c)
{
    if (c == '&')
        buf_append_str(out, "&amp;");
    else if (c == '<')
        buf_append_str(out, "&lt;");
    else if (c == '>')
        buf_append_str(out, "&gt;");
    else if (c == '"')
        buf_append_str(out, "&quot;");
    else if (c < 0x20)
        buf_printf(out, "&#x%X;",
                   c); /* not XML 1.0, as in S3: encoding-type=url is for such keys */
    else
        buf_append_char(out, (char)c);
}

void xml_element(buf *out, const char *name, slice text)
{
    buf_printf(out, "<%s>", name);
    for (size_t i = 0; i < text.len; i++)
        append_escaped(out, (unsigned char)text.data[i]);
    buf_printf(out, "</%s>", name);
}

void xml_element_str(buf *out, const char *name, const char *text)
{
    xml_element(out, name, slice_from(text));
}

void xml_element_number(buf *out, const char *name, uint64_t number)
{
    buf_printf(out, "<%s>%" PRIu64 "</%s>", name, number, name);
}

void xml_element_time(buf *out, const char *name, int64_t time_s)
{
    time_t t = (time_t)time_s;
    struct tm parts;
    char text[40];
    gmtime_r(&t, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    xml_element_str(out, name, text);
}

void xml_element_url(buf *out, const char *name, slice text)
{
    AUTO(buf) encoded;
    buf_init(&encoded, 16 * 1024);
    s3_uri_encode(text, true, &encoded);
    buf_printf(out, "<%s>", name);
    for (const char *p = buf_str(&encoded); *p; p++) {
        bool space = p[0] == '%' && p[1] == '2' && p[2] == '0';
        buf_append_char(out, space ? '+' : *p);
        p += space ? 2 : 0;
    }
    buf_printf(out, "</%s>", name);
}

typedef struct xml_state {
    const xml_visitor *visitor;
    buf names[DEPTH_MAX]; /* of the open elements */
    bool has_children[DEPTH_MAX];
    size_t depth;
    buf text;
} xml_state;

static bool open_element(xml_state *s, const char *name, err *e)
{
    bool is_root = s->depth == 0;
    if (s->depth == DEPTH_MAX || (is_root && !str_equal(name, s->visitor->root)))
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    if (!is_root)
        s->has_children[s->depth - 1] = true;
    buf_clear(&s->names[s->depth]);
    buf_append_str(&s->names[s->depth], name);
    s->has_children[s->depth++] = false;
    buf_clear(&s->text);
    return true;
}

static bool close_element(xml_state *s, err *e)
{
    const xml_visitor *v = s->visitor;
    const char *name = buf_str(&s->names[--s->depth]);
    bool ok = true;
    if (s->has_children[s->depth] || s->depth == 0)
        ok = v->end(v->ctx, name, e);
    else
        ok = v->element(v->ctx, buf_str(&s->names[s->depth - 1]), name, buf_slice(&s->text), e);
    buf_clear(&s->text);
    return ok;
}

static bool on_node(xml_state *s, xmlTextReaderPtr reader, err *e)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(reader);
    const char *value = (const char *)xmlTextReaderConstValue(reader);
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT: {
        bool empty = xmlTextReaderIsEmptyElement(reader) == 1;
        return open_element(s, name, e) && (!empty || close_element(s, e));
    }
    case XML_READER_TYPE_END_ELEMENT:
        return close_element(s, e);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return buf_append_str(&s->text, value ? value : "") || s3_refuse(e, REFUSE_MALFORMED_XML);
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    default:
        return true;
    }
}

bool xml_read(slice body, const xml_visitor *visitor, err *e)
{
    xmlTextReaderPtr reader =
        xmlReaderForMemory(body.data ? body.data : "", (int)body.len, NULL, NULL,
                           XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!reader)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    xml_state s = {.visitor = visitor};
    for (size_t i = 0; i < DEPTH_MAX; i++)
        buf_init(&s.names[i], 256);
    buf_init(&s.text, 16 * 1024);
    bool ok = true;
    int more = 0;
    while (ok && (more = xmlTextReaderRead(reader)) == 1)
        ok = on_node(&s, reader, e);
    if (ok && more != 0)
        ok = s3_refuse(e, REFUSE_MALFORMED_XML);
    xmlFreeTextReader(reader);
    for (size_t i = 0; i < DEPTH_MAX; i++)
        buf_deinit(&s.names[i]);
    buf_deinit(&s.text);
    return ok;
}

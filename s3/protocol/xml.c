#include "base/util.h"
#include "s3/protocol/xml.h"

#include <libxml/xmlreader.h>
#include <pthread.h>

typedef struct walk {
    s3_xml_element on_element;
    void *ctx;
    char path[S3_XML_PATH_MAX_BYTES];
    size_t path_len;
    unsigned depth;
    buf text;
} walk;

DEFINE_AUTO_PTR(xmlTextReader, xmlFreeTextReader)

static bool element_begin(walk *w, const char *name, err *e)
{
    size_t len = strlen(name);
    if (++w->depth > S3_XML_DEPTH_MAX || w->path_len + len + 2 > sizeof w->path)
        return err_set(e, ERR_PARSE, "XML is nested too deeply");
    if (w->path_len > 0)
        w->path[w->path_len++] = '/';
    memcpy(w->path + w->path_len, name, len + 1);
    w->path_len += len;
    buf_clear(&w->text);
    return true;
}

static bool element_end(walk *w, err *e)
{
    if (!w->on_element(w->ctx, w->path, buf_str(&w->text), e))
        return false;
    char *slash = strrchr(w->path, '/');
    w->path_len = slash ? (size_t)(slash - w->path) : 0;
    w->path[w->path_len] = '\0';
    w->depth--;
    buf_clear(&w->text);
    return true;
}

static bool take_text(walk *w, const xmlChar *text, err *e)
{
    if (text && !buf_append_str(&w->text, (const char *)text))
        return err_set(e, ERR_PARSE, "XML: a text exceeds %d bytes", S3_XML_TEXT_MAX_BYTES);
    return true;
}

static bool take_node(walk *w, xmlTextReader *reader, err *e)
{
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT:
        if (!element_begin(w, (const char *)xmlTextReaderConstLocalName(reader), e))
            return false;
        return !xmlTextReaderIsEmptyElement(reader) || element_end(w, e);
    case XML_READER_TYPE_END_ELEMENT:
        return element_end(w, e);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return take_text(w, xmlTextReaderConstValue(reader), e);
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return err_set(e, ERR_PARSE, "XML has a document type or entities");
    default:
        return true; /* comments, declarations, processing instructions */
    }
}

static bool walk_all(walk *w, xmlTextReader *reader, err *e)
{
    int more;
    while ((more = xmlTextReaderRead(reader)) == 1)
        if (!take_node(w, reader, e))
            return false;
    return more == 0 || err_set(e, ERR_PARSE, "XML is not well formed");
}

bool s3_xml_read(slice document, s3_xml_element on_element, void *ctx, err *e)
{
    if (document.len == 0)
        return err_set(e, ERR_PARSE, "XML: the document is empty");
    /* Refused before parsing: replies of S3 have no document type, and attacks with
     * entities need one. */
    if (document.len > INT32_MAX || memmem(document.data, document.len, "<!DOCTYPE", 9))
        return err_set(e, ERR_PARSE, "XML has a document type, or is too large");
    /* libxml2 initialises itself at its first use, which is not thread-safe. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, xmlInitParser);
    AUTO_PTR(xmlTextReader)
    reader = xmlReaderForMemory(document.data, (int)document.len, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!reader)
        util_out_of_memory(0);
    walk w = {.on_element = on_element, .ctx = ctx};
    buf_init(&w.text, S3_XML_TEXT_MAX_BYTES);
    bool ok = walk_all(&w, reader, e);
    buf_deinit(&w.text);
    return ok;
}

typedef struct search {
    const char *path;
    char *found;
    bool ambiguous; /* it occurs twice with different texts */
} search;

static bool search_element(void *ctx, const char *path, const char *text, err *e)
{
    search *s = ctx;
    UNUSED(e);
    if (strcmp(path, s->path) != 0)
        return true;
    s->ambiguous |= s->found && strcmp(s->found, text) != 0;
    if (!s->found)
        s->found = xstrdup(text);
    return true;
}

char *s3_xml_find(slice document, const char *path)
{
    search s = {.path = path};
    err e = ERR_INIT;
    if (s3_xml_read(document, search_element, &s, &e))
        return s.found;
    free(s.found);
    return NULL;
}

char *s3_xml_find_once(slice document, const char *path)
{
    search s = {.path = path};
    err e = ERR_INIT;
    if (s3_xml_read(document, search_element, &s, &e) && !s.ambiguous)
        return s.found;
    free(s.found);
    return NULL;
}

bool s3_xml_escape(slice text, buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&':
            buf_append_str(out, "&amp;");
            break;
        case '<':
            buf_append_str(out, "&lt;");
            break;
        case '>':
            buf_append_str(out, "&gt;");
            break;
        case '"':
            buf_append_str(out, "&quot;");
            break;
        case '\r':
            buf_append_str(out, "&#13;");
            break;
        default:
            buf_append_char(out, text.data[i]);
        }
    }
    return !out->overflow;
}

/* Bytes of the UTF-8 sequence at `p` that are a character of XML 1.0, or 0. */
static size_t xml_character(const unsigned char *p)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    if (len == 1)
        return *p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r';
    uint32_t code = len ? *p & (0x7fU >> len) : 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fU);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    bool good = code >= least[len] && code <= 0x10ffff && !surrogate && (code | 1) != 0xffff;
    return good ? len : 0;
}

bool s3_xml_can_hold(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        size_t len = xml_character(p);
        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

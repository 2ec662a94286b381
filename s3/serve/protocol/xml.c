#include "s3/serve/protocol/xml.h"

#include <inttypes.h>

#include "decon/s3/uri.h"
#include "base/util.h"

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
                   c); /* not valid in XML 1.0, as in S3: such keys require encoding-type=url */
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
    AUTO(buf) encoded = BUF(16 * 1024);
    s3_uri_encode(text, true, &encoded);
    buf_printf(out, "<%s>", name);
    for (const char *p = buf_str(&encoded); *p; p++) {
        bool space = p[0] == '%' && p[1] == '2' && p[2] == '0';
        buf_append_char(out, space ? '+' : *p);
        p += space ? 2 : 0;
    }
    buf_printf(out, "</%s>", name);
}

/* Bodies that are not from an S3 store (web pages, plain text), reduced to one line for a
 * message. */
#include <ctype.h>

#include "base/util.h"
#include "s3/client/reply.h"
#include "s3/protocol/utf8.h"

/* The title of a page, else the first text outside of tags. */
static slice title_of(slice page)
{
    for (size_t i = 0; i + 7 < page.len; i++) {
        if (strncasecmp(page.data + i, "<title", 6) != 0)
            continue;
        const char *begin = memchr(page.data + i, '>', page.len - i);
        size_t rest = begin ? page.len - (size_t)(begin + 1 - page.data) : 0;
        const char *end = rest ? memchr(begin + 1, '<', rest) : NULL;
        if (end && end > begin + 1)
            return (slice){begin + 1, (size_t)(end - begin - 1)};
    }
    return page;
}

/* Up to the end of the first line with text; without tags and control characters. */
static size_t copy_line(slice text, char *out, size_t size)
{
    size_t used = 0;
    bool in_tag = false;
    for (size_t i = 0; i < text.len && used + 1 < size; i++) {
        char c = text.data[i];
        if (c == '\n' && used > 0 && !in_tag)
            break;
        if (c == '<')
            in_tag = true;
        else if (c == '>' && in_tag)
            in_tag = false;
        else if (!in_tag && ((unsigned char)c > ' ' || (c == ' ' && used > 0)) && c != 0x7f)
            out[used++] = c;
    }
    while (used > 0 && (out[used - 1] == ' ' || out[used - 1] == '.'))
        used--;
    return used;
}

static bool is_xml(slice body)
{
    size_t i = 0;
    while (i < body.len && isspace((unsigned char)body.data[i]))
        i++;
    slice rest = {body.data + i, body.len - i};
    bool page = rest.len >= 5 && (strncasecmp(rest.data, "<html", 5) == 0 ||
                                  strncasecmp(rest.data, "<!doc", 5) == 0);
    return rest.len > 0 && rest.data[0] == '<' && !page;
}

void s3_reply_text(slice body, char out[S3_REPLY_TEXT_SIZE])
{
    size_t used = is_xml(body) ? 0 : copy_line(title_of(body), out, S3_REPLY_TEXT_SIZE);
    while (used > 0 && !s3_utf8_check((slice){out, used}))
        used--; /* truncated within a character, or no text */
    out[used] = '\0';
}

const char *s3_reply_cause(const char *text)
{
    static const struct {
        const char *part, *advice;
    } rows[] = {
        {"HTTP request to an HTTPS server", "the port speaks TLS: use https:// in the endpoint"},
        {"plain HTTP request was sent to HTTPS",
         "the port speaks TLS: use https:// in the endpoint"},
        {"speaking plain HTTP to an SSL", "the port speaks TLS: use https:// in the endpoint"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcasestr(text, rows[i].part))
            return rows[i].advice;
    return "check the endpoint, and proxies between here and the store";
}

bool s3_reply_explain(const s3_reply *r, slice body, err *e)
{
    char text[S3_REPLY_TEXT_SIZE];
    s3_reply_text(body, text);
    if (!text[0])
        return false;
    err_append(e, "; the reply is a page or text, not from S3: \"%s\"%s%s", text,
               r->server[0] ? ", Server: " : "", r->server);
    err_append(e, "; %s", s3_reply_cause(text));
    return true;
}

bool s3_reply_is_bare(const s3_reply *r, slice body, err *e)
{
    char text[S3_REPLY_TEXT_SIZE];
    if (r->status != 200 && r->status != 201 && r->status != 204)
        return err_set(e, ERR_S3_REPLY, "status %d does not mean success of this operation",
                       r->status);
    for (size_t i = 0; i < body.len; i++) {
        if (isspace((unsigned char)body.data[i]))
            continue;
        s3_reply_text(body, text);
        if (text[0]) /* s3_reply_explain shows it */
            return err_set(e, ERR_S3_REPLY, "the reply has a body where S3 sends none");
        return err_set(e, ERR_S3_REPLY,
                       "the reply has a body (XML or other data) where S3 sends none%s%s",
                       r->server[0] ? "; Server: " : "", r->server);
    }
    return true;
}

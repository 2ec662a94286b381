#include "base/util.h"
#include "tests/fake/lying_store.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX ((size_t)1 << 20)
#define PAGE                                                                                       \
    "<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head>"                         \
    "<body><p>The server is up.</body></html>\n"

const char *const lie_names[LIES] = {
    "missing", "empty",   "doubled",   "recased", "namespace", "root",   "html",     "text",
    "error",   "nothing", "truncated", "length",  "chunked",   "status", "replaced",
};

/* --- headers --- */

static http_header *find_header(false_reply *f, const char *name)
{
    for (size_t i = 0; i < f->reply.header_count; i++)
        if (strcasecmp(f->headers[i].name, name) == 0)
            return &f->headers[i];
    return NULL;
}

static void free_header(const http_header *h)
{
    free((void *)(uintptr_t)h->name);
    free((void *)(uintptr_t)h->value);
}

static void remove_header(false_reply *f, const char *name)
{
    http_header *h = find_header(f, name);
    if (!h)
        return;
    free_header(h);
    *h = f->headers[--f->reply.header_count];
}

static void add_header(false_reply *f, const char *name, const char *value)
{
    f->headers[f->reply.header_count++] = (http_header){xstrdup(name), xstrdup(value)};
}

static void set_value(http_header *h, const char *value)
{
    free((void *)(uintptr_t)h->value);
    h->value = xstrdup(value);
}

static void swap_case(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(isupper((unsigned char)text[i]) ? tolower((unsigned char)text[i])
                                                         : toupper((unsigned char)text[i]));
}

static bool lie_in_header(lie l, const char *name, false_reply *f)
{
    http_header *h = find_header(f, name);
    if (!h)
        return false;
    switch (l) {
    case MISSING:
        remove_header(f, name);
        return true;
    case EMPTY:
        set_value(h, "");
        return true;
    case DOUBLED:
        add_header(f, name, isdigit((unsigned char)h->value[0]) ? "7" : "\"another\"");
        return true;
    case RECASED:
        swap_case((char *)(uintptr_t)h->name, strlen(h->name));
        return true;
    default:
        return false;
    }
}

/* --- bodies --- */

static void set_body(false_reply *f, const char *text)
{
    char *old = f->body;
    f->body = xstrdup(text);
    f->reply.body = slice_from(f->body);
    free(old);
}

/* Replaces the bytes [from, to) of the body by `with`. */
static void splice(false_reply *f, const char *from, const char *to, const char *with)
{
    AUTO(buf) text = BUF(BODY_MAX);
    buf_append_slice(&text, (slice){f->body, (size_t)(from - f->body)});
    buf_append_str(&text, with);
    buf_append_str(&text, to);
    set_body(f, buf_str(&text));
}

static bool lie_in_element(lie l, const char *name, false_reply *f)
{
    AUTO_FREE char *open_tag = xasprintf("<%s>", name);
    AUTO_FREE char *close_tag = xasprintf("</%s>", name);
    char *begin = strstr(f->body, open_tag);
    char *end = begin ? strstr(begin, close_tag) : NULL;
    if (!end)
        return false;
    AUTO_FREE char *twice = xasprintf("%s%s%s%s", open_tag, "another", close_tag, open_tag);
    const char *text = begin + strlen(open_tag), *after = end + strlen(close_tag);
    switch (l) {
    case MISSING:
        splice(f, begin, after, "");
        return true;
    case EMPTY:
        splice(f, text, end, "");
        return true;
    case DOUBLED:
        splice(f, begin, text, twice);
        return true;
    case RECASED:
        swap_case(begin + 1, strlen(name));
        swap_case(end + 2, strlen(name));
        return true;
    default:
        return false;
    }
}

/* "name":"text", or "name":number; the member must not be the last one of its object. */
static bool lie_in_member(lie l, const char *name, false_reply *f)
{
    AUTO_FREE char *label = xasprintf("\"%s\":", name);
    char *begin = strstr(f->body, label);
    if (!begin)
        return false;
    const char *value = begin + strlen(label);
    bool is_text = *value == '"';
    const char *end = is_text ? strchr(value + 1, '"') + 1 : value + strspn(value, "0123456789");
    const char *after = *end == ',' ? end + 1 : end;
    AUTO_FREE char *twice = xasprintf("%s%s,", label, is_text ? "\"another\"" : "1");
    switch (l) {
    case MISSING:
        splice(f, begin, after, "");
        return true;
    case EMPTY:
        splice(f, value, end, is_text ? "\"\"" : "0");
        return true;
    case DOUBLED:
        splice(f, begin, begin, twice);
        return true;
    case RECASED:
        swap_case(begin + 1, strlen(name));
        return true;
    default:
        return false;
    }
}

/* <a> and </a> become <x:a> and </x:a>, with x bound in the root. */
static bool add_prefix(false_reply *f)
{
    AUTO(buf) text = BUF(BODY_MAX);
    bool root = true;
    for (const char *p = f->body; *p; p++) {
        buf_append_char(&text, *p);
        if (*p != '<' || p[1] == '?')
            continue;
        if (p[1] == '/')
            buf_append_char(&text, *++p);
        buf_append_str(&text, "x:");
        if (!root || p[0] == '/')
            continue;
        size_t len = strcspn(p + 1, " />");
        buf_append_slice(&text, (slice){p + 1, len});
        buf_append_str(&text, " xmlns:x=\"urn:another\"");
        p += len;
        root = false;
    }
    set_body(f, buf_str(&text));
    return !root;
}

static bool rename_root(false_reply *f)
{
    const char *name = strchr(f->body, '<');
    while (name && name[1] == '?')
        name = strchr(name + 1, '<');
    if (!name)
        return false;
    AUTO_FREE char *old = xstrndup(name + 1, strcspn(name + 1, " />"));
    splice(f, name + 1, name + 1 + strlen(old), "Another");
    AUTO_FREE char *close_tag = xasprintf("</%s>", old);
    const char *end = strstr(f->body, close_tag);
    if (end)
        splice(f, end, end + strlen(close_tag), "</Another>");
    return true;
}

static bool replace(false_reply *f, const char *from, const char *to)
{
    bool found = false;
    const char *at = from ? strstr(f->body, from) : NULL;
    if (at) {
        splice(f, at, at + strlen(from), to);
        return true;
    }
    for (size_t i = 0; from && i < f->reply.header_count; i++)
        if (strcmp(f->headers[i].value, from) == 0) {
            set_value(&f->headers[i], to);
            found = true;
        }
    return found;
}

/* --- the whole reply --- */

static void replace_all(false_reply *f, const char *type, const char *body)
{
    while (f->reply.header_count > 0)
        free_header(&f->headers[--f->reply.header_count]);
    f->reply.status = 200;
    if (type)
        add_header(f, "Content-Type", type);
    if (type)
        add_header(f, "Server", "nginx/1.22.1");
    set_body(f, body);
}

static bool lie_in_all(lie l, false_reply *f)
{
    switch (l) {
    case HTML:
        replace_all(f, "text/html", PAGE);
        return true;
    case TEXT:
        replace_all(f, "text/plain", "upstream connect error\n");
        return true;
    case ERROR:
        replace_all(f, "application/xml",
                    "<Error><Code>InternalError</Code><Message>words</Message></Error>");
        return true;
    case NOTHING:
        replace_all(f, NULL, "");
        return true;
    case TRUNCATED:
        f->reply.body.len = f->reply.body.len * 2 / 3;
        return true;
    case CHUNKED:
        remove_header(f, "Content-Length");
        add_header(f, "Transfer-Encoding", "chunked");
        f->reply.no_length = true;
        return true;
    case STATUS:
        f->reply.status = 202;
        return true;
    default:
        return false;
    }
}

/* On a connection, a length beyond the body ends in a broken transfer. */
static bool lie_about_length(false_reply *f)
{
    bool has_body = f->reply.body.len > 0;
    AUTO_FREE char *length = xasprintf("%zu", has_body ? f->reply.body.len + 9 : (size_t)9);
    remove_header(f, "Content-Length");
    add_header(f, "Content-Length", length);
    if (has_body)
        f->reply.error = ERR_TRUNCATED;
    return true;
}

bool lie_make(lie l, const fake_reply *truth, const char *field, const char *from, const char *to,
              false_reply *out)
{
    *out = (false_reply){.reply = *truth};
    if (out->reply.status == 0)
        out->reply.status = 200;
    for (size_t i = 0; i < truth->header_count; i++)
        out->headers[i] =
            (http_header){xstrdup(truth->headers[i].name), xstrdup(truth->headers[i].value)};
    out->reply.headers = out->headers;
    out->body = truth->body.len ? slice_dup(truth->body) : xstrdup("");
    out->reply.body = (slice){out->body, truth->body.len};
    switch (l) {
    case MISSING:
    case EMPTY:
    case DOUBLED:
    case RECASED:
        if (!field || field[0] != '/')
            return field && lie_in_header(l, field, out);
        return lie_in_element(l, field + 1, out) || lie_in_member(l, field + 1, out);
    case NAMESPACE:
        return add_prefix(out);
    case ROOT:
        return rename_root(out);
    case LENGTH:
        return lie_about_length(out);
    case REPLACED:
        return replace(out, from, to);
    default:
        return lie_in_all(l, out);
    }
}

void false_reply_deinit(false_reply *f)
{
    while (f->reply.header_count > 0)
        free_header(&f->headers[--f->reply.header_count]);
    free(move(f->body));
}

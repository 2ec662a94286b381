#include "decon/base/buf.h"
#include "base/util.h"

#include <stdarg.h>

slice slice_from(const char *s)
{
    return s ? (slice){.data = s, .len = strlen(s)} : (slice){0};
}

bool slice_equal(slice a, slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool slice_equal_str(slice a, const char *s)
{
    return slice_equal(a, slice_from(s));
}

bool slice_starts_with(slice s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && memcmp(s.data ? s.data : "", prefix, len) == 0;
}

bool slice_ends_with(slice s, const char *suffix)
{
    size_t len = strlen(suffix);
    return s.len >= len && (len == 0 || memcmp(s.data + s.len - len, suffix, len) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

slice slice_trim(slice s)
{
    while (s.len > 0 && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

char *slice_dup(slice s)
{
    char *copy = xcalloc(1, s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.data, s.len);
    return copy;
}

bool str_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *s, const char *suffix)
{
    return slice_ends_with(slice_from(s), suffix);
}

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool num_parse_u64(const char *s, uint64_t *out)
{
    uint64_t value = 0;
    if (!s || !*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

void buf_init(buf *b, size_t max_bytes)
{
    *b = (buf){.max_bytes = max_bytes};
}

void buf_deinit(buf *b)
{
    free(b->data);
    *b = (buf){.max_bytes = b->max_bytes};
}

void buf_clear(buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

static bool reserve(buf *b, size_t more)
{
    if (more > b->max_bytes - b->len) {
        b->overflow = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->capacity)
        return true;
    size_t capacity = MAX(b->capacity * 2, (size_t)64);
    b->capacity = MAX(need, MIN(capacity, b->max_bytes + 1));
    b->data = xrealloc(b->data, b->capacity);
    return true;
}

bool buf_append(buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buf_append_slice(buf *b, slice s)
{
    return buf_append(b, s.data, s.len);
}

bool buf_append_str(buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

bool buf_append_char(buf *b, char c)
{
    return buf_append(b, &c, 1);
}

bool buf_printf(buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0 || !reserve(b, (size_t)len))
        return false;
    va_start(args, fmt);
    vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
    va_end(args);
    b->len += (size_t)len;
    return true;
}

void buf_consume(buf *b, size_t len)
{
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

slice buf_slice(const buf *b)
{
    return (slice){.data = b->data, .len = b->len};
}

const char *buf_str(const buf *b)
{
    return b->data ? b->data : "";
}

char *buf_give(buf *b)
{
    char *data = b->data ? b->data : xstrdup("");
    *b = (buf){.max_bytes = b->max_bytes};
    return data;
}

bool budget_take(budget *b, uint64_t bytes)
{
    if (b->used_bytes > 0 && bytes > b->limit_bytes - MIN(b->used_bytes, b->limit_bytes))
        return false;
    b->used_bytes += bytes;
    return true;
}

void budget_give(budget *b, uint64_t bytes)
{
    b->used_bytes -= MIN(bytes, b->used_bytes);
}

char *url_clean(const char *url)
{
    char *copy = slice_dup(slice_trim(slice_from(url)));
    size_t scheme_len = strcspn(copy, ":/?#");
    bool has_scheme = strncmp(copy + scheme_len, "://", 3) == 0;
    for (size_t i = 0; has_scheme && i < scheme_len; i++)
        copy[i] = copy[i] >= 'A' && copy[i] <= 'Z' ? (char)(copy[i] + 32) : copy[i];
    return copy;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT; other text could be the first part of a password. */
static bool is_host(const char *text, size_t len)
{
    const char *end = text + len;
    const char *bracket = memrchr(text, ']', len);
    const char *colon =
        memchr(bracket ? bracket : text, ':', (size_t)(end - (bracket ? bracket : text)));
    return !colon || strspn(colon + 1, "0123456789") >= (size_t)(end - colon - 1);
}

char *url_shown(const char *url)
{
    const char *separator = strstr(url, "://");
    const char *host = separator ? separator + 3 : url;
    size_t len = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', len);
    if (!at && (!separator || !is_host(host, len)))
        at = strrchr(host, '@');
    const char *shown_host = at ? at + 1 : host;
    return xasprintf("%.*s%.*s", (int)(host - url), url, (int)strcspn(shown_host, "?#"),
                     shown_host);
}

#include "base/util.h"
#include "detection/text/fold.h"

#include "detection/text/fold_html.h"
#include "detection/text/nfkc.h"
#include "detection/text/unicode.h"

/* Bytes that folding may change: '<', '&', and all beyond ASCII. */
static const bool is_special[256] = {
    ['<'] = true,
    ['&'] = true,
    [0x80 ... 0xFF] = true,
};

bool fold_is_needed(slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_special[(unsigned char)text.data[i]])
            return true;
    return false;
}

/* Zero-width characters, soft hyphens, marks of direction, variation selectors. */
static bool is_invisible(uint32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

static uint32_t plain_sign(uint32_t c)
{
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x2E3A || c == 0x2E3B)
        return '-';
    if ((c >= 0x2018 && c <= 0x201B) || c == 0x2032 || c == 0x2039 || c == 0x203A)
        return '\'';
    if ((c >= 0x201C && c <= 0x201F) || c == 0x2033 || c == 0xAB || c == 0xBB)
        return '"';
    return c;
}

static void put(nfkc *n, uint32_t c)
{
    if (!is_invisible(c))
        nfkc_put(n, plain_sign(c));
}

/* A tag, an entity, or the character itself; yields its length in bytes. */
static size_t put_markup(nfkc *n, slice text, size_t at)
{
    bool breaks = false;
    uint32_t code = (unsigned char)text.data[at];
    size_t len = text.data[at] == '<' ? html_tag_len(text, at, &breaks) : 0;
    if (len > 0) {
        if (breaks)
            nfkc_put(n, ' ');
        return len;
    }
    if (text.data[at] == '&')
        len = html_entity(text, at, &code);
    put(n, code);
    return MAX(len, (size_t)1);
}

void fold_text(slice text, buf *out)
{
    nfkc n;
    nfkc_init(&n, out);
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        while (i < text.len && !is_special[(unsigned char)text.data[i]])
            i++;
        if (i > from) { /* the last one may be the base of a mark */
            nfkc_finish(&n);
            buf_append(out, text.data + from, i - from - 1);
            nfkc_put(&n, (unsigned char)text.data[i - 1]);
        }
        if (i == text.len)
            break;
        if ((unsigned char)text.data[i] < 0x80)
            i += put_markup(&n, text, i);
        else
            put(&n, utf8_next(text, &i));
    }
    nfkc_finish(&n);
}

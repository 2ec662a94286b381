#include "base/util.h"
#include "s3/protocol/utf8.h"

/* Length of the character at p; 0 if it is invalid. */
static size_t character_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool beyond = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

bool s3_utf8_check(slice text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = character_length((const unsigned char *)text.data + at, text.len - at);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

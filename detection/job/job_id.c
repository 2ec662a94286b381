#include "detection/job/job_id.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/util.h"

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Exactly 2 * size digits, in lower case. */
static bool hex_decode(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void job_id_make(const char *tag, char id[JOB_ID_BYTES])
{
    uint8_t b[16];
    size_t got = 0;
    while (got < sizeof b) {
        ssize_t count = getrandom(b + got, sizeof b - got, 0);
        got += count > 0 ? (size_t)count : 0;
    }
    bool tagged = tag && hex_decode(tag, b, JOB_TAG_BYTES);
    b[6] = (uint8_t)((b[6] & 0x0F) | (tagged ? 0x80 : 0x40));
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    snprintf(id, JOB_ID_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

bool job_tag_is_good(const char *tag)
{
    uint8_t bytes[JOB_TAG_BYTES];
    return hex_decode(tag, bytes, sizeof bytes);
}

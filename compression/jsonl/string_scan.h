/* Finds the end of plain text in a JSON string, eight bytes at a time.
 *
 * What:    scan_plain skips printable ASCII, most of every training file. Vector code may replace
 *          it with the same semantics.
 * Owner:   borrows. Threads: any; pure. Fails: never.
 */
#ifndef COMPRESSION_JSONL_STRING_SCAN_H
#define COMPRESSION_JSONL_STRING_SCAN_H

#include <endian.h>

#include "base/util.h"

#define SCAN_EACH(byte) (0x0101010101010101ULL * (byte))

/* Bit 7 of each byte that is zero. Bytes above a zero byte may be marked wrongly, bytes below are
 * not: the lowest mark is right. */
static inline uint64_t scan_zero_bytes(uint64_t word)
{
    return (word - SCAN_EACH(0x01)) & ~word;
}

/* Bytes that end plain text or are invalid in it: quotes, backslashes, control characters. */
static inline uint64_t scan_closing_bytes(uint64_t word)
{
    uint64_t control = (word - SCAN_EACH(0x20)) & ~word;
    uint64_t quote = scan_zero_bytes(word ^ SCAN_EACH('"'));
    uint64_t backslash = scan_zero_bytes(word ^ SCAN_EACH('\\'));
    return (control | quote | backslash) & SCAN_EACH(0x80);
}

/* The same and bytes that are not ASCII. */
static inline uint64_t scan_special_bytes(uint64_t word)
{
    return scan_closing_bytes(word) | (word & SCAN_EACH(0x80));
}

/* The first byte in [p, stop) that is a quote, a backslash, a control character below 0x20 or not
 * ASCII; or stop. */
static inline const char *scan_plain(const char *p, const char *stop)
{
    while (stop - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        uint64_t special = scan_special_bytes(le64toh(word));
        if (special)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    for (; p < stop; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return p;
}

#endif

/* The checker's faults: position and message. */
#include "base/util.h"
#include "compression/jsonl/jsonl_fault.h"

#include <inttypes.h>

#define END_OF_TEXT (-1)

static const char *const expectations[] = {
    [LINE_START] = "one JSON object per line, beginning with '{'",
    [BYTE_ORDER_MARK] = "one JSON object per line, beginning with '{'",
    [FIRST_KEY] = "a key in double quotes or '}'",
    [NEXT_KEY] = "a key in double quotes",
    [COLON] = "':' after the key",
    [FIRST_ELEMENT] = "a value or ']'",
    [VALUE] = "a value",
    [STRING] = "the closing quote of a string",
    [ESCAPE] = "one of \"\\/bfnrtu after the backslash",
    [HEX] = "four hex digits after \\u",
    [NUMBER] = "a digit",
    [LITERAL] = "true, false or null",
    [AFTER_MEMBER] = "',' or '}'",
    [AFTER_ELEMENT] = "',' or ']'",
    [LINE_END] = "the end of the line after the object",
};

static void fault_at_offset(jsonl *j, uint64_t offset, err_code code)
{
    j->failed = true;
    j->fault_code = code;
    j->fault_offset = offset;
}

static const char *fault_at(jsonl *j, const char *p, err_code code)
{
    fault_at_offset(j, jsonl_offset_of(j, p), code);
    return p;
}

static void describe(int c, char *out, size_t out_size)
{
    if (c == END_OF_TEXT)
        snprintf(out, out_size, "the end of the text");
    else if (c == '\n')
        snprintf(out, out_size, "the end of the line");
    else if (c > 0x20 && c < 0x7f)
        snprintf(out, out_size, "'%c'", c);
    else
        snprintf(out, out_size, "byte 0x%02X", (unsigned)c);
}

static const char *unexpected(jsonl *j, const char *p, int c)
{
    char found[32];
    describe(c, found, sizeof found);
    snprintf(j->fault_cause, sizeof j->fault_cause, "expected %s, found %s", expectations[j->state],
             found);
    return fault_at(j, p, ERR_JSONL);
}

const char *jsonl_fault_unexpected(jsonl *j, const char *p)
{
    return unexpected(j, p, (unsigned char)*p);
}

void jsonl_fault_end_of_text(jsonl *j)
{
    unexpected(j, j->piece, END_OF_TEXT);
}

void jsonl_fault_byte_order_mark(jsonl *j, bool whole)
{
    unexpected(j, j->piece, 0xef);
    j->fault_offset = 0;
    if (whole)
        snprintf(j->fault_cause, sizeof j->fault_cause,
                 "the text begins with a byte-order mark (EF BB BF), which JSON forbids");
}

const char *jsonl_fault_utf8(jsonl *j, const char *p)
{
    snprintf(j->fault_cause, sizeof j->fault_cause, "invalid UTF-8: unexpected byte 0x%02X",
             (unsigned char)*p);
    return fault_at(j, p, ERR_UTF8);
}

const char *jsonl_fault_control(jsonl *j, const char *p)
{
    unsigned c = (unsigned char)*p;
    if (c == '\n')
        return unexpected(j, p, '\n');
    snprintf(j->fault_cause, sizeof j->fault_cause,
             "raw control character 0x%02X in a string; JSON requires \\u%04x", c, c);
    return fault_at(j, p, ERR_JSONL);
}

const char *jsonl_fault_depth(jsonl *j, const char *p)
{
    snprintf(j->fault_cause, sizeof j->fault_cause, "nested deeper than %zu levels", j->max_depth);
    return fault_at(j, p, ERR_JSONL);
}

void jsonl_fault_lone_surrogate(jsonl *j, unsigned unit, uint64_t offset)
{
    snprintf(j->fault_cause, sizeof j->fault_cause,
             "the lone surrogate \\u%04x is not part of a pair (refuse_lone_surrogates is on)",
             unit);
    fault_at_offset(j, offset, ERR_JSONL);
}

const char *jsonl_fault_leading_zero(jsonl *j, const char *p)
{
    snprintf(j->fault_cause, sizeof j->fault_cause, "a number has a leading zero");
    return fault_at(j, p, ERR_JSONL);
}

/* A key for messages: shortened, in one line. */
static void show_key(slice key, char *out, size_t out_size)
{
    size_t len = MIN(key.len, out_size - sizeof "...");
    while (len < key.len && len > 0 && utf8_is_continuation(key.data[len]))
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)key.data[i];
        bool half = c == 0xed && i + 1 < key.len && (unsigned char)key.data[i + 1] >= 0xa0;
        out[i] = c < 0x20 || half || (i > 0 && out[i - 1] == '?' && utf8_is_continuation((char)c))
                     ? '?'
                     : key.data[i];
    }
    snprintf(out + len, out_size - len, "%s", len < key.len ? "..." : "");
}

void jsonl_fault_key(jsonl *j, keyset_result result)
{
    char shown[64];
    show_key(keyset_last(j->keys.seen), shown, sizeof shown);
    if (result == KEYSET_TWICE)
        snprintf(j->fault_cause, sizeof j->fault_cause,
                 "the key \"%s\" occurs twice in its object (refuse_duplicate_keys is on)", shown);
    else
        snprintf(j->fault_cause, sizeof j->fault_cause,
                 "more than %zu keys or %zu MiB of them in one line: too many for "
                 "refuse_duplicate_keys",
                 KEYSET_KEYS, KEYSET_BYTES >> 20);
    fault_at_offset(j, j->key_offset, result == KEYSET_TWICE ? ERR_JSONL : ERR_LIMIT);
}

void jsonl_fault_line_length(jsonl *j)
{
    snprintf(j->fault_cause, sizeof j->fault_cause,
             "the line is longer than %" PRIu64 " bytes (max_line_size)", j->max_line_bytes);
    fault_at_offset(j, j->line_start + j->max_line_bytes, ERR_LIMIT);
}

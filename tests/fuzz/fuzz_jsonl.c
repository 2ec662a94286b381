/* The checker, compared with itself and with jansson. Every indexer and every split reports the
 * same as the exact reader on the whole text: verdict, counts, place and message of the fault. For
 * a single line the verdict is jansson's, where jansson follows RFC 8259.
 *
 * The input's first four bytes choose: the offset of the text in a window, the split, and what is
 * refused.
 */
#include <jansson.h>

#include "decon/compression/jsonl.h"
#include "base/util.h"
#include "compression/jsonl/json_window.h"

#define PADDING_BYTES 300 /* valid lines before and after, so that short inputs cross windows too */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    bool ok;
    err error;
    jsonl_counts counts;
} outcome;

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_jsonl: %s\n", what);
    abort();
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* seed 0: in one piece. Each piece has its own allocation, so that a sanitizer detects reads beyond
 * it. */
static outcome check(const jsonl_options *options, slice text, uint64_t seed)
{
    outcome o = {.ok = true, .error = ERR_INIT};
    AUTO_PTR(jsonl) j = jsonl_new(options);
    while (text.len > 0 && o.ok) {
        size_t most = seed ? (size_t)1 << (next_random(&seed) % 10) : text.len;
        size_t len = seed ? 1 + (size_t)(next_random(&seed) % most) : text.len;
        len = MIN(len, text.len);
        AUTO_FREE char *piece = xcalloc(len, 1);
        memcpy(piece, text.data, len);
        o.ok = jsonl_feed(j, (slice){.data = piece, .len = len}, &o.error);
        text.data += len;
        text.len -= len;
    }
    o.ok = o.ok && jsonl_finish(j, &o.error);
    o.counts = jsonl_counts_get(j);
    if (!o.ok)
        o.counts.bytes = 0; /* up to the piece with the fault */
    return o;
}

static void expect_same(const outcome *a, const outcome *b, const char *what)
{
    if (a->ok != b->ok || strcmp(a->error.message, b->error.message) != 0)
        fprintf(stderr, "exact: %s\nother: %s\n", a->ok ? "taken" : a->error.message,
                b->ok ? "taken" : b->error.message);
    expect(a->ok == b->ok, what);
    expect(a->error.code == b->error.code, what);
    expect(strcmp(a->error.message, b->error.message) == 0, what);
    expect(memcmp(&a->counts, &b->counts, sizeof a->counts) == 0, what);
}

static void all_readers_agree(jsonl_options options, slice text, uint64_t seed)
{
    options.indexer = "none";
    outcome exact = check(&options, text, 0);
    outcome split = check(&options, text, seed);
    expect_same(&exact, &split, "none, in pieces");
    const json_indexer *indexer;
    for (size_t i = 0; (indexer = json_indexer_at(i)); i++) {
        options.indexer = indexer->name;
        outcome whole = check(&options, text, 0);
        expect_same(&exact, &whole, indexer->name);
        outcome pieces = check(&options, text, seed + i);
        expect_same(&exact, &pieces, indexer->name);
    }
}

static bool is_blank(slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

/* What jansson refuses in addition to the RFC: lone surrogates, numbers beyond double, NUL in
 * keys. */
static bool goes_beyond(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           strstr(error->text, "invalid Unicode");
}

static void expect_line(bool holds, const outcome *ours, slice line, const char *what)
{
    if (!holds)
        fprintf(stderr, "line: %.*s\nours: %s\n", (int)line.len, line.data,
                ours->ok ? "taken" : ours->error.message);
    expect(holds, what);
}

static void jansson_agrees(jsonl_options options, slice line)
{
    static const char scannable[] = "{\"text\":\"\"}\n";
    AUTO(buf) text = BUF(SIZE_MAX / 2);
    buf_append_str(&text, scannable); /* at least one line has the key */
    buf_append_slice(&text, line);
    options.max_line_bytes = 0;
    options.max_depth = 0;
    options.content_key = NULL;
    options.refuse_lone_surrogates = false;
    outcome ours = check(&options, buf_slice(&text), 0);
    if (is_blank(line)) {
        expect(ours.ok && ours.counts.blank_lines == (line.len > 0), "a blank line");
        return;
    }
    if (memchr(line.data, '\0', line.len)) { /* jansson overlooks a NUL after a literal */
        expect_line(!ours.ok, &ours, line, "a NUL byte");
        return;
    }
    json_error_t error;
    size_t flags = JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL |
                   (options.refuse_duplicate_keys ? JSON_REJECT_DUPLICATES : 0);
    json_t *value = json_loadb(line.data, line.len, flags, &error);
    if (value)
        expect_line(ours.ok == json_is_object(value) ||
                        strstr(ours.error.message, "nested deeper than 1024"),
                    &ours, line, "jansson takes it");
    else if (!goes_beyond(&error))
        expect_line(!ours.ok, &ours, line, error.text);
    json_decref(value);
}

static void pad(buf *out, size_t bytes)
{
    buf_append_str(out, "{\"text\":\"");
    for (size_t i = 0; i < bytes; i++)
        buf_append_char(out, 'x');
    buf_append_str(out, "\"}\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    slice text = {.data = (const char *)data + 4, .len = size - 4};
    jsonl_options options = {
        .refuse_lone_surrogates = data[2] & 1,
        .refuse_duplicate_keys = data[2] & 2,
        .max_depth = data[2] & 4 ? 3 : 0,
        .max_line_bytes = data[2] & 8 ? 1 + data[3] : 0,
        .content_key = data[2] & 16 ? "a.b" : NULL,
    };
    uint64_t seed = 1 + data[1] * UINT64_C(0x9e3779b97f4a7c15);
    all_readers_agree(options, text, seed);
    AUTO(buf) padded = BUF(SIZE_MAX / 2);
    if (options.max_line_bytes == 0)
        pad(&padded, data[0]);
    buf_append_slice(&padded, text);
    if (data[2] & 32)
        buf_append_char(&padded, '\n');
    pad(&padded, PADDING_BYTES);
    all_readers_agree(options, buf_slice(&padded), seed);
    for (slice rest = text; rest.len > 0;) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        slice line = {.data = rest.data, .len = newline ? (size_t)(newline - rest.data) : rest.len};
        jansson_agrees(options, line);
        size_t used = MIN(line.len + 1, rest.len);
        rest.data += used;
        rest.len -= used;
    }
    return 0;
}

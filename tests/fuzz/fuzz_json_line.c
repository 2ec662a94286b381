/* The text of a training line, and the members of an evaluation record: values are valid, both
 * readers agree, and the JSON Lines checker accepts and refuses the same lines.
 */
#include <stdlib.h>
#include <string.h>

#include "decon/compression/jsonl.h"
#include "base/util.h"
#include "base/json/json_read.h"
#include "detection/text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* Whether the checker accepts the line for scanning: an object with a string under `text` that this
 * reader accepts as well. */
static bool checker_takes(slice line)
{
    AUTO_PTR(jsonl) j = jsonl_new(&(jsonl_options){0});
    return jsonl_feed(j, line, NULL) && jsonl_finish(j, NULL);
}

/* The checker ignores blank lines, and reads several lines. */
static void compare(slice line, bool has_text)
{
    if (!memchr(line.data, '\n', line.len) && slice_trim(line).len > 0)
        expect(checker_takes(line) == has_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"doc_id", "text", "question"};
    slice line = {size > 0 ? (const char *)data : "", size}, text = {0};
    json_value value, members[3], deep;
    json_type type;
    uint64_t number;
    AUTO(buf) scratch = BUF(1 << 20);
    err e = ERR_INIT;
    if (utf8_check(line) != line.len)
        return 0;
    bool ok = json_read_path(line, "text", &value, &e);
    expect(ok || e.message[0] != '\0');
    bool has_text = ok && value.type == JSON_STRING;
    if (has_text) {
        expect(json_text(&value, &scratch, &text));
        expect(utf8_check(text) == text.len && text.len <= value.raw.len);
    }
    compare(line, has_text);
    expect(json_read_members(line, keys, members, 3, &type, NULL) == ok);
    if (ok) {
        expect(members[1].type == value.type && members[1].raw.data == value.raw.data);
        expect(json_read_path(line, "a.b.text", &deep, NULL));
        expect(!json_unsigned(&members[0], &number) || members[0].type == JSON_NUMBER);
    }
    return 0;
}

#include "base/util.h"
#include "compression/keys/keypath.h"

#define NAMES_BYTES 200 /* approximate size of the sample of names */
#define NOTED_LINES 100 /* lines that are sampled */
#define BETWEEN     ", "
#define NOT_NOTED   SIZE_MAX

static size_t split(const char *text, slice *parts)
{
    size_t count = 0;
    for (const char *p = text;; p++) {
        const char *dot = strchrnul(p, '.');
        if (parts)
            parts[count] = (slice){.data = p, .len = (size_t)(dot - p)};
        count++;
        if (!*dot)
            return count;
        p = dot;
    }
}

void keypath_init(keypath *k, const char *path, bool refuse_duplicates)
{
    *k = (keypath){.text = xstrdup(path), .noting = true, .name_from = NOT_NOTED};
    k->plain = true;
    for (const char *p = path; *p; p++)
        k->plain = k->plain && *p != '"' && *p != '\\';
    k->part_count = split(k->text, NULL);
    k->parts = xcalloc(k->part_count, sizeof *k->parts);
    split(k->text, k->parts);
    k->seen = refuse_duplicates ? keyset_new() : NULL;
    buf_init(&k->names, NAMES_BYTES + sizeof BETWEEN "...");
}

void keypath_deinit(keypath *k)
{
    buf_deinit(&k->names);
    keyset_free(k->seen);
    free(k->parts);
    free(k->text);
    *k = (keypath){0};
}

/* The sample of names is only used if no line has the path. */
void keypath_line_end(keypath *k)
{
    k->noting = k->noting && !k->found && ++k->noted_lines < NOTED_LINES;
}

void keypath_key_begin(keypath *k, size_t depth)
{
    k->comparing = depth == k->on_depth;
    k->active = k->comparing || k->seen;
    if (k->comparing)
        k->matches = true;
    k->compared = 0;
    k->high = 0;
    k->name_from = NOT_NOTED;
    if (!k->noting || !k->comparing)
        return;
    if (k->names.len > 0)
        buf_append_str(&k->names, BETWEEN);
    k->name_from = k->names.len;
    for (size_t i = 0; i + 1 < k->on_depth; i++) {
        buf_append_slice(&k->names, k->parts[i]);
        buf_append_char(&k->names, '.');
    }
}

/* Appends a key to the sample, in one line. */
static void note(keypath *k, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_append_char(&k->names, (unsigned char)data[i] < 0x20 ? '?' : data[i]);
}

static void add_bytes(keypath *k, const char *data, size_t len)
{
    if (k->seen)
        keyset_key_bytes(k->seen, (slice){.data = data, .len = len});
    if (k->name_from != NOT_NOTED)
        note(k, data, len);
    if (!k->comparing || !k->matches)
        return;
    slice part = keypath_part(k);
    k->matches = len <= part.len - k->compared &&
                 (len == 0 || memcmp(part.data + k->compared, data, len) == 0);
    if (k->matches)
        k->compared += len;
    else
        k->active = k->seen || k->name_from != NOT_NOTED;
}

static void add_code_point(keypath *k, unsigned code)
{
    char bytes[4];
    size_t len = 0;
    if (code < 0x80) {
        bytes[len++] = (char)code;
    } else {
        if (code < 0x800) {
            bytes[len++] = (char)(0xc0 | code >> 6);
        } else {
            if (code < 0x10000) {
                bytes[len++] = (char)(0xe0 | code >> 12);
            } else {
                bytes[len++] = (char)(0xf0 | code >> 18);
                bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
            }
            bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
        }
        bytes[len++] = (char)(0x80 | (code & 0x3f));
    }
    add_bytes(k, bytes, len);
}

/* A lone surrogate is not a character and never matches the path. In the sample it is written as
 * the three bytes that UTF-8 would have for it. */
static void add_lone_surrogate(keypath *k, unsigned unit)
{
    char bytes[3] = {(char)(0xe0 | unit >> 12), (char)(0x80 | (unit >> 6 & 0x3f)),
                     (char)(0x80 | (unit & 0x3f))};
    if (k->seen)
        keyset_key_bytes(k->seen, (slice){.data = bytes, .len = sizeof bytes});
    if (k->name_from != NOT_NOTED)
        buf_append_char(&k->names, '?');
    if (k->comparing)
        k->matches = false;
}

static void drop_high(keypath *k)
{
    if (k->high)
        add_lone_surrogate(k, k->high);
    k->high = 0;
}

void keypath_key_bytes(keypath *k, slice bytes)
{
    if (bytes.len == 0)
        return;
    drop_high(k);
    add_bytes(k, bytes.data, bytes.len);
}

void keypath_key_unit(keypath *k, unsigned unit)
{
    bool is_high = unit >= 0xd800 && unit <= 0xdbff;
    bool is_low = unit >= 0xdc00 && unit <= 0xdfff;
    if (is_low && k->high) {
        unsigned code = 0x10000 + ((k->high - 0xd800) << 10) + (unit - 0xdc00);
        k->high = 0;
        add_code_point(k, code);
        return;
    }
    drop_high(k);
    if (is_high)
        k->high = unit;
    else if (is_low)
        add_lone_surrogate(k, unit);
    else
        add_code_point(k, unit);
}

/* Shortens the sample to complete names: removes the last one. */
static void cut_names(keypath *k)
{
    k->names.len = k->name_from > 0 ? k->name_from - strlen(BETWEEN) : 0;
    k->names.overflow = false;
    buf_append_str(&k->names, k->names.len > 0 ? BETWEEN "..." : "...");
    k->noting = false;
}

/* Whether the last name also occurs earlier in the sample. */
static bool is_known_name(const keypath *k)
{
    const char *name = k->names.data + k->name_from;
    size_t len = k->names.len - k->name_from;
    for (const char *p = k->names.data; p < name;) {
        const char *end = memmem(p, (size_t)(name - p), BETWEEN, strlen(BETWEEN));
        if ((size_t)(end - p) == len && memcmp(p, name, len) == 0)
            return true;
        p = end + strlen(BETWEEN);
    }
    return false;
}

static void drop_last_name(keypath *k)
{
    k->names.len = k->name_from - strlen(BETWEEN);
    k->names.data[k->names.len] = '\0';
}

static void end_name(keypath *k)
{
    if (k->names.overflow || k->names.len > NAMES_BYTES)
        cut_names(k);
    else if (k->name_from > 0 && is_known_name(k))
        drop_last_name(k);
    k->name_from = NOT_NOTED;
}

keyset_result keypath_key_end(keypath *k)
{
    if (!k->active)
        return KEYSET_NEW;
    drop_high(k);
    if (k->comparing)
        k->matches = k->matches && k->compared == keypath_part(k).len;
    if (k->name_from != NOT_NOTED)
        end_name(k);
    k->active = false;
    return k->seen ? keyset_key_end(k->seen) : KEYSET_NEW;
}

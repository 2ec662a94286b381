#include "compression/keypath.h"

#define NAMES_BYTES 200     /* of names, about */
#define AND_MORE    ", ..." /* behind them, when there are more */
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

void keypath_init(keypath *k, const char *path)
{
    *k = (keypath){.text = xstrdup(path), .noting = true, .name_from = NOT_NOTED};
    k->part_count = split(k->text, NULL);
    k->parts = xcalloc(k->part_count, sizeof *k->parts);
    split(k->text, k->parts);
    buf_init(&k->names, NAMES_BYTES + sizeof AND_MORE);
}

void keypath_deinit(keypath *k)
{
    buf_deinit(&k->names);
    free(k->parts);
    free(k->text);
    *k = (keypath){0};
}

void keypath_line_begin(keypath *k)
{
    k->found = false;
    k->matches = false;
    k->on_depth = 1;
}

void keypath_line_end(keypath *k)
{
    k->noting = false;
}

/* The part that keys of the object at on_depth are compared with. */
static slice part_of(const keypath *k)
{
    return k->parts[k->on_depth - 1];
}

void keypath_key_begin(keypath *k, size_t depth)
{
    bool noted = k->noting && depth == 1;
    k->comparing = depth == k->on_depth;
    k->active = k->comparing || noted;
    if (!k->active)
        return;
    if (k->comparing)
        k->matches = true;
    k->compared = 0;
    k->high = 0;
    k->name_from = noted ? k->names.len : NOT_NOTED;
    if (noted && k->names.len > 0)
        buf_append_str(&k->names, ", ");
}

static void add_bytes(keypath *k, const char *data, size_t len)
{
    if (k->name_from != NOT_NOTED)
        buf_append(&k->names, data, len);
    if (!k->comparing || !k->matches)
        return;
    slice part = part_of(k);
    k->matches = len <= part.len - k->compared &&
                 (len == 0 || memcmp(part.data + k->compared, data, len) == 0);
    if (k->matches)
        k->compared += len;
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

/* A surrogate without its other half is no character: it equals no key. */
static void add_lone_surrogate(keypath *k)
{
    if (k->name_from != NOT_NOTED)
        buf_append_char(&k->names, '?');
    if (k->comparing)
        k->matches = false;
}

static void drop_high(keypath *k)
{
    if (k->high)
        add_lone_surrogate(k);
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
        add_lone_surrogate(k);
    else
        add_code_point(k, unit);
}

/* Only whole names: the last one goes. */
static void cut_names(keypath *k)
{
    k->names.len = k->name_from;
    k->names.overflow = false;
    buf_append_str(&k->names, AND_MORE);
    k->noting = false;
}

void keypath_key_end(keypath *k)
{
    drop_high(k);
    if (k->comparing)
        k->matches = k->matches && k->compared == part_of(k).len;
    if (k->name_from != NOT_NOTED && (k->names.overflow || k->names.len > NAMES_BYTES))
        cut_names(k);
    k->name_from = NOT_NOTED;
    k->active = false;
}

void keypath_value(keypath *k, size_t depth, char first)
{
    if (depth != k->on_depth || !k->matches)
        return;
    k->matches = false;
    bool is_last_part = k->on_depth == k->part_count;
    k->found = is_last_part && first == '"';
    if (!is_last_part && first == '{')
        k->on_depth++;
}

void keypath_close(keypath *k, size_t depth)
{
    if (depth == k->on_depth && depth > 1)
        k->on_depth--;
}

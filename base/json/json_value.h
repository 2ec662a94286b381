/* A value that json_read.h found in a text.
 *
 * What:    strings without their escapes, unsigned integers, booleans.
 * Owner:   a json_value borrows the text that contains it.
 * Threads: any.
 * Fails:   by false, as documented for each function; the text was checked when it was read.
 */
#ifndef BASE_JSON_JSON_VALUE_H
#define BASE_JSON_JSON_VALUE_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef enum json_type {
    JSON_ABSENT,
    JSON_STRING,
    JSON_NUMBER,
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_BOOL,
    JSON_NULL,
} json_type;

typedef struct json_value {
    json_type type;
    slice raw;      /* the value's text; a string's without its quotes */
    bool escaped;   /* a string with backslashes */
    unsigned times; /* how many times its object has the key */
} json_value;

/* The string's content with escapes resolved: a slice of the text if it has none, otherwise of
 * `scratch`. False if `scratch` is full. */
bool json_text(const json_value *value, buf *scratch, slice *out) MUST_USE;
/* The string's content, malloc'ed; a NUL ends it. NULL: it is not a string. */
char *json_text_dup(const json_value *value);
/* A non-negative integer without fraction and exponent that fits 64 bits. */
bool json_unsigned(const json_value *value, uint64_t *out) MUST_USE;
bool json_is_true(const json_value *value);

#endif

/* A strict reader of one JSON text that finds members of objects without building a tree.
 *
 * What:    checks a whole text (RFC 8259: no BOM, comments or trailing characters; no raw control
 *          characters, no unpaired surrogates, numbers within binary64; at most 127 levels) and
 *          records the position of the wanted members. The last of equal keys counts.
 * Owner:   a json_value borrows the text that contains it.
 * Threads: any.
 * Fails:   ERR_PARSE with `byte N: cause`. The text must be valid UTF-8.
 */
#ifndef BASE_JSON_JSON_READ_H
#define BASE_JSON_JSON_READ_H

#include "decon/base/err.h"
#include "base/util.h"
#include "base/json/json_value.h"

#define JSON_MAX_DEPTH 127 /* JSONL_SERVER_DEPTH of the verifier */

/* Reads a text. If it is an object, values[i] becomes its member keys[i] (or JSON_ABSENT);
 * otherwise all are absent. *type (may be NULL) is the type of the text. */
bool json_read_members(slice text, const char *const *keys, json_value *values, size_t count,
                       json_type *type, err *e) MUST_USE;

/* Calls back for each member of the top-level object, in order, including those before a fault.
 * `key` is a string. */
typedef void json_member_found(void *ctx, const json_value *key, const json_value *value);
bool json_each_member(slice text, json_member_found *each, void *ctx, err *e) MUST_USE;

/* The value at a dotted path of objects ("meta.text"). */
bool json_read_path(slice text, const char *path, json_value *value, err *e) MUST_USE;

#endif

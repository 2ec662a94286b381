/* Names: which keys are inputs, and the names of their outputs and local files.
 *
 * What:    functions of strings. An input ends in `.jsonl` or `.json`, bare or with `.gz`, `.zst`,
 *          `.zstd`, `.bz2`, `.xz`, or in one of input_suffixes, alone or followed by one of these;
 *          the part before is its base.
 * Owner:   returned strings are malloc'ed unless they point into an argument.
 * Threads: any, after names_take_suffixes.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_CONFIG_FILE_NAMES_H
#define ORCHESTRATOR_CONFIG_FILE_NAMES_H

#include "decon/base/err.h"
#include "base/util.h"

#define NAMES_REPORT_SUFFIX  ".report.jsonl"
#define NAMES_NEAR_SUFFIX    ".near.jsonl" /* scores below the threshold */
#define NAMES_MARKER_SUFFIX  ".clean"
#define NAMES_CLEANED_SUFFIX ".clean.jsonl" /* and the input's compression suffix */
#define NAMES_KEY_MAX_BYTES  1024           /* of an S3 key */

/* The option input_suffixes: NULL-terminated, borrowed until it is replaced; NULL: none. */
void names_take_suffixes(const char *const *suffixes);
bool names_check_suffix(const char *text, err *e);

bool names_is_input(const char *key);
/* Not an input, but looks like JSON Lines: `.ndjson`, `.JSONL`, `.jsonl.lz4`. */
bool names_is_near_input(const char *key);
size_t names_base_len(const char *key);      /* of an input's key: up to its suffixes */
const char *names_basename(const char *key); /* after the last '/'; into key */

typedef struct output_names {
    char *report_key;  /* commit object of a contaminated file */
    char *marker_key;  /* commit object of a clean file, empty */
    char *near_key;    /* near misses, of a server with report_threshold */
    char *cleaned_key; /* in the cleaned directory */
} output_names;

/* `relative` is the input's key without the input prefix; its sub-folders are kept. */
output_names names_outputs(const char *relative, const char *report_prefix,
                           const char *cleaned_prefix);
void output_names_deinit(output_names *n);
DEFINE_AUTO(output_names, output_names_deinit)

/* Outputs of the Python orchestrator (allenai/decon): `<base>-<mode>-<threshold>.jsonl`, such as
 * `part-simple-0.80.jsonl`, and cleaned files `<name>.gz`. */
bool names_is_python_report(const char *key);
bool names_is_python_cleaned(const char *key);

/* The object's own file name, which is `training_file` in reports; changed only if a file system or
 * JSON could not represent it (longer than 255 bytes, or not UTF-8), and for an input by
 * input_suffixes, which gets `.jsonl` and its codec's suffix in small letters. */
char *names_local(const char *key) MUST_USE;
bool names_is_utf8(const char *text); /* valid for JSON; without U+0000 */

#endif

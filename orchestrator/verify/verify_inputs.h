/* Inputs of `decon-orchestrator verify`: named files, and the content of named folders.
 *
 * What:    a folder, and `s3://BUCKET/PREFIX/`, are replaced by the inputs below them with the
 *          suffixes of a run (.jsonl and .json, plain or compressed), in byte order. A folder that
 *          cannot be listed, or has no input, is an entry with its error.
 * Owner:   verify_names_deinit frees all.
 * Threads: one. Fails: never; errors are entries.
 */
#ifndef ORCHESTRATOR_VERIFY_VERIFY_INPUTS_H
#define ORCHESTRATOR_VERIFY_VERIFY_INPUTS_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct verify_name {
    char *name;
    uint64_t size_bytes; /* of a listed object; otherwise 0 */
    err *error;          /* instead of an input; or NULL */
} verify_name;

typedef struct verify_names {
    verify_name *rows;
    size_t count, capacity;
    uint64_t ignored_count; /* in folders: no input by name */
    uint64_t near_count;    /* of these: look like JSON Lines */
    bool any_folder, any_object;
} verify_names;

void verify_names_deinit(verify_names *n);
DEFINE_AUTO(verify_names, verify_names_deinit)

void verify_names_add(verify_names *n, const char *name, uint64_t size_bytes);
void verify_names_add_error(verify_names *n, const char *name, const err *error);

/* A listed object below a folder: added if its name is an input's. */
void verify_names_add_listed(verify_names *n, const char *name, uint64_t size_bytes);
/* `before`: the count at the folder's start. */
void verify_names_end_folder(verify_names *n, const char *folder, size_t before);

bool verify_names_is_remote_folder(
    const char *name); /* s3://BUCKET, s3://BUCKET/, s3://BUCKET/PREFIX/ */
/* A file, or the content of a folder. Links to folders are not followed. */
void verify_names_add_local(verify_names *n, const char *path);

#endif

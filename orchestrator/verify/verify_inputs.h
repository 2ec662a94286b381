/* What `decon-orchestrator verify` is to look at: names as they were given, folders by what lies in them.
 *
 * What:    a folder, and `s3://BUCKET/PREFIX/`, stand for the inputs below them, by the names that a run
 *          takes (.jsonl and .json, bare or compressed), in byte order. What cannot be listed, or holds
 *          no input, is in the list with its error.
 * Owner:   verify_names_deinit frees all.
 * Threads: one. Fails: never; errors are entries.
 */
#ifndef ORCHESTRATOR_VERIFY_VERIFY_INPUTS_H
#define ORCHESTRATOR_VERIFY_VERIFY_INPUTS_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct verify_name {
    char *name;
    uint64_t size_bytes; /* of a listed object; else 0 */
    err *error;          /* instead of anything to look at; or NULL */
} verify_name;

typedef struct verify_names {
    verify_name *rows;
    size_t count, capacity;
    uint64_t ignored_count; /* in folders, by their names */
    uint64_t near_count;    /* of these, those that look like JSON Lines */
    bool any_folder, any_object;
} verify_names;

void verify_names_deinit(verify_names *n);
DEFINE_AUTO(verify_names, verify_names_deinit)

void verify_names_add(verify_names *n, const char *name, uint64_t size_bytes);
void verify_names_add_error(verify_names *n, const char *name, const err *error);

/* An object below a folder that is listed: kept where its name is an input's. */
void verify_names_add_listed(verify_names *n, const char *name, uint64_t size_bytes);
/* `before`: the count when the folder was begun. */
void verify_names_end_folder(verify_names *n, const char *folder, size_t before);

bool verify_names_is_remote_folder(
    const char *name); /* s3://BUCKET, s3://BUCKET/, s3://BUCKET/PREFIX/ */
/* A file as it is; a folder by what lies in it. Links to folders are not followed. */
void verify_names_add_local(verify_names *n, const char *path);

#endif

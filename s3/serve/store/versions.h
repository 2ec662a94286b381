/* Versions of objects, in buckets whose versioning was enabled once.
 *
 * What:    ROOT/versioning/<bucket> has the state, "Enabled" or "Suspended". The current version of a
 *          key is its file in ROOT/buckets. Earlier versions and delete markers are object files
 *          ROOT/versions/<bucket>/<layout of key>/<number>-<id>; a higher number is newer. If a key
 *          has no current file, the newest of these is a delete marker. Every step of a change leaves
 *          the current version as it was or as it will be; a version that a killed server left twice
 *          counts once.
 *          A version without an id is the one that S3 calls `null`.
 * Owner:   the caller's.
 * Threads: any. Functions that end in _locked need the store's lock; the others take it.
 * Fails:   s3_refuse (NoSuchVersion, NotImplemented for a folder of files), ERR_IO.
 * Source:  Amazon S3 User Guide, "Retaining multiple versions of objects with S3 Versioning".
 */
#ifndef S3_SERVE_STORE_VERSIONS_H
#define S3_SERVE_STORE_VERSIONS_H

#include "base/util.h"
#include "s3/serve/store/store.h"

typedef enum versioning {
    VERSIONING_NEVER, /* nothing but current objects */
    VERSIONING_ENABLED,
    VERSIONING_SUSPENDED /* new objects replace the version `null` */
} versioning;

versioning versions_state(const store *s, const char *bucket);
bool versions_set_state(store *s, const char *bucket, versioning state, err *e) MUST_USE;
char *versions_root(const store *s, const char *bucket) MUST_USE;

/* The id of an object: "null" without one. */
const char *versions_id(const object_meta *meta);

/* Newest first. Ends when `each` returns false. */
typedef bool (*versions_each_fn)(void *ctx, const object_meta *meta, bool is_latest, err *e);
bool versions_each(store *s, const char *bucket, slice key, versions_each_fn each, void *ctx,
                   err *e) MUST_USE;

/* Whether the key is deleted; *meta is its marker. */
bool versions_marker(store *s, const char *bucket, slice key, object_meta *meta);

/* The file of a version; NULL: NoSuchVersion. */
char *versions_find_locked(const store *s, const char *bucket, slice key, const char *id,
                           object_meta *meta, err *e) MUST_USE;

/* Before a commit or a deletion: gives the new version its id, and keeps the current one. */
bool versions_keep_locked(store *s, const char *bucket, slice key, const char *path,
                          object_meta *next, err *e) MUST_USE;
bool versions_mark_locked(store *s, const char *bucket, slice key, object_meta *marker, err *e)
    MUST_USE;
/* Removes one version; the newest that is left becomes the current one. A missing version is not
 * an error. *removed: what it was. */
bool versions_remove_locked(store *s, const char *bucket, slice key, const char *id,
                            object_meta *removed, err *e) MUST_USE;

#endif

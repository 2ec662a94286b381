/* The objects of a listing, compact enough for millions.
 *
 * What:    rows in blocks that never move, keys in blocks of bytes; an ETag that is a digest, with
 *          or without a number of parts, takes 20 bytes. Total: the bytes of the key and 57 more
 *          for each object, 65 once sorted.
 * Owner:   listed_array_deinit frees all; rows and keys live as long as the array.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_PLAN_OBJECT_TABLE_H
#define ORCHESTRATOR_PLAN_OBJECT_TABLE_H

#include "decon/s3/s3.h"
#include "base/util.h"

#define LISTED_BLOCK_ROWS 1024

typedef struct listed {
    const char *key;
    uint64_t size_bytes;
    int64_t last_modified_s;
    union {
        uint8_t digest[16];
        const char *text; /* according to etag_parts */
    } etag;
    uint32_t etag_parts; /* 0: none, a plain digest; or LISTED_ETAG_TEXT */
} listed;

#define LISTED_ETAG_TEXT UINT32_MAX

typedef struct listed_array {
    listed **blocks;
    size_t count, block_count;
    char **texts; /* blocks of keys */
    size_t text_count, text_used, text_size;
    const listed **sorted; /* by key, once listed_sort was called */
} listed_array;

/* An object that is the same as the one before it (a store that lists a key twice) is skipped. */
void listed_add(listed_array *a, const s3_object *object);
/* The same in any position: for a store that lists without order. Before listed_sort. ERR_S3_REPLY
 * if a key has two sizes or ETags. */
bool listed_drop_repeats(listed_array *a, err *e) MUST_USE;
const listed *listed_at(const listed_array *a, size_t index);
void listed_sort(listed_array *a);                                 /* by key, bytewise */
const listed *listed_find(const listed_array *a, const char *key); /* sorted; or NULL */
char *listed_etag(const listed *row) MUST_USE;                     /* "" if the store gave none */
void listed_array_deinit(listed_array *a);

#endif

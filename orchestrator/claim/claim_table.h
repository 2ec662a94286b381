/* The slices of a claim run, as known to one host.
 *
 * What:    a slice is the class of keys with MD5(key) mod `modulus` = `rest`. A run has a fixed number of
 *          base slices; a base slice may be opened into CLAIM_PARTS parts, which are slices of modulus
 *          CLAIM_PARTS times as large. The table is filled from listings of the folder of the round:
 *              lease/<slice>   held: renewed under new ETags; empty: released
 *              done/<slice>, failed/<slice>   closed; failed: some of its files failed
 *              open/<slice>-<parts>   these parts may be claimed by any host and are not of their base slice
 *          Whether a lease has expired is decided by this host's clock: the time for which its ETag
 *          has not changed.
 * Owner:   claim_table_free; rows live as long as the table.
 * Threads: loop.
 * Fails:   never: other names are skipped.
 */
#ifndef ORCHESTRATOR_CLAIM_CLAIM_TABLE_H
#define ORCHESTRATOR_CLAIM_CLAIM_TABLE_H

#include "base/util.h"

#define CLAIM_PARTS 16

typedef struct slice_id {
    uint32_t rest, modulus;
} slice_id;

#define SLICE_NAME_BYTES 32
const char *slice_name(slice_id id, char out[SLICE_NAME_BYTES]); /* "7-of-1024" */
bool slice_name_read(const char *text, slice_id *out) MUST_USE;
bool slice_has_key(slice_id id, const char *key);
slice_id slice_part(slice_id base, uint32_t part); /* part < CLAIM_PARTS */

/* Parts of a base slice, a bit of each: "7-of-1024-00f0". */
#define PARTS_NAME_BYTES (SLICE_NAME_BYTES + 8)
const char *slice_parts_name(slice_id base, uint32_t parts, char out[PARTS_NAME_BYTES]);
bool slice_parts_read(const char *text, slice_id *base, uint32_t *parts) MUST_USE;

typedef enum slice_state {
    SLICE_FREE, /* never claimed */
    SLICE_HELD,
    SLICE_RELEASED, /* released, or its lease was removed: some of its files may be done */
    SLICE_CLOSED,
} slice_state;

typedef struct slice_row {
    slice_id id;
    slice_state state;
    bool empty;       /* closed, since it has no inputs */
    bool mine;        /* this host holds it: not to be claimed again */
    bool was_held;    /* some host has had it */
    bool seen;        /* its lease was in the listing that is being read */
    char *etag;       /* of the lease; NULL: unknown */
    uint64_t seen_ms; /* when this host first saw that ETag */
} slice_row;

typedef struct claim_table claim_table;

claim_table *claim_table_new(uint32_t slice_count) MUST_USE;
void claim_table_free(claim_table *t); /* NULL is allowed */

/* A listing: each object by its key below the folder of the round. */
void claim_table_begin(claim_table *t);
void claim_table_note(claim_table *t, const char *name, const char *etag, uint64_t size_bytes,
                      uint64_t now_ms);
void claim_table_end(claim_table *t);

slice_row *claim_table_find(claim_table *t, slice_id id); /* NULL: there is no such slice */
void claim_table_add_parts(claim_table *t, slice_id base, uint32_t parts);
slice_row *claim_table_row(claim_table *t, size_t index); /* index < claim_table_count().slices */
/* Free, released, or its lease has not changed for lease_ms; and not held by this host. */
bool slice_may_be_claimed(const slice_row *row, uint64_t now_ms, uint64_t lease_ms);
/* The first free slice from number `start` on, wrapping around; NULL: none is free. */
slice_row *claim_table_free_slice(claim_table *t, uint64_t start);
/* A released slice, or one whose lease had not changed for lease_ms at this time; NULL: none. */
slice_row *claim_table_expired_slice(claim_table *t, uint64_t start, uint64_t now_ms,
                                     uint64_t lease_ms);

typedef struct claim_counts {
    size_t slices, free, closed;
} claim_counts;
claim_counts claim_table_count(const claim_table *t);
/* No host has work left: `used` base slices were closed and no other slice is claimed. */
bool claim_table_is_complete(const claim_table *t, uint32_t used);
void claim_table_close_empty(claim_table *t, slice_id id);

#endif

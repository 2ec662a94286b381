/* Texts that are rarely read: in memory while they are few, otherwise in a file without a name.
 *
 * What:    groups of texts; text_store_add yields the place by which text_store_get finds the
 *          group. After `memory_bytes`, groups are written to a file in $TMPDIR (or /var/tmp),
 *          which text_store_end maps, so that the kernel can remove them from memory.
 * Owner:   an embedded value; text_store_init / _deinit. What text_store_get yields is borrowed from the store.
 * Threads: adding by one; after text_store_end all may read, also processes that are forked later.
 * Fails:   never: groups that cannot be written stay in memory, with a warning. A disk that cannot
 *          be read later ends the
 *          process (SIGBUS).
 */
#ifndef DETECTION_TABLE_TEXT_STORE_H
#define DETECTION_TABLE_TEXT_STORE_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct text_store {
    size_t memory_bytes; /* above this size a file is used; 0: never */
    char *file;          /* mapped */
    uint64_t written;    /* bytes of the file */
    int fd;              /* -1: none */
    bool failed;         /* nothing more is written */
    char *memory;        /* groups after those of the file */
    size_t len, capacity;
} text_store;

void text_store_init(text_store *s, size_t memory_bytes);
void text_store_deinit(text_store *s);
DEFINE_AUTO(text_store, text_store_deinit)

/* A text without data is absent. */
uint64_t text_store_add(text_store *s, const slice *texts, size_t count);
/* Nothing is added any more. */
void text_store_end(text_store *s);
/* The group of `count` texts at `place`; each is followed by a NUL. */
void text_store_get(const text_store *s, uint64_t place, slice *texts, size_t count);

#endif

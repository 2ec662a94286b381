/* One page of ListObjectsV2 or ListObjectVersions: parsed, decoded and checked before any of it is used.
 *
 * What:    page_read reads the XML once (names stay encoded: MinIO puts EncodingType at the end),
 *          then decodes the names and checks the page against the listing's contract. An object
 *          that is listed twice consecutively with the same size and ETag is one object.
 * Owner:   page_deinit frees it; strings point into the page.
 * Threads: the transport's.
 * Fails:   ERR_PARSE if the page is truncated (it can be requested again), ERR_S3_REPLY if it is not
 *          a listing or violates the requirements.
 */
#ifndef S3_OPERATIONS_LIST_PAGE_H
#define S3_OPERATIONS_LIST_PAGE_H

#include "base/util.h"
#include "s3/operations/list_contract.h"

#define PAGE_ENTRIES_MAX 100000 /* 1,000 are requested; some stores send more */

/* Texts are offsets into page.text; 0: not in the reply. */
typedef struct page_entry {
    size_t key, etag, storage_class, version;
    uint64_t size_bytes;
    int64_t last_modified_s;
    bool has_size;
    bool is_prefix; /* of CommonPrefixes */
    bool is_marker; /* a delete marker */
    bool is_latest; /* of the versions of its key */
    bool has_nul;   /* the key cannot be a C string; `key` is encoded as in the reply */
    bool is_repeat; /* of the previous entry: not passed on */
} page_entry;

/* Names of elements. */
typedef struct page_form {
    const char *operation, *root, *entry, *next;
    const char *marker; /* of delete markers; NULL: the listing has no versions */
} page_form;

typedef struct list_page {
    const page_form *form;
    buf text;
    page_entry *entries;
    size_t count, capacity;
    size_t bucket, prefix, encoding, token, truncated_text;
    size_t next_version; /* with `token`: where the next page of versions begins */
    page_entry current;  /* the entry being parsed */
    bool truncated, url_encoded;
    size_t repeat_count;
    page_entry previous; /* the last object of the previous page */
    char *previous_etag, *previous_version;
} list_page;

void page_init(list_page *p, bool versions);
void page_deinit(list_page *p);

bool page_read(list_page *p, slice xml, list_contract *contract, err *e) MUST_USE;
const char *page_text(const list_page *p, size_t offset); /* NULL for 0 */

#endif

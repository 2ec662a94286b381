/* What a listing must hold to, checked key by key while its pages arrive.
 *
 * What:    a page is checked as a whole before any of it is handed out: each key lies below the
 *          prefix, keys come in UTF-8 byte order over all pages, a continuation token never comes
 *          again, and the reply names the bucket and the prefix that were asked for.
 *          Amazon S3 guarantees the order for general purpose buckets, not for directory buckets
 *          (names that end in --x-s3): there, and with s3_config.listing_order ANY, it is not
 *          checked, and a page that comes again is found by its first key.
 * Owner:   strings given to contract_init are borrowed; contract_deinit frees the rest.
 * Threads: the transport's.
 * Fails:   ERR_S3_REPLY; the message names the property and the key.
 * Sources: Amazon S3 API Reference, ListObjectsV2, ListMultipartUploads.
 */
#ifndef S3_OPERATIONS_LIST_CONTRACT_H
#define S3_OPERATIONS_LIST_CONTRACT_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

/* Pages without a key, in a row, before a listing counts as one that does not advance. A bucket
 * with millions of delete markers has empty pages, so this is not a small number. */
#define CONTRACT_EMPTY_PAGES_MAX 10000

typedef struct contract_set {
    uint64_t *values;
    size_t count, capacity;
} contract_set;

typedef struct list_contract {
    const char *operation, *bucket;
    const char *prefix, *delimiter; /* "" where none was asked for */
    bool ordered;
    char *last_key, *last_prefix; /* of the pages so far, or NULL */
    contract_set tokens;          /* fingerprints of those that came */
    contract_set first_keys;      /* of pages, where keys come in any order */
    unsigned empty_pages;         /* in a row */
} list_contract;

void contract_init(list_contract *k, const char *operation, const char *bucket, const char *prefix,
                   const char *delimiter, bool ordered);
void contract_deinit(list_contract *k);
bool contract_is_ordered_bucket(const char *bucket); /* no directory bucket */

/* Each `echo` is what the reply says, or NULL where it says nothing. */
bool contract_check_bucket(const list_contract *k, const char *echo, err *e) MUST_USE;
bool contract_check_prefix(const list_contract *k, const char *echo, bool url_encoded, err *e)
    MUST_USE;
/* *url_encoded: names in the reply are URL-encoded. */
bool contract_check_encoding(const list_contract *k, const char *echo, bool *url_encoded, err *e)
    MUST_USE;
/* What an encoded name cannot hold: then the reply is not encoded, although it says so. */
bool contract_check_encoded(const list_contract *k, const char *text, err *e) MUST_USE;

/* Is the key below the prefix? */
bool contract_check_key(const list_contract *k, const char *key, err *e) MUST_USE;
/* Of a listing with a delimiter: does the key, or the common prefix, end where the delimiter says? */
bool contract_check_level(const list_contract *k, const char *key, bool is_prefix, err *e) MUST_USE;
/* `before` is the key before it, on this page or the one before; NULL: none. Equal keys are the
 * caller's to judge. */
bool contract_check_order(const list_contract *k, const char *before, const char *key, err *e)
    MUST_USE;
/* A key that came twice with two descriptions. */
bool contract_refuse_repeat(const list_contract *k, const char *key, err *e);

/* At the end of a page that has another one after it. `first_key` NULL: the page holds nothing. */
bool contract_check_next(list_contract *k, const char *token, const char *first_key, err *e)
    MUST_USE;
/* After a page that kept to all: its last key and common prefix; NULL leaves the one before. */
void contract_advance(list_contract *k, const char *last_key, const char *last_prefix);

/* A name for messages: control characters replaced, a long one shortened. */
#define CONTRACT_NAME_SIZE 200
void contract_name(const char *name, char out[CONTRACT_NAME_SIZE]);

#endif

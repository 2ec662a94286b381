/* Requirements for listings, checked key by key as pages arrive.
 *
 * What:    a page is checked completely before any of it is passed on: each key has the prefix, keys
 *          are in UTF-8 byte order across pages, a continuation token never repeats, and the reply
 *          names the requested bucket and prefix.
 *          Amazon S3 guarantees the order for general purpose buckets, not for directory buckets
 *          (names that end in --x-s3): for these, and with s3_config.listing_order ANY, it is not
 *          checked, and a repeated page is detected by its first key.
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

/* Consecutive empty pages after which a listing is considered stuck. A bucket with millions of
 * delete markers has empty pages, so the limit is high. */
#define CONTRACT_EMPTY_PAGES_MAX 10000

typedef struct contract_set {
    uint64_t *values;
    size_t count, capacity;
} contract_set;

typedef struct list_contract {
    const char *operation, *bucket;
    const char *prefix, *delimiter; /* "" if not requested */
    bool ordered;
    char *last_key, *last_prefix; /* of the pages so far, or NULL */
    contract_set tokens;          /* fingerprints of the tokens so far */
    contract_set first_keys;      /* of pages, for unordered listings */
    unsigned empty_pages;         /* consecutive */
} list_contract;

void contract_init(list_contract *k, const char *operation, const char *bucket, const char *prefix,
                   const char *delimiter, bool ordered);
void contract_deinit(list_contract *k);
bool contract_is_ordered_bucket(const char *bucket); /* not a directory bucket */

/* `echo` is the value in the reply, or NULL. */
bool contract_check_bucket(const list_contract *k, const char *echo, err *e) MUST_USE;
bool contract_check_prefix(const list_contract *k, const char *echo, bool url_encoded, err *e)
    MUST_USE;
/* *url_encoded: names in the reply are URL-encoded. */
bool contract_check_encoding(const list_contract *k, const char *echo, bool *url_encoded, err *e)
    MUST_USE;
/* Characters that a URL-encoded name cannot have: the reply claims an encoding that
 * it does not use. */
bool contract_check_encoded(const list_contract *k, const char *text, err *e) MUST_USE;

/* Whether the key has the prefix. */
bool contract_check_key(const list_contract *k, const char *key, err *e) MUST_USE;
/* For a listing with a delimiter: whether the key or common prefix ends as the
 * delimiter requires. */
bool contract_check_level(const list_contract *k, const char *key, bool is_prefix, err *e) MUST_USE;
/* `before` is the previous key, on this page or the one before; NULL: none. Equal keys are
 * not checked here. */
bool contract_check_order(const list_contract *k, const char *before, const char *key, err *e)
    MUST_USE;
/* A key that was listed twice with different properties. */
bool contract_refuse_repeat(const list_contract *k, const char *key, err *e);

/* At the end of a page that is not the last. `first_key` NULL: the page is empty. */
bool contract_check_next(list_contract *k, const char *token, const char *first_key, err *e)
    MUST_USE;
/* After a valid page: its last key and common prefix; NULL keeps the previous one. */
void contract_advance(list_contract *k, const char *last_key, const char *last_prefix);

/* A name for messages: control characters replaced, long names shortened. */
#define CONTRACT_NAME_SIZE 200
void contract_name(const char *name, char out[CONTRACT_NAME_SIZE]);

#endif

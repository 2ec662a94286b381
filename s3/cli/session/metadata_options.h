/* What is said of objects that are written: headers of their content, metadata, access lists.
 *
 * What:    the options' rows, and the s3_fields that they make.
 * Owner:   options_deinit frees the strings; the fields are the caller's.
 * Threads: the main thread.
 * Fails:   ERR_USAGE for what no header can hold, for metadata without a name, and for a time that is
 *          none.
 */
#ifndef S3_CLI_SESSION_METADATA_OPTIONS_H
#define S3_CLI_SESSION_METADATA_OPTIONS_H

#include "decon/base/err.h"
#include "base/util.h"
#include "s3/protocol/metadata.h"

typedef struct described_options {
    char *content_type, *content_encoding, *content_disposition, *content_language;
    char *cache_control, *expires, *acl;
    char **metadata;
    bool guess_type;
    int directive;
} described_options;

enum { DESCRIBED_MERGE, DESCRIBED_COPY, DESCRIBED_REPLACE };
extern const char *const described_directives[];

struct cli_config;
/* `name`: of an upload, the file's (or, of standard input, the key's), whose suffix suggests the
 * Content-Type; NULL: none is suggested. `copy`: of an object whose own headers stay where none is given in their place. */
bool described_fields(const struct cli_config *config, const char *name, bool copy, s3_fields *out,
                      err *e) MUST_USE;
/* The same once for all objects, before anything is begun. */
bool described_check(const struct cli_config *config, err *e) MUST_USE;

/* clang-format off */
#define ROWS_OF_DESCRIPTIONS                                                                       \
    {.key = "content_type", .type = OPTION_STRING, .offset = AT(described.content_type),           \
     .metavar = "TYPE", .section = "What is said of objects",                                      \
     .help = "Content-Type of uploads; else by the name's suffix. This and the following hold "    \
             "for copies too, in place of what the source has."},                                  \
    {.key = "guess_content_type", .type = OPTION_BOOL, .offset = AT(described.guess_type),         \
     .fallback = "true", .alias = "guess_mime_type",                                               \
     .help = "Content-Type of uploads by suffix; --no-guess-content-type: binary/octet-stream."},  \
    {.key = "content_encoding", .type = OPTION_STRING, .offset = AT(described.content_encoding),   \
     .metavar = "TEXT", .help = "Content-Encoding, such as gzip."},                                \
    {.key = "content_disposition", .type = OPTION_STRING,                                          \
     .offset = AT(described.content_disposition), .metavar = "TEXT",                               \
     .help = "Content-Disposition."},                                                              \
    {.key = "content_language", .type = OPTION_STRING, .offset = AT(described.content_language),   \
     .metavar = "TEXT", .help = "Content-Language."},                                              \
    {.key = "cache_control", .type = OPTION_STRING, .offset = AT(described.cache_control),         \
     .metavar = "TEXT", .help = "Cache-Control, such as max-age=3600."},                           \
    {.key = "expires", .type = OPTION_STRING, .offset = AT(described.expires), .metavar = "TIME",  \
     .help = "Expires, such as 2030-01-31T12:00:00Z, 2030-01-31, or seconds since 1970."},                                            \
    {.key = "metadata", .type = OPTION_LIST, .offset = AT(described.metadata),                     \
     .metavar = "MAP",                                                                             \
     .help = "User metadata: NAME=VALUE,NAME=VALUE or {\"NAME\": \"VALUE\"}, as in the AWS CLI; "    \
             "repeatable."},                                                                       \
    {.key = "metadata_directive", .type = OPTION_ENUM, .offset = AT(described.directive),          \
     .fallback = "MERGE", .choices = described_directives, .metavar = "WHICH",                     \
     .help = "What copies from object to object have: the source's and what is given here "        \
             "(MERGE), the source's only (COPY), what is given here only (REPLACE)."},             \
    {.key = "acl", .type = OPTION_STRING, .offset = AT(described.acl), .metavar = "NAME",          \
     .help = "A canned access list, such as bucket-owner-full-control. Buckets that take none "    \
             "refuse it."}
/* clang-format on */

#endif

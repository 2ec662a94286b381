/* Options for metadata of written objects: content headers, user metadata, access lists.
 *
 * What:    the rows of the options, and the s3_fields made from them.
 * Owner:   options_deinit frees the strings; the fields are the caller's.
 * Threads: the main thread.
 * Fails:   ERR_USAGE for invalid characters, for metadata without a name, and for an invalid
 *          time.
 */
#ifndef S3_CLI_SESSION_METADATA_OPTIONS_H
#define S3_CLI_SESSION_METADATA_OPTIONS_H

#include "decon/base/err.h"
#include "base/util.h"
#include "s3/protocol/metadata.h"

typedef struct described_options {
    char *content_type, *content_encoding, *content_disposition, *content_language;
    char *cache_control, *expires, *acl;
    char *tagging; /* NULL: not set; "": no tags */
    char **metadata;
    bool guess_type;
    int directive;
} described_options;

enum { DESCRIBED_MERGE, DESCRIBED_COPY, DESCRIBED_REPLACE };
extern const char *const described_directives[];

struct cli_config;
/* `name`: for an upload, the file's name (for standard input, the key), whose suffix determines
 * the Content-Type; NULL: none. `copy`: for a copy, which keeps the source's headers except
 * those that are set. */
bool described_fields(const struct cli_config *config, const char *name, bool copy, s3_fields *out,
                      err *e) MUST_USE;
/* The same check once for all objects, before anything is started. */
bool described_check(const struct cli_config *config, err *e) MUST_USE;

/* --tagging as x-amz-tagging has it, malloc'ed; *text NULL: not set. */
bool described_tags(const struct cli_config *config, char **text, err *e) MUST_USE;

/* clang-format off */
#define ROWS_OF_DESCRIPTIONS                                                                       \
    {.key = "content_type", .type = OPTION_STRING, .offset = AT(described.content_type),           \
     .metavar = "TYPE", .section = "Metadata of objects",                                          \
     .help = "Content-Type of uploads; else by the name's suffix. This and the following apply "   \
             "to copies too, instead of the source's."},                                           \
    {.key = "guess_content_type", .type = OPTION_BOOL, .offset = AT(described.guess_type),         \
     .fallback = "true", .alias = "guess_mime_type",                                               \
     .help = "Set the Content-Type by suffix; --no-guess-content-type: binary/octet-stream."},     \
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
     .help = "Expires, such as 2030-01-31T12:00:00Z, 2030-01-31, or seconds since 1970."},         \
    {.key = "metadata", .type = OPTION_LIST, .offset = AT(described.metadata),                     \
     .metavar = "MAP",                                                                             \
     .help = "User metadata: NAME=VALUE,NAME=VALUE or {\"NAME\": \"VALUE\"}, as in the AWS CLI; "  \
             "repeatable."},                                                                       \
    {.key = "metadata_directive", .type = OPTION_ENUM, .offset = AT(described.directive),          \
     .fallback = "MERGE", .choices = described_directives, .metavar = "WHICH",                     \
     .help = "Metadata of copies from object to object: the source's and these options "           \
             "(MERGE), the source's only (COPY), these options only (REPLACE)."},                  \
    {.key = "tagging", .type = OPTION_STRING, .offset = AT(described.tagging), .metavar = "TAGS",  \
     .alias = "tags",                                                                              \
     .help = "Tags: KEY=VALUE&KEY=VALUE, URL-encoded. Copies keep the source's tags without "      \
             "this option; --tagging= sets none."},                                                \
    {.key = "acl", .type = OPTION_STRING, .offset = AT(described.acl), .metavar = "NAME",          \
     .help = "Canned ACL, such as bucket-owner-full-control. Buckets without ACLs "                \
             "refuse it."}
/* clang-format on */

#endif

/* The Content-Type that a file's name suggests.
 *
 * What:    a table of suffixes, compared without case. Of `a.jsonl.gz` the last suffix decides: the
 *          object holds gzip, and readers must not take it for text.
 * Owner:   static strings.
 * Threads: any.
 * Fails:   NULL for a name that the table does not know.
 * Sources: IANA Media Types; RFC 8478 (zstd), RFC 6713 (zlib, gzip).
 */
#ifndef S3_CLI_SESSION_CONTENT_TYPE_H
#define S3_CLI_SESSION_CONTENT_TYPE_H

const char *content_type_of(const char *name);

#endif

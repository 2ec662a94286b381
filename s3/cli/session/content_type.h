/* The Content-Type that a file's name suggests.
 *
 * What:    a table of suffixes, compared without regard to case. The last suffix of `a.jsonl.gz`
 *          decides: the object is gzip, and readers must not treat it as text.
 * Owner:   static strings.
 * Threads: any.
 * Fails:   NULL for an unknown suffix.
 * Sources: IANA Media Types; RFC 8478 (zstd), RFC 6713 (zlib, gzip).
 */
#ifndef S3_CLI_SESSION_CONTENT_TYPE_H
#define S3_CLI_SESSION_CONTENT_TYPE_H

const char *content_type_of(const char *name);

#endif

/* A source or target: an object, a file, or standard input or output.
 *
 * What:    parses arguments; builds names of targets.
 * Owner:   place_deinit frees the strings.
 * Threads: any.
 * Fails:   ERR_USAGE, ERR_CONFIG for an invalid argument.
 */
#ifndef S3_CLI_SOURCE_LOCATION_H
#define S3_CLI_SOURCE_LOCATION_H

#include "decon/s3/uri.h"
#include "base/util.h"

typedef struct place {
    bool is_object;
    s3_uri uri; /* of an object */
    char *path; /* of a file; "-" for the standard ones */
} place;

bool place_parse(const char *text, place *out, err *e) MUST_USE;
void place_deinit(place *p);
DEFINE_AUTO(place, place_deinit)

bool place_is_standard(const place *p);
bool place_is_folder(const place *p);  /* bucket, key or path with a trailing `/`, directory */
bool place_is_pattern(const place *p); /* an object whose key has `*` or `?` */
bool place_same(const place *a, const place *b);
char *place_text(const place *p) MUST_USE; /* for messages */
const char *place_name(const place *p);    /* the part after the last `/`; may be "" */

/* With a trailing `/`, unless it is empty; the caller frees it. */
char *place_folder_text(const char *name) MUST_USE;
/* The place with this path below the folder `to`. A path that leaves a local folder is refused. */
bool place_below(const place *to, const char *relative, place *out, err *e) MUST_USE;
/* Whether a copy from `from` into `to` would be below `from` again. */
/* False if no file can be created at or below a local folder, which may not exist yet. */
bool place_check_writable(const place *folder, err *e) MUST_USE;
bool place_contains(const place *from, const place *to);

#endif

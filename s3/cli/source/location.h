/* Where something comes from or goes to: an object, a file, or standard input or output.
 *
 * What:    parses words of the command line; names of targets.
 * Owner:   place_deinit frees the strings.
 * Threads: any.
 * Fails:   ERR_USAGE, ERR_CONFIG for what names nothing.
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
bool place_is_folder(const place *p);  /* bucket, key or path with `/` at its end, directory */
bool place_is_pattern(const place *p); /* an object whose key has `*` or `?` */
bool place_same(const place *a, const place *b);
char *place_text(const place *p) MUST_USE; /* for people */
const char *place_name(const place *p);    /* the part behind the last `/`; may be "" */

/* With a `/` at its end, unless it is empty; the caller frees. */
char *place_folder_text(const char *name) MUST_USE;
/* What has this path below the folder `to`. A path that leads out of a local folder is refused. */
bool place_below(const place *to, const char *relative, place *out, err *e) MUST_USE;
/* Would what is copied from `from` into `to` lie below `from` again? */
/* False where no file can be made at or below a local folder that may not be there yet. */
bool place_check_writable(const place *folder, err *e) MUST_USE;
bool place_contains(const place *from, const place *to);

#endif

/* What lies below a folder, a prefix, or fits a pattern: one entry after the other.
 *
 * What:    source_next hands out entries in the byte order of their names, while the listing goes on
 *          a page or two ahead: memory does not grow with their number (a local directory's own
 *          names are held while it is read).
 * Owner:   source_open / source_close; entries are the caller's: entry_deinit.
 * Threads: the loop's; source_next runs the loop while it waits, so jobs go on.
 * Fails:   SOURCE_FAILED with an error: what came before was right, the rest is unknown. What lies
 *          there and can be no entry (unreadable or special local files, objects that no file can
 *          stand for) is printed, counted, and `incomplete`: nothing is left out silently.
 */
#ifndef S3_CLI_SOURCE_SOURCE_H
#define S3_CLI_SOURCE_SOURCE_H

#include "base/util.h"
#include "s3/cli/source/pattern.h"
#include "s3/cli/source/location.h"

/* Downloads that were broken off lie beside their target under these names, and are no files of
 * the user's. */
#define PARTIAL_SUFFIX ".decon-part"
#define RANGES_SUFFIX  ".decon-ranges"

typedef struct entry {
    char *name;         /* the whole key or path */
    size_t relative_at; /* name + this: its path below the source */
    uint64_t size_bytes;
    int64_t modified_s;
    uint32_t modified_ns;
    char *etag, *storage_class; /* of objects; or NULL */
} entry;

void entry_deinit(entry *it);
DEFINE_AUTO(entry, entry_deinit)
const char *entry_relative(const entry *it);
/* Where it is, given the place that was listed. */
void entry_place(const entry *it, const place *below, place *out);

/* Objects whose keys end in `/`. Empty ones are folder markers of consoles and other clients. */
typedef enum folder_objects {
    FOLDER_OBJECTS_REFUSE, /* no file can have such a name: those with bytes are reported as errors,
                              markers are left out */
    FOLDER_OBJECTS_FULL,   /* those with bytes are entries, markers are left out */
    FOLDER_OBJECTS_ALL
} folder_objects;

typedef struct source_options {
    const place *place; /* a pattern, unless `raw`; else a folder or a prefix that means one */
    bool raw;
    bool may_be_absent; /* a local folder that is not there holds nothing */
    bool planned;       /* entries count for the progress line's totals */
    bool is_target;     /* what cannot be an entry stays where it is: not reported */
    folder_objects folders;
    bool itself; /* the object whose key is the folder's own name too, an empty one as well */
    const filter *filter; /* or NULL */
} source_options;

typedef enum source_step { SOURCE_ENTRY, SOURCE_END, SOURCE_FAILED } source_step;

typedef struct source source;
source *source_open(cli *c, const source_options *options) MUST_USE;
void source_close(source *s); /* NULL is fine; a listing under way is cancelled */
DEFINE_AUTO_PTR(source, source_close)

source_step source_next(source *s, entry *out, err *e) MUST_USE;
bool source_is_incomplete(const source *s); /* something is no entry, and was printed */
uint64_t source_seen(const source *s);      /* before the filter */

/* s3/cli/source/directory_walk.c: local folders. What cannot be read, or is no regular file, is
 * printed as an error (unless the filter leaves it out) and *incomplete is set; of a target only what
 * cannot be read. */
typedef struct walk walk;
walk *walk_open(cli *c, const source_options *options, bool *incomplete) MUST_USE;
void walk_close(walk *w);
/* false at the end. */
bool walk_next(walk *w, entry *out, bool *incomplete) MUST_USE;

#endif

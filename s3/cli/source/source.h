/* Entries below a folder or a prefix, or that match a pattern: one after the other.
 *
 * What:    source_next returns entries in byte order of their names, while the listing proceeds a
 *          page or two ahead: memory does not grow with their number (except for the names of a
 *          local directory being read).
 * Owner:   source_open / source_close; entries are the caller's: entry_deinit.
 * Threads: the loop's; source_next runs the loop while it waits, so that jobs proceed.
 * Fails:   SOURCE_FAILED with an error: earlier entries were right, the rest is unknown. Names that
 *          cannot be entries (unreadable or special local files, objects without a valid file name)
 *          are printed and counted, and set `incomplete`: nothing is skipped silently.
 */
#ifndef S3_CLI_SOURCE_SOURCE_H
#define S3_CLI_SOURCE_SOURCE_H

#include "base/util.h"
#include "s3/cli/source/pattern.h"
#include "s3/cli/source/location.h"

/* Interrupted downloads are stored beside their target with this suffix; they are not user
 * files. */
#define PARTIAL_SUFFIX ".decon-part"
#define RANGES_SUFFIX  ".decon-ranges"

typedef struct entry {
    char *name;         /* the whole key or path */
    size_t relative_at; /* offset in name of the path below the source */
    uint64_t size_bytes;
    int64_t modified_s;
    uint32_t modified_ns;
    char *etag, *storage_class; /* for objects; or NULL */
    char *version_id;           /* with all_versions; else NULL */
} entry;

void entry_deinit(entry *it);
DEFINE_AUTO(entry, entry_deinit)
const char *entry_relative(const entry *it);
/* The entry's location, given the listed place. */
void entry_place(const entry *it, const place *below, place *out);

/* How to treat objects whose keys end in `/`. Empty ones are folder markers of consoles
 * and other clients. */
typedef enum folder_objects {
    FOLDER_OBJECTS_REFUSE, /* not valid as file names: those with data are reported as errors,
                              markers are skipped */
    FOLDER_OBJECTS_FULL,   /* those with data are entries, markers are skipped */
    FOLDER_OBJECTS_ALL
} folder_objects;

typedef struct source_options {
    const place *place; /* a pattern, unless `raw`; else a folder or a prefix used as one */
    bool raw;
    bool all_versions;  /* of objects, and delete markers */
    bool only_itself;   /* the object of this key, not what is below it */
    bool may_be_absent; /* a missing local folder counts as empty */
    bool planned;       /* add entries to the progress line's totals */
    bool is_target;     /* names that cannot be entries are not reported */
    folder_objects folders;
    bool itself;          /* include the object whose key is the folder's own name, even if empty */
    const filter *filter; /* or NULL */
} source_options;

typedef enum source_step { SOURCE_ENTRY, SOURCE_END, SOURCE_FAILED } source_step;

typedef struct source source;
source *source_open(cli *c, const source_options *options) MUST_USE;
void source_close(source *s); /* NULL is allowed; cancels a listing in progress */
DEFINE_AUTO_PTR(source, source_close)

source_step source_next(source *s, entry *out, err *e) MUST_USE;
bool source_is_incomplete(const source *s); /* a name could not be an entry, and was printed */
uint64_t source_seen(const source *s);      /* before the filter */

/* s3/cli/source/directory_walk.c: local folders. Unreadable entries and special files are
 * printed as errors (unless excluded by the filter) and set *incomplete; for a target only
 * unreadable ones. */
typedef struct walk walk;
walk *walk_open(cli *c, const source_options *options, bool *incomplete) MUST_USE;
void walk_close(walk *w);
/* false at the end. */
bool walk_next(walk *w, entry *out, bool *incomplete) MUST_USE;

#endif

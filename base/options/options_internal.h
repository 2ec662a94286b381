/* Shared by the source files of options: the value of one row.
 *
 * What:    text -> checked value -> member of the config struct; names of rows; texts that describe
 *          what a row allows.
 * Owner:   as in options.h. `option_target` borrows all that it refers to.
 * Threads: any.
 * Fails:   ERR_CONFIG with the fault and the allowed values; the caller adds the location in front.
 */
#ifndef BASE_OPTIONS_OPTIONS_INTERNAL_H
#define BASE_OPTIONS_OPTIONS_INTERNAL_H

#include "decon/base/buf.h"
#include "base/util.h"
#include "base/options/options.h"

/* Where values are stored, and the origin that sets them. `origins` may be NULL. */
typedef struct option_target {
    const option_set *set;
    void *config;
    option_origin *origins;
    option_origin origin;
} option_target;

/* Checks `text` and stores it, unless a higher origin has set the row (see options.h). `append`
 * adds to a list; otherwise the text replaces the old value. Rows without effect are only
 * marked. */
bool option_store(const option_target *t, const option *row, const char *text, bool append, err *e)
    MUST_USE;
/* Restores the default, unless a higher origin has set the row. */
bool option_store_default(const option_target *t, const option *row, err *e) MUST_USE;
/* Stores an empty list. */
void option_store_empty(const option_target *t, const option *row);

/* The row of a YAML key (key or alias) or of a flag without its dashes (`s5cmd-workers`). */
const option *option_by_key(const option_set *set, const char *key);
const option *option_by_flag(const option_set *set, const char *flag);

/* `--kebab-case` of a key; the caller frees. */
char *option_flag_text(const char *key) MUST_USE;

/* The nearest known key or (`flags`) flag, or an empty text; the caller frees. */
char *option_nearest(const option_set *set, const char *name, bool flags) MUST_USE;

/* "1 to 100 seconds", "a, b, c"; appends nothing if everything is allowed. */
void option_append_allowed(const option *row, buf *out);
/* "TEXT", "N", "a|b|c": the text after the flag. */
void option_append_metavar(const option *row, buf *out);
/* "5 seconds"; nothing if there is no default or it is a secret. */
void option_append_default(const option *row, buf *out);

#endif

/* Patterns: of keys (`s3://bucket/p*.gz`), and of --include and --exclude.
 *
 * What:    matching, and the filter built from a command's flags.
 * Owner:   a filter borrows its patterns from the command line.
 * Threads: any.
 * Fails:   ERR_USAGE for a filter without effect.
 *
 * `*` matches any characters, including `/`, and `?` one character. In filters [abc] and [a-z]
 * match one of these, [!abc] any other one.
 */
#ifndef S3_CLI_SOURCE_PATTERN_H
#define S3_CLI_SOURCE_PATTERN_H

#include "base/util.h"
#include "s3/cli/session/context.h"
#include "s3/cli/source/selection.h"

bool pattern_match(const char *pattern, const char *text, bool brackets);

/* The length of the pattern before its first `*` or `?`. */
size_t pattern_literal_length(const char *pattern);

#define FILTER_RULES_MAX 256

typedef struct filter_rule {
    bool include;
    const char *pattern;
} filter_rule;

typedef struct filter {
    filter_rule rules[FILTER_RULES_MAX];
    size_t count;
    bool by_kind; /* as in s5cmd: must match an include (if there are any) and
                     no exclude. Else the last matching rule applies, and everything is included
                     by default */
    selection selection;
} filter;

/* The rules in the order of the command line. */
bool filter_init(filter *f, const cli *c, err *e) MUST_USE;
bool filter_passes(const filter *f, const char *relative);
/* The same, and the selection: `name` is the whole key, or of a local file the relative path. */
bool filter_takes(const filter *f, const char *relative, const char *name, int64_t modified_s);
bool filter_takes_all(const filter *f); /* no condition is set */

#endif

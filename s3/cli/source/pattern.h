/* Patterns: of keys (`s3://bucket/p*.gz`), and of --include and --exclude.
 *
 * What:    matching, and the filter that the flags of a command make.
 * Owner:   a filter borrows its patterns from the command line.
 * Threads: any.
 * Fails:   ERR_USAGE for a filter that would change nothing.
 *
 * `*` stands for any characters, `/` too, and `?` for one character. In filters [abc] and [a-z] stand
 * for one of these, [!abc] for any other one.
 */
#ifndef S3_CLI_SOURCE_PATTERN_H
#define S3_CLI_SOURCE_PATTERN_H

#include "base/util.h"
#include "s3/cli/session/context.h"

bool pattern_match(const char *pattern, const char *text, bool brackets);

/* How much of the pattern stands before its first `*` or `?`. */
size_t pattern_literal_length(const char *pattern);

#define FILTER_RULES_MAX 256

typedef struct filter_rule {
    bool include;
    const char *pattern;
} filter_rule;

typedef struct filter {
    filter_rule rules[FILTER_RULES_MAX];
    size_t count;
    bool by_kind; /* of command files, as s5cmd has it: one of the includes (where there are any)
                     and none of the excludes. Else the last rule that matches decides, and
                     everything is included at first */
} filter;

/* The rules in the order in which they were typed. */
bool filter_init(filter *f, const cli *c, err *e) MUST_USE;
bool filter_passes(const filter *f, const char *relative);

#endif

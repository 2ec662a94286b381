/* Parses one line of a command file.
 *
 * What:    words as in a shell: separated by blanks, '..' and ".." group, \ escapes the next
 *          character, # at the beginning of a word begins a comment. Nothing is expanded.
 * Owner:   line_words_free.
 * Threads: any.
 * Fails:   ERR_USAGE for an unterminated quote.
 */
#ifndef S3_CLI_COMMANDS_COMMAND_LINE_H
#define S3_CLI_COMMANDS_COMMAND_LINE_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct line_words {
    char **words;
    int count;
} line_words;

bool line_split(const char *line, line_words *out, err *e) MUST_USE;
void line_words_free(line_words *w);
DEFINE_AUTO(line_words, line_words_free)

void line_words_add(line_words *w, const char *word); /* a copy */
/* Removes words `at` to `at + count - 1`. */
void line_words_remove(line_words *w, int at, int count);

#endif

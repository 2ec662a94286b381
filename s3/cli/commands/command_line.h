/* One line of a command file, taken apart.
 *
 * What:    words as a shell makes them: blanks part them, '..' and ".." keep them together, \ takes
 *          the next character to the letter, # at the beginning of a word begins a comment. Nothing
 *          is expanded.
 * Owner:   line_words_free.
 * Threads: any.
 * Fails:   ERR_USAGE for a quote without its end.
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

/* Takes words `at` to `at + count - 1` out. */
void line_words_remove(line_words *w, int at, int count);

#endif

#include "s3/cli/commands/command_line.h"

#include "decon/base/buf.h"
#include "base/array.h"
#include "base/util.h"

#define WORD_MAX_BYTES ((size_t)64 * 1024)

void line_words_free(line_words *w)
{
    for (int i = 0; i < w->count; i++)
        free(w->words[i]);
    free(w->words);
    *w = (line_words){0};
}

void line_words_remove(line_words *w, int at, int count)
{
    for (int i = at; i < at + count; i++)
        free(w->words[i]);
    for (int i = at; i + count < w->count; i++)
        w->words[i] = w->words[i + count];
    w->count -= count;
}

void line_words_add(line_words *w, const char *word)
{
    *ARRAY_ADD(w->words, w->count) = xstrdup(word);
}

/* Reads quoted text; *p is after the opening quote, and after the closing one on return. */
static bool take_quoted(const char **p, char quote, buf *word, err *e)
{
    while (**p && **p != quote) {
        bool escaped = quote == '"' && **p == '\\' && ((*p)[1] == '"' || (*p)[1] == '\\');
        *p += escaped;
        buf_append_char(word, *(*p)++);
    }
    if (!**p)
        return err_set(e, ERR_USAGE, "the quote %c is not closed", quote);
    *p += 1;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool take_word(const char **p, buf *word, err *e)
{
    while (**p && !is_blank(**p)) {
        char c = *(*p)++;
        if (c == '\'' || c == '"') {
            if (!take_quoted(p, c, word, e))
                return false;
        } else if (c == '\\' && **p) {
            buf_append_char(word, *(*p)++);
        } else {
            buf_append_char(word, c);
        }
    }
    return !word->overflow ||
           err_set(e, ERR_USAGE, "an argument exceeds %zu bytes", WORD_MAX_BYTES);
}

bool line_split(const char *line, line_words *out, err *e)
{
    AUTO(buf) word = BUF(WORD_MAX_BYTES);
    const char *p = line;
    *out = (line_words){0};
    for (;;) {
        while (is_blank(*p))
            p++;
        if (!*p || *p == '#')
            return true;
        if (!take_word(&p, &word, e)) {
            line_words_free(out);
            return false;
        }
        line_words_add(out, buf_str(&word));
        buf_clear(&word);
    }
}

#include "base/util.h"
#include "compression/jsonl/linecount.h"

void linecount_add(linecount *c, uint64_t line_bytes, bool blank)
{
    c->lines++;
    c->blank_lines += blank;
    c->longest_line_bytes = MAX(c->longest_line_bytes, line_bytes);
}

static bool only_white_space(slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r')
            return false;
    return true;
}

static void add_part(linecount *c, slice part)
{
    c->blank = c->blank && only_white_space(part);
    c->line_bytes += part.len;
}

static void end_line(linecount *c)
{
    linecount_add(c, c->line_bytes, c->blank);
    c->line_bytes = 0;
    c->blank = true;
}

void linecount_feed(linecount *c, slice text)
{
    const char *newline;
    while (text.len > 0 && (newline = memchr(text.data, '\n', text.len))) {
        slice part = {.data = text.data, .len = (size_t)(newline - text.data)};
        add_part(c, part);
        end_line(c);
        text.data += part.len + 1;
        text.len -= part.len + 1;
    }
    add_part(c, text);
}

void linecount_finish(linecount *c)
{
    if (c->line_bytes > 0)
        end_line(c);
}

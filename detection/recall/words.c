#include "base/util.h"
#include "detection/recall/words.h"

#include <ctype.h>

slice words_next(slice text, size_t *at)
{
    size_t from = *at;
    while (from < text.len && isspace((unsigned char)text.data[from]))
        from++;
    size_t to = from;
    while (to < text.len && !isspace((unsigned char)text.data[to]))
        to++;
    *at = to;
    return (slice){.data = text.data + from, .len = to - from};
}

size_t words_count(slice text)
{
    size_t count = 0;
    for (size_t at = 0; words_next(text, &at).len > 0;)
        count++;
    return count;
}

/* One token for each byte, as the reference server does for unknown tokenizer names. The filter of
 * short records counts bytes that are not white space; under the name `word`,
 * words. */
#include "base/util.h"
#include "detection/tokenizer/tokenizer_private.h"

static tokenizer *bytes_create(const tokenizer_ops *ops, const char *vocabulary_dir, err *e)
{
    UNUSED(vocabulary_dir);
    UNUSED(e);
    tokenizer *t = xcalloc(1, sizeof *t);
    t->ops = ops;
    return t;
}

static void bytes_free(tokenizer *t)
{
    free(t);
}

static void bytes_encode(const tokenizer *t, slice text, token_list *out)
{
    UNUSED(t);
    token_list_reserve(out, text.len);
    for (size_t i = 0; i < text.len; i++)
        token_list_add(out, (uint8_t)text.data[i], (uint32_t)i + 1);
}

static void bytes_learn(tokenizer *t, slice text, token_list *out)
{
    bytes_encode(t, text, out);
}

static size_t count_bytes(tokenizer *t, slice text)
{
    UNUSED(t);
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += !strchr("\t\n\r ", text.data[i]) || text.data[i] == '\0';
    return count;
}

/* Words of normalised text are separated by single spaces. */
static size_t count_words(tokenizer *t, slice text)
{
    UNUSED(t);
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] != ' ' && (i == 0 || text.data[i - 1] == ' ');
    return count;
}

/* clang-format off */
#define BYTES_OPS(word, counter)                                                                   \
    {                                                                                              \
        .name = (word), .leads_with_space = true, .create = bytes_create, .free = bytes_free,      \
        .learn = bytes_learn, .encode = bytes_encode, .count_filled = (counter)                    \
    }
/* clang-format on */

const tokenizer_ops tokenizer_bytes = BYTES_OPS("bytes", count_bytes);
const tokenizer_ops tokenizer_bytes_as_word = BYTES_OPS("word", count_words);

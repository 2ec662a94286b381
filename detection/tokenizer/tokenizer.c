#include "decon/base/log.h"
#include "base/util.h"
#include "detection/tokenizer/tokenizer_private.h"

static const tokenizer_ops *tokenizer_at(size_t i)
{
    if (i < TOKENIZER_BPE_COUNT)
        return tokenizer_bpe[i];
    i -= TOKENIZER_BPE_COUNT;
    return i < TOKENIZER_WORD_COUNT ? tokenizer_words[i] : NULL;
}

static const tokenizer_ops *tokenizer_called(const char *name)
{
    const tokenizer_ops *ops = NULL;
    for (size_t i = 0; (ops = tokenizer_at(i)) && !str_equal(ops->name, name);)
        i++;
    return ops;
}

tokenizer *tokenizer_new(const char *name, const char *vocabulary_dir, err *e)
{
    const tokenizer_ops *ops = tokenizer_called(name);
    if (ops)
        return ops->create(ops, vocabulary_dir, e);
    AUTO(buf) names = BUF(512);
    for (size_t i = 0; (ops = tokenizer_at(i)); i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", ops->name);
    err_set(e, ERR_CONFIG,
            "tokenizer '%s' is unknown; choose one of: %s (give --tokenizer, or "
            "tokenizer_str in the configuration)",
            name, buf_str(&names));
    return NULL;
}

tokenizer *tokenizer_new_compatible(const char *name, const char *vocabulary_dir, err *e)
{
    bool is_word = str_equal(name, "word");
    const tokenizer_ops *ops = is_word ? NULL : tokenizer_called(name);
    if (ops)
        return ops->create(ops, vocabulary_dir, e);
    log_warn("tokenizer '%s' is one token for each byte, as compatible requires", name);
    ops = is_word ? &tokenizer_bytes_as_word : &tokenizer_bytes;
    return ops->create(ops, vocabulary_dir, e);
}

void tokenizer_free(tokenizer *t)
{
    if (t)
        t->ops->free(t);
}

void tokenizer_lead_in(const tokenizer *t, buf *normal)
{
    if (!t->ops->leads_with_space || normal->len == 0 || !buf_append_char(normal, ' '))
        return;
    memmove(normal->data + 1, normal->data, normal->len - 1);
    normal->data[0] = ' ';
}

static void begin(const tokenizer *t, token_list *out)
{
    out->count = 0;
    out->spaces_between = t->ops->spaces_between;
}

void tokenizer_learn(tokenizer *t, slice text, token_list *out)
{
    begin(t, out);
    t->ops->learn(t, text, out);
}

void tokenizer_encode(const tokenizer *t, slice text, token_list *out)
{
    begin(t, out);
    t->ops->encode(t, text, out);
}

size_t tokenizer_count_filled(tokenizer *t, slice text)
{
    return t->ops->count_filled(t, text);
}

bool tokenizer_shows_text(const tokenizer *t)
{
    return t->ops->shows_text;
}

bool tokenizer_is_closed(const tokenizer *t)
{
    return t->ops->is_closed;
}

/* White space of the filter of short records: 9 to 13 and 28 to 32. */
static bool is_filled(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (!(c >= 9 && c <= 13) && !(c >= 28 && c <= 32))
            return true;
    }
    return false;
}

size_t tokenizer_filled(slice text, const token_list *tokens)
{
    size_t count = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        size_t start = token_list_start(tokens, i);
        count += is_filled(text.data + start, tokens->ends[i] - start);
    }
    return count;
}

void token_list_deinit(token_list *l)
{
    free(l->ids);
    free(l->ends);
    token_memory_free(l->memory);
    *l = (token_list){0};
}

void token_list_append(token_list *l, const token_list *more, uint32_t shift)
{
    token_list_reserve(l, more->count);
    l->spaces_between = more->spaces_between;
    for (size_t i = 0; i < more->count; i++) {
        l->ids[l->count + i] = more->ids[i];
        l->ends[l->count + i] = more->ends[i] + shift;
    }
    l->count += more->count;
}

void token_list_drop(token_list *l, size_t count, uint32_t bytes)
{
    for (size_t i = count; i < l->count; i++) {
        l->ids[i - count] = l->ids[i];
        l->ends[i - count] = l->ends[i] - bytes;
    }
    l->count -= count;
}

/* A long list grows by a quarter: it may be most of a job's memory. */
#define LONG_LIST ((size_t)4 << 20)

void token_list_reserve_slow(token_list *l, size_t more)
{
    size_t growth = l->capacity < LONG_LIST ? l->capacity : l->capacity / 4;
    l->capacity = MAX(l->capacity + growth, l->count + more + 256);
    l->ids = xrealloc(l->ids, l->capacity * sizeof *l->ids);
    l->ends = xrealloc(l->ends, l->capacity * sizeof *l->ends);
}

const char *tokenizer_name(const tokenizer *t)
{
    return t->ops->name;
}

const char *tokenizer_vocabulary(const tokenizer *t)
{
    return t->ops->vocabulary ? t->ops->vocabulary(t) : NULL;
}

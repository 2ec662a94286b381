#include "server/tokenizer.h"

static const tokenizer_ops *const tokenizers[] = {&tokenizer_word_ops, &tokenizer_cl100k_ops};

tokenizer *tokenizer_new(const char *name, const char *vocabulary_dir, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(tokenizers); i++)
        if (str_equal(tokenizers[i]->name, name))
            return tokenizers[i]->create(vocabulary_dir, e);
    AUTO(buf) names;
    buf_init(&names, 512);
    for (size_t i = 0; i < ARRAY_LEN(tokenizers); i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", tokenizers[i]->name);
    err_set(e, ERR_CONFIG,
            "tokenizer '%s' is not part of this server; there is: %s (give --tokenizer, or "
            "tokenizer_str in the configuration)",
            name, buf_str(&names));
    return NULL;
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

void tokenizer_learn(tokenizer *t, slice text, token_list *out)
{
    out->count = 0;
    t->ops->learn(t, text, out);
}

void tokenizer_encode(const tokenizer *t, slice text, token_list *out)
{
    out->count = 0;
    t->ops->encode(t, text, out);
}

size_t tokenizer_count_filled(tokenizer *t, slice text)
{
    return t->ops->count_filled(t, text);
}

void token_list_deinit(token_list *l)
{
    free(l->ids);
    free(l->starts);
    free(l->ends);
    *l = (token_list){0};
}

static void grow(token_list *l)
{
    l->capacity = MAX(l->capacity * 2, (size_t)256);
    l->ids = xrealloc(l->ids, l->capacity * sizeof *l->ids);
    l->starts = xrealloc(l->starts, l->capacity * sizeof *l->starts);
    l->ends = xrealloc(l->ends, l->capacity * sizeof *l->ends);
}

void token_list_add(token_list *l, uint32_t id, uint32_t start, uint32_t end)
{
    if (l->count == l->capacity)
        grow(l);
    l->ids[l->count] = id;
    l->starts[l->count] = start;
    l->ends[l->count] = end;
    l->count++;
}

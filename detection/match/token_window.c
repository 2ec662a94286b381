#include "base/array.h"
#include "base/util.h"
#include "detection/match/token_window.h"

#define CHUNKS_TAKEN_WHOLE 4
#define KEPT_BYTES         ((size_t)8 << 20)

void token_window_init(token_window *w, const ngram_index *x)
{
    *w = (token_window){.x = x, .chunk_bytes = TOKEN_CHUNK_BYTES, .spare = TOKEN_SPARE};
    buf_init(&w->text, UINT32_MAX - 1);
    buf_init(&w->chunk_text, UINT32_MAX - 1);
}

void token_window_deinit(token_window *w)
{
    buf_deinit(&w->text);
    buf_deinit(&w->chunk_text);
    token_list_deinit(&w->tokens);
    token_list_deinit(&w->chunk_tokens);
    free(w->chunks);
}

static void trim(buf *text, token_list *tokens)
{
    if (text->capacity <= KEPT_BYTES && tokens->capacity <= KEPT_BYTES)
        return;
    buf_deinit(text);
    token_list_deinit(tokens);
}

void token_window_trim(token_window *w)
{
    trim(&w->text, &w->tokens);
    trim(&w->chunk_text, &w->chunk_tokens);
}

static bool encode(const token_window *w, slice raw, buf *text, token_list *tokens, err *e)
{
    if (!normalize_text(&w->x->normal, raw, text))
        return err_set(e, ERR_LIMIT,
                       "2.8 GB of text without white space; split the document with white space");
    tokenizer_lead_in(w->x->tokens, text);
    tokenizer_encode(w->x->tokens, buf_slice(text), tokens);
    return true;
}

static void add_chunk(token_window *w, size_t from, size_t first)
{
    *ARRAY_PUSH(w->chunks, w->chunk_count, w->chunk_capacity) =
        (token_chunk){.from = from, .first = first};
}

static bool is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The end of the chunk that begins at `from`. ASCII white space always becomes a space, and the
 * form of a letter before it does not depend on letters after it. */
static size_t chunk_end(const token_window *w, size_t from)
{
    size_t left = w->raw.len - from;
    if (left <= CHUNKS_TAKEN_WHOLE * w->chunk_bytes)
        return w->raw.len;
    size_t at = from + w->chunk_bytes;
    while (at < w->raw.len && !is_white(w->raw.data[at]))
        at++;
    return at;
}

/* Appends the tokens of chunk_text to those of the window; yields where its text begins. */
static size_t append_chunk(token_window *w)
{
    if (w->chunk_tokens.spaces_between && w->text.len > 0 && w->chunk_text.len > 0)
        buf_append_char(&w->text, ' ');
    size_t from = w->text.len;
    buf_append_slice(&w->text, buf_slice(&w->chunk_text));
    token_list_append(&w->tokens, &w->chunk_tokens, (uint32_t)from);
    return from;
}

/* The next chunk. */
static bool load(token_window *w, err *e)
{
    size_t number = w->loaded_end, from = w->chunks[number].from, end = chunk_end(w, from);
    slice raw = {.data = w->raw.data + from, .len = end - from};
    bool whole = from == 0 && end == w->raw.len;
    size_t before = w->tokens.count;
    if (!encode(w, raw, whole ? &w->text : &w->chunk_text, whole ? &w->tokens : &w->chunk_tokens,
                e))
        return false;
    w->chunks[number].text_from = whole ? 0 : append_chunk(w);
    w->at_end = end == w->raw.len;
    w->loaded_end++;
    if (w->text.overflow)
        return err_set(e, ERR_LIMIT, "the text around a match is longer than 4 GB");
    if (w->loaded_end == w->chunk_count && !w->at_end)
        add_chunk(w, end, w->chunks[number].first + w->tokens.count - before);
    return true;
}

static void clear(token_window *w, size_t number)
{
    buf_clear(&w->text);
    w->tokens.count = 0;
    w->loaded = w->loaded_end = number;
    w->base = w->chunks[number].first;
    w->at_end = false;
}

bool token_window_begin(token_window *w, slice text, err *e)
{
    w->raw = text;
    w->chunk_count = 0;
    add_chunk(w, 0, 0);
    clear(w, 0);
    return load(w, e);
}

/* Drops the loaded chunks before chunk `number`. */
static void drop(token_window *w, size_t number)
{
    size_t bytes = w->chunks[number].text_from;
    buf_consume(&w->text, bytes);
    token_list_drop(&w->tokens, w->chunks[number].first - w->base, (uint32_t)bytes);
    for (size_t i = number; i < w->loaded_end; i++)
        w->chunks[i].text_from -= bytes;
    w->loaded = number;
    w->base = w->chunks[number].first;
}

/* The last chunk that begins at token `place` or before it. */
static size_t chunk_of(const token_window *w, size_t place)
{
    size_t number = w->chunk_count - 1;
    while (number > 0 && w->chunks[number].first > place)
        number--;
    return number;
}

bool token_window_move(token_window *w, size_t place, size_t before, size_t after, err *e)
{
    size_t number = chunk_of(w, place > before ? place - before : 0);
    if (number < w->loaded || number >= w->loaded_end)
        clear(w, number);
    else if (number > w->loaded)
        drop(w, number);
    while (!w->at_end && w->base + w->tokens.count < place + after)
        if (!load(w, e))
            return false;
    return true;
}

/* The tokens of a document; for long documents only those around a place.
 *
 * What:    a text is cut into chunks at white space, where no token and no letter form depends on
 *          the other side. A window holds the tokens of consecutive chunks, the same as those of
 *          the whole text; it moves forward with the search, and back if needed.
 * Owner:   token_window_init / _deinit; the text is borrowed. Memory is kept from text to text.
 * Threads: the index is constant; a window belongs to one thread at a time.
 * Fails:   ERR_LIMIT: one chunk is too long (a text without white space).
 */
#ifndef DETECTION_MATCH_TOKEN_WINDOW_H
#define DETECTION_MATCH_TOKEN_WINDOW_H

#include "base/util.h"
#include "detection/index/index.h"

#define TOKEN_CHUNK_BYTES ((size_t)1 << 20)
#define TOKEN_SPARE       ((size_t)4096)

typedef struct token_chunk {
    size_t from;      /* in the raw text */
    size_t first;     /* number of its first token, of the whole text */
    size_t text_from; /* of its normalised text in the window, while it is loaded */
} token_chunk;

typedef struct token_window {
    const ngram_index *x;
    size_t chunk_bytes; /* about; a text of up to four is one chunk */
    size_t spare;       /* tokens kept in addition to the needed ones */
    buf text;           /* normalised */
    token_list tokens;  /* of `text` */
    size_t base;        /* number of the first of them in the whole text */
    bool at_end;        /* the last of them is the text's last */
    slice raw;
    token_chunk *chunks; /* all up to the last that was loaded, and the place of the next one */
    size_t chunk_count, chunk_capacity;
    size_t loaded, loaded_end; /* numbers of chunks: the first in the window, the first after it */
    buf chunk_text;
    token_list chunk_tokens;
} token_window;

void token_window_init(token_window *w, const ngram_index *x);
void token_window_deinit(token_window *w);

/* Frees memory that only a long text needs; the window is invalid until the next text. */
void token_window_trim(token_window *w);

/* Starts with the first chunk of the text; `text` is valid UTF-8. */
bool token_window_begin(token_window *w, slice text, err *e) MUST_USE;
/* Moves it so that it contains the `before` tokens before `place`, and `after` tokens from it on,
 * as far as the text has them. */
bool token_window_move(token_window *w, size_t place, size_t before, size_t after, err *e) MUST_USE;

#endif

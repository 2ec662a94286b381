/* Text for a terminal: colours, columns, words that wrap.
 *
 * What:    a painter appends to a buf and tracks the column.
 * Owner:   paint_init / paint_deinit. Threads: one. Fails: when the buf overflows.
 */
#ifndef DETECTION_REVIEW_TERMINAL_TEXT_H
#define DETECTION_REVIEW_TERMINAL_TEXT_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef enum paint_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_FAINT,
    STYLE_BAR,
    STYLE_QUESTION,
    STYLE_ANSWER,
    STYLE_PASSAGE,
    STYLE_COUNT,
} paint_style;

typedef struct painter {
    buf out;
    bool color;
    size_t width, indent, column;
    paint_style style; /* active in `out` */
} painter;

void paint_init(painter *p, size_t width, bool color);
void paint_deinit(painter *p);
DEFINE_AUTO(painter, paint_deinit)

/* Unwrapped; control characters are replaced. */
void paint_text(painter *p, paint_style style, const char *text);
void paint_printf(painter *p, paint_style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Words wrapped at the width; lines after the first begin at p->indent. A space at either end of
 * `text` separates it from its neighbours. */
void paint_words(painter *p, paint_style style, const char *text);
void paint_newline(painter *p);
void paint_pad(painter *p, size_t column); /* spaces up to that column */

/* The columns of a text; the bytes that fit into `columns`. */
size_t paint_columns(const char *text);
size_t paint_fit(const char *text, size_t columns);

#endif

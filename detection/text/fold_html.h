/* Tags and entities of HTML in a text.
 *
 * What:    html_tag_len yields the length of the tag or comment at a '<', html_entity the meaning of
 *          the entity at an '&'.
 * Owner:   nothing. Threads: any; pure. Fails: by 0, if there is none.
 */
#ifndef DETECTION_TEXT_FOLD_HTML_H
#define DETECTION_TEXT_FOLD_HTML_H

#include "decon/base/buf.h"
#include "base/util.h"

/* *breaks: whether it separates words (<p>, not <b>). */
size_t html_tag_len(slice text, size_t at, bool *breaks);
/* Yields its length. */
size_t html_entity(slice text, size_t at, uint32_t *code);

#endif

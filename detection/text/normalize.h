/* The normal form in which documents and evaluation records are compared.
 *
 * What:    full lower-casing (final sigma, dotted I), chosen characters to spaces, white space
 *          collapsed to single spaces, none at the ends. NFKC and more only if `extended`.
 * Owner:   normalizer holds the set of characters; _init / _deinit. Output goes to the caller's
 *          buf.
 * Threads: any; a normalizer is constant after _init.
 * Fails:   normalizer_init on characters that are not valid UTF-8; normalize_text when `out` is
 *          full (out->overflow). Input must be valid UTF-8.
 */
#ifndef DETECTION_TEXT_NORMALIZE_H
#define DETECTION_TEXT_NORMALIZE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"
#include "detection/text/normalize_ascii.h"

/* ASCII punctuation, the curly quotes and the em dash. */
#define NORMALIZE_DEFAULT_PUNCTUATION                                                              \
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"                                                           \
    "\xE2\x80\x9C\xE2\x80\x9D\xE2\x80\x98\xE2\x80\x99\xE2\x80\x94"

typedef struct normalizer {
    char ascii[128];  /* what an ASCII byte becomes: itself, lower case, or a space */
    uint32_t *others; /* further characters that become a space, ascending */
    size_t other_count;
    uint8_t *kinds; /* of characters up to U+FFFF (normalize.c) */
    uint16_t *
        small; /* up to U+07FF: the lower-case form of those that have two bytes before and after */
    bool extended;           /* texts are folded first (fold.h); set after _init */
    normalize_tables tables; /* of `ascii` */
} normalizer;

bool normalizer_init(normalizer *n, const char *punctuation, err *e) MUST_USE;
void normalizer_deinit(normalizer *n);
DEFINE_AUTO(normalizer, normalizer_deinit)

/* Replaces the content of `out`. */
bool normalize_text(const normalizer *n, slice text, buf *out) MUST_USE;

/* Words are separated by the single spaces of normalised text. The first `max_words` of them
 * as a slice of it. */
slice normalize_first_words(slice normal, size_t max_words);

#endif

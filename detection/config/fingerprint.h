/* The settings fingerprint: everything that a result depends on besides its input.
 *
 * What:    settings_json writes the detection options, the kept evaluation records, the tokenizer's
 *          vocabulary, and the versions of Unicode and of the algorithm as one JSON object with
 *          ascending keys and one way of writing each value; settings_fingerprint is the SHA-256 of
 *          these bytes. Threads, paths, ports and limits are not included.
 * Owner:   the buffer is the caller's.
 * Threads: any, with a frozen index.
 * Fails:   never.
 */
#ifndef DETECTION_CONFIG_FINGERPRINT_H
#define DETECTION_CONFIG_FINGERPRINT_H

#include "detection/config/config.h"

#define FINGERPRINT_TEXT (2 * SHA256_BYTES + 1)

/* Raise it with every change of the code that can change a report or a cleaned file. */
#define DETECTION_ALGORITHM_VERSION          2
#define DETECTION_ALGORITHM_VERSION_EXTENDED 3 /* with extended normalisation */

#define SETTINGS_MAX_BYTES ((size_t)1 << 20) /* a buffer of this size holds the object */

void settings_json(const server_config *c, const ngram_index *x, buf *json);
void settings_fingerprint(const server_config *c, const ngram_index *x, char hex[FINGERPRINT_TEXT]);

#endif

/* A YAML document as JSON text, for configuration files that are not flat.
 *
 * What:    mappings, sequences and scalars of one document. Plain scalars are null, true, false or
 *          numbers where they look like that (the core schema), else strings.
 * Owner:   the caller's buf. Threads: any.
 * Fails:   ERR_CONFIG with file, line and column: malformed YAML, keys that are not scalars, repeated
 *          keys, a second document, nesting beyond 100 levels (aliases count).
 */
#ifndef BASE_YAML_YAML_JSON_H
#define BASE_YAML_YAML_JSON_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

/* `path` is for messages. */
bool yaml_to_json(slice text, const char *path, buf *json, err *e) MUST_USE;

#endif

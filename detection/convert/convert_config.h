/* evals.yaml: the benchmarks, and how their rows become records.
 *
 * What:    convert_config_read reads and checks the file; entries are nodes of one tree.
 * Owner:   embedded; convert_config_deinit. Threads: one.
 * Fails:   ERR_CONFIG with file and entry: malformed YAML, an unknown key (with the nearest known one),
 *          an entry without splits or without a source.
 */
#ifndef DETECTION_CONVERT_CONVERT_CONFIG_H
#define DETECTION_CONVERT_CONVERT_CONFIG_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/json/json_tree.h"

typedef struct convert_config {
    buf json; /* the text of the tree */
    json_tree tree;
} convert_config;

bool convert_config_read(convert_config *c, const char *path, err *e) MUST_USE;
void convert_config_deinit(convert_config *c);
DEFINE_AUTO(convert_config, convert_config_deinit)

/* The mapping `evals`. */
const json_node *convert_config_entries(const convert_config *c);
/* The text of an entry's member, "" where it is absent; malloc'ed. */
char *convert_config_text(const convert_config *c, const json_node *entry, const char *key);
bool convert_config_has(const convert_config *c, const json_node *entry, const char *key);
/* Whether the list of that name holds the text. */
bool convert_config_lists(const convert_config *c, const json_node *entry, const char *key,
                          const char *text);

#endif

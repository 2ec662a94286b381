/* What documents are compared with, for records of a scan and for /health.
 *
 * What:    filters_json writes the options that decide which evaluation records are searched for, and
 *          a digest of these records with the numbers of their questions; sets_json the records and
 *          questions of each set and split that are reported. Together with the evaluation files, the
 *          filters give the records of a scan again.
 * Owner:   text is appended to the caller's buf.
 * Threads: any, with a frozen index.
 * Fails:   as the buf does (overflow).
 */
#ifndef DETECTION_CONFIG_INDEX_FACTS_H
#define DETECTION_CONFIG_INDEX_FACTS_H

#include "detection/config/config.h"

void filters_json(const server_config *c, const ngram_index *x, buf *json);
void sets_json(const ngram_index *x, buf *json);

#endif

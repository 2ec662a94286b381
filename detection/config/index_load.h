/* Builds the index from the settings, and shows its progress.
 *
 * What:    load_index reads the evaluation files, freezes the index, and warns about records and
 *          settings that find nothing.
 * Owner:   the index is the caller's and borrows from the configuration.
 * Threads: one.
 * Fails:   as evals_load does.
 */
#ifndef DETECTION_CONFIG_INDEX_LOAD_H
#define DETECTION_CONFIG_INDEX_LOAD_H

#include "base/util.h"
#include "detection/config/config.h"

ngram_index *load_index(const server_config *c, err *e) MUST_USE;

#endif

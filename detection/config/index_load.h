/* Builds the index that the settings ask for, and tells how far it is.
 *
 * What:    load_index reads the evaluation files, freezes the index, and warns of what will find
 *          nothing.
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

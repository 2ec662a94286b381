/* The folder of the evaluation files.
 *
 * What:    evals_dir_find replaces the name `sample` in evals_dir by the folder of the sample set,
 *          in the checkout or the installation, and records that the set is only a sample.
 * Owner:   changes the configuration in place.
 * Threads: one.
 * Fails:   ERR_CONFIG if no folder is named, the sample set is not installed, or a folder `sample`
 *          exists too; the message has a command line that is accepted.
 */
#ifndef DETECTION_CONFIG_EVALS_DIR_H
#define DETECTION_CONFIG_EVALS_DIR_H

#include "base/util.h"
#include "detection/config/config.h"

bool evals_dir_find(server_config *c, err *e) MUST_USE;

#endif

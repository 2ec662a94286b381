/* The sample set of evaluation files, which is installed with the program.
 *
 * What:    sample_set_find replaces the name `sample` by the set's folder, in the checkout or the
 *          installation; *is_sample: this is the folder. All commands with evaluation files use it.
 * Owner:   *dir is malloc'ed and replaced in place.
 * Threads: one.
 * Fails:   ERR_CONFIG if the set is not installed, or a folder `sample` exists too; the message has
 *          a command line that is accepted.
 */
#ifndef DETECTION_DATA_SAMPLE_SET_H
#define DETECTION_DATA_SAMPLE_SET_H

#include "decon/base/err.h"
#include "base/util.h"

#define SAMPLE_SET "sample"

/* `before`: what precedes the folder on the command line, such as "decon review --evals-dir";
 * is_sample: or NULL. */
bool sample_set_find(char **dir, const char *before, bool *is_sample, err *e) MUST_USE;

#endif

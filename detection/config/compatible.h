/* --compatible: what the reference server does with its options, where this one does better.
 *
 * What:    `purify` counts on the command line only; a folder of the user's goes before the file's
 *          evals_dir, which is bundled-evals by default; a bad line of an evaluation file ends that file. Each is told.
 * Owner:   changes the configuration in place. Threads: one. Fails: never.
 *
 * Elsewhere, asked for by detect_settings and evals_options: unknown tokenizers are one token a
 * byte, bzip2 and xz evaluation files add nothing. Never kept: members behind the first of a
 * training file that are not read, cleaned copies of bzip2 and xz files that are none.
 */
#ifndef DETECTION_CONFIG_COMPATIBLE_H
#define DETECTION_CONFIG_COMPATIBLE_H

#include "detection/config/config.h"

void compatible_adjust(server_config *c, const option_set *set, const option_origin *origins);

#endif

/* --compatible: option handling of the reference server where this server differs.
 *
 * What:    `purify` applies only on the command line; a references folder of the user takes
 *          precedence over the file's evals_dir, which is bundled-evals by default; a malformed
 *          line ends its evaluation file. Each of these is logged.
 * Owner:   changes the configuration in place. Threads: one. Fails: never.
 *
 * Implemented elsewhere (detect_settings, evals_options): unknown tokenizers give one token per
 * byte, bzip2 and xz evaluation files are ignored. Never reproduced: ignoring members after the
 * first of a training file, and invalid cleaned copies of bzip2 and xz files.
 */
#ifndef DETECTION_CONFIG_COMPATIBLE_H
#define DETECTION_CONFIG_COMPATIBLE_H

#include "detection/config/config.h"

void compatible_adjust(server_config *c, const option_set *set, const option_origin *origins);

#endif

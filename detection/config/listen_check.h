/* The address that the server listens on.
 *
 * What:    listen_check refuses an address that other hosts can reach if allow_dir is not set,
 *          since they could submit any file.
 * Owner:   reads the configuration.
 * Threads: one; a host name is resolved.
 * Fails:   ERR_CONFIG, with a command line that is accepted.
 */
#ifndef DETECTION_CONFIG_LISTEN_CHECK_H
#define DETECTION_CONFIG_LISTEN_CHECK_H

#include "base/util.h"
#include "detection/config/config.h"

bool listen_check(const server_config *c, err *e) MUST_USE;

#endif

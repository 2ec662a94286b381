/* Checks of single option values, for the `check` of the option rows.
 *
 * What:    the form of a value; nothing is looked up or contacted.
 * Owner:   nothing is kept.
 * Threads: any.
 * Fails:   ERR_CONFIG or ERR_USAGE with the text that follows the option's name in the message.
 */
#ifndef ORCHESTRATOR_CONFIG_CONFIG_CHECKS_H
#define ORCHESTRATOR_CONFIG_CONFIG_CHECKS_H

#include "base/util.h"
#include "decon/base/err.h"

bool config_check_url(const char *text, err *e); /* http or https, with a host */
bool config_check_folder(const char *text, err *e);
bool config_check_input_list(const char *text, err *e); /* a file or s3://bucket/key */
bool config_check_address(const char *text, err *e);    /* [ADDRESS:]PORT, to listen on */

#endif

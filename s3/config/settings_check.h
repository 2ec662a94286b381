/* The values of AWS's variables and settings, checked before the first request.
 *
 * What:    refuses what the table of s3/config/settings.h refuses, so that nothing is left out
 *          without notice; how many attempts a request has.
 * Owner:   nothing is kept.
 * Threads: any.
 * Fails:   ERR_CONFIG with the variable, or the setting and its line.
 */
#ifndef S3_CONFIG_SETTINGS_CHECK_H
#define S3_CONFIG_SETTINGS_CHECK_H

#include "decon/s3/config.h"
#include "base/util.h"
#include "s3/config/profile.h"

/* Warns of a file that was asked for and does not exist, and of two variables that name different
 * profiles. */
bool s3_settings_check(const s3_config *config, const s3_profile *profile, err *e) MUST_USE;

/* s3_config, AWS_MAX_ATTEMPTS, the profile's max_attempts, then 8; at most 1,000. */
bool s3_settings_attempts(const s3_config *config, const s3_profile *profile, unsigned *attempts,
                          err *e) MUST_USE;

#endif

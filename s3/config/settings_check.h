/* Validation of AWS variables and settings before the first request.
 *
 * What:    refuses the values that s3/config/settings.h marks as refused, so that no setting is
 *          ignored without notice; determines the number of attempts of a request.
 * Owner:   nothing is kept.
 * Threads: any.
 * Fails:   ERR_CONFIG with the variable, or the setting and its line.
 */
#ifndef S3_CONFIG_SETTINGS_CHECK_H
#define S3_CONFIG_SETTINGS_CHECK_H

#include "decon/s3/config.h"
#include "base/util.h"
#include "s3/config/profile.h"

/* Warns if a file that a variable names does not exist, and if two variables name
 * different profiles. */
bool s3_settings_check(const s3_config *config, const s3_profile *profile, err *e) MUST_USE;

/* s3_config, AWS_MAX_ATTEMPTS, the profile's max_attempts, else 8; at most 1,000. */
bool s3_settings_attempts(const s3_config *config, const s3_profile *profile, unsigned *attempts,
                          err *e) MUST_USE;

#endif

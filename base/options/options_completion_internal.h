/* Shared by the completion scripts of the shells.
 *
 * What:    which flags are offered, and how names are printed.
 * Owner:   everything is borrowed.
 * Threads: any.
 * Fails:   by `out`'s error flag.
 */
#ifndef BASE_OPTIONS_OPTIONS_COMPLETION_INTERNAL_H
#define BASE_OPTIONS_OPTIONS_COMPLETION_INTERNAL_H

#include "base/options/options.h"

bool completion_has_flag(const option *row);
bool completion_is_on(const option *row);               /* true by default: --no-NAME is offered */
void completion_print_name(const char *key, FILE *out); /* kebab-case */
void completion_print_function(const char *program, FILE *out);

#endif

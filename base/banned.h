/* Functions that this project does not use, each with its replacement.
 *
 * What:    poisons names, so that a use fails to compile. Included by base/util.h after the system
 *          headers that declare them.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __GNUC__
#pragma GCC poison strcpy strcat sprintf vsprintf gets /* snprintf, buf_printf */
#pragma GCC poison strtok                              /* strchr, slice functions */
#pragma GCC poison atoi atol atoll                     /* num_parse_u64 */
#pragma GCC poison gmtime localtime ctime asctime      /* gmtime_r */
#pragma GCC poison tmpnam tempnam mktemp               /* mkstemp, fs_temp_create */
#endif

#endif

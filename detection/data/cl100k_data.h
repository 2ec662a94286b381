/* The vocabulary of cl100k, built into the program.
 *
 * What:    the bytes of detection/data/cl100k_base.tiktoken.xz.
 * Owner:   constant data of the program.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DETECTION_DATA_CL100K_DATA_H
#define DETECTION_DATA_CL100K_DATA_H

#include "decon/base/buf.h"

slice cl100k_data(void);

#endif

/* Decimal digits of binary64 numbers.
 *
 * What:    the fewest digits that read back as the same number; of two such, the nearer one.
 * Owner:   the digits are the caller's.
 * Threads: any.
 * Fails:   never.
 */
#ifndef BASE_JSON_JSON_NUMBER_H
#define BASE_JSON_JSON_NUMBER_H

#include "base/util.h"

#define JSON_DIGITS_BYTES 20

/* `value` is finite and above 0; it is 0.DIGITS * 10^point. Returns the number of digits, 1 to 17. */
int json_shortest_digits(double value, char digits[JSON_DIGITS_BYTES], int *point);

#endif

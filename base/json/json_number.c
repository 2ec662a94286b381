#include "base/json/json_number.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define MOST_DIGITS 17

/* "d.ddde+XX" becomes the digits and the exponent of the last of them. */
static uint64_t mantissa_of(const char *text, int precision, int *exponent)
{
    uint64_t digits = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            digits = digits * 10 + (uint64_t)(*p - '0');
    *exponent = (int)strtol(p + 1, NULL, 10) - precision;
    return digits;
}

static bool reads_back(uint64_t mantissa, int exponent, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)mantissa, exponent);
    return strtod(text, NULL) == value;
}

/* Above a power of two the numbers are spaced wider than below it: there the next 16 digits may
 * read back correctly if the nearest ones do not. */
static bool neighbour_reads_back(uint64_t *mantissa, int exponent, double value)
{
    for (int step = -1; step <= 1; step += 2)
        if (reads_back(*mantissa + (uint64_t)(int64_t)step, exponent, value)) {
            *mantissa += (uint64_t)(int64_t)step;
            return true;
        }
    return false;
}

int json_shortest_digits(double value, char digits[JSON_DIGITS_BYTES], int *point)
{
    char text[40];
    int exponent = 0;
    uint64_t mantissa = 0;
    for (int precision = 0; precision < MOST_DIGITS; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        mantissa = mantissa_of(text, precision, &exponent);
        if (strtod(text, NULL) == value ||
            (precision == MOST_DIGITS - 2 && neighbour_reads_back(&mantissa, exponent, value)))
            break;
    }
    int count = snprintf(digits, JSON_DIGITS_BYTES, "%llu", (unsigned long long)mantissa);
    *point = count + exponent;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return count;
}

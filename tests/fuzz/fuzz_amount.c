/* Sizes and durations of options: any text is refused or read; a value that is printed and read
 * again is equal within the rounding of the printed form. */
#include <stdlib.h>
#include <string.h>

#include "base/options/options.h"
#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void try_size(const char *text)
{
    err e = ERR_INIT;
    uint64_t bytes = 0, again = 0;
    char shown[64];
    if (!parse_size(text, &bytes, &e)) {
        expect(e.message[0] != '\0');
        return;
    }
    format_size(bytes, shown, sizeof shown);
    expect(strlen(shown) > 0);
    if (bytes < 1024) {
        expect(parse_size(shown, &again, &e));
        expect(again == bytes);
    }
}

static void try_duration(const char *text)
{
    err e = ERR_INIT;
    uint64_t ms = 0;
    char shown[64];
    if (!parse_duration(text, &ms, &e)) {
        expect(e.message[0] != '\0');
        return;
    }
    format_duration(ms, shown, sizeof shown);
    expect(strlen(shown) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = xstrndup((const char *)data, size);
    try_size(text);
    try_duration(text);
    return 0;
}

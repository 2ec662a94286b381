#include "base/util.h"
#include "detection/reports/report_name.h"

#include <fnmatch.h>
#include <strings.h>

#include "decon/compression/codec.h"
#include "detection/reports/report_files.h"

size_t report_name_stem(const char *name, const char *suffix)
{
    const char *wanted = suffix ? suffix : REPORT_SUFFIX;
    size_t len = strlen(name) - strlen(codec_name_suffix(name));
    slice plain = {.data = name, .len = len};
    if (slice_ends_with(plain, wanted))
        return len - strlen(wanted);
    if (suffix || !slice_ends_with(plain, ".jsonl"))
        return 0;
    const char *mark = strstr(name, "-simple-");
    return mark && mark < name + len ? (size_t)(mark - name) : 0;
}

bool name_fits(char *const *patterns, const char *text)
{
    if (!patterns || !patterns[0])
        return true;
    for (size_t i = 0; patterns[i]; i++) {
        bool whole = strpbrk(patterns[i], "*?[") != NULL;
        if (whole ? fnmatch(patterns[i], text, 0) == 0 : strcasestr(text, patterns[i]) != NULL)
            return true;
    }
    return false;
}

#include "base/util.h"
#include "s3/protocol/http_date.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "SunMonTueWedThuFriSat";

/* Functions on a cursor over the text; each consumes the item in its name, or returns false. */
static bool take_number(const char **at, size_t digits, int *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *choices)
{
    if (!**at || !strchr(choices, **at))
        return false;
    (*at)++;
    return true;
}

/* One of a list of three-letter names; *index counts from 0. */
static bool take_name(const char **at, const char *names, int *index)
{
    for (size_t i = 0; names[i]; i += 3)
        if (strncmp(*at, names + i, 3) == 0) {
            *index = (int)i / 3;
            *at += 3;
            return true;
        }
    return false;
}

static bool to_seconds(const struct tm *tm, int64_t *time_s)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 ||
        tm->tm_mday > lengths[tm->tm_mon] - (tm->tm_mon == 1 && !leap ? 1 : 0) ||
        tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
        return false;
    struct tm copy = *tm;
    *time_s = (int64_t)timegm(&copy);
    return true;
}

static bool take_clock(const char **at, struct tm *tm)
{
    return take_number(at, 2, &tm->tm_hour) && take_char(at, ":") &&
           take_number(at, 2, &tm->tm_min) && take_char(at, ":") && take_number(at, 2, &tm->tm_sec);
}

/* OffsetDateTime.toString() of Java omits seconds that are 0. */
static bool take_clock_of_iso(const char **at, struct tm *tm)
{
    const char *short_clock = *at;
    if (take_clock(at, tm))
        return true;
    *at = short_clock;
    tm->tm_sec = 0;
    return take_number(at, 2, &tm->tm_hour) && take_char(at, ":") &&
           take_number(at, 2, &tm->tm_min) && **at != ':';
}

/* The name of a zone after its offset: "[Europe/Paris]" (ZonedDateTime.toString() of
 * Java), " UTC" (Time.String() of Go). */
static bool is_zone_name(const char *at)
{
    size_t len = strlen(at);
    if (len > 2 && at[0] == '[' && at[len - 1] == ']')
        return !strpbrk(at + 1, "[ ") && strchr(at, ']') == at + len - 1;
    return len >= 2 && len <= 6 && at[0] == ' ' &&
           strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len - 1;
}

/* The zone at the end of the text: "Z", "UTC", "GMT", "+02:00", "+0200", "+02";
 * *offset_s east of UTC. */
static bool take_zone(const char *at, int64_t *offset_s)
{
    int hours = 0, minutes = 0;
    *offset_s = 0;
    if (strcmp(at, "Z") == 0 || strcmp(at, "z") == 0 || strcmp(at, "UTC") == 0 ||
        strcmp(at, "GMT") == 0 || (*at == 'Z' && at[1] == '[' && is_zone_name(at + 1)))
        return true;
    int sign = *at == '-' ? -1 : 1;
    if (!take_char(&at, "+-") || !take_number(&at, 2, &hours))
        return false;
    if (*at && !is_zone_name(at) && ((void)take_char(&at, ":"), !take_number(&at, 2, &minutes)))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return (*at == '\0' || is_zone_name(at)) && hours <= 23 && minutes <= 59;
}

bool s3_when_parse_iso(const char *text, int64_t *time_s)
{
    struct tm tm = {0};
    int64_t offset_s = 0;
    const char *at = text ? text : "";
    if (!take_number(&at, 4, &tm.tm_year) || !take_char(&at, "-") ||
        !take_number(&at, 2, &tm.tm_mon) || !take_char(&at, "-") ||
        !take_number(&at, 2, &tm.tm_mday) || !take_char(&at, "Tt ") || !take_clock_of_iso(&at, &tm))
        return false;
    if (*at == '.' || *at == ',') {
        size_t digits = strspn(at + 1, "0123456789");
        at += 1 + digits;
        if (digits == 0)
            return false;
    }
    at += *at == ' ' ? 1 : 0; /* "2026-01-31 12:00:00 +0000" */
    if (*at && !take_zone(at, &offset_s))
        return false;
    tm.tm_mon -= 1;
    tm.tm_year -= 1900;
    if (!to_seconds(&tm, time_s))
        return false;
    *time_s -= offset_s;
    return true;
}

/* The century of a two-digit year: at most 50 years in the future (RFC 9110, 5.6.7),
 * by a fixed pivot. */
static int full_year(int two_digits)
{
    return two_digits < 70 ? two_digits + 100 : two_digits;
}

/* "06 Nov 1994 08:49:37 GMT" and "06-Nov-94 08:49:37 GMT". */
static bool take_date_and_zone(const char *at, struct tm *tm, int64_t *offset_s)
{
    size_t digits = at[0] && at[1] >= '0' && at[1] <= '9' ? 2 : 1;
    if (!take_number(&at, digits, &tm->tm_mday) || !take_char(&at, " -") ||
        !take_name(&at, months, &tm->tm_mon))
        return false;
    bool is_long = *at == ' ';
    if (!take_char(&at, " -") || !take_number(&at, is_long ? 4 : 2, &tm->tm_year) ||
        !take_char(&at, " ") || !take_clock(&at, tm) || !take_char(&at, " "))
        return false;
    tm->tm_year = is_long ? tm->tm_year - 1900 : full_year(tm->tm_year);
    return take_zone(at, offset_s);
}

/* "Nov  6 08:49:37 1994". */
static bool take_asctime(const char *at, struct tm *tm)
{
    if (!take_name(&at, months, &tm->tm_mon) || !take_char(&at, " "))
        return false;
    bool one_digit = *at == ' ';
    at += one_digit ? 1 : 0;
    if (!take_number(&at, one_digit ? 1 : 2, &tm->tm_mday) || !take_char(&at, " ") ||
        !take_clock(&at, tm) || !take_char(&at, " ") || !take_number(&at, 4, &tm->tm_year))
        return false;
    tm->tm_year -= 1900;
    return *at == '\0';
}

bool s3_when_parse_http(const char *text, int64_t *time_s)
{
    struct tm tm = {0};
    int64_t offset_s = 0;
    int day = 0;
    const char *at = text ? text : "";
    if (!take_name(&at, days, &day))
        return false;
    if (*at == ' ') {
        if (!take_asctime(at + 1, &tm))
            return false;
    } else {
        at += strspn(at, "abcdefghijklmnopqrstuvwxyz"); /* "Sunday, 06-Nov-94" */
        if (!take_char(&at, ",") || !take_char(&at, " ") || !take_date_and_zone(at, &tm, &offset_s))
            return false;
    }
    if (!to_seconds(&tm, time_s))
        return false;
    *time_s -= offset_s;
    return true;
}

bool s3_when_parse(const char *text, int64_t *time_s)
{
    return s3_when_parse_iso(text, time_s) || s3_when_parse_http(text, time_s);
}

void s3_when_format_http(int64_t time_s, char out[S3_WHEN_SIZE])
{
    struct tm tm = {0};
    time_t time = (time_t)time_s;
    gmtime_r(&time, &tm);
    snprintf(out, S3_WHEN_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday,
             tm.tm_mday % 100, months + 3 * tm.tm_mon, (tm.tm_year + 1900) % 10000,
             tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
}

void s3_when_format_iso(int64_t time_s, char out[S3_WHEN_SIZE])
{
    struct tm tm = {0};
    time_t time = (time_t)time_s;
    gmtime_r(&time, &tm);
    if (strftime(out, S3_WHEN_SIZE, "%Y-%m-%dT%H:%M:%S.000Z", &tm) == 0)
        out[0] = '\0';
}

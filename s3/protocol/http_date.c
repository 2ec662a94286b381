#include "s3/protocol/http_date.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "SunMonTueWedThuFriSat";

static bool to_seconds(const struct tm *tm, int64_t *time_s)
{
    bool sane = tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
                tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
                tm->tm_sec >= 0 && tm->tm_sec <= 60;
    if (!sane)
        return false;
    struct tm copy = *tm;
    *time_s = (int64_t)timegm(&copy);
    return true;
}

bool s3_when_parse_http(const char *text, int64_t *time_s)
{
    struct tm tm = {0};
    char month[4] = "", zone[4] = "";
    if (!text || sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d %3s", &tm.tm_mday, month, &tm.tm_year,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec, zone) != 7)
        return false;
    const char *at = strlen(month) == 3 ? strstr(months, month) : NULL;
    if (!at || (at - months) % 3 != 0 || strcmp(zone, "GMT") != 0)
        return false;
    tm.tm_mon = (int)(at - months) / 3;
    tm.tm_year -= 1900;
    return to_seconds(&tm, time_s);
}

bool s3_when_parse_iso(const char *text, int64_t *time_s)
{
    struct tm tm = {0};
    int used = 0;
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6)
        return false;
    const char *rest = text + used;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (strcmp(rest, "Z") != 0)
        return false;
    tm.tm_mon -= 1;
    tm.tm_year -= 1900;
    return to_seconds(&tm, time_s);
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

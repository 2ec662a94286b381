#include "base/loop/loop_ca.h"

#include <curl/curl.h>
#include <unistd.h>

#include "base/util.h"

static bool is_readable(const char *path)
{
    return path && access(path, R_OK) == 0;
}

const char *loop_ca_pick(const char *file, const char *folder, const char *const *files)
{
    if ((!file && !folder) || is_readable(file) || is_readable(folder))
        return NULL;
    for (; *files; files++) {
        if (is_readable(*files))
            return *files;
    }
    return NULL;
}

const char *loop_ca_file(void)
{
    static const char *const files[] = {
        "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine, Arch */
        "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL, Amazon Linux */
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* the same, newer */
        "/etc/ssl/ca-bundle.pem",                            /* SUSE */
        "/etc/ssl/cert.pem",                                 /* Alpine */
        NULL};
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->age < CURLVERSION_SEVENTH)
        return NULL;
    return loop_ca_pick(info->cainfo, info->capath, files);
}

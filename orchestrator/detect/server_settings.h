/* The settings of a detection server, from its reply to /health.
 *
 * What:    decon-server reports `fingerprint` and `settings`. The reference server does not: its
 *          fingerprint is computed here from what it reports (threshold, mode, purify), so that at
 *          least changes of these are detected.
 * Owner:   server_settings_deinit frees the strings.
 * Threads: any.
 * Fails:   never: both strings are NULL if the server reports neither.
 */
#ifndef ORCHESTRATOR_DETECT_SERVER_SETTINGS_H
#define ORCHESTRATOR_DETECT_SERVER_SETTINGS_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct server_settings {
    char *fingerprint; /* 64 hexadecimal digits */
    char *json;        /* an object */
    char *recall;      /* an object: the result of the self-test; NULL: there was none */
    char *filters;     /* an object: which evaluation records are searched for; or NULL */
    char *sets;        /* an array: records and questions by set and split; or NULL */
    bool partial;      /* made here */
} server_settings;

void server_settings_read(slice health, server_settings *out);
void server_settings_deinit(server_settings *s);
DEFINE_AUTO(server_settings, server_settings_deinit)

#endif

#include "orchestrator/detect/server_user.h"
#include "base/util.h"

#include <inttypes.h>
#include <pwd.h>

#include "decon/base/buf.h"
#include "base/fsutil.h"

#define TABLE_MAX_BYTES ((size_t)16 << 20)
#define NAMES_SIZE      16384
#define STATE_LISTEN    0x0A

bool server_user_of_table(const char *table, unsigned port, uint32_t *user)
{
    for (const char *line = table; line; line = strchr(line, '\n')) {
        unsigned local_port, state, uid;
        line += *line == '\n';
        /* sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid ... */
        // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %u",
                   &local_port, &state, &uid) == 3 &&
            local_port == port && state == STATE_LISTEN) {
            *user = uid;
            return true;
        }
    }
    return false;
}

static bool is_loopback(slice host)
{
    return slice_equal_str(host, "localhost") || slice_starts_with(host, "127.") ||
           slice_equal_str(host, "[::1]");
}

/* False: the URL refers to another host. */
static bool loopback_port(const char *url, unsigned *port)
{
    bool secure = str_starts_with(url, "https://");
    const char *start = strstr(url, "://");
    if (!start)
        return false;
    start += 3;
    size_t len = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    size_t host = start[0] == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":/?#");
    host = MIN(host, len);
    uint64_t number = secure ? 443 : 80;
    AUTO_FREE char *digits = xstrndup(start + host, len - host);
    if (digits[0] == ':' && !num_parse_u64(digits + 1, &number))
        return false;
    *port = (unsigned)number;
    return is_loopback((slice){.data = start, .len = host});
}

static bool find_listener(unsigned port, uint32_t *user)
{
    static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        AUTO(buf) text = BUF(TABLE_MAX_BYTES);
        err unread = ERR_INIT;
        if (fs_read_file(tables[i], TABLE_MAX_BYTES, &text, &unread) &&
            server_user_of_table(buf_str(&text), port, user))
            return true;
    }
    return false;
}

static bool find_named(const char *name, uint32_t *user, err *e)
{
    uint64_t number = 0;
    if (num_parse_u64(name, &number) && number < UINT32_MAX) {
        *user = (uint32_t)number;
        return true;
    }
    char names[NAMES_SIZE];
    struct passwd pw, *found = NULL;
    if (getpwnam_r(name, &pw, names, sizeof names, &found) != 0 || !found)
        return err_set(
            e, ERR_CONFIG,
            "server_user: the user %s does not exist on this host; give the name or number "
            "of the detection server's user",
            name);
    *user = found->pw_uid;
    return true;
}

bool server_user_find(const char *configured, const char *server_url, bool *known, uint32_t *user,
                      err *e)
{
    unsigned port = 0;
    if (configured && configured[0]) {
        *known = find_named(configured, user, e);
        return *known;
    }
    *known = loopback_port(server_url, &port) && find_listener(port, user);
    return true;
}

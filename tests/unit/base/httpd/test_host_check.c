/* Which Host headers reach the jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/httpd/host_check.h"

typedef struct row {
    const char *header;
    bool allowed;
} row;

static void check(const host_rules *rules, const char *local, const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (host_is_allowed(rules, rows[i].header, local) != rows[i].allowed)
            fail_msg("%s: %s", rows[i].header ? rows[i].header : "(none)",
                     rows[i].allowed ? "refused" : "allowed");
}

static void loopback_names_are_allowed(void **state)
{
    UNUSED(state);
    static const row rows[] = {
        {"localhost", true},
        {"LocalHost:8080", true},
        {"localhost.", true},
        {"127.0.0.1", true},
        {"127.0.0.1:1", true},
        {"127.1.2.3:65535", true},
        {"[::1]", true},
        {"[::1]:8080", true},
        {"[::ffff:127.0.0.1]:80", true},
        {"[::ffff:7f00:1]", true},
        {NULL, false},
        {"", false},
        {":8080", false},
        {"evil.example", false},
        {"localhost.evil.example", false},
        {"127.0.0.1.evil.example", false},
        {"127.1", false},
        {"2130706433", false},
        {"localhost:80:80", false},
        {"localhost:80x", false},
        {"user@localhost", false},
        {"localhost/", false},
        {"localhost evil.example", false},
        {"[::1", false},
        {"[::1]x", false},
        {"::1", false},
        {"10.0.0.1", false},
        {"[fe80::1]", false},
        {"0.0.0.0", false},
    };
    check(&(host_rules){.listen = "127.0.0.1"}, "127.0.0.1", rows, ARRAY_LEN(rows));
}

static void the_address_that_is_listened_on_is_allowed(void **state)
{
    UNUSED(state);
    static const row rows[] = {
        {"10.0.0.1:8080", true}, {"10.0.0.2:8080", false}, {"localhost", true},
        {"0.0.0.0:8080", true},  {"evil.example", false},
    };
    static const row names[] = {{"node-7:8080", true}, {"NODE-7", true}, {"node-8", false}};
    static const row addresses[] = {{"[fd00::0:5]:80", true}, {"[fd00::6]", false}};
    check(&(host_rules){.listen = "0.0.0.0"}, "10.0.0.1", rows, ARRAY_LEN(rows));
    check(&(host_rules){.listen = "node-7"}, "10.0.0.1", names, ARRAY_LEN(names));
    check(&(host_rules){.listen = "::"}, "fd00::5", addresses, ARRAY_LEN(addresses));
}

static void named_hosts_are_allowed(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"decon", "Example.org.", "[fd00::9]", "10.0.0.9", NULL};
    static const row rows[] = {
        {"decon:8080", true},       {"DECON", true},         {"example.org", true},
        {"www.example.org", false}, {"[fd00::9]:80", true},  {"10.0.0.9", true},
        {"decon.evil", false},      {"10.0.0.90:80", false},
    };
    check(&(host_rules){.listen = "127.0.0.1", .names = names}, "127.0.0.1", rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_names_are_allowed),
        cmocka_unit_test(the_address_that_is_listened_on_is_allowed),
        cmocka_unit_test(named_hosts_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
